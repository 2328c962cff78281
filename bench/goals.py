# SPDX-License-Identifier: BSD-2-Clause
"""What was set as a goal, against what was measured. A goal that cannot be judged is not met."""

from dataclasses import dataclass

MIB = 1 << 20
OURS = "shmpath"
SLOWDOWN = {"host": {"a": 1.3, "b": 1.3}, "vm": {"a": 1.2, "b": 1.2}}
NEIGHBOUR = 1.02
START_S = 0.150
PEAK = 64 * MIB
REPLAY_S = 1.0
# Some peers lose events and do not say so, which is no fault of the measurement. One that has less than this
# part of them was told the wrong thing.
PEERS_PART = 0.01


@dataclass
class Verdict:
    goal: str
    measured: str
    met: bool


def find(rows, load, tracer):
    return next((r for r in rows if r.load == load and r.tracer == tracer and r.samples), None)


def below(goal, value, limit, text, strictly=False):
    return Verdict(goal, text, value < limit if strictly else value <= limit)


def peers_of(rows, load):
    return [r for r in rows if r.load == load and r.as_much and r.samples and not r.tracer.startswith(OURS)]


def slowdown(rows, place):
    for letter, limit in SLOWDOWN[place].items():
        if row := find(rows, letter, OURS):
            yield below(f"slowdown on ({letter}) at most {limit}", row.median("ratio"), limit, f"{row.median('ratio'):.2f}")
    ours, theirs = find(rows, "b", OURS), find(rows, "b", "perf trace")
    if place == "host" and ours and theirs:
        yield below("slowdown on (b) under that of perf trace", ours.median("ratio"), theirs.median("ratio"),
                    f"{ours.median('ratio'):.2f}, perf trace {theirs.median('ratio'):.2f}", strictly=True)
    for letter in ("c", "d"):
        ours, peers = find(rows, letter, OURS), peers_of(rows, letter)
        if ours and peers:
            best = min(peers, key=lambda r: r.median("ratio"))
            yield below(f"slowdown on ({letter}) under that of each peer that records as much", ours.median("ratio"),
                        best.median("ratio"), f"{ours.median('ratio'):.2f}, the best: {best.tracer} "
                                              f"{best.median('ratio'):.2f}", strictly=True)


def neighbours(rows):
    for letter in ("e", "f"):
        if row := find(rows, letter, OURS):
            yield below(f"the untraced neighbour ({letter}) at most {NEIGHBOUR}", row.median("ratio"), NEIGHBOUR,
                        f"{row.median('ratio'):.3f}")


def others(rows, place):
    ours = [r for r in rows if r.tracer.startswith(OURS) and r.samples]
    lost = sum(sum(r.of("gone")) for r in ours)
    if ours:
        yield Verdict("nothing lost on any load, default buffers", f"{lost}", lost == 0)
    starts = [r.median("start") for r in ours if r.median("start") is not None and r.tracer == OURS]
    if place == "host" and starts:
        yield below(f"start-up to first event under {START_S * 1000:.0f} ms", max(starts), START_S,
                    f"{max(starts) * 1000:.0f} ms", strictly=True)
    if row := find(rows, "g", OURS):
        yield below(f"peak memory with 1,000,000 events to a file under {PEAK // MIB} MiB", row.median("peak"), PEAK,
                    f"{row.median('peak') / MIB:.0f} MiB", strictly=True)
    if place == "host" and (row := find(rows, "h", OURS)):
        yield below(f"replay of 1,000,000 events to a tree under {REPLAY_S:.0f} s", row.median("traced"), REPLAY_S,
                    f"{row.median('traced'):.2f} s", strictly=True)


def judge(rows, place):
    return [*slowdown(rows, place), *neighbours(rows), *others(rows, place)]


def complaints(rows):
    """What shows that a measurement is none: a tracer that did not work, or recorded less than was to be recorded."""
    for row in rows:
        where = f"load {row.load}, {row.tracer}"
        if row.reason:
            yield f"{where}: {row.reason}"
        elif not row.samples:
            yield f"{where}: not measured"
        for sample in row.samples:
            if sample.events + sample.lost < row.expected * (1 if row.tracer.startswith(OURS) else PEERS_PART):
                yield f"{where}: {sample.events} events and {sample.lost} lost, of at least {row.expected}"
                break
            if min(sample.alone, sample.traced, sample.size) <= 0:
                yield f"{where}: a figure is missing"
                break
