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
#include <vector>

#include "bpf/event.h"
#include "bpf/layout.h"
#include "tracer/decode.h"
#include "tracer/render.h"

namespace shmpath {

struct ProbeOptions {
  bool follow = true;                // children of traced processes are traced too
  std::size_t ring_bytes = 1 << 25;  // a power of two, at least a page
  bool verify_stacks = false;        // unwind every stack, also those recognised, and compare
};

struct ProbeCounts {
  std::uint64_t attempted = 0;  // records that wanted to go into the ring
  std::uint64_t lost = 0;       // of them, refused
  std::uint64_t untold = 0;     // of them, not yet told by a `lost` record
  std::uint64_t no_stack = 0;   // stacks for which the map had no room
  std::uint64_t missed = 0;     // times a program could not run (recursion on its CPU)
  std::uint64_t recognised = 0, unwound = 0;  // stacks
  std::uint64_t mistaken = 0;  // with verify_stacks: recognised as another than they were
};

class Probes {
 public:
  // Loads and attaches what does not depend on the target. Throws Failure.
  explicit Probes(const ProbeOptions& options);
  ~Probes();
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;

  // The libc functions this file defines, and the step markers in it. Returns whether it defines
  // any, and false when it was attached before.
  bool attach_file(const std::string& file);
  // A held process is traced from its execve on, another from now on.
  void track(pid_t tgid, bool held);
  std::vector<pid_t> tracked() const;

  int ring_fd() const;
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
  void load(const ProbeOptions& options);
  void attach_tracepoints();
  void attach_together(const std::string& file, const std::vector<u64>& offsets,
                       const std::vector<u64>& cookies);
  void attach_one_by_one(const std::string& file, const std::vector<u64>& offsets,
                         const std::vector<u64>& cookies);
  void attach_markers(const std::string& file);

  std::unique_ptr<Skeleton> skeleton_;
  std::size_t attached_ = 0;
  std::vector<MissingProbe> missing_;
  std::vector<std::string> files_;
  bool many_by_one_link_ = false;
};

// The file of the C library that this program runs on, and librt's where it is another.
std::vector<std::string> c_library_files();

}  // namespace shmpath
