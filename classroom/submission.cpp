// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/submission.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "tracer/failure.h"
#include "tracer/fd.h"
#include "tracer/target.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

constexpr std::size_t most_files = 64, most_bytes = 1 << 20;
constexpr std::size_t most_entries = 10000;  // of the folder, whatever they are
constexpr std::size_t most_told = 64;        // of what is left out
constexpr std::string_view kinds[] = {".c", ".cc", ".cpp", ".h", ".hpp"};

bool is_source(std::string_view name) {
  return std::ranges::any_of(kinds, [&](std::string_view kind) { return name.ends_with(kind); });
}

// The reason why a file of that name is not even opened; "" for none.
std::string why_not(const std::string& name) {
  if (name == "Makefile" || name == "makefile" || name == "GNUmakefile")
    return "the exercise has its own Makefile";
  if (!is_source(name)) return "not a source: *.c, *.cc, *.cpp, *.h or *.hpp";
  if (!is_plain_name(name))
    return "its name may have letters, digits, '.', '_' and '-', and begins with one of the first "
           "two or '_'";
  return "";
}

std::string why_not_regular(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  return "not a regular file";
}

// All of it, but no more than one byte above the limit.
std::optional<std::string> read_all(int fd) {
  std::string bytes(most_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(fd, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

// Neither a link is followed, nor is a fifo waited for, nor a device touched: what was opened is
// looked at, not what lay there before.
std::string take_file(int folder, const std::string& name, std::string& bytes) {
  const Fd fd(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return errno == ELOOP ? "a link" : strerror(errno);
  struct stat info {};
  if (fstat(fd.get(), &info)) return strerror(errno);
  if (!S_ISREG(info.st_mode)) return why_not_regular(info.st_mode);
  auto read = read_all(fd.get());
  if (!read) return strerror(errno);
  bytes = std::move(*read);
  return "";
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

Failure unreadable(const std::filesystem::path& folder, const std::string& reason) {
  return {"cannot read the submission " + escape_bytes(folder.string()), reason,
          "give the folder that has the sources"};
}

Folder open_folder(const std::filesystem::path& folder) {
  std::string path = folder.string();
  // these would follow a link
  while (path.size() > 2 && (path.ends_with('/') || path.ends_with("/."))) path.pop_back();
  Fd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd)
    throw unreadable(folder, errno == ENOTDIR ? "it is a link, or no folder" : strerror(errno));
  const int number = dup(fd.get());
  Folder opened(number < 0 ? nullptr : fdopendir(number));
  if (!opened) throw unreadable(folder, strerror(errno));
  return opened;
}

std::vector<std::string> names_in(DIR* folder, const std::filesystem::path& path) {
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    if (names.size() > most_entries)
      throw unreadable(path, fmt::format("it has more than {} entries", most_entries));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 255 && name[0] != '.' && name[0] != '-' &&
         std::ranges::all_of(name, plain);
}

Submission read_submission(const std::filesystem::path& path) {
  const AsInvokingUser rights;
  const Folder folder = open_folder(path);
  Submission submission;
  std::size_t bytes = 0, untold = 0;
  for (const std::string& name : names_in(folder.get(), path)) {
    SubmissionFile file{name, ""};
    std::string reason = why_not(name);
    if (reason.empty()) reason = take_file(dirfd(folder.get()), name, file.bytes);
    if (reason.empty()) {
      bytes += file.bytes.size();
      submission.files.push_back(std::move(file));
      if (submission.files.size() > most_files)
        throw unreadable(path, fmt::format("it has more than {} sources", most_files));
      if (bytes > most_bytes) throw unreadable(path, "its sources have more than 1 MiB");
    } else if (submission.left_out.size() < most_told) {
      submission.left_out.push_back(escape_bytes(name) + ": " + reason);
    } else {
      untold++;
    }
  }
  if (untold) submission.left_out.push_back(fmt::format("and {} more", untold));
  return submission;
}

// FNV-1a of 128 bits. It tells what has changed; that two submissions could be made to have the
// same harms nobody but their author, whose second one is not looked at.
std::string digest_of(const Submission& submission) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide prime = (Wide{1} << 88) + 0x13b;
  Wide hash = (Wide{0x6c62272e07bb0142} << 64) + 0x62b821756295c58d;
  const auto add = [&](std::string_view bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * prime;
  };
  for (const SubmissionFile& file : submission.files) {
    add(fmt::format("{} {} ", file.name, file.bytes.size()));
    add(file.bytes);
  }
  return fmt::format("{:016x}{:016x}", static_cast<std::uint64_t>(hash >> 64),
                     static_cast<std::uint64_t>(hash));
}

}  // namespace shmpath
