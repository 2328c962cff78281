# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Sourced in a mount namespace of one's own. make_root FOLDER...: $root becomes a root folder with what
# this machine has, but for an own /tmp and /dev (with the harmless devices, so without /dev/kvm), and
# with these FOLDERs, empty. It is gone with the namespace.

make_root() {
  root=/mnt
  mount -t tmpfs -o mode=755 root "$root"
  local folder device
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
  mkdir "$root"/{tmp,dev,proc}
  for folder in "$@"; do mkdir -p "$root$folder"; done
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  mount -t tmpfs -o mode=755 dev "$root/dev"
  for device in null zero full random urandom tty; do
    touch "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root/dev/shm" && mount -t tmpfs -o mode=1777,size=64m shm "$root/dev/shm"
  mount --rbind /proc "$root/proc"
}

put() {
  mkdir -p "$root$1" && mount --rbind "$1" "$root$1"
}
