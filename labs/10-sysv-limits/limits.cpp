// SPDX-License-Identifier: BSD-2-Clause
//
// What shmmni, shmall and shmmax limit: the number of segments, the pages of all of them, and the
// bytes of one.
//
// Run:      build/labs/10-sysv-limits/limits
// Trace:    build/bin/shmpath run 10
// Look for: the two shmget that fail with ENOSPC. Only the one that is one page too many never
//           comes to shmem_kernel_file_setup.

#include <fcntl.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <string>

#include "lab.h"

static bool write_file(const std::string& path, const std::string& text) {
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  bool written = fd >= 0 && write(fd, text.data(), text.size()) == ssize_t(text.size());
  if (fd >= 0) close(fd);
  return written;
}
static bool set(const char* limit, size_t value) {
  return write_file(std::string("/proc/sys/kernel/") + limit, std::to_string(value));
}

// A world of System V objects of one's own, with limits of its own that nobody else notices. It
// goes with this process. An ordinary user needs a user namespace, and to be root in there.
static bool enter_own_namespace() {
  std::string map = "0 " + std::to_string(geteuid()) + " 1";
  return unshare(CLONE_NEWIPC) == 0 ||
         (unshare(CLONE_NEWUSER | CLONE_NEWIPC) == 0 && write_file("/proc/self/uid_map", map));
}

// The errno with which shmget refuses a segment of so many bytes; 0 when it makes it.
static int refusal(size_t bytes) { return shmget(IPC_PRIVATE, bytes, 0600) < 0 ? errno : 0; }

int main() {
  auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));

  step("go where the limits are this program's own");
  if (!enter_own_namespace() || !set("shmmni", 2) || !set("shmmax", 2 * page)) {
    std::printf("this kernel does not let this user set limits of its own\n");
    claim("C40", not_checked, "shmall and shmmax need limits that may be set");
    claim("C33", not_checked, "ENOSPC needs limits that may be set");
    return 0;
  }

  step("shmmni 2: create two segments, and a third");
  int first = refusal(2 * page), second = refusal(1), third = refusal(1);
  bool number = first == 0 && second == 0 && third == ENOSPC;
  std::printf("the third: %s\n", third == 0 ? "made" : strerrorname_np(third));

  step("shmall 4, and 3 pages in use: create one of 2 pages, and one of 1");
  if (!set("shmmni", 9) || !set("shmall", 4)) die("write shmall");
  int beyond = refusal(2 * page), within = refusal(page);
  bool total = beyond == ENOSPC && within == 0;
  std::printf("2 pages: %s; 1 page: %s\n", beyond == 0 ? "made" : strerrorname_np(beyond),
              within == 0 ? "made" : strerrorname_np(within));

  step("shmmax 2 pages: create one of a byte more, and one of 2 pages");
  if (!set("shmall", 99)) die("write shmall");
  int larger = refusal(2 * page + 1), as_large = refusal(2 * page);
  bool largest = larger == EINVAL && as_large == 0;
  std::printf("a byte more: %s; 2 pages: %s\n", larger == 0 ? "made" : strerrorname_np(larger),
              as_large == 0 ? "made" : strerrorname_np(as_large));
  claim("C33", number && total ? holds : differs, "beyond shmmni %s, beyond shmall %s",
        third == 0 ? "no failure" : strerrorname_np(third),
        beyond == 0 ? "no failure" : strerrorname_np(beyond));
  claim("C40", second == 0 || !total || !largest ? differs : holds,
        "shmmni is %s; shmall is %s, shmmax %s",
        number ? "how many segments there may be" : "not how many there may be",
        total ? "pages in total" : "something else",
        largest ? "the largest size" : "something else");
}
