// SPDX-License-Identifier: BSD-2-Clause
//
// A second driver imports a dma-buf by its descriptor. From then on it holds the buffer: the
// exporter's descriptor and device may be closed, and the importer still gives out the same buffer.
//
// Run:      sudo build/labs/09-dma-buf/import_vgem (with vivid and vgem loaded)
// Trace:    build/bin/shmpath run 09
// Look for: dma_buf_get, dma_buf_attach and dma_buf_map_attachment inside one ioctl in step 2, and
//           the way back in step 5.

#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "lab.h"

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

int main() {
  int video = open("/dev/video0", O_RDWR | O_CLOEXEC);
  int drm = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);
  v4l2_capability driver{};
  std::error_code none;
  if (ioctl(video, VIDIOC_QUERYCAP, &driver) < 0 || drm < 0 ||
      std::strcmp(reinterpret_cast<char*>(driver.driver), "vivid") != 0 ||
      std::filesystem::read_symlink("/sys/class/drm/renderD128/device", none).filename() !=
          "vgem") {
    claim("C56", not_checked,
          "needs vivid's /dev/video0 and vgem's /dev/dri/renderD128, as in the VM");
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
  struct stat given, got;
  if (fstat(exported.fd, &given) < 0) die("fstat");

  step("import it into vgem");
  PrimeHandle import{0, 0, exported.fd};
  if (ioctl(drm, prime_fd_to_handle, &import) < 0) die("ioctl PRIME_FD_TO_HANDLE");

  step("close the descriptor and the video device");
  if (close(exported.fd) < 0 || close(video) < 0) die("close");

  step("get a descriptor from vgem");
  PrimeHandle again{import.handle, O_CLOEXEC, -1};
  if (ioctl(drm, prime_handle_to_fd, &again) < 0) die("ioctl PRIME_HANDLE_TO_FD");
  if (fstat(again.fd, &got) < 0 || close(again.fd) < 0) die("fstat");
  bool same = got.st_dev == given.st_dev && got.st_ino == given.st_ino;
  claim("C56", same ? holds : differs, "vgem holds %s buffer that vivid exported and closed",
        same ? "the" : "another");

  step("close the handle");
  GemClose handle{import.handle, 0};
  if (ioctl(drm, gem_close, &handle) < 0) die("ioctl GEM_CLOSE");
  if (close(drm) < 0) die("close");
}
