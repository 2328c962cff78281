// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <span>

struct ring_buffer;

namespace shmpath {

// The ring the BPF programs write to. Nobody wakes us: drain it often enough.
class Ring {
 public:
  using Receive = std::function<void(std::span<const std::byte>)>;
  Ring(int map_fd, Receive receive);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Hands over the records that are there, at most `limit`. Returns how many. What `receive`
  // throws comes out here, not through libbpf's frames.
  std::size_t drain(std::size_t limit);

 private:
  static int on_record(void* self, void* bytes, std::size_t size);
  struct Free {
    void operator()(ring_buffer* ring) const;
  };
  Receive receive_;
  std::unique_ptr<ring_buffer, Free> ring_;
  std::exception_ptr thrown_;
  std::size_t taken_ = 0, limit_ = 0;
};

}  // namespace shmpath
