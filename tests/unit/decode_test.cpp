// SPDX-License-Identifier: BSD-2-Clause
//
// Records as they come out of the ring, byte by byte, to events.
#include "tracer/decode.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>

#include "tests/catch.h"
#include "tests/unit/calls_text.h"
#include "tracer/failure.h"

using namespace shmpath;

namespace {

struct Fixture {
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
  Decoder decoder{stacks, PageLayout{}, functions};

  template <typename Record>
  std::optional<Event> decode(const Record& rec, std::size_t size = sizeof(Record)) {
    // its own allocation: a sanitizer sees an overrun
    std::vector<std::byte> bytes(size);
    std::memcpy(bytes.data(), &rec, std::min(size, sizeof(rec)));
    return decoder.decode(bytes);
  }
  // A call that is wholly described by its registers.
  Event enter(long number, const std::vector<std::uint64_t>& args, u32 strings = 0, u32 tid = 8);
  Event leave(long number, s64 ret, u32 tid = 8);
  void string(u8 arg, std::string_view text, u8 status = DATA_READ, bool at_exit = false,
              u32 tid = 8);
};

template <typename Record>
Record record_of(u16 kind, u64 t = 1000, u32 tid = 8) {
  Record rec{};
  rec.head = {.t = t, .tgid = 7, .tid = tid, .kind = kind, .flags = 0, .size = sizeof(Record)};
  return rec;
}

Event Fixture::enter(long number, const std::vector<std::uint64_t>& args, u32 strings, u32 tid) {
  auto rec = record_of<call_enter>(REC_SYSCALL_ENTER, 1000, tid);
  rec.id = static_cast<u32>(number);
  rec.strings = strings;
  std::copy(args.begin(), args.end(), rec.args);
  return decode(rec).value();
}

Event Fixture::leave(long number, s64 ret, u32 tid) {
  auto rec = record_of<call_exit>(REC_SYSCALL_EXIT, 1000, tid);
  rec.id = static_cast<u32>(number);
  rec.ret = ret;
  return decode(rec).value();
}

void Fixture::string(u8 arg, std::string_view text, u8 status, bool at_exit, u32 tid) {
  auto rec = record_of<data>(REC_DATA, 1000, tid);
  rec.arg = arg;
  rec.status = status;
  rec.at_exit = at_exit;
  rec.is_string = 1;
  rec.length = static_cast<u32>(text.size());
  std::memcpy(rec.bytes, text.data(), text.size());
  CHECK_FALSE(decode(rec, offsetof(data, bytes) + text.size() + 1));
}

template <typename Structure>
void put_buffer(Fixture& fixture, u8 arg, const Structure& structure) {
  auto rec = record_of<data>(REC_DATA);
  rec.arg = arg;
  rec.at_exit = 1;
  rec.length = sizeof(structure);
  std::memcpy(rec.bytes, &structure, sizeof(structure));
  CHECK_FALSE(fixture.decode(rec, offsetof(data, bytes) + sizeof(structure)));
}

constexpr auto at_cwd = static_cast<std::uint64_t>(AT_FDCWD);

}  // namespace

TEST_CASE("A system call's entry has its name, its task and its arguments") {
  Fixture f;
  const Event event = f.enter(SYS_ftruncate, {3, 4096});
  CHECK(event.type == EventType::enter);
  CHECK(event.layer == Layer::syscall);
  CHECK(event.name == "ftruncate");
  CHECK(event.pid == 7);
  CHECK(event.tid == 8);
  CHECK(text_of(event.args) == "fd=3, length=4096");
  CHECK(event.unread.empty());
}

TEST_CASE("A system call's return has its value, and errno's name when it failed") {
  Fixture f;
  Event event = f.leave(SYS_ftruncate, 0);
  CHECK(event.type == EventType::exit);
  CHECK(event.name == "ftruncate");
  CHECK(event.ret == Value{std::int64_t{0}});
  CHECK(event.error.empty());
  event = f.leave(SYS_openat, -ENOENT);
  CHECK(event.ret == Value{std::int64_t{-2}});
  CHECK(event.error == "ENOENT");
}

TEST_CASE("A libc function is known by its place in the table") {
  Fixture f;
  auto entry = record_of<call_enter>(REC_USER_ENTER);
  entry.id = 2;
  entry.args[0] = 3;
  entry.args[1] = 4096;
  Event event = f.decode(entry).value();
  CHECK(event.layer == Layer::user);
  CHECK(event.name == "ftruncate");
  CHECK(text_of(event.args) == "fd=3, length=4096");
  auto ret = record_of<call_exit>(REC_USER_EXIT);
  ret.id = 2;
  ret.ret = 0xffffffff;  // an int, -1
  event = f.decode(ret).value();
  CHECK(event.type == EventType::exit);
  CHECK(event.name == "ftruncate");
  CHECK(event.ret == Value{std::int64_t{-1}});
  ret.id = 9999;
  CHECK(f.decode(ret)->name == "function_9999");
}

TEST_CASE("Strings come ahead of their call") {
  Fixture f;
  f.string(1, "/dev/shm/x\n");
  Event event = f.enter(SYS_openat, {at_cwd, 0x5000, O_RDWR}, 2);
  CHECK(text_of(event.args) == "dirfd=AT_FDCWD, pathname=/dev/shm/x\\n, flags=O_RDWR");
  CHECK(event.unread.empty());
  f.string(0, "/a");
  f.string(1, "/b");
  event = f.enter(SYS_rename, {0x5000, 0x6000}, 3);
  CHECK(text_of(event.args) == "oldpath=/a, newpath=/b");
}

TEST_CASE("A string that could not be read is null and named") {
  Fixture f;
  f.string(1, "", DATA_UNREAD);
  Event event = f.enter(SYS_openat, {at_cwd, 0x5000, O_RDWR}, 2);
  CHECK(*find_arg(event, "pathname") == Value{});
  CHECK(event.unread == std::vector<std::string>{"pathname"});
  // the record that had it was lost
  event = f.enter(SYS_openat, {at_cwd, 0x5000, O_RDWR}, 2);
  CHECK(event.unread == std::vector<std::string>{"pathname"});
  // a null pointer is no string
  event = f.enter(SYS_openat, {at_cwd, 0, O_RDWR}, 2);
  CHECK(*find_arg(event, "pathname") == Value{"NULL"});
  CHECK(event.unread.empty());
}

TEST_CASE("A string that was cut says so, and an empty one is not unread") {
  Fixture f;
  f.string(1, "/long", DATA_CUT);
  CHECK(*find_arg(f.enter(SYS_openat, {3, 0x5000, O_RDWR}, 2), "pathname") == Value{"/long…"});
  f.string(1, "");
  const Event event = f.enter(SYS_openat, {3, 0x5000, O_RDWR}, 2);
  CHECK(*find_arg(event, "pathname") == Value{""});
  CHECK(event.unread.empty());
}

TEST_CASE("A string belongs to the next call of its own thread only") {
  Fixture f;
  f.string(1, "/of/thread/8", DATA_READ, false, 8);
  CHECK(f.enter(SYS_openat, {3, 0x5000, 0}, 2, 9).unread.size() == 1);
  CHECK(*find_arg(f.enter(SYS_openat, {3, 0x5000, 0}, 2, 8), "pathname") == Value{"/of/thread/8"});
  CHECK(f.enter(SYS_openat, {3, 0x5000, 0}, 2, 8).unread.size() == 1);
}

TEST_CASE("A string left over from a lost call is not shown for a call whose own was not read") {
  Fixture f;
  f.string(1, "/of/the/lost/call");
  f.string(1, "", DATA_UNREAD);
  const Event event = f.enter(SYS_openat, {3, 0x5000, 0}, 2);
  CHECK(*find_arg(event, "pathname") == Value{});
  CHECK(event.unread == std::vector<std::string>{"pathname"});
}

TEST_CASE("A string read only at the return comes with the return") {
  Fixture f;
  f.string(1, "/late", DATA_READ, true);
  Event event = f.leave(SYS_openat, 3);
  CHECK(text_of(event.args) == "pathname=/late");
  f.string(1, "", DATA_UNREAD, true);
  CHECK(f.leave(SYS_openat, 3).args.empty());
}

TEST_CASE("A string of the other end of a call is not taken for this one's") {
  Fixture f;
  f.string(1, "/of/a/return/that/was/lost", DATA_READ, true);
  CHECK(f.enter(SYS_openat, {3, 0x5000, 0}, 2).unread.size() == 1);
  f.string(1, "/of/an/entry/that/was/lost");
  CHECK(f.leave(SYS_openat, 3).args.empty());
}

TEST_CASE("A buffer is shown only where the call filled it") {
  Fixture f;
  struct stat status = {};
  status.st_mode = S_IFREG | 0600;
  status.st_size = 4096;
  f.enter(SYS_fstat, {3, 0x5000});
  put_buffer(f, 1, status);
  CHECK(text_of(*find_arg(f.leave(SYS_fstat, 0), "st_size")) == "4096");

  f.enter(SYS_fstat, {3, 0x5000});
  put_buffer(f, 1, status);
  CHECK(f.leave(SYS_fstat, -EBADF).args.empty());

  struct shmid_ds segment = {};
  segment.shm_segsz = 8192;
  f.enter(SYS_shmctl, {1, IPC_STAT, 0x5000});
  put_buffer(f, 2, segment);
  CHECK(text_of(*find_arg(f.leave(SYS_shmctl, 0), "shm_segsz")) == "8192");
  f.enter(SYS_shmctl, {1, IPC_RMID, 0x5000});
  put_buffer(f, 2, segment);
  CHECK(f.leave(SYS_shmctl, 0).args.empty());
}

TEST_CASE("What lies in the attributes of bpf depends on its command") {
  Fixture f;
  bpf_attr attr = {};
  attr.map_type = BPF_MAP_TYPE_HASH;
  f.enter(SYS_bpf, {BPF_MAP_CREATE, 0x5000, 72});
  put_buffer(f, 1, attr);
  const Event map = f.leave(SYS_bpf, 3);
  CHECK(text_of(*find_arg(map, "map_type")) == "BPF_MAP_TYPE_HASH");
  CHECK_FALSE(find_arg(map, "prog_type"));
  f.enter(SYS_bpf, {BPF_PROG_LOAD, 0x5000, 72});
  put_buffer(f, 1, attr);
  const Event program = f.leave(SYS_bpf, 4);
  CHECK(text_of(*find_arg(program, "prog_type")) == "BPF_PROG_TYPE_SOCKET_FILTER");
  CHECK_FALSE(find_arg(program, "map_type"));
  f.enter(SYS_bpf, {BPF_MAP_LOOKUP_ELEM, 0x5000, 32});
  put_buffer(f, 1, attr);
  CHECK(f.leave(SYS_bpf, 0).args.empty());
  f.enter(SYS_bpf, {BPF_PROG_LOAD, 0x5000, 72});
  put_buffer(f, 1, attr);
  CHECK(f.leave(SYS_bpf, -EPERM).args.empty());
}

TEST_CASE("What one call fills says nothing of the next, though its return was lost") {
  Fixture f;
  struct shmid_ds segment = {};
  f.enter(SYS_shmctl, {1, IPC_STAT, 0x5000});
  f.enter(SYS_shmctl, {1, IPC_RMID, 0x5000});
  put_buffer(f, 2, segment);
  CHECK(f.leave(SYS_shmctl, 0).args.empty());
}

TEST_CASE("Pages that the kernel takes for the probes are not the program's") {
  const Symbols symbols{"1000 T uprobe_mmap\n"};
  Stacks stacks(symbols, [](std::uint64_t) {
    stack_frames frames{};
    frames.count = 1;
    frames.ip[0] = 0x1010;
    return std::optional(frames);
  });
  FunctionTable functions;
  Decoder decoder(stacks, PageLayout{}, functions);
  auto alloc = record_of<page_alloc>(REC_PAGE_ALLOC);
  auto insert = record_of<lru_insert>(REC_LRU_INSERT);
  for (const u64 key : {0, 5}) {
    alloc.stack = insert.stack = key;
    CHECK(decoder.decode(std::as_bytes(std::span(&alloc, 1))).has_value() == (key == 0));
    CHECK(decoder.decode(std::as_bytes(std::span(&insert, 1))).has_value() == (key == 0));
  }
}

TEST_CASE("A 32-bit call's number is not taken for a 64-bit one") {
  Fixture f;
  auto rec = record_of<call_enter>(REC_SYSCALL_ENTER);
  rec.head.flags = CALL_COMPAT;
  rec.id = 5;
  rec.args[0] = 0x10;
  const Event event = f.decode(rec).value();
  CHECK(event.name == "i386_syscall_5");
  CHECK(text_of(event.args).starts_with("arg0=0x10, arg1=0x0"));
  auto ret = record_of<call_exit>(REC_SYSCALL_EXIT);
  ret.head.flags = CALL_COMPAT;
  ret.id = 5;
  ret.ret = -ENOENT;
  CHECK(f.decode(ret)->name == "i386_syscall_5");
  CHECK(f.decode(ret)->error == "ENOENT");
}

TEST_CASE("A return whose number is gone has no name") {
  Fixture f;
  CHECK(f.leave(-1, 0).name.empty());
  CHECK(f.leave(-1, 0).layer == Layer::syscall);
  CHECK(f.leave(SYS_kexec_load, 0).name == "kexec_load");
}
