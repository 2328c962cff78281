#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tests/live/bench.sh BUILD: bench/run as small as can be, with the tracers that start quickly and are installed. No
# time is looked at, but every figure must be there.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
. "$root/tools/style.sh"

[ "$(id -u)" = 0 ] || skip "bench/run" "needs root"
export SHMPATH_BUILD=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$root/bench/run" --smoke --installed --only a,b,c,d,e,g,h --tracers "shmpath,strace,perf record" --json "$out/json" \
  >"$out/table" 2>"$out/said" || {
  cat "$out/said" "$out/table"
  exit 1
}
cat "$out/table"
