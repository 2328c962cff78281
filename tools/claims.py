#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Which claim of the documents came out how, on which kernel?

    tools/claims.py [--check | --update] CAPTURE...

Each CAPTURE is a folder with the findings of one kernel: files check-*.json, as
`shmpath check LAB -o FILE` writes them. It is named as `shmpath vm list` names the kernel (5.10, 6.1,
6.12, newest), or `host` for this machine. tests/vm/boot.sh makes build/vm/kernels/KERNEL.

Without an option, prints the document. --update writes it to docs/claims.md. --check exits with 1 and
says why when that file is out of date, when a claim did not come out as expected, or when a capture
lacks one. It compares only what belongs to the kernels that are given. Numbers of five digits or more
and numbers with a point are left out of the comparison of what was measured, and so are the releases,
and a claim that was not checked because the trace was incomplete, now or when the file was written.
"""

import argparse
import difflib
import glob
import json
import os
import re
import sys
import tomllib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAST = 59  # the documents make the claims C01 to this one
SHOWN = "6.12"  # the kernel whose measurements are shown
INCOMPLETE = "the trace is incomplete: "
FORMAT = "shmpath.check/1"
VERDICTS = {"holds", "differs", "not checked here"}
HEAD = """# The claims of the documents, on each kernel

`tools/claims.py --update` wrote this file from what `shmpath check` found, and a test sees to it that
it is not out of date. A claim *holds*, *differs* from what is true, or is *not checked here*, for the
reason given. `shmpath explain C01` says how a claim is checked, and `shmpath check all` prints the same
for your machine.

Checked on:

"""


def stop(thing, reason, remedy="see claims.py --help"):
    sys.exit(f"{thing}: {reason}; {remedy}")


def escaped(text):
    """Text as Markdown shows it: as it is."""
    return re.sub(r"([\\<>*|`\[\]])", r"\\\1", " ".join(text.split()))


class Capture:
    """What `check` found on one kernel."""

    def __init__(self, folder):
        self.name = os.path.basename(os.path.normpath(folder))
        self.claims, where = {}, set()
        files = sorted(glob.glob(os.path.join(folder, "check-*.json")))
        if not files:
            stop(folder, "no check-*.json in it")
        for file in files:
            for lab in self.read(file):
                where.add((lab["kernel"], lab["place"], lab["view"]))
                for claim in lab["claims"]:
                    self.add(claim, file)
        if len(where) != 1:
            stop(folder, f"captured in several ways: {sorted(where)}", "capture it anew")
        self.release, self.place, self.view = where.pop()

    def read(self, file):
        try:
            with open(file, encoding="utf-8") as text:
                whole = json.load(text)
        except (OSError, ValueError) as error:
            stop(file, error, "capture it anew")
        if not isinstance(whole, dict) or whole.get("format") != FORMAT:
            stop(file, f"not in the format {FORMAT}", "capture it anew with this version")
        return whole["labs"]

    def add(self, claim, file):
        if claim["verdict"] not in VERDICTS:
            stop(file, f"unknown verdict {claim['verdict']}")
        if claim["id"] in self.claims:
            stop(file, f"{claim['id']} is judged twice")
        self.claims[claim["id"]] = claim

    def age(self):
        numbers = [int(number) for number in re.findall(r"\d+", self.release)[:3]]
        return (self.view != "functions", numbers)

    def verdict(self, claim):
        found = self.claims[claim]
        word = "not checked" if found["verdict"] == "not checked here" else found["verdict"]
        return word if found["as_expected"] else f"**UNEXPECTED: {word}**"

    def is_unsure(self, claim):
        """The trace was incomplete, which may happen on a busy machine: no verdict, this time."""
        found = self.claims[claim]
        return (found["verdict"] == "not checked here"
                and INCOMPLETE in found["measured"])

    def where(self):
        place = "in the VM" if self.place == "vm" else "on a machine"
        return f"- `{self.name}`: Linux {self.release}, {self.view} view, {place}"


def read_claims(labs):
    """[(claim, lab)] of all flow files, in order of the claims."""
    claims = []
    for file in sorted(glob.glob(os.path.join(labs, "*", "flow.toml"))):
        with open(file, "rb") as flow:
            lab = os.path.basename(os.path.dirname(file))
            claims += [(claim, lab) for claim in tomllib.load(flow).get("claim", [])]
    return sorted(claims, key=lambda pair: pair[0]["id"])


def faults(claims, captures):
    """What is wrong, a line for each."""
    known, found = [claim["id"] for claim, _ in claims], []
    found += [f"{one}: two labs check it" for one in sorted(set(known)) if known.count(one) > 1]
    for capture in captures:
        for one in known:
            if one not in capture.claims:
                stop(one, f"the capture of {capture.name} lacks it", "capture all labs anew")
            if not capture.claims[one]["as_expected"]:
                found.append(f"{one}: not as expected on {capture.name}")
        for one in sorted(set(capture.claims) - set(known)):
            found.append(f"{one}: in the capture of {capture.name}, but in no flow file")
    return found


def table(claims, captures):
    lines = ["| " + " | ".join(["claim", "lab", "expected", *(c.name for c in captures)]) + " |",
             "|---" * (len(captures) + 3) + "|"]
    for claim, lab in claims:
        cells = [f"[{claim['id']}](#{claim['id'].lower()})", lab[:2], claim["expect"]]
        lines.append("| " + " | ".join(cells + [c.verdict(claim["id"]) for c in captures]) + " |")
    words = ("holds", "differs", "not checked")
    totals = ["/".join(str(sum(capture.verdict(claim["id"]) == word for claim, _ in claims))
                       for word in words) for capture in captures]
    lines.append("| " + " | ".join(["", "", "hold/differ/not checked", *totals]) + " |")
    return lines


def section(claim, lab, captures):
    lines = [f"## {claim['id']}", "", escaped(claim["en"]), "", escaped(claim["zh"]), "",
             f"- lab [{lab}](../labs/{lab}/README.md), expected: {claim['expect']}"]
    if "truth" in claim:
        lines += [f"- in truth: {escaped(claim['truth'][lang])}" for lang in ("en", "zh")]
    for capture in captures:
        found = capture.claims[claim["id"]]
        if found["verdict"] == "not checked here" or not found["as_expected"]:
            lines.append(f"- `{capture.name}`: {found['verdict']}: {escaped(found['measured'])}")
        elif capture.name == SHOWN:
            lines.append(f"- `{capture.name}`: measured: {escaped(found['measured'])}")
    return lines + [""]


def document(claims, captures):
    text = HEAD + "\n".join(capture.where() for capture in captures) + "\n\n"
    text += "\n".join(table(claims, captures)) + "\n\n"
    here = {claim["id"] for claim, _ in claims}
    missing = [one for one in (f"C{n:02}" for n in range(1, LAST + 1)) if one not in here]
    if missing:
        text += "No lab checks these: " + ", ".join(missing) + ".\n\n"
    for claim, lab in claims:
        text += "\n".join(section(claim, lab, captures)) + "\n"
    return text.rstrip("\n") + "\n"


def compared(text, names, unsure):
    """The lines of the document that say something of the kernels `names`, or of all. Of the pairs
    `unsure` of a claim and a kernel they say nothing."""
    kernels, claim, lines = [], "", []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith("| claim "):
            kernels = cells[4:-1]
        if line.startswith("| "):
            claim = cells[1][1:4]
            cells[4:-1] = [f"{kernel} {cell}" for kernel, cell in zip(kernels, cells[4:-1])
                           if kernel in names and (claim, kernel) not in unsure]
            line = "|".join(cells)
        if line.startswith("## "):
            claim = line[3:]
        named = re.match(r"- `([^`]*)`: (Linux )?", line)
        if named and (named[2] or named[1] not in names or (claim, named[1]) in unsure):
            continue
        if line.startswith("|---") or line.startswith("||"):
            continue  # as many as there are kernels; the totals
        if named:
            # of a program's many page faults some depend on what was mapped around the others
            line = named[0] + re.sub(r"\d+\.\d+|\d{5,}|\d{2,}(?= page_fault)", "#", line[named.end():])
        lines.append(line)
    return lines


def unsure_in(text):
    """The pairs of a claim and a kernel whose trace was incomplete when the document was written."""
    pairs, claim = set(), ""
    for line in text.splitlines():
        claim = line[3:] if line.startswith("## ") else claim
        if found := re.match(rf"- `([^`]*)`: not checked here: .*{INCOMPLETE}", line):
            pairs.add((claim, found[1]))
    return pairs


def check(text, file, captures, found):
    names = {capture.name for capture in captures}
    committed = ""
    if os.path.exists(file):
        with open(file, encoding="utf-8") as lines:
            committed = lines.read()
    unsure = {(one, capture.name) for capture in captures for one in capture.claims
              if capture.is_unsure(one)} | unsure_in(committed)
    diff = list(difflib.unified_diff(compared(committed, names, unsure),
                                     compared(text, names, unsure),
                                     "committed", "measured", n=0, lineterm=""))
    if diff:
        print("\n".join(diff))
        print(f"{file}: out of date; write it anew with claims.py --update CAPTURE...")
    for fault in found:
        print(fault)
    return 1 if diff or found else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", metavar="CAPTURE")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--update", action="store_true")
    parser.add_argument("--doc", default=os.path.join(ROOT, "docs", "claims.md"))
    parser.add_argument("--labs", default=os.path.join(ROOT, "labs"))
    options = parser.parse_args()

    captures = sorted((Capture(folder) for folder in options.captures), key=Capture.age)
    claims = read_claims(options.labs)
    found = faults(claims, captures)
    text = document(claims, captures)
    if options.check:
        return check(text, options.doc, captures, found)
    if options.update:
        with open(options.doc, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text, end="")
    found += [f"{one}: its trace was incomplete on {capture.name}; capture it anew"
              for capture in captures for one in capture.claims if capture.is_unsure(one)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
