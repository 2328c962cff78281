// SPDX-License-Identifier: BSD-2-Clause
//
// What was shown live is shown again from its recording, to the byte.
#include "tracer/replay.h"

#include "tests/catch.h"
#include "tests/unit/events.h"
#include "tests/unit/recordings.h"
#include "tracer/failure.h"

using namespace shmpath;

namespace {

const Stack fault_stack = stack_of({"shmem_alloc_folio", "shmem_fault", "handle_mm_fault"});
const Stack other_stack = stack_of({"lru_add", "folio_batch_move_lru"});

Event allocated(std::uint64_t t, std::uint64_t pfn, Stack stack) {
  return point_event(t, "mm_page_alloc", {{"pfn", pfn}}, std::move(stack));
}

Event forked(std::uint64_t t, std::uint64_t child) {
  return point_event(t, "sched_process_fork", {{"child_pid", child}, {"child_tid", child}});
}

Event unread_open(std::uint64_t t) {
  Event event = syscall_enter(t, "openat", {{"dirfd", std::int64_t{-100}}, {"pathname", Value{}}});
  event.unread = {"pathname"};
  return event;
}

Event failed(Event exit, std::string error) {
  exit.error = std::move(error);
  return exit;
}

Event read_late(Event exit) {
  exit.args = {{"pathname", std::string("/dev/shm/x")}};
  return exit;
}

// As they come from the kernel: late strings, returns without entries, entries without returns, a
// fork, an exec of a thread, a fault in a child before its first return, loops, loss.
std::vector<Event> raw_events() {
  return {
      syscall_exit(1, "execve"),
      step_event(2, 1, "open"),
      user_enter(3, "shm_open"),
      unread_open(4),
      kernel_enter(5, "do_filp_open", {{"flags", std::string("0x8000")}}),
      kernel_exit(6, "do_filp_open"),
      read_late(syscall_exit(7, "openat", 3)),
      user_exit(8, "shm_open", 3),
      unread_open(9),
      failed(syscall_exit(10, "openat", -14), "EFAULT"),
      fault_event(11, "0x1000"),
      allocated(12, 1, fault_stack),
      allocated(13, 2, stack_of({"shmem_alloc_folio", "shmem_fault", "handle_mm_fault"})),
      fault_event(14, "0x2000"),
      allocated(15, 3, fault_stack),
      syscall_enter(16, "clone"),
      forked(17, 9),
      of_thread(point_event(18, "page_fault_kernel",
                            {{"address", std::string("0x3000")}, {"present", std::int64_t{1}}}),
                9, 9),
      of_thread(syscall_exit(19, "clone"), 9, 9),
      of_thread(allocated(20, 4, fault_stack), 9, 9),
      syscall_exit(21, "clone", 9),
      lost_event(22, 3),
      syscall_enter(23, "read", {{"fd", std::int64_t{3}}}),
      kernel_enter(24, "vfs_read"),
      user_enter(25, "mmap"),
      of_thread(user_enter(26, "execv"), 9, 10),
      of_thread(syscall_enter(27, "execve"), 9, 10),
      of_thread(point_event(28, "sched_process_exec", {{"old_tid", std::uint64_t{10}}}), 9, 9),
      of_thread(syscall_exit(29, "execve"), 9, 9),
      point_event(30, "mm_lru_insertion", {{"pfn", std::uint64_t{3}}}, other_stack),
      syscall_enter(31, "close", {{"fd", std::int64_t{3}}}),
      syscall_exit(32, "close"),
      syscall_enter(33, "close", {{"fd", std::int64_t{3}}}),
      syscall_exit(34, "close"),
      of_thread(syscall_enter(35, "exit_group"), 9, 9),
      of_thread(point_event(36, "sched_process_exit", {{"code", std::uint64_t{0}}}), 9, 9),
      syscall_enter(37, "exit_group"),
  };
}

struct Shown {
  std::string tree, lines;
};

// Both renderers at once.
struct Both : Renderer {
  void header(const Header& header) override {
    for (auto* one : all()) one->header(header);
  }
  void event(const Event& event) override {
    for (auto* one : all()) one->event(event);
  }
  void summary(const Summary& summary) override {
    for (auto* one : all()) one->summary(summary);
  }
  void idle() override {
    for (auto* one : all()) one->idle();
  }
  std::vector<Renderer*> all() { return {tree_.get(), lines_.get()}; }

  TextOutput tree, lines;
  std::unique_ptr<Renderer> tree_ = make_tree_renderer(tree, {}),
                            lines_ = make_jsonl_renderer(lines);
};

// The events as the kernel gives them, with a pause before every `pause`th (0: none).
Shown live(const std::string& view, std::size_t pause) {
  Both both;
  both.header({.kernel = "6.12",
               .machine = "x86_64",
               .place = "vm",
               .view = view,
               .why = "",
               .lab = "",
               .command = {"a"},
               .attached = 2,
               .missing = {{"f", "inlined into g", true}, {"h", "refused", false}}});
  Path path([&](const Event& event) { both.event(event); });
  std::size_t count = 0;
  for (const Event& event : raw_events()) {
    if (pause && ++count % pause == 0) {
      path.flush();
      both.idle();
    }
    path.add(event);
  }
  path.finish();
  Summary summary;
  summary.counts = path.counts();
  summary.exit_code = 0;
  both.summary(summary);
  return {both.tree.text, both.lines.text};
}

Shown replayed(const std::string& recording, std::string& failure) {
  TraceReader reader(std::make_unique<TextSource>(recording), "trace");
  Both both;
  try {
    replay(reader, both);
  } catch (const Failure& failed) {
    failure = failed.what();
  }
  return {both.tree.text, both.lines.text};
}

}  // namespace

TEST_CASE("A recording is shown as the trace was, wherever it paused") {
  for (const std::string view : {"functions", "tracepoints"})
    for (std::size_t pause = 0; pause <= raw_events().size(); pause++) {
      CAPTURE(view, pause);
      std::string failure;
      const Shown before = live(view, pause), after = replayed(before.lines, failure);
      CHECK(failure.empty());
      CHECK(after.lines == before.lines);
      CHECK(after.tree == before.tree);
    }
}

TEST_CASE("A recording that is cut at any byte is shown up to there, and says so") {
  const Shown whole = live("functions", 5);
  const std::size_t header = whole.lines.find('\n') + 1;
  for (std::size_t size = header; size < whole.lines.size(); size++) {
    CAPTURE(size);
    std::string failure;
    const Shown cut = replayed(whole.lines.substr(0, size), failure);
    CHECK(failure.find(": cut off") != std::string::npos);
    CHECK(cut.tree.find(", but") < cut.tree.rfind("cut off"));
    CHECK(whole.lines.starts_with(cut.lines));
    CHECK(cut.lines.size() == whole.lines.rfind('\n', size - 1) + 1);
  }
}

TEST_CASE("A line that is no trace ends what is shown, and is named") {
  const std::string lines = live("functions", 0).lines;
  const std::size_t third = lines.find('\n', lines.find('\n') + 1) + 1;
  std::string failure;
  const Shown shown = replayed(lines.substr(0, third) + "{]\n" + lines.substr(third), failure);
  CHECK(failure.starts_with("cannot read trace:3: broken JSON"));
  CHECK(shown.tree.find("incomplete: 1 events, but cut off: broken JSON\n") != std::string::npos);
}

TEST_CASE("Calls that nest without end, and threads without number, are refused") {
  std::string failure;
  std::vector<Event> calls(1000, kernel_enter(1, "f")), threads;
  replayed(recorded({}, calls, {}), failure);
  CHECK(failure.starts_with("cannot read trace:259: calls nest deeper than 256"));
  for (std::uint32_t tid = 1; tid <= 70'000; tid++)
    threads.push_back(of_thread(step_event(1, 1), tid, tid));
  replayed(recorded({}, threads, {}), failure);
  CHECK(failure.find("more than 65536 threads at once") != std::string::npos);
}
