// SPDX-License-Identifier: BSD-2-Clause
//
// Probes in user space: the C library's functions, and the labs' step markers.
//
// Taking out a uprobe waits for the kernel's grace periods, some 75 ms each and
// one after the other, so where the kernel can attach many functions by one link
// (since 6.6) that is done.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tracer/attach_skeleton.h"
#include "tracer/calls.h"
#include "tracer/elf.h"

namespace shmpath {
namespace {

constexpr const char* marker_provider = "shmpath";

}  // namespace

void Probes::attach_together(const std::string& file, const std::vector<u64>& offsets,
                             const std::vector<u64>& cookies) {
  bpf_program* programs[] = {skeleton_->bpf->progs.user_multi_enter,
                             skeleton_->bpf->progs.user_multi_exit};
  for (bool at_return : {false, true}) {
    Descriptor link = attach_multi_uprobe(bpf_program__fd(programs[at_return]), file, offsets,
                                          cookies, at_return);
    if (!link) {
      missing_.push_back({"functions of " + file, strerror(errno)});
      return;  // entries without returns would never be paired
    }
    skeleton_->own_links.push_back(std::move(link));
    attached_ += offsets.size();
  }
}

// Each has programs of its own: a kernel this old need not tell a program where it is attached.
void Probes::attach_one_by_one(const std::string& file, const std::vector<u64>& offsets,
                               const std::vector<u64>& cookies) {
  for (std::size_t i = 0; i < offsets.size(); i++)
    for (bool at_return : {false, true}) {
      auto& patterns = skeleton_->bpf->progs;
      Descriptor program = load_copy(at_return ? patterns.user_exit : patterns.user_enter,
                                     static_cast<u32>(cookies[i]));
      Descriptor link;
      if (program) link = attach_uprobe(program.get(), file, offsets[i], at_return);
      if (!link) {
        missing_.push_back({std::string(user_calls()[cookies[i]].name), strerror(errno)});
        break;
      }
      skeleton_->copies.push_back(std::move(program));
      skeleton_->own_links.push_back(std::move(link));
      attached_++;
    }
}

void Probes::attach_markers(const std::string& file) {
  bpf_link* link = bpf_program__attach_usdt(skeleton_->bpf->progs.step_marker, -1, file.c_str(),
                                            marker_provider, "step", nullptr);
  if (!link) {
    missing_.push_back({"step markers of " + file, strerror(errno)});
    return;
  }
  skeleton_->links.push_back(link);
  attached_++;
}

void Probes::stop_at_steps(bool stop) { skeleton_->bpf->bss->stop_at_steps = stop; }

bool Probes::attach_file(const std::string& file) {
  struct stat now {};
  if (stat(file.c_str(), &now)) return false;
  const ProbedFile probed{file, now.st_dev, now.st_ino};
  if (std::find(files_.begin(), files_.end(), probed) != files_.end()) return false;
  files_.push_back(probed);
  auto calls = user_calls();
  std::vector<std::string_view> names;
  for (const CallSpec& call : calls) names.push_back(call.name);
  auto found = function_offsets(file, names);
  std::vector<u64> offsets, cookies;
  for (std::size_t i = 0; i < calls.size(); i++) {
    auto offset = found.find(std::string(calls[i].name));
    if (offset == found.end()) continue;
    offsets.push_back(offset->second);
    cookies.push_back(i);
  }
  if (!offsets.empty())
    many_by_one_link_ ? attach_together(file, offsets, cookies)
                      : attach_one_by_one(file, offsets, cookies);
  if (has_markers(file, marker_provider)) attach_markers(file);
  return !offsets.empty();
}

bool Probes::attach_libraries() {
  bool any = false;
  for (const std::string& file : libraries_) any |= attach_file(file);
  return any;
}

std::vector<std::string> c_library_files() {
  std::vector<std::string> files;
  for (const char* name : {"libc.so.6", "librt.so.1"}) {
    void* library = dlopen(name, RTLD_LAZY);
    if (!library) continue;
    struct link_map* map = nullptr;
    if (dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name[0])
      files.emplace_back(map->l_name);
    dlclose(library);
  }
  return files;
}

}  // namespace shmpath
