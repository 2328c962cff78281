// SPDX-License-Identifier: BSD-2-Clause
//
// A dma-buf is memory with a descriptor. udmabuf makes one of the pages of a memfd, so that what is
// stored through the one descriptor is read through the other.
//
// Run:      sudo build/labs/09-dma-buf/udmabuf
// Trace:    build/bin/shmpath run 09
// Look for: dma_buf_export and then dma_buf_fd inside one ioctl, and udmabuf_vm_fault at the store.

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

int main() {
  int driver = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
  if (driver < 0) {
    std::printf("udmabuf cannot export here: /dev/udmabuf: %s\n", std::strerror(errno));
    std::printf("the VM's default kernel can: shmpath run 09 --place vm\n");
    return 0;
  }

  step("make a memfd of one page that cannot shrink");
  int memfd = memfd_create("shmpath-udmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memfd < 0) die("memfd_create");
  if (ftruncate(memfd, static_cast<off_t>(page)) < 0) die("ftruncate");
  if (fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) < 0) die("fcntl F_ADD_SEALS");

  step("export its page");
  udmabuf_create create{};
  create.memfd = static_cast<__u32>(memfd);
  create.flags = UDMABUF_FLAGS_CLOEXEC;
  create.size = page;
  int dmabuf = ioctl(driver, UDMABUF_CREATE, &create);
  if (dmabuf < 0) die("ioctl UDMABUF_CREATE");

  step("ask what the descriptor is");
  std::ifstream fdinfo("/proc/self/fdinfo/" + std::to_string(dmabuf));
  for (std::string line; std::getline(fdinfo, line);)
    if (line.starts_with("size:") || line.starts_with("exp_name:"))
      std::printf("%s\n", line.c_str());

  step("map the descriptor");
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
  if (memory == MAP_FAILED) die("mmap");

  step("begin CPU access");
  dma_buf_sync sync{DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW};
  if (ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");

  step("store 0x11");
  *static_cast<volatile char*>(memory) = 0x11;

  step("end CPU access");
  sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
  if (ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");

  step("read it through the memfd");
  char byte = 0;
  if (pread(memfd, &byte, 1, 0) != 1) die("pread");
  std::printf("byte 0x%x\n", byte);

  step("unmap it");
  if (munmap(memory, page) < 0) die("munmap");

  step("close the dma-buf");
  if (close(dmabuf) < 0) die("close");
  if (close(memfd) < 0 || close(driver) < 0) die("close");
}
