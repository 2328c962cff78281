#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Which documented function has a symbol, and can be probed, on which kernel?

    tests/vm/kernel_table.py [--check | --update] CAPTURES

CAPTURES has a folder for each kernel of the matrix, named as `shmpath vm list` names it (5.10, 6.1,
6.12, newest). In it are three files, taken in that kernel's guest as root:

    release            uname -r
    kallsyms           cat /proc/kallsyms
    filter_functions   cat /sys/kernel/tracing/available_filter_functions

Without an option, prints the document. --update writes it to docs/kernel-support.md. --check exits
with 1 and says why when that file is out of date, and when a function that a lab documents has no
name on a kernel, is not inlined into one that has, and is not in tests/vm/absent.txt with a reason.

The line of releases is left out of the comparison: a new point release of a series appears every
few weeks, and is no news as long as every mark is the same.
"""

import argparse
import difflib
import glob
import os
import re
import sys
import tomllib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RELEASES = "Measured on: "
REST = "\n## "  # what begins here is not this script's

HEAD = """# The documented functions on each kernel

`tests/vm/kernel_table.py --update` wrote this file, and a test sees to it that it is not out of
date. Each kernel was booted in the VM and asked for `/proc/kallsyms` and
`available_filter_functions`. x86-64.

- `yes`: the symbol exists and can be probed.
- `yes (no probe)`: it exists, and is not in `available_filter_functions`.
- `as f.constprop.0`: only that variant exists, which the compiler made of it.
- `-`: no symbol. It has another name there, is inlined everywhere, is not built, or is in a module
  that was not loaded.

"""


class Kernel:
    """What one kernel says of its functions."""

    def __init__(self, folder):
        self.name = os.path.basename(folder)
        self.release = read(folder, "release").strip()
        self.symbols, self.variants = set(), {}
        for line in read(folder, "kallsyms").splitlines():
            fields = line.split()
            if len(fields) >= 3 and fields[1] in "tTwW":
                self.add(fields[2])
        probes = read(folder, "filter_functions").splitlines()
        self.probes = {line.split()[0] for line in probes if line.strip()}
        # Every kernel has these; without them the capture is no capture.
        if "schedule" not in self.symbols or "schedule" not in self.probes:
            sys.exit(f"{folder}: cut off or empty; capture it again, as root")

    def add(self, symbol):
        self.symbols.add(symbol)
        base, dot, suffix = symbol.partition(".")
        # `.cold` is a part of a function that exists beside it.
        if dot and "cold" not in suffix:
            self.variants.setdefault(base, []).append(symbol)

    def symbol(self, name):
        """The function's symbol: its name, else the first variant, else None."""
        return name if name in self.symbols else min(self.variants.get(name, []), default=None)

    def mark(self, name):
        symbol = self.symbol(name)
        if symbol is None:
            return "-"
        said = "yes" if symbol == name else f"as `{symbol}`"
        return said if symbol in self.probes else said + " (no probe)"


def read(folder, name):
    try:
        with open(os.path.join(folder, name), encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError as error:
        sys.exit(f"{folder}/{name}: {error.strerror}; see kernel_table.py --help")


def read_kernels(captures):
    def age(kernel):
        return [int(number) for number in re.findall(r"\d+", kernel.release)[:3]]

    folders = sorted(entry.path for entry in os.scandir(captures) if entry.is_dir())
    if not folders:
        sys.exit(f"{captures}: no kernel in it; see kernel_table.py --help")
    return sorted((Kernel(folder) for folder in folders), key=age)


def read_sections(file):
    """[(title, [function])] of tests/vm/functions.txt."""
    sections = []
    with open(file, encoding="utf-8") as lines:
        for line in map(str.strip, lines):
            if line.startswith("## "):
                sections.append((line[3:], []))
            elif line and not line.startswith("#"):
                sections[-1][1].append(line)
    return sections


def read_flows(labs):
    """{name: function} of all flow files."""
    functions = {}
    for file in sorted(glob.glob(os.path.join(labs, "*", "flow.toml"))):
        with open(file, "rb") as flow:
            for function in tomllib.load(flow).get("function", []):
                functions[function["name"]] = function
    return functions


def read_absent(file):
    """{(function, kernel)} from lines `function kernel...: reason`."""
    absent = set()
    with open(file, encoding="utf-8") as lines:
        for line in map(str.strip, lines):
            if not line or line.startswith("#"):
                continue
            words, colon, reason = line.partition(":")
            name, *kernels = words.split()
            if not kernels or not reason.strip():
                sys.exit(f"{file}: `{line}`: write `function kernel...: reason`")
            absent.update((name, kernel) for kernel in kernels)
    return absent


def document(kernels, sections, flows):
    listed = {name for _, names in sections for name in names}
    used = [name for function in flows.values()
            for name in [function["name"], *function.get("names", [])]]
    rest = sorted({name for name in used if "__arm64_" not in name} - listed)
    if rest:
        sections = [*sections, ("Others that a lab documents", rest)]
    columns = [kernel.name for kernel in kernels]
    lines = ["| " + " | ".join(["function", *columns]) + " |", "|---" * (len(columns) + 1) + "|"]
    for title, names in sections:
        lines.append("| " + " | ".join([f"**{title}**"] + [""] * len(columns)) + " |")
        for name in names:
            lines.append("| " + " | ".join([f"`{name}`"] + [k.mark(name) for k in kernels]) + " |")
    releases = RELEASES + ", ".join(f"{k.name} is {k.release}" for k in kernels) + ".\n\n"
    return HEAD + releases + "\n".join(lines) + "\n"


def has_name(kernel, name, flows, seen=()):
    """The function has a symbol on the kernel, or what it is inlined into has."""
    function = flows.get(name, {})
    if any(kernel.symbol(other) for other in [name, *function.get("names", [])]):
        return True
    into = function.get("inlined_into")
    return bool(into) and into not in seen and has_name(kernel, into, flows, (*seen, name))


def nameless(kernels, flows, absent):
    """What is wrong with the documented functions, a line for each."""
    faults, unused = [], set(absent)
    for kernel in kernels:
        for name in flows:
            if has_name(kernel, name, flows):
                continue
            unused.discard((name, kernel.name))
            if (name, kernel.name) not in absent:
                faults.append(f"{name}: no name on {kernel.name} ({kernel.release}); add it to"
                              " `names`, say `inlined_into`, or give the reason in absent.txt")
    for name, kernel in sorted(unused):
        if kernel in {k.name for k in kernels}:
            faults.append(f"{name}: absent.txt says it is not on {kernel}, but it is, or no lab"
                          " documents it; take the entry out")
    return faults


def compared(text):
    own = text.partition(REST)[0]
    return [line for line in own.splitlines() if not line.startswith(RELEASES)]


def rest_of(file):
    if not os.path.exists(file):
        return ""
    with open(file, encoding="utf-8") as lines:
        _, heading, rest = lines.read().partition(REST)
    return heading + rest


def check(text, file, faults):
    committed = ""
    if os.path.exists(file):
        with open(file, encoding="utf-8") as lines:
            committed = lines.read()
    diff = list(difflib.unified_diff(compared(committed), compared(text), "committed", "measured",
                                     n=0, lineterm=""))
    if diff:
        print("\n".join(diff))
        print(f"{file}: out of date; write it anew with kernel_table.py --update CAPTURES")
    for fault in faults:
        print(fault)
    return 1 if diff or faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--update", action="store_true")
    parser.add_argument("--doc", default=os.path.join(ROOT, "docs", "kernel-support.md"))
    parser.add_argument("--labs", default=os.path.join(ROOT, "labs"))
    parser.add_argument("--lists", default=os.path.join(ROOT, "tests", "vm"),
                        help="folder of functions.txt and absent.txt")
    options = parser.parse_args()

    kernels, flows = read_kernels(options.captures), read_flows(options.labs)
    text = document(kernels, read_sections(os.path.join(options.lists, "functions.txt")), flows)
    faults = nameless(kernels, flows, read_absent(os.path.join(options.lists, "absent.txt")))
    if options.check:
        return check(text, options.doc, faults)
    if options.update:
        rest = rest_of(options.doc)
        with open(options.doc, "w", encoding="utf-8") as file:
            file.write(text + rest)
    else:
        print(text, end="")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
