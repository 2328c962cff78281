#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# as_gradescope.sh AUTOGRADER BUILD: runs /autograder/run_autograder as Gradescope's harness does,
# with AUTOGRADER as /autograder, in a root folder of its own. What setup.sh would install is taken from
# this machine, and shmpath from BUILD.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [ "${1:-}" != inside ]; then
  exec unshare --mount --propagation private "${BASH_SOURCE[0]}" inside "$@"
fi
. "$here/private_root.sh"
make_root /autograder
put "$(realpath "$here/../..")"
put "$3"
mount --bind "$2" "$root/autograder"
mount -t tmpfs cache "$root/var/cache"
mkdir "$root/var/cache/shmpath"
cp -r "$2/source/kernels" "$root/var/cache/shmpath"
chroot "$root" env -i PATH="$3/bin:/usr/local/bin:/usr/bin:/bin" LANG=C.UTF-8 \
  sh -c 'cd /autograder && exec ./run_autograder'
