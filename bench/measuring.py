# SPDX-License-Identifier: BSD-2-Clause
"""One run of a load, alone or under a tracer, and what it took.

Every run is the same command: `launch` runs the tracer, which runs the load. The load reports when
its main began, how long its loop took and its own processor time; `launch` reports when it executed
the tracer, and processor time and peak memory of all of it. The rest is subtraction.
"""

import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass, field

import outcomes
from loads import COMPANION
from paths import LAUNCH

LONGEST = 600  # seconds, of one run
LONGEST_START = 60


class CannotRecord(Exception):
    """A tracer does not work here; the reason is its own."""


@dataclass
class Sample:
    """Of one pair. None: cannot be told. Times in seconds, sizes in bytes."""
    alone: float
    traced: float
    events: int = None
    lost: int = None
    start: float = None  # from the tracer's exec to the main of the load
    processor: float = None  # of the tracer, without the load
    peak: int = None  # of the tracer's largest process
    size: int = None  # of the recording

    short: int = 0  # events that the tracer lacks and does not speak of

    @property
    def ratio(self):
        return self.traced / self.alone

    @property
    def gone(self):
        return None if self.lost is None else self.lost + self.short


@dataclass
class Row:
    """What is said of a tracer and a load."""
    load: str
    tracer: str
    share: float = 1.0  # of the load's size
    as_much: bool = False  # it records all that matters
    expected: int = 0  # events, at least
    reason: str = ""  # why there is no sample
    samples: list = field(default_factory=list)

    def of(self, name):
        return [v for v in (getattr(s, name) for s in self.samples) if v is not None]

    def median(self, name):
        values = self.of(name)
        return statistics.median(values) if values else None

    def as_json(self):
        return asdict(self)


def row_from(data):
    return Row(**{**data, "samples": [Sample(**s) for s in data["samples"]]})


def environment(folder):
    """Without what sudo says: whoever is traced must be able to write its report."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SUDO_")}
    return {**kept, "BENCH_REPORT": os.path.join(folder, "load"), "BENCH_STARTED": os.path.join(folder, "started")}


def pinned(command, cpu):
    return command if cpu is None else ["taskset", "-c", str(cpu), *command]


def start(command, folder, cpu=None):
    for name in ("load", "launch", "started"):
        if os.path.exists(os.path.join(folder, name)):
            os.remove(os.path.join(folder, name))
    with open(os.path.join(folder, "said"), "w") as said:
        return subprocess.Popen(pinned([LAUNCH, os.path.join(folder, "launch"), *command], cpu), env=environment(folder),
                                stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)


def wait(run):
    """Until it has ended by itself; else all of it is ended, also if we are."""
    try:
        run.wait(LONGEST)
    except BaseException as reason:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        if isinstance(reason, subprocess.TimeoutExpired):
            raise CannotRecord(f"took more than {LONGEST} s") from None
        raise


def finish(run, folder):
    """What load and launch report. Throws CannotRecord with the tracer's last words."""
    wait(run)
    try:
        with open(os.path.join(folder, "load")) as load, open(os.path.join(folder, "launch")) as launch:
            return json.loads(load.readline()), json.loads(launch.readline())
    except (OSError, ValueError):
        raise CannotRecord(last_words(folder)) from None


def last_words(folder):
    with open(os.path.join(folder, "said"), errors="replace") as file:
        lines = [line.strip() for line in file if line.strip()]
    return lines[-1][:120] if lines else "the load did not run, and the tracer says nothing"


def outcome_of(tracer, folder):
    try:
        events, lost = tracer.outcome(tracer.path, os.path.join(folder, "said"))
        return events, lost, outcomes.size_of(tracer.path)
    except (OSError, ValueError, AttributeError, subprocess.CalledProcessError) as error:
        raise CannotRecord(f"no recording that can be read: {last_words(folder)} ({error})"[:200]) from None


def remove(path):
    shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)


def alone(command, folder, cpu=None):
    """The load, untraced: its report."""
    return finish(start(command, folder, cpu), folder)[0]


def pair(load, row, tracer, folder):
    command = load.command(row.share)
    before = alone(command, folder)
    target, whole = finish(start(tracer.command(command), folder), folder)
    events, lost, size = outcome_of(tracer, folder)
    remove(tracer.path)
    return Sample(before["loop_ns"] / 1e9, target["loop_ns"] / 1e9, events, lost,
                  (target["start_ns"] - whole["start_ns"]) / 1e9,
                  max(0, whole["processor_us"] - target["processor_us"]) / 1e6, whole["peak_kib"] * 1024, size,
                  max(0, row.expected - events - lost))


def target_of(run, folder):
    """The number of the load, once it has begun."""
    started = os.path.join(folder, "started")
    until = time.monotonic() + LONGEST_START
    while run.poll() is None and time.monotonic() < until:
        if os.path.exists(started) and os.path.getsize(started):
            with open(started) as file:
                return int(file.read())
        time.sleep(0.01)
    raise CannotRecord(last_words(folder))


def beside(load, folder, companion, cpus):
    """The neighbour's time while the companion runs, which is ended then."""
    inner = os.path.join(folder, "companion")
    os.makedirs(inner, exist_ok=True)
    run, target = start(companion, inner, 0 if cpus > 1 else None), None
    try:
        target = target_of(run, inner)
        time.sleep(0.1)  # it is in its loop now
        report = alone(load.command(), folder, 1 if cpus > 1 else None)
        if run.poll() is not None:
            raise CannotRecord(f"ended before its neighbour: {last_words(inner)}")
    finally:
        if target:
            with contextlib.suppress(ProcessLookupError):
                os.kill(target, signal.SIGTERM)
            wait(run)
        elif run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
    return report["loop_ns"] / 1e9 if cpus > 1 else report["processor_us"] / 1e6


def neighbours(load, tracer, folder):
    """A processor each, where there are two. With one they take turns, and processor time is what can be compared."""
    cpus = os.cpu_count()
    before = beside(load, folder, COMPANION.command(), cpus)
    with_it = beside(load, folder, tracer.command(COMPANION.command()), cpus)
    events, lost, size = outcome_of(tracer, os.path.join(folder, "companion"))
    remove(tracer.path)
    return Sample(before, with_it, events, lost, size=size)
