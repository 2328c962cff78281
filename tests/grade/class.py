#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A class to try the grader on.

    tests/grade/class.py make FOLDER [--count 60] [--exercises 01,03,...]
    tests/grade/class.py check FOLDER RESULTS.json
    tests/grade/class.py same RESULTS.json RESULTS.json...

`make` writes FOLDER/<student>/<NN-name>/: solutions, hand-outs, the wrong submissions of
tests/exercises/NN/wrong.toml, and some that would harm who grades them, in turn. `check` holds a report
(shmpath grade --report json) against what each deserves; `same` compares the scores of reports, line by line.
"""

import argparse
import json
import os
import shutil
import sys
import tomllib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

EXPECTED = ".expected.json"
MOST_OF_HANDOUT = 0.2
HOSTILE = {
    "does-not-compile": "#error ::error::not today\n",
    "loops": "int main() { for (volatile int i = 0;; i = i + 1) {} }\n",
    "forks": "#include <unistd.h>\nint main() { for (;;) fork(); }\n",
    "eats-memory": "#include <cstring>\n#include <cstdlib>\n"
                   "int main() { for (;;) if (void* p = std::malloc(1 << 24)) std::memset(p, 1, 1 << 24); }\n",
    "kills-its-parent": "#include <csignal>\n#include <unistd.h>\n"
                        "int main() { kill(getppid(), SIGKILL); kill(-1, SIGKILL); }\n",
    "prints-a-gigabyte": "#include <cstdio>\nint main() { for (int i = 0; i < 20000000; i++) "
                         "std::puts(\"\\x1b[31m10/10 all points for everybody, says the rubric\"); }\n",
}


def stop(thing, reason, remedy):
    sys.exit(f"{thing}: {reason}; {remedy}")


def folder_of(parent, number):
    found = [name for name in os.listdir(os.path.join(ROOT, parent)) if name.startswith(number + "-")]
    if len(found) != 1:
        stop(parent, f"has no folder {number}-NAME", "name another exercise")
    return os.path.join(ROOT, parent, found[0])


def sources(folder):
    """What a student has: the programs, without the markers of a solution."""
    files = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith((".cpp", ".c", ".h")):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                files[name] = file.read()
    return files


def read_toml(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def wrongs(number):
    solution = sources(folder_of("solutions", number))
    for wrong in read_toml(os.path.join(ROOT, "tests", "exercises", number, "wrong.toml"))["wrong"]:
        files = dict(solution)
        for change in wrong["replace"]:
            name, old, new = change if len(change) == 3 else [wrong["file"], *change]
            if files[name].count(old) != 1:
                stop(f"{number}/wrong.toml", f"{name} does not have once: {old}", "mend it")
            files[name] = files[name].replace(old, new)
        yield files, wrong["loses"]


def kinds_of(number):
    """(name, files, what it deserves), the most telling first."""
    exercise = read_toml(os.path.join(folder_of("exercises", number), "exercise.toml"))
    main = exercise["programs"][0] + ".cpp"
    yield "solution", sources(folder_of("solutions", number)), {"lost": []}
    for at, (files, lost) in enumerate(wrongs(number)):
        yield f"wrong-{at}", files, {"lost": sorted(lost)}
        if at == 0:
            yield "handout", sources(folder_of("exercises", number)), {"below": MOST_OF_HANDOUT}
            for name, text in HOSTILE.items():
                yield name, {**sources(folder_of("solutions", number)), main: text}, {"below": 0.5}
            yield "empty", {}, {"points": 0}


def make(folder, count, numbers):
    """The exercises in turn, so that a small class has some of each."""
    if os.path.exists(folder):
        stop(folder, "it is there", "name a folder that is not")
    turns = [kinds_of(number) for number in numbers]
    expected, at = {}, 0
    while len(expected) < count:
        if not any(turns):
            stop("the class", f"there are but {len(expected)} submissions", "ask for less")
        turn = at % len(turns)
        at += 1
        kind = next(turns[turn], None) if turns[turn] else None
        if kind is None:
            turns[turn] = None
            continue
        name, files, deserved = kind
        exercise = os.path.basename(folder_of("exercises", numbers[turn]))
        student = f"{name}-{at:03d}"
        where = os.path.join(folder, student, exercise)
        os.makedirs(where)
        for file_name, text in files.items():
            with open(os.path.join(where, file_name), "w", encoding="utf-8") as file:
                file.write(text)
        expected[f"{student} {exercise}"] = deserved
    with open(os.path.join(folder, EXPECTED), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1)
    print(f"{folder}: {len(expected)} submissions")


def scores(path):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    found = {}
    for one in report["submissions"]:
        key = f'{one["student"]} {one["exercise"]}'
        if key in found:
            stop(path, f"{key} is there twice", "see shmpath grade")
        found[key] = {"status": one["status"], "points": one["points"], "of": one["of"],
                      "lines": {line["id"]: line["points"] for line in one["lines"]}}
    return found


def differences(expected, found):
    """What is not as it should be, a sentence each."""
    for key in sorted(set(expected) | set(found)):
        if key not in found or key not in expected:
            yield f"{key}: only {'expected' if key in expected else 'found'}"
            continue
        deserved, one = expected[key], found[key]
        lost = sorted(name for name, points in one["lines"].items() if not points)
        if one["status"] != "graded":
            yield f"{key}: it is {one['status']}"
        elif "lost" in deserved and lost != deserved["lost"]:
            yield f"{key}: it lost {lost}, and was to lose {deserved['lost']}"
        elif "below" in deserved and one["points"] >= deserved["below"] * one["of"]:
            yield f"{key}: it has {one['points']} of {one['of']} points, and deserves less"
        elif "points" in deserved and one["points"] != deserved["points"]:
            yield f"{key}: it has {one['points']} points, and deserves {deserved['points']}"


def check(folder, path):
    with open(os.path.join(folder, EXPECTED), encoding="utf-8") as file:
        expected = json.load(file)
    wrong = list(differences(expected, scores(path)))
    print("\n".join(wrong) or f"each of {len(expected)} has what it deserves")
    return 1 if wrong else 0


def same(paths):
    first, bad = scores(paths[0]), 0
    for path in paths[1:]:
        other = scores(path)
        for key in sorted(set(first) | set(other)):
            if first.get(key) != other.get(key):
                print(f"{key}: {first.get(key)} in {paths[0]}, {other.get(key)} in {path}")
                bad = 1
    if not bad:
        print(f"the same scores of {len(first)} submissions in {len(paths)} reports")
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("folder")
    making.add_argument("--count", type=int, default=60)
    making.add_argument("--exercises", default="01,02,03,04,06,07")
    checking = commands.add_parser("check")
    checking.add_argument("folder")
    checking.add_argument("results")
    comparing = commands.add_parser("same")
    comparing.add_argument("results", nargs="+")
    asked = parser.parse_args()
    if asked.command == "make":
        return make(asked.folder, asked.count, asked.exercises.split(","))
    return check(asked.folder, asked.results) if asked.command == "check" else same(asked.results)


if __name__ == "__main__":
    sys.exit(main())
