// SPDX-License-Identifier: BSD-2-Clause
//
// The pages of explain, on a small catalogue; and that the labs of this repository name nothing
// that it cannot explain.
#include "tracer/explain.h"

#include "tests/catch.h"

using namespace shmpath;

namespace {

const char* const flow_text = R"(
number = 1
name = "one"
programs = ["prog"]
title = { en = "One", zh = "一" }
[[step]]
number = 1
text = { en = "open it", zh = "打开" }
user = "shm_open"
syscall = ["openat"]
kernel = ["__x64_sys_openat", "shm_open"]
[[step]]
number = 4
text = { en = "touch it", zh = "触碰" }
kernel = ["new_fault", "inner"]
[[function]]
name = "__x64_sys_openat"
source = "fs/open.c"
en = "The entry."
zh = "入口。"
[[function]]
name = "shm_open"
source = "ipc/shm.c"
en = "The vm_ops->open."
zh = "就是 vm_ops->open。"
[[function]]
name = "new_fault"
names = ["old_fault", "__arm64_fault"]
source = "mm/shmem.c"
witness = ["mm_page_alloc"]
en = "Faults."
zh = "缺页。"
[[function]]
name = "inner"
source = "mm/shmem.c"
inlined_into = "new_fault"
en = "Inside."
zh = "里面。"
[[claim]]
id = "C04"
en = "shm_open is openat."
zh = "shm_open 就是 openat。"
expect = "differs"
truth = { en = "Not quite.", zh = "不完全是。" }
program = true
[[claim.see]]
call = ["openat", "open"]
layer = "syscall"
inside = "shm_open"
program = "prog"
step = 1
args = { flags = ["O_A", "O_B"] }
max = 1
[[claim.see]]
call = "mm_page_alloc"
stack = ["new_fault"]
max = 0
)";

const char* const calls_text = R"toml(
[[call]]
name = "shm_open"
layer = "user"
man = "shm_open(3)"
en = "Opens."
zh = "打开。"
[[call]]
name = "openat"
layer = "syscall"
source = "fs/open.c"
man = "openat(2)"
en = "Opens a file."
zh = "打开文件。"
[[call]]
name = "mm_page_alloc"
names = ["kmem:mm_page_alloc"]
layer = "point"
source = "include/trace/events/kmem.h"
en = "Gave out memory."
zh = "给出了内存。"
)toml";

const char* const kernels_text =
    "| function | 5.10 | newest |\n|---|---|---|\n| `new_fault` | - | yes |\n"
    "| `old_fault` | yes | - |\n| `inner` | - | - |\n| `__x64_sys_openat` | yes | yes |\n";

Reference small_reference() {
  Reference reference;
  reference.catalogue.flows.push_back(
      parse_flow(flow_text, "flow.toml", reference.catalogue.functions));
  reference.calls = parse_calls(calls_text, "calls.toml");
  reference.kernels = parse_kernel_table(kernels_text, "k.md");
  return reference;
}

std::string page(const std::string& name, bool chinese = false) {
  return explain(small_reference(), name, {.chinese = chinese, .width = 100});
}

}  // namespace

TEST_CASE("A kernel function has its file, its names on each kernel, and its labs") {
  CHECK(page("new_fault") ==
        "new_fault: function of the kernel, mm/shmem.c\n"
        "  Faults.\n"
        "\n"
        "  On Linux 5.10     old_fault\n"
        "  On the newest     new_fault\n"
        "  On the stack at   mm_page_alloc\n"
        "  Shown by          lab 01-one, prog, step 4: touch it\n"
        "  Claims about it   C04\n");
}

TEST_CASE("A function is found by another of its names, and the page says so") {
  CHECK(page("old_fault").find("  old_fault is its name on Linux 5.10.\n") != std::string::npos);
  CHECK(page("__arm64_fault").find("  __arm64_fault is another name of it.\n") !=
        std::string::npos);
  CHECK(page("old_fault.isra.0") == page("old_fault"));
}

TEST_CASE("A function without a symbol says what it is inlined into there") {
  CHECK(page("inner").find("  On Linux 5.10     inlined into old_fault\n"
                           "  On the newest     inlined into new_fault\n") != std::string::npos);
}

TEST_CASE("What the table of kernels does not have was not measured") {
  CHECK(page("shm_open").find("  On Linux 5.10     not measured\n") != std::string::npos);
  Reference without = small_reference();
  without.kernels = {};
  CHECK(explain(without, "inner", {}).find("kernel-support.md is not beside the labs") !=
        std::string::npos);
}

TEST_CASE("A name of the C library and of the kernel gets both pages") {
  const std::string both = page("shm_open");
  CHECK(
      both.starts_with("shm_open: function of the C library\n  Opens.\n\n"
                       "  System call       openat\n"
                       "  Manual            shm_open(3) "
                       "https://man7.org/linux/man-pages/man3/shm_open.3.html\n"
                       "  Shown by          lab 01-one, prog, step 1: open it\n"
                       "  Claims about it   C04\n"
                       "\nshm_open: function of the kernel, ipc/shm.c\n"));
  // the claim does not speak of ipc/shm.c
  CHECK(both.rfind("Claims about it") < both.find("ipc/shm.c"));
}

TEST_CASE("A system call has its entry, its page and what makes it") {
  CHECK(page("openat(2)") ==
        "openat: system call, fs/open.c\n"
        "  Opens a file.\n"
        "\n"
        "  Made by           shm_open\n"
        "  Kernel entry      __x64_sys_openat\n"
        "  Manual            openat(2) https://man7.org/linux/man-pages/man2/openat.2.html\n"
        "  Shown by          lab 01-one, prog, step 1: open it\n"
        "  Claims about it   C04\n");
  CHECK(page("__x64_sys_openat").find("Manual            openat(2)") != std::string::npos);
}

TEST_CASE("A trace point has its full name and what its stack shows") {
  const std::string point = page("kmem:mm_page_alloc");
  CHECK(point.find("  In full           kmem:mm_page_alloc\n"
                   "  Its stack shows   new_fault\n"
                   "  Claims about it   C04\n") != std::string::npos);
}

TEST_CASE("A claim says what is expected, what is true and how it is checked") {
  CHECK(
      page("c04") ==
      "C04: claim of the documents, checked by lab 01-one\n"
      "  shm_open is openat.\n"
      "\n"
      "  Expected          differs\n"
      "  In truth          Not quite.\n"
      "  Checked by        what the lab measures itself, and prints\n"
      "                    the trace: exactly 1 openat or open inside shm_open in step 1 of prog, "
      "with\n"
      "                    flags O_A|O_B\n"
      "                    the trace: no mm_page_alloc, on the way from new_fault\n"
      "  See for yourself  shmpath check 01-one\n");
}

TEST_CASE("Every page can be had in Chinese, down to its labels") {
  for (const char* name : {"shm_open", "openat", "new_fault", "mm_page_alloc", "C04"}) {
    const std::string text = page(name, true);
    CAPTURE(text);
    for (const char* english :
         {"On ", "Shown", "Claims", "Manual", "Expected", "function", "step "})
      CHECK(text.find(english) == std::string::npos);
  }
  CHECK(page("C04", true).find("跟踪记录：正好 1 个 openat 或 open，在 shm_open 之内，步骤 1") !=
        std::string::npos);
}

TEST_CASE("An unknown name gets no page, but those that are like it") {
  const Reference reference = small_reference();
  CHECK(page("new_falt").empty());
  CHECK(near_names(reference, "new_falt", 5) == std::vector<std::string>{"new_fault"});
  CHECK(near_names(reference, "old_f", 5) == std::vector<std::string>{"old_fault"});
  CHECK(near_names(reference, "c05", 5) == std::vector<std::string>{"C04"});
  CHECK(near_names(reference, "xyzzy", 5).empty());
  CHECK(near_names(reference, "", 5).empty());
  CHECK(near_names(reference, "_fault", 1).size() == 1);
  CHECK(near_names(reference, std::string(100000, 'a'), 5).empty());
}

TEST_CASE("No control byte of a data file reaches the terminal") {
  Reference reference = small_reference();
  reference.calls[0].text.en = "Opens \x1b[31m it.";
  CHECK(explain(reference, "shm_open", {}).find('\x1b') == std::string::npos);
}

TEST_CASE("The list has every name once for each thing that has it") {
  const std::string list = name_list(small_reference(), {});
  for (const char* line : {"shm_open                          C library function\n",
                           "shm_open                          kernel function, ipc/shm.c\n",
                           "old_fault                         another name of new_fault\n",
                           "C04                               claim, lab 01-one\n"})
    CHECK(list.find(line) != std::string::npos);
  CHECK(list.find("__arm64_fault") == std::string::npos);
}
