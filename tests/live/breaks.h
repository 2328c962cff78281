// SPDX-License-Identifier: BSD-2-Clause
//
// The breaks of tests/lab/breaks.toml: each changes the source of one lab program so that the
// verdict of a claim must change.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace live {

struct Break {
  std::string claim;
  std::string lab;   // 01, or 01-posix-shm
  std::string file;  // in the folder of the lab
  std::vector<std::pair<std::string, std::string>> replace;
  std::string becomes;   // the verdict then
  std::string measured;  // where it shows: by the "program" alone, or only in its "trace"
  std::string place;     // "vm" where it needs devices that the VM has; else "host"

  std::string lab_number() const { return lab.substr(0, 2); }
};

std::vector<Break> read_breaks();

// A copy of the built labs in `labs`, which must not be there, with the changed program in it.
// Returns that program; fails the running test when the change does not fit or compile.
std::filesystem::path make_broken_labs(const Break& one, const std::filesystem::path& labs);

// What a line of `check` ("  C01  holds  text") or of the program ("C01 holds: text") says of it;
// "no verdict" where there is none.
std::string verdict_of(const std::string& claim, const std::string& text);

}  // namespace live
