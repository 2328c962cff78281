// SPDX-License-Identifier: BSD-2-Clause
//
// Makes a buffer of the graphics driver vgem, gets its dma-buf, and imports it again.
#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

// From the kernel's drm/drm.h and drm_mode.h, which the distribution's kernel headers leave out.
struct CreateDumb {
  __u32 height, width, bits, flags, handle, pitch;
  __u64 size;
};
struct PrimeHandle {
  __u32 handle, flags;
  __s32 fd;
};
struct GemClose {
  __u32 handle, pad;
};

int main() {
  const int card = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
  if (card < 0) return std::perror("/dev/dri/card0"), 1;
  CreateDumb buffer{};
  buffer.height = buffer.width = 64;
  buffer.bits = 32;
  if (ioctl(card, _IOWR('d', 0xb2, CreateDumb), &buffer) < 0) return std::perror("create"), 1;
  PrimeHandle shared{buffer.handle, O_RDWR | O_CLOEXEC, -1};
  if (ioctl(card, _IOWR('d', 0x2d, PrimeHandle), &shared) < 0) return std::perror("export"), 1;
  if (ioctl(card, _IOWR('d', 0x2e, PrimeHandle), &shared) < 0) return std::perror("import"), 1;
  GemClose closed{shared.handle, 0};
  if (ioctl(card, _IOW('d', 0x09, GemClose), &closed) < 0) return std::perror("close"), 1;
  std::printf("descriptor %d\n", shared.fd);
}
