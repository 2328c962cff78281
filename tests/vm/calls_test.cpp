// SPDX-License-Identifier: BSD-2-Clause
//
// On each kernel of the matrix: the calls of the functions view, their arguments and results.
#include <map>

#include "tests/vm/results.h"

#define EVERY_KERNEL "[5.10][6.1][6.12][newest]"

using live::Call;
using live::Json;
using live::Trace;
using Names = std::vector<std::string>;

namespace {

// Programs of the host are traced on the default kernel only.
Names traces() {
  Names names{"run-01", "run-02", "run-09", "module"};
  if (vm::kernel() == "6.12") names.insert(names.end(), {"python", "compiler", "script"});
  return names;
}

std::vector<const Call*> kernel_calls(const Trace& trace, const std::string& name) {
  std::vector<const Call*> calls;
  for (const Call& call : trace.calls)
    if (call.layer == "kernel" && call.name == name) calls.push_back(&call);
  return calls;
}

const Call* parent_of(const Trace& trace, const Call& call) {
  return call.parent < 0 ? nullptr : &trace.calls[static_cast<std::size_t>(call.parent)];
}

bool is_below(const Trace& trace, const Call& call, const std::string& name) {
  const Call* outer = parent_of(trace, call);
  while (outer != nullptr && outer->name != name) outer = parent_of(trace, *outer);
  return outer != nullptr;
}

// Every call of the function, of which there is one, has these arguments, and they were read.
std::vector<const Call*> require_calls(const Trace& trace, const std::string& name,
                                       const Names& arguments) {
  const auto calls = kernel_calls(trace, name);
  CAPTURE(name);
  REQUIRE_FALSE(calls.empty());
  for (const Call* call : calls)
    for (const std::string& argument : arguments) {
      CAPTURE(argument, call->args.dump());
      CHECK(call->args.contains(argument));
      CHECK_FALSE(live::field(call->args, argument.c_str()).is_null());
    }
  return calls;
}

// Those of the lab's object, which is touched first in a page fault: the VM's other files are in a
// tmpfs too, and take the same path.
std::vector<const Call*> calls_below_fault(const Trace& trace, const std::string& name) {
  auto calls = kernel_calls(trace, name);
  std::erase_if(calls, [&](const Call* call) { return !is_below(trace, *call, "shmem_fault"); });
  return calls;
}

// What the page fault handler calls, and where a fault is the outermost call of the kernel.
bool is_fault(const std::string& name) {
  return name == "handle_mm_fault" || name == "exc_page_fault" || name == "do_user_addr_fault";
}

// Closing a file may be put off to the way back to user space, when the system call has ended for
// the tracepoint: what is called then belongs to no call.
bool may_follow_the_call(const std::string& name) {
  return name.find("release") != std::string::npos || name.starts_with("shmem_") ||
         name.starts_with("vb2_") || name.starts_with("dma_buf_") || name.starts_with("drm_") ||
         name.starts_with("shm_") || name.starts_with("lru_");
}

// Which functions are called, and how often, by lab 01 once its first step has begun. What depends
// on where the kernel placed the program is left out: faults on memory that is not shared, and the
// pages that these put on the LRU list.
std::map<std::string, int> deterministic_calls(const Trace& trace) {
  static const std::set<std::string> placed{"exc_page_fault",  "do_user_addr_fault",
                                            "handle_mm_fault", "__handle_mm_fault",
                                            "do_fault",        "do_read_fault",
                                            "do_cow_fault",    "do_shared_fault",
                                            "__do_fault",      "handle_pte_fault",
                                            "finish_fault",    "do_wp_page",
                                            "wp_page_copy",    "do_anonymous_page",
                                            "folio_add_lru",   "folio_batch_move_lru",
                                            "lru_add",         "__folio_batch_add_and_move",
                                            "lru_add_drain",   "lru_add_drain_cpu",
                                            "lru_cache_add",   "__pagevec_lru_add",
                                            "lru_add_fn"};
  std::size_t first = 0;
  while (first < trace.lines.size() && live::field(trace.lines[first], "type") != "step") ++first;
  std::map<std::string, int> count;
  for (const Call& call : trace.calls)
    if (call.layer == "kernel" && call.first_line > first && !placed.contains(call.name))
      ++count[call.name];
  return count;
}

}  // namespace

TEST_CASE("every trace is from the functions view in the VM, and complete", EVERY_KERNEL) {
  for (const std::string& name : traces()) {
    const Trace trace = vm::trace(name);
    CAPTURE(name, vm::result(name).err, trace.header().dump());
    CHECK(live::field(trace.header(), "place") == "vm");
    CHECK(live::field(trace.header(), "view") == "functions");
    CHECK(live::field(trace.summary(), "lost") == 0);
    CHECK(live::field(trace.summary(), "unmatched") == 0);
    for (const Json& line : trace.lines) CHECK(live::field(line, "type") != "lost");
    CHECK(live::field(trace.summary(), "missed") == 0);
  }
}

TEST_CASE("every call of a kernel function returns", EVERY_KERNEL) {
  for (const std::string& name : traces()) {
    const Trace trace = vm::trace(name);
    int calls = 0, open = 0;
    for (const Call& call : trace.calls) {
      if (call.layer != "kernel") continue;
      ++calls;
      if (!call.returned && !is_below(trace, call, "exit_group")) ++open;
    }
    CAPTURE(name);
    // under way in a child that outlived the program, when the trace ended with it
    CHECK(open <= live::field(trace.summary(), "unfinished"));
    CHECK(calls > 50);
  }
}

TEST_CASE("a call of a kernel function is inside its system call, or inside a page fault",
          EVERY_KERNEL) {
  for (const std::string& name : traces()) {
    const Trace trace = vm::trace(name);
    std::map<std::string, int> outside;
    for (const Call& call : trace.calls) {
      if (call.layer != "kernel" || is_fault(call.name)) continue;
      const Call* outer = parent_of(trace, call);
      if (outer == nullptr || outer->layer == "user") ++outside[call.name];
    }
    for (const auto& [function, times] : outside) {
      CAPTURE(name, function, times);
      CHECK(may_follow_the_call(function));
    }
  }
}

TEST_CASE("shmem_fault has its address, page offset and flags, and returns VM_FAULT_ flags",
          EVERY_KERNEL) {
  const Trace trace = vm::trace("run-01");
  for (const Call* call : require_calls(trace, "shmem_fault", {"address", "pgoff", "flags"})) {
    CHECK(live::field(call->args, "address").get<std::string>().starts_with("0x"));
    CHECK(live::number_of(live::field(call->args, "address")) % 4096 == 0);
    CHECK(live::field(call->args, "pgoff") == 0);  // the object has one page
    CHECK(is_below(trace, *call, "handle_mm_fault"));
    REQUIRE(call->ret.is_string());
    CHECK(call->ret.get<std::string>().starts_with("VM_FAULT_"));
  }
  const auto faults = kernel_calls(trace, "shmem_fault");
  CHECK(live::field(faults.front()->args, "flags").get<std::string>().find("WRITE") !=
        std::string::npos);
}

TEST_CASE("shmem_get_folio_gfp has the inode and the index of the page, below shmem_fault",
          EVERY_KERNEL) {
  const Trace trace = vm::trace("run-01");
  require_calls(trace, "shmem_get_folio_gfp", {"inode", "index"});
  const auto calls = calls_below_fault(trace, "shmem_get_folio_gfp");
  REQUIRE_FALSE(calls.empty());
  for (const Call* call : calls) {
    CHECK(live::field(call->args, "inode") == live::field(calls.front()->args, "inode"));
    CHECK(live::number_of(live::field(call->args, "inode")) > 0);
    CHECK(live::field(call->args, "index") == 0);
    CHECK(call->ret == 0);
  }
}

TEST_CASE("folio_add_lru has the page's frame, flags, inode and index", EVERY_KERNEL) {
  const Trace trace = vm::trace("run-01");
  const auto found = calls_below_fault(trace, "shmem_get_folio_gfp");
  REQUIRE_FALSE(found.empty());
  require_calls(trace, "folio_add_lru", {"pfn", "flags"});
  const auto added = calls_below_fault(trace, "folio_add_lru");
  CHECK_FALSE(added.empty());
  for (const Call* call : added) {
    CAPTURE(call->args.dump());
    CHECK(live::field(call->args, "flags").get<std::string>().find("swapbacked") !=
          std::string::npos);
    CHECK(live::field(call->args, "inode") == live::field(found.front()->args, "inode"));
    CHECK(live::field(call->args, "index") == 0);
  }
}

TEST_CASE("newseg has the key and the size that shmget was given", EVERY_KERNEL) {
  const Trace trace = vm::trace("run-02");
  bool seen = false;
  for (const Call* call : require_calls(trace, "newseg", {"key", "size"})) {
    CHECK(is_below(trace, *call, "shmget"));
    seen = seen || (live::number_of(live::field(call->args, "key")) == 0x11 &&
                    live::field(call->args, "size") == 2048);
  }
  CHECK(seen);
}

TEST_CASE("do_shmat has the segment, the address and the flags that shmat was given",
          EVERY_KERNEL) {
  const Trace trace = vm::trace("run-02");
  for (const Call* call : require_calls(trace, "do_shmat", {"shmid", "shmaddr", "shmflg"})) {
    const Call* outer = parent_of(trace, *call);
    while (outer != nullptr && outer->layer != "syscall") outer = parent_of(trace, *outer);
    REQUIRE(outer != nullptr);
    CHECK(outer->name == "shmat");
    CHECK(live::field(call->args, "shmid") == live::field(outer->args, "shmid"));
  }
}

TEST_CASE("dma_buf_export has its exporter's name and its size, under each of the three ioctls",
          "[6.12][newest]") {
  const Trace trace = vm::trace("run-09");
  std::map<std::string, std::string> exporter_below;
  for (const Call* call : require_calls(trace, "dma_buf_export", {"exp_name", "size"})) {
    CHECK(is_below(trace, *call, "ioctl"));
    CHECK(live::number_of(live::field(call->args, "size")) >= 4096);
    for (const char* below : {"udmabuf_create", "system_heap_allocate", "vb2_core_expbuf"})
      if (is_below(trace, *call, below))
        exporter_below[below] = live::field(call->args, "exp_name").get<std::string>();
  }
  CHECK(exporter_below ==
        std::map<std::string, std::string>{{"udmabuf_create", "udmabuf"},
                                           {"system_heap_allocate", "system"},
                                           {"vb2_core_expbuf", "videobuf2_dma_contig"}});
}

TEST_CASE("dma_buf_export has the video driver's name and size under VIDIOC_EXPBUF", EVERY_KERNEL) {
  const Trace trace = vm::trace("run-09");
  bool by_video = false;
  for (const Call* call : require_calls(trace, "dma_buf_export", {"exp_name", "size"})) {
    if (!is_below(trace, *call, "vb2_core_expbuf")) continue;
    CHECK(is_below(trace, *call, "ioctl"));
    CHECK(live::field(call->args, "exp_name") == "videobuf2_dma_contig");
    by_video = true;
  }
  CHECK(by_video);
}

// The program closes the descriptor it was given, or maps it: the number is in its next calls.
TEST_CASE("dma_buf_fd returns the descriptor that the program uses", EVERY_KERNEL) {
  const Trace trace = vm::trace("run-09");
  for (const Call* call : require_calls(trace, "dma_buf_fd", {"exp_name", "size"})) {
    const auto fd = live::number_of(call->ret);
    CHECK(fd > 2);
    bool used = false;
    for (const Call& later : trace.calls) {
      if (later.layer != "syscall" || later.pid != call->pid) continue;
      if (later.first_line < call->last_line) continue;
      if (later.name == "mmap" || later.name == "close" || later.name == "ioctl")
        used = used || (live::number_of(live::field(later.args, "fd")) == fd && later.error == "");
    }
    CAPTURE(call->pid, fd);
    CHECK(used);
  }
}

TEST_CASE("the importer attaches the buffer, inside the ioctl that imports it", EVERY_KERNEL) {
  const Trace trace = vm::trace("run-09");
  bool attached = false;
  for (const Call* call : require_calls(trace, "dma_buf_attach", {}))
    attached = attached || (is_below(trace, *call, "drm_gem_prime_fd_to_handle") &&
                            is_below(trace, *call, "ioctl"));
  CHECK(attached);
}

TEST_CASE("the importer maps the attachment, inside an ioctl", EVERY_KERNEL) {
  const Trace trace = vm::trace("run-09");
  for (const Call* call : require_calls(trace, "dma_buf_map_attachment", {}))
    CHECK(is_below(trace, *call, "ioctl"));
}

TEST_CASE("functions of a module that is loaded during the trace are seen", EVERY_KERNEL) {
  const live::Outcome run = vm::result("module");
  CAPTURE(run.err);
  CHECK(run.status == 0);
  CHECK(run.out.find("descriptor ") != std::string::npos);
  const Trace trace = vm::trace("module");
  for (const char* name : {"drm_gem_prime_fd_to_handle", "drm_gem_handle_delete"}) {
    CAPTURE(name);
    const auto calls = kernel_calls(trace, name);
    CHECK_FALSE(calls.empty());
    for (const Call* call : calls) CHECK(is_below(trace, *call, "ioctl"));
  }
}

TEST_CASE("a program that knows nothing of shmpath runs the same, with its functions traced",
          "[6.12]") {
  CHECK(vm::result("python").status == 0);
  CHECK(vm::result("python").out == "4096\n");
  const Trace python = vm::trace("python");
  CHECK_FALSE(kernel_calls(python, "shmem_fault").empty());
  CHECK(vm::result("compiler").status == 0);
  CHECK(vm::result("script").status == 3);
  CHECK(vm::result("script").out == "ONE\nTWO\n");
}

TEST_CASE("fentry and kprobe see the same calls", "[6.12]") {
  const auto calls = deterministic_calls(vm::trace("by-fentry"));
  CHECK(calls.size() > 10);
  CHECK(deterministic_calls(vm::trace("by-kprobe")) == calls);
}

TEST_CASE("kprobe-multi sees the same calls as kprobe", "[6.12]") {
  const auto calls = deterministic_calls(vm::trace("by-kprobe"));
  CHECK(calls.size() > 10);
  CHECK(deterministic_calls(vm::trace("by-kprobe-multi")) == calls);
  CHECK(vm::trace("by-kprobe-multi").header().value("why", "").find("kprobe-multi") !=
        std::string::npos);
}

TEST_CASE("a mechanism that the kernel does not have is refused by name", "[5.10][6.1]") {
  const live::Outcome run = vm::result("by-kprobe-multi");
  CAPTURE(run.out, run.err);
  CHECK(run.status == 125);
  CHECK(run.err.find("cannot probe kernel functions by kprobe-multi: ") != std::string::npos);
  CHECK(run.err.find("; leave --attach out") != std::string::npos);
  CHECK(run.out.empty());
}
