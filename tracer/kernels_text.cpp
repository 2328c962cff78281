// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/kernels_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

namespace shmpath {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::string_view word : split(line, ' '))
    if (!word.empty()) words.push_back(word);
  return words;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The names of Debian's suites. Another distribution's archive is never taken for Debian's, also
// where its own name is not known yet because its lists were never fetched.
bool is_debian_suite(std::string_view suite) {
  constexpr std::array<std::string_view, 13> names{
      "buster", "bullseye",  "bookworm",     "trixie",  "forky",    "duke",        "sid",
      "stable", "oldstable", "oldoldstable", "testing", "unstable", "experimental"};
  return std::find(names.begin(), names.end(), suite) != names.end();
}

// The name of a module by its file: "9pnet_virtio". A dash and an underscore are the same.
std::string module_name(std::string_view file) {
  file = file.substr(file.rfind('/') + 1);
  std::string name(file.substr(0, file.find(".ko")));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

bool version_matches(std::string_view asked, std::string_view full) {
  return !asked.empty() && full.starts_with(asked) &&
         (full.size() == asked.size() || !is_alnum(full[asked.size()]));
}

bool version_older(std::string_view left, std::string_view right) {
  std::size_t l = 0, r = 0;
  while (l < left.size() && r < right.size()) {
    if (!is_digit(left[l]) || !is_digit(right[r])) {
      if (left[l] != right[r]) return left[l] < right[r];
      l++, r++;
      continue;
    }
    std::uint64_t left_number = number(left.substr(l)), right_number = number(right.substr(r));
    if (left_number != right_number) return left_number < right_number;
    while (l < left.size() && is_digit(left[l])) l++;
    while (r < right.size() && is_digit(right[r])) r++;
  }
  return l == left.size() && r < right.size();
}

bool is_release(std::string_view text) {
  constexpr std::size_t most = 64;  // of struct utsname
  return !text.empty() && text.size() <= most && is_digit(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_alnum(c) || std::string_view(".+-_~").find(c) != std::string_view::npos;
         });
}

Archives find_archives(std::string_view targets) {
  Archives known, unknown;  // by an archive that says it is Debian's, and by one not asked yet
  for (std::string_view line : split(targets, '\n')) {
    auto fields = split(line, '|');
    if (fields.size() != 5 || fields[4] != "Packages" || fields[2] != "main") continue;
    std::string_view uri = fields[0], suite = fields[1], origin = fields[3];
    if (uri.starts_with("cdrom:") || uri.find_first_of(" []") != std::string_view::npos) continue;
    Archives& archives = origin == "Debian" ? known : unknown;
    if (!origin.empty() && origin != "Debian") continue;
    constexpr std::string_view ending = "-security";
    bool security = suite.ends_with(ending);
    if (security) suite.remove_suffix(ending.size());
    std::string& found = security ? archives.security : archives.main;
    if (is_debian_suite(suite) && found.empty()) found = uri;
  }
  if (known.main.empty()) known.main = unknown.main;
  if (known.security.empty()) known.security = unknown.security;
  return known;
}

std::vector<std::string> depended_on(std::string_view depends) {
  std::vector<std::string> packages;
  for (std::string_view line : split(depends, '\n')) {
    constexpr std::string_view start = "  Depends: ";
    if (!line.starts_with(start)) continue;
    line.remove_prefix(start.size());
    if (!line.empty() && is_alnum(line[0])) packages.emplace_back(line);  // no <virtual>
  }
  return packages;
}

std::optional<std::string> image_release(const std::vector<std::string>& packages) {
  constexpr std::string_view start = "linux-image-";
  for (std::string_view package : packages) {
    if (!package.starts_with(start)) continue;
    package.remove_prefix(start.size());
    if (is_release(package)) return std::string(package);
  }
  return std::nullopt;
}

std::uint64_t download_bytes(std::string_view uris) {
  std::uint64_t bytes = 0;
  for (std::string_view line : split(uris, '\n')) {
    auto words = words_of(line);  // 'URI' FILE BYTES HASH
    if (words.size() >= 3 && words[0].starts_with('\'')) bytes += number(words[2]);
  }
  return bytes;
}

PackageFacts package_facts(std::string_view show) {
  PackageFacts facts;
  for (std::string_view line : split(show, '\n')) {
    constexpr std::string_view size = "Installed-Size: ", version = "Version: ";
    if (line.starts_with(size)) facts.installed_bytes += number(line.substr(size.size())) * 1024;
    if (line.starts_with(version) && facts.version.empty())
      facts.version = line.substr(version.size());
  }
  return facts;
}

LoadOrder load_order(std::string_view dep, std::string_view builtin,
                     const std::vector<std::string>& modules) {
  std::map<std::string, std::string_view> lines;  // module -> its line
  for (std::string_view line : split(dep, '\n'))
    if (auto colon = line.find(':'); colon != std::string_view::npos)
      lines[module_name(line.substr(0, colon))] = line;
  std::set<std::string> in_kernel;
  for (std::string_view file : split(builtin, '\n')) in_kernel.insert(module_name(file));
  LoadOrder order;
  auto add = [&order](std::string_view file) {
    if (std::find(order.files.begin(), order.files.end(), file) == order.files.end())
      order.files.emplace_back(file);
  };
  for (const std::string& module : modules) {
    auto found = lines.find(module);
    if (found == lines.end()) {
      if (!in_kernel.contains(module)) order.missing.push_back(module);
      continue;
    }
    std::size_t colon = found->second.find(':');
    auto needed = words_of(found->second.substr(colon + 1));  // what is needed first stands last
    std::for_each(needed.rbegin(), needed.rend(), add);
    add(found->second.substr(0, colon));
  }
  return order;
}

std::optional<ImageHeader> parse_image_header(std::string_view bytes) {
  constexpr std::size_t setup_sectors = 0x1f1, system_size = 0x1f4, boot_flag = 0x1fe,
                        magic = 0x202, version = 0x206, release = 0x20e, header_end = 0x210,
                        sector = 512, paragraph = 16, release_base = 0x200;
  if (bytes.size() < header_end || bytes.substr(boot_flag, 2) != "\x55\xaa" ||
      bytes.substr(magic, 4) != "HdrS" || little_endian(bytes, version, 2) < 0x200)
    return std::nullopt;
  std::size_t at = little_endian(bytes, release, 2) + release_base;
  if (at >= bytes.size()) return std::nullopt;
  ImageHeader header;
  header.release = bytes.substr(at, bytes.substr(at).find_first_of(std::string_view(" \0", 2)));
  if (!is_release(header.release)) return std::nullopt;
  std::uint64_t sectors = little_endian(bytes, setup_sectors, 1);
  if (sectors == 0) sectors = 4;  // as the protocol has it
  header.least_bytes = (sectors + 1) * sector + little_endian(bytes, system_size, 4) * paragraph;
  return header;
}

}  // namespace shmpath
