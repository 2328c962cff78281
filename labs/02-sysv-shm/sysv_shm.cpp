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
#include <sstream>
#include <string>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// How many segments have the key, counted in what ipcs -m prints.
static int segments_with_key(int wanted) {
  std::ifstream table("/proc/sysvipc/shm");
  int count = 0, key;
  for (std::string line; std::getline(table, line);)
    count += std::istringstream(line) >> key && key == wanted;
  return count;
}

int main() {
  std::atexit(clean_up);
  std::printf("before: segments with key 0x11: %d\n", segments_with_key(0x11));

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
  std::printf("during: segments with key 0x11: %d\n", segments_with_key(0x11));

  step("attach it");
  void* address = shmat(shmid, nullptr, 0);
  if (address == reinterpret_cast<void*>(-1)) die("shmat");
  volatile char* buf = static_cast<char*>(address);

  step("store 0x12");
  *buf = 0x12;

  step("load it back");
  std::printf("buf 0x%x\n", *buf);

  step("measure it");
  struct shmid_ds segment;
  if (shmctl(shmid, IPC_STAT, &segment) < 0) die("shmctl IPC_STAT");
  std::ifstream maps("/proc/self/maps");  // start-end permissions offset device inode name
  unsigned long start = 0, end = 0, inode = 0;
  for (std::string line; start != reinterpret_cast<unsigned long>(buf) && std::getline(maps, line);)
    std::sscanf(line.c_str(), "%lx-%lx %*s %*s %*s %lu", &start, &end, &inode);
  auto page = static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
  claim("C09", segment.shm_segsz == 2048 && end - start == page ? holds : differs,
        "shm_segsz is %zu, the mapping is %lu bytes, a page is %lu", segment.shm_segsz, end - start,
        page);
  std::printf("inode of the mapping: %s\n",
              inode == static_cast<unsigned long>(shmid) ? "the shmid" : "not the shmid");

  step("detach it");
  if (shmdt(address) < 0) die("shmdt");

  step("remove it");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;

  step("look at what is left");
  std::printf("after: segments with key 0x11: %d\n", segments_with_key(0x11));
}
