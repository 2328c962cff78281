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

  // BEGIN SOLUTION 10
  // todo: open, load and attach the skeleton; then run_load()
  // todo: make a Row of each entry of the map, and destroy the skeleton
  // todo: keep the ten rows with the most, the first first
  topten_bpf* skeleton = topten_bpf__open_and_load();
  if (!skeleton) die("topten_bpf__open_and_load");
  if (topten_bpf__attach(skeleton)) die("topten_bpf__attach");
  run_load();
  const int map = bpf_map__fd(skeleton->maps.faults);
  uint32_t last = 0;
  Row row{};
  for (uint32_t* before = nullptr; bpf_map_get_next_key(map, before, &row.pid) == 0;
       before = &last) {
    if (bpf_map_lookup_elem(map, &row.pid, &row.count)) die("bpf_map_lookup_elem");
    rows.push_back(row);
    last = row.pid;
  }
  topten_bpf__destroy(skeleton);
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.count > b.count; });
  if (rows.size() > 10) rows.resize(10);
  // END SOLUTION 10
  // HANDOUT 10: if (rows.empty()) return std::fprintf(stderr, "nothing was counted\n"), 1;
  for (const Row& row : rows)
    std::printf("%s %u %llu\n", argv[1], row.pid, static_cast<unsigned long long>(row.count));
}
