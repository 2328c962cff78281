#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tests/fuzz/run.sh [--keep] SECONDS [NAME...]
# tests/fuzz/run.sh --build
#
# Builds the fuzz targets (preset fuzz) and runs each for so long, from its committed corpus, its
# past finds and files of this tree; or only builds them. A find is shown, and kept in build-fuzz/finds. With --keep, what new
# inputs reach is added to the corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# One at a time: the tests of each target begin together.
build_targets() {
  mkdir -p build-fuzz
  exec 9<build-fuzz
  flock 9
  cmake --preset fuzz >/dev/null
  cmake --build build-fuzz --target fuzz
  exec 9<&-
}

if [ "${1:-}" = --build ]; then
  build_targets
  exit
fi

keep=
[ "${1:-}" = --keep ] && { keep=1; shift; }
seconds=${1:?for how many seconds each}
shift
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(trace flow elf options)
largest=16384 # bytes of an input

build_targets

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p build-fuzz/finds "$work"/{trace,flow,elf,options}

# Files of this tree, of which each target should know what is usual.
for recording in docs/recordings/*/0[1-4]*; do
  zstd -dcq "$recording" 2>/dev/null | head -c $largest >"$work/trace/$(basename "$(dirname "$recording")")-$(basename "$recording")" || true
done
for file in labs/*/flow.toml solutions/*/exercise.toml; do cp "$file" "$work/flow/$(echo "$file" | tr / -)"; done
for program in true busybox; do
  head -c $largest "$(command -v $program)" >"$work/elf/$program" 2>/dev/null || true
done
printf 'run\0001\0--step\0--place\0vm' >"$work/options/run"
printf 'trace\0--format\0jsonl\0-o\0-\0--\0ls\0-l' >"$work/options/trace"
printf 'replay\0x\0--depth\0003\0--only\0mmap*\0--min-duration\0005us' >"$work/options/replay"
printf 'vm\0run\0--memory\000512\0--cpus\0002\0--\0true' >"$work/options/vm"

failed=0
for name in "${names[@]}"; do
  corpus=tests/fuzz/corpus/$name
  mkdir -p "$corpus" "$work/new-$name"
  dictionary=()
  [ -e "tests/fuzz/$name.dict" ] && dictionary=(-dict="tests/fuzz/$name.dict")
  if ! build-fuzz/bin/fuzz_"$name" -max_total_time="$seconds" -max_len=$largest -timeout=10 -rss_limit_mb=1024 \
    -print_final_stats=1 -verbosity=0 -close_fd_mask=1 -artifact_prefix="build-fuzz/finds/$name-" "${dictionary[@]}" \
    "$work/new-$name" "$corpus" "$work/$name" >"$work/$name.log" 2>&1; then
    failed=1
    tail -60 "$work/$name.log"
  fi
  echo "fuzz $name: $(grep -ao 'number_of_executed_units: [0-9]*' "$work/$name.log" || echo 'no statistics')"
  if [ -n "$keep" ]; then
    mkdir "$work/small-$name"
    build-fuzz/bin/fuzz_"$name" -merge=1 -max_len=4096 -verbosity=0 -close_fd_mask=1 "$work/small-$name" "$corpus" "$work/new-$name" \
      >/dev/null 2>&1
    rm -rf "$corpus"
    cp -r "$work/small-$name" "$corpus"
  fi
done
exit $failed
