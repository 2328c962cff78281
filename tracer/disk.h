// SPDX-License-Identifier: BSD-2-Clause
//
// A disk file system for a lab in the VM, whose own files lie on none: its / is an overlay of 9p
// and tmpfs.
#pragma once

#include <string>

#include "tracer/flow.h"

namespace shmpath {

// While it lives, the current folder is the root of a fresh file system of the kind that the lab's
// flow file names, which belongs to the lab's user: in the VM only, and only for a lab that names
// one. Where it cannot be made, says why on standard error and leaves the folder as it was: the lab
// runs, and finds out for itself. It is gone afterwards.
class LabDisk {
 public:
  explicit LabDisk(const Flow& flow);
  ~LabDisk();
  LabDisk(const LabDisk&) = delete;
  LabDisk& operator=(const LabDisk&) = delete;

 private:
  void make(const std::string& type);

  std::string folder_before_;
  bool mounted_ = false;
};

}  // namespace shmpath
