#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# as_pod.sh CLASS OUT BIN CACHE NAME=VALUE... -- COMMAND...: runs COMMAND as deploy/kubernetes has it run, as
# far as this machine can: user 1000 without capabilities and without a way to get any; every file
# system read-only but /out and /tmp; /class read-only; no device but the harmless ones, so no
# /dev/kvm; its own network, which is nothing. BIN takes the place of the image's /usr/bin/shmpath,
# CACHE of its kernels.
set -eu
if [ "${1:-}" != inside ]; then
  exec unshare --mount --net --ipc --propagation private "${BASH_SOURCE[0]}" inside "$@"
fi
shift
class=$1 out=$2 bin=$3 cache=$4
shift 4
variables=()
while [ "$1" != -- ]; do
  variables+=("$1")
  shift
done
shift

# A root of its own: this machine's, with the pod's folders in it.
root=$(mktemp -d)
trap 'umount -R "$root" 2>/dev/null; rmdir "$root"' EXIT
mount -t tmpfs -o mode=755 root "$root"
for folder in /*; do
  case $folder in
    /tmp | /dev | /proc | /sys | /mnt | /media | /lost+found) continue ;;
  esac
  if [ -L "$folder" ]; then
    cp -P "$folder" "$root$folder"
  elif [ -d "$folder" ]; then
    mkdir "$root$folder" && mount --rbind "$folder" "$root$folder"
  fi
done
mkdir "$root"/{tmp,dev,proc,class,out,image,cache}
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount -t tmpfs -o mode=755 dev "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" && mount -t tmpfs -o mode=1777,size=64m shm "$root/dev/shm"
mount --bind "$class" "$root/class"
mount --bind "$out" "$root/out"
mount --rbind "$bin" "$root/image"
mount --rbind "$cache" "$root/cache"
mount --rbind /proc "$root/proc"
# All read-only, deepest first, but what the pod may write to.
while read -r _ _ _ _ at _; do
  case $at in
    "$root"/out | "$root"/tmp | "$root"/dev/* | "$root"/proc*) ;;
    "$root" | "$root"/*) mount -o remount,bind,ro "$at" ;;
  esac
done < <(tac /proc/self/mountinfo)

status=0
chroot "$root" setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs --bounding-set=-all \
  --inh-caps=-all env -i "PATH=/image/bin:/usr/bin:/bin" SHMPATH_CACHE=/cache SHMPATH_VM_ACCEL=tcg \
  "${variables[@]}" sh -c 'cd / && exec "$@"' sh "$@" || status=$?
exit "$status"
