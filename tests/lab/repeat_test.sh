#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Programs that do what a lab must not: repeat.sh has to say so of each.
set -u
repeat=$(dirname "$(realpath "$0")")/repeat.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/labs/01-bad"
failed=0

# expect WORDS PROGRAM: a lab of this program is refused, with these words.
expect() {
  printf '#!/bin/sh\n%s\n' "$2" >"$folder/labs/01-bad/program"
  chmod +x "$folder/labs/01-bad/program"
  said=$("$repeat" "$folder" 2 root 2>&1) && said="refused nothing; $said"
  case $said in
    *"$1"*) ;;
    *) echo "of a program that does: $2"; echo "expected: $1"; echo "said: $said"; failed=1 ;;
  esac
}

expect "exit status 3: a reason" 'echo a reason >&2; exit 3'
expect "another output" 'date +%N'
expect "left behind" 'echo >/dev/shm/left.$$'
expect "left behind" 'echo >/tmp/left.$$'
expect "left behind" 'echo >left.$$'
expect "left behind" 'ipcmk -M 1 >/dev/null'
expect "left behind" 'ipcmk -Q >/dev/null'
cp /bin/sleep "$folder/labs/01-bad/a_sleep"
expect "left behind" "$folder/labs/01-bad/a_sleep 2 >/dev/null 2>&1 &"
rm "$folder/labs/01-bad/a_sleep"
expect "refused nothing; nothing left behind" 'echo the same'
rm "$folder/labs/01-bad/program"
"$repeat" "$folder" 2 root >/dev/null && { echo "a folder without programs is accepted"; failed=1; }
exit $failed
