#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Is the program output in the documents what the programs print?

    tools/docs-output.py [--update] [--place host|vm|replay|all] [--build DIR] [--docs DIR] [--attempts N] [FILE...]

In README.md, docs/*.md and docs/walkthroughs/*.md a block of output follows a marker that names the
command it is from, and, if it is not all of it, which part:

    <!-- output: shmpath check 01 -->
    <!-- output: shmpath check 01; from "step 6" to "step 7" -->
    <!-- output: shmpath trace --format jsonl -o - -- true; line with '"type":"summary"' -->

`from` begins with the first line that holds the text, or, where `after "..."` stands before it, the
first such line behind the first that holds that; `to` stops before the next that holds the second,
`through` after it. First lines `$ ...` and `> ...` are for the reader and are not compared.
A block of `shmpath replay RECORDING` is from no machine: a recording reads the same everywhere. It is
compared to the last byte, with nothing hidden, and needs neither root nor a kernel. A document has one
command for as many parts of its output as it likes: the command runs once. A walkthrough NAME.zh.md
must have the markers of NAME.md, in the same order. Each walkthrough is there in both languages and in the
index of each, and what an index names is there.
A marker with `; example` is a command for the reader only, such as one that needs sudo.
In labs/*/README.md the blocks that begin with `$ build/labs/...` are compared to the last byte. Those
of a lab whose flow file names modules are from the VM, after these were loaded there. Those of one that
names a disk are compared where the current folder is on that file system. A program that measures
times prints them on standard error; its block begins with `$ build/labs/... 2>/dev/null`.

--place picks the blocks that were captured on the host, or in the VM, where the default kernel must
have been fetched, or the replayed ones. A block is from the VM when its command says so: --place vm,
--kernel, or vm run.

Without --update, exits with 1 and a diff when an output differs, and with 77 when all that could be
compared is the same but the rest was captured on another kernel or C library. Both sides of what was
captured live go through normalise(), which hides what differs from run to run and nothing else. How
the kernel drains its batches of pages differs from run to run too: a command is run up to --attempts
times, and one of them must agree. A part that is not there is never put into a document. Needs root, as
the tracer does, unless only replayed blocks are compared.
"""

import argparse
import difflib
import os
import platform
import re
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True
from docs_blocks import (REPLAYED, ROOT, check_translation, documents, excerpt, lab_blocks, marked_blocks,
                         missing_walkthroughs, normalise)

SKIPPED = 77
CAPTURED = re.compile(r"^<!-- captured on: (.*) -->$", re.M)
# what these print on the host depends on its kernel and its C library
MACHINE_BOUND = re.compile(r"shmpath (run|check|trace|exercise)\b|build/labs/")
# between the outputs of the programs that one boot of the VM runs
SEPARATOR = "-- the end of a program's output --"


def machine():
    """The part of this machine that captured output depends on."""
    release = ".".join(platform.release().split(".")[:2])
    return f"Linux {release}, {os.confstr('CS_GNU_LIBC_VERSION')}"


class Runner:
    """Runs the commands of the documents, each as often as it is asked for the next attempt."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.outputs = {}  # command -> outputs of its attempts
        self.booted = {}  # modules and programs -> the programs' outputs, by attempt

    def output(self, block, attempt):
        had = self.outputs.setdefault(block.command, [])
        while len(had) <= attempt:
            if block.modules:
                had.append(self.run_together(block, len(had)))
            else:
                had.append(self.run(block.command))
        return had[attempt]

    def run_together(self, block, attempt):
        """The output of a program that needs the VM: one boot runs all of its lab."""
        key = (block.file, attempt)
        if key not in self.booted:
            script = "; ".join([f"modprobe {module}" for module in block.modules] +
                               [f"{{ {program}; }} 2>&1; echo {shlex.quote(SEPARATOR)}" for program in block.together])
            lines = self.run(f"shmpath vm run -- sh -c {shlex.quote(script)}")
            outputs = "\n".join(lines + [""]).split(SEPARATOR + "\n")
            if len(outputs) != len(block.together) + 1:
                sys.exit(f"{block.where()}: its programs did not all run in the VM; it said: " + "\n".join(lines))
            self.booted[key] = dict(zip(block.together, outputs))
        return self.booted[key][block.command].rstrip("\n").split("\n")

    def run(self, command):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SUDO_")}
        environment["PATH"] = f"{self.build}/bin:{environment['PATH']}"
        here = re.sub(r"(?<![\w/])build/", lambda _: self.build + "/", command)
        done = subprocess.run(["sh", "-c", here], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        text = done.stdout.decode(errors="replace")
        if REPLAYED.search(command):
            if done.returncode != 0:
                sys.exit(f"{command} failed with {done.returncode}: {text}")
            return text.rstrip("\n").split("\n")  # says where it was recorded, not where it is read
        # this machine's paths and kernel build: the build folder is build/, the rest is relative to the root
        text = text.replace(self.build + "/", "build/").replace(ROOT + "/", "")
        text = text.replace(platform.release(), platform.release().split("-")[0])
        return text.rstrip("\n").split("\n")


def file_system():
    """What the programs of the documents find below their current folder."""
    found = subprocess.run(["findmnt", "-n", "-o", "FSTYPE", "-T", ROOT], stdout=subprocess.PIPE)
    return found.stdout.decode().strip()


def captured(block, lines, runner, attempts):
    """What the command printed at the first attempt that had the part, and whether one was as shown."""
    first, why = None, None
    for attempt in range(1 if block.replayed else attempts):
        try:
            real = excerpt(runner.output(block, attempt), block.part, block.where())
        except LookupError as error:
            why = error.args[0]
            continue
        first = first or real
        if block.same(lines, real):
            return real, True
    if first is None:
        print(f"{block.where()}: {block.command}: {why}")
    return first, False


def check_file(path, folder, runner, options):
    """Returns how many blocks were compared, how many differ, and what was left out."""
    name = os.path.relpath(path, folder)
    check_translation(path)
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    blocks = (lab_blocks if name.startswith("labs/") else marked_blocks)(name, lines)
    differing, left_out = 0, []
    blocks = [block for block in blocks if options.place in ("all", block.place())]
    for block in [block for block in blocks if block.disk and block.disk != file_system()]:
        print(f"{block.where()}: not compared: it was captured on {block.disk}, and {ROOT} is on {file_system()}")
        blocks.remove(block)
    for block in reversed(blocks):  # from the end, so that what is replaced moves nothing
        if options.foreign and block.place() == "host" and MACHINE_BOUND.search(block.command):
            left_out.append(block.where())
            continue
        real, agrees = captured(block, lines, runner, options.attempts)
        if agrees:
            continue
        differing += 1
        if real is None:
            options.lacking += 1
            continue
        show_difference(block, lines, real)
        lines[block.first:block.end] = block.replaced(real)
    if options.update and differing:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
    return len(blocks) - len(left_out), differing, left_out


def show_difference(block, lines, real):
    hide = (lambda text: text) if block.exact else normalise
    print("\n".join(difflib.unified_diff(hide(block.shown(lines)), hide(real), block.where(),
                                         block.command, lineterm="", n=1)))


def captured_on(folder):
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
        found = CAPTURED.search(file.read())
    return found[1] if found else machine()


def note_machine(folder):
    path = os.path.join(folder, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(CAPTURED.sub(f"<!-- captured on: {machine()} -->", text))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="put the real output into the documents")
    parser.add_argument("--place", choices=["host", "vm", "replay", "all"], default="all", help="only what is from there")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="the build folder")
    parser.add_argument("--docs", default=ROOT, help="where README.md, docs/ and labs/ are")
    parser.add_argument("--attempts", type=int, default=8, help="how often a command is run at most")
    parser.add_argument("files", nargs="*", help="of them, only these")
    options = parser.parse_args()
    if os.geteuid() != 0 and options.place != "replay":
        sys.exit("docs-output: permission denied; run it as root")
    folder = os.path.abspath(options.docs)
    options.lacking = 0
    options.foreign = not options.update and captured_on(folder) != machine()
    runner = Runner(options.build)
    compared, differing, left_out = 0, 0, []
    missing = [] if options.files else missing_walkthroughs(folder)
    for path in [os.path.abspath(f) for f in options.files] or documents(folder):
        some, bad, out = check_file(path, folder, runner, options)
        compared, differing, left_out = compared + some, differing + bad, left_out + out
    if options.update and options.place in ("host", "all"):
        note_machine(folder)
    print(f"{compared} outputs compared, {differing} differ" + (" and were replaced" if options.update else ""))
    if missing:
        print("\n".join(missing))
        return 1
    if options.lacking:
        print(f"docs-output: {options.lacking} parts are not in the output; mend their markers")
        return 1
    if differing and not options.update:
        print("docs-output: the documents are out of date; tools/docs-output.py --update mends them")
        return 1
    if left_out:
        print(f"not compared: {len(left_out)} outputs captured on {captured_on(folder)}, this is {machine()}")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
