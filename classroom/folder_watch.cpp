// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/folder_watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "tracer/failure.h"
#include "tracer/signals.h"
#include "tracer/target.h"

namespace shmpath {
namespace {

constexpr int tick_ms = 200;
constexpr std::chrono::seconds most_noise{2};  // one who writes all the time is checked meanwhile
using Clock = std::chrono::steady_clock;

Failure cannot_watch(const std::filesystem::path& folder) {
  return {"cannot watch " + folder.string(), strerror(errno),
          "use shmpath exercise check after each save"};
}

}  // namespace

bool is_source_name(const std::string& name) {
  if (name.empty() || name[0] == '.' || name[0] == '-') return false;
  const std::string kind = std::filesystem::path(name).extension();
  return kind == ".c" || kind == ".cc" || kind == ".cpp" || kind == ".h" || kind == ".hpp";
}

FolderWatch::FolderWatch(const std::filesystem::path& folder)
    : fd_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  const AsInvokingUser rights;
  constexpr unsigned what = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                            IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (!fd_ || inotify_add_watch(fd_.get(), folder.c_str(), what) < 0) throw cannot_watch(folder);
}

Saved FolderWatch::read_events() {
  alignas(inotify_event) char bytes[16384];
  for (ssize_t size; (size = read(fd_.get(), bytes, sizeof(bytes))) > 0;)
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      memcpy(&event, bytes + at, sizeof(event));
      const std::string name(event.len ? bytes + at + sizeof(event) : "");
      at += static_cast<ssize_t>(sizeof(event) + event.len);
      if (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) return Saved::folder_gone;
      if (event.mask & IN_Q_OVERFLOW || is_source_name(name)) changed_ = true;
    }
  return Saved::yes;
}

Saved FolderWatch::wait() {
  changed_ = false;
  Clock::time_point first{};
  for (;;) {
    if (stops_asked()) return Saved::stopped;
    pollfd ready{fd_.get(), POLLIN, 0};
    const int count = poll(&ready, 1, changed_ ? save_quiet_ms : tick_ms);
    if (count == 0 && changed_) return Saved::yes;
    if (count <= 0) continue;
    const bool before = changed_;
    if (read_events() == Saved::folder_gone) return Saved::folder_gone;
    if (changed_ && !before) first = Clock::now();
    if (changed_ && Clock::now() - first > most_noise) return Saved::yes;
  }
}

}  // namespace shmpath
