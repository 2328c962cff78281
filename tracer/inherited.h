// SPDX-License-Identifier: BSD-2-Clause
//
// What the traced program would have inherited if its person had started it without sudo and us.
#pragma once

#include <sys/resource.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "tracer/identity.h"

namespace shmpath {

// Under sudo, what the kernel says of the sudo that started us (/proc): the person's environment,
// with what is assigned on sudo's command line; and of the person's process that called it, what
// sudo changes in itself. Where our parent is another, as a shell that was started by sudo, the
// environment is ours with the person's name and home.
struct Inherited {
  std::vector<std::string> environment;
  std::optional<mode_t> umask;  // nothing: as it is
  std::optional<rlimit> core;   // largest size of a core file; likewise
};
// Asked first by main, while we may still look at sudo; the answer stays the same.
Inherited inherited_by(const Identity& who);

// From here on this process is the invoking user's, with all of that. For whatever needs no right
// of root's: it is not held back then, it is not there.
void become_invoking_user();

// The value of a variable there.
std::optional<std::string> variable(const std::vector<std::string>& environment,
                                    const std::string& name);

// For the calling process, which is about to become that person and another program: all of it.
// The environment is for execve.
void take_over(const Inherited& inherited);

// Which signals were ignored or blocked when this process began. Asked first by main, before any is
// changed; the answer stays the same.
class InheritedSignals {
 public:
  static const InheritedSignals& at_start();
  void restore() const;

 private:
  InheritedSignals();
  std::array<bool, NSIG> ignored_{};
  sigset_t blocked_{};
};

}  // namespace shmpath
