// SPDX-License-Identifier: BSD-2-Clause
//
// A dma-heap allocates memory for devices and gives it out as a descriptor at once. Another process
// that has the descriptor, as a child has, maps the same memory.
//
// Run:      sudo build/labs/09-dma-buf/heap
// Trace:    build/bin/shmpath run 09
// Look for: dma_buf_export inside the ioctl, once, though two processes map the buffer.

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

// The second process: maps the descriptor for itself, and looks.
static void look(int dmabuf) {
  void* memory = mmap(nullptr, page, PROT_READ, MAP_SHARED, dmabuf, 0);
  if (memory == MAP_FAILED) die("mmap");
  dma_buf_sync sync{DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ};
  if (ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");
  std::printf("child: byte 0x%x\n", *static_cast<volatile char*>(memory));
  sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
  if (ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");
  if (munmap(memory, page) < 0 || close(dmabuf) < 0) die("munmap");
}

int main() {
  int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
  if (heap < 0) {
    std::printf("no dma-heap can export here: /dev/dma_heap/system: %s\n", std::strerror(errno));
    std::printf("the VM's default kernel can: shmpath run 09 --place vm\n");
    return 0;
  }

  step("allocate one page from the heap");
  dma_heap_allocation_data allocation{};
  allocation.len = page;
  allocation.fd_flags = O_RDWR | O_CLOEXEC;
  if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &allocation) < 0) die("ioctl DMA_HEAP_IOCTL_ALLOC");
  int dmabuf = static_cast<int>(allocation.fd);

  step("map the descriptor");
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
  if (memory == MAP_FAILED) die("mmap");

  step("store 0x11 between the beginning and the end of CPU access");
  dma_buf_sync sync{DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE};
  if (ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");
  *static_cast<volatile char*>(memory) = 0x11;
  sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE;
  if (ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");

  step("start a child, which maps the descriptor too");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    look(dmabuf);
    return 0;
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) return 1;

  step("unmap it, and close the last descriptor");
  if (munmap(memory, page) < 0) die("munmap");
  if (close(dmabuf) < 0 || close(heap) < 0) die("close");
}
