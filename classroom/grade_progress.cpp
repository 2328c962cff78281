// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/grade_progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tracer/screen_text.h"

namespace shmpath {
namespace {

std::string time_left(double seconds) {
  constexpr double minute = 60, hour = 3600;
  if (seconds < minute) return fmt::format("about {:.0f} s left", std::max(seconds, 1.0));
  if (seconds < hour) return fmt::format("about {:.0f} min left", seconds / minute);
  return fmt::format("about {:.1f} h left", seconds / hour);
}

std::size_t columns_here() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

std::string name_of(const HandIn& what) {
  return fmt::format("{} {}", what.student, what.kit->exercise.id());
}

std::string outcome(const Assessment& assessment) {
  const std::string points = fmt::format("{}/{}", assessment.points, assessment.of);
  if (assessment.graded)
    return assessment.reason.empty() ? points : points + ", " + assessment.reason;
  return (assessment.again ? "to be graded again: " : "no grade: ") + assessment.reason;
}

std::string grade_bar(std::size_t done, std::size_t all, const std::string& what,
                      std::optional<double> seconds_left, std::size_t columns) {
  constexpr std::size_t length = 20;
  done = std::min(done, all);
  const std::size_t full = all ? length * done / all : length;
  const std::string left = seconds_left && done < all ? ", " + time_left(*seconds_left) : "";
  const std::string line = fmt::format("[{}{}] {}/{} {}{}", std::string(full, '#'),
                                       std::string(length - full, ' '), done, all, what, left);
  return cut_to(line, columns);
}

GradeProgress::GradeProgress(std::size_t before, std::size_t all)
    : before_(before),
      all_(all),
      terminal_(isatty(STDERR_FILENO)),
      begun_(std::chrono::steady_clock::now()) {}

GradeProgress::~GradeProgress() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

void GradeProgress::begun(const HandIn& what) { what_ = name_of(what); }

void GradeProgress::ended(const HandIn& what, const Assessment& assessment) {
  ended_++;
  if (terminal_) return draw();
  const auto left = seconds_left();
  fmt::print(stderr, "{}/{} {}: {}{}\n", before_ + ended_, all_, name_of(what), outcome(assessment),
             left && before_ + ended_ < all_ ? ", " + time_left(*left) : "");
  std::fflush(stderr);
}

void GradeProgress::tick() {
  if (terminal_) draw();
}

std::optional<double> GradeProgress::seconds_left() const {
  if (!ended_) return std::nullopt;
  const std::chrono::duration<double> so_far = std::chrono::steady_clock::now() - begun_;
  return so_far.count() / static_cast<double>(ended_) *
         static_cast<double>(all_ - before_ - ended_);
}

void GradeProgress::draw() {
  drawn_ = true;
  fmt::print(stderr, "\r{}\x1b[K",
             grade_bar(before_ + ended_, all_, what_, seconds_left(), columns_here() - 1));
  std::fflush(stderr);
}

}  // namespace shmpath
