#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# boot.sh BUILD KERNEL: boots the kernel once, and unpacks in BUILD/vm/kernels/KERNEL what collect.sh
# saw in it. The tests of that kernel read it from there.
set -u
build=$(realpath "$1")
kernel=$2
results=$build/vm/kernels/$kernel
collect=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/collect.sh

rm -rf "$results"
mkdir -p "$results"
"$build/bin/shmpath" vm run --kernel "$kernel" --timeout 1000 -- "$collect" "$build" "$kernel" \
  </dev/null | tar -C "$results" -xf -
status=("${PIPESTATUS[@]}")
exit $((status[0] != 0 ? status[0] : status[1]))
