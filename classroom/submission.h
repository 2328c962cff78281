// SPDX-License-Identifier: BSD-2-Clause
//
// What a student hands in. The folder is untrusted: nothing in it is followed, and nothing runs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace shmpath {

struct SubmissionFile {
  std::string name;  // without a folder: letters, digits, '.', '_', '-'; not first '.' or '-'
  std::string bytes;
};

// Whether a file may be called so: see there.
bool is_plain_name(std::string_view name);

struct Submission {
  std::vector<SubmissionFile> files;  // the sources, by name
  std::vector<std::string> left_out;  // what else lies there, each with the reason, printable
};

// Takes the regular files *.c, *.cc, *.cpp, *.h and *.hpp of the folder itself, never through a
// link; a Makefile is left out, for the exercise has its own. Throws Failure when the folder cannot
// be read or there is more than fits: 64 files, 1 MiB.
Submission read_submission(const std::filesystem::path& path);

// Differs when a file does; hexadecimal.
std::string digest_of(const Submission& submission);

}  // namespace shmpath
