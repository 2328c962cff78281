// SPDX-License-Identifier: BSD-2-Clause
//
// Two ways to touch a mapping wrongly. What its protection forbids is SIGSEGV; what it allows, but
// the file no longer has, is SIGBUS.
//
// Run:      build/labs/05-file-mapping/two_signals
// Trace:    build/bin/shmpath run 05
// Look for: a fault in step 2 that reaches no filemap_fault, and one in step 3 that does.

#include <sys/mman.h>
#include <unistd.h>

#include <csetjmp>
#include <csignal>

#include "lab.h"

static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
static sigjmp_buf before_touch;

static void on_signal(int number) { siglongjmp(before_touch, number); }

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
  struct sigaction action {};
  action.sa_handler = on_signal;
  if (sigaction(SIGBUS, &action, nullptr) < 0) die("sigaction SIGBUS");
  if (sigaction(SIGSEGV, &action, nullptr) < 0) die("sigaction SIGSEGV");

  step("map a file read-only, and load its first byte");
  char name[] = "shmpath-lab-05-XXXXXX";
  int fd = mkstemp(name);
  if (fd < 0) die("mkstemp (run it in a folder that you can write to)");
  if (unlink(name) < 0) die("unlink");  // the descriptor is enough
  if (write(fd, "abc", 3) != 3) die("write");
  void* mapping = mmap(nullptr, page, PROT_READ, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) die("mmap");
  volatile char* area = static_cast<char*>(mapping);
  int loaded = load(area);

  step("store to it");
  int stored = store(area);

  step("truncate the file to nothing, and load the byte again");
  if (ftruncate(fd, 0) < 0) die("ftruncate");
  int truncated = load(area);
  claim("C21", loaded == 0 && stored == SIGSEGV && truncated == SIGBUS ? holds : differs,
        "load: %s; store to a read-only page: %s; load past a new end: %s",
        loaded == 0 ? "no signal" : "a signal", stored == SIGSEGV ? "SIGSEGV" : "no SIGSEGV",
        truncated == SIGBUS ? "SIGBUS" : "no SIGBUS");

  step("unmap it");
  if (munmap(mapping, page) < 0) die("munmap");
}
