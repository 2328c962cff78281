# SPDX-License-Identifier: BSD-2-Clause
"""How many events a tracer has recorded, and how many it says that it lost: read from its own files.

Each takes the recording and the file of what the tracer said, and gives both numbers. An event is
what the tracer records as one: a call's entry and return are two, but one where both are one line.
"""

import json
import os
import re
import subprocess

PIECE = 1 << 24


def count(path, pattern):
    """Lines that match, in a file of any size."""
    found, rest = 0, b""
    wanted = re.compile(pattern, re.M)
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            whole, _, rest = (rest + piece).rpartition(b"\n")
            found += sum(1 for _ in wanted.finditer(whole))
    return found + sum(1 for _ in wanted.finditer(rest))


def numbers(path, pattern):
    with open(path, "rb") as file:
        return sum(int(n) for n in re.findall(pattern, file.read()))


def output_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return done.stdout.decode(errors="replace")


def last_line(path):
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 4096))
        return file.read().decode(errors="replace").strip().split("\n")[-1]


def of_shmpath(path, _said):
    """From the trace's own last line."""
    line = last_line(path)
    if line.startswith("{"):
        summary = json.loads(line)
        return summary["events"], summary["lost"]
    events = re.search(r"complete: (\d+) events?", line)
    lost = re.search(r"(\d+) events? lost", line)
    return int(events.group(1)), int(lost.group(1)) if lost else 0


def of_strace(path, _said):
    """It stops the program for each call, so it cannot lose one. A call is a line, or two if another interrupts it."""
    return count(path, rb"^\d+ +(?!\+\+\+|---)."), 0


def of_ltrace(path, _said):
    return count(path, rb"^\d+ (?!\+\+\+|---)."), 0


def of_perf_trace(path, _said):
    return count(path, rb"^ *\d+\.\d{3} "), numbers(path, rb"LOST (\d+) events")


def of_perf_record(path, _said):
    stats = output_of(["perf", "report", "--stats", "-i", path])
    first = re.search(r"SAMPLE events: +(\d+)", stats)
    lost = 0
    if re.search(r"LOST(_SAMPLES)? events: +[1-9]", stats):
        shown = output_of(["perf", "script", "--show-lost-events", "-i", path])
        lost = sum(int(n) for n in re.findall(r"PERF_RECORD_LOST(?:_SAMPLES)?\s+lost (\d+)", shown))
    return int(first.group(1)) if first else 0, lost


def of_trace_cmd(path, _said):
    """What the kernel counted in its buffers, as the file has it."""
    stat = output_of(["trace-cmd", "report", "--stat", "-i", path])
    total = lambda words: sum(int(n) for n in re.findall(rf"^\s*(?:{words}): (\d+)", stat, re.M))
    return total("entries|read events"), total("overrun|commit overrun|dropped events")


def of_bpftrace(path, said):
    lost = numbers(path, rb"Lost (\d+) events") + numbers(said, rb"Lost (\d+) events")
    return count(path, rb"^[a-z]+(?: |$)"), lost


def of_uftrace(path, said):
    """Records of 16 bytes, without arguments, in a file for each thread."""
    size = sum(os.path.getsize(os.path.join(path, f)) for f in os.listdir(path) if re.fullmatch(r"\d+\.dat", f))
    return size // 16, numbers(said, rb"LOST (\d+)")


def size_of(path):
    """Bytes of a recording, which may be a folder."""
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, f)) for folder, _, files in os.walk(path) for f in files)
