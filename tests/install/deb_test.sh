#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# deb_test.sh BUILD: makes the Debian package of a build, installs it with apt in a clean root folder of
# this machine's Debian release, and runs it there: as root and as an ordinary user, from several
# folders. Without its dependencies it must not run. Everything but a tarball of the clean root, kept
# for three days in the cache folder, is in a tmpfs of a mount namespace of its own, and goes with it.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/../../tools/style.sh"
build=$(realpath "$1")
name="install:the Debian package"
cache=${SHMPATH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/shmpath}

fail() {
  printf 'FAILED: %s\n' "$1" >&2
  [ $# = 1 ] || printf '%s\n' "${@:2}" | tail -n 20 >&2
  exit 1
}

# must THING COMMAND...: the command succeeds; its output is in $output.
must() {
  local thing=$1
  shift
  output=$("$@" 2>&1) || fail "$thing: exit status $?" "$output"
}

# has THING TEXT: the output of the last command has it.
has() { [[ $output == *"$2"* ]] || fail "$1: \"$2\" is not in its output" "$output"; }

# --- in the clean root: as WHO, from FOLDER
as() {
  local who=$1 folder=$2
  shift 2
  timeout 120 chroot --userspec="$who" root env -i HOME=/ PATH=/usr/bin:/usr/sbin:/bin:/sbin \
    LC_ALL=C.UTF-8 ${http_proxy:+http_proxy="$http_proxy"} DEBIAN_FRONTEND=noninteractive \
    sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
}

install_package() {
  cp "$1" root/package.deb || exit
  # The lists are those of the tarball: the mirror may have moved on since.
  as 0 / apt-get -qy install --no-install-recommends /package.deb ||
    { as 0 / apt-get -q update && as 0 / apt-get -qy install --no-install-recommends /package.deb; }
}

# The same package, that depends on nothing.
without_dependencies() {
  dpkg-deb -R "$1" taken-apart && sed -i '/^Depends:/d' taken-apart/DEBIAN/control &&
    dpkg-deb -b taken-apart "$2"
}

# Which of these files name the source or build folder?
names_of_folders() {
  local source
  source=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt")
  grep -rlF -e "$build/" -e "$source/bpf/" -e "$source/tracer/" -e "$source/labs/" "$@"
}

enter_clean_root() {
  mkdir root && tar -C root --numeric-owner -xf "$1" && mount -t proc proc root/proc &&
    mount --rbind /sys root/sys && mount -t tmpfs -o mode=1777 shm root/dev/shm &&
    cp -L /etc/resolv.conf root/etc/ && as 0 / useradd --uid 1000 student
}

run_everywhere() {
  local who folder
  for who in 0 1000; do
    for folder in / /tmp; do
      must "list as $who in $folder" as $who $folder shmpath list --names
      [ "$output" = "$labs" ] || fail "list as $who in $folder: not the labs of the build" "$output"
      must "run 01 as $who in $folder" as $who $folder shmpath run 01 --place host
      has "run 01 as $who in $folder" "step 6: store 0x11"
      has "run 01 as $who in $folder" $'\ncomplete: '
      must "check 01 as $who in $folder" as $who $folder shmpath check 01 --place host
      has "check 01 as $who in $folder" "C01  holds"
    done
    must "run 08, whose programs start each other, as $who" as $who / shmpath run 08 --place host
    has "run 08 as $who" $'\ncomplete: '
    must "run 01 --step as $who" as $who / shmpath run 01 --step --place host
    has "run 01 --step as $who" 'ftruncate(fd, 0x1000)'
  done
}

# read_page THING PAGE: it can be read, and groff has nothing to say of it.
read_page() {
  LC_ALL=C.UTF-8 must "$1" man --warnings --local-file "$2"
  has "$1" "NAME"
  has "$1" "SEE ALSO"
  output=$(LC_ALL=C.UTF-8 man --warnings --local-file -Tutf8 "$2" 2>&1 >/dev/null)
  [ -z "$output" ] || fail "$1: groff warns" "$output"
}

read_everything() {
  must "explain mmap" as 1000 / shmpath explain mmap
  has "explain mmap" "mmap(2)"
  must "explain shmem_fault" as 1000 / shmpath explain shmem_fault
  has "explain shmem_fault" "On Linux 6.12"
  must "the labs' sources beside the documents" as 1000 /usr/share/doc/shmpath/labs test -r \
    01-posix-shm/posix_shm.cpp -a -r 01-posix-shm/README.md -a -r lab.h
  local page
  for page in "$here"/../../docs/man/*; do
    page=${page##*/}
    read_page "the manual page $page" "root/usr/share/man/man${page##*.}/$page.gz"
  done
  must "completion in bash" as 1000 / bash -c '. /usr/share/bash-completion/completions/shmpath
    COMP_WORDS=(shmpath run "") COMP_CWORD=2; _shmpath; echo "${COMPREPLY[*]}"'
  has "completion in bash" "01-posix-shm 02-sysv-shm"
  must "dpkg --verify" as 0 / dpkg --verify shmpath
  [ -z "$output" ] || fail "dpkg --verify: files are not as they were installed" "$output"
}

inside() {
  local work=$1 base=$2 deb labs output left
  mount -t tmpfs tmpfs "$work" && cd "$work" || exit
  labs=$("$build/bin/shmpath" list --names) || fail "list --names in the build"
  must cpack cpack --config "$build/CPackConfig.cmake" -B "$work/made"
  deb=$(echo made/*.deb)
  must lintian lintian --allow-root --fail-on error,warning "$deb"
  must "the clean root" enter_clean_root "$base"

  must "a package without dependencies" without_dependencies "$deb" bare.deb
  must "installing that" install_package bare.deb
  ! as 0 / shmpath list >/dev/null 2>&1 || fail "it runs where nothing that it depends on is installed"
  must "removing it" as 0 / dpkg --purge shmpath

  must "installing the package" install_package "$deb"
  left=$(names_of_folders root/usr/bin/shmpath root/usr/libexec/shmpath root/usr/share/doc/shmpath)
  [ -z "$left" ] || fail "it knows the folder that it was built in" "$left"
  touch installed
  run_everywhere
  read_everything
  left=$(find root/usr root/etc root/home root/tmp root/dev/shm -newer installed ! -type d)
  [ -z "$left" ] || fail "left behind or written by a run" "$left"
  must "removing the package" as 0 / dpkg --purge shmpath
  left=$(find root/usr root/etc root/var/lib/dpkg -name '*shmpath*')
  [ -z "$left" ] || fail "left behind by the package" "$left"
  echo "installed and run: $(basename "$deb")"
}

# --- before that: is there all that it takes?
if [ "${2:-}" = inside ]; then
  inside "$3" "$4"
  exit
fi
[ "$(id -u)" = 0 ] || skip "$name" "needs root, for a root folder to install in"
for program in dpkg-shlibdeps:dpkg-dev lintian:lintian mmdebstrap:mmdebstrap unshare:util-linux man:man-db; do
  command -v "${program%:*}" >/dev/null ||
    skip "$name" "needs ${program%:*}; install the package ${program#*:}"
done
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mapfile -t sources < <(apt-get indextargets \
  --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
  grep -E "^deb [^ ]+ ${release}(-updates|-security)? " | sort -u)
[ -n "$release" ] && [ ${#sources[@]} -gt 0 ] ||
  skip "$name" "needs a Debian system whose apt has lists; type apt-get update"

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
base=$cache/clean-$release.tar
if [ -z "$(find "$base" -mtime -3 2>/dev/null)" ]; then
  read -r _ mirror suite _ <<<"${sources[0]}"
  (cd "$work" && /usr/lib/apt/apt-helper download-file "${mirror}dists/$suite/InRelease" InRelease) \
    >/dev/null 2>&1 || skip "$name" "needs the mirror that apt is configured with; it does not answer"
  mkdir -p "$cache"
  printf '%s\n' "${sources[@]}" >"$work/sources.list"
  mmdebstrap --quiet --variant=minbase --skip=cleanup/apt/lists --format=tar \
    --keyring=/usr/share/keyrings "$release" "$work/base.tar" "$work/sources.list" >&2 ||
    fail "mmdebstrap"
  mv "$work/base.tar" "$base.$$" && mv "$base.$$" "$base" || exit
fi
unshare --mount --propagation private "${BASH_SOURCE[0]}" "$build" inside "$work" "$base"
