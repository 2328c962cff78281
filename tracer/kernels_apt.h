// SPDX-License-Identifier: BSD-2-Clause
//
// The distribution's package tools, run with lists and a state of our own: neither root nor the
// machine's own lists are needed, and nothing of the machine's is changed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tracer/kernels.h"
#include "tracer/kernels_text.h"

namespace shmpath {

// The newest kernel of a series, as the mirror has it.
struct KernelPackages {
  std::string release, version;
  std::vector<std::string> names;
  std::uint64_t download_bytes = 0, installed_bytes = 0;
};

class Apt {
 public:
  // Keeps what it needs in `folder`. `tick` is called now and then while a program runs; what it
  // throws ends that. Throws Failure where no Debian mirror is configured.
  Apt(const KernelSeries& series, std::filesystem::path folder, std::function<void()> tick);

  // Fetches the lists of the series' suites, and of no others.
  void update() const;
  KernelPackages newest() const;
  // Fetches the packages into the folder; `at` is told how many bytes are there.
  void download(const KernelPackages& packages, const std::filesystem::path& into,
                const std::function<void(std::uint64_t)>& at) const;
  void unpack(const std::filesystem::path& package, const std::filesystem::path& into) const;

 private:
  std::string ask(std::vector<std::string> words, const std::filesystem::path& folder = {},
                  const std::function<void()>& tick = {}) const;
  const KernelSeries& series_;
  std::filesystem::path folder_;
  std::function<void()> tick_;
  std::string thing_;
};

}  // namespace shmpath
