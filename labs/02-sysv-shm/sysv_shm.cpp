// SPDX-License-Identifier: BSD-2-Clause
//
// A System V segment is a shmem file that is named by a number instead of a path.
//
// Run:      build/labs/02-sysv-shm/sysv_shm
// Trace:    build/bin/shmpath run 02
// Look for: the stat inside ftok, newseg under shmget, and shm_fault above shmem_fault at the
// store.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// Whether a segment has the key, as ipcs -m would show it.
static const char* presence() { return shmget(0x11, 0, 0) < 0 ? "is not there" : "is there"; }

int main() {
  std::atexit(clean_up);
  std::printf("before: key 0x11 %s\n", presence());

  step("make a key from a path");
  key_t key = ftok("/dev/shm", 0x53);
  if (key < 0) die("ftok");
  struct stat file;
  if (stat("/dev/shm", &file) < 0) die("stat");
  auto packed =
      static_cast<key_t>(0x53 << 24 | (file.st_dev & 0xff) << 16 | (file.st_ino & 0xffff));
  claim("C12", key == packed ? holds : differs,
        "8 bits of project, 8 of device and 16 of inode %s the key",
        key == packed ? "make" : "do not make");

  step("create a segment of 2048 bytes");
  shmid = shmget(0x11, 2048, IPC_CREAT | IPC_EXCL | 0666);
  if (shmid < 0)
    die("shmget 0x11 (if the key is taken, see whose it is with ipcs -m, then ipcrm -M 0x11)");

  step("attach it");
  auto buf = static_cast<char*>(shmat(shmid, nullptr, 0));
  if (buf == reinterpret_cast<char*>(-1)) die("shmat");

  step("store 0x12");
  *buf = 0x12;

  step("load it back");
  std::printf("buf 0x%x\n", *buf);

  step("measure it");
  struct shmid_ds segment;
  if (shmctl(shmid, IPC_STAT, &segment) < 0) die("shmctl IPC_STAT");
  std::ifstream maps("/proc/self/maps");  // start-end, and more
  unsigned long start = 0, end = 0;
  for (std::string line; start != reinterpret_cast<unsigned long>(buf) && std::getline(maps, line);)
    std::sscanf(line.c_str(), "%lx-%lx", &start, &end);
  auto page = static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
  claim("C09", segment.shm_segsz == 2048 && end - start == page ? holds : differs,
        "shm_segsz is %zu, the mapping is %lu bytes, a page is %lu", segment.shm_segsz, end - start,
        page);

  step("detach it");
  if (shmdt(buf) < 0) die("shmdt");

  step("remove it");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;

  step("look at what is left");
  std::printf("after: key 0x11 %s\n", presence());
}
