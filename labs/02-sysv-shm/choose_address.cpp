// SPDX-License-Identifier: BSD-2-Clause
//
// With a null address shmat finds a free place, and it finds it with the code that serves mmap.
//
// Run:      build/labs/02-sysv-shm/choose_address
// Trace:    build/bin/shmpath run 02
// Look for: vm_unmapped_area below do_mmap, once below do_shmat and once below mmap.

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// This process's mappings as they are now, one a line.
static std::string mappings() {
  std::ostringstream text;
  text << std::ifstream("/proc/self/maps").rdbuf();
  return text.str();
}

static bool covers(const std::string& mappings, const void* address) {
  auto wanted = reinterpret_cast<unsigned long>(address);
  std::istringstream lines(mappings);
  unsigned long start, end;
  for (std::string line; std::getline(lines, line);)
    if (std::sscanf(line.c_str(), "%lx-%lx", &start, &end) == 2 && start <= wanted && wanted < end)
      return true;
  return false;
}

int main() {
  std::atexit(clean_up);

  step("create a segment");
  shmid = shmget(IPC_PRIVATE, 2048, IPC_CREAT | 0600);
  if (shmid < 0) die("shmget");
  std::string before = mappings();

  step("attach it where the kernel chooses");
  void* first = shmat(shmid, nullptr, 0);
  if (first == reinterpret_cast<void*>(-1)) die("shmat");

  step("attach it again");
  void* second = shmat(shmid, nullptr, 0);
  if (second == reinterpret_cast<void*>(-1)) die("shmat");
  auto page = static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
  bool aligned =
      (reinterpret_cast<unsigned long>(first) | reinterpret_cast<unsigned long>(second)) % page ==
      0;
  bool free_before = !covers(before, first) && !covers(before, second);
  bool mapped_now = covers(mappings(), first) && covers(mappings(), second);
  claim("C11", first != second && aligned && free_before && mapped_now ? holds : differs,
        "two attaches got %s, %s, %s before", first == second ? "one address" : "two addresses",
        aligned ? "page-aligned" : "not page-aligned", free_before ? "free" : "in use");

  step("map a page with mmap");
  void* anonymous = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (anonymous == MAP_FAILED) die("mmap");

  step("take all three away");
  if (munmap(anonymous, page) < 0) die("munmap");
  if (shmdt(second) < 0 || shmdt(first) < 0) die("shmdt");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
}
