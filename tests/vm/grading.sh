#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# grading.sh PATH...: in the grading profile, as root. Says on standard output what is there of the
# host and what a program of an ordinary user can do. The test has what it must say.
host() { for path; do [ -e "$path" ] && echo "there: $path"; done; }
student() { setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs "$@"; }
# can WHAT COMMAND...: whether a student can.
can() {
  what=$1
  shift
  student "$@" >/dev/null 2>&1 && echo "can $what"
}

host /etc/shadow /etc/hostname /root /home /var /usr/share /usr/local /usr/src /usr/libexec/shmpath "$@"
mkdir /tmp/host
for tag in root modules; do
  mount -t 9p -o trans=virtio "$tag" /tmp/host 2>/dev/null && echo "there: $tag"
done

sed -n 's/ *\([^ ]*\):.*/network: \1/p' /proc/net/dev
can 'reach loopback' bash -c ': >/dev/udp/127.0.0.1/9'
echo "limits: $(cat /sys/fs/cgroup/cgroup.subtree_control)"
echo "lockdown: $(mount -t securityfs none /sys/kernel/security && cat /sys/kernel/security/lockdown)"
echo "environment: $(env | sed 's/=.*//' | sort | tr '\n' ' ')"

for port in /dev/vport*; do can "read $port" sh -c ": <$port"; can "write $port" sh -c ": >$port"; done
for file in /run/shmpath-trace /run/shmpath-record /run/x "$HOME/x" /x /shmpath/x /dev/x /usr/bin/x \
  /sys/fs/cgroup/cgroup.procs /sys/kernel/mm/transparent_hugepage/enabled; do
  # opened for both: a fifo would wait for its reader
  can "write $file" sh -c ": <>$file"
done
can 'list tracefs' ls /sys/kernel/tracing
can 'list debugfs' ls /sys/kernel/debug
can 'list bpffs' ls /sys/fs/bpf
can 'see process 1' ls /proc/1
can 'signal process 1' sh -c 'kill -0 1'
can 'read the kernel log' dmesg
can 'make a user namespace' unshare --user true
can 'use set-user-id' sh -c 'mount | grep -E "on (/|/tmp|/usr/bin|/dev/shm|/work) " | grep -v nosuid'
can 'build' sh -c 'cd /tmp && cat >h.cpp && g++ -std=c++20 -Wall -Werror -O2 h.cpp -o h' <<'END'
#include <iostream>
#include <span>
int main() { std::cout << "hello\n"; }
END
can 'run what was built' sh -c '[ "$(/tmp/h)" = hello ]'
can 'fill /tmp' sh -c 'head -c 17000000 /dev/zero >/tmp/full'
rm -f /tmp/full

cd /tmp && shmpath trace --view functions --format jsonl -o trace -- ./h >/dev/null
grep -o '"place":"[a-z]*","view":"[a-z]*"' trace
grep -q '"name":"handle_mm_fault"' trace && echo 'traced: handle_mm_fault'
