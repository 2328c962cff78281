// SPDX-License-Identifier: BSD-2-Clause
//
// A trace file, packed or not: read, paired, and shown in each format. No control character of it
// may reach what is shown on a terminal.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "tests/fuzz/fuzz.h"
#include "tracer/failure.h"
#include "tracer/replay.h"

using namespace shmpath;

namespace {

struct Shown : Output {
  std::string text;
  void write(std::string_view more) override { text += more; }
  void flush() override {}
};

bool is_control(char c) { return (static_cast<unsigned char>(c) < 32 && c != '\n') || c == 127; }

void show(std::string_view bytes, std::unique_ptr<Renderer> (*make)(Output&)) {
  Shown shown;
  auto renderer = make(shown);
  try {
    TraceReader reader(unpack_source(std::make_unique<MemorySource>(bytes), "fuzz"), "fuzz");
    replay(reader, *renderer);
  } catch (const Failure&) {
  }
  if (std::ranges::any_of(shown.text, is_control)) abort();
}

std::unique_ptr<Renderer> make_tree(Output& out) { return make_tree_renderer(out, {}); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto make :
       {make_tree, make_strace_renderer, make_jsonl_renderer, make_perfetto_renderer})
    show(text_of(data, size), make);
  return 0;
}
