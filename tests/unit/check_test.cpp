// SPDX-License-Identifier: BSD-2-Clause
//
// What became of each documented call.
#include "tracer/check.h"

#include "tests/catch.h"
#include "tests/unit/events.h"

using namespace shmpath;
using Names = std::vector<std::string>;

namespace {

const Stack fault_path = stack_of({"shmem_getpage_gfp", "shmem_fault", "handle_mm_fault"});

// One step of a program "one", its functions, and a kernel that has `kallsyms`.
struct Fixture {
  Flow flow;
  std::map<std::string, KernelFunction> functions;
  std::vector<Event> events;
  std::vector<Seen> seen;
  Header header;
  Summary summary;
  std::string kallsyms =
      "1000 T handle_mm_fault\n2000 T shmem_fault\n3000 t shmem_getpage_gfp.isra.0\n";

  Fixture() {
    flow.programs = {"one"};
    flow.steps.push_back(
        {.program = "one", .number = 1, .text = {}, .user = {}, .syscall = {}, .kernel = {}});
  }
  FlowStep& step() { return flow.steps[0]; }
  KernelFunction& add(const std::string& name) {
    step().kernel.push_back(name);
    functions[name].name = name;
    return functions[name];
  }
  std::vector<StepFindings> compare() {
    seen = observe(events, {{7, "one"}, {20, "two"}});
    const Symbols symbols(kallsyms);
    return compare_steps({flow, functions, seen, &symbols, header, summary, ""});
  }
  std::string status(std::size_t finding = 0) {
    return compare().at(0).findings.at(finding).status;
  }
};

}  // namespace

TEST_CASE("A step's findings stand in the order of the path, with their source") {
  Fixture f;
  f.step().user = "shm_open";
  f.step().syscall = {"openat"};
  f.add("shmem_fault").source = "mm/shmem.c";
  const auto all = f.compare();
  REQUIRE(all.size() == 1);
  CHECK(all[0].step == &f.step());
  REQUIRE(all[0].findings.size() == 3);
  CHECK(all[0].findings[0].kind == "user");
  CHECK(all[0].findings[1].kind == "syscall");
  CHECK(all[0].findings[2].kind == "kernel");
  CHECK(all[0].findings[2].source == "mm/shmem.c");
  f.flow.steps.clear();
  CHECK(f.compare().empty());
}

TEST_CASE("A libc function is observed in its own step and program only") {
  Fixture f;
  f.step().user = "mmap";
  CHECK(f.status() == "not reached");
  f.events = {user_enter(1, "mmap"), user_exit(2, "mmap")};
  CHECK(f.status() == "not reached");
  f.events = {step_event(1, 2), user_enter(2, "mmap")};
  CHECK(f.status() == "not reached");
  f.events = {of_thread(step_event(1, 1), 20, 20), of_thread(user_enter(2, "mmap"), 20, 20)};
  CHECK(f.status() == "not reached");
  f.events = {step_event(1, 1), syscall_enter(2, "mmap")};
  CHECK(f.status() == "not reached");
  f.events = {step_event(1, 1), user_enter(2, "mmap")};
  CHECK(f.status() == "observed");
}

TEST_CASE("A libc function without its probe is not probeable") {
  Fixture f;
  f.step().user = "shm_open";
  f.header.missing = {{"shm_unlink", "other"}, {"shm_open", "no such symbol"}};
  CHECK(f.status() == "not probeable (no such symbol)");
}

TEST_CASE("A system call is observed, or renamed to what it is today") {
  Fixture f;
  f.step().syscall = {"fstat", "newfstatat"};
  CHECK(f.status() == "not reached");
  f.events = {step_event(1, 1), user_enter(2, "fstat")};
  CHECK(f.status() == "not reached");
  f.events = {step_event(1, 1), syscall_enter(2, "newfstatat")};
  CHECK(f.status() == "renamed to newfstatat");
  f.events = {step_event(1, 1), syscall_enter(2, "newfstatat"), syscall_enter(3, "fstat")};
  CHECK(f.status() == "observed");
  f.events = {step_event(1, 2), syscall_enter(2, "fstat")};
  CHECK(f.status() == "not reached");
}

TEST_CASE("A function on a stack of the step is observed, by its own or another name") {
  Fixture f;
  f.add("shmem_fault");
  f.add("shmem_get_folio_gfp").names = {"shmem_getpage_gfp"};
  f.events = {step_event(1, 1), point_event(2, "mm_page_alloc", {}, fault_path)};
  CHECK(f.status(0) == "observed");
  CHECK(f.status(1) == "renamed to shmem_getpage_gfp");
}

TEST_CASE("A function without a symbol is inlined, or not on this kernel") {
  Fixture f;
  f.add("do_shared_fault").inlined_into = "shmem_get_folio_gfp";
  f.functions["shmem_get_folio_gfp"].names = {"shmem_getpage_gfp"};
  CHECK(f.status() == "inlined into shmem_getpage_gfp");
  f.functions["do_shared_fault"].inlined_into = "";
  CHECK(f.status() == "not on this kernel");
  f.functions["do_shared_fault"].inlined_into = "unheard_of";
  CHECK(f.status() == "not on this kernel");
}

TEST_CASE("What a function is inlined into may be inlined itself") {
  Fixture f;
  f.add("a").inlined_into = "b";
  f.functions["b"].inlined_into = "c";
  f.functions["c"].inlined_into = "shmem_fault";
  CHECK(f.status() == "inlined into shmem_fault");
  f.functions["c"].inlined_into = "a";  // a mistake in a flow file must end
  CHECK(f.status() == "not on this kernel");
}

TEST_CASE("A function that the kernel has, but no tracepoint lies below, is not probeable") {
  Fixture f;
  f.add("shmem_fault");
  CHECK(f.status() == "not probeable (no tracepoint lies below it)");
}

TEST_CASE("Without a symbol table nothing is said of what the kernel has") {
  Fixture f;
  f.kallsyms.clear();
  f.add("shmem_fault").witness = {"mm_page_alloc"};
  CHECK(f.status() == "not probeable (/proc/kallsyms cannot be read)");
}

TEST_CASE("A function of a step that never came into the kernel was not reached") {
  Fixture f;
  f.add("shmem_fault").witness = {"mm_page_alloc", "mm_lru_insertion"};
  CHECK(f.status() == "not reached");
  f.events = {step_event(1, 2), fault_event(2, "0x1000")};  // another step's
  CHECK(f.status() == "not reached");
}

TEST_CASE("Whether a function ran is not told where no tracepoint fired below it") {
  Fixture f;
  f.add("shmem_fault").witness = {"mm_page_alloc", "mm_lru_insertion"};
  f.events = {step_event(1, 1), fault_event(2, "0x1000")};
  CHECK(f.status() == "not probeable (no tracepoint fired below it here)");
}

TEST_CASE("A step comes into the kernel by any of its own system calls") {
  Fixture f;
  f.step().syscall = {"fstat", "mmap"};
  f.add("shmem_fault").witness = {"mm_page_alloc"};
  f.events = {step_event(1, 1), syscall_enter(2, "mmap")};
  CHECK(f.status(1) == "not probeable (no tracepoint fired below it here)");
  f.events = {step_event(1, 1), syscall_enter(2, "munmap"), user_enter(3, "mmap"),
              step_event(4, 2), syscall_enter(5, "mmap"),   fault_event(6, "0x1000")};
  CHECK(f.status(1) == "not reached");
}

TEST_CASE("A tracepoint without a stack witnesses the function it stands in") {
  Fixture f;
  f.kallsyms += "4000 T exc_page_fault\n";
  f.add("exc_page_fault").witness = {"page_fault_user"};
  f.events = {step_event(1, 1), fault_event(2, "0x1000")};
  CHECK(f.status() == "observed");
  f.events = {step_event(1, 2), fault_event(2, "0x1000")};
  CHECK(f.status() == "not reached");
  f.events = {step_event(1, 1), point_event(2, "page_fault_user", {}, stack_of({"other"}))};
  CHECK(f.status() == "not probeable (no tracepoint fired below it here)");
}

TEST_CASE("What this step queued and a later one inserted is observed later") {
  Fixture f;
  f.add("shmem_fault").witness = {"mm_lru_insertion"};
  const Args queued = {{"queued_in_step", std::uint64_t{1}}};
  f.events = {step_event(1, 8), point_event(2, "mm_lru_insertion", queued, fault_path)};
  CHECK(f.status() == "observed, later, in step 8");
  f.events = {step_event(1, 8), point_event(2, "mm_lru_insertion", queued, stack_of({"lru_add"}))};
  CHECK(f.status() ==
        "not probeable (no stack of its own; the folio queued here reached its list in step 8)");
  f.events = {step_event(1, 8),
              point_event(2, "mm_lru_insertion", {{"queued_in_step", std::uint64_t{2}}},
                          stack_of({"lru_add"}))};
  CHECK(f.status() == "not reached");
  // seen in the step itself, too: that counts
  f.events = {step_event(1, 8), point_event(2, "mm_lru_insertion", queued, fault_path),
              step_event(3, 1), point_event(4, "mm_page_alloc", {}, fault_path)};
  CHECK(f.status() == "observed");
}

TEST_CASE("A renamed function that is seen later says both") {
  Fixture f;
  f.add("shmem_get_folio_gfp").names = {"shmem_getpage_gfp"};
  f.events = {step_event(1, 8), point_event(2, "mm_lru_insertion",
                                            {{"queued_in_step", std::uint64_t{1}}}, fault_path)};
  CHECK(f.status() == "renamed to shmem_getpage_gfp, later, in step 8");
}

TEST_CASE("In the syscalls view only system calls are found; the rest is not observed") {
  Fixture f;
  f.header.view = "syscalls";
  f.step().user = "shm_open";
  f.step().syscall = {"openat"};
  f.add("shmem_fault");
  f.add("on_no_kernel");
  CHECK(f.status(0) == "not observed in this view");
  CHECK(f.status(1) == "not reached");
  CHECK(f.status(2) == "not observed in this view");
  CHECK(f.status(3) == "not observed in this view");
  Event step = event_of(EventType::step, 1, Layer::none, "");
  step.number = 1;
  f.events = {step, syscall_enter(2, "openat"), syscall_exit(3, "openat")};
  CHECK(f.status(1) == "observed");
}
