// SPDX-License-Identifier: BSD-2-Clause
//
// A mapping may be longer than its file. The rest of the file's last page is zeros that go nowhere;
// a page beyond is SIGBUS.
//
// Run:      build/labs/05-file-mapping/past_the_end
// Trace:    build/bin/shmpath run 05
// Look for: filemap_fault in step 4, and what it returns: VM_FAULT_SIGBUS.

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csetjmp>
#include <csignal>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static sigjmp_buf before_load;
static volatile sig_atomic_t code;

static void on_signal(int number, siginfo_t* info, void* /*context*/) {
  code = info->si_code;
  siglongjmp(before_load, number);
}

// The signal that a load from an address ends in; 0 when it succeeds.
static int load(const volatile char* address) {
  int signal = sigsetjmp(before_load, 1);
  if (signal == 0) static_cast<void>(*address);
  return signal;
}

int main() {
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGBUS, &action, nullptr) < 0) die("sigaction");

  step("map two pages of a file of 123 bytes");
  char name[] = "shmpath-lab-05-XXXXXX";
  int fd = mkstemp(name);
  if (fd < 0) die("mkstemp (run it in a folder that you can write to)");
  if (unlink(name) < 0) die("unlink");  // the descriptor is enough
  std::string text(123, 'a');
  if (write(fd, text.data(), text.size()) != 123) die("write");
  void* mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* area = static_cast<char*>(mapping);

  step("load the bytes past the end in the first page");
  size_t zeros = 0;
  for (size_t n = 123; n < page; n++) zeros += area[n] == 0;

  step("store to one of them, and have the page written");
  area[123] = 'Z';
  if (msync(mapping, page, MS_SYNC) < 0) die("msync");
  char rest[8];
  ssize_t past = pread(fd, rest, sizeof rest, 123);
  struct stat file;
  if (past < 0 || fstat(fd, &file) < 0) die("pread");
  claim("C20", zeros == page - 123 && past == 0 && file.st_size == 123 ? holds : differs,
        "%s read as zero; after a store to the first and msync, %zd bytes at 123, size %ld",
        zeros == page - 123 ? "all" : "not all", past, static_cast<long>(file.st_size));

  step("load from the first page, and from the second");
  bool first = load(area) == 0, second = load(area + page) == 0, adrerr = code == BUS_ADRERR;
  claim("C15", first && !second ? holds : differs,
        "of two pages mapped, the first %s, the second %s", first ? "can be touched" : "is SIGBUS",
        second ? "can be touched too" : "is SIGBUS");
  claim("C43", !second && adrerr ? holds : differs, "past i_size: %s, %s",
        second ? "no SIGBUS" : "SIGBUS", adrerr ? "BUS_ADRERR" : "another code");

  step("unmap it");
  if (munmap(mapping, 2 * page) < 0) die("munmap");
}
