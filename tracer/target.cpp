// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/target.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "tracer/argv.h"
#include "tracer/failure.h"
#include "tracer/inherited.h"

namespace shmpath {
namespace {

void make_pipe(int (&ends)[2]) {
  if (pipe2(ends, O_CLOEXEC)) throw std::system_error(errno, std::generic_category(), "pipe2");
}

void close_end(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

}  // namespace

std::string resolve_command(const std::string& word) {
  auto not_executable = [&](const std::string& file) {
    return Failure("cannot run " + file, "permission denied",
                   "make it executable: chmod +x " + file, exit_not_executable);
  };
  const auto path = variable(inherited_by(invoking_user()).environment, "PATH");
  AsInvokingUser rights;
  auto usable = [](const std::string& file) {
    struct stat info {};
    return stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode)
               ? std::optional(eaccess(file.c_str(), X_OK) == 0)
               : std::nullopt;
  };
  if (word.find('/') != std::string::npos) {
    auto found = usable(word);
    if (found.value_or(false)) return word;
    if (access(word.c_str(), F_OK) == 0) throw not_executable(word);
    throw Failure("cannot run " + word, "no such file", "check the path", exit_not_found);
  }
  std::string rest = path.value_or("/usr/local/bin:/usr/bin:/bin");
  std::optional<std::string> denied;
  for (std::size_t at = 0; at <= rest.size();) {
    std::size_t end = std::min(rest.find(':', at), rest.size());
    std::string folder = rest.substr(at, end - at);
    std::string file = (folder.empty() ? "." : folder) + "/" + word;
    auto found = usable(file);
    if (found.value_or(false)) return file;
    if (found) denied = file;
    at = end + 1;
  }
  if (denied) throw not_executable(*denied);
  throw Failure("cannot run " + word, "command not found", "check its spelling, or give its path",
                exit_not_found);
}

Target::Target(const std::vector<std::string>& command, const Identity& who,
               const TargetStreams& streams)
    : name_(command.at(0)) {
  std::string file = resolve_command(name_);
  const Inherited inherited = inherited_by(who);  // the child has another parent
  make_pipe(go_);
  make_pipe(failed_);
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) run_child(command, file, who, inherited, streams);
  close_end(go_[0]);
  close_end(failed_[1]);
}

void Target::run_child(const std::vector<std::string>& command, const std::string& file,
                       const Identity& who, const Inherited& inherited,
                       const TargetStreams& streams) {
  close(go_[1]);
  InheritedSignals::at_start().restore();
  if (streams.apart) setpgid(0, 0);
  if (streams.in >= 0) dup2(streams.in, STDIN_FILENO);
  if (streams.out >= 0) dup2(streams.out, STDOUT_FILENO);
  if (streams.error >= 0) dup2(streams.error, STDERR_FILENO);
  auto words = pointers_to(command);
  auto environment = pointers_to(inherited.environment);
  take_over(inherited);
  bool ready = become(who);
  if (streams.apart) {  // after that: a change of ids drops the first
    prctl(PR_SET_PDEATHSIG, SIGCONT);
    // What a stopped group gets when its session's parent is gone, and one whose output nobody
    // reads any more: it is to run to its end, and remove what it made.
    for (int signal : {SIGHUP, SIGPIPE}) std::signal(signal, SIG_IGN);
  }
  char go = 0;
  if (read(go_[0], &go, 1) != 1) _exit(exit_failure);  // the tracer is gone, or gave up
  int error = EPERM;
  if (ready) {
    execve(file.c_str(), words.data(), environment.data());
    error = errno;
  }
  [[maybe_unused]] ssize_t told = write(failed_[1], &error, sizeof(error));
  _exit(exit_failure);
}

Target::~Target() {
  if (!released_ && pid_ > 0 && !status_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close_end(go_[1]);
  close_end(failed_[0]);
}

void Target::release() {
  let_go();
  require_exec();
}

void Target::let_go() {
  released_ = true;
  [[maybe_unused]] ssize_t told = write(go_[1], "!", 1);  // a dead child is seen by the read below
  close_end(go_[1]);
}

void Target::require_exec() {
  int error = 0;
  ssize_t got = read(failed_[0], &error, sizeof(error));  // end of file: the exec succeeded
  close_end(failed_[0]);
  if (got != sizeof(error)) return;
  waitpid(pid_, nullptr, 0);
  status_ = ExitStatus{.code = exit_failure};
  const char* remedy = error == ENOEXEC ? "a script needs a first line such as #!/bin/sh"
                                        : "check the file and its interpreter";
  throw Failure("cannot run " + name_, strerror(error), remedy,
                error == ENOENT ? exit_not_found : exit_not_executable);
}

std::optional<ExitStatus> Target::ended() {
  if (status_) return status_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) note_end(status);
  return status_;
}

void Target::note_end(int wait_status) {
  status_ = WIFSIGNALED(wait_status) ? ExitStatus{-1, WTERMSIG(wait_status)}
                                     : ExitStatus{WEXITSTATUS(wait_status), 0};
}

}  // namespace shmpath
