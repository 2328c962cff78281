// SPDX-License-Identifier: BSD-2-Clause
//
// Return addresses to names, and where they lie in a copy of the stack.
#include "tracer/stacks.h"

#include <algorithm>
#include <cstring>

#include "tests/catch.h"

using namespace shmpath;

namespace {

using Names = std::vector<std::string>;

const Symbols& symbols() {
  static const Symbols all(
      "1000 T lru_add\n2000 t folio_batch_move_lru\n3000 t __folio_batch_add_and_move\n"
      "4000 T folio_add_lru\n5000 t shmem_alloc_and_add_folio\n5f00 T shmem_alias\n"
      "6000 t shmem_get_folio_gfp.isra.0\n7000 T shmem_fault\n7800 t shmem_fault.cold\n"
      "8000 T __x86_return_thunk\n8040 T __pi___x86_indirect_thunk_rax\n8100 T "
      "__SCT__might_resched\n8200 T __fentry__\n"
      "9000 t bpf_get_stackid_raw_tp\n9100 t bpf_trace_run2\n9200 t __bpf_trace_mm_lru_insertion\n"
      "9300 t __traceiter_mm_lru_insertion\n9400 t bpf_prog_1234_folio\t[bpf]\n9500 T end\n"
      "a000 T outer\n");
  return all;
}

// The 8 bytes that end at `ip`, where they are a call of `target`.
std::uint64_t call_of(std::uint64_t ip, std::uint64_t target) {
  unsigned char bytes[8] = {0x90, 0x90, 0x90, 0xe8};
  const auto distance = static_cast<std::int32_t>(static_cast<std::int64_t>(target - ip));
  std::memcpy(bytes + 4, &distance, sizeof(distance));
  std::uint64_t code = 0;
  std::memcpy(&code, bytes, sizeof(code));
  return code;
}

struct Frame {
  std::uint64_t ip, call = 0;
};

stack_frames frames_of(const std::vector<Frame>& list) {
  stack_frames frames{};
  frames.count = static_cast<u32>(list.size());
  for (std::size_t i = 0; i < list.size(); i++) {
    frames.ip[i] = list[i].ip;
    frames.call[i] = list[i].call;
  }
  return frames;
}

stack_sample sample_of(const std::vector<std::uint64_t>& words) {
  stack_sample sample{};
  sample.key = 99;
  sample.site = 2;
  sample.depth = static_cast<u32>(words.size() * 8);
  std::copy(words.begin(), words.end(), reinterpret_cast<std::uint64_t*>(sample.words));
  return sample;
}

}  // namespace

TEST_CASE("Frames are named innermost first, without the compiler's suffixes") {
  CHECK(name_frames(frames_of({{0x1010}, {0x2010}, {0x6010}, {0x7010}}), symbols()) ==
        Names{"lru_add", "folio_batch_move_lru", "shmem_get_folio_gfp", "shmem_fault"});
  CHECK(name_frames(frames_of({}), symbols()).empty());
}

TEST_CASE("A return address at the end of its function belongs to that function") {
  // a call that never returns is the last instruction: its return address is the next function
  CHECK(name_frames(frames_of({{0x2000}}), symbols()) == Names{"lru_add"});
}

TEST_CASE("The tracer's own frames are left out") {
  const Names rest = {"lru_add", "folio_batch_move_lru"};
  CHECK(
      name_frames(frames_of({{0x9010}, {0x9410}, {0x9110}, {0x9210}, {0x9310}, {0x1010}, {0x2010}}),
                  symbols()) == rest);
  // the BPF program has no name here: what is before a frame of ours is ours
  CHECK(name_frames(frames_of({{0x500}, {0x9110}, {0x9310}, {0x1010}, {0x2010}}), symbols()) ==
        rest);
  CHECK(name_frames(frames_of({{0xffff0000}, {0x9110}, {0x1010}, {0x2010}}), symbols()) == rest);
}

TEST_CASE("A name like the tracer's further out is a function of the kernel") {
  CHECK(
      name_frames(frames_of({{0x1010}, {0x2010}, {0x3010}, {0x4010}, {0x5010}, {0x7010}, {0x9110}}),
                  symbols())
          .size() == 7);
}

TEST_CASE("A function that ended in a tail call is put back") {
  // folio_add_lru jumped to __folio_batch_add_and_move
  const auto frames = frames_of({{0x3010}, {0x5010, call_of(0x5010, 0x4000)}, {0x7010}});
  CHECK(name_frames(frames, symbols()) == Names{"__folio_batch_add_and_move", "folio_add_lru",
                                                "shmem_alloc_and_add_folio", "shmem_fault"});
  // called from below its own address, too: the distance is negative above, positive here
  CHECK(name_frames(frames_of({{0x1010}, {0x2010, call_of(0x2010, 0x7000)}}), symbols()) ==
        Names{"lru_add", "shmem_fault", "folio_batch_move_lru"});
}

TEST_CASE("A function called directly is not doubled") {
  CHECK(name_frames(frames_of({{0x3010}, {0x5010, call_of(0x5010, 0x3000)}}), symbols()) ==
        Names{"__folio_batch_add_and_move", "shmem_alloc_and_add_folio"});
}

TEST_CASE("A function that went on in its unlikely half is not doubled") {
  CHECK(name_frames(frames_of({{0x7810}, {0xa010, call_of(0xa010, 0x7000)}}), symbols()) ==
        Names{"shmem_fault", "outer"});
}

TEST_CASE("Trampolines are not functions that jumped") {
  for (const std::uint64_t trampoline : {0x8000, 0x8040, 0x8100, 0x8200})
    CHECK(name_frames(frames_of({{0x3010}, {0x5010, call_of(0x5010, trampoline)}}), symbols()) ==
          Names{"__folio_batch_add_and_move", "shmem_alloc_and_add_folio"});
}

TEST_CASE("Bytes that only look like a call name no function") {
  const Names plain = {"__folio_batch_add_and_move", "shmem_alloc_and_add_folio"};
  // into the middle of a function
  CHECK(name_frames(frames_of({{0x3010}, {0x5010, call_of(0x5010, 0x4008)}}), symbols()) == plain);
  // before the first
  CHECK(name_frames(frames_of({{0x3010}, {0x5010, call_of(0x5010, 0x10)}}), symbols()) == plain);
  // an indirect call: ff d0 at the end
  CHECK(name_frames(frames_of({{0x3010}, {0x5010, 0xd0ff000000000000}}), symbols()) == plain);
  // e8 elsewhere in the eight bytes
  CHECK(name_frames(frames_of({{0x3010}, {0x5010, call_of(0x5010, 0x4000) << 8}}), symbols()) ==
        plain);
}

TEST_CASE("The innermost frame has nothing further in that it could have called") {
  CHECK(name_frames(frames_of({{0x5010, call_of(0x5010, 0x4000)}, {0x7010}}), symbols()) ==
        Names{"shmem_alloc_and_add_folio", "shmem_fault"});
  // nor is anything known inside an address without a name
  CHECK(name_frames(frames_of({{0x10}, {0x5010, call_of(0x5010, 0x4000)}}), symbols()) ==
        Names{"shmem_alloc_and_add_folio"});
}

TEST_CASE("Without addresses there are no names") {
  const Symbols hidden("0 T lru_add\n0 T shmem_fault\n");
  CHECK(name_frames(frames_of({{0x1010}, {0x2010}}), hidden).empty());
}

TEST_CASE("A count beyond the frames that a record holds is not believed") {
  stack_frames frames = frames_of({{0x1010}});
  for (auto& ip : frames.ip) ip = 0x1010;
  frames.count = ~u32{0};
  CHECK(name_frames(frames, symbols()).size() == MAX_FRAMES);
  CHECK_FALSE(locate_frames(frames, sample_of({1, 2, 3})));
}

TEST_CASE("Return addresses that stand once each are located") {
  const auto frames = frames_of({{0x9110}, {0xa1}, {0xa2}, {0xa3}, {0xa4}});
  const auto sample = sample_of({0, 5, 0xa1, 6, 0xa2, 0xa3, 7, 7, 0xa4, 8});
  const auto known = locate_frames(frames, sample);
  REQUIRE(known);
  CHECK(known->key == 99);
  CHECK(known->site == 2);
  CHECK(known->depth == 80);
  CHECK(known->count == 4);
  CHECK(known->first == 16);
  CHECK(known->bytes == 56);
  for (u32 i = 0; i < known->count; i++) {
    u64 word = 0;
    std::memcpy(&word, sample.words + known->first + 8 * known->word[i], sizeof(word));
    CHECK(word == known->ip[i]);
    CHECK(known->ip[i] == 0xa1 + i);
  }
}

TEST_CASE("A return address that stands twice makes the stack unknown") {
  const auto frames = frames_of({{0xa1}, {0xa2}, {0xa3}});
  CHECK(locate_frames(frames, sample_of({0xa1, 0xa2, 0xa3})));
  CHECK_FALSE(locate_frames(frames, sample_of({0xa1, 0xa2, 0xa3, 0xa2})));
  CHECK_FALSE(locate_frames(frames, sample_of({0xa3, 0xa1, 0xa2, 0xa3})));
  // one word cannot be two frames
  CHECK_FALSE(
      locate_frames(frames_of({{0xa1}, {0xa1}, {0xa2}, {0xa3}}), sample_of({0xa1, 0xa2, 0xa3})));
  // the same function twice on the stack
  CHECK_FALSE(locate_frames(frames_of({{0xa1}, {0xa2}, {0xa1}, {0xa3}}),
                            sample_of({0xa1, 0xa2, 0xa1, 0xa3})));
}

TEST_CASE("A frame that is missing in the middle or at the end makes the stack unknown") {
  const auto frames = frames_of({{0xa1}, {0xa2}, {0xa3}, {0xa4}, {0xa5}});
  CHECK_FALSE(locate_frames(frames, sample_of({0xa1, 0xa2, 0xa4, 0xa5})));
  CHECK_FALSE(locate_frames(frames, sample_of({0xa1, 0xa2, 0xa3, 0xa4})));
  CHECK(locate_frames(frames, sample_of({0xa2, 0xa3, 0xa4, 0xa5})));
}

TEST_CASE("Only so many innermost frames may lie below the copy") {
  const std::vector<std::uint64_t> words = {0xa1, 0xa2, 0xa3};
  std::vector<Frame> frames = {{0xa1}, {0xa2}, {0xa3}};
  for (int below = 1; below <= 8; below++) {
    frames.insert(frames.begin(), {0xb0 + static_cast<std::uint64_t>(below)});
    CAPTURE(below);
    CHECK(locate_frames(frames_of(frames), sample_of(words)).has_value() == (below <= 6));
  }
}

TEST_CASE("Return addresses out of order make the stack unknown") {
  CHECK_FALSE(locate_frames(frames_of({{0xa1}, {0xa2}, {0xa3}}), sample_of({0xa1, 0xa3, 0xa2})));
  CHECK_FALSE(locate_frames(frames_of({{0xa1}, {0xa2}, {0xa3}}), sample_of({0xa3, 0xa2, 0xa1})));
}

TEST_CASE("Too few frames prove nothing, too many do not fit") {
  CHECK_FALSE(locate_frames(frames_of({}), sample_of({})));
  CHECK_FALSE(locate_frames(frames_of({{0xa1}, {0xa2}}), sample_of({0xa1, 0xa2})));
  std::vector<Frame> frames;
  std::vector<std::uint64_t> words;
  for (std::uint64_t i = 0; i < KNOWN_FRAMES; i++) {
    frames.push_back({0xa000 + i});
    words.push_back(0xa000 + i);
  }
  REQUIRE(locate_frames(frames_of(frames), sample_of(words)));
  CHECK(locate_frames(frames_of(frames), sample_of(words))->count == KNOWN_FRAMES);
  frames.push_back({0xb000});
  words.push_back(0xb000);
  CHECK_FALSE(locate_frames(frames_of(frames), sample_of(words)));
}

TEST_CASE("A stack deeper than its copy is looked at no further than that") {
  stack_sample sample{};
  const std::uint64_t ips[] = {0xa1, 0xa2, 0xa3};
  std::memcpy(sample.words + MAX_STACK_COPY - sizeof(ips), ips, sizeof(ips));
  sample.depth = ~u32{0};
  const auto known = locate_frames(frames_of({{0xa1}, {0xa2}, {0xa3}}), sample);
  REQUIRE(known);
  CHECK(known->first == MAX_STACK_COPY - sizeof(ips));
  CHECK(known->depth == sample.depth);
  sample.depth = MAX_STACK_COPY - 8;  // the last word is not of this stack
  CHECK_FALSE(locate_frames(frames_of({{0xa1}, {0xa2}, {0xa3}}), sample));
}

TEST_CASE("A stack of the kernel at work for a probe of ours is ours") {
  const Symbols probing(
      "1000 T uprobe_mmap\n2000 T handle_swbp\n3000 T exc_int3\n4000 T mmap_region\n");
  Stacks stacks(probing, [](std::uint64_t key) -> std::optional<stack_frames> {
    if (key > 4) return std::nullopt;
    return frames_of({{0x4010}, {key * 0x1000 + 0x10}, {0x4010}});
  });
  for (const std::uint64_t key : {1, 2, 3}) CHECK(stacks.ours(key));
  for (const std::uint64_t key : {0, 4, 5}) CHECK_FALSE(stacks.ours(key));
}

TEST_CASE("A key is looked up once, and one that is unknown may be known later") {
  int asked = 0;
  bool known = false;
  Stacks stacks(symbols(), [&](std::uint64_t) -> std::optional<stack_frames> {
    asked++;
    if (!known) return std::nullopt;
    return frames_of({{0x1010}});
  });
  CHECK(stacks.resolve(0) == nullptr);
  CHECK(asked == 0);
  CHECK(stacks.resolve(5) == nullptr);
  known = true;
  const Stack stack = stacks.resolve(5);
  REQUIRE(stack);
  CHECK(*stack == Names{"lru_add"});
  CHECK(stacks.resolve(5) == stack);
  CHECK(asked == 2);
}
