#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Do the shell scripts parse, are those that are run executable, and has every check that
# .clang-tidy turns off its reason there?
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# fail THING REASON REMEDY
fail() {
  echo "$1: $2; $3" >&2
  exit 1
}

deploy=(deploy/slurm/* deploy/gradescope/*)
mapfile -t deploy < <(grep -l '^#!.*bash' "${deploy[@]}")
for script in run test .ci/run tools/check-*.sh tests/*/*.sh "${deploy[@]}"; do
  [ -x "$script" ] || fail "$script" "not executable" "chmod +x $script"
done
for script in run test .ci/run tools/*.sh tests/*/*.sh "${deploy[@]}"; do bash -n "$script"; done

while read -r check; do
  grep -q -e "^# $check: " .clang-tidy ||
    fail ".clang-tidy" "turns $check off without a reason" "add a line: # $check: REASON"
done < <(grep -o -E '^  -[a-zA-Z.-]+' .clang-tidy)
