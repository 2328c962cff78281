// SPDX-License-Identifier: BSD-2-Clause
//
// The objects of this machine: found, and removed.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "classroom/exercise_leaks.h"
#include "tracer/fd.h"
#include "tracer/files.h"
#include "tracer/target.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

namespace fs = std::filesystem;

std::vector<FoundFile> find_files() {
  std::vector<FoundFile> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/dev/shm", error)) {
    struct stat info {};
    if (lstat(entry.path().c_str(), &info) == 0 && S_ISREG(info.st_mode))
      files.push_back({entry.path(), info.st_uid});
  }
  return files;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::string program_of(pid_t pid) {
  std::error_code error;
  const fs::path program = fs::read_symlink(fmt::format("/proc/{}/exe", pid), error);
  return error ? "" : program.string();
}

std::vector<FoundProcess> find_processes() {
  std::vector<FoundProcess> processes;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    struct stat info {};
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc{} ||
        stat(entry.path().c_str(), &info))
      continue;
    processes.push_back({pid, info.st_uid, program_of(pid),
                         words_of(read_file(entry.path() / "cmdline").value_or(""))});
  }
  return processes;
}

FoundSegment segment_from(int id, const shmid_ds& info) {
  return {id, info.shm_perm.uid, info.shm_cpid, info.shm_segsz, info.shm_nattch};
}

std::vector<FoundSegment> find_segments() {
  std::vector<FoundSegment> segments;
  shmid_ds info{};
  const int last = shmctl(0, SHM_INFO, &info);
  for (int slot = 0; slot <= last; slot++) {
    const int id = shmctl(slot, SHM_STAT, &info);
    if (id >= 0) segments.push_back(segment_from(id, info));
  }
  return segments;
}

std::string outcome(bool done) {
  return done ? "removed" : fmt::format("stays: {}", strerror(errno));
}

// By a descriptor, so that no other process can have its number meanwhile.
std::string end_process(const FoundProcess& process) {
  constexpr int patience_ms = 5000;
  const std::string line = fmt::format("process {} ({})", process.pid, process.program);
  const Fd fd(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  if (!fd || program_of(process.pid) != process.program) return line + ": has ended";
  if (syscall(SYS_pidfd_send_signal, fd.get(), SIGKILL, nullptr, 0))
    return line + ": " + outcome(false);
  pollfd end{fd.get(), POLLIN, 0};
  return line + (poll(&end, 1, patience_ms) > 0 ? ": ended" : ": does not end");
}

std::string remove_file(const FoundFile& file) {
  // root's own, where shmpath runs by sudo, are left to root
  const bool by_user = file.owner == invoking_user().uid;
  auto unlink_it = [&] { return unlink(file.path.c_str()) == 0; };
  if (!by_user) return file.path + ": " + outcome(unlink_it());
  const AsInvokingUser rights;
  return file.path + ": " + outcome(unlink_it());
}

std::string remove_segment(const FoundSegment& segment) {
  const std::string line = fmt::format("segment {} of {} bytes", segment.id, segment.bytes);
  shmid_ds info{};
  if (shmctl(segment.id, IPC_STAT, &info)) return line + ": is gone";
  FoundSegment now = segment_from(segment.id, info);
  now.attached = segment.attached;  // those that were attached have ended
  if (now != segment) return line + ": is another one now";
  return line + ": " + outcome(shmctl(segment.id, IPC_RMID, nullptr) == 0);
}

}  // namespace

FoundObjects look_for_objects() { return {find_files(), find_processes(), find_segments()}; }

std::string remove_leaks(const FoundObjects& ours) {
  std::string said;
  auto say = [&](const std::string& line) { said += strip_controls(line) + "\n"; };
  for (const FoundProcess& process : ours.processes) say(end_process(process));
  for (const FoundFile& file : ours.files) say(remove_file(file));
  for (const FoundSegment& segment : ours.segments) say(remove_segment(segment));
  return said;
}

}  // namespace shmpath
