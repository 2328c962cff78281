#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# prefix_test.sh BUILD: `cmake --install` to a folder of its own, by --prefix and by DESTDIR. What was
# installed works from there, from another folder, as root and as an ordinary user, and also after it
# was moved; without its labs it does not.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
build=$(realpath "$1")
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

fail() {
  printf 'FAILED: %s\n' "$1" >&2
  [ $# = 1 ] || printf '%s\n' "${@:2}" | tail -n 20 >&2
  exit 1
}

labs=$("$build/bin/shmpath" list --names) || fail "list --names in the build"
[ -n "$labs" ] || fail "the build has no labs"

# works PROGRAM FOLDER [COMMAND...]: COMMAND becomes somebody else first.
works() {
  local program=$1 folder=$2 output
  shift 2
  output=$(cd "$folder" && "$@" "$program" list --names 2>&1) || fail "$program list" "$output"
  [ "$output" = "$labs" ] || fail "$program list: not the labs of the build" "$output"
  output=$(cd "$folder" && "$@" "$program" run 01 --place host --view syscalls 2>&1 >/dev/null) ||
    fail "$program run 01" "$output"
  [[ $output == *$'\ncomplete: '* ]] || fail "$program run 01: not complete" "$output"
}

output=$(cmake --install "$build" --prefix "$work/one" 2>&1) || fail "cmake --install --prefix" "$output"
works "$work/one/bin/shmpath" /
works "$work/one/bin/shmpath" /tmp
if [ "$(id -u)" = 0 ]; then
  works "$work/one/bin/shmpath" / setpriv --reuid=65534 --regid=65534 --clear-groups
fi
mkdir "$work/bin" && ln -s ../one/bin/shmpath "$work/bin/shmpath" || exit
works "$work/bin/shmpath" /

mv "$work/one" "$work/two" || exit
works "$work/two/bin/shmpath" /

output=$(DESTDIR=$work/staged cmake --install "$build" 2>&1) || fail "cmake --install, DESTDIR" "$output"
staged=$(find "$work/staged" -path '*/bin/shmpath')
works "$staged" /

files=(share/doc/shmpath/LICENSE share/doc/shmpath/labs/01-posix-shm/README.md
  share/zsh/site-functions/_shmpath)
for page in "$here"/../../docs/man/*; do files+=("share/man/man${page##*.}/${page##*/}.gz"); done
for file in "${files[@]}"; do
  [ -r "$work/two/$file" ] || fail "$file is not installed"
done
! find "$work" -mindepth 1 -name '*test*' -o -name 'catch*' | grep . || fail "tests are installed"

rm -r "$work/two/libexec"
! output=$("$work/two/bin/shmpath" list --names 2>&1) || fail "it lists labs that are not there" "$output"
[[ $output == *"cannot find the labs in $work/two/labs"* ]] || fail "it does not say so" "$output"
echo "installed, moved, staged, and run"
