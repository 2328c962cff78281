#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# check-tidy.sh BUILD: what clang-tidy says of the tracer and the labs, as .clang-tidy asks. The
# tests are left out: Catch2's macros take minutes. A file that passed is not looked at again until
# it, a header or the settings change.
set -eu
build=$(realpath "${1:-build}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/style.sh
need clang-tidy tidy

passed=$build/tidy
mkdir -p "$passed"
settings=$({ cat .clang-tidy "$build/compile_commands.json"; style_files '*.h' | sort -z |
  xargs -0 cat; } | sha256sum | cut -c1-16)
export build passed settings

tidy_one() {
  local stamp
  # The analyzer follows fewer paths through one function than its own 225,000 states: it takes most
  # of the time, and so it finds what it found before.
  local analyzer=(--extra-arg=-Xclang --extra-arg=-analyzer-config
    --extra-arg=-Xclang --extra-arg=max-nodes=20000)
  stamp=$passed/$settings-$(sha256sum <"$1" | cut -c1-16)
  [ -e "$stamp" ] && return
  # Of standard error only what names a file matters: the rest counts warnings in others' headers.
  clang-tidy -p "$build" --quiet --warnings-as-errors='*' "${analyzer[@]}" "$1" \
    2> >(grep : >&2) && touch "$stamp"
}
export -f tidy_one

# By absolute name, as in the compile commands.
style_files '*.cpp' | grep -z -E '^(tracer|classroom|labs)/' |
  xargs -0 -P "$(nproc)" -I{} bash -c 'tidy_one "$PWD/{}"'
