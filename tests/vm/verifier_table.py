#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How many instructions does each kernel's verifier process of each BPF program?

    tests/vm/verifier_table.py [--check | --update] CAPTURES [FOLDER]...

CAPTURES has a folder for each kernel of the matrix, named as `shmpath vm list` names it, as tests/vm/boot.sh
makes it. In it are two files: `release`, and `verifier.out`, which is what build/tests/verifier printed there.
Each further FOLDER is one more, of a host.

Without an option, prints the section. --update writes it to docs/kernel-support.md. --check exits with 1 and
says why when a kernel refuses a program, when a count is more than half of the kernel's limit, and when the committed
section lacks a program or has one that is gone, or a count that is less than half or more than twice of what
was measured. Another release of a kernel or of the compiler moves a count by some percent and is no news. A count that
doubles is: somebody should look where the verifier goes. Kernels that are not in CAPTURES are left as they are.
"""

import argparse
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TITLE = "## Instructions that the verifier processed"
LIMIT = 1_000_000  # BPF_COMPLEXITY_LIMIT_INSNS, include/linux/bpf.h, since 5.2
FACTOR = 2

HEAD = f"""{TITLE}

`tests/vm/verifier_table.py --update` wrote this section. `build/tests/verifier` loads each program by itself, with
all that any kernel needs of it, and the kernel's verifier says how many instructions it processed to prove it safe: those of every
path, so more than the program has. It gives up at one million. `-`: the kernel lacks what the program is for, and
another one stands in. The count changes by some percent with the compiler; a test fails when a kernel refuses a
program, when a program is not listed, and when a count is not within half and twice of what stands here.

"""


def read(folder, name):
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        sys.exit(f"{folder}/{name}: {error.strerror}; see verifier_table.py --help")


def read_kernel(folder):
    """{program: count as text} of one kernel."""
    counts = {}
    for line in read(folder, "verifier.out").splitlines():
        name, tab, count = line.partition("\t")
        if not tab or not re.fullmatch(r"\d+|-|refused", count):
            sys.exit(f"{folder}/verifier.out: `{line}`: no count; run build/tests/verifier again")
        counts[name] = count
    if all(count == "-" for count in counts.values()):
        sys.exit(f"{folder}/verifier.out: no program was counted; run build/tests/verifier again")
    return counts


def read_kernels(captures, others):
    """{kernel's name: its counts}, oldest first."""
    def age(release):
        return [int(number) for number in re.findall(r"\d+", release)[:3]]

    folders = [entry.path for entry in os.scandir(captures) if entry.is_dir()]
    found = [(read(folder, "release").strip(), os.path.basename(folder), folder)
             for folder in folders]
    for folder in others:
        release = read(folder, "release").strip()
        found.append((release, "a host with " + ".".join(re.findall(r"\d+", release)[:2]), folder))
    if not found:
        sys.exit(f"{captures}: no kernel in it; see verifier_table.py --help")
    return {name: read_kernel(folder)
            for _, name, folder in sorted(found, key=lambda one: age(one[0]))}


def section(kernels):
    programs = sorted({name for counts in kernels.values() for name in counts})
    lines = ["| " + " | ".join(["program", *kernels]) + " |", "|---" + "|---:" * len(kernels) + "|"]
    for name in programs:
        cells = [counts.get(name, "-") for counts in kernels.values()]
        lines.append("| " + " | ".join([f"`{name}`", *cells]) + " |")
    return HEAD + "\n".join(lines) + "\n"


def read_section(text):
    """The committed section, as `read_kernels` gives it."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|")]
    if not rows:
        return {}
    kernels = {name: {} for name in rows[0][1:]}
    for name, *cells in rows[2:]:
        for kernel, cell in zip(kernels, cells):
            kernels[kernel][name.strip("`")] = cell
    return kernels


def faults_of(measured, committed):
    for kernel, counts in measured.items():
        known = committed.get(kernel, {})
        for name, count in counts.items():
            if count == "refused":
                yield f"{name}: kernel {kernel} refuses it; see verifier.err of that kernel"
            elif count != "-" and int(count) > LIMIT // 2:
                yield f"{name}: {count} instructions on {kernel}, more than half of the limit"
            elif name not in known:
                yield f"{name}: not listed for {kernel}"
            elif stale(count, known[name]):
                yield f"{name}: {count} on {kernel}, and {known[name]} is listed"
        for name in known.keys() - counts.keys():
            if known[name] != "-":
                yield f"{name}: listed for {kernel}, and not there any more"


def stale(count, listed):
    if not (count.isdigit() and listed.isdigit()):
        return count != listed
    return not int(listed) / FACTOR <= int(count) <= int(listed) * FACTOR


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures")
    parser.add_argument("others", nargs="*")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--update", action="store_true")
    parser.add_argument("--doc", default=os.path.join(ROOT, "docs", "kernel-support.md"))
    options = parser.parse_args()

    measured = read_kernels(options.captures, options.others)
    with open(options.doc, encoding="utf-8") as file:
        document, _, committed = file.read().partition("\n" + TITLE)
    if options.check:
        faults = list(faults_of(measured, read_section(committed)))
        print("\n".join(faults + ["write the section anew: verifier_table.py --update CAPTURES"])
              if faults else "", end="\n" if faults else "")
        return 1 if faults else 0
    if options.update:
        with open(options.doc, "w", encoding="utf-8") as file:
            file.write(document.rstrip("\n") + "\n\n" + section(measured))
    else:
        print(section(measured), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
