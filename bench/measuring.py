# SPDX-License-Identifier: BSD-2-Clause
"""What the benchmarks share: the load, timed alone and under a tracer, and the table of ratios."""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHMPATH = os.path.join(ROOT, "build/bin/shmpath")
LOAD = os.path.join(ROOT, "build/tests/targets/fault_pages")
STATS = "/proc/sys/kernel/bpf_stats_enabled"


def require_built():
    for program, how in ((SHMPATH, "./run list"), (LOAD, "./test -N")):
        if not os.access(program, os.X_OK):
            sys.exit(f"{program}: not built; type {how}")


def nothing_known(_path):
    return None, None


@dataclass
class Tracer:
    """A way to trace the load. outcome(path) gives the events and the lost ones, None if unknown."""
    name: str
    command: list
    path: str
    outcome: Callable = nothing_known


def elapsed_ns(command):
    """Runs the load, alone or under a tracer, and returns the time its loop took."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    for line in done.stdout.decode().split("\n"):
        if re.fullmatch(r"\d+", line):
            return int(line)
    sys.exit(f"{command[0]}: did not print the load's time; run it by hand to see why")


def last_line(path):
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 4096))
        return file.read().decode(errors="replace").strip().split("\n")[-1]


def shmpath_outcome(path):
    """Events and lost records, from the trace's own last line."""
    line = last_line(path)
    if line.startswith("{"):
        summary = json.loads(line)
        return summary["events"], summary["lost"]
    events = re.search(r"(\d+) events", line)
    lost = re.search(r"(\d+) lost", line)
    return int(events.group(1)) if events else None, int(lost.group(1)) if lost else 0


def measure(load, tracers, pairs):
    """Prints a row for each tracer: runs without and with it alternate."""
    print(f"load: {' '.join(map(str, load[1:]))} = {int(load[1]) * int(load[2])} page faults, {pairs} pairs\n")
    print(f"{'':36} {'untraced':>10} {'traced':>10} {'ratio':>7} {'(least to most)':>17} {'events':>9} {'lost':>6}"
          f" {'to its end':>10}")
    for tracer in tracers:
        alone, traced, whole, events, lost = [], [], [], None, 0
        for _ in range(pairs):
            alone.append(elapsed_ns(load))
            began = time.monotonic()
            traced.append(elapsed_ns(tracer.command))
            whole.append(time.monotonic() - began)
            events, lost_now = tracer.outcome(tracer.path)
            lost = None if lost_now is None else lost + lost_now
            if os.path.exists(tracer.path):
                os.remove(tracer.path)
        ratios = [t / a for a, t in zip(alone, traced)]
        print(f"{tracer.name:36} {statistics.median(alone) / 1e6:7.0f} ms {statistics.median(traced) / 1e6:7.0f} ms "
              f"{statistics.median(ratios):7.2f} {min(ratios):8.2f} - {max(ratios):6.2f} "
              f"{'-' if events is None else events:>9} {'-' if lost is None else lost:>6} "
              f"{statistics.median(whole):8.1f} s", flush=True)


def programs_now():
    listed = subprocess.run(["bpftool", "-j", "prog"], stdout=subprocess.PIPE, check=True)
    return {p["id"]: p for p in json.loads(listed.stdout)}


def where_it_goes(command):
    """Prints the time in each BPF program while the command runs, which is looked up meanwhile."""
    before, ours = programs_now(), {}
    with open(STATS) as file:
        was = file.read()
    try:
        with open(STATS, "w") as file:
            file.write("1")
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait = 0.02
        while run.poll() is None:
            began = time.monotonic()
            ours.update({i: p for i, p in programs_now().items() if i not in before})
            wait = max(wait, time.monotonic() - began)  # where bpftool is slow, ask it less
            time.sleep(wait)
    finally:
        with open(STATS, "w") as file:
            file.write(was)
    print("\nin the BPF programs (with the kernel's statistics on, which add some 40 ns a run):")
    for program in sorted(ours.values(), key=lambda p: -p.get("run_time_ns", 0)):
        count = program.get("run_cnt", 0)
        if count > 1000:
            total = program["run_time_ns"]
            print(f"    {program.get('name', 'number ' + str(program['id'])):16} {total / 1e6:8.1f} ms {count:9} runs {total / count:6.0f} ns each")
