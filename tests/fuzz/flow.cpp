// SPDX-License-Identifier: BSD-2-Clause
//
// A flow file, and the same bytes as a rubric.
#include "tracer/flow.h"

#include "tests/fuzz/fuzz.h"
#include "tracer/failure.h"
#include "tracer/rubric_file.h"

using namespace shmpath;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    std::map<std::string, KernelFunction> functions;
    parse_flow(text_of(data, size), "fuzz", functions);
  } catch (const Failure&) {
  }
  try {
    parse_exercise(text_of(data, size), "fuzz");
  } catch (const Failure&) {
  }
  return 0;
}
