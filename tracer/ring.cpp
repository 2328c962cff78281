// SPDX-License-Identifier: BSD-2-Clause
//
// The layout is the kernel's ABI: kernel/bpf/ringbuf.c, Documentation/bpf/ringbuf.rst.
#include "tracer/ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace shmpath {
namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

void* map_pages(int fd, std::size_t bytes, int protection, std::size_t offset) {
  void* start = mmap(nullptr, bytes, protection, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (start == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "mmap of the ring");
  return start;
}

std::size_t record_bytes(std::uint32_t header) {
  std::size_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
  return (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

}  // namespace

Ring::Ring(int map_fd, std::size_t bytes) : bytes_(bytes) {
  consumer_ =
      static_cast<std::uint64_t*>(map_pages(map_fd, page_bytes(), PROT_READ | PROT_WRITE, 0));
  try {
    auto* rest = static_cast<std::byte*>(
        map_pages(map_fd, page_bytes() + 2 * bytes, PROT_READ, page_bytes()));
    producer_ = reinterpret_cast<const std::uint64_t*>(rest);
    data_ = rest + page_bytes();
  } catch (...) {
    munmap(consumer_, page_bytes());
    throw;
  }
}

Ring::~Ring() {
  munmap(consumer_, page_bytes());
  munmap(const_cast<std::uint64_t*>(producer_), page_bytes() + 2 * bytes_);
}

std::size_t Ring::drain(std::size_t most, const Receive& receive) {
  std::uint64_t first = *consumer_, at = first;
  std::uint64_t end = produced();
  struct GiveBack {
    std::uint64_t *consumer, &at;
    ~GiveBack() { __atomic_store_n(consumer, at, __ATOMIC_RELEASE); }
  } give_back{consumer_, at};
  while (at < end && at - first < most) {
    const std::byte* header = data_ + (at & (bytes_ - 1));
    std::uint32_t length =
        __atomic_load_n(reinterpret_cast<const std::uint32_t*>(header), __ATOMIC_ACQUIRE);
    if (length & BPF_RINGBUF_BUSY_BIT) break;  // its program is still writing
    if (!(length & BPF_RINGBUF_DISCARD_BIT)) receive({header + BPF_RINGBUF_HDR_SZ, length});
    at += record_bytes(length);
  }
  return at - first;
}

}  // namespace shmpath
