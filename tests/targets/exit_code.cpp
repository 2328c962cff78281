// SPDX-License-Identifier: BSD-2-Clause
//
// Usage: exit_code N. Says a word on each stream and exits with N.
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  std::puts("out");
  std::fputs("err\n", stderr);
  return argc > 1 ? std::atoi(argv[1]) : 0;
}
