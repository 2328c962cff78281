#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# make-zip.sh EXERCISE DEB [OUT.zip]: makes the autograder of one exercise (03, or its whole name) for
# Gradescope. In it are the Debian package DEB, the libraries that other systems lack, the kernel of
# the virtual machine, which `shmpath vm fetch 6.12` has put into your cache folder, and the exercise
# with its hidden lines, from beside this script's project or from SHMPATH_EXERCISES.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

# fail THING REASON REMEDY
fail() {
  echo "$1: $2; $3" >&2
  exit 1
}

find_exercises() {
  local folder
  for folder in "${SHMPATH_EXERCISES:-}" "$here/../../exercises" /usr/libexec/shmpath/exercises; do
    if [ -n "$folder" ] && [ -d "$folder" ]; then
      realpath "$folder"
      return
    fi
  done
  fail "the exercises" "not found beside $here" "set SHMPATH_EXERCISES to their folder"
}

[ $# -ge 2 ] || fail make-zip.sh "needs EXERCISE and DEB" "see the head of ${BASH_SOURCE[0]}"
wanted=$1 deb=$2
exercises=$(find_exercises)
found=("$exercises"/"$wanted" "$exercises"/"$wanted"-* "$exercises"/[0-9][0-9]-"$wanted")
folder=
for one in "${found[@]}"; do if [ -f "$one/exercise.toml" ]; then folder=$one; fi; done
[ -n "$folder" ] || fail "$wanted" "no such exercise in $exercises" "give 03, or 03-sysv-lifetime"
dpkg-deb -f "$deb" Package 2>/dev/null | grep -qx shmpath ||
  fail "$deb" "is not shmpath's Debian package" "cpack makes it in the build folder"
name=$(basename "$folder")
out=$(realpath -m "${3:-autograder-$name.zip}")

cache=${SHMPATH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/shmpath}
kernel=$(find "$cache/kernels" -maxdepth 1 -name '6.12.*' 2>/dev/null | sort -V | tail -n 1)
[ -n "$kernel" ] || fail "the kernel" "not in $cache/kernels" "type: shmpath vm fetch 6.12"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/exercises"
cp "$here/setup.sh" "$here/run_autograder" "$here/no_result.py" "$work"
cp -r "$folder" "$work/exercises/"
cp "$deb" "$work/shmpath.deb"
echo "$name" >"$work/exercise"
# Of the kernel what it takes to boot, not the drivers; its manifest counts what is there.
to=$work/kernels/$(basename "$kernel")
mkdir -p "$to"
cp -r "$kernel/boot" "$kernel/manifest" "$kernel/vmlinuz" "$to"
(cd "$kernel" && find lib -type f ! -path '*/kernel/*' -exec cp --parents {} "$to" \;)
tree=$(find "$to/lib" -type f -printf '%s\n' | awk '{ bytes += $1 } END { print "tree", NR, bytes }')
sed -i "s/^tree .*/$tree/" "$to/manifest"
# Of the libraries those that are no part of every system.
mkdir "$work/deb" "$work/libraries"
dpkg-deb -x "$deb" "$work/deb"
ldd "$work/deb/usr/bin/shmpath" | sed -n 's,.* => \(/[^ ]*\) .*,\1,p' |
  grep -v -e '/libc\.so' -e '/libm\.so' -e '/libstdc++' -e '/libgcc_s' |
  xargs -r cp -L -t "$work/libraries"
rm -r "$work/deb"
# The release that the package was built on.
(. /etc/os-release && echo "$VERSION_CODENAME") >"$work/release"
chmod 755 "$work/setup.sh" "$work/run_autograder"
rm -f "$out"
(cd "$work" && zip -q -X -r "$out" .)
echo "$out: the autograder of $name"
