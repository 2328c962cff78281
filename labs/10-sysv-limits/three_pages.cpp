// SPDX-License-Identifier: BSD-2-Clause
//
// The documents' program with key 4 and three pages, with every call checked and nothing left over.
//
// Run:      build/labs/10-sysv-limits/three_pages
// Trace:    build/bin/shmpath run 10
// Look for: one page fault for a segment of three pages: only the page that is touched is taken.

#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "lab.h"

static int shmid = -1;

static void clean_up() {
  if (shmid >= 0) shmctl(shmid, IPC_RMID, nullptr);
}

// The line of ipcs -m that has the key: key shmid perms size cpid lpid nattch ...
struct Line {
  int key, shmid;
  std::string perms;
  long size;
  int cpid, lpid, nattch;
};
static bool find_key(int wanted, Line& found) {
  std::ifstream table("/proc/sysvipc/shm");
  for (std::string text; std::getline(table, text);) {
    std::istringstream line(text);
    if (line >> found.key >> found.shmid >> found.perms >> found.size >> found.cpid >> found.lpid >>
            found.nattch &&
        found.key == wanted)
      return true;
  }
  return false;
}

int main() {
  std::atexit(clean_up);

  step("create three pages with key 4");
  // The document asks for IPC_CREAT|SHM_R: with that, it may get a segment that somebody else made,
  // and one that its owner may not write to.
  shmid = shmget(4, 4096ul * 3, IPC_CREAT | IPC_EXCL | SHM_R | SHM_W);
  if (shmid < 0) die("shmget 4 (if the key is taken: ipcs -m, then ipcrm -M 4)");

  step("attach them");
  auto address = static_cast<char*>(shmat(shmid, nullptr, 0));
  if (address == reinterpret_cast<char*>(-1)) die("shmat");

  step("store 'c' at 4095 * 3");
  volatile char* last = address + 4095l * 3;
  *last = 'c';
  std::printf("loaded back: %c\n", *last);

  step("detach them");
  if (shmdt(address) < 0) die("shmdt");

  step("look for the segment as ipcs -m does");
  Line line;
  if (!find_key(4, line)) die("look up key 4 in /proc/sysvipc/shm");
  std::printf("key 4: %ld bytes, mode %s, %d attached\n", line.size, line.perms.c_str(),
              line.nattch);

  step("remove it, which the document does not");
  if (shmctl(shmid, IPC_RMID, nullptr) < 0) die("shmctl IPC_RMID");
  shmid = -1;
  std::printf("key 4: %s\n", find_key(4, line) ? "still there" : "gone");
}
