// SPDX-License-Identifier: BSD-2-Clause
//
// The BPF programs: loaded, attached and told what to watch. Only this and ring
// call libbpf. Everything goes when the object does, or when the process dies.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "bpf/event.h"
#include "bpf/layout.h"
#include "tracer/decode.h"
#include "tracer/mechanism.h"
#include "tracer/render.h"

namespace shmpath {

// A kernel function to be probed, as the flow files have it.
struct WantedFunction {
  std::string name;                // documented
  std::vector<std::string> names;  // what it is called on other kernels; all that exist are probed
  std::vector<std::string> args;   // those worth showing; empty: all that can be
  std::vector<std::string> hosts;  // what it may be inlined into where it has no symbol
};

struct ProbeOptions {
  bool follow = true;                // children of traced processes are traced too
  std::size_t ring_bytes = 1 << 25;  // a power of two, at least a page
  bool verify_stacks = false;        // unwind every stack, also those recognised, and compare
  std::size_t functions = 0;         // how many kernel functions to probe, where that is possible
  bool functions_needed = false;     // fail where it does not
  bool only_functions = false;       // no points but page faults
  bool callers = false;              // record who called each function
  std::string attach = "auto";       // which Mechanism
};

struct ProbeCounts {
  std::uint64_t attempted = 0;  // records that wanted to go into the ring
  std::uint64_t lost = 0;       // of them, refused
  std::uint64_t untold = 0;     // of them, not yet told by a `lost` record
  std::uint64_t missed = 0;     // times a program could not run, and no other in its place
  std::uint64_t recognised = 0, unwound = 0;  // stacks
  std::uint64_t mistaken = 0;  // with verify_stacks: recognised as another than they were
};

class Probes {
 public:
  // Loads all, and attaches what depends neither on the target nor on the symbol table. Throws
  // Failure.
  explicit Probes(const ProbeOptions& options);
  ~Probes();
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;

  // The libc functions this file defines, and the step markers in it. Returns whether it defines
  // any, and false when it was attached before and is still the same file.
  bool attach_file(const std::string& file);
  // The shared C library, if it is not the file that was attached before.
  bool attach_libraries();
  // A held process is traced from its execve on, another from now on.
  void track(pid_t tgid, bool held);
  std::vector<pid_t> tracked() const;
  // Whether a process is stopped at its step markers (Event::stopped) until it gets SIGCONT.
  void stop_at_steps(bool stop);

  // Probes the functions that this kernel has under any of their names; the others are noted in
  // missing(), or, where a module may bring them, wait for attach_modules(). `mechanism()` must not
  // be none.
  void attach_functions(const std::vector<WantedFunction>& wanted, const Symbols& symbols);
  // A module was loaded: probes what it brought of the functions that wait. Returns how many.
  std::size_t attach_modules(const Symbols& symbols);
  const FunctionTable& functions() const { return functions_; }
  const MechanismChoice& mechanism() const { return mechanism_; }

  int ring_fd() const;
  // A stack that came through the ring; stack() gives it back by its key.
  void remember(const stack_record& stack);
  std::optional<stack_frames> stack(std::uint64_t key) const;
  // Lets the BPF side recognise this stack without unwinding it, if that can be done with
  // certainty.
  void learn(const stack_sample& sample);
  ProbeCounts counts() const;
  PageLayout page_layout();

  std::size_t attached() const { return attached_; }
  const std::vector<MissingProbe>& missing() const { return missing_; }

 private:
  struct Skeleton;
  struct Placed {  // a function with the symbol it was found under
    std::size_t number;
    Symbol symbol;
    std::optional<FunctionType> type;
  };
  std::vector<Placed> place(const WantedFunction& wanted, const Symbols& symbols);
  std::optional<Placed> place_one(const WantedFunction& wanted, const Symbol& symbol,
                                  const Symbols& symbols);
  void miss(const Placed& function, int error);
  bool is_missing(const std::string& name) const;
  void attach_placed(const std::vector<Placed>& placed);
  bool attach_traced(const Placed& function);
  bool attach_kprobes(const Placed& function);
  void attach_many(const std::vector<Placed>& placed);
  void choose_programs(const ProbeOptions& options);
  void load(const ProbeOptions& options);
  void attach_tracepoints();
  void attach_together(const std::string& file, const std::vector<u64>& offsets,
                       const std::vector<u64>& cookies);
  void attach_one_by_one(const std::string& file, const std::vector<u64>& offsets,
                         const std::vector<u64>& cookies);
  void attach_markers(const std::string& file);

  std::unique_ptr<Skeleton> skeleton_;
  bool preemptible_ = false;  // tracepoints' programs are
  std::size_t attached_ = 0;
  std::vector<MissingProbe> missing_;
  struct ProbedFile {
    std::string name;
    dev_t device;
    ino_t inode;
    bool operator==(const ProbedFile&) const = default;
  };
  std::vector<ProbedFile> files_;
  std::vector<std::string> libraries_;
  std::unordered_map<std::uint64_t, stack_frames> frames_;  // by key
  KernelTypes types_;
  FunctionTable functions_;
  MechanismChoice mechanism_;
  std::vector<WantedFunction> waiting_;  // have no symbol yet
  bool many_by_one_link_ = false;
};

// "" when BPF programs can be loaded and tracepoints observed here, else why not.
std::string tracepoints_refused();

// The file of the C library that this program runs on, and librt's where it is another.
std::vector<std::string> c_library_files();

}  // namespace shmpath
