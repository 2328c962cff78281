#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tests/sanitize.sh [ARGS...]: the unit and live tests, with the program and the tests under the address and
# undefined-behaviour sanitizers (preset asan), in build-asan/. ARGS are for ctest; without any: -L 'unit|live'.
# The labs and the programs that the tests trace are built without: what a sanitizer does would be in the trace.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- -L 'unit|live'

cmake --preset asan >/dev/null
cmake --build build-asan --target all test_programs
# The tracer forks and leaves some to the kernel; what is left at its own end is looked for by LeakSanitizer,
# which cannot do so in a process that is traced itself.
export ASAN_OPTIONS=detect_leaks=${DETECT_LEAKS:-1}:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
exec ctest --test-dir build-asan --output-on-failure --no-tests=error --timeout 900 "$@"
