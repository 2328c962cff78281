// SPDX-License-Identifier: BSD-2-Clause
//
// What a student has reached in an exercise, kept in the exercise's folder as one JSON object. It
// is the student's file: what is read there decides nothing but what is shown, and which of the
// student's own objects reset takes for leaks.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace shmpath {

inline constexpr const char* progress_file = ".shmpath-progress.json";
inline constexpr const char* progress_format = "shmpath.progress/1";
inline constexpr std::size_t progress_limit = 65536;  // bytes; a longer file is none of ours

struct ExerciseProgress {
  std::string exercise;  // "01-repair-a-leak"
  unsigned best = 0, of = 0, attempts = 0;
  unsigned hints = 0;               // the highest level that was shown
  std::vector<std::string> met;     // ids of lines, at the last check
  std::vector<std::string> nonces;  // of the last checks, the newest last
  bool operator==(const ExerciseProgress&) const = default;
};

// Nothing for what is no progress file, whatever it is.
std::optional<ExerciseProgress> parse_progress(const std::string& text);
std::string progress_text(const ExerciseProgress& progress);

// Keeps the last few.
void add_nonce(ExerciseProgress& progress, const std::string& nonce);

}  // namespace shmpath
