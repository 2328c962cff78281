#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# record-labs.sh BUILD [KERNEL...]: runs every lab in the VM, on each kernel (all four, unless some are
# named), and writes the recordings to docs/recordings/KERNEL/NN-name.jsonl.zst. Afterwards approve
# what they look like (tools/approve-recordings.py), and look at what changed.
set -eu

# In the VM, as root: a tar of the recordings goes to standard output. A trace that is not complete is
# made again: the newest kernel does not run each probe when the machine is busy.
record_here() {
  local build=$1 folder=/run/recordings lab
  export SHMPATH_PLACE=vm LC_ALL=C
  unset SUDO_UID SUDO_GID SUDO_USER
  mkdir "$folder"
  cd /tmp
  for lab in "$build"/labs/[0-9][0-9]-*; do
    record_lab "$build/bin/shmpath" "$(basename "$lab")" "$folder"
  done
  tar -C "$folder" -cf - .
}

record_lab() {
  local shmpath=$1 lab=$2 file=$3/$2.jsonl attempt status
  for attempt in 1 2 3 4 5 6; do
    status=0
    "$shmpath" run "$lab" --record "$file" -o /run/shown </dev/null >/run/printed 2>&1 || status=$?
    tail -n 1 "$file" | grep -q '"complete":true' && [ $status = 0 ] && return
    echo "$lab: attempt $attempt: exit status $status, $(tail -n 1 /run/shown)" >&2
  done
  rm -f "$file"
  echo "$lab: no complete trace, not recorded" >&2
}

if [ "$1" = --here ]; then
  record_here "$2"
  exit
fi
build=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- 5.10 6.1 6.12 newest
self=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$self")/../docs"
for kernel in "$@"; do
  folder=$PWD/recordings/$kernel
  rm -rf "$folder"
  mkdir -p "$folder"
  "$build/bin/shmpath" vm run --kernel "$kernel" --timeout 1800 -- "$self" --here "$build" </dev/null |
    tar -C "$folder" -xf -
  zstd -q --ultra -22 --rm "$folder"/*.jsonl
  du -sh "$folder" >&2
done
