#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# record-labs.sh BUILD [KERNEL...] [LAB...]: runs the labs in the VM, each kernel booted once, and writes
# docs/recordings/KERNEL/NN-name.jsonl.zst. A LAB is two digits; without any, all labs; without a KERNEL,
# the four that the tests know. Only complete traces are kept: a lab is run up to six times for one.
# The recordings name no folder of this machine: in the VM the source tree, which the build must lie in, is
# at /shmpath.
set -u
root=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.." && pwd)
most_bytes=500000  # packed, each

fail() {
  echo "$1: $2; $3" >&2
  exit 1
}

# --- in the VM: record BUILD RESULTS LAB...
record() {
  local build=$1 results=$2 lab attempt file
  shift 2
  mkdir -p "$results"
  for lab in "$@"; do
    file=$results/$(basename "$build"/labs/"$lab"-*).jsonl
    for attempt in 1 2 3 4 5 6; do
      "$build/bin/shmpath" --labs "$build/labs" run "$lab" -o "$file.tree" --record "$file" \
        >/dev/null </dev/null 2>"$file.said" && tail -n 1 "$file" | grep -q '"complete":true' && break
      echo "lab $lab: attempt $attempt: $(tail -n 1 "$file.tree") $(tail -n 1 "$file.said")" >&2
      rm -f "$file"
    done
    rm -f "$file.tree" "$file.said"
  done
  tar -C "$results" -cf - .
}

if [ "${1-}" = --in-vm ]; then
  export SHMPATH_PLACE=vm SHMPATH_WHY='as asked' LC_ALL=C
  unset SUDO_UID SUDO_GID SUDO_USER
  mkdir /shmpath && mount --bind "$root" /shmpath && cd /tmp || exit
  record "/shmpath/$2" /run/recordings "${@:3}"
  exit
fi

# --- on the host
build=$(realpath --relative-to="$root" "${1:?usage: record-labs.sh BUILD [KERNEL...] [LAB...]}")
shift
case $build in
  ..*) fail "$build" "not in the source tree" "build there: the recordings name the lab's program" ;;
esac
kernels=() labs=()
for word in "$@"; do
  case $word in
    [0-9][0-9]) labs+=("$word") ;;
    *) kernels+=("$word") ;;
  esac
done
[ ${#kernels[@]} -gt 0 ] || kernels=(5.10 6.1 6.12 newest)
if [ ${#labs[@]} = 0 ]; then
  for folder in "$root"/labs/[0-9][0-9]-*; do labs+=("$(basename "$folder" | cut -c1-2)"); done
fi

status=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for kernel in "${kernels[@]}"; do
  results=$scratch/$kernel
  folder=$root/docs/recordings/$kernel
  mkdir -p "$results" "$folder"
  "$root/$build/bin/shmpath" vm run --kernel "$kernel" --timeout 1500 -- \
    "$root/tools/record-labs.sh" --in-vm "$build" "${labs[@]}" </dev/null | tar -C "$results" -xf - ||
    fail "kernel $kernel" "not recorded, see above" "shmpath vm fetch $kernel, and try again"
  for lab in "${labs[@]}"; do
    name=$(basename "$root"/labs/"$lab"-*)
    if ! [ -s "$results/$name.jsonl" ]; then
      echo "$kernel/$name: no complete trace; see above" >&2
      status=1
      continue
    fi
    zstd -q -f --ultra -22 --no-progress "$results/$name.jsonl" -o "$folder/$name.jsonl.zst"
    bytes=$(stat -c %s "$folder/$name.jsonl.zst")
    echo "$kernel/$name: $(wc -l <"$results/$name.jsonl") lines, $bytes bytes"
    if [ "$bytes" -gt $most_bytes ]; then
      echo "$kernel/$name: more than $most_bytes bytes; record less of it" >&2
      status=1
    fi
  done
done
exit $status
