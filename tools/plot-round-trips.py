#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws what lab 13's bounce_copied and bounce_shared measure, as an SVG picture.

    tools/plot-round-trips.py [--build DIR] [--runs N] [--machine TEXT] [FILE]

Runs both programs N times and draws for each way and message size the shortest of the round trips
that they report: the least disturbed one. FILE is labs/13-four-ways/round-trips.svg if not given.
No test compares the picture: no two runs agree.
"""

import argparse
import math
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WAYS = [("pipe", "#b23a48"), ("Unix socket", "#2b59c3"), ("shared memory", "#0b6e4f")]
LEFT, RIGHT, TOP, BOTTOM, WIDTH, HEIGHT = 70, 130, 50, 60, 720, 420
FONT = 'font-family="sans-serif" font-size="13"'


def measure(folder):
    """One run: message size -> the round trips in microseconds, in the order of WAYS."""
    times = {}
    for program in ("bounce_copied", "bounce_shared"):
        done = subprocess.run([os.path.join(folder, program)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, check=True)
        for size, us in re.findall(r"(\d+) bytes: ([0-9.]+) us", done.stderr):
            times.setdefault(int(size), []).append(float(us))
    return times


def best(runs):
    return {size: [min(run[size][way] for run in runs) for way in range(len(WAYS))] for size in runs[0]}


def size_text(size):
    for unit, factor in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size // factor} {unit}"
    return f"{size} B"


def draw(times, machine):
    sizes = sorted(times)
    low = math.floor(math.log10(min(min(row) for row in times.values())))
    high = math.ceil(math.log10(max(max(row) for row in times.values())))

    def x(size):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log2(size / sizes[0]) / math.log2(sizes[-1] / sizes[0])

    def y(us):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(us) - low) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
           "<!-- SPDX-License-Identifier: BSD-2-Clause; drawn by tools/plot-round-trips.py -->",
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="24">Round trip of a message between two processes, {machine}</text>']
    for power in range(low, high + 1):
        label = f"{10 ** power:g} µs" if power < 3 else f"{10 ** (power - 3):g} ms"
        out.append(f'<path d="M{LEFT} {y(10 ** power):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(10 ** power) + 4:.1f}" text-anchor="end">{label}</text>')
    for size in sizes:
        out.append(f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{size_text(size)}</text>')
    for way, (name, colour) in enumerate(WAYS):
        points = [(x(size), y(times[size][way])) for size in sizes]
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{colour}"/>' for px, py in points]
        out.append(f'<text x="{points[-1][0] + 10:.1f}" y="{points[-1][1] + 4:.1f}" fill="{colour}">{name}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 14}" text-anchor="middle">size of the message</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="the build folder")
    parser.add_argument("--runs", type=int, default=20, help="how often the programs are run")
    parser.add_argument("--machine", default=f"{os.cpu_count()} processors", help="what the title says of the machine")
    parser.add_argument("file", nargs="?", default=os.path.join(ROOT, "labs/13-four-ways/round-trips.svg"))
    options = parser.parse_args()
    folder = os.path.join(options.build, "labs/13-four-ways")
    picture = draw(best([measure(folder) for _ in range(options.runs)]), options.machine)
    with open(options.file, "w", encoding="utf-8") as file:
        file.write(picture)


if __name__ == "__main__":
    main()
