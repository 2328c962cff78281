// SPDX-License-Identifier: BSD-2-Clause
//
// What ends a run: the thing that failed, the reason, and the remedy, in that order.
#pragma once

#include <stdexcept>
#include <string>

namespace shmpath {

inline constexpr int exit_failure = 125;         // shmpath itself failed
inline constexpr int exit_not_executable = 126;  // as a shell has it
inline constexpr int exit_not_found = 127;

// what() is "thing: reason; remedy". The remedy may be empty where there is none.
class Failure : public std::runtime_error {
 public:
  Failure(const std::string& thing, const std::string& reason, const std::string& remedy,
          int status = exit_failure)
      : std::runtime_error(thing + ": " + reason + (remedy.empty() ? "" : "; " + remedy)),
        reason_(reason),
        status_(status) {}
  const std::string& reason() const { return reason_; }
  int status() const { return status_; }

 private:
  std::string reason_;
  int status_;
};

}  // namespace shmpath
