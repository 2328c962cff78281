// SPDX-License-Identifier: BSD-2-Clause
//
// Something to count: twelve processes write to pages of one shared memory, each to another number
// of them, which nobody knows before. The one with the most does it in two threads. Nothing to do
// here.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

constexpr size_t page = 4096, workers = 12, most = 4 * workers + 3;

[[noreturn]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

// Each store to a page that this process has not touched before is a page fault.
static void touch(volatile char* memory, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) memory[i * page] = 1;
}

int main() {
  void* mapped =
      mmap(nullptr, most * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) die("mmap");
  auto* memory = static_cast<volatile char*>(mapped);

  size_t pages[workers];  // no two the same, in no order
  for (size_t i = 0; i < workers; i++) {
    pages[i] = 4 * (i + 1) + arc4random_uniform(4);
    std::swap(pages[i], pages[arc4random_uniform(static_cast<unsigned>(i) + 1)]);
  }

  for (size_t i = 0; i < workers; i++) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
      const size_t half = pages[i] >= 4 * workers ? pages[i] / 2 : 0;
      if (half > 0) std::thread(touch, memory, 0, half).join();
      touch(memory, half, pages[i]);
      _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) < 0 || status != 0) die("waitpid");
  }
}
