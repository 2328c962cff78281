// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/tracees.h"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

#include "tracer/failure.h"
#include "tracer/files.h"

namespace shmpath {
namespace {

constexpr int syscall_stop_signal = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD
constexpr int event_of(int status) { return status >> 16; }

Moment now(pid_t tgid, pid_t tid) {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return {tgid, tid,
          static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
              static_cast<std::uint64_t>(time.tv_nsec)};
}

bool stops_a_job(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

// The kernel says only that it is not permitted; what may forbid it can be looked up.
Failure refused(pid_t pid, int error) {
  const std::string thing = fmt::format("cannot trace process {} by ptrace", pid);
  if (auto tracer = status_number(pid, "TracerPid"); tracer && *tracer)
    return {thing, fmt::format("process {} traces it already", *tracer),
            "end that one, a debugger or strace, first"};
  std::string scope = read_file("/proc/sys/kernel/yama/ptrace_scope").value_or("");
  if (error == EPERM && !scope.empty() && scope[0] > '0')
    return {thing, "Yama forbids it (kernel.yama.ptrace_scope is " + scope.substr(0, 1) + ")",
            scope[0] == '1' ? "start it with shmpath trace -- COMMAND, or run shmpath as root"
                            : "run shmpath as root; where it is 3, not even that helps"};
  return {thing, strerror(error),
          "ptrace must be allowed here: in a container, --cap-add SYS_PTRACE"};
}

}  // namespace

Tracees::Tracees(const TraceeOptions& options, RecordSink sink)
    : options_(options), writer_(&ptraced::read_memory, std::move(sink)) {}

Tracees::Task& Tracees::add(pid_t tid, pid_t tgid) {
  processes_.try_emplace(tgid);
  Task& task = tasks_[tid];
  task.tgid = tgid;
  return task;
}

void Tracees::add_held(pid_t pid) {
  if (int error = ptraced::seize(pid, options_.kill_with_us)) throw refused(pid, error);
  add(pid, pid).held = true;
  ptraced::interrupt(pid);  // a stop, to go on from to the next system call
}

// A thread that is not traced yet may make another meanwhile.
void Tracees::add_running(pid_t pid) {
  for (bool found = true; found;) {
    found = false;
    for (pid_t tid : threads_of(pid)) {
      if (tasks_.contains(tid)) continue;
      int error = ptraced::seize(tid, options_.kill_with_us);
      if (error == ESRCH) continue;  // it has just ended
      // one that a traced thread has just made is traced from its birth
      if (error && tasks_.empty()) throw refused(pid, error);
      if (error) continue;
      found = true;
      add(tid, pid);
      ptraced::interrupt(tid);
    }
  }
  processes_[pid].counted = fault_counts(pid).value_or(FaultCounts{});
}

std::vector<pid_t> Tracees::processes() const {
  std::vector<pid_t> tgids;
  for (const auto& [tgid, process] : processes_) tgids.push_back(tgid);
  return tgids;
}

std::optional<int> Tracees::end_of(pid_t tgid) const {
  auto found = ends_.find(tgid);
  return found == ends_.end() ? std::nullopt : std::optional(found->second);
}

// SIGCHLD is blocked: one that comes between the two calls ends the second at once.
bool Tracees::wait(int ms) {
  int status = 0;
  pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);
  if (tid > 0) {
    dispatch(tid, status);
    return true;
  }
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  timespec limit{ms / 1000, ms % 1000 * 1'000'000L};
  if (sigtimedwait(&child, nullptr, &limit) >= 0) return true;
  if (errno == EAGAIN) adopt_early();
  return false;
}

void Tracees::dispatch(pid_t tid, int status) {
  auto found = tasks_.find(tid);
  if (found == tasks_.end()) {
    early_[tid] = status;  // or a child of ours that is none of this: then it has ended
    return;
  }
  if (!WIFSTOPPED(status))
    ended(tid, status);
  else if (releasing_ || found->second.let_go)
    release_stopped(tid, found->second, status);
  else
    stopped(tid, found->second, status);
}

void Tracees::stopped(pid_t tid, Task& task, int status) {
  const int signal = WSTOPSIG(status);
  if (signal == syscall_stop_signal) {
    at_syscall(tid, task);
    ptraced::resume(tid, 0);
  } else if (event_of(status) == PTRACE_EVENT_STOP) {
    stops_a_job(signal) ? ptraced::listen(tid) : ptraced::resume(tid, 0);
  } else if (event_of(status)) {
    event(tid, task, event_of(status));
    ptraced::resume(tid, 0);
  } else {
    signalled(tid, task, signal);
  }
}

void Tracees::event(pid_t tid, Task& task, int event) {
  if (event == PTRACE_EVENT_EXEC)
    replaced(tid);
  else if (event == PTRACE_EVENT_EXIT)
    leaving(tid, task, static_cast<std::uint32_t>(ptraced::event_message(tid)));
  else
    born(tid, task, event);
}

void Tracees::signalled(pid_t tid, Task& task, int signal) {
  ptraced::resume(tid, signal == SIGTRAP && at_marker(tid, task) ? 0 : signal);
}

void Tracees::at_syscall(pid_t tid, Task& task) {
  auto stop = ptraced::syscall_stop(tid);
  if (!stop && errno != ESRCH)  // it was not just killed
    throw Failure("cannot ask ptrace for a system call", strerror(errno),
                  "Linux 5.3 or later has PTRACE_GET_SYSCALL_INFO");
  if (!stop) return;
  if (task.held) {
    bool exec = stop->entry && !stop->compat &&
                (stop->number == SYS_execve || stop->number == SYS_execveat);
    if (!exec) return;
    task.held = false;
    processes_[task.tgid].counted = fault_counts(task.tgid).value_or(FaultCounts{});
  }
  if (task.put_back && !stop->entry) {
    breakpoints_.put_back(task.tgid, tid);
    task.put_back = false;
  }
  writer_.syscall(now(task.tgid, tid), *stop);
}

// A step begins: the faults up to here are the last one's.
bool Tracees::at_marker(pid_t tid, const Task& task) {
  auto regs = ptraced::registers(tid);
  const Marker* marker = regs ? breakpoints_.hit(task.tgid, regs->rip) : nullptr;
  if (!marker) return false;
  FetchBytes fetch = [tid](std::uint64_t address, std::span<char> into) {
    return ptraced::read_memory(tid, address, into) == into.size();
  };
  auto number = marker_argument(marker->arguments, 0, *regs, fetch);
  auto text = marker_argument(marker->arguments, 1, *regs, fetch);
  record_faults(tid, task.tgid);
  writer_.step(now(task.tgid, tid), static_cast<std::uint32_t>(number.value_or(0)),
               text.value_or(0));
  return true;
}

// By fork, vfork or clone: a thread, or a process. The child's own first stop comes before this or
// after it; it goes on only when both have come, so that nothing of it stands before its birth.
void Tracees::born(pid_t parent, Task& task, int event) {
  if (event != PTRACE_EVENT_FORK && event != PTRACE_EVENT_VFORK && event != PTRACE_EVENT_CLONE)
    return;
  auto child = static_cast<pid_t>(ptraced::event_message(parent));
  auto read = status_number(child, "Tgid");
  auto tgid = read ? static_cast<pid_t>(*read) : child;
  bool traced = tgid == task.tgid || options_.follow;
  if (tgid != task.tgid) breakpoints_.inherit(task.tgid, tgid);
  if (traced) writer_.forked(now(task.tgid, parent), tgid, child);
  if (!traced && event == PTRACE_EVENT_VFORK) task.put_back = true;
  adopt(child, tgid);
  if (!traced) {
    tasks_[child].let_go = true;
    processes_.erase(tgid);
  }
  if (auto early = early_.find(child); early != early_.end()) {
    int status = early->second;
    early_.erase(early);
    dispatch(child, status);
  }
}

void Tracees::adopt(pid_t tid, pid_t tgid) {
  if (!tasks_.contains(tid)) add(tid, tgid);
}

// The news of a birth is lost when the parent is killed at that moment.
void Tracees::adopt_early() {
  for (auto [tid, status] : std::exchange(early_, {})) {
    if (!WIFSTOPPED(status)) continue;
    auto tgid = status_number(tid, "Tgid");
    if (!tgid) continue;
    adopt(tid, static_cast<pid_t>(*tgid));
    dispatch(tid, status);
  }
}

// Whichever thread called execve, it has the process's own id now, and is the only one.
void Tracees::replaced(pid_t tid) {
  auto old_tid = static_cast<pid_t>(ptraced::event_message(tid));
  Task& task = tasks_[tid];
  if (old_tid != tid) {
    task = tasks_[old_tid];
    tasks_.erase(old_tid);
  }
  std::string name = read_file(fmt::format("/proc/{}/comm", tid)).value_or("");
  if (name.ends_with('\n')) name.pop_back();
  breakpoints_.forget(task.tgid);
  if (options_.steps) breakpoints_.plant(task.tgid);
  writer_.executed(now(task.tgid, tid), old_tid, name);
}

void Tracees::record_faults(pid_t tid, pid_t tgid) {
  auto counts = fault_counts(tgid);
  if (!counts) return;
  FaultCounts& before = processes_[tgid].counted;
  writer_.faults(now(tgid, tid), {counts->minor_faults - before.minor_faults,
                                  counts->major_faults - before.major_faults});
  before = *counts;
}

void Tracees::leaving(pid_t tid, Task& task, std::uint32_t exit_code) {
  task.leaving = true;
  if (task.held) return;
  bool last = std::none_of(tasks_.begin(), tasks_.end(), [&](const auto& other) {
    return other.second.tgid == task.tgid && !other.second.leaving;
  });
  if (last) record_faults(tid, task.tgid);
  writer_.ended(now(task.tgid, tid), exit_code);
}

void Tracees::ended(pid_t tid, int status) {
  Task task = tasks_[tid];
  tasks_.erase(tid);
  // a kill may be too quick for its event
  if (!task.leaving && !task.held && !task.let_go && !releasing_)
    writer_.ended(now(task.tgid, tid), static_cast<std::uint32_t>(status & 0xffff));
  bool gone = std::none_of(tasks_.begin(), tasks_.end(),
                           [&](const auto& other) { return other.second.tgid == task.tgid; });
  if (!gone) return;
  processes_.erase(task.tgid);
  breakpoints_.forget(task.tgid);
  ends_[task.tgid] = status;
}

}  // namespace shmpath
