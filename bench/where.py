# SPDX-License-Identifier: BSD-2-Clause
"""Where the time goes: in each BPF program, by the kernel's own statistics."""

import json
import subprocess
import sys
import time

STATS = "/proc/sys/kernel/bpf_stats_enabled"
SHOWN_FROM = 1000  # runs


def programs_now():
    listed = subprocess.run(["bpftool", "-j", "prog"], stdout=subprocess.PIPE, check=True)
    return {p["id"]: p for p in json.loads(listed.stdout)}


def watched(command, before):
    """The programs that come while the command runs, as they were seen last."""
    ours = {}
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait = 0.02
    while run.poll() is None:
        began = time.monotonic()
        ours.update({i: p for i, p in programs_now().items() if i not in before})
        wait = max(wait, time.monotonic() - began)  # where bpftool is slow, ask it less
        time.sleep(wait)
    return ours


def where_it_goes(command):
    before = programs_now()
    with open(STATS) as file:
        was = file.read()
    try:
        with open(STATS, "w") as file:
            file.write("1")
        ours = watched(command, before)
    finally:
        with open(STATS, "w") as file:
            file.write(was)
    say = lambda text: print(text, file=sys.stderr)
    say("\nin the BPF programs (with the kernel's statistics on, which add some 40 ns a run):")
    for program in sorted(ours.values(), key=lambda p: -p.get("run_time_ns", 0)):
        count = program.get("run_cnt", 0)
        if count > SHOWN_FROM:
            total = program["run_time_ns"]
            name = program.get("name", f"number {program['id']}")
            say(f"    {name:16} {total / 1e6:8.1f} ms {count:9} runs {total / count:6.0f} ns each")
