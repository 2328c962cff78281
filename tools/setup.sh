# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What ./run and ./test share: install what is missing, configure, build. Sourced, from any
# folder; everything it says goes to standard error, so that standard output stays the program's.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$root/build

build_packages=(build-essential cmake ninja-build pkg-config clang llvm libbpf-dev bpftool
  libelf-dev zlib1g-dev libzstd-dev libsimdjson-dev libcli11-dev libfmt-dev libtomlplusplus-dev nlohmann-json3-dev
  systemtap-sdt-dev catch2)
test_packages=(strace python3 python3-jsonschema zstd sudo libcap2-bin bsdutils procps tmux util-linux busybox-static clang-format clang-tidy libclang-rt-dev
  chromium chromium-driver python3-selenium dpkg-dev mmdebstrap lintian man-db zsh fish zip unzip
  python3-yaml python3-kubernetes)
# What `shmpath vm` runs.
vm_packages=(qemu-system-x86 busybox-static kmod xz-utils zstd e2fsprogs)

# fail THING REASON REMEDY
fail() {
  echo "$1: $2; $3" >&2
  exit 1
}

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      echo "$package"
  done
}

# require_packages PACKAGE...: installs those that are missing, or says how to.
require_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: taking for granted what these packages hold: $*" >&2
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    local all  # one command for everything, that of the VM included
    mapfile -t all < <(missing_packages "$@" "${vm_packages[@]}" | sort -u)
    fail "packages" "not installed: ${missing[*]}" \
      "type: sudo apt-get install --no-install-recommends ${all[*]}"
  fi
  echo "installing ${missing[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update >&2 ||
    fail "apt-get update" "failed, see above" "check the network and the package sources"
  apt-get -q install -y --no-install-recommends "${missing[@]}" >&2 ||
    fail "apt-get install" "failed, see above" "install by hand: ${missing[*]}"
}

# Packages bring programs to places that a short PATH leaves out.
export PATH=$PATH:/usr/sbin:/sbin

require_own_build_folder() {
  local file
  for file in "$build" "$build/build.ninja" "$build/.ninja_log"; do
    if [ -e "$file" ] && ! [ -w "$file" ]; then
      fail "$file" "belongs to $(stat -c %U "$file") and cannot be written" \
        "build as that user, or remove it with: sudo rm -r $build"
    fi
  done
  [ -e "$build" ] || [ -w "$root" ] ||
    fail "$root" "belongs to $(stat -c %U "$root") and cannot be written" \
      "clone the repository to a folder of your own"
}

# configure PRESET: unless that has been done, here and with this preset.
configure() {
  local preset=$1 home done_with
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt" 2>/dev/null)
  done_with=$(cat "$build/preset" 2>/dev/null)
  if [ -f "$build/build.ninja" ] && [ "$home" = "$root" ] &&
    { [ "$preset" = any ] || [ "$preset" = "$done_with" ]; }; then
    return
  fi
  [ "$preset" != any ] || preset=dev
  # Afresh when the folder was moved, or what another preset has set would stay.
  local fresh=()
  if [ -f "$build/CMakeCache.txt" ]; then fresh=(--fresh); fi
  (cd "$root" && cmake "${fresh[@]}" --preset "$preset") >&2 ||
    fail "cmake --preset $preset" "failed, see above" "mend what it names and try again"
  echo "$preset" >"$build/preset"
}

# build_targets TARGET...: silent when there is nothing to do.
build_targets() {
  cmake --build "$build" --target "$@" 2>&1 |
    grep --line-buffered -v -e '^ninja: no work to do' -e 'Re-checking globbed' >&2
  [ "${PIPESTATUS[0]}" = 0 ] ||
    fail "cmake --build $build" "failed, see above" "mend what it names and try again"
}

# set_up_vm: the packages and the kernel of the VM, where this machine's own kernel does not let
# itself be looked into. Without them shmpath shows less, so that failing is no end.
set_up_vm() {
  [[ $("$build/bin/shmpath" list) != *"the functions view works"* ]] || return 0
  # In a subshell: fail() ends it.
  if (require_packages "${vm_packages[@]}") && "$build/bin/shmpath" vm fetch >&2; then return; fi
  echo "the VM: not set up, see above; going on with this machine's own kernel" >&2
}
