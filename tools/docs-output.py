#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Is the program output in the documents what the programs print?

    tools/docs-output.py [--update] [--place host|vm|all] [--build DIR] [--docs DIR] [--attempts N] [FILE...]

In README.md and docs/*.md a block of output follows a marker that names the command it is from,
and, if it is not all of it, which part:

    <!-- output: shmpath check 01 -->
    <!-- output: shmpath check 01; from "step 6" to "step 7" -->
    <!-- output: shmpath trace --format jsonl -o - -- true; line with '"type":"summary"' -->

`from` begins with the first line that holds the text; `to` stops before the next that holds the
second, `through` after it. First lines `$ ...` and `> ...` are for the reader and are not compared.
A marker with `; example` is a command for the reader only, such as one that needs sudo.
In labs/*/README.md the blocks that begin with `$ build/labs/...` are compared to the last byte. Those
of a lab whose flow file names modules are from the VM, after these were loaded there. Those of one that
names a disk are compared where the current folder is on that file system. A program that measures
times prints them on standard error; its block begins with `$ build/labs/... 2>/dev/null`.

--place picks the blocks that were captured on the host, or in the VM, where the default kernel must
have been fetched. A block is from the VM when its command says so: --place vm, --kernel, or vm run.

Without --update, exits with 1 and a diff when an output differs, and with 77 when all that could be
compared is the same but the rest was captured on another kernel or C library. Both sides go through
normalise(), which hides what differs from run to run and nothing else. How the kernel drains its
batches of pages differs from run to run too: a command is run up to --attempts times, and one of
them must agree. Needs root, as the tracer does.
"""

import argparse
import difflib
import glob
import os
import platform
import re
import shlex
import subprocess
import sys
import tomllib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIPPED = 77

MARKER = re.compile(r"""^<!-- output: (?P<command>.*?)(?P<part>; (?:from|to|line with|example).*)? -->$""")
PART = re.compile(r"""(from|to|through|line with) (["'])(.*?)\2(?= |$)""")
CAPTURED = re.compile(r"^<!-- captured on: (.*) -->$", re.M)
# what these print on the host depends on its kernel and its C library
MACHINE_BOUND = re.compile(r"shmpath (run|check|trace)\b|build/labs/")
IN_VM = re.compile(r"shmpath .*(--place vm|--kernel)\b|shmpath vm run\b")
# between the outputs of the programs that one boot of the VM runs
SEPARATOR = "-- the end of a program's output --"

# What differs between runs, and what stands for it.
NORMAL = [(re.compile(pattern), text) for pattern, text in [
    (r"\b0x[0-9a-f]{7,16}\b", "0xADDRESS"),
    (r"\b\d+(\.\d+)? (ns|us|ms|s)\b", "TIME"),
    (r"\bpfn([ =])\d+", r"pfn\1FRAME"),
    (r"\binode \d+", "inode INODE"),
    (r"\b(stx?_ino)=\d+", r"\1=INODE"),
    (r'"(stx?_ino|inode)":\d+', r'"\1":INODE'),
    (r'"(pid|tid|child_pid|child_tid|old_tid|owner_pid|queued_by)":\d+', r'"\1":PID'),
    (r'"(t|ns|queued_ns)":\d+', r'"\1":TIME'),
    (r'"pfn":\d+', '"pfn":FRAME'),
    (r'("type":"lost",.*"count":)\d+', r"\1COUNT"),
    (r'("type":"summary","events":)\d+', r"\1COUNT"),
    (r'"kernel":"[^"]*"', '"kernel":"RELEASE"'),
    (r"\bLinux \d[^\s,]*", "Linux RELEASE"),
    (r"^This machine: .*", "This machine: WHAT IT CAN SHOW"),
    (r"^\[\d+(/\d+)?\] ", "[PID] "),
    (r"^\[pid +\d+\] ", "[pid PID] "),
    (r" <\d+\.\d{9}>$", " <TIME>"),
    (r'"ts":\d+\.\d{3}', '"ts":TIME'),
    (r'("name":"queued for the LRU","id":)\d+', r"\1ID"),
    (r"\bprocess \d+: its start, \d+ events", "process PID: its start, COUNT events"),
    (r"\b(complete|incomplete): \d+ events", r"\1: COUNT events"),
    (r"\b(queued TIME ago by|child_pid|child_tid|old_tid)([ =])\d+", r"\1\2PID"),
    (r"^stacks: \d+ recognised, (\d+) of them mistaken; \d+ others unwound", r"stacks: COUNT, \1 of them mistaken"),
    (r"\b(shmat|shmctl)\(\d+", r"\1(SHMID"),
    (r"\b(shmget\(.*\) = )\d+", r"\1SHMID"),
]]


def normalise(lines):
    out = []
    for line in lines:
        for pattern, text in NORMAL:
            line = pattern.sub(text, line)
        out.append(line.rstrip())
    return out


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
        # this machine's paths and kernel build: the build folder is build/, the rest is relative to the root
        text = text.replace(self.build + "/", "build/").replace(ROOT + "/", "")
        text = text.replace(platform.release(), platform.release().split("-")[0])
        return text.rstrip("\n").split("\n")


def excerpt(lines, part, where):
    """The part of an output that a marker asks for."""
    bounds = {word: text for word, _, text in PART.findall(part or "")}
    if part and not bounds:
        sys.exit(f"{where}: cannot read the part `{part[2:]}`; from \"...\" to \"...\" is one")
    if "line with" in bounds:
        found = [line for line in lines if bounds["line with"] in line]
        return found[:1] or [f"(no line with {bounds['line with']})"]

    def find(text, start):
        return next((i for i in range(start, len(lines)) if text in lines[i]), None)

    first = find(bounds["from"], 0) if "from" in bounds else 0
    if first is None:
        return [f"(no line with {bounds['from']})"]
    end = len(lines)
    for word in ("to", "through"):
        if word in bounds:
            end = find(bounds[word], first + 1)
            if end is None:
                return [f"(no line with {bounds[word]} after it)"]
            end += word == "through"
    while end > first and not lines[end - 1].strip():
        end -= 1
    return lines[first:end]


class Block:
    """One captured output: lines[first:end] of its file."""

    def __init__(self, file, first, end, command, part, exact):
        self.file, self.first, self.end = file, first, end
        self.command, self.part, self.exact = command, part, exact
        self.modules, self.together = [], []  # of a lab in the VM: its modules, and all its commands
        self.disk = ""  # the file system that it must be run on

    def place(self):
        return "vm" if self.modules or IN_VM.search(self.command) else "host"

    def where(self):
        return f"{self.file}:{self.first + 1}"

    def shown(self, lines):
        body = lines[self.first:self.end]
        return [line[4:] for line in body] if self.exact else body

    def same(self, lines, real):
        shown = self.shown(lines)
        return shown == real if self.exact else normalise(shown) == normalise(real)

    def replaced(self, real):
        return [("    " + line) if self.exact and line else line for line in real]


def marked_blocks(file, lines):
    """Blocks after a marker; a block that shows a command without one is refused."""
    blocks, marker, i = [], None, 0
    while i < len(lines):
        found = MARKER.match(lines[i])
        if found:
            marker = found
        elif lines[i].startswith("<!-- output"):
            sys.exit(f"{file}:{i + 1}: cannot read this marker; see tools/docs-output.py")
        elif lines[i].startswith("```") and len(lines[i]) > 3:
            end = lines.index("```", i + 1)
            first = i + 1
            while lines[first].startswith(("$ ", "> ")):
                first += 1
            if marker is None and first > i + 1:
                sys.exit(f"{file}:{i + 2}: output without a marker; put <!-- output: ... --> before it")
            if marker is not None and "example" not in (marker["part"] or ""):
                blocks.append(Block(file, first, end, marker["command"], marker["part"], False))
            marker, i = None, end
        elif lines[i].strip() and marker is not None:
            sys.exit(f"{file}:{i + 1}: a marker without a block; put ``` after the marker")
        i += 1
    return blocks


def needs_of(file):
    """What the lab has loaded in the VM, and the file system that it needs below it, if any."""
    with open(os.path.join(ROOT, os.path.dirname(file), "flow.toml"), "rb") as flow:
        read = tomllib.load(flow)
        return read.get("modules", []), read.get("disk", "")


def file_system():
    """What the programs of the documents find below their current folder."""
    found = subprocess.run(["findmnt", "-n", "-o", "FSTYPE", "-T", ROOT], stdout=subprocess.PIPE)
    return found.stdout.decode().strip()


def lab_blocks(file, lines):
    """Indented blocks that begin with the command of a lab program."""
    blocks = []
    modules, disk = needs_of(file)
    for i, line in enumerate(lines):
        found = re.match(r"^    \$ (build/labs/\S+( 2>/dev/null)?)$", line)
        if not found:
            continue
        end = i + 1
        while end < len(lines) and lines[end].startswith("    "):
            end += 1
        blocks.append(Block(file, i + 1, end, found[1], None, True))
    if not blocks:
        sys.exit(f"{file}: shows no output of its programs; add a block that begins with `$ build/labs/...`")
    for block in blocks:
        block.modules, block.together = modules, [each.command for each in blocks]
        block.disk = disk
    return blocks


def documents(folder):
    found = [os.path.join(folder, "README.md")]
    for pattern in ("docs/*.md", "labs/*/README.md"):
        found += sorted(glob.glob(os.path.join(folder, pattern)))
    return found


def check_file(path, folder, runner, options):
    """Returns how many blocks were compared, how many differ, and what was left out."""
    name = os.path.relpath(path, folder)
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
        first = None
        for attempt in range(options.attempts):
            real = excerpt(runner.output(block, attempt), block.part, block.where())
            first = first or real
            if block.same(lines, real):
                break
        else:
            differing += 1
            show_difference(block, lines, first)
            lines[block.first:block.end] = block.replaced(first)
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
    parser.add_argument("--place", choices=["host", "vm", "all"], default="all", help="only what is from there")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="the build folder")
    parser.add_argument("--docs", default=ROOT, help="where README.md, docs/ and labs/ are")
    parser.add_argument("--attempts", type=int, default=8, help="how often a command is run at most")
    parser.add_argument("files", nargs="*", help="of them, only these")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("docs-output: permission denied; run it as root")
    folder = os.path.abspath(options.docs)
    options.foreign = not options.update and captured_on(folder) != machine()
    runner = Runner(options.build)
    compared, differing, left_out = 0, 0, []
    for path in [os.path.abspath(f) for f in options.files] or documents(folder):
        some, bad, out = check_file(path, folder, runner, options)
        compared, differing, left_out = compared + some, differing + bad, left_out + out
    if options.update:
        note_machine(folder)
    print(f"{compared} outputs compared, {differing} differ" + (" and were replaced" if options.update else ""))
    if differing and not options.update:
        print("docs-output: the documents are out of date; tools/docs-output.py --update mends them")
        return 1
    if left_out:
        print(f"not compared: {len(left_out)} outputs captured on {captured_on(folder)}, this is {machine()}")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
