// SPDX-License-Identifier: BSD-2-Clause
//
// From the stops of ptrace to events, through the records and the decoder of the other views.
#include "tracer/ptrace_records.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>
#include <map>

#include "tests/catch.h"
#include "tests/unit/calls_text.h"
#include "tracer/decode.h"

using namespace shmpath;

namespace {

constexpr std::uint64_t page = 4096;

struct Fixture {
  std::map<std::uint64_t, std::string> memory;  // by address; what is not here cannot be read
  Symbols symbols{""};
  Stacks stacks{symbols, [](std::uint64_t) { return std::nullopt; }};
  FunctionTable functions;
  Decoder decoder{stacks, {}, functions};
  std::vector<Event> events;
  RecordWriter writer{
      [this](pid_t, std::uint64_t address, std::span<char> into) { return read(address, into); },
      [this](std::span<const std::byte> bytes) {
        if (auto event = decoder.decode(bytes)) events.push_back(*event);
      }};

  std::size_t read(std::uint64_t address, std::span<char> into) const {
    auto found = memory.find(address);
    if (found == memory.end()) return 0;
    return found->second.copy(into.data(), into.size());
  }
  void enter(long number, std::array<std::uint64_t, 6> args, pid_t tid = 8) {
    writer.syscall({7, tid, 1000},
                   {.entry = true, .number = static_cast<u32>(number), .args = args});
  }
  Event leave(std::int64_t ret, pid_t tid = 8) {
    writer.syscall({7, tid, 2000}, {.entry = false, .ret = ret});
    return events.back();
  }
};

std::string text_at(std::string text) { return text.append(page, '\0'); }

}  // namespace

TEST_CASE("A system call is shown as the other views show it") {
  Fixture f;
  f.memory[0x5000] = text_at("/dev/shm/x");
  f.enter(SYS_openat, {static_cast<std::uint64_t>(AT_FDCWD), 0x5000, O_RDWR | O_CREAT, 0600});
  const Event ret = f.leave(3);
  REQUIRE(f.events.size() == 2);
  CHECK(f.events[0].type == EventType::enter);
  CHECK(f.events[0].layer == Layer::syscall);
  CHECK(f.events[0].name == "openat");
  CHECK(f.events[0].pid == 7);
  CHECK(f.events[0].tid == 8);
  CHECK(text_of(f.events[0].args) ==
        "dirfd=AT_FDCWD, pathname=/dev/shm/x, flags=O_RDWR|O_CREAT, mode=0600");
  CHECK(ret.type == EventType::exit);
  CHECK(ret.name == "openat");
  CHECK(text_of(ret.ret) == "3");
  CHECK(ret.t == 1000);
  f.enter(SYS_close, {3});
  CHECK(f.leave(-9).error == "EBADF");
}

TEST_CASE("A string ends with its page, its NUL, or the room for it") {
  Fixture f;
  const auto shown = [&](const std::string& memory) {
    f.memory[0x5000] = memory;
    f.enter(SYS_unlink, {0x5000});
    const Event entry = f.events.back();
    f.leave(0);
    return entry.unread.empty() ? text_of(entry.args) : "unread";
  };
  CHECK(shown(text_at("")) == "pathname=");
  CHECK(shown(std::string("end of a page\0", 14)) == "pathname=end of a page");
  CHECK(shown("no NUL before the page ends") == "unread");
  CHECK(shown(text_at(std::string(1023, 'a'))) == "pathname=" + std::string(1023, 'a'));
  CHECK(shown(text_at(std::string(1024, 'a'))) == "pathname=" + std::string(1023, 'a') + "…");
}

TEST_CASE("A string that cannot be read at the entry is read again at the return") {
  Fixture f;
  f.enter(SYS_unlink, {0x5000});
  CHECK(f.events.back().unread == std::vector<std::string>{"pathname"});
  f.memory[0x5000] = text_at("/tmp/x");
  CHECK(text_of(f.leave(0).args) == "pathname=/tmp/x");
  f.enter(SYS_unlink, {0x6000});
  CHECK(f.leave(-14).args.empty());
  f.enter(SYS_unlink, {0});
  CHECK(text_of(f.events.back().args) == "pathname=NULL");
}

TEST_CASE("A buffer that a call fills is read when it has succeeded") {
  Fixture f;
  struct stat info {};
  info.st_mode = S_IFREG | 0750;
  info.st_size = 4096;
  f.memory[0x5000] = std::string(reinterpret_cast<const char*>(&info), sizeof(info));
  f.enter(SYS_fstat, {3, 0x5000});
  CHECK(text_of(f.leave(0).args) == "st_mode=S_IFREG|0750, st_size=4096, st_ino=0");
  f.enter(SYS_fstat, {3, 0x5000});
  CHECK(f.leave(-9).args.empty());
  f.memory[0x5000].resize(8);
  f.enter(SYS_fstat, {3, 0x5000});
  CHECK(f.leave(0).args.empty());
}

TEST_CASE("A 32-bit call has its number, and its strings are not looked for") {
  Fixture f;
  f.memory[2] = text_at("not a path");
  f.writer.syscall({7, 8, 1}, {.entry = true, .compat = true, .number = 5, .args = {1, 2}});
  CHECK(f.events.back().name == "i386_syscall_5");
  CHECK(text_of(f.events.back().args).starts_with("arg0=0x1, arg1=0x2"));
  CHECK(f.leave(0).name == "i386_syscall_5");
}

TEST_CASE("The calls of two threads do not mix") {
  Fixture f;
  f.enter(SYS_close, {3}, 8);
  f.enter(SYS_getpid, {}, 9);
  CHECK(f.leave(0, 8).name == "close");
  CHECK(f.leave(7, 9).name == "getpid");
}

TEST_CASE("An execve by another thread returns in the thread that is left") {
  Fixture f;
  f.enter(SYS_execve, {0x5000, 0, 0}, 9);
  f.memory[0x5000] = text_at("of the new program");
  f.writer.executed({7, 7, 1500}, 9, "a name that is too long");
  CHECK(f.events.back().name == "sched_process_exec");
  CHECK(text_of(f.events.back().args) == "comm=a name that is , old_tid=9");
  const Event ret = f.leave(0, 7);
  CHECK(ret.name == "execve");
  CHECK(ret.tid == 7);
  CHECK(ret.args.empty());  // the old program's memory is gone
}

TEST_CASE("Births, ends and page faults are points") {
  Fixture f;
  f.writer.forked({7, 8, 1}, 20, 21);
  CHECK(f.events.back().name == "sched_process_fork");
  CHECK(text_of(f.events.back().args) == "child_pid=20, child_tid=21");
  f.writer.ended({7, 8, 1}, 3 << 8);
  CHECK(text_of(f.events.back().args) == "code=3");
  f.writer.ended({7, 8, 1}, 0x80 | 11);
  CHECK(text_of(f.events.back().args) == "signal=11");
  f.writer.faults({7, 8, 1}, {.minor_faults = 12, .major_faults = 1});
  CHECK(f.events.back().type == EventType::point);
  CHECK(f.events.back().layer == Layer::kernel);
  CHECK(f.events.back().name == "page_faults");
  CHECK(text_of(f.events.back().args) == "minor=12, major=1");
}

TEST_CASE("A step has its number and what can be read of its text") {
  Fixture f;
  f.memory[0x5000] = text_at("map it");
  f.writer.step({7, 8, 1}, 5, 0x5000);
  CHECK(f.events.back().type == EventType::step);
  CHECK(f.events.back().number == 5);
  CHECK(f.events.back().text == "map it");
  f.memory[0x5000] = std::string(page, 'a');
  f.writer.step({7, 8, 1}, 5, 0x5000);
  CHECK(f.events.back().text == std::string(119, 'a'));
  f.writer.step({7, 8, 1}, 6, 0x6000);
  CHECK(f.events.back().text.empty());
}
