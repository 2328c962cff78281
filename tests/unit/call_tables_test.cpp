// SPDX-License-Identifier: BSD-2-Clause
//
// The tables themselves, numbers to names, what calls return and what they leave in buffers.
#include "tracer/call_tables.h"

#include <linux/bpf.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "tests/catch.h"
#include "tests/unit/calls_text.h"

using namespace shmpath;

namespace {

template <typename Structure>
std::span<const char> bytes_of(const Structure& structure) {
  return {reinterpret_cast<const char*>(&structure), sizeof structure};
}

std::vector<const CallSpec*> every_spec() {
  std::vector<const CallSpec*> specs;
  for (const auto calls : {file_calls(), path_calls(), memory_calls(), ipc_calls(), process_calls(),
                           time_and_poll_calls(), bpf_calls(), user_calls()})
    for (const CallSpec& spec : calls) specs.push_back(&spec);
  return specs;
}

}  // namespace

TEST_CASE("A call without a spec shows its registers") {
  CHECK(syscall_spec(9999) == nullptr);
  CHECK(syscall_spec(SYS_kexec_load) == nullptr);
  CHECK(text_of(raw_args(std::vector<std::uint64_t>{0, 255, ~std::uint64_t{0}})) ==
        "arg0=0x0, arg1=0xff, arg2=0xffffffffffffffff");
  CHECK(raw_args({}).empty());
}

TEST_CASE("Every number has a name") {
  CHECK(syscall_name(SYS_openat) == "openat");
  CHECK(syscall_name(SYS_kexec_load) == "kexec_load");
  CHECK(syscall_name(462) == "mseal");
  CHECK(syscall_name(469) == "file_setattr");
  CHECK(syscall_name(9999) == "syscall_9999");
  CHECK(syscall_name(0x40000000 | SYS_openat) ==
        "syscall_" + std::to_string(0x40000000 | SYS_openat));
  CHECK(syscall_name(UINT32_MAX) == "syscall_4294967295");
#if defined(__x86_64__)
  CHECK(syscall_name(0) == "read");
  CHECK(syscall_name(257) == "openat");
  CHECK(syscall_name(335) == "uretprobe");
#endif
}

TEST_CASE("A number's name and the name in its spec agree, and no name has two numbers") {
  std::set<std::string> seen;
  std::size_t specs = 0;
  for (std::uint32_t number = 0; number < 1024; ++number) {
    const std::string name = syscall_name(number);
    CHECK(seen.insert(name).second);
    const CallSpec* spec = syscall_spec(number);
    if (spec == nullptr) continue;
    ++specs;
    CHECK(spec->name == name);
  }
  CHECK(specs > 100);
}

#if defined(__x86_64__)
TEST_CASE("Every row of the tables is a system call, once") {
  std::set<std::string> known;
  for (std::uint32_t number = 0; number < 1024; ++number) known.insert(syscall_name(number));
  std::set<std::string_view> seen;
  for (const auto calls : {file_calls(), path_calls(), memory_calls(), ipc_calls(), process_calls(),
                           time_and_poll_calls(), bpf_calls()}) {
    for (const CallSpec& spec : calls) {
      CAPTURE(spec.name);
      CHECK(known.contains(std::string(spec.name)));
      CHECK(seen.insert(spec.name).second);
    }
  }
}
#endif

TEST_CASE("Strings and buffers stand at their own position, and every register is one of six") {
  for (const CallSpec* spec : every_spec()) {
    const ArgSpec* buffer = nullptr;
    std::size_t buffer_register = 0;
    for (std::size_t i = 0; i < spec->args.size(); ++i) {
      const ArgSpec& arg = spec->args[i];
      CAPTURE(spec->name, arg.name);
      const std::size_t reg = arg.reg < 0 ? i : static_cast<std::size_t>(arg.reg);
      CHECK(reg < 6);
      if (arg.kind == ArgKind::string) CHECK(reg == i);
      if (arg.kind == ArgKind::out) {
        // one buffer can be read of a call; what it holds may depend on the command
        CHECK(reg == (buffer ? buffer_register : i));
        if (buffer) CHECK(arg.out_bytes == buffer->out_bytes);
        if (buffer) CHECK(!arg.only_with.empty());
        buffer = &arg;
        buffer_register = reg;
      }
      CHECK((arg.kind == ArgKind::out) == (arg.decode_out != nullptr));
      CHECK((arg.kind == ArgKind::out) == (arg.out_bytes != 0));
    }
  }
}

TEST_CASE("A field has one value, wherever its names stand in the table") {
  constexpr Name names[] = {{1, "ONE", 3}, {0, "ZERO", 3}, {4, "BIT"}, {3, "THREE", 3}};
  CHECK(flags_text(0, names) == "ZERO");
  CHECK(flags_text(1, names) == "ONE");
  CHECK(flags_text(2, names) == "0x2");
  CHECK(flags_text(7, names) == "BIT|THREE");
}

TEST_CASE("Every name in the tables is one constant's name") {
  for (const CallSpec* spec : every_spec()) {
    for (const ArgSpec& arg : spec->args) {
      for (const Name& name : arg.names) {
        CAPTURE(spec->name, arg.name, name.name);
        CHECK(name.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
              std::string_view::npos);
        CHECK((name.value & ~(name.mask != 0 ? name.mask : name.value)) == 0);
      }
    }
  }
}

TEST_CASE("Every name that an argument depends on is one that its flags argument has") {
  for (const CallSpec* spec : every_spec()) {
    for (std::size_t i = 0; i < spec->args.size(); ++i) {
      std::string_view wanted = spec->args[i].only_with;
      while (!wanted.empty()) {
        const std::string_view one = wanted.substr(0, wanted.find('|'));
        wanted = one.size() == wanted.size() ? "" : wanted.substr(one.size() + 1);
        bool found = false;
        for (std::size_t before = 0; before < i; ++before)
          for (const Name& name : spec->args[before].names) found = found || name.name == one;
        CAPTURE(spec->name, one);
        CHECK(found);
      }
    }
  }
}

TEST_CASE("fstat's buffer shows type and permissions, size and inode") {
  struct stat status = {};
  status.st_mode = S_IFREG | 0750;
  status.st_size = 4096;
  status.st_ino = 7;
  CHECK(text_of(decode_stat(bytes_of(status))) == "st_mode=S_IFREG|0750, st_size=4096, st_ino=7");
  status.st_mode = S_IFDIR | S_ISVTX | 0777;
  CHECK(text_of(decode_stat(bytes_of(status)).front().value) == "S_IFDIR|S_ISVTX|0777");
  status.st_mode = S_IFSOCK | 0;  // S_IFSOCK has the bits of S_IFREG and S_IFLNK, too
  CHECK(text_of(decode_stat(bytes_of(status)).front().value) == "S_IFSOCK|000");
  status.st_mode = 0600;  // an anonymous inode has no type
  CHECK(text_of(decode_stat(bytes_of(status)).front().value) == "0600");
}

TEST_CASE("statx's buffer shows the same") {
  struct statx status = {};
  status.stx_mode = S_IFREG | 0600;
  status.stx_size = 8192;
  status.stx_ino = 9;
  CHECK(text_of(decode_statx(bytes_of(status))) ==
        "stx_mode=S_IFREG|0600, stx_size=8192, stx_ino=9");
}

TEST_CASE("shmctl's buffer shows a segment that waits for its last detach") {
  struct shmid_ds segment = {};
  segment.shm_segsz = 4096;
  segment.shm_nattch = 2;
  segment.shm_perm.mode = SHM_DEST | 0600;
  CHECK(text_of(decode_shmid_ds(bytes_of(segment))) ==
        "shm_segsz=4096, shm_nattch=2, mode=SHM_DEST|0600");
}

TEST_CASE("bpf's attributes show what a program and a map are") {
  bpf_attr attr = {};
  attr.prog_type = BPF_PROG_TYPE_KPROBE;
  attr.insn_cnt = 12;
  std::strcpy(attr.prog_name, "count\x1b");
  CHECK(text_of(decode_bpf_program(bytes_of(attr))) ==
        "prog_type=BPF_PROG_TYPE_KPROBE, insn_cnt=12, prog_name=count\\x1b");
  attr = {};
  attr.map_type = 999;
  attr.key_size = 4;
  attr.value_size = 8;
  attr.max_entries = 10;
  std::memset(attr.map_name, 'm', sizeof attr.map_name);
  CHECK(text_of(decode_bpf_map(bytes_of(attr))) ==
        "map_type=999, key_size=4, value_size=8, max_entries=10, map_name=mmmmmmmmmmmmmmmm");
  for (const char fill : {'\0', '\xff'})
    for (std::size_t length = 0; length <= 200; ++length) {
      const std::vector<char> bytes(length, fill);
      CHECK(decode_bpf_program({bytes.data(), bytes.size()}).size() == (length < 64 ? 0 : 3));
      CHECK(decode_bpf_map({bytes.data(), bytes.size()}).size() == (length < 44 ? 0 : 5));
    }
}

TEST_CASE("A buffer may hold any bytes and end anywhere") {
  for (const char fill : {'\0', '\xff', '\x1b'}) {
    for (OutDecoder* decode : {decode_stat, decode_statx, decode_shmid_ds}) {
      for (std::size_t length = 0; length <= 300; ++length) {
        const std::vector<char> bytes(length,
                                      fill);  // its own allocation: a sanitizer sees an overrun
        const Args fields = decode({bytes.data(), bytes.size()});
        if (length < 4) CHECK(fields.empty());
        if (length == 300) CHECK(fields.size() == 3);
      }
    }
  }
  struct stat status = {};
  status.st_ino = 7;
  CHECK(text_of(decode_stat(bytes_of(status).first(16))) == "st_ino=7");
}

TEST_CASE("A system call fails with the last page of numbers, and only with those") {
  std::string error = "left over";
  const CallSpec& openat = system_call(SYS_openat);
  CHECK(decode_syscall_ret(&openat, 3, error) == Value{std::int64_t{3}});
  CHECK(error.empty());
  CHECK(decode_syscall_ret(&openat, -ENOENT, error) == Value{std::int64_t{-2}});
  CHECK(error == "ENOENT");
  CHECK(decode_syscall_ret(nullptr, -4095, error) == Value{std::int64_t{-4095}});
  CHECK(error == "E4095");
  CHECK(decode_syscall_ret(nullptr, -4096, error) == Value{std::int64_t{-4096}});
  CHECK(error.empty());
}

TEST_CASE("mmap and shmat return addresses") {
  std::string error;
  const CallSpec& mmap = system_call(SYS_mmap);
  CHECK(decode_syscall_ret(&mmap, 0x7f31000, error) == Value{"0x7f31000"});
  CHECK(decode_syscall_ret(&mmap, -ENOMEM, error) == Value{std::int64_t{-12}});
  CHECK(error == "ENOMEM");
  CHECK(decode_user_ret(user_call("mmap"), 0x7f31000) == Value{"0x7f31000"});
  CHECK(decode_user_ret(user_call("mmap"), -1) == Value{"MAP_FAILED"});
  CHECK(decode_user_ret(user_call("shmat"), 0x7f31000) == Value{"0x7f31000"});
  CHECK(decode_user_ret(user_call("shmat"), -1) == Value{std::int64_t{-1}});
}

TEST_CASE("A libc function's int is the lower half of the register") {
  const auto minus_one = static_cast<std::int64_t>(garbage | 0xffffffff);
  CHECK(decode_user_ret(user_call("shm_open"), 0xffffffff) == Value{std::int64_t{-1}});
  CHECK(decode_user_ret(user_call("shm_open"), minus_one) == Value{std::int64_t{-1}});
  CHECK(decode_user_ret(user_call("ftok"), 0x51020304) == Value{"0x51020304"});
  CHECK(decode_user_ret(user_call("ftok"), static_cast<std::int32_t>(0x81020304)) ==
        Value{"0x81020304"});
  CHECK(decode_user_ret(user_call("ftok"), -1) == Value{std::int64_t{-1}});
  CHECK(decode_user_ret(user_call("ftok"), 0xffffffff) == Value{std::int64_t{-1}});
}

TEST_CASE("The libc functions keep their order, which the uprobes report") {
  std::string names;
  for (const CallSpec& spec : user_calls()) names += std::string(spec.name) + " ";
  CHECK(names.starts_with(
      "shm_open shm_unlink ftruncate fstat mmap munmap ftok shmget shmat shmdt shmctl "));
}

TEST_CASE("Every errno has a name, the kernel's own too") {
  CHECK(errno_name(ENOENT) == "ENOENT");
  CHECK(errno_name(EAGAIN) == "EAGAIN");
  CHECK(errno_name(512) == "ERESTARTSYS");
  CHECK(errno_name(513) == "ERESTARTNOINTR");
  CHECK(errno_name(514) == "ERESTARTNOHAND");
  CHECK(errno_name(515) == "ENOIOCTLCMD");
  CHECK(errno_name(516) == "ERESTART_RESTARTBLOCK");
  CHECK(errno_name(9999) == "E9999");
  CHECK(errno_name(0).empty());
}
