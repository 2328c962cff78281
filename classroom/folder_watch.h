// SPDX-License-Identifier: BSD-2-Clause
//
// The saves of a student, as they are made.
#pragma once

#include <filesystem>
#include <string>

#include "tracer/fd.h"

namespace shmpath {

// A file that a submission is made of: another name is none of ours (an editor's own, an object
// file, the progress).
bool is_source_name(const std::string& name);

inline constexpr int save_quiet_ms = 150;  // so long nothing more is saved

enum class Saved { yes, stopped, folder_gone };

class FolderWatch {
 public:
  // Saves count from now on. Throws Failure.
  explicit FolderWatch(const std::filesystem::path& folder);
  // Returns when a source was written, renamed or removed, and no other has been for a moment; or
  // when a signal asked us to stop (tracer/signals.h).
  Saved wait();

 private:
  Saved read_events();
  Fd fd_;
  bool changed_ = false;
};

}  // namespace shmpath
