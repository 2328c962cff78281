// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/kernels_apt.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "tracer/failure.h"
#include "tracer/kernels_text.h"
#include "tracer/subprocess.h"

namespace shmpath {
namespace fs = std::filesystem;
namespace {

constexpr const char* by_path = "give a kernel of your own with --kernel PATH";

// Read after the machine's own settings, so that its proxies stay and its hooks do not: they are
// for the machine's packages (some clear its cache), and an ordinary user cannot run them.
std::string configuration(const fs::path& folder) {
  return fmt::format(R"(#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear APT::Architectures;
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Dir::Etc::SourceList "{0}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "{0}/state";
Dir::State::Lists "lists/";
Dir::State::Status "/dev/null";
Dir::Cache "{0}/cache";
Dir::Cache::Archives "archives/";
Dir::Cache::PkgCache "pkgcache.bin";
Dir::Cache::SrcPkgCache "";
)",
                     folder.string());
}

// Debian's own keys, by their place on every Debian system: what is fetched is checked by them,
// whatever keys the machine trusts besides.
std::string keyring(const std::string& thing) {
  for (const char* ending : {"gpg", "pgp"}) {
    std::string file = fmt::format("/usr/share/keyrings/debian-archive-keyring.{}", ending);
    if (fs::exists(file)) return file;
  }
  throw Failure(thing, "Debian's keyring is not installed",
                std::string("install debian-archive-keyring, or ") + by_path);
}

Archives archives_of_this_machine(const std::string& thing) {
  if (!find_program("apt-get") || !find_program("dpkg-deb"))
    throw Failure(thing, "this is no Debian system: apt-get or dpkg-deb is missing", by_path);
  Archives archives = find_archives(run_or_fail(
      thing, {.words = {"apt-get", "indextargets", "--format", std::string(targets_format)},
              .folder = "",
              .output_file = "",
              .tick = {}}));
  // A mirror has the two side by side. Where it has not, apt will say so.
  constexpr std::string_view last = "/debian/";
  if (archives.security.empty() && archives.main.ends_with(last))
    archives.security =
        archives.main.substr(0, archives.main.size() - last.size()) + "/debian-security/";
  return archives;
}

std::string sources(const KernelSeries& series, const std::string& thing) {
  Archives archives = archives_of_this_machine(thing);
  std::string keys = keyring(thing), text;
  auto add = [&](std::string_view suite, const std::string& archive, const char* name) {
    if (suite.empty()) return;
    if (archive.empty())
      throw Failure(thing,
                    fmt::format("no mirror of Debian's {} archive is configured for apt", name),
                    std::string("add one to apt's sources, or ") + by_path);
    text += fmt::format("deb [target=Packages signed-by={}] {} {} main\n", keys, archive, suite);
  };
  add(series.main, archives.main, "main");
  add(series.security, archives.security, "security");
  return text;
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text << std::flush;
  if (!out) throw Failure("cannot write " + file.string(), strerror(errno), "");
}

std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error))
    if (entry.is_regular_file(error)) bytes += entry.file_size(error);
  return bytes;
}

}  // namespace

Apt::Apt(const KernelSeries& series, fs::path folder, std::function<void()> tick)
    : series_(series),
      folder_(std::move(folder)),
      tick_(std::move(tick)),
      thing_(fmt::format("cannot fetch kernel {}", series.name)) {
  for (const char* name : {"state/lists/partial", "cache/archives/partial"})
    fs::create_directories(folder_ / name);
  write(folder_ / "sources.list", sources(series, thing_));
  write(folder_ / "apt.conf", configuration(folder_));
}

std::string Apt::ask(std::vector<std::string> words, const fs::path& folder,
                     const std::function<void()>& tick) const {
  words.insert(words.begin() + 1, {"-q", "-c", folder_ / "apt.conf"});
  return run_or_fail(
      thing_,
      {.words = std::move(words), .folder = folder, .output_file = "", .tick = tick ? tick : tick_},
      std::string("check the network and apt's sources, or ") + by_path);
}

void Apt::update() const { ask({"apt-get", "update"}); }

KernelPackages Apt::newest() const {
  std::string package(series_.package);
  auto release = image_release(depended_on(ask({"apt-cache", "depends", package})));
  if (!release) throw Failure(thing_, package + " does not name an image", by_path);
  KernelPackages found{*release, "", {"linux-image-" + *release}, 0, 0};
  // In newer releases the image package is empty, and depends on those with the files.
  for (const std::string& name : depended_on(ask({"apt-cache", "depends", found.names[0]})))
    if (name.ends_with("-" + *release)) found.names.push_back(name);
  auto words = [&found](std::vector<std::string> words) {
    words.insert(words.end(), found.names.begin(), found.names.end());
    return words;
  };
  PackageFacts facts = package_facts(ask(words({"apt-cache", "show", "--no-all-versions"})));
  found.version = facts.version;
  found.installed_bytes = facts.installed_bytes;
  found.download_bytes = download_bytes(ask(words({"apt-get", "download", "--print-uris"})));
  return found;
}

void Apt::download(const KernelPackages& packages, const fs::path& into,
                   const std::function<void(std::uint64_t)>& at) const {
  std::vector<std::string> words{"apt-get", "download"};
  words.insert(words.end(), packages.names.begin(), packages.names.end());
  ask(words, into, [&] {
    tick_();
    at(bytes_in(into));
  });
}

void Apt::unpack(const fs::path& package, const fs::path& into) const {
  run_or_fail(
      thing_,
      {.words = {"dpkg-deb", "-x", package, into}, .folder = "", .output_file = "", .tick = tick_});
}

}  // namespace shmpath
