# SPDX-License-Identifier: BSD-2-Clause
"""The captured output in the documents: where it stands, and which part of what command it is.

tools/docs-output.py compares it with what the programs print; its own text says how to write it.
"""

import glob
import os
import re
import sys
import tomllib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

MARKER = re.compile(r"""^<!-- output: (?P<command>.*?)(?P<part>; (?:after|from|to|line with|example).*)? -->$""")
PART = re.compile(r"""(after|from|to|through|line with) (["'])(.*?)\2(?= |$)""")
REPLAYED = re.compile(r"^shmpath replay\b")
IN_VM = re.compile(r"shmpath .*(--place vm|--kernel)\b|shmpath vm run\b")

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
    (r',"idle":true', ""),
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
    (r"\bkeeper-[a-z2-7]{12}-", "keeper-NONCE-"),
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


def excerpt(lines, part, where):
    """The part of an output that a marker asks for; LookupError when the output has no such part."""
    bounds = {word: text for word, _, text in PART.findall(part or "")}
    if part and not bounds:
        sys.exit(f"{where}: cannot read the part `{part[2:]}`; from \"...\" to \"...\" is one")

    def find(word, start):
        for i in range(start, len(lines)):
            if bounds[word] in lines[i]:
                return i
        raise LookupError(f'{word} "{bounds[word]}": no such line' + (f" below line {start}" if start else ""))

    if "line with" in bounds:
        return [lines[find("line with", 0)]]
    first = find("after", 0) + 1 if "after" in bounds else 0
    if "from" in bounds:
        first = find("from", first)
    end = len(lines)
    for word in ("to", "through"):
        if word in bounds:
            end = find(word, first + 1) + (word == "through")
    while end > first and not lines[end - 1].strip():
        end -= 1
    return lines[first:end]


class Block:
    """One captured output: lines[first:end] of its file."""

    def __init__(self, file, first, end, command, part, indented=False):
        self.file, self.first, self.end = file, first, end
        self.command, self.part = command, part
        self.indented, self.replayed = indented, bool(REPLAYED.search(command))
        self.exact = self.indented or self.replayed
        self.modules, self.together = [], []  # of a lab in the VM: its modules, and all its commands
        self.disk = ""  # the file system that it must be run on

    def place(self):
        if self.replayed:
            return "replay"
        return "vm" if self.modules or IN_VM.search(self.command) else "host"

    def where(self):
        return f"{self.file}:{self.first + 1}"

    def shown(self, lines):
        body = lines[self.first:self.end]
        return [line[4:] for line in body] if self.indented else body

    def same(self, lines, real):
        shown = self.shown(lines)
        return shown == real if self.exact else normalise(shown) == normalise(real)

    def replaced(self, real):
        return [("    " + line) if self.indented and line else line for line in real]


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
                blocks.append(Block(file, first, end, marker["command"], marker["part"]))
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
        blocks.append(Block(file, i + 1, end, found[1], None, indented=True))
    if not blocks:
        sys.exit(f"{file}: shows no output of its programs; add a block that begins with `$ build/labs/...`")
    for block in blocks:
        block.modules, block.together = modules, [each.command for each in blocks]
        block.disk = disk
    return blocks


def documents(folder):
    found = [os.path.join(folder, "README.md")]
    for pattern in ("docs/*.md", "docs/walkthroughs/*.md", "labs/*/README.md"):
        found += sorted(glob.glob(os.path.join(folder, pattern)))
    return found


def markers(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if MARKER.match(line.rstrip("\n"))]


def missing_walkthroughs(folder):
    """What is in one language only, or in an index and not there, or there and in no index."""
    walkthroughs = os.path.join(folder, "docs/walkthroughs")
    found = {os.path.basename(path) for path in glob.glob(os.path.join(walkthroughs, "[0-9][0-9]-*.md"))}
    missing = []
    names = {name.removesuffix(".md").removesuffix(".zh") for name in found}
    for language in (".md", ".zh.md"):
        index = os.path.join(walkthroughs, "README" + language)
        listed = set()
        if os.path.exists(index):
            with open(index, encoding="utf-8") as file:
                listed = set(re.findall(r"\((\d\d-[^)/]*\.md)\)", file.read()))
        wanted = {name + language for name in names}
        missing += [f"docs/walkthroughs/{name}: not there; write it, or translate it"
                    for name in sorted((wanted | listed) - found)]
        missing += [f"docs/walkthroughs/README{language}: does not name {name}; add it"
                    for name in sorted(wanted - listed)]
    return list(dict.fromkeys(missing))


def check_translation(path):
    """A walkthrough in Chinese shows what the one in English shows."""
    english = path.removesuffix(".zh.md") + ".md"
    if path.endswith(".zh.md") and os.path.exists(english):
        theirs, ours = markers(english), markers(path)
        for number in range(max(len(theirs), len(ours))):
            pair = [each[number] if number < len(each) else "(none)" for each in (theirs, ours)]
            if pair[0] != pair[1]:
                sys.exit(f"{path}: marker {number + 1} is {pair[1]}; make it that of "
                         f"{os.path.basename(english)}: {pair[0]}")
