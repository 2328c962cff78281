// SPDX-License-Identifier: BSD-2-Clause
//
// The options of the tree: what is hidden, what is shown, and that nothing is lost in silence.
#include "tracer/filter.h"

#include "tests/catch.h"
#include "tests/unit/events.h"
#include "tests/unit/golden.h"
#include "tracer/path.h"

using namespace shmpath;

namespace {

const Stack fault_stack = stack_of({"shmem_alloc_folio", "shmem_fault", "handle_mm_fault"});

// A lab's step, in the functions view: a fault in a call, and one outside.
std::vector<Event> a_step() {
  return {
      syscall_enter(0, "brk"),
      syscall_exit(10, "brk"),
      step_event(100, 1, "touch it"),
      user_enter(1000, "shm_open", {{"name", std::string("x")}}),
      syscall_enter(1100, "openat", {{"dirfd", std::string("AT_FDCWD")}}),
      kernel_enter(1200, "shmem_create"),
      kernel_exit(1300, "shmem_create"),
      syscall_exit(9000, "openat", 3),
      user_exit(21'000, "shm_open", 3),
      fault_event(22'000, "0x7000"),
      kernel_enter(22'100, "handle_mm_fault"),
      kernel_enter(22'200, "shmem_fault"),
      point_event(22'300, "mm_page_alloc", {{"pfn", std::uint64_t{9}}}, fault_stack),
      kernel_exit(22'400, "shmem_fault"),
      kernel_exit(52'400, "handle_mm_fault"),
      syscall_enter(60'000, "write", {{"fd", std::int64_t{1}}}),
      syscall_exit(60'500, "write", 8),
      point_event(61'000, "sched_process_fork",
                  {{"child_pid", std::uint64_t{8}}, {"child_tid", std::uint64_t{8}}}),
      of_thread(syscall_enter(62'000, "getpid"), 8, 8),
      of_thread(syscall_exit(62'100, "getpid", 8), 8, 8),
      syscall_enter(70'000, "exit_group", {{"status", std::int64_t{0}}}),
  };
}

std::string tree_of(const std::vector<Event>& events, Filters filters, TreeStyle style = {}) {
  TextOutput out;
  style.from_first_step = filters.from_first_step;
  auto renderer = filtered(make_tree_renderer(out, style), filters);
  renderer->header({.kernel = "6.12",
                    .machine = "x86_64",
                    .place = "vm",
                    .view = "functions",
                    .why = "as asked",
                    .lab = "",
                    .command = {"a"},
                    .attached = 2,
                    .missing = {}});
  Path path([&](const Event& event) { renderer->event(event); });
  for (const Event& event : events) path.add(event);
  path.finish();
  Summary summary;
  summary.counts = path.counts();
  summary.exit_code = 0;
  renderer->summary(summary);
  return out.text;
}

}  // namespace

TEST_CASE("The option --depth hides the calls that are deeper, and counts them") {
  check_golden("tree-depth.txt", tree_of(a_step(), {.depth = 2, .from_first_step = true}));
}

TEST_CASE("The option --min-duration hides shorter calls with all inside them, and counts them") {
  check_golden("tree-min-duration.txt",
               tree_of(a_step(), {.min_ns = 10'000, .from_first_step = true}));
}

TEST_CASE("The option --only shows calls and points by name, with what leads there") {
  check_golden("tree-only.txt",
               tree_of(a_step(), {.only = {"shmem_fault", "write"}, .from_first_step = true}));
  check_golden("tree-only-glob.txt", tree_of(a_step(), {.only = {"open*"}}));
}

TEST_CASE("Filters together hide what either does") {
  const std::string text = tree_of(
      a_step(), {.depth = 1, .min_ns = 10'000, .only = {"openat"}, .from_first_step = true});
  CHECK(text.find("shm_open(\"x\") = 3  20.0 us\n") != std::string::npos);
  CHECK(text.find("openat(") == std::string::npos);
  CHECK(text.find("hidden by --only openat: ") < text.find("hidden by --min-duration 10.0 us: "));
}

TEST_CASE("Without filters the renderer stands alone, and nothing is said to be hidden") {
  CHECK(tree_of(a_step(), {}).find("hidden by") == std::string::npos);
  CHECK(tree_of(a_step(), {.depth = 9}).find("hidden by") == std::string::npos);
}

TEST_CASE("A call that does not return is shown when it has taken long enough") {
  std::vector<Event> events = {
      syscall_enter(1, "futex"), of_thread(syscall_enter(2, "getpid"), 8, 8),
      of_thread(syscall_exit(3, "getpid"), 8, 8), of_thread(syscall_enter(20'000, "gettid"), 8, 8)};
  const std::string text = tree_of(events, {.min_ns = 10'000});
  CHECK(text.find("futex(") != std::string::npos);
  CHECK(text.find("getpid(") == std::string::npos);
  CHECK(text.find("gettid(") != std::string::npos);  // it may take any time yet
}

TEST_CASE("Lines of a terminal are no wider than it is") {
  TreeStyle style{.width = 40};
  style.explain = [](Layer, const std::string& name) {
    return name == "openat" ? "打开或创建文件，返回描述符；相对路径从一个已打开的目录算起。" : "";
  };
  check_golden("tree-width.txt", tree_of(a_step(), {}, style));
}

TEST_CASE("A name is explained where it comes first") {
  TreeStyle style;
  style.explain = [](Layer layer, const std::string& name) {
    return name == "write" && layer == Layer::syscall ? "Writes." : "";
  };
  std::vector<Event> events;
  for (std::uint64_t fd : {1U, 2U})
    for (Event event :
         {syscall_enter(10 * fd, "write", {{"fd", fd}}), syscall_exit(10 * fd + 1, "write", 8)})
      events.push_back(event);
  const std::string text = tree_of(events, {}, style);
  CHECK(text.find("  # Writes.\n  write(1) = 8") != std::string::npos);
  CHECK(text.find("# Writes.", text.find("# Writes.") + 1) == std::string::npos);
}
