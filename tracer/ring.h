// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace shmpath {

// The ring the BPF programs write to, read by hand. Measured with libbpf's reader, being read at
// the same time cost the traced program some 600 ns a record, three times what writing it costs.
// That reader tells the kernel of every record that it has taken one, through a cache line that
// every writer reads; here that is done once a batch. Nobody wakes us: drain it often enough.
class Ring {
 public:
  // `bytes` is the map's size. Throws std::system_error.
  Ring(int map_fd, std::size_t bytes);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  using Receive = std::function<void(std::span<const std::byte>)>;
  // Hands over the records that are there now, up to about `most` bytes of them, and gives their
  // room back. Returns how many bytes were taken. What `receive` throws comes out here; the
  // records before the one it was thrown for are given back.
  std::size_t drain(std::size_t most, const Receive& receive);
  // Where the next record will begin, and up to where records were taken; both only grow.
  std::uint64_t produced() const { return __atomic_load_n(producer_, __ATOMIC_ACQUIRE); }
  std::uint64_t consumed() const { return *consumer_; }

 private:
  std::size_t bytes_;
  std::uint64_t* consumer_ = nullptr;        // ours to write
  const std::uint64_t* producer_ = nullptr;  // the kernel's
  const std::byte* data_ = nullptr;          // mapped twice in a row, so that no record is split
};

}  // namespace shmpath
