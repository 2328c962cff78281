// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/grade_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "tracer/failure.h"
#include "tracer/target.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

constexpr std::string_view format_name = "shmpath.result/1";
constexpr std::size_t most_bytes = 4U << 20;
constexpr std::size_t longest_name = 120;

std::string file_of(const HandIn& what) {
  return fmt::format("{}@{}.json", safe_file_name(what.student), what.kit->exercise.id());
}

Failure cannot(const std::string& verb, const std::filesystem::path& path) {
  return {fmt::format("cannot {} the results in {}", verb, escape_bytes(path.string())),
          strerror(errno), "give a folder that you may write to: --results FOLDER"};
}

// A regular file of a sensible size, never by a link; nothing else.
std::optional<std::string> read_regular(int folder, const std::string& name) {
  const Fd fd(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!fd || fstat(fd.get(), &info) || !S_ISREG(info.st_mode)) return std::nullopt;
  if (static_cast<std::size_t>(info.st_size) > most_bytes) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    size += static_cast<std::size_t>(got);
  }
  return bytes;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno != EINTR) return false;
    if (done > 0) bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return fsync(fd) == 0;
}

// nlohmann's dump() goes as deep as the value does, so what is deep is no value.
nlohmann::json parse_shallow(const std::string& text) {
  constexpr int deepest = 8;
  bool deep = false;
  const auto shallow = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    deep = deep || depth > deepest;
    return !deep;
  };
  nlohmann::json json = nlohmann::json::parse(text, shallow);
  return deep ? nlohmann::json() : json;
}

}  // namespace

std::string safe_file_name(const std::string& name) {
  std::string safe;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool first = safe.empty();
    if (letter || c == '_' || (!first && (c == '.' || c == '-')))
      safe += c;
    else
      safe += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  if (safe.size() <= longest_name) return safe;
  return safe.substr(0, longest_name) + "%" + digest_of({{{"name", name}}, {}});
}

std::string why_not_of(const Exercise& exercise, const Assessment& assessment) {
  if (assessment.exercise != exercise.id()) return "of another exercise";
  if (assessment.of > exercise.points || assessment.points > assessment.of)
    return "more points than there are";
  if (assessment.graded && assessment.again) return "graded, and to be graded again";
  if (!assessment.graded) return assessment.points ? "points without a grade" : "";
  unsigned points = 0;
  for (const AssessedLine& line : assessment.lines) {
    const auto asked = std::ranges::find(exercise.lines, line.id, &RubricLine::id);
    if (asked == exercise.lines.end()) return "a line that the rubric does not have";
    if (line.worth != asked->points || line.points != (line.met ? line.worth : 0))
      return "points that the rubric does not give";
    points += line.points;
  }
  if (assessment.lines.size() != exercise.lines.size()) return "not all lines of the rubric";
  return points == assessment.points ? "" : "points that do not add up";
}

GradeStore::GradeStore(const std::filesystem::path& folder, Make make, Where where)
    : path_(folder) {
  const AsInvokingUser rights;
  if (make == Make::yes) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
  }
  const int links = where == Where::beside ? O_NOFOLLOW : 0;
  folder_ = Fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | links));
  if (!folder_) throw cannot(make == Make::yes ? "keep" : "read", folder);
}

void GradeStore::lock(unsigned shard, unsigned shards, std::chrono::milliseconds patience) {
  const AsInvokingUser rights;
  const std::string name = fmt::format(".lock-{}-of-{}", shard, shards);
  const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  lock_ = Fd(openat(folder_.get(), name.c_str(), flags, 0666));
  if (!lock_) throw cannot("keep", path_);
  // those that a killed run has begun may still be ending
  const auto last = std::chrono::steady_clock::now() + patience;
  do {
    if (flock(lock_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  } while (std::chrono::steady_clock::now() < last);
  throw Failure("cannot grade into " + escape_bytes(path_.string()),
                "another shmpath grade does so already",
                "wait for its end, or give another folder: --results FOLDER");
}

std::optional<GradeResult> GradeStore::read(const HandIn& what) const {
  std::optional<std::string> bytes;
  {
    const AsInvokingUser rights;
    bytes = read_regular(folder_.get(), file_of(what));
  }
  if (!bytes) return std::nullopt;
  try {
    const nlohmann::json json = parse_shallow(*bytes);
    if (json.at("format") != format_name || json.at("student") != what.student) return std::nullopt;
    GradeResult result{json.at("key"), json.at("kernel"),
                       parse_assessment(json.at("assessment").dump(), file_of(what))};
    // one with another key may be of another rubric: it will not count, whatever it says
    if (result.key == what.key && !why_not_of(what.kit->exercise, result.assessment).empty())
      return std::nullopt;
    return result;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const Failure&) {
    return std::nullopt;
  }
}

void GradeStore::write(const HandIn& what, const std::string& kernel,
                       const Assessment& assessment) const {
  const nlohmann::ordered_json json{
      {"format", format_name},
      {"student", what.student},
      {"key", what.key},
      {"kernel", kernel},
      {"assessment", nlohmann::ordered_json::parse(assessment_json(assessment))}};
  const AsInvokingUser rights;
  const std::string name = file_of(what), fresh = "." + name + ".new";
  unlinkat(folder_.get(), fresh.c_str(), 0);  // of a run that was cut off
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Fd fd(openat(folder_.get(), fresh.c_str(), flags, 0666));
  const bool written = fd && write_all(fd.get(), json.dump() + "\n");
  if (written && renameat(folder_.get(), fresh.c_str(), folder_.get(), name.c_str()) == 0) return;
  const int error = errno;
  unlinkat(folder_.get(), fresh.c_str(), 0);
  errno = error;
  throw cannot("keep", path_);
}

}  // namespace shmpath
