#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a terminal showed, as a picture.

    tools/terminal-picture.py [--title TEXT] [--columns N] [--part FROM TO]... <CAPTURE >PICTURE.svg

Reads text with SGR colours, as `tmux capture-pane -e -p` writes it, and writes an SVG that needs no
font of its own: each run of text is placed by its column. Longer lines are cut at --columns and end
in a mark. --part keeps the lines from the first that holds FROM to before the next that holds TO
(to the end, when TO is empty); a line of dots stands between two parts. The background is
light and the picture's own, so that it can be read on a light and on a dark page.
tools/first-run-picture.sh makes docs/images/first-run.svg with it.
"""

import argparse
import re
import sys
import unicodedata
from xml.sax.saxutils import escape, quoteattr

CELL, LINE, MARGIN, BAR = 7.8, 17, 14, 26  # pixels: a column, a line, around the text, the title bar
TEXT, DIM, PAPER, EDGE = "#1f2328", "#656d76", "#fcfcfb", "#c9cdd2"
# the eight colours of a terminal, dark enough to be read on PAPER
COLOURS = ["#1f2328", "#b3261e", "#1a7f37", "#8a6100", "#0550ae", "#8250df", "#0b6e74", "#57606a"]
ESCAPE = re.compile(r"\x1b\[([0-9;:?]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.?")
CUT, GAP = "…", "⋮"


def width(text):
    """How many columns a terminal gives to `text`."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def restyled(style, codes):
    """The style after an SGR sequence; a style is (colour, bold, dim)."""
    colour, bold, dim = style
    codes = [int(code or 0) for code in codes.split(";")] if re.fullmatch("[0-9;]*", codes) else []
    while codes:
        code = codes.pop(0)
        if code == 0:
            colour, bold, dim = None, False, False
        elif code in (1, 2):
            bold, dim = bold or code == 1, dim or code == 2
        elif code == 22:
            bold, dim = False, False
        elif 30 <= code <= 37 or 90 <= code <= 97:
            colour = code % 10
        elif code == 39:
            colour = None
        elif code in (38, 48):  # a colour of many: 5;n or 2;r;g;b, of which the first eight are ours
            rest = [codes.pop(0) for _ in range(min(len(codes), 2 if codes[:1] == [5] else 4))]
            if code == 38 and rest[:1] == [5] and len(rest) == 2 and rest[1] < 16:
                colour = rest[1] % 8
    return colour, bold, dim


def runs_of(line, style):
    """The runs (style, text) of a line, and the style that the next line begins with."""
    runs, at = [], 0
    for found in list(ESCAPE.finditer(line)) + [None]:
        text = "".join(c for c in line[at:found.start() if found else len(line)] if unicodedata.category(c)[0] != "C")
        if text:
            runs.append((style, text))
        if found:
            at = found.end()
            if found[2] == "m":
                style = restyled(style, found[1])
    return runs, style


def clipped(runs, columns):
    """The runs that fit; a mark in the last column when some do not."""
    if sum(width(text) for _, text in runs) <= columns:
        return runs
    kept, left = [], columns - 1
    for style, text in runs:
        while width(text) > left:
            text = text[:-1]
        kept.append((style, text))
        left -= width(text)
        if left <= 0:
            break
    return kept + [((None, False, True), CUT)]


def plain(runs):
    return "".join(text for _, text in runs)


def parts_of(lines, parts):
    if not parts:
        return lines
    kept, at = [], 0
    for first, last in parts:
        start = next((i for i in range(at, len(lines)) if first in plain(lines[i])), None)
        if start is None:
            sys.exit(f'terminal-picture: no line holds "{first}"; name another part')
        at = len(lines) if not last else next(
            (i for i in range(start + 1, len(lines)) if last in plain(lines[i])), None)
        if at is None:
            sys.exit(f'terminal-picture: no line holds "{last}" after "{first}"; name another part')
        while at > start and not plain(lines[at - 1]).strip():
            at -= 1
        kept += ([[((None, False, True), GAP)]] if kept else []) + lines[start:at]
    return kept


def drawn(runs, y):
    out, column = [], 0
    for (colour, bold, dim), text in runs:
        if text.strip():
            lead = width(text) - width(text.lstrip())
            body = text.strip()
            fill = COLOURS[colour] if colour is not None else DIM if dim else TEXT
            weight = ' font-weight="bold"' if bold else ""
            out.append(f'<text x="{MARGIN + (column + lead) * CELL:.1f}" y="{y}" fill="{fill}"{weight} '
                       f'textLength="{width(body) * CELL:.1f}" lengthAdjust="spacingAndGlyphs">{escape(body)}</text>')
        column += width(text)
    return out


def picture(lines, title, columns):
    wide = round(2 * MARGIN + columns * CELL)
    high = BAR + 2 * MARGIN + LINE * len(lines)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
           f'role="img" aria-label={quoteattr(title)} xml:space="preserve" font-size="13" '
           f'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace">',
           f"<title>{escape(title)}</title>",
           f'<rect x="0.5" y="0.5" width="{wide - 1}" height="{high - 1}" rx="8" fill="{PAPER}" stroke="{EDGE}"/>',
           f'<path d="M0.5 {BAR}.5H{wide - 0.5}" stroke="{EDGE}"/>',
           f'<text x="{wide / 2}" y="18" fill="{DIM}" text-anchor="middle">{escape(title)}</text>']
    for number, runs in enumerate(lines):
        out += drawn(runs, BAR + MARGIN + LINE * number + 12)
    return "\n".join(out + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--title", default="terminal", help="what stands in the bar above the text")
    parser.add_argument("--columns", type=int, default=100, help="how wide the picture is")
    parser.add_argument("--part", nargs=2, action="append", metavar=("FROM", "TO"), help="keep only these lines")
    options = parser.parse_args()
    lines, style = [], (None, False, False)
    for line in sys.stdin.buffer.read().decode(errors="replace").rstrip("\n").split("\n"):
        runs, style = runs_of(line, style)
        lines.append(runs)
    lines = [clipped(runs, options.columns) for runs in parts_of(lines, options.part)]
    sys.stdout.write(picture(lines, options.title, options.columns))


if __name__ == "__main__":
    main()
