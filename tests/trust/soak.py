#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Traces mixed loads for hours: soak.py BUILD [--hours H] [--view VIEW] [--table FILE].

One trace that lasts all the time, of a shell whose children fault, fork, make threads and call the kernel; and beside
it short traces, one after the other. At its end it says whether memory stayed flat, file descriptors did not grow and
nothing was lost, and exits with 1 if not.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, fields
from statistics import median

from support import (LONGEST, left_on_machine, left_since, read, take_build, temp_folder, wait_until)

FEWEST = 12  # samples of a series from which it is judged
GROWTH_KIB, GROWTH = 1024, 0.05  # of memory, that counts as none: of a page cache's and an allocator's breath


@dataclass
class Sample:
    """At one moment: of the long trace, its memory and descriptors; of the short one that ended then, its peak."""
    seconds: float
    long_kib: int
    long_fds: int
    short_kib: int
    own_fds: int
    short_traces: int
    lost: int  # events lost so far, of all traces


def quarter(values, number):
    return values[len(values) * number // 4:len(values) * (number + 1) // 4]


def grown(name, values):
    """Of memory. The first quarter is for warming up; then the second is compared with the last."""
    early, late = median(quarter(values, 1)), median(quarter(values, 3))
    allowed = max(GROWTH_KIB, early * GROWTH)
    said = f"{name}: {early:.0f} KiB in the second quarter, {late:.0f} KiB in the last"
    bad = late - early > allowed
    return f"{said}: " + (f"grew by more than {allowed:.0f} KiB" if bad else "flat"), bad


def more_fds(name, values):
    early, late = max(quarter(values, 1)), max(quarter(values, 3))
    return (f"{name}: at most {early} descriptors in the second quarter, {late} in the last" +
            (": they grew" if late > early else ": no growth"), late > early)


def judge(samples, incomplete, left):
    """The lines that say how it went, and whether all is well. Pure."""
    if len(samples) < FEWEST:
        return [f"{len(samples)} samples: too few to judge; let it run longer"], False
    def of(name):
        return [getattr(sample, name) for sample in samples]
    verdicts = [grown("memory of the long trace", of("long_kib")),
                grown("peak memory of the short traces", of("short_kib")),
                more_fds("the long trace", of("long_fds")), more_fds("what starts the short traces", of("own_fds"))]
    lost = samples[-1].lost
    verdicts.append((f"lost: {lost} events", lost > 0))
    for name, things in (("incomplete or failed traces", incomplete), ("things left behind", left)):
        verdicts.append((f"{name}: {len(things)}" + "".join(f"\n  {thing}" for thing in things[:10]), bool(things)))
    return [text for text, _ in verdicts], not any(bad for _, bad in verdicts)


def fds_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def rss_kib(pid):
    return int(re.search(r"^VmRSS:\s*(\d+)", read(f"/proc/{pid}/status"), re.MULTILINE)[1])


class LongTrace:
    """Of a shell that works until it is ended. The trace comes through a pipe, and of it only the losses and the end
    are kept."""

    def __init__(self, place, view, pause):
        work = "; ".join([f"{place.target('fault_pages')} 4 256 >/dev/null", f"{place.target('many_syscalls')} 2000",
                          f"{place.target('threads64')} >/dev/null",
                          f"{place.build}/labs/03-first-touch/first_touch >/dev/null 2>&1",
                          "for i in 1 2 3 4 5 6 7 8; do /bin/true & done; wait", f"sleep {pause}"])
        self.shell = subprocess.Popen(["sh", "-c", f"while :; do {work}; done"], start_new_session=True)
        self.tracer = subprocess.Popen([place.shmpath, "trace", "--view", view, "--format", "jsonl", "-o", "-", "-p",
                                        str(self.shell.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lost, self.bytes, self.last = 0, 0, b""
        self.reader = threading.Thread(target=self.drop)
        self.reader.start()

    def drop(self):
        for line in self.tracer.stdout:
            self.bytes += len(line)
            if line.startswith(b'{"type":"lost"'):
                self.lost += json.loads(line)["count"]
            self.last = line

    def finish(self):
        """The summary."""
        self.tracer.send_signal(signal.SIGINT)
        self.reader.join(LONGEST)
        said = self.tracer.communicate(timeout=LONGEST)[1].decode(errors="replace")
        os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait()
        return json.loads(self.last) if self.last else {"complete": False, "error": said}


def short_traces(place, view):
    """Commands without end, and where each writes its trace."""
    commands = [["trace", "--view", view, "--", place.target("fork_tree")],
                ["trace", "--view", view, "--", place.target("fault_pages"), "8", "256"],
                ["trace", "--view", "syscalls", "--", place.target("many_syscalls"), "1000"],
                ["run", "01", "--place", "host", "--view", view],
                ["trace", "--view", view, "--", place.target("threads64")]]
    while True:
        yield from commands


def short_trace(place, folder, command):
    """Its peak memory in KiB, what it lost, and what is wrong with it, in words, if anything is."""
    out = os.path.join(folder, "short")
    words = [place.shmpath, command[0], "--format", "jsonl", "-o", out, *command[1:]]
    with open(f"{folder}/said", "wb") as said:
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0  # it is reaped
    lines = read(out).splitlines()
    summary = json.loads(lines[-1]) if lines else {}
    wrong = "" if summary.get("complete") else f"{' '.join(words)}: {summary or read(f'{folder}/said')}"
    return usage.ru_maxrss, summary.get("lost", 0), wrong


def soak(place, options, note):
    """Samples, and what was incomplete."""
    samples, incomplete, lost, count = [], [], 0, 0
    begun, end = time.monotonic(), time.monotonic() + options.hours * 3600
    every, due = options.hours * 3600 / 400, 0.0
    long_trace = LongTrace(place, options.view, options.pause)
    try:
        wait_until(lambda: long_trace.bytes > 0, "the long trace to begin")
        with temp_folder() as folder:
            for command in short_traces(place, options.view):
                peak, gone, wrong = short_trace(place, folder, command)
                lost, count = lost + gone, count + 1
                incomplete += [wrong] if wrong else []
                if command[0] == "run" and time.monotonic() >= due:  # one kind, so that peaks can be compared
                    due = time.monotonic() + every
                    samples.append(Sample(round(time.monotonic() - begun, 1), rss_kib(long_trace.tracer.pid),
                                          fds_of(long_trace.tracer.pid), peak, fds_of("self"), count,
                                          lost + long_trace.lost))
                    note(samples[-1])
                if time.monotonic() >= end:
                    break
    finally:
        summary = long_trace.finish()
    if not summary.get("complete"):
        incomplete.append(f"the long trace: {summary}")
    if samples:
        samples[-1].lost = lost + summary.get("lost", 0)
    print(f"the long trace: {summary.get('events', 0)} events, {long_trace.bytes >> 20} MiB; {count} short traces")
    return samples, incomplete


def main():
    place = take_build("soak")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2)
    parser.add_argument("--view", default="tracepoints")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two rounds of the long load")
    parser.add_argument("--table", default="/dev/null", help="a file for the samples, separated by tabs")
    options = parser.parse_args()
    before = left_on_machine()
    with open(options.table, "w", encoding="utf-8") as table:
        print(*(field.name for field in fields(Sample)), sep="\t", file=table)
        def note(sample):
            print(*(getattr(sample, field.name) for field in fields(Sample)), sep="\t", file=table, flush=True)
        samples, incomplete = soak(place, options, note)
    lines, well = judge(samples, incomplete, sorted(left_since(before)))
    print(*lines, f"soaked for {options.hours} hours: " + ("all is well" if well else "NOT WELL"), sep="\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
