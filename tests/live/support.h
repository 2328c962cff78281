// SPDX-License-Identifier: BSD-2-Clause
//
// What the tests from outside share: where things are, how shmpath is run, how a test is skipped.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.h"
#include "tests/live/process.h"
#include "tests/live/trace_reader.h"

namespace live {

std::string shmpath();                      // the program under test
std::string target(std::string_view name);  // a program of tests/targets
std::filesystem::path labs_folder();        // build/labs
std::filesystem::path source_folder();      // the root of the repository
inline constexpr const char* python = "/usr/bin/python3";

// A folder that every user can read, removed with all it holds.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);  // "" when it is not there
bool has_program(const std::string& name);                 // in PATH, or as a path

// `shmpath trace --format jsonl -o FILE OPTIONS -- COMMAND`, with the file read back.
struct Traced {
  Outcome run;
  Trace trace;
};
Traced trace_command(std::vector<std::string> command, std::vector<std::string> options = {},
                     std::string input = "");

// The same command as a user who is not root: as "nobody" where the tests run as root.
std::vector<std::string> as_ordinary_user(std::vector<std::string> command);
std::string why_no_ordinary_user();  // "" when such a user can run the program under test

// trace_command() in the syscalls view, as an ordinary user.
Traced trace_by_ptrace(std::vector<std::string> command, std::vector<std::string> options = {},
                       std::string input = "");

// Fails the running test unless the trace is well formed, complete and every exit has its enter.
void require_sound(const Traced& traced);

// Names of what is loaded in the kernel and of the shared memory that stands, to compare before
// and after.
std::set<std::string> bpf_objects();
std::set<std::string> shared_objects();

// Those of bpf_objects() that were not there before and do not go away: the kernel frees a
// program some time after its last user has gone.
std::set<std::string> bpf_objects_left(const std::set<std::string>& before);

// Children of a child that has died come to us: true when none is left.
void adopt_orphans();
bool no_child_left();

// Says that the running test is skipped, and why, in the words that ctest looks for.
void say_skipped(const std::string& reason);
std::string why_not_root();  // "" when the tests may load BPF programs

}  // namespace live

// Ends the test as skipped, unless the condition holds. Catch2 2 has no such thing: the line that
// is printed is what makes ctest report the test as skipped rather than passed.
#define NEEDS(condition, reason)   \
  do {                             \
    if (!(condition)) {            \
      ::live::say_skipped(reason); \
      return;                      \
    }                              \
  } while (false)

#define NEEDS_ROOT() NEEDS(::live::why_not_root().empty(), ::live::why_not_root())
#define NEEDS_ORDINARY_USER() \
  NEEDS(::live::why_no_ordinary_user().empty(), ::live::why_no_ordinary_user())
#define NEEDS_PROGRAM(name) NEEDS(::live::has_program(name), std::string("needs ") + (name))
