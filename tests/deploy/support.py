# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of deploy/ share: a class of submissions, and how a test begins."""

import argparse
import csv
import os
import shutil
import sys
import tomllib
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EXERCISE = "03-sysv-lifetime"
SOURCE = "lifetime.cpp"


def skip(what, reason):
    """As the other tests do: ./test prints the reasons of all that were skipped."""
    print(f"shmpath test skipped: {reason}")
    if log := os.environ.get("SHMPATH_SKIP_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            print(f"{what}: {reason}", file=file)
    sys.exit(77)


def cache_folder():
    if folder := os.environ.get("SHMPATH_CACHE"):
        return folder
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "shmpath")


def has_kernel():
    folder = os.path.join(cache_folder(), "kernels")
    return os.path.isdir(folder) and any(name.startswith("6.12.") for name in os.listdir(folder))


def copy_kernel(folder):
    """A cache folder with kernel 6.12, which another user can read."""
    kernels = os.path.join(cache_folder(), "kernels")
    newest = sorted(name for name in os.listdir(kernels) if name.startswith("6.12."))[-1]
    shutil.copytree(os.path.join(kernels, newest), os.path.join(folder, "kernels", newest))


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def rubric():
    """The points of each line, and those of a submission of each kind; None: it gets no grade."""
    exercise = tomllib.loads(read(ROOT, "exercises", EXERCISE, "exercise.toml"))
    lines = {line["id"]: line["points"] for line in exercise["line"]}
    return lines, {"right": exercise["points"], "wrong": exercise["points"] - lines["created"], "broken": None}


def submission(kind):
    """The solution; one that loses the line `created` and no other; one that does not compile."""
    solution = read(ROOT, "solutions", EXERCISE, SOURCE)
    if kind == "broken":
        return solution + "\n}\n"
    if kind == "handout":
        return read(ROOT, "exercises", EXERCISE, SOURCE)
    if kind == "wrong":
        size = "shmget(IPC_PRIVATE, 8192"
        assert solution.count(size) == 1
        return solution.replace(size, "shmget(IPC_PRIVATE, 4096")
    return solution


def make_class(folder, kinds):
    """A class with one student of each kind, who is called so."""
    for kind in kinds:
        write(os.path.join(folder, kind, EXERCISE, SOURCE), submission(kind))


def scores_of(report):
    """By student, of a csv report."""
    with open(report, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["student"]: row for row in rows}


def stand_in(folder, script):
    """A folder with a program called shmpath."""
    write(os.path.join(folder, "shmpath"), "#!/bin/sh\n" + script, 0o755)
    return folder


def begin(document, packages=(), programs=(), root=True, kernel=False):
    """Says what was asked for: the build folder, and whether shmpath itself is to grade."""
    parser = argparse.ArgumentParser(description=document)
    parser.add_argument("build", type=os.path.realpath)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--stand-in", action="store_true")
    which.add_argument("--graded", action="store_true")
    asked, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    what = document.split(":")[0].split()[0] + (" --graded" if asked.graded else "")
    if root and os.geteuid():
        skip(what, "needs root, to become other users and for file systems of its own")
    for program in programs:
        if not shutil.which(program):
            skip(what, f"needs {program}")
    for package in packages:
        try:
            __import__(package)
        except ImportError:
            skip(what, f"needs python3-{package}")
    if (kernel or asked.graded) and not has_kernel():
        skip(what, "needs kernel 6.12; type shmpath vm fetch 6.12")
    return asked, what


def run(asked):
    """The tests of the module: those marked `graded`, or the others."""
    module = sys.modules["__main__"]
    suite = unittest.TestSuite()
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, unittest.TestCase):
            if getattr(value, "graded", False) == asked.graded:
                suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(value))
    if not suite.countTestCases():
        sys.exit("there is no such test")
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    return 0 if result.wasSuccessful() else 1
