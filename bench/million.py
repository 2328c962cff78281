# SPDX-License-Identifier: BSD-2-Clause
"""A million events: the tracer's memory while it writes them to a file, and how long a replay of that takes."""

import json
import os
import subprocess

import outcomes
from loads import CALLS_OF_A_ROUND, FAULTS, PAGES, Load
from measuring import CannotRecord, Row, Sample, alone, environment, finish, last_words, remove, start
from paths import LAUNCH
from tracers import shmpath

EVENTS = 1000000
OF_A_FAULT = {"tracepoints": 3, "functions": 12}  # at least


def tracer_of(options, folder):
    return shmpath(folder, "shmpath", options.view, [])


def rounds(options):
    of_a_round = PAGES * OF_A_FAULT[options.view] + 2 * CALLS_OF_A_ROUND
    return -(-round(EVENTS * options.million) // of_a_round)


def once(command, tracer, folder):
    before = alone(command, folder)
    target, whole = finish(start(tracer.command(command), folder), folder)
    events, lost = tracer.outcome(tracer.path, None)
    return Sample(before["loop_ns"] / 1e9, target["loop_ns"] / 1e9, events, lost,
                  (target["start_ns"] - whole["start_ns"]) / 1e9,
                  max(0, whole["processor_us"] - target["processor_us"]) / 1e6, whole["peak_kib"] * 1024,
                  outcomes.size_of(tracer.path))


def row_of(options, letter):
    return Row(letter, "shmpath", as_much=True, expected=round(EVENTS * options.million))


def record(options, folder, say):
    load = Load("g", "", "faults", rounds(options), FAULTS)
    tracer, row = tracer_of(options, folder), row_of(options, "g")
    for number in range(options.pairs):
        say(f"load g, pair {number + 1} of {options.pairs}: shmpath")
        try:
            row.samples.append(once(load.command(), tracer, folder))
        except CannotRecord as reason:
            row.reason = str(reason)
            break
        finally:
            remove(tracer.path)
    return row


def replayed(tracer, folder):
    """One replay; there is no untraced run to compare it with."""
    tree = os.path.join(folder, "tree")
    launched = os.path.join(folder, "launch")
    with open(os.path.join(folder, "said"), "w") as said:
        subprocess.run([LAUNCH, launched, tracer.command([])[0], "replay", tracer.path, "-o", tree], stdin=subprocess.DEVNULL,
                       stdout=said, stderr=said, env=environment(folder), check=False)
    with open(launched) as file:
        took = json.load(file)
    if took["status"] != 0:
        raise CannotRecord(last_words(folder))
    events, lost = outcomes.of_shmpath(tree, None)
    seconds = took["whole_ns"] / 1e9
    return Sample(seconds, seconds, events, lost, processor=took["processor_us"] / 1e6, peak=took["peak_kib"] * 1024,
                  size=outcomes.size_of(tree))


def replay(options, folder, say):
    load = Load("h", "", "faults", rounds(options), FAULTS)
    tracer, row = tracer_of(options, folder), row_of(options, "h")
    try:
        once(load.command(), tracer, folder)
        for number in range(options.pairs):
            say(f"load h, run {number + 1} of {options.pairs}: shmpath replay")
            row.samples.append(replayed(tracer, folder))
    except CannotRecord as reason:
        row.reason = str(reason)
    remove(tracer.path)
    return row
