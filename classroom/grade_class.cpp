// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/grade_class.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include "tracer/failure.h"
#include "tracer/fd.h"
#include "tracer/target.h"
#include "tracer/text.h"
#include "tracer/version.h"

namespace shmpath {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_entries = 100'000;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

// One entry of a folder, as it is: a link is a link.
struct Entry {
  std::string name;
  bool folder = false, link = false;
};

std::string why_not_folder(const Entry& entry) {
  return entry.link ? "it is a link, and links are not followed" : "it is not a folder";
}

// The entries that are not hidden, by name. The folder may be reached by links only if it is our
// own. On failure the reason is said, and there are none.
std::vector<Entry> entries_of(const fs::path& path, bool own, std::string& reason) {
  const AsInvokingUser rights;
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (own ? 0 : O_NOFOLLOW);
  const int fd = open(path.c_str(), flags);
  const std::unique_ptr<DIR, CloseFolder> folder(fd < 0 ? nullptr : fdopendir(fd));
  if (!folder) {
    reason = strerror(errno);
    return {};
  }
  std::vector<Entry> entries;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] == '.') continue;
    struct stat info {};
    if (fstatat(dirfd(folder.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW)) continue;
    entries.push_back({entry->d_name, S_ISDIR(info.st_mode), S_ISLNK(info.st_mode)});
    if (entries.size() <= most_entries) continue;
    reason = fmt::format("it has more than {} entries", most_entries);
    return {};
  }
  std::ranges::sort(entries, {}, &Entry::name);
  return entries;
}

// Its trouble, and its key.
void look_at(HandIn& what) {
  try {
    what.key = key_of(what, read_hand_in(what));
  } catch (const Failure& failure) {
    what.trouble = failure.reason();
    const AsInvokingUser rights;
    what.ours = faccessat(AT_FDCWD, what.folder.c_str(), R_OK | X_OK, AT_EACCESS) != 0;
  }
}

class Reader {
 public:
  Reader(const std::vector<ExerciseKit>& kits, const std::vector<const ExerciseKit*>& only)
      : kits_(kits), only_(only) {}

  void student(const fs::path& folder, const std::string& name) {
    const std::string student = escape_bytes(name);
    std::string reason;
    const std::vector<Entry> entries = entries_of(folder, false, reason);
    if (!reason.empty()) return found_.unread.push_back(student + ": " + reason);
    std::map<unsigned, HandIn> mine;  // by number
    for (const Entry& entry : entries) {
      const ExerciseKit* kit = exercise_named(kits_, entry.name);
      if (!kit)
        found_.unknown.push_back(student + "/" + escape_bytes(entry.name) + ": no such exercise");
      else if (wanted(kit))
        add(mine, {student, kit, folder / entry.name, "", false, false, ""}, entry);
    }
    for (const ExerciseKit* kit : only_)
      mine.try_emplace(kit->exercise.number,
                       HandIn{student, kit, "", "nothing was handed in", true, false, ""});
    for (auto& [number, what] : mine) {
      if (what.trouble.empty()) look_at(what);
      found_.handed_in.push_back(std::move(what));
    }
  }

  StudentClass take(const fs::path& folder) {
    std::string reason;
    const std::vector<Entry> students = entries_of(folder, true, reason);
    if (reason.empty() && students.empty()) reason = "there is no student's folder in it";
    if (!reason.empty())
      throw Failure("cannot grade " + escape_bytes(folder.string()), reason,
                    "give a folder that has DIR/<student>/<NN-name>/");
    for (const Entry& entry : students) {
      if (entry.folder)
        student(folder / entry.name, entry.name);
      else
        (entry.link ? found_.unread : found_.unknown)
            .push_back(escape_bytes(entry.name) + ": " + why_not_folder(entry));
    }
    return std::move(found_);
  }

 private:
  bool wanted(const ExerciseKit* kit) const {
    return only_.empty() || std::ranges::find(only_, kit) != only_.end();
  }

  static void add(std::map<unsigned, HandIn>& mine, HandIn what, const Entry& entry) {
    if (!entry.folder) what.trouble = why_not_folder(entry);
    const auto [at, added] = mine.try_emplace(what.kit->exercise.number, what);
    if (added) return;
    at->second.trouble =
        fmt::format("it was handed in twice, as {} and as {}; keep one of them",
                    escape_bytes(at->second.folder.filename().string()), escape_bytes(entry.name));
  }

  const std::vector<ExerciseKit>& kits_;
  const std::vector<const ExerciseKit*>& only_;
  StudentClass found_;
};

}  // namespace

StudentClass read_class(const fs::path& folder, const std::vector<ExerciseKit>& kits,
                        const std::vector<const ExerciseKit*>& only) {
  return Reader(kits, only).take(folder);
}

std::vector<HandIn> take_shard(const std::vector<HandIn>& all, unsigned shard, unsigned shards) {
  std::vector<HandIn> mine;
  for (std::size_t at = shard - 1; at < all.size(); at += shards) mine.push_back(all[at]);
  return mine;
}

Submission read_hand_in(const HandIn& what) { return read_submission(what.folder); }

std::string key_of(const HandIn& what, const Submission& submission) {
  Submission all{{{"shmpath", shmpath_version()},
                  {"rubric", what.kit->rubric_bytes},
                  {"Makefile", what.kit->makefile.bytes}},
                 {}};
  for (const std::string& left_out : submission.left_out)
    all.files.push_back({"left out", left_out});
  all.files.insert(all.files.end(), submission.files.begin(), submission.files.end());
  return digest_of(all);
}

}  // namespace shmpath
