// SPDX-License-Identifier: BSD-2-Clause
//
// strace's line format, from events made by hand. How close it is to strace is tested live.
#include "tests/catch.h"
#include "tests/unit/events.h"

using namespace shmpath;

namespace {

struct Fixture {
  TextOutput out;
  std::unique_ptr<Renderer> renderer = make_strace_renderer(out);
  // What the events add to the output.
  std::string show(const std::vector<Event>& events) {
    out.text.clear();
    for (const Event& event : events) renderer->event(event);
    return out.text;
  }
};

std::string text(const char* s) { return s; }

Event timed(Event event, std::uint64_t ns) {
  event.ns = ns;
  return event;
}

Event failed(std::uint64_t t, std::string name, std::int64_t ret, const std::string& error) {
  Event event = syscall_exit(t, std::move(name), ret);
  event.error = error;
  return event;
}

Event open_at(std::uint64_t t, const std::string& path) {
  return syscall_enter(
      t, "openat", {{"dirfd", text("AT_FDCWD")}, {"pathname", path}, {"flags", text("O_RDWR")}});
}

Event stat_of(const std::string& address = "0x7f31") {
  return syscall_enter(1, "newfstatat",
                       {{"dirfd", std::int64_t{3}},
                        {"pathname", text("")},
                        {"statbuf", address},
                        {"flags", text("AT_EMPTY_PATH")}});
}

Event exited(std::uint64_t t, std::uint32_t tid, const char* how, std::uint64_t number) {
  return of_thread(point_event(t, "sched_process_exit", {{how, number}}), tid, tid);
}

// The path as it is shown.
std::string shown_path(const std::string& path) {
  Fixture f;
  const std::string line = f.show({open_at(1, path), syscall_exit(2, "openat", 3)});
  const std::string before = "openat(AT_FDCWD, ", after = ", O_RDWR)";
  REQUIRE(line.starts_with(before));
  return line.substr(before.size(), line.find(after) - before.size());
}

}  // namespace

TEST_CASE("A call and its return are one line, with the result in strace's column") {
  Fixture f;
  CHECK(f.show({syscall_enter(1, "close", {{"fd", std::int64_t{3}}}),
                timed(syscall_exit(2, "close"), 12'999)}) ==
        "close(3)                                = 0 <0.000012999>\n");
  CHECK(f.show(
            {open_at(1, "/dev/shm/shmtest"), timed(syscall_exit(2, "openat", 3), 3'000'000'001)}) ==
        "openat(AT_FDCWD, \"/dev/shm/shmtest\", O_RDWR) = 3 <3.000000001>\n");
  CHECK(f.show({syscall_enter(1, "getpid"), syscall_exit(2, "getpid", 7)}) ==
        "getpid()                                = 7\n");
  CHECK(f.show({syscall_enter(1, "syscall_335", {{"arg0", text("0x1")}, {"arg1", text("0x0")}}),
                syscall_exit(2, "syscall_335")}) ==
        "syscall_0x14f(0x1, 0)                   = 0\n");
}

TEST_CASE("A failure has its name and its meaning") {
  Fixture f;
  CHECK(f.show({syscall_enter(1, "unlink", {{"pathname", text("/x")}}),
                failed(2, "unlink", -2, "ENOENT")}) ==
        "unlink(\"/x\")                            = -1 ENOENT (No such file or directory)\n");
  CHECK(f.show({syscall_enter(1, "pause"), failed(2, "pause", -514, "ERESTARTNOHAND")}) ==
        "pause()                                 = ? ERESTARTNOHAND (To be restarted if no "
        "handler)\n");
  CHECK(f.show({syscall_enter(1, "pause"), failed(2, "pause", -4095, "E4095")}) ==
        "pause()                                 = -1 E4095\n");
}

TEST_CASE("A structure stands in its place once the call has filled it, else its address") {
  Fixture f;
  Event ret = syscall_exit(2, "newfstatat");
  ret.args = {{"st_mode", text("S_IFREG|0644")},
              {"st_size", std::int64_t{35}},
              {"st_ino", std::uint64_t{9}}};
  CHECK(f.show({stat_of(), ret}) ==
        "newfstatat(3, \"\", {st_mode=S_IFREG|0644, st_size=35, ...}, AT_EMPTY_PATH) = 0\n");
  ret.args[0].value = text("S_IFCHR|0620");
  CHECK(f.show({stat_of(), ret}) ==
        "newfstatat(3, \"\", {st_mode=S_IFCHR|0620, ...}, AT_EMPTY_PATH) = 0\n");
  CHECK(f.show({stat_of(), failed(2, "newfstatat", -9, "EBADF")}) ==
        "newfstatat(3, \"\", 0x7f31, AT_EMPTY_PATH) = -1 EBADF (Bad file descriptor)\n");
  ret = syscall_exit(4, "shmctl");
  ret.args = {
      {"shm_segsz", std::uint64_t{4096}}, {"shm_nattch", std::uint64_t{1}}, {"mode", text("0600")}};
  CHECK(
      f.show({syscall_enter(
                  3, "shmctl",
                  {{"shmid", std::int64_t{5}}, {"cmd", text("IPC_STAT")}, {"buf", text("0x1")}}),
              ret}) ==
      "shmctl(5, IPC_STAT, {shm_perm={mode=0600, ...}, shm_segsz=4096, shm_nattch=1, ...}) = 0\n");
}

TEST_CASE("What strace writes in another base or with names is written so") {
  Fixture f;
  CHECK(f.show({syscall_enter(1, "mmap", {{"addr", text("NULL")}, {"offset", std::int64_t{4096}}}),
                syscall_exit(2, "mmap")}) == "mmap(NULL, 0x1000)                      = 0\n");
  CHECK(
      f.show({syscall_enter(1, "umask", {{"mask", text("027")}}), syscall_exit(2, "umask", 022)}) ==
      "umask(027)                              = 022\n");
  CHECK(f.show({syscall_enter(1, "fcntl", {{"fd", std::int64_t{4}}, {"cmd", text("F_GETFD")}}),
                syscall_exit(2, "fcntl", 1)}) ==
        "fcntl(4, F_GETFD)                       = 0x1 (flags FD_CLOEXEC)\n");
  CHECK(f.show({syscall_enter(1, "clone", {{"flags", text("SIGCHLD")}, {"stack", text("NULL")}}),
                syscall_exit(2, "clone", 8)}) == "clone(child_stack=NULL, flags=SIGCHLD)  = 8\n");
}

TEST_CASE("A call that other threads' calls interrupt is taken up again") {
  Fixture f;
  Event stat = of_thread(stat_of(), 7, 7), ret = of_thread(syscall_exit(4, "newfstatat"), 7, 7);
  ret.args = {{"st_mode", text("S_IFREG|0644")}, {"st_size", std::int64_t{35}}};
  CHECK(f.show({stat, of_thread(syscall_enter(2, "getpid"), 7, 8),
                of_thread(syscall_exit(3, "getpid", 7), 7, 8), ret}) ==
        "newfstatat(3, \"\",  <unfinished ...>\n"
        "[pid     8] getpid()                    = 7\n"
        "[pid     7] <... newfstatat resumed>{st_mode=S_IFREG|0644, st_size=35, ...}, "
        "AT_EMPTY_PATH) = 0\n");
}

TEST_CASE("The end of a thread has its line, and a call under way does not return") {
  Fixture f;
  CHECK(f.show({syscall_enter(1, "exit_group", {{"status", std::int64_t{0}}}),
                exited(2, 7, "code", 0)}) ==
        "exit_group(0)                           = ?\n+++ exited with 0 +++\n");
  CHECK(f.show({syscall_enter(1, "pause"), exited(2, 7, "signal", 9)}) ==
        "pause()                                 = ?\n+++ killed by SIGKILL +++\n");
  CHECK(f.show({exited(2, 7, "signal", 34)}) == "+++ killed by SIGRT_2 +++\n");
}

TEST_CASE("Threads are named while there are several") {
  Fixture f;
  CHECK(f.show({of_thread(syscall_enter(1, "getpid"), 7, 7),
                of_thread(syscall_exit(2, "getpid", 7), 7, 7)})
            .starts_with("getpid()"));
  CHECK(f.show({of_thread(syscall_enter(3, "getpid"), 123456, 123456),
                of_thread(syscall_exit(4, "getpid", 7), 123456, 123456),
                exited(5, 123456, "code", 3)}) ==
        "[pid 123456] getpid()                   = 7\n[pid 123456] +++ exited with 3 +++\n");
  CHECK(f.show({of_thread(syscall_enter(6, "getpid"), 7, 7),
                of_thread(syscall_exit(7, "getpid", 7), 7, 7)})
            .starts_with("getpid()"));
}

TEST_CASE("A thread that executes a program goes on under the number of the first") {
  Fixture f;
  CHECK(f.show(
            {of_thread(syscall_enter(1, "pause"), 7, 7),
             of_thread(syscall_enter(2, "execve", {{"pathname", text("/a")}}), 7, 8),
             of_thread(point_event(3, "sched_process_exec", {{"old_tid", std::uint64_t{8}}}), 7, 7),
             of_thread(syscall_exit(4, "execve"), 7, 7)}) ==
        "pause( <unfinished ...>\n"
        "[pid     8] execve(\"/a\" <unfinished ...>\n"
        "[pid     7] +++ superseded by execve in pid 8 +++\n"
        "<... execve resumed>)                   = 0\n");
}

TEST_CASE("Steps, losses, the header and the end are comments; nothing else is shown") {
  Fixture f;
  Header header;
  header.kernel = "6.18.0";
  header.place = "host";
  header.view = "tracepoints";
  header.why = "no */ other";
  header.command = {"./a.out"};
  header.missing = {{"shm_open", "no such symbol"}, {"b", "never", true}};
  f.renderer->header(header);
  CHECK(f.out.text ==
        "/* tracepoints view on host, Linux 6.18.0: no * / other */\n"
        "/* not attached: shm_open: no such symbol */\n/* ./a.out */\n");
  CHECK(f.show({step_event(1, 2, "map **/ it")}) == "/* step 2: map ** / it */\n");
  CHECK(f.show({lost_event(1, 12)}) == "/* 12 events lost here */\n");
  CHECK(f.show({user_enter(1, "shm_open"), kernel_enter(2, "shmem_fault"),
                kernel_exit(3, "shmem_fault"), fault_event(4, "0x1"), user_exit(5, "shm_open"),
                syscall_exit(6, "read")}) == "");
  f.out.text.clear();
  Summary summary;
  summary.counts.events = 3;
  f.renderer->summary(summary);
  summary.counts.lost = 1;
  f.renderer->summary(summary);
  CHECK(f.out.text ==
        "/* complete: 3 events, nothing lost */\n/* incomplete: 3 events, but 1 event lost */\n");
}

TEST_CASE("A call that waits is shown when nothing else comes") {
  Fixture f;
  CHECK(f.show({syscall_enter(1, "pause")}) == "");
  f.renderer->idle();
  CHECK(f.out.text == "pause(");
  CHECK(f.show({step_event(2, 1, "go")}) == " <unfinished ...>\n/* step 1: go */\n");
}

TEST_CASE("Strings are quoted as strace quotes them") {
  CHECK(shown_path("/x") == "\"/x\"");
  CHECK(shown_path("say \"hi\"") == R"("say \"hi\"")");
  CHECK(shown_path(R"(a\\b\n\t\x1b[31m)") == R"("a\\b\n\t\33[31m")");
  CHECK(shown_path(R"(\x1b1\x00)") == R"("\0331\0")");
  CHECK(shown_path("日") == R"("\346\227\245")");
  CHECK(shown_path(std::string(1023, 'a') + "…") == "\"" + std::string(1023, 'a') + "\"...");
  CHECK(shown_path("a…") == R"("a\342\200\246")");
  CHECK(shown_path("NULL") == "NULL");
}

TEST_CASE("Nothing of a hostile recording reaches the terminal as a control byte") {
  Fixture f;
  const std::string evil = "\033]0;x\a\n\xff*/\x7f\u202e";
  Event enter = open_at(1, evil);
  enter.args.push_back({"mode", evil});
  Event other = syscall_enter(3, evil, {{evil, evil}});
  Event ret = syscall_exit(4, evil);
  ret.ret = evil;
  Header header;
  header.kernel = header.why = evil;
  header.command = {evil};
  header.missing = {{evil, evil}};
  f.renderer->header(header);
  const std::string head = f.out.text;
  const std::string all =
      head + f.show({enter, failed(2, "openat", -2, evil), other, ret, step_event(5, 1, evil)});
  CHECK(std::count(all.begin(), all.end(), '\n') == 6);
  for (const char c : all) CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
  std::size_t comments = 0;
  for (std::size_t at = 0; (at = head.find("*/", at)) != std::string::npos; at++) comments++;
  CHECK(comments == 3);
}

TEST_CASE("A string that could not be read is a question mark") {
  Fixture f;
  Event enter = syscall_enter(1, "unlink", {{"pathname", {}}});
  enter.unread = {"pathname"};
  CHECK(f.show({enter, failed(2, "unlink", -14, "EFAULT")}) ==
        "unlink(?)                               = -1 EFAULT (Bad address)\n");
}
