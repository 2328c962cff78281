#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tests/valgrind.sh BUILD: memcheck over a replay of a recording in each format. Exits with 1 at the first
# access to memory that is not the program's own or was never written, and at a leak that nothing points to.
set -eu
build=$(realpath "${1:-build}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/style.sh
need valgrind valgrind

for format in tree strace jsonl perfetto html; do
  valgrind --quiet --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite --track-fds=no \
    "$build/bin/shmpath" replay docs/recordings/6.12/01-posix-shm.jsonl.zst --format $format >/dev/null
  echo "replay to $format: nothing found"
done
