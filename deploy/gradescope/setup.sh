#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Run once by Gradescope, as root, when it builds the image. On the release of Debian that the package
# was built on, it is installed as a package. Elsewhere, as on Gradescope's usual Ubuntu, its files
# are unpacked, with those of its libraries that are not there. The kernel of the virtual machine is
# in the zip, so nothing is fetched but packages of the system's own.
set -eu
source=/autograder/source
export DEBIAN_FRONTEND=noninteractive

apt-get update
apt-get install -y --no-install-recommends qemu-system-x86 busybox-static kmod xz-utils zstd e2fsprogs \
  python3 g++ make
# For exercise 10 alone; where a release has not all of them, the others can still be graded.
apt-get install -y --no-install-recommends clang llvm libbpf-dev libelf-dev bpftool pkg-config ||
  echo "not all that exercise 10 takes is there"

# shellcheck disable=SC1091
if [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = "$(cat "$source/release")" ] &&
  [ -z "${SHMPATH_UNPACK:-}" ]; then
  apt-get install -y --no-install-recommends "$source/shmpath.deb"
else
  dpkg-deb -x "$source/shmpath.deb" /
  for library in "$source"/libraries/*; do
    if ! ldconfig -p | grep -q "^[[:space:]]*$(basename "$library") "; then
      cp "$library" "/usr/lib/$(uname -m)-linux-gnu/"
    fi
  done
  ldconfig
fi
mkdir -p /var/cache/shmpath
cp -r "$source/kernels" /var/cache/shmpath/
apt-get clean
shmpath --version
