// SPDX-License-Identifier: BSD-2-Clause
//
// What a submission's own BPF programs may be where the judge is root: bpf/guard/guard.bpf.c says
// it to the kernel.
#pragma once

#include <memory>

struct guard_bpf;

namespace shmpath {

class Symbols;

// As long as it lives, the kernel refuses that user's BPF (EPERM) unless it only observes and
// counts.
class BpfGuard {
 public:
  // Tries itself that the kernel asks it. Throws Failure where it does not.
  explicit BpfGuard(unsigned submitter);

 private:
  void learn_helpers(const Symbols& symbols);
  void try_itself(bool before);

  struct Destroy {
    void operator()(guard_bpf* guard) const;
  };
  std::unique_ptr<guard_bpf, Destroy> guard_;
};

}  // namespace shmpath
