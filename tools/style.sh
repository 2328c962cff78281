# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the style checks share. Sourced.

# skip NAME REASON: the test is reported as skipped (status 77).
skip() {
  echo "shmpath test skipped: $1: $2" >&2
  [ -z "${SHMPATH_SKIP_LOG:-}" ] || echo "$1: $2" >>"$SHMPATH_SKIP_LOG"
  exit 77
}

# need PROGRAM NAME: without the program, the test of that name is skipped.
need() {
  command -v "$1" >/dev/null || skip "$2" "needs $1; install the package $1"
}

# style_files PATTERN...: our own sources, NUL after each. Tracked or not yet: a new file counts.
style_files() {
  local names=() pattern
  for pattern in "$@"; do names+=(-o -name "$pattern"); done
  find bench bpf classroom labs solutions tests tracer vm -type f \( "${names[@]:1}" \) -print0
}
