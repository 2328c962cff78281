// SPDX-License-Identifier: BSD-2-Clause
//
// `--format strace` against strace itself. Both watch one and the same run, so that each line must
// be equal, down to addresses and process ids, but for what is listed here.
#include <set>

#include "tests/live/strace_lines.h"
#include "tests/live/support.h"

using namespace live;

namespace {

// Arguments, counted from 0, of which strace shows what lies there, and the trace has the address
// only: buffers, lists and structures.
const std::set<std::string> shown_as_address{"execve.1",
                                             "read.1",
                                             "write.1",
                                             "pread64.1",
                                             "pwrite64.1",
                                             "readv.1",
                                             "writev.1",
                                             "pipe.0",
                                             "pipe2.0",
                                             "getrandom.0",
                                             "prlimit64.2",
                                             "prlimit64.3",
                                             "getcwd.0",
                                             "readlink.1",
                                             "readlinkat.2",
                                             "statfs.1",
                                             "fstatfs.1",
                                             "getdents64.1",
                                             "uname.0",
                                             "sysinfo.0",
                                             "clone3.0",
                                             "wait4.1",
                                             "wait4.3",
                                             "waitid.2",
                                             "rt_sigaction.1",
                                             "rt_sigaction.2",
                                             "rt_sigprocmask.1",
                                             "rt_sigprocmask.2",
                                             "rt_sigreturn.0",
                                             "sigaltstack.0",
                                             "sigaltstack.1",
                                             "socketpair.3",
                                             "sendmsg.1",
                                             "recvmsg.1",
                                             "bind.1",
                                             "connect.1",
                                             "futex.3",
                                             "nanosleep.0",
                                             "clock_nanosleep.2",
                                             "poll.0",
                                             "sched_getaffinity.2"};

// Numbers for which strace knows a name and the trace's tables do not, or the other way round.
const std::set<std::string> named_by_one{"ioctl.1", "arch_prctl.0"};

// Structures of which the trace has some fields.
const std::set<std::string> some_fields{"newfstatat.2", "statx.4", "shmctl.2"};

// Calls whose arguments strace takes apart in its own way, or which have no row in shmpath's
// tables, so that it shows six registers.
const std::set<std::string> taken_apart{"prctl", "rt_sigreturn", "getxattr", "lgetxattr",
                                        "fadvise64"};

bool is_address(const std::string& text) { return text.starts_with("0x"); }

// Each field that shmpath has is one of strace's, or of the structure inside it.
bool has_all_fields(const std::string& strace, std::string seen) {
  if (!seen.starts_with("{") || !seen.ends_with(", ...}")) return false;
  replace_all(seen, "shm_perm={");
  replace_all(seen, ", ...}");
  replace_all(seen, "{");
  for (const std::string& field : split_args(seen))
    if (strace.find(field + ",") == std::string::npos &&
        strace.find(field + "}") == std::string::npos)
      return false;
  return true;
}

bool same_arg(const std::string& place, const std::string& strace, const std::string& seen) {
  if (strace == seen) return true;
  if (shown_as_address.contains(place))
    return is_address(seen) && std::string("\"[{~").find(strace[0]) != std::string::npos;
  if (named_by_one.contains(place)) return is_address(seen) != is_address(strace);
  if (some_fields.contains(place)) return has_all_fields(strace, seen);
  // a string that was not there: strace shows its address
  if (seen == "?") return is_address(strace);
  // clone names its arguments
  if (place == "clone.2")
    return strace.starts_with("parent_tid=[") && seen.starts_with("parent_tid=0x");
  return false;
}

std::string line_text(const StraceLine& line) {
  std::string text = line.name + "(";
  for (const std::string& arg : line.args) text += (text.ends_with('(') ? "" : ", ") + arg;
  return text + ") = " + line.result;
}

// "" when the lines say the same.
std::string difference(const StraceLine& strace, const StraceLine& seen) {
  const std::string both = "strace has " + line_text(strace) + ", shmpath has " + line_text(seen);
  if (strace.name != seen.name || strace.result != seen.result) return both;
  if (taken_apart.contains(strace.name)) return "";
  // of a call that never returned, strace has only what it read before
  const bool cut_short = strace.result == "?" && strace.args.size() < seen.args.size();
  if (strace.args.size() != seen.args.size() && !cut_short) return both;
  for (std::size_t i = 0; i < strace.args.size(); i++)
    if (const std::string place = strace.name + "." + std::to_string(i);
        !same_arg(place, strace.args[i], seen.args[i]) && !(cut_short && strace.args[i].empty()))
      return place + ": " + both;
  return "";
}

std::string first_difference(const StraceLines& strace, const StraceLines& seen) {
  for (const auto& [tid, lines] : strace) {
    const auto found = seen.find(tid);
    if (found == seen.end()) return "thread " + std::to_string(tid) + " is not in the trace";
    for (std::size_t i = 0; i < std::max(lines.size(), found->second.size()); i++) {
      if (i >= lines.size()) return "strace has no more, shmpath " + line_text(found->second[i]);
      if (i >= found->second.size()) return "shmpath has no more, strace " + line_text(lines[i]);
      if (std::string text = difference(lines[i], found->second[i]); !text.empty()) return text;
    }
  }
  return "";
}

// strace is traced as well: its own calls are put aside, and what its child does before the
// program.
void keep_program(const StraceLines& strace, StraceLines& seen) {
  std::erase_if(seen, [&](const auto& thread) { return !strace.contains(thread.first); });
  if (seen.empty()) return;
  auto& first = seen.begin()->second;
  first.erase(first.begin(), std::ranges::find(first, "execve", &StraceLine::name));
}

// The tracer's own, see made_by_a_probe() in strace_lists.h.
void drop_probes(StraceLines& lines) {
  static const std::set<std::string> names{"uretprobe", "uprobe", "syscall_0x14f", "syscall_0x150"};
  for (auto& [tid, thread] : lines)
    std::erase_if(thread, [](const StraceLine& line) { return names.contains(line.name); });
}

std::vector<std::vector<std::string>> commands() {
  const std::string labs = labs_folder().string();
  return {{"true"},
          {"ls", "-l", (source_folder() / "labs").string()},
          {"sh", "-c", "echo a | cat"},
          {"busybox", "echo", "hello"},
          {target("static_shm")},
          {target("threads64")},
          {target("exec_other")},
          {target("fork_tree")},
          {target("vfork_exec")},
          {target("nonresident")},
          {target("exit_code"), "3"},
          {labs + "/01-posix-shm/posix_shm"},
          {labs + "/02-sysv-shm/sysv_shm"},
          {labs + "/07-mapping-controls/remap"},
          {labs + "/08-memfd-passing/sender"},
          {labs + "/12-synchronisation/futex"}};
}

}  // namespace

TEST_CASE("in one run watched by both, strace and --format strace print the same lines") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("strace");
  NEEDS_PROGRAM("busybox");
  for (const auto& command : commands()) {
    CAPTURE(command);
    TempFolder folder;
    const std::string by_strace = folder / "strace", by_shmpath = folder / "shmpath";
    std::vector<std::string> argv{shmpath(), "trace", "--place",  "host", "--format",
                                  "strace",  "-o",    by_shmpath, "--",   "strace",
                                  "-f",      "-o",    by_strace,  "--"};
    argv.insert(argv.end(), command.begin(), command.end());
    CHECK(run_command({argv}).status != 125);
    StraceLines expected = strace_lines(read_file(by_strace));
    drop_probes(expected);
    StraceLines seen = strace_lines(read_file(by_shmpath));
    REQUIRE_FALSE(expected.empty());
    keep_program(expected, seen);
    CHECK(first_difference(expected, seen) == "");
    CHECK(read_file(by_shmpath).find("lost here") == std::string::npos);
  }
}

TEST_CASE("the comparison of lines notices what is missing, added or changed") {
  const auto lines = [](const std::string& text) { return strace_lines(text); };
  const auto differ = [&](const std::string& strace, const std::string& seen) {
    return first_difference(lines("7  " + strace + "\n"), lines("[pid     7] " + seen + "\n")) !=
           "";
  };
  CHECK_FALSE(differ("close(3)      = 0", "close(3) = 0 <0.000012345>"));
  CHECK(differ("close(3) = 0", "close(4) = 0"));
  CHECK(differ("close(3) = 0", "close(3) = -1 EBADF (Bad file descriptor)"));
  CHECK(differ("close(-1) = -1 EBADF (Bad file descriptor)", "close(-1) = -1 EBADF"));
  CHECK(differ("close(3) = 0", "dup(3) = 0"));
  CHECK(differ("close(3) = 0", "close(3, 4) = 0"));
  CHECK(differ("openat(AT_FDCWD, \"a, b\", 0) = 3", "openat(AT_FDCWD, \"a\", b, 0) = 3"));
  CHECK_FALSE(differ("write(1, \"a\\\"b\\n\", 4) = 4", "write(1, 0x7f31, 4) = 4"));
  CHECK(differ("write(1, \"a\", 1) = 1", "write(1, NULL, 1) = 1"));
  CHECK(differ("openat(AT_FDCWD, \"a\", 0) = 3", "openat(AT_FDCWD, 0x7f31, 0) = 3"));
  const std::string stat = "newfstatat(3, \"\", {st_mode=S_IFREG|0644, st_size=35, ...}, 0) = 0";
  CHECK_FALSE(differ(stat, stat));
  CHECK(differ(stat, "newfstatat(3, \"\", {st_mode=S_IFREG|0644, st_size=36, ...}, 0) = 0"));
  CHECK(differ(stat, "newfstatat(3, \"\", 0x7f31, 0) = 0"));
  CHECK(differ("close(3) = 0\n7  close(4) = 0", "close(3) = 0"));
  CHECK(differ("close(3) = 0", "close(3) = 0\n[pid     7] close(4) = 0"));
  CHECK(differ("+++ exited with 0 +++", "+++ exited with 1 +++"));
  CHECK_FALSE(
      differ("wait4(-1,  <unfinished ...>\n7  <... wait4 resumed>[{WIFEXITED(s)}], 0, NULL) = 8",
             "wait4(-1, 0x7f31, 0, NULL <unfinished ...>\n[pid     7] <... wait4 resumed>) = 8"));
  CHECK(first_difference(lines("7  close(3) = 0\n"), lines("[pid     8] close(3) = 0\n")) != "");
}
