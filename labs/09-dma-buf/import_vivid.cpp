// SPDX-License-Identifier: BSD-2-Clause
//
// A video driver that is given V4L2_MEMORY_DMABUF takes its frames out of somebody else's buffer.
// It gets, attaches and maps it when the frame is queued, and gives it back when the queue is
// freed.
//
// Run:      sudo build/labs/09-dma-buf/import_vivid (with vivid loaded)
// Trace:    build/bin/shmpath run 09
// Look for: dma_buf_get, dma_buf_attach and dma_buf_map_attachment inside VIDIOC_QBUF, and the way
//           back inside the second VIDIOC_REQBUFS.

#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

// How many references to the buffer there are: descriptors, mappings and importers.
static int references(int dmabuf) {
  std::ifstream fdinfo("/proc/self/fdinfo/" + std::to_string(dmabuf));
  for (std::string line; std::getline(fdinfo, line);)
    if (line.starts_with("count:\t")) return std::stoi(line.substr(7));
  return -1;
}

int main() {
  int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
  int video = open("/dev/video1", O_RDWR | O_CLOEXEC);
  v4l2_capability driver{};
  if (heap < 0 || ioctl(video, VIDIOC_QUERYCAP, &driver) < 0 ||
      std::strcmp(reinterpret_cast<char*>(driver.driver), "vivid") != 0) {
    std::printf("no import here: it needs /dev/dma_heap/system and vivid's /dev/video1\n");
    std::printf("the VM's default kernel has both: shmpath run 09 --place vm\n");
    return 0;
  }

  step("ask for the size of a frame");
  v4l2_format format{};
  format.type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
  if (ioctl(video, VIDIOC_G_FMT, &format) < 0) die("ioctl VIDIOC_G_FMT");

  step("allocate a buffer for it from the heap");
  dma_heap_allocation_data allocation{};
  allocation.len = 1 << 20;  // the largest piece of memory the heap has: the driver wants one piece
  allocation.fd_flags = O_RDWR | O_CLOEXEC;
  if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &allocation) < 0) die("ioctl DMA_HEAP_IOCTL_ALLOC");
  int dmabuf = static_cast<int>(allocation.fd);
  int before = references(dmabuf);

  step("queue the descriptor as a frame");
  v4l2_requestbuffers request{};
  request.count = 1;
  request.type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
  request.memory = V4L2_MEMORY_DMABUF;
  if (ioctl(video, VIDIOC_REQBUFS, &request) < 0) die("ioctl VIDIOC_REQBUFS");
  v4l2_buffer frame{};
  frame.type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
  frame.memory = V4L2_MEMORY_DMABUF;
  frame.m.fd = dmabuf;
  frame.bytesused = frame.length = format.fmt.pix.sizeimage;
  if (ioctl(video, VIDIOC_QBUF, &frame) < 0) die("ioctl VIDIOC_QBUF");
  int queued = references(dmabuf);

  step("take it from the queue");
  request.count = 0;
  if (ioctl(video, VIDIOC_REQBUFS, &request) < 0) die("ioctl VIDIOC_REQBUFS");
  int after = references(dmabuf);
  claim("C56", queued > before && after == before ? holds : differs,
        "references to the buffer of the heap: %d, %d while vivid has it, %d after", before, queued,
        after);

  step("close the last descriptor");
  if (close(dmabuf) < 0 || close(heap) < 0 || close(video) < 0) die("close");
}
