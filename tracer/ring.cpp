// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/ring.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace shmpath {

void Ring::Free::operator()(ring_buffer* ring) const { ring_buffer__free(ring); }

Ring::Ring(int map_fd, Receive receive) : receive_(std::move(receive)), ring_(ring_buffer__new(map_fd, on_record, this, nullptr)) {
  if (!ring_) throw std::system_error(errno, std::generic_category(), "ring_buffer__new");
}

Ring::~Ring() = default;

int Ring::on_record(void* self, void* bytes, std::size_t size) {
  auto* ring = static_cast<Ring*>(self);
  try {
    ring->receive_({static_cast<const std::byte*>(bytes), size});
  } catch (...) {
    ring->thrown_ = std::current_exception();
    return -ECANCELED;
  }
  return ++ring->taken_ < ring->limit_ ? 0 : -EAGAIN;  // a negative value ends this round only
}

std::size_t Ring::drain(std::size_t limit) {
  taken_ = 0;
  limit_ = limit;
  ring_buffer__consume(ring_.get());
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return taken_;
}

}  // namespace shmpath
