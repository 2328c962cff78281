// SPDX-License-Identifier: BSD-2-Clause
//
// A class: DIR/<student>/<NN-name>/, as it was handed in. Names and folders are untrusted: no link
// is followed, and a name is only ever shown escaped.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "classroom/exercises.h"

namespace shmpath {

struct HandIn {
  std::string student;  // the folder's name, escaped one-to-one
  const ExerciseKit* kit = nullptr;
  std::filesystem::path folder;
  std::string trouble;  // why it cannot be judged; "" for none
  bool absent = false;  // the trouble is that there is nothing
  bool ours = false;    // the trouble is none of the student's
  std::string key;      // another one when files, rubric or shmpath are others; "" with a trouble
};

struct StudentClass {
  std::vector<HandIn> handed_in;     // by student, then by number
  std::vector<std::string> unread;   // students who could not be looked at, each with the reason
  std::vector<std::string> unknown;  // what is no exercise, each with what it should be
};

// What there is of these exercises (`only`; none: of all) in the folder. An exercise that `only`
// names is expected of every student. Throws Failure when the folder cannot be read, or has no
// student. The kits outlive what is returned.
StudentClass read_class(const std::filesystem::path& folder, const std::vector<ExerciseKit>& kits,
                        const std::vector<const ExerciseKit*>& only);

// Every `shards`-th, from the `shard`-th on; 1 <= shard <= shards.
std::vector<HandIn> take_shard(const std::vector<HandIn>& all, unsigned shard, unsigned shards);

// The submission as it is now, and its key.
Submission read_hand_in(const HandIn& what);
std::string key_of(const HandIn& what, const Submission& submission);

}  // namespace shmpath
