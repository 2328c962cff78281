# SPDX-License-Identifier: BSD-2-Clause
"""The figures as one table of text, which docs/performance.md has too."""

import re

from loads import LOADS

MIB = 1 << 20
NAME = 30
HEAD = (f"{'':{NAME}} {'untraced':>9} {'traced':>9} {'slowdown':>8} {'least to most':>13} {'events':>9} {'lost':>8} "
        f"{'start':>7} {'processor':>9} {'memory':>8} {'recording':>9}")
TITLES = {load.letter: load.title for load in LOADS} | {
    "g": "1,000,000 events of page faults to a file", "h": "that recording replayed to a tree"}


def figure(value, form, scale=1.0, unit=""):
    return "-" if value is None else f"{value * scale:{form}}{unit}"


def line_of(row):
    name = row.tracer + (f" ({row.share:g})" if row.share != 1 else "")
    name = ("* " if row.as_much else "  ") + name
    if row.reason or not row.samples:
        return f"{name:{NAME}} {row.reason or 'not measured'}"
    ratios = row.of("ratio")
    replayed = row.load == "h"
    cells = [f"{'-' if replayed else figure(row.median('alone'), '.0f', 1000, ' ms'):>9}",
             f"{figure(row.median('traced'), '.0f', 1000, ' ms'):>9}",
             f"{'-' if replayed else figure(row.median('ratio'), '.2f'):>8}",
             f"{'-' if replayed else f'{min(ratios):.2f} - {max(ratios):.2f}':>13}",
             f"{figure(row.median('events'), '.0f'):>9}", f"{figure(row.median('gone'), '.0f'):>8}",
             f"{figure(row.median('start'), '.0f', 1000, ' ms'):>7}", f"{figure(row.median('processor'), '.2f', 1, ' s'):>9}",
             f"{figure(row.median('peak'), '.0f', 1 / MIB, ' MiB'):>8}",
             f"{figure(row.median('size'), '.1f', 1e-6, ' MB'):>9}"]
    return f"{name:{NAME}} {' '.join(cells)}"


def text_of(result, verdicts):
    lines = [f"Linux {result['kernel']}, processors: {result['processors']}, pairs: {result['pairs']}"
             + (f", loads at {result['scale']:g} of their size" if result["scale"] != 1 else ""), "", HEAD]
    letter = None
    for row in result["rows"]:
        if row.load != letter:
            letter = row.load
            lines += ["", f"({letter}) {TITLES[letter]}"]
        lines.append(line_of(row))
    lines += ["", "*: records all that shmpath does of this load. lost: as the tracer says, and what it lacks beyond that.",
              "(0.2): of a load that is smaller by that, alone and traced"]
    if verdicts:
        width = max(len(v.goal) for v in verdicts)
        lines += ["", f"{'goal':{width}}  met  measured"]
        lines += [f"{v.goal:{width}}  {'yes' if v.met else 'NO ':3}  {v.measured}" for v in verdicts]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def put_into(document, place, command, text):
    """Between the markers of that place. Throws ValueError where there are none."""
    begin, end = f"<!-- measured: {place} -->\n", f"<!-- end of measured: {place} -->\n"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    if not pattern.search(document):
        raise ValueError(f"no line {begin.strip()} with its end")
    block = f"{begin}```text\n$ {command}\n{text}```\n{end}"
    return pattern.sub(lambda _: block, document)
