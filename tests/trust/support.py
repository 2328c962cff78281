# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of this folder share: the program, its targets, and what a tracer could leave behind."""

import contextlib
import ctypes
import errno
import json
import mmap
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

LONGEST = 60  # seconds that anything here may take
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
LIBC = ctypes.CDLL(None, use_errno=True)


class Place:
    """A build folder, and what lies in it."""

    def __init__(self, build):
        self.build = os.path.realpath(build)
        self.shmpath = os.path.join(self.build, "bin", "shmpath")

    def target(self, name):
        return os.path.join(self.build, "tests", "targets", name)


def take_build(name):
    """The build folder is the first argument; without it, or without root, the test is skipped."""
    if len(sys.argv) < 2 or os.geteuid() != 0:
        skip(name, "needs root and a build folder")
    return Place(sys.argv.pop(1))


def skip(name, reason):
    print(f"shmpath test skipped: {name}: {reason}", file=sys.stderr)
    if log := os.environ.get("SHMPATH_SKIP_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{name}: {reason}\n")
    sys.exit(77)


def wait_until(true, what, seconds=LONGEST):
    """Nothing is ordered by sleeping: what is waited for is looked at, and its absence is an error."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.002)


def start(words, **named):
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                            **named)


def run(words, **named):
    return subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=LONGEST,
                          **{"check": False, **named})


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def lines_of(path):
    """The whole lines of a trace file."""
    text = read(path)
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def stat_of(pid):
    """State and parent of a process; None when it is gone."""
    words = read(f"/proc/{pid}/stat").rpartition(") ")[2].split()
    return (words[0], int(words[1])) if words else None


def is_alive(pid):
    stat = stat_of(pid)
    return stat is not None and stat[0] not in "ZX"


class CountedLoad:
    """tests/targets/counted_load under a test's control."""

    def __init__(self, place, threads=1, calls=0, pages=0, before=()):
        self.file = tempfile.NamedTemporaryFile(prefix="shmpath-trust-")
        self.file.truncate(16)
        self.words = mmap.mmap(self.file.fileno(), 16)
        self.threads = threads
        self.process = start([*before, place.target("counted_load"), self.file.name, str(threads), str(calls),
                              str(pages)])
        self.wait(0, threads, "the load")

    def wait(self, word, least, what):
        wait_until(lambda: struct.unpack_from("=I", self.words, 4 * word)[0] >= least, what)

    def go(self):
        struct.pack_into("=I", self.words, 4, 1)
        self.wait(2, self.threads, "the load's end")

    def finish(self):
        """What the load said, and its status."""
        struct.pack_into("=I", self.words, 12, 1)
        said = self.process.communicate(timeout=LONGEST)[0]
        return said, self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.words.close()
        self.file.close()


@contextlib.contextmanager
def counted_load(*words, **named):
    load = CountedLoad(*words, **named)
    try:
        yield load
    finally:
        load.close()


@contextlib.contextmanager
def temp_folder(**named):
    folder = tempfile.mkdtemp(prefix="shmpath-trust-", **named)
    os.chmod(folder, 0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def adopt_orphans():
    """What a child of ours leaves behind comes to us, where it can be seen."""
    LIBC.prctl(SUBREAPER, 1, 0, 0, 0)


def children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def reap():
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


# From linux/bpf.h: the numbers of bpf() by machine, and of its commands that list what there is.
BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
NEXT_ID = {"program": 11, "map": 12, "type information": 23, "link": 31}


def kernel_objects():
    """Of BPF in the kernel: every program, link and map by number, whoever holds it."""
    found = set()
    for kind, command in NEXT_ID.items():
        attributes = (ctypes.c_uint32 * 3)()
        while LIBC.syscall(BPF, command, attributes, ctypes.sizeof(attributes)) == 0:
            found.add(f"BPF {kind} {attributes[1]}")
            attributes[0] = attributes[1]
        if ctypes.get_errno() != errno.ENOENT:
            raise OSError(ctypes.get_errno(), f"bpf: the list of {kind}s")
    return found


def files_in(*folders):
    return {os.path.join(folder, name) for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)}


def left_on_machine():
    """All that a tracer could leave on a machine, but for processes: these come to us. Others use the folder for
    temporary files too."""
    found = {f"file {path}" for path in files_in("/dev/shm", "/dev/mqueue", "/run", "/var/tmp", "/sys/fs/bpf")}
    found |= {f"file {path}" for path in files_in(tempfile.gettempdir()) if "shmpath" in path}
    for events in ("uprobe_events", "kprobe_events"):
        for folder in ("/sys/kernel/tracing", "/sys/kernel/debug/tracing"):
            found |= {f"{events} {line}" for line in read(f"{folder}/{events}").splitlines()}
    for kind in ("shm", "sem", "msg"):
        found |= {f"sysv {kind} {' '.join(line.split()[:2])}"
                  for line in read(f"/proc/sysvipc/{kind}").splitlines()[1:]}
    found |= {f"mount {line}" for line in read("/proc/self/mounts").splitlines()}
    return found | kernel_objects()


def left_since(before, seconds=20):
    """What is there that was not, and does not go away: a kernel frees a program some time after its last user."""
    until = time.monotonic() + seconds
    while left := left_on_machine() - before:
        if time.monotonic() > until:
            return left
        time.sleep(0.05)
    return set()


def end_of(process, number=signal.SIGINT):
    """Ends a tracer by a signal: its output, its errors."""
    process.send_signal(number)
    return process.communicate(timeout=LONGEST)
