// SPDX-License-Identifier: BSD-2-Clause
//
// Letting go of traced threads so that they do not notice.
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <csignal>

#include "tracer/signals.h"
#include "tracer/tracees.h"

namespace shmpath {
namespace {

// A thread that waits for another, as after vfork, stops only when that one lets it.
constexpr std::chrono::seconds longest_release{10};

// It has run into a breakpoint, and the signal for that is still on its way.
bool trap_is_due(pid_t tid) {
  return status_number(tid, "SigPnd", 16).value_or(0) >> (SIGTRAP - 1) & 1;
}

}  // namespace

void Tracees::release(pid_t tid, const Task& task, int signal) {
  breakpoints_.take_out(task.tgid, tid);
  ptraced::detach(tid, signal);
  const pid_t tgid = task.tgid;
  tasks_.erase(tid);
  for (const auto& [other, left] : tasks_)
    if (left.tgid == tgid) return;
  processes_.erase(tgid);
  breakpoints_.forget(tgid);
}

// In whatever stop it is: the signal that it was to get is not lost, and one that is stopped by
// job control stays stopped.
void Tracees::release_stopped(pid_t tid, Task& task, int status) {
  const int event = status >> 16, signal = WSTOPSIG(status);
  if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
    auto child = static_cast<pid_t>(ptraced::event_message(tid));
    auto tgid = static_cast<pid_t>(status_number(child, "Tgid").value_or(child));
    if (tgid != task.tgid) breakpoints_.inherit(task.tgid, tgid);
    adopt(child, tgid);  // and let go when it stops
  }
  if (event == PTRACE_EVENT_EXEC) {
    // the thread that called it has the process's id now
    auto old_tid = static_cast<pid_t>(ptraced::event_message(tid));
    if (old_tid != tid) tasks_.erase(old_tid);
    breakpoints_.forget(task.tgid);
  }
  const bool plain_signal = event == 0 && signal != (SIGTRAP | 0x80);
  if (!plain_signal && trap_is_due(tid)) {
    ptraced::resume(tid, 0);
    return;
  }
  auto regs = plain_signal && signal == SIGTRAP ? ptraced::registers(tid) : std::nullopt;
  bool marker = regs && breakpoints_.hit(task.tgid, regs->rip);
  release(tid, task, plain_signal && !marker ? signal : 0);
}

void Tracees::release_all() {
  releasing_ = true;
  const int asked = stops_asked();
  for (const auto& [tid, task] : tasks_) ptraced::interrupt(tid);
  adopt_early();
  const auto end = std::chrono::steady_clock::now() + longest_release;
  while (!tasks_.empty() && std::chrono::steady_clock::now() < end && stops_asked() == asked) {
    if (wait(100)) continue;
    std::erase_if(tasks_, [](const auto& task) { return kill(task.first, 0) && errno == ESRCH; });
  }
  releasing_ = false;
}

}  // namespace shmpath
