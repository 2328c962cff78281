// SPDX-License-Identifier: BSD-2-Clause
//
// A second driver imports a dma-buf by its descriptor. From then on it holds the buffer: the
// exporter's descriptor and device may be closed, and the bytes are still there.
//
// Run:      sudo build/labs/09-dma-buf/import_vgem (with vivid and vgem loaded)
// Trace:    build/bin/shmpath run 09
// Look for: dma_buf_get, dma_buf_attach and dma_buf_map_attachment inside one ioctl in step 3, and
//           the way back in step 6.

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "lab.h"

namespace fs = std::filesystem;

// From the kernel's drm/drm.h, which the distribution's kernel headers leave out.
struct PrimeHandle {
  __u32 handle, flags;
  __s32 fd;
};
struct GemClose {
  __u32 handle, pad;
};
constexpr unsigned long prime_handle_to_fd = _IOWR('d', 0x2d, PrimeHandle);
constexpr unsigned long prime_fd_to_handle = _IOWR('d', 0x2e, PrimeHandle);
constexpr unsigned long gem_close = _IOW('d', 0x09, GemClose);

// The device files of vivid's camera and of vgem, or "" where the driver is not loaded.
static std::string camera() {
  std::error_code none;
  for (const auto& device : fs::directory_iterator("/sys/class/video4linux", none)) {
    std::string name;
    std::getline(std::ifstream(device.path() / "name"), name);
    if (name == "vivid-000-vid-cap") return "/dev/" + device.path().filename().string();
  }
  return "";
}
static std::string vgem() {
  std::error_code none;
  for (const auto& node : fs::directory_iterator("/sys/class/drm", none))
    if (node.path().filename().string().starts_with("renderD") &&
        fs::canonical(node.path() / "device", none).filename() == "vgem")
      return "/dev/dri/" + node.path().filename().string();
  return "";
}

// Begins or ends this CPU's access to the buffer.
static void cpu_access(int dmabuf, __u64 flags) {
  dma_buf_sync sync{flags};
  if (ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync) < 0) die("ioctl DMA_BUF_IOCTL_SYNC");
}

int main() {
  int video = open(camera().c_str(), O_RDWR | O_CLOEXEC);
  int drm = open(vgem().c_str(), O_RDWR | O_CLOEXEC);
  if (video < 0 || drm < 0) {
    claim("C56", not_checked, "%s cannot be opened; the VM has it: shmpath run 09 --place vm",
          video < 0 ? "vivid" : "vgem");
    return 0;
  }

  step("export a video buffer");
  v4l2_requestbuffers request{};
  request.count = 1;
  request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  request.memory = V4L2_MEMORY_MMAP;
  if (ioctl(video, VIDIOC_REQBUFS, &request) < 0) die("ioctl VIDIOC_REQBUFS");
  v4l2_exportbuffer exported{};
  exported.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  exported.flags = O_RDWR | O_CLOEXEC;
  if (ioctl(video, VIDIOC_EXPBUF, &exported) < 0) die("ioctl VIDIOC_EXPBUF");

  step("map it, and store 0x11");
  struct stat given, got;
  if (fstat(exported.fd, &given) < 0) die("fstat");
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, exported.fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  cpu_access(exported.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
  *static_cast<volatile char*>(memory) = 0x11;
  cpu_access(exported.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
  if (munmap(memory, 4096) < 0) die("munmap");

  step("import it into vgem");
  PrimeHandle import{0, 0, exported.fd};
  if (ioctl(drm, prime_fd_to_handle, &import) < 0) die("ioctl PRIME_FD_TO_HANDLE");

  step("close the descriptor and the video device");
  if (close(exported.fd) < 0 || close(video) < 0) die("close");

  step("get a descriptor from vgem, and read");
  PrimeHandle again{import.handle, O_CLOEXEC, -1};
  if (ioctl(drm, prime_handle_to_fd, &again) < 0) die("ioctl PRIME_HANDLE_TO_FD");
  if (fstat(again.fd, &got) < 0) die("fstat");
  memory = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, again.fd, 0);
  if (memory == MAP_FAILED) die("mmap");
  cpu_access(again.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
  int byte = *static_cast<volatile unsigned char*>(memory);
  cpu_access(again.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
  bool same = got.st_dev == given.st_dev && got.st_ino == given.st_ino;
  claim("C56", same && byte == 0x11 ? holds : differs,
        "vgem holds %s buffer that vivid exported and closed; 0x11 stored, 0x%x read",
        same ? "the" : "another", byte);
  if (munmap(memory, 4096) < 0 || close(again.fd) < 0) die("munmap");

  step("close the handle");
  GemClose handle{import.handle, 0};
  if (ioctl(drm, gem_close, &handle) < 0) die("ioctl GEM_CLOSE");
  if (close(drm) < 0) die("close");
}
