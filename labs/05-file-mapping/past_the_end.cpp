// SPDX-License-Identifier: BSD-2-Clause
//
// A mapping may be longer than its file. The rest of the file's last page is zeros that go nowhere;
// a page beyond is SIGBUS; a page that may not be written is SIGSEGV.
//
// Run:      build/labs/05-file-mapping/past_the_end
// Trace:    build/bin/shmpath run 05
// Look for: filemap_fault in steps 4 and 6, and what it returns: VM_FAULT_SIGBUS.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csetjmp>
#include <csignal>
#include <string>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static char name[] = "shmpath-lab-05-XXXXXX";
static bool created = false;
static sigjmp_buf before_touch;
static volatile sig_atomic_t code;

static void clean_up() {
  if (created) unlink(name);
}
static void on_signal(int number, siginfo_t* info, void* /*context*/) {
  code = info->si_code;
  siglongjmp(before_touch, number);
}
// The signal that a load from an address, or a store to it, ends in; 0 when it succeeds.
static int load(const volatile char* address) {
  int signal = sigsetjmp(before_touch, 1);
  if (signal == 0) static_cast<void>(*address);
  return signal;
}
static int store(volatile char* address) {
  int signal = sigsetjmp(before_touch, 1);
  if (signal == 0) *address = 'Z';
  return signal;
}

int main() {
  std::atexit(clean_up);
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGBUS, &action, nullptr) < 0 || sigaction(SIGSEGV, &action, nullptr) < 0)
    die("sigaction");

  step("map two pages of a file of 123 bytes");
  int fd = mkstemp(name);
  if (fd < 0) die("mkstemp (run it in a folder that you can write to)");
  created = true;
  std::string text(123, 'a');
  if (write(fd, text.data(), text.size()) != 123) die("write");
  void* mapping = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* area = static_cast<char*>(mapping);

  step("load the bytes past the end in the first page");
  size_t zeros = 0;
  for (size_t n = 123; n < page; n++) zeros += area[n] == 0;

  step("store to one of them, and have the page written");
  int first_page = store(area + 123);
  if (msync(mapping, page, MS_SYNC) < 0) die("msync");
  char rest[8];
  ssize_t past = pread(fd, rest, sizeof rest, 123);
  struct stat file;
  if (past < 0 || fstat(fd, &file) < 0) die("pread");
  claim("C20", zeros == page - 123 && past == 0 && file.st_size == 123 ? holds : differs,
        "%s read as zero; after a store to the first and msync, %zd bytes at 123, size %ld",
        zeros == page - 123 ? "all" : "not all", past, static_cast<long>(file.st_size));

  step("load from the second page");
  int second_page = load(area + page);
  bool adrerr = code == BUS_ADRERR;
  claim("C15", first_page == 0 && second_page == SIGBUS ? holds : differs,
        "of two pages mapped, the first can be touched, the second %s",
        second_page == SIGBUS ? "is SIGBUS" : "is no SIGBUS");
  claim("C43", second_page == SIGBUS && adrerr ? holds : differs, "past i_size: %s, %s",
        second_page == SIGBUS ? "SIGBUS" : "no SIGBUS", adrerr ? "BUS_ADRERR" : "another code");

  step("map the file read-only, and store to it");
  void* read_only = mmap(nullptr, page, PROT_READ, MAP_SHARED, fd, 0);
  if (read_only == MAP_FAILED) die("mmap PROT_READ");
  int forbidden = store(static_cast<char*>(read_only));

  step("truncate the file to nothing, and load its first byte");
  if (ftruncate(fd, 0) < 0) die("ftruncate");
  int truncated = load(area);
  claim("C21", forbidden == SIGSEGV && truncated == SIGBUS ? holds : differs,
        "store to a read-only page: %s; load past a new end: %s",
        forbidden == SIGSEGV ? "SIGSEGV" : "no SIGSEGV",
        truncated == SIGBUS ? "SIGBUS" : "no SIGBUS");

  step("unmap it, and remove the file");
  if (munmap(read_only, page) < 0 || munmap(mapping, 2 * page) < 0) die("munmap");
}
