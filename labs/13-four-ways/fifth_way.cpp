// SPDX-License-Identifier: BSD-2-Clause
//
// A fifth way, made for devices: udmabuf turns pages of a memfd into a dma-buf. Its pages exist
// before the first touch, which only enters them in the page table.
//
// Run:      sudo build/labs/13-four-ways/fifth_way
// Trace:    build/bin/shmpath run 13 --place vm
// Look for: pages allocated under udmabuf_create in step 2, and none under the faults of step 3.
// Numbers:  times differ from run to run, so they go to standard error; findings to standard
// output.

#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static const size_t pages = 64, bytes = pages * page;

static long faults() {
  rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) < 0) die("getrusage");
  return usage.ru_minflt + usage.ru_majflt;
}

static double us_since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun)
      .count();
}

int main() {
  int driver = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
  if (driver < 0) {
    std::printf("no dma-buf here: /dev/udmabuf: %s\n", std::strerror(errno));
    std::printf("the VM's default kernel has it: shmpath run 13 --place vm\n");
    return 0;
  }

  step("make a memfd that cannot shrink");
  auto begun = std::chrono::steady_clock::now();
  int memfd = memfd_create("shmpath-lab-13", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memfd < 0) die("memfd_create");
  if (ftruncate(memfd, static_cast<off_t>(bytes)) < 0) die("ftruncate");
  if (fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) < 0) die("fcntl F_ADD_SEALS");

  step("export its pages, and map the dma-buf");
  udmabuf_create create{static_cast<__u32>(memfd), UDMABUF_FLAGS_CLOEXEC, 0, bytes};
  int dmabuf = ioctl(driver, UDMABUF_CREATE, &create);
  if (dmabuf < 0) die("ioctl UDMABUF_CREATE");
  void* mapping = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
  if (mapping == MAP_FAILED) die("mmap");
  auto memory = static_cast<volatile char*>(mapping);
  double set_up = us_since(begun);

  step("store to each page");
  long before = faults();
  begun = std::chrono::steady_clock::now();
  for (size_t n = 0; n < pages; n++) memory[n * page] = 1;
  double touched = us_since(begun);
  long first = faults();

  step("store to each page again");
  for (size_t n = 0; n < pages; n++) memory[n * page] = 2;
  std::printf("dma-buf: %s at the first touch, %ld faults at the second\n",
              first > before ? "faults" : "no fault", faults() - first);
  std::fprintf(stderr, "dma-buf: set-up %.1f us, first touch %.2f us a page, %ld faults\n", set_up,
               touched / pages, first - before);
}
