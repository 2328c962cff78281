#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# collect.sh BUILD KERNEL: in the VM, as root. Runs there all that the tests of one kernel look at,
# and writes a tar of it to standard output: for each NAME its NAME.out, NAME.err, NAME.status and,
# of a trace, NAME.jsonl; beside them the files that kernel_table.py and tools/claims.py read.
set -u
build=$1
kernel=$2
results=/run/results
shmpath=$build/bin/shmpath
repeat=$(dirname "$(realpath "$0")")/../lab/repeat.sh
targets=$build/tests/targets
export SHMPATH_PLACE=vm LC_ALL=C
unset SUDO_UID SUDO_GID SUDO_USER
mkdir -p "$results"
cd /tmp || exit

# keep NAME COMMAND...
keep() {
  name=$1
  shift
  echo "$kernel: $name" >&2
  "$@" >"$results/$name.out" 2>"$results/$name.err" </dev/null
  echo $? >"$results/$name.status"
}

# keep_complete FILE NAME COMMAND...: the same. On the newest kernel a kprobe-multi program is not run
# for each hit when the machine is busy (probably since a task can lose its CPU in the midst of one): a
# trace then says that it is incomplete. It is made again, a few times; where it is not complete in the
# end, tests fail.
keep_complete() {
  file=$1
  shift
  for attempt in 1 2 3 4; do
    keep "$@"
    [ "$kernel" = newest ] || break
    grep -q 'probe hits\? missed' "$results/$name.out" "$results/$name.err" "$file" ||
      grep -q '"missed":[1-9]' "$file" || break
    [ $attempt = 4 ] || echo "$kernel: $name: incomplete, again" >&2
  done
}

# keep_trace NAME WORDS...: shmpath WORDS, with its trace kept.
keep_trace() {
  trace_name=$1
  command=$2
  shift 2
  keep_complete "$results/$trace_name.jsonl" "$trace_name" \
    "$shmpath" "$command" --format jsonl -o "$results/$trace_name.jsonl" "$@"
}

# First, while no lab has loaded its modules. The tracer looks at a module while the program runs
# on, so the program goes on until a function of it was seen. It rests
# between: on one processor the tracer writes when the program leaves it time.
keep_trace module trace -- sh -c 'modprobe vgem && turn=0
until grep -q "drm_gem_handle_delete\",\"args" "$1"; do
  "$2" && turn=$((turn + 1)) && [ $turn -lt 100 ] || exit
  sleep 0.3
done' sh "$results/module.jsonl" "$targets/share_gem"

for folder in "$build"/labs/[0-9][0-9]-*; do
  lab=$(basename "$folder" | cut -c1-2)
  keep_complete "$results/check-$lab.json" \
    "check-$lab" "$shmpath" check "$lab" -o "$results/check-$lab.json"
done
for lab in 01 02 09; do keep_trace "run-$lab" run "$lab"; done
# The ways of probing are compared where all three are, and the host's programs are the same on all.
if [ "$kernel" = 6.12 ]; then
  for way in fentry kprobe-multi kprobe; do keep_trace "by-$way" run 01 --attach "$way"; done

  echo 'int main(void) { return 0; }' >one.c
  keep_trace python trace -- /usr/bin/python3 -c "from multiprocessing import shared_memory
m = shared_memory.SharedMemory('shmpath-test', True, 4096)
m.buf[0] = 0x11
print(m.size)
m.close()
m.unlink()"
  keep_trace compiler trace -- cc -c one.c
  keep_trace script trace -- sh -c 'for word in one two; do echo "$word" | tr a-z A-Z; done; exit 3'
else
  keep_trace by-kprobe-multi run 01 --attach kprobe-multi
fi

# What doctor says of each way to probe a function, and what each really does.
keep doctor "$shmpath" doctor --json
for way in fentry kprobe-multi kprobe; do
  keep "way-$way" "$shmpath" trace --functions handle_mm_fault --attach "$way" -o /dev/null -- true
done

# What the verifier counts of each BPF program, and whether it takes it.
keep verifier "$build/tests/verifier"

# Each program of each lab by itself, where that is as old and as new as the matrix's common kernels:
# once as root and once as a user, or with REPEAT, so many times as both on both.
case $kernel in
  5.10) everyone=root ;;
  6.12) everyone=user ;;
  *) everyone= ;;
esac
if [ -n "$everyone" ] && [ -n "${REPEAT:-}" ]; then everyone='root user'; fi
for who in $everyone; do keep "repeat-$who" "$repeat" "$build" "${REPEAT:-2}" "$who"; done

for labs in "$build/vm/breaks/$kernel"/*/labs; do
  [ -d "$labs" ] || continue
  broken=$(dirname "$labs")
  number=$(basename "$broken")
  keep "break-$number-check" "$shmpath" --labs "$labs" check "$(cat "$broken/lab")"
  keep "break-$number-alone" "$(cat "$broken/program")"
done

# The labs that stand for drivers have loaded them, but for what they need not.
modprobe -a udmabuf vivid vgem 2>/dev/null
uname -r >"$results/release"
cat /proc/kallsyms >"$results/kallsyms"
cat /sys/kernel/tracing/available_filter_functions >"$results/filter_functions"

# Last, for it cannot be undone: a kernel that lets nobody read its memory.
mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
echo confidentiality >/sys/kernel/security/lockdown
keep locked-doctor "$shmpath" doctor --json
keep locked-tracepoints "$shmpath" run 01 --view tracepoints -o /dev/null
keep locked-auto env -u SHMPATH_PLACE "$shmpath" run 01 --place host -o /dev/null

tar -C "$results" -cf - .
