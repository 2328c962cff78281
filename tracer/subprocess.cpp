// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <system_error>

#include "tracer/argv.h"
#include "tracer/ends.h"
#include "tracer/failure.h"

namespace shmpath {
namespace {

constexpr int tick_ms = 200;

// A process group of its own, so that what the program has started ends with it.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);  // it may not have made its group yet
    wait_for_end();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ExitStatus wait_for_end() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
    return WIFSIGNALED(status) ? ExitStatus{-1, WTERMSIG(status)}
                               : ExitStatus{WEXITSTATUS(status), 0};
  }

 private:
  pid_t pid_;
};

// What was called with a person's rights keeps nothing to take more from.
bool settle_ids() {
  return setresgid(getegid(), getegid(), getegid()) == 0 &&
         setresuid(geteuid(), geteuid(), geteuid()) == 0;
}

[[noreturn]] void run_child(const std::string& file, const ProgramCall& call, int out, int err) {
  if (!settle_ids()) _exit(exit_failure);
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_DFL);
  const auto words = pointers_to(call.words);
  setenv("LC_ALL", "C", 1);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  if (nothing > STDERR_FILENO) close(nothing);
  if (call.folder.empty() || chdir(call.folder.c_str()) == 0) execv(file.c_str(), words.data());
  dprintf(STDERR_FILENO, "%s: %s\n", file.c_str(), strerror(errno));
  _exit(exit_not_executable);
}

// Takes what there is to read; false at the end.
bool take(int fd, std::string& text) {
  char piece[4096];
  ssize_t got = read(fd, piece, sizeof(piece));
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  text.append(piece, static_cast<std::size_t>(got));
  return got > 0;
}

void read_all(Fd& out, Fd& err, ProgramResult& result, const std::function<void()>& tick) {
  while (out.get() >= 0 || err.get() >= 0) {
    pollfd ready[] = {{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}};
    int count = poll(ready, 2, tick_ms);
    if (tick) tick();
    if (count <= 0) continue;
    if (ready[0].revents && !take(out.get(), result.out)) out.reset();
    if (ready[1].revents && !take(err.get(), result.err)) err.reset();
  }
}

// The last lines that say something, as one. Where a program tells errors from warnings ("W: "), as
// apt does, the warnings are no part of the reason.
std::string last_words(const std::string& text) {
  constexpr std::size_t most = 3;
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos && !line.starts_with("W: "))
      lines.push_back(line);
  std::string said;
  for (std::size_t i = lines.size() > most ? lines.size() - most : 0; i < lines.size(); i++)
    said += (said.empty() ? "" : " / ") + lines[i];
  return said;
}

}  // namespace

std::optional<std::string> find_program(const std::string& name) {
  const char* path = getenv("PATH");
  std::istringstream folders(std::string(path ? path : "/usr/bin:/bin") + ":/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string file = fmt::format("{}/{}", folder, name);
    if (!folder.empty() && access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

ProgramResult run_program(const ProgramCall& call) {
  const std::string& name = call.words.at(0);
  auto file = find_program(name);
  if (!file)
    throw Failure("cannot run " + name, "it is not installed", "install it", exit_not_found);
  PipeEnds out, err;
  if (!call.output_file.empty()) {
    out.read_end.reset();
    out.write_end =
        Fd(open(call.output_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (out.write_end.get() < 0)
      throw Failure("cannot write " + call.output_file, strerror(errno), "");
  }
  pid_t pid = fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) run_child(*file, call, out.write_end.get(), err.write_end.get());
  Child child(pid);
  out.write_end.reset();
  err.write_end.reset();
  ProgramResult result;
  read_all(out.read_end, err.read_end, result, call.tick);
  result.status = child.wait_for_end();
  return result;
}

std::string run_or_fail(const std::string& thing, const ProgramCall& call,
                        const std::string& remedy) {
  ProgramResult result = run_program(call);
  if (result.status.code == 0) return result.out;
  std::string said = last_words(result.err);
  if (said.empty())
    said = result.status.signal ? fmt::format("ended by signal {}", result.status.signal)
                                : fmt::format("exit status {}", result.status.code);
  throw Failure(thing, fmt::format("{}: {}", call.words[0], said), remedy);
}

}  // namespace shmpath
