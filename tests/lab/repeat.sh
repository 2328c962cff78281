#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# repeat.sh BUILD TIMES root|user: runs each program of each lab TIMES times, as root or as an ordinary
# user, without a tracer. Each run must end with 0, print what the first one printed, and leave no file,
# shared memory object, segment, semaphore, message queue or process. Says what did not, and exits
# with 1 then. Needs root: to become the user, and for a /tmp, a /dev/shm and System V objects of its
# own, in which nobody else leaves anything meanwhile.
set -u
build=$(realpath "$1")
times=$2
who=$3
bad=0
programs=0

case $who in
  root) as= ;;
  user) as="setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all" ;;
  *) echo "repeat.sh: run as $who: no such way; say root or user" >&2; exit 2 ;;
esac

if [ "${REPEAT_APART:-}" != yes ]; then
  exec env REPEAT_APART=yes unshare --mount --ipc --propagation private "$0" "$build" "$times" "$who"
fi
mount --bind "$build" /mnt && mount -t tmpfs -o mode=1777 none /tmp &&
  mount -t tmpfs -o mode=1777 none /dev/shm || exit
case $build in
  /tmp/*) mkdir -p "$build" && mount --bind /mnt "$build" || exit ;;
esac

folder=$(mktemp -d "$build/repeat.XXXXXX") && output=$(mktemp -d "$build/repeat.XXXXXX") || exit
trap 'rm -rf "$folder" "$output"' EXIT
chmod 777 "$folder"
cd "$folder" || exit

# What could be left behind: names, System V objects, and processes that run a lab's program. Few
# commands: in a VM each takes longer than most of the programs.
remains() {
  ls -A /dev/shm /tmp "$folder" 2>&1
  cat /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg
  for running in $(readlink /proc/[0-9]*/exe 2>/dev/null); do
    case $running in "$build"/labs/*) echo "$running" ;; esac
  done
}

complain() {
  echo "$1 as $who, run $2: $3"
  bad=1
}

for program in "$build"/labs/[0-9][0-9]-*/*; do
  if [ ! -x "$program" ] || [ -d "$program" ]; then continue; fi
  name=${program#"$build/labs/"}
  programs=$((programs + 1))
  before=$(remains)
  run=1
  while [ "$run" -le "$times" ]; do
    $as "$program" >"$output/now" 2>"$output/errors" </dev/null
    status=$?
    [ $status = 0 ] || complain "$name" $run "exit status $status: $(cat "$output/errors")"
    [ $run != 1 ] || cp "$output/now" "$output/first"
    cmp -s "$output/first" "$output/now" ||
      complain "$name" $run "another output: $(diff "$output/first" "$output/now")"
    after=$(remains)
    [ "$before" = "$after" ] || complain "$name" $run "left behind or taken away: $after"
    before=$after
    run=$((run + 1))
  done
done
[ $programs != 0 ] || complain "$build/labs" 0 "no program is there"
[ $bad != 0 ] || echo "nothing left behind, the same output $times times: $programs programs, as $who"
exit $bad
