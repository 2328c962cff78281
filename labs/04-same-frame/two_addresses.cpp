// SPDX-License-Identifier: BSD-2-Clause
//
// Sharing is one page frame in the page tables of two processes, at whatever address suits each.
//
// Run:      build/labs/04-same-frame/two_addresses
// Trace:    build/bin/shmpath run 04
// Look for: a fault in each process; only the first allocates, both end at one inode and index.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

// The page table entry of an address of a process, as /proc/PID/pagemap shows it: bit 63 says that
// there is a page, bits 0 to 54 are the number of its frame, which the kernel shows to root only.
static std::uint64_t entry(pid_t pid, const volatile char* address) {
  std::string path = "/proc/" + std::to_string(pid) + "/pagemap";
  int pagemap = open(path.c_str(), O_RDONLY);
  if (pagemap < 0) die("open /proc/PID/pagemap");
  std::uint64_t value = 0;
  auto offset = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(address) / page * sizeof value);
  if (pread(pagemap, &value, sizeof value, offset) != sizeof value) die("pread /proc/PID/pagemap");
  if (close(pagemap) < 0) die("close");
  return value;
}

int main() {
  step("map a new object and store to it");
  int fd = shm_open("/shmpath-same-frame", O_RDWR | O_CREAT | O_EXCL, 0600);
  if (fd < 0) die("shm_open (if it exists, see whose it is, then rm /dev/shm/shmpath-same-frame)");
  if (shm_unlink("/shmpath-same-frame") < 0) die("shm_unlink");  // the descriptor is enough
  if (ftruncate(fd, static_cast<off_t>(page)) < 0) die("ftruncate");
  void* mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* ours = static_cast<char*>(mapping);
  ours[0] = 0x11;

  step("in a second process: map it once more, touch it, and compare the two page tables");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    // What fork left at the parent's address stays there, so this mapping gets another.
    mapping = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED) die("mmap in the child");
    volatile char* own = static_cast<char*>(mapping);
    own[1] = static_cast<char>(own[0] * 2);
    std::uint64_t entry_1 = entry(getppid(), ours), entry_2 = entry(getpid(), own);
    constexpr std::uint64_t present = 1ull << 63, frame = (1ull << 55) - 1;
    bool both = (entry_1 & entry_2 & present) != 0, same = (entry_1 & frame) == (entry_2 & frame);
    if (both && ((entry_1 | entry_2) & frame) == 0)
      claim("C41", not_checked,
            "needs root (without CAP_SYS_ADMIN the kernel shows no frame numbers)");
    else
      claim("C41", both && same && own != ours ? holds : differs, "%s at %s in two processes",
            both && same ? "one frame" : "not one frame",
            own != ours ? "two addresses" : "the same address");
    return 0;
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;

  step("load what the child stored");
  std::printf("bytes seen by the parent: 0x%x 0x%x\n", ours[0], ours[1]);

  step("unmap it and close it: nobody else has it");
  if (munmap(mapping, page) < 0) die("munmap");
  if (close(fd) < 0) die("close");
}
