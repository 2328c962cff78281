// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/workshop.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace shmpath {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void failed(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

fs::path make_own_folder() {
  std::string name = (fs::temp_directory_path() / "shmpath-judge-XXXXXX").string();
  if (!mkdtemp(name.data())) failed(name);
  return name;
}

void write_file(const fs::path& file, std::string_view bytes) {
  const Fd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) failed(file);
  while (!bytes.empty()) {
    const ssize_t put = write(fd.get(), bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) failed(file);
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace

Workshop::Workshop(const JudgeJob& job, bool confined)
    : who_(confined ? Identity{0, 0, "", false} : invoking_user()),
      rights_(rights_for(job, confined)) {
  if (confined) confinement_ = std::make_unique<Confinement>(job);
  const AsInvokingUser rights;  // in the VM nobody else has asked
  own_ = confined ? confinement_->own() : make_own_folder();
  folder_ = confined ? confinement_->folder() : own_ / "submission";
  try {
    if (!confined && mkdir(folder_.c_str(), 0700)) failed(folder_);
    write_sources(job);
  } catch (...) {
    std::error_code error;
    fs::remove_all(own_, error);
    throw;
  }
}

Workshop::~Workshop() {
  end_processes({});
  confinement_.reset();
  std::error_code error;
  fs::remove_all(own_, error);
}

void Workshop::write_sources(const JudgeJob& job) const {
  for (const SubmissionFile& file : job.files) {
    write_file(folder_ / file.name, file.bytes);
    chmod((folder_ / file.name).c_str(), 0644);  // whatever our umask is
  }
}

std::vector<std::string> Workshop::environment() const {
  return {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=" + folder_.string(),
          "TMPDIR=" + folder_.string()};
}

void Workshop::become_submitter() const {
  if (confined()) return confine(rights_);
  if (!become(who_)) failed("cannot become " + who_.name);
}

// Confined, none can leave its group; and a child of ours may be one that detaches probes.
std::vector<pid_t> Workshop::processes(const std::vector<pid_t>& but) const {
  return confinement_ ? confinement_->processes() : descendants(but);
}

bool Workshop::end_processes(const std::vector<pid_t>& but) const {
  return confinement_ ? confinement_->kill_all() : kill_descendants(but);
}

}  // namespace shmpath
