// SPDX-License-Identifier: BSD-2-Clause
//
// Sequences of events to a tree per thread. What was seen is also what is counted.
#include "tracer/path.h"

#include "tests/catch.h"
#include "tests/unit/calls_text.h"
#include "tests/unit/events.h"

using namespace shmpath;

namespace {

struct Fixture {
  std::vector<Event> out;
  Path path{[this](const Event& event) { out.push_back(event); }};
  void add(const std::vector<Event>& events) {
    for (const Event& event : events) path.add(event);
  }
  const PathCounts& counts() const { return path.counts(); }
};

Event fork_event(std::uint64_t t, std::uint32_t child) {
  return point_event(t, "sched_process_fork",
                     {{"child_pid", std::uint64_t{child}}, {"child_tid", std::uint64_t{child}}});
}

Event exec_event(std::uint64_t t, std::uint32_t old_tid) {
  return point_event(t, "sched_process_exec",
                     {{"comm", std::string("other")}, {"old_tid", std::uint64_t{old_tid}}});
}

Event end_event(std::uint64_t t) {
  return point_event(t, "sched_process_exit", {{"code", std::uint64_t{0}}});
}

Event allocated(std::uint64_t t, std::uint64_t pfn, const Stack& stack) {
  return point_event(t, "mm_page_alloc", {{"pfn", pfn}}, stack);
}

Event inserted(std::uint64_t t, std::uint64_t pfn) {
  return point_event(t, "mm_lru_insertion", {{"pfn", pfn}}, stack_of({"lru_add"}));
}

const Stack fault_stack = stack_of({"shmem_alloc_folio", "shmem_fault", "handle_mm_fault"});

}  // namespace

TEST_CASE("Past a gap, another system call's return is not taken for that of the call before it") {
  Fixture f;
  f.add({syscall_enter(1, "read"), lost_event(2, 2), syscall_exit(3, "openat", 3)});
  CHECK(f.out.size() == 2);
  CHECK(f.counts().unmatched == 1);
  f.add({syscall_enter(4, "close"), syscall_exit(5, "close", 0)});
  CHECK(f.counts().unmatched == 2);  // read's own return is missing, too
  CHECK(f.counts().events == 3);
}

TEST_CASE("Past a gap, a call has the return of its name, or one without a name") {
  Fixture f;
  f.add({syscall_enter(1, "wait4"), lost_event(2, 2), syscall_exit(3, "wait4", 7)});
  f.add({syscall_enter(4, "pause"), lost_event(5, 1), syscall_exit(6, "", 0)});
  CHECK(f.out[2].ns == 2);
  CHECK(f.out[5].name == "pause");
  CHECK(f.counts().unmatched == 0);
}

TEST_CASE("A return is paired with its entry and has the time between") {
  Fixture f;
  f.add({syscall_enter(100, "openat"), syscall_exit(700, "openat", 3)});
  REQUIRE(f.out.size() == 2);
  CHECK(f.out[1].ns == 600);
  CHECK(f.out[1].ret == Value{std::int64_t{3}});
  CHECK(f.counts().events == 2);
  CHECK(f.counts().unmatched == 0);
  f.add({syscall_enter(900, "close"), syscall_exit(890, "close")});
  CHECK(f.out[3].ns == 0);  // the clocks of two CPUs
}

TEST_CASE("A call inside another lies deeper") {
  Fixture f;
  f.add({step_event(1, 1), user_enter(2, "shm_open"), syscall_enter(3, "openat"),
         point_event(4, "mm_page_alloc", {}, stack_of({"a"})), step_event(5, 2),
         syscall_exit(6, "openat"), user_exit(7, "shm_open"), user_enter(8, "mmap")});
  std::vector<std::uint32_t> depths;
  for (const Event& event : f.out) depths.push_back(event.depth);
  CHECK(depths == std::vector<std::uint32_t>{0, 0, 1, 2, 2, 1, 0, 0});
  CHECK(f.out[6].ns == 5);
}

TEST_CASE("Each thread has its own tree") {
  Fixture f;
  f.add({syscall_enter(1, "futex"), of_thread(syscall_enter(2, "openat"), 7, 8),
         syscall_exit(5, "futex"), of_thread(syscall_exit(9, "openat"), 7, 8)});
  CHECK(f.out[1].depth == 0);
  CHECK(f.out[2].ns == 4);
  CHECK(f.out[3].ns == 7);
  CHECK(f.counts().unmatched == 0);
}

TEST_CASE("A return that never came is counted when its thread goes on") {
  Fixture f;
  f.add({syscall_enter(1, "read"), syscall_enter(2, "openat"), syscall_exit(3, "openat")});
  CHECK(f.counts().unmatched == 1);
  CHECK(f.out[1].depth == 0);
  // a libc call ends though the system call in it did not
  f.add({user_enter(4, "shm_open"), syscall_enter(5, "openat"), user_exit(6, "shm_open")});
  CHECK(f.counts().unmatched == 2);
  CHECK(f.out.back().depth == 0);
  CHECK(f.out.back().ns == 2);
  f.path.finish();
  CHECK(f.counts().unfinished == 0);
}

TEST_CASE("A return without an entry is of a call that began before the trace, but only once") {
  Fixture f;
  f.add({syscall_exit(1, "read")});
  CHECK(f.counts().cut == 1);
  CHECK(f.counts().unmatched == 0);
  CHECK(f.counts().events == 0);
  CHECK(f.out.empty());
  f.add({syscall_exit(2, "read")});
  CHECK(f.counts().cut == 1);
  CHECK(f.counts().unmatched == 1);
  // a thread that was seen to begin a call is not inside an older one
  f.add({of_thread(syscall_enter(3, "read"), 7, 8), of_thread(syscall_exit(4, "read"), 7, 8),
         of_thread(syscall_exit(5, "read"), 7, 8)});
  CHECK(f.counts().cut == 1);
  CHECK(f.counts().unmatched == 2);
}

TEST_CASE("A libc return is paired by name, a system call's by layer") {
  Fixture f;
  f.add({user_enter(1, "shm_open"), user_exit(2, "mmap")});
  CHECK(f.counts().unmatched == 1);
  CHECK(f.out.size() == 1);
  f.add({syscall_enter(3, "rt_sigreturn"), syscall_exit(4, "")});
  CHECK(f.out.back().name == "rt_sigreturn");
  CHECK(f.out.back().ns == 1);
  f.add({user_exit(9, "shm_open")});
  CHECK(f.out.back().ns == 8);
}

TEST_CASE("A return without a name and without an entry is the tracer's own") {
  Fixture f;
  f.add({syscall_exit(1, "")});
  f.add({syscall_enter(2, "read"), syscall_exit(3, "read"), syscall_exit(4, "")});
  CHECK(f.out.size() == 2);
  CHECK(f.counts().events == 2);
  CHECK(f.counts().cut == 0);
  CHECK(f.counts().unmatched == 0);
}

TEST_CASE("A child's first sight is the return from its parent's fork") {
  Fixture f;
  f.add({step_event(1, 4), syscall_enter(2, "clone"), fork_event(3, 20),
         syscall_exit(4, "clone", 20), of_thread(syscall_exit(5, "clone", 0), 20, 20),
         of_thread(syscall_enter(6, "getpid"), 20, 20),
         of_thread(syscall_exit(7, "getpid"), 20, 20)});
  CHECK(f.counts().unmatched == 0);
  CHECK(f.counts().cut == 1);
  f.path.finish();
  CHECK(f.counts().unfinished == 0);
}

TEST_CASE("A reused thread id starts afresh") {
  Fixture f;
  f.add({of_thread(syscall_enter(1, "read"), 20, 20), fork_event(2, 20),
         of_thread(syscall_enter(3, "read"), 20, 20)});
  CHECK(f.out.back().depth == 0);
  CHECK(f.counts().unmatched == 0);
}

TEST_CASE("An exec by another thread goes on under the leader's id") {
  Fixture f;
  f.add({of_thread(user_enter(1, "execve"), 7, 9), of_thread(syscall_enter(2, "execve"), 7, 9),
         end_event(3), exec_event(4, 9), syscall_exit(8, "execve")});
  CHECK(f.out.back().name == "execve");
  CHECK(f.out.back().ns == 6);
  CHECK(f.out.back().depth == 0);
  CHECK(f.counts().unmatched == 0);
  CHECK(f.counts().cut == 0);
  f.path.finish();
  CHECK(f.counts().unfinished == 0);
}

TEST_CASE("An exec ends the libc calls around it, which never return") {
  Fixture f;
  f.add({user_enter(1, "execve"), syscall_enter(2, "execve"), exec_event(3, first_tid)});
  CHECK(f.out.back().depth == 1);
  f.add({syscall_exit(4, "execve"), user_enter(5, "shm_open")});
  CHECK(f.out.back().depth == 0);
  CHECK(f.counts().unmatched == 0);
}

TEST_CASE("What is open at the end is unfinished, except what never returns") {
  Fixture f;
  f.add({user_enter(1, "shmat"), syscall_enter(2, "exit_group")});
  f.add({of_thread(syscall_enter(3, "exit"), 7, 8), of_thread(syscall_enter(4, "read"), 7, 9)});
  f.path.finish();
  CHECK(f.counts().unfinished == 2);
  CHECK(f.counts().unmatched == 0);
}

TEST_CASE("A thread's end ends its calls, and is not told twice") {
  Fixture f;
  f.add({syscall_enter(1, "read"), end_event(2)});
  CHECK(f.counts().unfinished == 1);
  f.add({of_thread(syscall_enter(3, "exit_group"), 7, 8), of_thread(end_event(4), 7, 8)});
  f.path.finish();
  CHECK(f.counts().unfinished == 1);
}

TEST_CASE("Losses add up, and are no events") {
  Fixture f;
  f.add({lost_event(1, 12), lost_event(2, 30)});
  CHECK(f.counts().lost == 42);
  CHECK(f.counts().events == 0);
  CHECK(f.out.size() == 2);
  CHECK(f.out[0].count == 12);
}

TEST_CASE("A point that should have a stack and has none is counted") {
  Fixture f;
  f.add({fault_event(1, "0x1000"), fork_event(2, 20), allocated(3, 1, fault_stack)});
  CHECK(f.counts().no_stack == 0);
  f.add({allocated(4, 1, nullptr), point_event(5, "mm_lru_insertion"),
         point_event(6, "vm_unmapped_area")});
  CHECK(f.counts().no_stack == 3);
}

TEST_CASE("A point belongs to the fault before it while the stack is a fault's") {
  Fixture f;
  const Stack other = stack_of({"lru_add", "lru_add_drain"});
  f.add({allocated(1, 1, fault_stack), fault_event(2, "0x1000"), allocated(3, 2, fault_stack),
         allocated(4, 3, other), allocated(5, 4, fault_stack), syscall_enter(6, "read"),
         allocated(7, 5, fault_stack),
         point_event(8, "page_fault_kernel", {{"address", std::string("0x2000")}}),
         syscall_exit(9, "read"), allocated(10, 6, fault_stack),
         of_thread(allocated(11, 7, fault_stack), 7, 8)});
  std::vector<std::uint64_t> inside;
  for (const Event& event : f.out)
    if (event.in_fault) inside.push_back(event.t);
  CHECK(inside == std::vector<std::uint64_t>{3, 5});
}

TEST_CASE("An insertion says which fault of which step its folio waited from") {
  Fixture f;
  f.add({step_event(1, 6), fault_event(100, "0x7f31"), allocated(200, 119, fault_stack),
         step_event(300, 7), inserted(1200, 119)});
  CHECK(text_of(f.out.back().args) ==
        "pfn=119, queued_by=7, queued_in_step=6, queued_for=0x7f31, queued_ns=1000");
  f.add({inserted(1300, 119)});  // once
  CHECK(text_of(f.out.back().args) == "pfn=119");
  f.add({of_thread(allocated(1400, 120, stack_of({"a"})), 9, 9), inserted(1400, 120)});
  CHECK(text_of(f.out.back().args) == "pfn=120, queued_by=9, queued_ns=0");
}

TEST_CASE("Without a frame number nothing is said of where a folio waited") {
  Fixture f;
  f.add({point_event(1, "mm_page_alloc", {{"order", std::uint64_t{0}}}, fault_stack),
         point_event(2, "mm_lru_insertion", {}, fault_stack)});
  CHECK(f.out.back().args.empty());
}

TEST_CASE("A child's folios are its parent's step's until its own begins") {
  Fixture f;
  f.add({step_event(1, 4), fork_event(2, 20), of_thread(allocated(3, 5, fault_stack), 20, 20),
         inserted(4, 5)});
  CHECK(text_of(*find_arg(f.out.back(), "queued_in_step")) == "4");
}

TEST_CASE("Kernel functions nest in their system call, and their returns are paired") {
  Fixture f;
  f.add({syscall_enter(1, "mmap"), kernel_enter(2, "do_mmap"), kernel_enter(3, "mmap_region"),
         kernel_exit(4, "mmap_region"), kernel_exit(6, "do_mmap"), syscall_exit(9, "mmap")});
  REQUIRE(f.out.size() == 6);
  CHECK(f.out[2].depth == 2);
  CHECK(f.out[4].ns == 4);
  CHECK(f.counts().unmatched == 0);
}

TEST_CASE("A function whose return was missed ends when its thread is back in user space") {
  Fixture f;
  f.add({syscall_enter(1, "mmap"), kernel_enter(2, "do_mmap"), syscall_exit(3, "mmap"),
         kernel_enter(4, "handle_mm_fault"), fault_event(5, "0x1000"),
         kernel_enter(6, "handle_mm_fault"), kernel_exit(7, "handle_mm_fault")});
  CHECK(f.counts().unmatched == 2);
  CHECK(f.out.back().depth == 0);
}

TEST_CASE("A forked child's first fault does not make its return from fork a missed one") {
  Fixture f;
  f.add({fork_event(1, 9), of_thread(kernel_enter(2, "handle_mm_fault"), 9, 9),
         of_thread(kernel_exit(3, "handle_mm_fault"), 9, 9),
         of_thread(syscall_exit(4, "clone", 0), 9, 9)});
  CHECK(f.counts().unmatched == 0);
  CHECK(f.counts().cut == 1);
}

TEST_CASE("What the kernel does for a thread that has ended is inside its exit") {
  Fixture f;
  f.add({syscall_enter(1, "exit_group"), end_event(2), kernel_enter(3, "exit_mmap"),
         kernel_exit(4, "exit_mmap")});
  f.path.finish();
  REQUIRE(f.out.size() == 4);
  CHECK(f.out[2].depth == 1);
  CHECK(f.out[3].ns == 1);
  CHECK(f.counts().unmatched == 0);
  CHECK(f.counts().unfinished == 0);
}

TEST_CASE("What a killed thread was in is over, and what is done for it after that is outside") {
  Fixture f;
  f.add({syscall_enter(1, "pause"), end_event(2), kernel_enter(3, "exit_mmap"),
         kernel_exit(4, "exit_mmap")});
  REQUIRE(f.out.size() == 4);
  CHECK(f.out[2].depth == 0);
  CHECK(f.counts().unfinished == 1);
  CHECK(f.counts().unmatched == 0);
}

TEST_CASE("The number of a thread that has ended may come again") {
  Fixture f;
  f.add({syscall_enter(1, "exit_group"), end_event(2), syscall_enter(3, "openat"),
         syscall_exit(4, "openat", 3)});
  REQUIRE(f.out.size() == 4);
  CHECK(f.out[2].depth == 0);
  CHECK(f.counts().unmatched == 0);
}

TEST_CASE(
    "A function that is probed in the midst of a call has one return more, and is not amiss") {
  Fixture f;
  f.add({syscall_enter(1, "ioctl"), kernel_exit(2, "drm_ioctl"), syscall_exit(3, "ioctl")});
  CHECK(f.counts().cut == 1);
  CHECK(f.counts().unmatched == 0);
  f.add({syscall_enter(4, "ioctl"), kernel_enter(5, "drm_ioctl"), kernel_exit(6, "drm_ioctl"),
         kernel_exit(7, "drm_ioctl")});
  CHECK(f.counts().cut == 1);
  CHECK(f.counts().unmatched == 1);
}
