// SPDX-License-Identifier: BSD-2-Clause
//
// Who has had the most page faults in shared memory? The kernel counts (topten.bpf.c); this program
// puts the counter there, starts what is to be counted, and prints the ten with the most.
//
// Run: ./topten NONCE

#include <bpf/bpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "topten.skel.h"

struct Row {
  uint32_t pid;
  uint64_t count;
};

[[noreturn, maybe_unused]] static void die(const char* call) {
  std::perror(call);
  std::exit(1);
}

// Runs ./load and waits for its end.
[[maybe_unused]] static void run_load() {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    char program[] = "./load";  // on the stack, whose pages are there: a tracer can read it
    execl(program, program, nullptr);
    die(program);
  }
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (status != 0) std::exit(1);
}

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: topten NONCE\n"), 2;
  std::vector<Row> rows;

  // TODO: open, load and attach the skeleton; then run_load()
  // TODO: make a Row of each entry of the map, and destroy the skeleton
  // TODO: keep the ten rows with the most, the first first
  if (rows.empty()) return std::fprintf(stderr, "nothing was counted\n"), 1;
  for (const Row& row : rows)
    std::printf("%s %u %llu\n", argv[1], row.pid, static_cast<unsigned long long>(row.count));
}
