// SPDX-License-Identifier: BSD-2-Clause
//
// The records that are not calls: marks, points, tasks, loss; and bytes that are no record.
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "tests/catch.h"
#include "tests/unit/calls_text.h"
#include "tracer/decode.h"
#include "tracer/failure.h"

using namespace shmpath;

namespace {

struct Fixture {
  explicit Fixture(const PageLayout& pages = {}) : decoder(stacks, pages, functions) {}

  Symbols symbols{"1000 T lru_add\n2000 T shmem_fault\n"};
  Stacks stacks{symbols, [](std::uint64_t key) -> std::optional<stack_frames> {
                  if (key != 5) return std::nullopt;
                  stack_frames frames{};
                  frames.count = 2;
                  frames.ip[0] = 0x1010;
                  frames.ip[1] = 0x2010;
                  return frames;
                }};
  FunctionTable functions;
  Decoder decoder;

  template <typename Record>
  Event decode(const Record& rec) {
    return decode_bytes(rec, sizeof(rec)).value();
  }
  template <typename Record>
  std::optional<Event> decode_bytes(const Record& rec, std::size_t size) {
    std::vector<std::byte> bytes(size);  // its own allocation: a sanitizer sees an overrun
    std::memcpy(bytes.data(), &rec, size);
    return decoder.decode(bytes);
  }
};

template <typename Record>
Record record_of(u16 kind, u64 t = 1000) {
  Record rec{};
  rec.head = {.t = t, .tgid = 7, .tid = 8, .kind = kind, .flags = 0, .size = sizeof(Record)};
  return rec;
}

std::string failure_text(Fixture& fixture, const std::vector<std::byte>& bytes) {
  try {
    fixture.decoder.decode(bytes);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "no failure";
}

std::string list_of(const PageLayout& pages, u64 flags) {
  Fixture f(pages);
  auto rec = record_of<lru_insert>(REC_LRU_INSERT);
  rec.flags = flags;
  const Event event = f.decode(rec);
  const Value* list = find_arg(event, "lru");
  return list ? text_of(*list) : "nothing";
}

}  // namespace

TEST_CASE("A step mark has its number and its text") {
  Fixture f;
  auto rec = record_of<step_mark>(REC_STEP);
  rec.number = 3;
  std::strcpy(rec.text, "give it\ta size");
  rec.length = static_cast<u32>(std::strlen(rec.text));
  const Event event = f.decode(rec);
  CHECK(event.type == EventType::step);
  CHECK(event.number == 3);
  CHECK(event.text == "give it\\ta size");
  CHECK(event.tid == 8);
  std::memset(rec.text, 'a', sizeof(rec.text));
  rec.length = ~u32{0};
  CHECK(f.decode(rec).text == std::string(sizeof(rec.text) - 1, 'a'));
}

TEST_CASE("A fault says where, from where, and how") {
  Fixture f;
  auto rec = record_of<fault>(REC_FAULT);
  rec.address = 0x7f31000;
  rec.ip = 0x401136;
  rec.error_code = 6;
  Event event = f.decode(rec);
  CHECK(event.type == EventType::point);
  CHECK(event.layer == Layer::kernel);
  CHECK(event.name == "page_fault_user");
  CHECK(text_of(event.args) == "address=0x7f31000, ip=0x401136, access=write, present=0");
  rec.error_code = 4;
  CHECK(text_of(*find_arg(f.decode(rec), "access")) == "read");
  rec.error_code = 7;
  CHECK(text_of(*find_arg(f.decode(rec), "present")) == "1");
  rec.error_code = 20;
  CHECK(text_of(*find_arg(f.decode(rec), "access")) == "exec");
  rec.in_kernel = 1;
  CHECK(f.decode(rec).name == "page_fault_kernel");
}

TEST_CASE("A page's frame number is told only where the layout is known") {
  auto rec = record_of<page_alloc>(REC_PAGE_ALLOC);
  rec.page = 0xffffea0000000000 + 64 * 119;
  rec.order = 2;
  rec.gfp = 0xdc0;
  Fixture unknown;
  CHECK(text_of(unknown.decode(rec).args) == "order=2, gfp_flags=0xdc0");
  Fixture known(PageLayout{.base = 0xffffea0000000000, .bytes = 64});
  const Event event = known.decode(rec);
  CHECK(event.name == "mm_page_alloc");
  CHECK(text_of(event.args) == "pfn=119, order=2, gfp_flags=0xdc0");
  CHECK(event.stack == nullptr);
  Fixture half(PageLayout{.base = 0xffffea0000000000});
  CHECK(text_of(half.decode(rec).args) == "order=2, gfp_flags=0xdc0");
}

TEST_CASE("A point has the stack that its key stands for") {
  Fixture f;
  auto rec = record_of<page_alloc>(REC_PAGE_ALLOC);
  rec.stack = 5;
  const Stack stack = f.decode(rec).stack;
  REQUIRE(stack);
  CHECK(*stack == std::vector<std::string>{"lru_add", "shmem_fault"});
  rec.stack = 6;
  CHECK(f.decode(rec).stack == nullptr);
  auto insert = record_of<lru_insert>(REC_LRU_INSERT);
  insert.stack = 5;
  CHECK(f.decode(insert).stack == stack);
  auto area = record_of<unmapped_area>(REC_UNMAPPED_AREA);
  area.stack = 5;
  CHECK(f.decode(area).stack == stack);
}

TEST_CASE("An insertion names the list that the folio's flags lead to") {
  const PageLayout two_lists{.swapbacked = 3, .active = 5, .unevictable = 7};
  CHECK(list_of(two_lists, 0) == "inactive_file");
  CHECK(list_of(two_lists, 1 << 5) == "active_file");
  CHECK(list_of(two_lists, 1 << 3) == "inactive_anon");
  CHECK(list_of(two_lists, 1 << 3 | 1 << 5) == "active_anon");
  CHECK(list_of(two_lists, 1 << 3 | 1 << 5 | 1 << 7) == "unevictable");
  const PageLayout generations{.swapbacked = 3, .active = 5, .unevictable = 7, .multi_gen = true};
  CHECK(list_of(generations, 1 << 5) == "file");
  CHECK(list_of(generations, 1 << 3) == "anon");
  CHECK(list_of(generations, 1 << 7) == "unevictable");
  CHECK(list_of({}, ~u64{0}) == "nothing");
  CHECK(list_of({.swapbacked = 3}, ~u64{0}) == "inactive_anon");  // the other bits are not known
}

TEST_CASE("An insertion says whose folio it is, of which object, and who drained it") {
  Fixture f;
  auto rec = record_of<lru_insert>(REC_LRU_INSERT);
  std::strcpy(rec.comm, "kworker/\x1b[m");
  CHECK(f.decode(rec).args.empty());
  rec.inode = 1055;
  rec.index = 0;
  rec.owner = 77;
  CHECK(text_of(f.decode(rec).args) == "inode=1055, index=0, owner_pid=77");
  rec.foreign = 1;
  CHECK(text_of(*find_arg(f.decode(rec), "drained_by")) == "kworker/\\x1b[m");
  std::memset(rec.comm, 'c', sizeof(rec.comm));  // no closing NUL
  CHECK(text_of(*find_arg(f.decode(rec), "drained_by")) == std::string(16, 'c'));
}

TEST_CASE("A search for free addresses ends with an area or an error") {
  Fixture f;
  auto rec = record_of<unmapped_area>(REC_UNMAPPED_AREA);
  rec.address = 0x7f31000;
  rec.length = 4096;
  CHECK(f.decode(rec).name == "vm_unmapped_area");
  CHECK(text_of(f.decode(rec).args) == "address=0x7f31000, length=4096");
  rec.address = static_cast<u64>(-12);
  CHECK(text_of(*find_arg(f.decode(rec), "address")) == "-ENOMEM");
  rec.address = static_cast<u64>(-4096);
  CHECK(text_of(*find_arg(f.decode(rec), "address")) == "0xfffffffffffff000");
}

TEST_CASE("Tasks are forked, replaced and ended") {
  Fixture f;
  auto rec = record_of<task_change>(REC_FORK);
  rec.a = 100;
  rec.b = 101;
  CHECK(f.decode(rec).name == "sched_process_fork");
  CHECK(text_of(f.decode(rec).args) == "child_pid=100, child_tid=101");
  rec = record_of<task_change>(REC_EXEC);
  rec.a = 9;
  std::strcpy(rec.comm, "posix_shm");
  CHECK(f.decode(rec).name == "sched_process_exec");
  CHECK_FALSE(find_arg(f.decode(rec), "not_traced"));
  rec.b = 1;
  CHECK(find_arg(f.decode(rec), "not_traced"));
  rec.b = 0;
  CHECK(text_of(f.decode(rec).args) == "comm=posix_shm, old_tid=9");
  rec = record_of<task_change>(REC_EXIT);
  rec.a = 3 << 8;
  CHECK(f.decode(rec).name == "sched_process_exit");
  CHECK(text_of(f.decode(rec).args) == "code=3");
  rec.a = 255 << 8;
  CHECK(text_of(f.decode(rec).args) == "code=255");
  rec.a = 139;  // SIGSEGV, with a core
  CHECK(text_of(f.decode(rec).args) == "signal=11");
}

TEST_CASE("A lost record says how many, and belongs to no task") {
  Fixture f;
  auto rec = record_of<lost>(REC_LOST);
  rec.head.tgid = rec.head.tid = 0;
  rec.count = 12;
  const Event event = f.decode(rec);
  CHECK(event.type == EventType::lost);
  CHECK(event.count == 12);
  CHECK(event.pid == 0);
}

TEST_CASE("Time begins at the first event, and nothing is before it") {
  Fixture f;
  CHECK(f.decode(record_of<fault>(REC_FAULT, 5000)).t == 0);
  CHECK(f.decode(record_of<fault>(REC_FAULT, 5600)).t == 600);
  CHECK(f.decode(record_of<fault>(REC_FAULT, 4990)).t == 0);
  CHECK(f.decode(record_of<fault>(REC_FAULT, 5601)).t == 601);
}

TEST_CASE("Bytes that end before their record does are refused, with the remedy") {
  const auto check = [](auto rec, std::size_t least) {
    CAPTURE(rec.head.kind, least);
    for (std::size_t size = 0; size < least; size++) {
      Fixture f;
      const auto* start = reinterpret_cast<const std::byte*>(&rec);
      const std::vector<std::byte> bytes(start, start + size);
      const std::string said = failure_text(f, bytes);
      if (said.find("cannot decode a record: ") != 0 || said.find("; ") == std::string::npos ||
          said.find("build again") == std::string::npos)
        FAIL_CHECK(size << " bytes: " << said);
    }
    Fixture f;
    CHECK_NOTHROW(f.decode_bytes(rec, least));
  };
  check(record_of<call_enter>(REC_SYSCALL_ENTER), sizeof(call_enter));
  check(record_of<call_enter>(REC_USER_ENTER), sizeof(call_enter));
  check(record_of<call_exit>(REC_SYSCALL_EXIT), sizeof(call_exit));
  check(record_of<call_exit>(REC_USER_EXIT), sizeof(call_exit));
  check(record_of<data>(REC_DATA), offsetof(data, bytes));
  check(record_of<step_mark>(REC_STEP), sizeof(step_mark));
  check(record_of<fault>(REC_FAULT), sizeof(fault));
  check(record_of<page_alloc>(REC_PAGE_ALLOC), sizeof(page_alloc));
  check(record_of<lru_insert>(REC_LRU_INSERT), sizeof(lru_insert));
  check(record_of<unmapped_area>(REC_UNMAPPED_AREA), sizeof(unmapped_area));
  check(record_of<task_change>(REC_FORK), sizeof(task_change));
  check(record_of<task_change>(REC_EXEC), sizeof(task_change));
  check(record_of<task_change>(REC_EXIT), sizeof(task_change));
  check(record_of<lost>(REC_LOST), sizeof(lost));
}

TEST_CASE("An unknown kind is refused, with the remedy") {
  for (const u16 kind : {0, 19, 0xffff}) {
    Fixture f;
    auto rec = record_of<lost>(kind);
    std::vector<std::byte> bytes(sizeof(rec));
    std::memcpy(bytes.data(), &rec, sizeof(rec));
    CHECK(failure_text(f, bytes) ==
          "cannot decode a record: unknown kind " + std::to_string(kind) +
              "; the BPF programs and the tracer are of different builds: build again");
  }
}

TEST_CASE("A string's record says no more than it has") {
  Fixture f;
  auto rec = record_of<data>(REC_DATA);
  rec.arg = 1;
  rec.is_string = 1;
  std::strcpy(rec.bytes, "/dev/shm/x");
  rec.length = ~u32{0};
  CHECK_FALSE(f.decode_bytes(rec, offsetof(data, bytes) + 4));
  rec.arg = 200;  // no such argument
  CHECK_FALSE(f.decode_bytes(rec, sizeof(rec)));
  auto entry = record_of<call_enter>(REC_SYSCALL_ENTER);
  entry.id = SYS_openat;
  entry.strings = 2;
  entry.args[1] = 0x5000;
  CHECK(text_of(*find_arg(f.decode(entry), "pathname")) == "/dev");
}
