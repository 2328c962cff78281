// SPDX-License-Identifier: BSD-2-Clause
//
// Shared memory that is there after the runs and was not before.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "classroom/judge.h"

namespace shmpath {

struct SharedMemory {
  std::set<std::string> files;    // below /dev/shm
  std::map<int, pid_t> segments;  // of System V: who made it
};
SharedMemory shared_memory_now();

// What is new. Others make shared memory meanwhile, too: a file is the runs' when its name has a
// word that they were given as an argument, such as the nonce; a segment when a traced process made
// it. `all`: everything is.
std::vector<LeftBehind> left_since(const SharedMemory& before, const JudgeJob& job,
                                   const std::filesystem::path& trace, bool all);

// Removes files and segments; processes are ended by whoever started them.
void remove_left(const std::vector<LeftBehind>& left);

// Every segment, semaphore set and message queue of the machine. For the VM.
void remove_system_v_objects();

}  // namespace shmpath
