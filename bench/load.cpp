// SPDX-License-Identifier: BSD-2-Clause
//
// The loads that bench/run measures tracers with:
//
//   load faults ROUNDS PAGES           page faults on shared memory, each of which allocates a
//   frame load calls COUNT                   system calls that do next to nothing load storm COUNT
//   PROGRAM           processes, each forked, which becomes PROGRAM, one after the other load
//   threads THREADS ROUNDS PAGES  faults, in all threads at once
//
// It measures itself, so that what surrounds it does not matter, and writes one line to the file
// that BENCH_REPORT names, else to standard output: CLOCK_MONOTONIC at the beginning of main, the
// time that the loop took, the processor time of the process and its children until then. Its
// number it writes to the file that BENCH_STARTED names, before it begins.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

long long now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

long long processor_us(int who) {
  struct rusage used {};
  if (getrusage(who, &used) != 0) die("getrusage");
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec +
         used.ru_stime.tv_usec;
}

// Between rounds the object is emptied, so each store to a page allocates one.
void faults(long rounds, long pages) {
  const long page_bytes = sysconf(_SC_PAGESIZE);
  const off_t bytes = pages * page_bytes;
  const int fd = memfd_create("bench", MFD_CLOEXEC);
  if (fd < 0) die("memfd_create");
  for (long round = 0; round < rounds; ++round) {
    if (ftruncate(fd, bytes) != 0) die("ftruncate");
    void* area = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (area == MAP_FAILED) die("mmap");
    for (off_t at = 0; at < bytes; at += page_bytes) static_cast<volatile char*>(area)[at] = 0x11;
    if (munmap(area, bytes) != 0) die("munmap");
    if (ftruncate(fd, 0) != 0) die("ftruncate");
  }
  close(fd);
}

void calls(long count) {
  for (long i = 0; i < count; ++i) syscall(SYS_getppid);
}

void storm(long count, char* program) {
  char* words[] = {program, nullptr};
  for (long i = 0; i < count; ++i) {
    const pid_t pid = fork();
    if (pid < 0) die("fork");
    if (pid == 0) {
      execv(program, words);
      _exit(127);
    }
    int status = 0;
    if (waitpid(pid, &status, 0) != pid) die("waitpid");
    if (status != 0) std::exit((std::fprintf(stderr, "%s: status %d\n", program, status), 1));
  }
}

void threads(long count, long rounds, long pages) {
  std::vector<std::thread> all;
  for (long i = 0; i < count; ++i) all.emplace_back(faults, rounds, pages);
  for (std::thread& one : all) one.join();
}

bool run(int count, char** words) {
  auto is = [&](const char* name, int due) {
    return count == due && std::strcmp(words[1], name) == 0;
  };
  auto number = [&](int at) { return std::atol(words[at]); };
  if (is("faults", 4)) return faults(number(2), number(3)), true;
  if (is("calls", 3)) return calls(number(2)), true;
  if (is("storm", 4)) return storm(number(2), words[3]), true;
  if (is("threads", 5)) return threads(number(2), number(3), number(4)), true;
  return false;
}

void tell_started() {
  const char* file = std::getenv("BENCH_STARTED");
  if (!file) return;
  std::FILE* out = std::fopen(file, "w");
  if (!out || std::fprintf(out, "%d\n", getpid()) < 0 || std::fclose(out) != 0) die(file);
}

void report(long long main_ns, long long loop_ns) {
  const char* file = std::getenv("BENCH_REPORT");
  std::FILE* out = file ? std::fopen(file, "a") : stdout;
  if (!out) die(file);
  std::fprintf(out,
               R"({"start_ns":%lld,"loop_ns":%lld,"processor_us":%lld})"
               "\n",
               main_ns, loop_ns, processor_us(RUSAGE_SELF) + processor_us(RUSAGE_CHILDREN));
  if (std::fflush(out) != 0) die("fflush");
}

}  // namespace

int main(int argc, char** argv) {
  const long long main_ns = now_ns();
  tell_started();
  const long long start_ns = now_ns();
  if (argc < 2 || !run(argc, argv))
    return std::fputs(
               "usage: load faults ROUNDS PAGES | calls COUNT | storm COUNT PROGRAM |"
               " threads THREADS ROUNDS PAGES\n",
               stderr),
           2;
  report(main_ns, now_ns() - start_ns);
  return 0;
}
