// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/exercise_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tracer/failure.h"
#include "tracer/target.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

namespace fs = std::filesystem;

Failure cannot(const std::string& verb, const fs::path& path, const std::string& remedy) {
  return {fmt::format("cannot {} {}", verb, path.string()), strerror(errno), remedy};
}

void write_all(int fd, const std::string& bytes, const fs::path& path) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t done = write(fd, bytes.data() + at, bytes.size() - at);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw cannot("write", path, "free some space");
    at += static_cast<std::size_t>(done);
  }
}

void write_new(int folder, const fs::path& path, const std::string& name,
               const std::string& bytes) {
  Fd fd(openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!fd) throw cannot("write", path / name, "use a folder that you may write to");
  try {
    write_all(fd.get(), bytes, path / name);
  } catch (...) {
    unlinkat(folder, name.c_str(), 0);
    throw;
  }
}

// NFS and others do not know RENAME_NOREPLACE: there, we look first.
bool rename_to_free(int folder, const std::string& name, const std::string& other) {
  if (renameat2(folder, name.c_str(), folder, other.c_str(), RENAME_NOREPLACE) == 0) return true;
  struct stat info {};
  if (errno != EINVAL || fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW)) return false;
  errno = EEXIST;
  if (fstatat(folder, other.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return false;
  return renameat(folder, name.c_str(), folder, other.c_str()) == 0;
}

}  // namespace

StudentFolder::StudentFolder(fs::path path) {
  const AsInvokingUser rights;
  fd_ = Fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd_) throw cannot("open the folder", path, "check its name");
  std::error_code error;
  path_ = fs::read_symlink(fmt::format("/proc/self/fd/{}", fd_.get()), error);
  if (error) path_ = std::move(path);
}

StudentFolder StudentFolder::make(const fs::path& path) {
  {
    const AsInvokingUser rights;
    if (mkdir(path.c_str(), 0777)) {
      const bool taken = errno == EEXIST;
      throw cannot("make " + std::string("the folder"), path,
                   taken ? "work in it, or name another folder" : "name another folder");
    }
  }
  return StudentFolder(path);
}

std::optional<std::string> StudentFolder::read(const std::string& name, std::size_t limit) const {
  const AsInvokingUser rights;
  // O_NONBLOCK: a pipe would wait for its other end
  const Fd fd(openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!fd || fstat(fd.get(), &info)) return std::nullopt;
  errno = EINVAL;
  if (!S_ISREG(info.st_mode)) return std::nullopt;
  std::string bytes(limit + 1, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  errno = EFBIG;
  if (size > limit) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

bool StudentFolder::has(const std::string& name) const {
  const AsInvokingUser rights;
  struct stat info {};
  return fstatat(fd_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

void StudentFolder::write(const std::string& name, const std::string& bytes) const {
  const AsInvokingUser rights;
  write_new(fd_.get(), path_, name, bytes);
}

void StudentFolder::replace(const std::string& name, const std::string& bytes) const {
  const AsInvokingUser rights;
  const std::string draft = fmt::format(".{}.{}", name, getpid());
  unlinkat(fd_.get(), draft.c_str(), 0);
  write_new(fd_.get(), path_, draft, bytes);
  if (renameat(fd_.get(), draft.c_str(), fd_.get(), name.c_str()) == 0) return;
  const int error = errno;
  unlinkat(fd_.get(), draft.c_str(), 0);
  errno = error;
  throw cannot("write", path_ / name, "remove what has its name");
}

std::string StudentFolder::set_aside(const std::string& name) const {
  constexpr unsigned most = 1000;
  const AsInvokingUser rights;
  for (unsigned number = 1; number < most; number++) {
    std::string other = fmt::format("{}~{}~", name, number);
    if (rename_to_free(fd_.get(), name, other)) return other;
    if (errno != EEXIST) break;
  }
  throw cannot("rename", path_ / name, "use a folder that you may write to");
}

std::vector<SubmissionFile> handed_out(const ExerciseKit& kit) {
  std::vector<SubmissionFile> files = kit.handout;
  files.push_back(kit.makefile);
  return files;
}

ExerciseProgress load_progress(const StudentFolder& folder, const ExerciseKit& kit,
                               std::string& said) {
  ExerciseProgress fresh;
  fresh.exercise = kit.exercise.id();
  fresh.of = kit.exercise.points;
  if (!folder.has(progress_file)) return fresh;
  const auto text = folder.read(progress_file, progress_limit);
  const auto known = text ? parse_progress(*text) : std::nullopt;
  if (known && known->exercise == fresh.exercise) return *known;
  const std::string reason =
      known ? "it is of " + known->exercise : std::string("it is no progress file");
  try {
    said += fmt::format("{}: {}; it is now {}\n", progress_file, reason,
                        folder.set_aside(progress_file));
  } catch (const Failure& failure) {
    said += fmt::format("{}: {}; {}\n", progress_file, reason, strip_controls(failure.what()));
  }
  return fresh;
}

bool save_progress(const StudentFolder& folder, const ExerciseProgress& progress,
                   std::string& said) {
  try {
    folder.replace(progress_file, progress_text(progress));
    return true;
  } catch (const Failure& failure) {
    said += fmt::format("progress is not kept: {}\n", strip_controls(failure.what()));
    return false;
  }
}

}  // namespace shmpath
