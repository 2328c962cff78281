// SPDX-License-Identifier: BSD-2-Clause
//
// A command line: its words, each ended by a NUL.
#include "tracer/options.h"

#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "tracer/failure.h"

using namespace shmpath;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> words{"shmpath"};
  std::string word;
  for (const char c : text_of(data, size)) {
    if (c) {
      word += c;
      continue;
    }
    words.push_back(std::move(word));
    word.clear();
  }
  words.push_back(word);
  std::vector<char*> pointers;
  for (std::string& each : words) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  try {
    parse_options(static_cast<int>(words.size()), pointers.data());
  } catch (const Failure&) {
  }
  return 0;
}
