// SPDX-License-Identifier: BSD-2-Clause
//
// What the package tools and the files of a kernel say, read into values. Pure: no file is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shmpath {

// `full` is that version, or one of that series: "6.12" is "6.12.117+deb12-amd64", and not "6.120".
bool version_matches(std::string_view asked, std::string_view full);

// Numbers count as numbers: "6.9" is older than "6.12".
bool version_older(std::string_view left, std::string_view right);

// A release as uname -r says it, fit to be a folder's name.
bool is_release(std::string_view text);

// The base addresses of the distribution's archives, as this machine is set up to use them. Either
// may be empty.
struct Archives {
  std::string main, security;
};
// The format for `apt-get indextargets --format` that find_archives reads.
inline constexpr std::string_view targets_format =
    "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(CREATED_BY)";
Archives find_archives(std::string_view targets);

// The packages that `apt-cache depends` says are depended on; without alternatives.
std::vector<std::string> depended_on(std::string_view depends);

// Of a metapackage's dependencies, the release of the image: "linux-image-6.1.0-56-amd64".
std::optional<std::string> image_release(const std::vector<std::string>& packages);

// What `apt-get download --print-uris` would fetch, in bytes.
std::uint64_t download_bytes(std::string_view uris);

// From `apt-cache show`: what the packages take once unpacked, and the version of the first.
struct PackageFacts {
  std::uint64_t installed_bytes = 0;
  std::string version;
};
PackageFacts package_facts(std::string_view show);

// The files of modules.dep to load for the modules named, each after those it needs, none twice. A
// module in neither modules.dep nor modules.builtin is put into `missing`.
struct LoadOrder {
  std::vector<std::string> files;  // as modules.dep names them: "kernel/fs/9p/9p.ko.xz"
  std::vector<std::string> missing;
};
LoadOrder load_order(std::string_view dep, std::string_view builtin,
                     const std::vector<std::string>& modules);

// From the header of a bzImage (Documentation/arch/x86/boot.rst): its release, and how long the
// file must be at least. Nothing when the bytes are no such header.
struct ImageHeader {
  std::string release;
  std::uint64_t least_bytes = 0;
};
inline constexpr std::size_t image_header_bytes = 0x10000 + 0x200 + 256;  // reaches any release
std::optional<ImageHeader> parse_image_header(std::string_view bytes);

}  // namespace shmpath
