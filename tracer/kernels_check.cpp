// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/kernels_check.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <sstream>

#include "tracer/failure.h"
#include "tracer/kernels_text.h"
#include "tracer/subprocess.h"

namespace shmpath {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view first_line = "shmpath kernel 1";

struct Tree {
  std::uint64_t files = 0, bytes = 0;
};

Tree tree_of(const fs::path& folder) {
  Tree tree;
  std::error_code none;
  fs::recursive_directory_iterator entries(folder, none), end;
  for (; !none && entries != end; entries.increment(none)) {
    std::error_code error;
    if (!entries->is_regular_file(error) || entries->is_symlink(error)) continue;
    tree.files++;
    tree.bytes += entries->file_size(error);
  }
  return tree;
}

// By name, the checksums that sha256sum prints; those of files that cannot be read are absent.
std::map<std::string, std::string> checksums(const fs::path& folder,
                                             const std::vector<StoredFile>& files) {
  constexpr std::size_t digits = 64, gap = 2;
  ProgramCall call{.words = {"sha256sum", "--"}, .folder = folder, .output_file = "", .tick = {}};
  for (const StoredFile& file : files) call.words.push_back(file.name);
  std::map<std::string, std::string> sums;
  std::istringstream lines(run_program(call).out);
  for (std::string line; std::getline(lines, line);)
    if (line.size() > digits + gap) sums[line.substr(digits + gap)] = line.substr(0, digits);
  return sums;
}

// A path below the folder, of plain words: the manifest may have been written by anyone.
bool is_plain_path(const std::string& name) {
  if (name.empty() || name[0] == '/' || name.find("..") != std::string::npos) return false;
  return name.find_first_of("\\\n") == std::string::npos;
}

bool is_checksum(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string manifest_text(const Manifest& manifest) {
  std::string text = fmt::format("{}\nrelease {}\nseries {}\nversion {}\ntree {} {}\n", first_line,
                                 manifest.release, manifest.series, manifest.version,
                                 manifest.tree_files, manifest.tree_bytes);
  for (const StoredFile& file : manifest.files)
    text += fmt::format("file {} {} {}\n", file.sha256, file.bytes, file.name);
  return text + "end\n";
}

std::optional<Manifest> parse_manifest(std::string_view text) {
  std::istringstream lines{std::string(text)};
  std::string line;
  if (!std::getline(lines, line) || line != first_line) return std::nullopt;
  Manifest manifest;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "release") words >> manifest.release;
    if (word == "series") words >> manifest.series;
    if (word == "version") words >> manifest.version;
    if (word == "tree") words >> manifest.tree_files >> manifest.tree_bytes;
    if (word == "file") {
      StoredFile file;
      words >> file.sha256 >> file.bytes >> file.name;
      if (!words || !is_checksum(file.sha256) || !is_plain_path(file.name)) return std::nullopt;
      manifest.files.push_back(file);
    }
    if (!words) return std::nullopt;
    if (word == "end")
      return is_release(manifest.release) && !manifest.files.empty() ? std::optional(manifest)
                                                                     : std::nullopt;
  }
  return std::nullopt;  // cut off
}

void add_facts(const fs::path& folder, Manifest& manifest) {
  auto sums = checksums(folder, manifest.files);
  for (StoredFile& file : manifest.files) {
    std::error_code error;
    file.bytes = fs::file_size(folder / file.name, error);
    file.sha256 = sums[file.name];
    if (error || file.sha256.empty())
      throw Failure("cannot read " + (folder / file.name).string(),
                    error ? error.message() : "no checksum", "try again");
  }
  Tree tree = tree_of(folder / "lib");
  manifest.tree_files = tree.files;
  manifest.tree_bytes = tree.bytes;
}

std::string fault_of(const fs::path& folder, const Manifest& manifest) {
  for (const StoredFile& file : manifest.files) {
    std::error_code error;
    std::uint64_t bytes = fs::file_size(folder / file.name, error);
    if (error) return fmt::format("{} is missing", file.name);
    if (bytes != file.bytes)
      return fmt::format("{} has {} bytes instead of {}", file.name, bytes, file.bytes);
  }
  Tree tree = tree_of(folder / "lib");
  if (tree.files != manifest.tree_files || tree.bytes != manifest.tree_bytes)
    return fmt::format("its modules are {} files of {} bytes instead of {} of {}", tree.files,
                       tree.bytes, manifest.tree_files, manifest.tree_bytes);
  auto sums = checksums(folder, manifest.files);
  for (const StoredFile& file : manifest.files)
    if (sums[file.name] != file.sha256)
      return fmt::format("{} is not what was fetched (its checksum differs)", file.name);
  return "";
}

}  // namespace shmpath
