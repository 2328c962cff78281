// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/grade_loop.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <list>
#include <optional>
#include <system_error>
#include <utility>

#include "tracer/failure.h"
#include "tracer/signals.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

using Clock = std::chrono::steady_clock;

void become_stream(const char* file, int stream) {
  const Fd fd(open(file, O_RDWR | O_CLOEXEC));
  if (fd) dup2(fd.get(), stream);
}

// The process that grades one. It is asked to end when its parent does: as in the parent, that is
// noted, and the judge looks at it.
[[noreturn]] void grade_one(const HandIn& what, const GradeStore& store, const GradeWork& work,
                            const std::string& kernel, pid_t parent, int said) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(exit_failure);
  become_stream("/dev/null", STDIN_FILENO);
  become_stream("/dev/null", STDOUT_FILENO);
  dup2(said, STDERR_FILENO);
  int status = 0;
  try {
    store.write(what, kernel, work(what));
  } catch (const std::exception& error) {
    // a memfd: written at once, and to where the parent looks
    const std::string reason = error.what();
    if (ftruncate(said, 0) || pwrite(said, reason.data(), reason.size(), 0) < 0) status = 1;
    status = exit_failure;
  }
  _exit(status);
}

// One that is being graded.
class Grading {
 public:
  Grading(const HandIn& what, const GradeStore& store, const GradeWork& work,
          const std::string& kernel)
      : what_(what), said_(memfd_create("shmpath-grade", MFD_CLOEXEC)), begun_(Clock::now()) {
    if (!said_) throw std::system_error(errno, std::generic_category(), "memfd_create");
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) grade_one(what, store, work, kernel, parent, said_.get());
    end_ = Fd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  }
  ~Grading() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Grading(const Grading&) = delete;
  Grading& operator=(const Grading&) = delete;

  const HandIn& what() const { return what_; }
  int end_fd() const { return end_.get(); }
  void ask_to_end() const {
    if (pid_ > 0) kill(pid_, SIGTERM);
  }

  // Whether it is over.
  bool over() {
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      if (WIFSIGNALED(status))
        died_ = fmt::format("the grader was ended by signal {}", WTERMSIG(status));
      else if (WEXITSTATUS(status))
        died_ = words();
    }
    return pid_ == 0;
  }

  void end_after(std::chrono::seconds limit) {
    if (pid_ <= 0 || Clock::now() - begun_ < limit) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
    died_ = fmt::format("it took longer than {} minutes to grade", limit.count() / 60);
  }

  // Why there is no result; "" if all went well.
  const std::string& died() const { return died_; }

 private:
  std::string words() const {
    std::string text(4096, '\0');
    const ssize_t got = pread(said_.get(), text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text.empty() ? "the grader failed" : strip_controls(text);
  }

  HandIn what_;
  Fd said_, end_;
  Clock::time_point begun_;
  pid_t pid_ = 0;
  std::string died_;
};

// Sleeps until one of them ends, or for a moment.
void wait_for_one(const std::list<Grading>& running) {
  constexpr int moment_ms = 250;
  std::vector<pollfd> ends;
  for (const Grading& one : running) ends.push_back({one.end_fd(), POLLIN, 0});
  poll(ends.data(), ends.size(), moment_ms);  // EINTR is as good
}

// Lets them end what they started; who does not listen is killed by the destructor.
void end_all(std::list<Grading>& running) {
  const auto last = Clock::now() + std::chrono::seconds(20);
  while (!running.empty() && Clock::now() < last) {
    for (const Grading& one : running) one.ask_to_end();
    wait_for_one(running);
    running.remove_if([](Grading& one) { return one.over(); });
  }
  running.clear();
}

// What the store has of it now, or the reason why it has nothing, which is put there then.
Assessment settle(const Grading& one, const GradeStore& store, const std::string& kernel) {
  const HandIn& what = one.what();
  const auto result = store.read(what);
  if (one.died().empty() && result && result->key == what.key) return result->assessment;
  Assessment assessment = no_grade(
      what.kit->exercise, one.died().empty() ? "the grader left no result" : one.died(), true);
  store.write(what, kernel, assessment);
  return assessment;
}

}  // namespace

Assessment no_grade(const Exercise& exercise, const std::string& reason, bool again) {
  Assessment assessment;
  assessment.exercise = exercise.id();
  assessment.again = again;
  assessment.reason = strip_controls(reason);
  assessment.of = exercise.points - exercise.hidden_points;
  assessment.hidden_points = exercise.hidden_points;
  for (const RubricLine& line : exercise.lines) {
    AssessedLine& mine = assessment.lines.emplace_back();
    mine.id = line.id;
    mine.text = line.text;
    mine.worth = line.points;
    mine.hidden = line.hidden;
  }
  return assessment;
}

void grade_all(const std::vector<HandIn>& todo, const GradeStore& store, const GradeWork& work,
               const LoopOptions& options, GradeWatcher& watcher) {
  const StopSignals signals;
  std::list<Grading> running;
  auto next = todo.begin();
  while (next != todo.end() || !running.empty()) {
    if (stops_asked()) {
      end_all(running);
      throw Failure("grading was interrupted", "the results so far are kept",
                    "start it again, and it goes on where it was", 128 + last_stop());
    }
    for (; next != todo.end() && running.size() < options.jobs; ++next) {
      running.emplace_back(*next, store, work, options.kernel);
      watcher.begun(*next);
    }
    watcher.tick();
    wait_for_one(running);
    for (auto one = running.begin(); one != running.end();) {
      one->end_after(options.limit);
      if (!one->over()) {
        ++one;
        continue;
      }
      if (!stops_asked()) watcher.ended(one->what(), settle(*one, store, options.kernel));
      one = running.erase(one);
    }
  }
}

}  // namespace shmpath
