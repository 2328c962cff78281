#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# trace_all.sh BUILD FOLDER: in the VM, as root. Runs all FOLDER/NN/*/run.sh of one exercise after each other
# under one tracer, which takes longer to start than they do to run, and writes a tar of the traces, and of
# what the scripts write, to standard output. A trace that is incomplete is made again: on a busy machine a
# kprobe may miss a return.
set -u
build=$1
export SHMPATH_PLACE=vm LC_ALL=C
unset SUDO_UID SUDO_GID SUDO_USER
cd "$2" || exit

# Debian's kernels refuse more than this to all but root, also to who has CAP_PERFMON.
echo 2 >/proc/sys/kernel/perf_event_paranoid

for exercise in *; do
  person=
  # Who is no root, but may load and attach programs.
  [ -e "$exercise/needs-bpf" ] && person="prlimit --memlock=unlimited setpriv --reuid 1000 --regid 1000
    --clear-groups --no-new-privs --inh-caps -all,+bpf,+perfmon --ambient-caps -all,+bpf,+perfmon
    --bounding-set -all,+bpf,+perfmon"
  for attempt in 1 2 3; do
    echo "$(cut -d ' ' -f 1 /proc/uptime) s: exercise $exercise" >&2
    # shellcheck disable=SC2016,SC2086 # the script is for another shell; these are words
    "$build/bin/shmpath" trace --place host --view functions --format jsonl -o "$exercise/trace.jsonl" -- $person \
      sh -c 'for run in "$1"/*/run.sh; do sh "$run"; done' sh "$PWD/$exercise" \
      >"$exercise/said" 2>&1 || cat "$exercise/said" >&2
    tail -n 1 "$exercise/trace.jsonl" | grep -q '"complete":true' && break
    echo "$exercise: attempt $attempt: incomplete" >&2
  done
done
tar -cf - */trace.jsonl */*/shell */*/before */*/after */*/out.*
