#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What students get: exercises/NN-name/, made from solutions/NN-name/.

    tools/exercises.py [--check | --export DIR] [--root ROOT]

Without an option, writes ROOT/exercises anew. --check exits with 1, and shows the difference, when it
is not what the solutions give. --export writes the exercises to DIR, which must not be there, without
the lines of the rubrics that are hidden.

In a file of solutions/NN-name/, what stands between

    // BEGIN SOLUTION NN
    // END SOLUTION NN

is cut out, but for its lines `// todo: TEXT`, of which there must be one: they stay as `// TODO: TEXT`.
A line `// HANDOUT NN: CODE` becomes CODE. `#` may stand in the place of `//`. The solution of an exercise
without a Makefile of its own is built with solutions/Makefile, which goes into each folder.
"""

import argparse
import difflib
import os
import re
import shutil
import sys
import tempfile

FOLDER = re.compile(r"^(\d\d)-[a-z0-9-]+$")
MARKER = re.compile(r"^\s*(?://|#)\s*(BEGIN|END) SOLUTION\b(.*)$")
TODO = re.compile(r"^(\s*(?://|#)) todo: (.*)$")
HANDOUT = re.compile(r"^(\s*)(?://|#) HANDOUT (\S*?): (.*)$")
STRAY = re.compile(r"(BEGIN|END)\s+SOLUTION|HANDOUT \d|// todo:", re.IGNORECASE)
KINDS = (".cpp", ".c", ".h", ".md", ".toml", "Makefile")  # what else lies there is not handed out
BUILT = ".skel.h"  # is of such a kind, and no source
NEEDED = ["exercise.toml", "README.md", "README.zh.md"]


class Refused(Exception):
    """thing: reason; remedy"""


def refuse(thing, reason, remedy):
    raise Refused(f"{thing}: {reason}; {remedy}")


def cut(text, number, name):
    """The text as it is handed out."""
    out, begun, todos = [], 0, 0
    for at, line in enumerate(text.splitlines(), 1):
        where = f"{name}:{at}"
        if marker := MARKER.match(line):
            kind, given = marker[1], marker[2].strip()
            if given != number:
                refuse(where, f"{kind} SOLUTION {given} in exercise {number}", f"write {number}")
            if (kind == "BEGIN") == bool(begun):
                refuse(where, f"{kind} SOLUTION without its other half",
                       f"line {begun} began one" if begun else "begin it before")
            if kind == "END" and not todos:
                refuse(where, "nothing tells the student what to do here",
                       "add a line `// todo: ...` to the solution")
            begun, todos = (at, 0) if kind == "BEGIN" else (0, 0)
        elif begun:
            if todo := TODO.match(line):
                todos += 1
                out.append(f"{todo[1]} TODO: {todo[2]}")
            elif STRAY.search(line):
                refuse(where, f"not understood inside a solution: {line.strip()}", "see --help")
        elif handout := HANDOUT.match(line):
            if handout[2] != number:
                refuse(where, f"HANDOUT {handout[2]} in exercise {number}", f"write {number}")
            out.append(handout[1] + handout[3])
        elif STRAY.search(line):
            refuse(where, f"not understood: {line.strip()}", "see --help")
        else:
            out.append(line)
    if begun:
        refuse(f"{name}:{begun}", "BEGIN SOLUTION without its END", "end it")
    return "\n".join(out) + "\n"


def without_hidden(text, name):
    """exercise.toml without its hidden lines, which the student's copy counts as hidden_points."""
    head, *parts = re.split(r"(?m)^(?=\[\[(?:line|run|hint)\]\])", text)
    hidden, kept = 0, []
    for part in parts:
        if part.startswith("[[line]]") and re.search(r"(?m)^hidden = true$", part):
            hidden += int(re.search(r"(?m)^points = (\d+)$", part)[1])
        else:
            kept.append(part)
    if not hidden:
        return text
    head, count = re.subn(r"(?m)^(points = \d+)$", rf"\1\nhidden_points = {hidden}", head)
    if count != 1:
        refuse(name, "has no line `points = N` in its head", "add it")
    return head + "".join(kept)


def is_source(name):
    return name.endswith(KINDS) and not name.endswith(BUILT)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def handed_out(root, export=False):
    """All files, by path below exercises/."""
    solutions, files = os.path.join(root, "solutions"), {}
    for folder in sorted(os.listdir(solutions)):
        source = os.path.join(solutions, folder)
        if not os.path.isdir(source):
            continue
        match = FOLDER.match(folder)
        if not match:
            refuse(source, "is no NN-name", "rename it")
        names = sorted(filter(is_source, os.listdir(source)))
        for name in NEEDED:
            if name not in names:
                refuse(source, f"has no {name}", "write it")
        blocks = 0
        for name in names:
            text = read(os.path.join(source, name))
            given = cut(text, match[1], f"solutions/{folder}/{name}")
            blocks += given != text and "SOLUTION" in text
            if export and name == "exercise.toml":
                given = without_hidden(given, f"solutions/{folder}/{name}")
            files[f"{folder}/{name}"] = given
        if not blocks:
            refuse(source, "hands out its solution: nothing is marked", "mark it, see --help")
        if "Makefile" not in names:
            files[f"{folder}/Makefile"] = read(os.path.join(solutions, "Makefile"))
    if not files:
        refuse(solutions, "has no NN-name folder", "give --root")
    return files


def committed(folder):
    """What is there, by path, but for what was built there."""
    files = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if parent != folder and is_source(name):
                files[os.path.relpath(path, folder)] = read(path)
    return files


def check(root):
    wanted, there = handed_out(root), committed(os.path.join(root, "exercises"))
    same = True
    for name in sorted(wanted.keys() | there.keys()):
        old, new = there.get(name), wanted.get(name)
        if old == new:
            continue
        same = False
        sys.stdout.writelines(difflib.unified_diff(
            (old or "").splitlines(True), (new or "").splitlines(True),
            f"exercises/{name}" if old is not None else "not there",
            f"from solutions/{name}" if new is not None else "no solution"))
    if not same:
        refuse("exercises", "not what the solutions give", "tools/exercises.py writes them anew")


def write(files, folder):
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def update(root):
    """Writes all beside the old, so that a failure leaves the old as it was."""
    files, target = handed_out(root), os.path.join(root, "exercises")
    os.makedirs(target, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root) as fresh:
        write(files, fresh)
        for folder in os.listdir(target):
            if FOLDER.match(folder):
                shutil.rmtree(os.path.join(target, folder))
        for folder in os.listdir(fresh):
            shutil.move(os.path.join(fresh, folder), target)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true")
    what.add_argument("--export", metavar="DIR")
    asked = parser.parse_args()
    try:
        if asked.check:
            check(asked.root)
        elif asked.export:
            if os.path.lexists(asked.export):
                refuse(asked.export, "is there already", "name a folder that is not")
            write(handed_out(asked.root, export=True), asked.export)
        else:
            update(asked.root)
    except (Refused, OSError, UnicodeDecodeError) as error:
        sys.exit(f"exercises.py: {error}")


if __name__ == "__main__":
    main()
