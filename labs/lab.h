// SPDX-License-Identifier: BSD-2-Clause
//
// The three things every lab says: which step begins, what a claim came to, and why it stopped.
#pragma once

#include <sys/sdt.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// Begins the next step: a line for the reader, and a marker that costs one nop unless a tracer
// has put a breakpoint on it. Not inlined, so that the program holds exactly one marker.
[[gnu::noinline]] inline void step(const char* text) {
  static int steps = 0;
  const int number = ++steps;
  std::printf("step %d: %s\n", number, text);
  std::fflush(stdout);
  DTRACE_PROBE2(shmpath, step, number, text);
}

// Reports the call that failed and ends the program. exit() runs the atexit handlers, which is
// where a lab removes the names it made. Call it at once: errno must still be the call's.
[[noreturn]] inline void die(const char* call) {
  std::fprintf(stderr, "%s: %s\n", call, std::strerror(errno));
  std::exit(1);
}

enum Verdict { holds, differs, not_checked };

// One verdict on one claim of the documents, with what was measured, printf style.
[[gnu::format(printf, 3, 4)]] inline void claim(const char* id, Verdict verdict,
                                                const char* measured, ...) {
  const char* words[] = {"holds", "differs", "not checked here"};
  std::printf("%s %s: ", id, words[verdict]);
  va_list values;
  va_start(values, measured);
  std::vprintf(measured, values);
  va_end(values);
  std::printf("\n");
  std::fflush(stdout);
}
