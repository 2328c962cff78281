#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# as_pod.sh CLASS OUT BUILD CACHE NAME=VALUE... -- COMMAND...: runs COMMAND as deploy/kubernetes has it
# run, as far as this machine can: user 1000 without capabilities and without a way to get any; every
# file system read-only but /out and /tmp; /class read-only; no device but the harmless ones, so no
# /dev/kvm; its own network, which is nothing. BUILD takes the place of the image's program, CACHE of
# its kernels.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [ "${1:-}" != inside ]; then
  exec unshare --mount --net --ipc --propagation private "${BASH_SOURCE[0]}" inside "$@"
fi
shift
class=$1 out=$2 build=$3 cache=$4
shift 4
variables=()
while [ "$1" != -- ]; do
  variables+=("$1")
  shift
done
shift

. "$here/private_root.sh"
make_root /class /out /cache
put "$(realpath "$here/../..")"
put "$build"
mount --bind "$class" "$root/class"
mount --bind "$out" "$root/out"
mount --rbind "$cache" "$root/cache"
# All read-only, deepest first, but what the pod may write to. What is not there lies below $root's own
# mount: it was the machine's, and is hidden now.
while read -r _ _ _ _ at _; do
  [ -e "$at" ] || continue
  case $at in
    "$root"/out | "$root"/tmp | "$root"/dev/* | "$root"/proc*) ;;
    "$root" | "$root"/*) mount -o remount,bind,ro "$at" ;;
  esac
done < <(tac /proc/self/mountinfo)

chroot "$root" setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs --bounding-set=-all \
  --inh-caps=-all env -i "PATH=$build/bin:/usr/bin:/bin" SHMPATH_CACHE=/cache SHMPATH_VM_ACCEL=tcg \
  "${variables[@]}" sh -c 'cd / && exec "$@"' sh "$@"
