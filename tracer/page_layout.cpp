// SPDX-License-Identifier: BSD-2-Clause
//
// A tracepoint gives the address of a struct page; people want the frame number.
// The array of struct pages begins at a random address (KASLR) that no symbol
// gives away, so it is found by measuring: touch some pages, note the addresses
// that the tracepoint gives for them, look up their frame numbers in
// /proc/self/pagemap, and see which beginning fits them all.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <map>

#include "tracer/attach_skeleton.h"

namespace shmpath {
namespace {

constexpr std::size_t touched_pages = 8;

// Frame numbers of the pages at `start`; 0 for those the kernel does not tell (no CAP_SYS_ADMIN).
std::array<std::uint64_t, touched_pages> frame_numbers(const char* start, std::size_t page_bytes) {
  std::array<std::uint64_t, touched_pages> frames{};
  int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return frames;
  auto offset = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(start) / page_bytes *
                                   sizeof(std::uint64_t));
  ssize_t got = pread(fd, frames.data(), sizeof(frames), offset);
  close(fd);
  for (std::size_t i = 0; i < frames.size(); i++) {
    bool present = got == sizeof(frames) && frames[i] >> 63;
    frames[i] = present ? frames[i] & ((1ULL << 55) - 1)
                        : 0;  // bits 0-54: Documentation/admin-guide/mm/pagemap.rst
  }
  return frames;
}

bool multi_gen_lru() {
  unsigned enabled = 0;
  std::ifstream file("/sys/kernel/mm/lru_gen/enabled");
  file >> std::hex >> enabled;
  return enabled & 1;
}

}  // namespace

PageLayout Probes::page_layout() {
  auto* bss = skeleton_->bpf->bss;
  auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* area = mmap(nullptr, touched_pages * page, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) return {};
  auto* bytes = static_cast<char*>(area);
  madvise(area, touched_pages * page, MADV_NOHUGEPAGE);
  // atomic: the programs look at it between two of our page faults
  __atomic_store_n(&bss->calibrate_tgid, static_cast<u32>(getpid()), __ATOMIC_SEQ_CST);
  for (std::size_t i = 0; i < touched_pages; i++) static_cast<volatile char*>(bytes)[i * page] = 1;
  __atomic_store_n(&bss->calibrate_tgid, 0U, __ATOMIC_SEQ_CST);
  auto frames = frame_numbers(bytes, page);
  munmap(area, touched_pages * page);

  PageLayout layout{.base = 0,
                    .bytes = bss->page_bytes,
                    .swapbacked = skeleton_->bpf->data->bit_swapbacked,
                    .active = skeleton_->bpf->data->bit_active,
                    .unevictable = skeleton_->bpf->data->bit_unevictable,
                    .multi_gen = multi_gen_lru()};
  std::map<std::uint64_t, std::size_t> votes;
  for (std::uint64_t frame : frames)
    for (std::uint64_t seen : bss->calibration)
      if (frame && seen) votes[seen - frame * layout.bytes]++;
  for (auto [base, count] : votes)
    if (count >= touched_pages) layout.base = base;
  return layout;
}

}  // namespace shmpath
