// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/grading_root.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tracer/elf.h"
#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/flow.h"

namespace shmpath {
namespace {

namespace fs = std::filesystem;

// Of libexec only the compiler's: the kit itself may be installed beside it.
constexpr const char* shared_folders[] = {"usr/bin",   "usr/sbin",    "usr/lib",
                                          "usr/lib64", "usr/include", "usr/libexec/gcc"};
constexpr const char* merged_folders[] = {"bin", "sbin", "lib", "lib64"};

// Users that programs expect to be there. `student` runs what is graded.
constexpr const char* passwd =
    "root:x:0:0:root:/work:/bin/sh\n"
    "student:x:1000:1000:student:/work:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
constexpr const char* group = "root:x:0:\ntty:x:5:\nstudent:x:1000:\nnogroup:x:65534:\n";
constexpr const char* name_services = "passwd: files\ngroup: files\nhosts: files\n";

std::string needed(const fs::path& file) {
  auto bytes = read_file(file);
  if (!bytes)
    throw Failure("cannot read " + file.string(), strerror(errno), "check its permissions");
  return *std::move(bytes);
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

bool is_shared(const std::vector<GuestShare>& shares, const fs::path& path) {
  return std::any_of(shares.begin(), shares.end(),
                     [&](const GuestShare& share) { return lies_in(path, share.folder); });
}

// The folders on the way to a path, each once, the outermost first.
void add_folders(CpioArchive& archive, const std::vector<fs::path>& wanted) {
  std::vector<fs::path> all;
  for (const fs::path& path : wanted) {
    fs::path so_far = "prepared";
    for (const fs::path& part : path.relative_path()) {
      so_far /= part;
      if (std::find(all.begin(), all.end(), so_far) == all.end()) all.push_back(so_far);
    }
  }
  archive.add_folder("prepared");
  for (const fs::path& folder : all) archive.add_folder(folder.string());
}

// Debian's cc, c++ and clang are links by way of /etc/alternatives.
void add_alternatives(CpioArchive& archive, const std::vector<GuestShare>& shares) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/etc/alternatives", none)) {
    const fs::path to = fs::read_symlink(entry.path(), none);
    if (!none && is_shared(shares, to))
      archive.add_link("prepared" + entry.path().string(), to.string());
  }
}

void add_program(CpioArchive& archive) {
  const std::string file = own_program();
  const std::string program = loaded_part(file);
  if (program.empty()) throw Failure("cannot read " + file, "it is no program", "build it again");
  archive.add_file(std::string("prepared") + grading_program, program, 0755);
}

// What the tracer reads to know what to probe: not the labs' programs, texts and sources.
void add_flows(CpioArchive& archive) {
  const fs::path labs = labs_folder("");
  archive.add_file("prepared/shmpath/labs/calls.toml", needed(labs / "calls.toml"), 0644);
  for (const auto& entry : fs::directory_iterator(labs)) {
    if (!fs::exists(entry.path() / "flow.toml")) continue;
    const std::string folder = "prepared/shmpath/labs/" + entry.path().filename().string();
    archive.add_folder(folder);
    archive.add_file(folder + "/flow.toml", needed(entry.path() / "flow.toml"), 0644);
  }
}

}  // namespace

std::vector<GuestShare> grading_shares(const fs::path& root) {
  std::error_code none;
  for (const char* merged : merged_folders)
    if (fs::exists(root / merged) && !fs::equivalent(root / merged, root / "usr" / merged, none))
      throw Failure("cannot grade in a VM", fmt::format("/{0} is not /usr/{0}", merged),
                    "take a distribution whose /usr is merged, as Debian 12");
  std::vector<GuestShare> shares;
  for (const char* folder : shared_folders)
    if (fs::is_directory(root / folder, none))
      shares.push_back({fmt::format("share{}", shares.size()), root / folder});
  return shares;
}

void refuse_shared(const std::vector<GuestShare>& shares, const fs::path& folder) {
  const fs::path real = fs::weakly_canonical(folder);
  for (const GuestShare& share : shares)
    if (lies_in(real, fs::weakly_canonical(share.folder)))
      throw Failure("cannot keep " + real.string() + " from what is graded",
                    share.folder.string() + " is shared with the VM", "move it elsewhere");
}

void add_grading_root(CpioArchive& archive, const std::vector<GuestShare>& shares) {
  std::vector<fs::path> folders{"etc/alternatives",
                                "shmpath/bin",
                                "shmpath/labs",
                                "proc",
                                "sys",
                                "dev",
                                "run",
                                "tmp",
                                "work"};
  std::string list;
  for (const GuestShare& share : shares) {
    folders.push_back(share.folder);
    list += share.tag + " " + share.folder.string() + "\n";
  }
  add_folders(archive, folders);
  for (const char* merged : merged_folders)
    archive.add_link(fmt::format("prepared/{}", merged), fmt::format("usr/{}", merged));
  archive.add_file("shares", list, 0644);
  archive.add_file("prepared/etc/passwd", passwd, 0644);
  archive.add_file("prepared/etc/group", group, 0644);
  archive.add_file("prepared/etc/nsswitch.conf", name_services, 0644);
  archive.add_file("prepared/etc/ld.so.cache", needed("/etc/ld.so.cache"), 0644);
  add_alternatives(archive, shares);
  add_program(archive);
  add_flows(archive);
}

}  // namespace shmpath
