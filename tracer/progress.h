// SPDX-License-Identifier: BSD-2-Clause
//
// What is done while somebody waits, on standard error: a bar that is redrawn on a terminal, plain
// lines elsewhere.
#pragma once

#include <cstdint>
#include <string>

namespace shmpath {

class Progress {
 public:
  Progress();
  ~Progress();  // takes the bar away
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A new thing that is being done; `total_bytes` is 0 where nobody knows.
  void begin(const std::string& what, std::uint64_t total_bytes = 0);
  // How far it is. Shown on a terminal only.
  void at(std::uint64_t bytes);

 private:
  void clear() const;
  bool terminal_;
  std::string what_;
  std::uint64_t total_bytes_ = 0;
};

// The bar itself, as long as the terminal is wide: `what [#####     ] 45.0 of 102.2 MB`.
std::string progress_bar(const std::string& what, std::uint64_t bytes, std::uint64_t total_bytes,
                         std::size_t width);

}  // namespace shmpath
