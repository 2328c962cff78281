#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# as_gradescope_setup.sh AUTOGRADER [NAME=VALUE...]: runs AUTOGRADER/source/setup.sh as Gradescope does when
# it builds the image, in a root folder of its own whose /usr and /etc go with it. apt-get is a
# stand-in that fetches nothing and unpacks the package that it is given. What is there afterwards is
# said: what apt-get was asked for, and the libraries and kernels that have come.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
if [ "${1:-}" != inside ]; then
  exec unshare --mount --propagation private "${BASH_SOURCE[0]}" inside "$@"
fi
. "$here/private_root.sh"
make_root /autograder /over
mount -t tmpfs over "$root/over"
for folder in usr etc; do
  mkdir -p "$root/over/$folder/new" "$root/over/$folder/work"
  umount -l "$root/$folder"
  mount -t overlay -o "lowerdir=/$folder,upperdir=$root/over/$folder/new,workdir=$root/over/$folder/work" \
    over "$root/$folder" || exit 77
done
mount -t tmpfs cache "$root/var/cache"
mount --bind "$2" "$root/autograder"
cat >"$root/usr/bin/apt-get" <<'END'
#!/bin/sh
echo "apt-get $*"
for word; do case $word in *.deb) dpkg-deb -x "$word" / ;; esac; done
END
chmod 755 "$root/usr/bin/apt-get"
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "${@:3}" bash /autograder/source/setup.sh
(cd "$root/over/usr/new" && find . -path './lib/*' -type f -exec echo "new: {}" \;)
find "$root/var/cache/shmpath/kernels" -name vmlinuz -exec echo "kernel: {}" \;
