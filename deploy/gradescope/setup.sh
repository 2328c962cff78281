#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Run once by Gradescope, as root, when it builds the image. The package was built for one release of
# Debian. On that it is installed as it is; on another system, as Gradescope's usual Ubuntu, a Debian is
# unpacked beside it, in /autograder/debian, and entered with proot, which needs no privilege.
set -eu
source=/autograder/source
debian=/autograder/debian
release=$(cat "$source/release")
export DEBIAN_FRONTEND=noninteractive

packages=(qemu-system-x86 busybox-static kmod xz-utils zstd e2fsprogs python3
  g++ make clang llvm libbpf-dev libelf-dev bpftool pkg-config)

# install_in COMMAND...: COMMAND runs another in the Debian.
install_in() {
  "$@" apt-get update
  "$@" apt-get install -y --no-install-recommends "$source/shmpath.deb" "${packages[@]}"
  "$@" env SHMPATH_CACHE=/var/cache/shmpath shmpath vm fetch
  "$@" apt-get clean
}

# shellcheck disable=SC1091
if [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = "$release" ] && [ -z "${SHMPATH_UNPACK:-}" ]; then
  install_in env
  exit
fi
apt-get update
apt-get install -y --no-install-recommends debootstrap debian-archive-keyring proot python3
debootstrap --variant=minbase "$release" "$debian"
mkdir -p "$debian$source" && cp "$source/shmpath.deb" "$debian$source/"
install_in chroot "$debian"
