// SPDX-License-Identifier: BSD-2-Clause
//
// VIDIOC_EXPBUF gives a buffer that a video driver has allocated a descriptor: the memory that the
// video device maps and the memory that the descriptor maps are the same.
//
// Run:      sudo build/labs/09-dma-buf/expbuf (with vivid loaded)
// Trace:    build/bin/shmpath run 09
// Look for: dma_buf_export with exp_name videobuf2_vmalloc, and dma_buf_fd, inside VIDIOC_EXPBUF.

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab.h"

int main() {
  int video = open("/dev/video0", O_RDWR | O_CLOEXEC);
  v4l2_capability driver{};
  if (ioctl(video, VIDIOC_QUERYCAP, &driver) < 0 ||
      std::strcmp(reinterpret_cast<char*>(driver.driver), "vivid") != 0) {
    claim("C57", not_checked,
          "needs vivid's /dev/video0; the VM has it: shmpath run 09 --place vm");
    return 0;
  }

  step("have the video driver allocate buffers");
  v4l2_requestbuffers request{};
  request.count = 1;
  request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  request.memory = V4L2_MEMORY_MMAP;
  if (ioctl(video, VIDIOC_REQBUFS, &request) < 0) die("ioctl VIDIOC_REQBUFS");
  v4l2_buffer buffer{};
  buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  buffer.memory = V4L2_MEMORY_MMAP;
  if (ioctl(video, VIDIOC_QUERYBUF, &buffer) < 0) die("ioctl VIDIOC_QUERYBUF");

  step("export the first buffer");
  v4l2_exportbuffer exported{};
  exported.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  exported.index = 0;
  exported.flags = O_RDWR | O_CLOEXEC;
  if (ioctl(video, VIDIOC_EXPBUF, &exported) < 0) die("ioctl VIDIOC_EXPBUF");

  step("map the buffer through the video device");
  void* frame = mmap(nullptr, buffer.length, PROT_READ, MAP_SHARED, video, buffer.m.offset);
  if (frame == MAP_FAILED) die("mmap of the video device");

  step("map the buffer through the descriptor");
  void* memory = mmap(nullptr, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, exported.fd, 0);
  if (memory == MAP_FAILED) die("mmap of the descriptor");

  step("store 0x11 between the beginning and the end of CPU access");
  dma_buf_sync sync{DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE};
  if (ioctl(exported.fd, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");
  *static_cast<volatile char*>(memory) = 0x11;
  sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE;
  if (ioctl(exported.fd, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");

  step("read it through the video device");
  int byte = *static_cast<volatile unsigned char*>(frame);
  claim("C57", byte == 0x11 ? holds : differs,
        "0x11 stored through the descriptor, 0x%x in the video buffer", byte);

  step("unmap it, and close the descriptor");
  if (munmap(frame, buffer.length) < 0 || munmap(memory, buffer.length) < 0) die("munmap");
  if (close(exported.fd) < 0) die("close");

  step("free the buffers");
  request.count = 0;
  if (ioctl(video, VIDIOC_REQBUFS, &request) < 0) die("ioctl VIDIOC_REQBUFS");
  if (close(video) < 0) die("close");
}
