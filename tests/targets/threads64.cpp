// SPDX-License-Identifier: BSD-2-Clause
//
// 64 threads, each of which maps and unmaps three areas and ends.
//
// The stacks are ours, so that libc neither maps nor recycles one behind our back:
// each thread then makes the same calls in every run, whatever the scheduler does.
#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <cstdio>

namespace {

constexpr std::size_t threads = 64;
constexpr std::size_t stack_bytes = 64 * 1024;
constexpr std::size_t area_bytes = 4096;

alignas(4096) std::array<std::array<char, stack_bytes>, threads> stacks;

void* map_three_times(void*) {
  for (int i = 0; i < 3; ++i) {
    void* area =
        mmap(nullptr, area_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return area;
    *static_cast<volatile char*>(area) = 0x11;
    munmap(area, area_bytes);
  }
  return nullptr;
}

}  // namespace

int main() {
  std::array<pthread_t, threads> ids{};
  for (std::size_t i = 0; i < threads; ++i) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stacks[i].data(), stack_bytes);
    if (pthread_create(&ids[i], &attributes, map_three_times, nullptr) != 0) return 1;
    pthread_attr_destroy(&attributes);
  }
  int failed = 0;
  for (pthread_t id : ids) {
    void* result = nullptr;
    pthread_join(id, &result);
    if (result != nullptr) ++failed;
  }
  std::printf("%zu threads, %d failed\n", threads, failed);
  return failed == 0 ? 0 : 1;
}
