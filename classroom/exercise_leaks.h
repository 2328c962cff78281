// SPDX-License-Identifier: BSD-2-Clause
//
// What the programs of an exercise left behind on this machine. A thing is taken for a leak only if
// it says so itself: a file by its name, a process by its program or its nonce, a segment by the
// process that made it. What does not is told, and stays.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

#include "classroom/exercise_progress.h"
#include "tracer/rubric.h"

namespace shmpath {

struct FoundFile {
  std::string path;
  uid_t owner;
};

struct FoundProcess {
  pid_t pid;
  uid_t owner;
  std::string program;  // as /proc/PID/exe has it
  std::vector<std::string> args;
};

struct FoundSegment {
  int id;
  uid_t owner;
  pid_t maker;
  std::size_t bytes;
  unsigned long attached;
  bool operator==(const FoundSegment&) const = default;
};

struct FoundObjects {
  std::vector<FoundFile> files;
  std::vector<FoundProcess> processes;
  std::vector<FoundSegment> segments;
};

struct LeakQuestion {
  std::string folder;                 // the student's, whole
  std::vector<std::string> globs;     // leak_globs of the exercise
  std::vector<std::string> programs;  // of the exercise
  std::vector<std::string> nonces;    // of its checks
  std::set<uid_t> owners;             // whose objects may be removed
  pid_t self = 0;
};

struct Leaks {
  FoundObjects ours;
  std::vector<FoundSegment> unknown;  // of these owners, attached by nobody, of whom nobody knows
  bool none() const {
    return ours.files.empty() && ours.processes.empty() && ours.segments.empty();
  }
};

// Pure.
Leaks choose_leaks(const FoundObjects& found, const LeakQuestion& question);

// The names of files that the rubric speaks of, whatever the nonce. Names below /dev/shm alone, and
// none that could be any program's.
std::vector<std::string> leak_globs(const Exercise& exercise);

// What there is on this machine.
FoundObjects look_for_objects();

// Removes each, if it still is what it was; one line on each.
std::string remove_leaks(const FoundObjects& ours);

}  // namespace shmpath
