#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Is the rubric of an exercise right?

    tests/exercises/check.py --build BUILD [--place host|vm] [--view VIEW] NN

Builds and runs the solution, the hand-out, and each wrong submission of tests/exercises/NN/wrong.toml, which
is the solution with a change. The solution must get all points, the hand-out less than a fifth, and a wrong submission
must lose the lines that it names and no other. Each line of the rubric must be lost alone by one of them.
In the VM, the wrong submissions are run only of an exercise that needs it.
"""

import argparse
import base64
import contextlib
import json
import os
import random
import re
import shlex
import shutil
import string
import subprocess
import sys
import tempfile
import tomllib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MOST_OF_HANDOUT = 0.2
MOST_ATTEMPTS = 3


def stop(thing, reason, remedy):
    sys.exit(f"{thing}: {reason}; {remedy}")


def skip(what, reason):
    print(f"shmpath test skipped: {what}: {reason}", file=sys.stderr)
    if log := os.environ.get("SHMPATH_SKIP_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{what}: {reason}\n")
    sys.exit(77)


def one_folder(parent, number):
    found = [name for name in os.listdir(parent) if name.startswith(number + "-")]
    if len(found) != 1:
        stop(parent, f"has no folder {number}-NAME", "name another exercise")
    return os.path.join(parent, found[0])


def chosen_word(length):
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=length))


def filled(text, nonce, payload):
    return text.replace("{nonce}", nonce).replace("{payload}", payload)


# With a segment's number stands the process that made it.
FOUND = """files() { for f in /dev/shm/*; do [ -e "$f" ] && echo "file $f"; done
  while read -r key id perms size cpid rest; do [ "$id" = shmid ] || echo "segment $id $cpid"; done </proc/sysvipc/shm; }
"""


def run_script(exercise, folder, nonce, payload):
    """The shell forks each run itself, in order; what it prints are the facts."""
    lines = [FOUND, f"cd {shlex.quote(folder)}", "files >before"]
    waiting = []
    for run in exercise["run"]:
        name = run.get("name", run["program"])
        words = ["./" + run["program"], *(filled(arg, nonce, payload) for arg in run.get("args", []))]
        lines.append(f"{shlex.join(words)} >out.{name} 2>err.{name} </dev/null &")
        waiting.append(f"p{len(lines)}")
        lines.append(f"{waiting[-1]}=$!")
        if not run.get("beside"):
            lines += [f"wait ${word}" for word in waiting]
            waiting = []
    lines.append("files >after")
    for name in ["before", "after"] + ["out." + run.get("name", run["program"]) for run in exercise["run"]]:
        lines.append(f'echo "{name} $(base64 -w0 {name})"')
    return "\n".join(lines) + "\n"


def is_of_the_runs(kind, name, nonce, pids):
    """Others make shared memory too meanwhile; theirs is none of our business."""
    return nonce in name if kind == "file" else name.split()[1] in pids


def facts_of(printed, nonce, pids):
    found = {}
    for line in printed.splitlines():
        name, _, text = line.partition(" ")
        found[name] = base64.b64decode(text).decode(errors="replace")
    new = [line for line in found["after"].splitlines() if line not in found["before"].splitlines()]
    return {"output": {name[4:]: text for name, text in found.items() if name.startswith("out.")},
            "left": [{"kind": kind, "name": name.split()[0] if kind == "segment" else name}
                     for kind, name in (line.split(" ", 1) for line in new)
                     if is_of_the_runs(kind, name, nonce, pids)]}


def traced_processes(trace):
    with open(trace, encoding="utf-8") as file:
        return set(re.findall(r'"pid":(\d+)', file.read()))


def clean_up(facts):
    for one in facts["left"]:
        with contextlib.suppress(OSError):
            if one["kind"] == "file":
                os.unlink(one["name"])
            if one["kind"] == "segment":
                subprocess.run(["ipcrm", "-m", one["name"]], check=False, capture_output=True)


class Checker:
    def __init__(self, asked):
        self.build, self.place, self.number = os.path.realpath(asked.build), asked.place, asked.exercise
        self.solution = one_folder(os.path.join(ROOT, "solutions"), self.number)
        self.handout = one_folder(os.path.join(ROOT, "exercises"), self.number)
        self.rubric = os.path.join(self.solution, "exercise.toml")
        with open(self.rubric, "rb") as file:
            self.exercise = tomllib.load(file)
        self.only, self.errors = asked.view, []

    def views(self):
        if self.place == "vm":
            return ["functions"]
        views = [view for view in ("tracepoints", "syscalls") if view in self.exercise["views"]]
        if self.only:
            views = [view for view in views if view == self.only]
        if os.geteuid() != 0:
            views = [view for view in views if view == "syscalls"]
        if not views and self.only:
            stop(f"exercise {self.number}", f"is not for the view {self.only}", "leave out --view")
        if not views or ("root" in self.exercise.get("needs", []) and os.geteuid() != 0):
            skip(f"exercise {self.number}", "needs root")
        if "vm" in self.exercise.get("needs", []):
            skip(f"exercise {self.number}", "needs the VM")
        return views

    def compile(self, source, folder, quietly):
        shutil.copytree(source, folder)
        if not os.path.exists(os.path.join(folder, "Makefile")):
            shutil.copy(os.path.join(ROOT, "solutions", "Makefile"), folder)
        made = subprocess.run(["make", "-s", "-C", folder], capture_output=True, text=True)
        if made.returncode or (quietly and made.stderr):
            self.errors.append(f"{folder} does not build{' without a word' if quietly else ''}:\n{made.stderr}")
        return made.returncode == 0

    def grade(self, folder, view):
        """The score of what was built there, and the trace's lines if it has none."""
        nonce, payload = chosen_word(12), chosen_word(24)
        script, trace = os.path.join(folder, "run.sh"), os.path.join(folder, "trace.jsonl")
        with open(script, "w", encoding="utf-8") as file:
            file.write(run_script(self.exercise, folder, nonce, payload))
        where = ["--place", "vm"] if self.place == "vm" else ["--place", "host", "--view", view]
        traced = subprocess.run([os.path.join(self.build, "bin/shmpath"), "trace", *where, "--format", "jsonl",
                                 "-o", trace, "--", "sh", script], capture_output=True, text=True, timeout=200)
        if traced.returncode:
            stop("shmpath trace", f"exit status {traced.returncode}: {traced.stderr[-2000:]}", "look there")
        facts = facts_of(traced.stdout, nonce, traced_processes(trace))
        if self.place != "vm":
            clean_up(facts)
        with open(os.path.join(folder, "facts.json"), "w", encoding="utf-8") as file:
            json.dump(facts, file)
        graded = subprocess.run([os.path.join(self.build, "tests/grade_trace"), self.rubric, trace,
                                 os.path.join(folder, "facts.json"), nonce, payload,
                                 os.path.join(ROOT, "labs")], capture_output=True, text=True)
        if graded.returncode:
            stop("grade_trace", graded.stderr, "look there")
        return json.loads(graded.stdout)

    def complete_grade(self, folder, view):
        """A busy machine may miss a return; such a trace gives no score, and is made again."""
        for _ in range(MOST_ATTEMPTS):
            score = self.grade(folder, view)
            if not score["reason"].startswith("the trace is incomplete"):
                break
            print(f"{self.number} {self.place} {view}: {score['reason']}")
        return score

    def expect(self, what, view, score, lost):
        """`lost` is None for a hand-out: almost all."""
        if score["reason"]:
            return self.errors.append(f"{what} ({view}): no score: {score['reason']}")
        missed = {line["id"]: line for line in score["lines"] if not line["met"]}
        print(f"{self.number} {self.place} {view}: {what}: {score['points']} of {score['of']}"
              + (f", lost {', '.join(missed)}" if missed else ""))
        if lost is None:
            if score["points"] >= MOST_OF_HANDOUT * score["of"]:
                self.errors.append(f"{what} ({view}): {score['points']} of {score['of']} points")
        elif set(missed) != set(lost):
            self.errors.append(f"{what} ({view}): lost {sorted(missed)}, not {sorted(lost)}\n"
                               + json.dumps(list(missed.values()), indent=1, ensure_ascii=False))
        for line in missed.values():
            if not line["expected"] or not line["seen"]:
                self.errors.append(f"{what} ({view}): {line['id']} does not say what it expected and saw")

    def wrong_submissions(self):
        with open(os.path.join(ROOT, "tests/exercises", self.number, "wrong.toml"), "rb") as file:
            wrongs = tomllib.load(file)["wrong"]
        alone = {wrong["loses"][0] for wrong in wrongs if len(wrong["loses"]) == 1}
        for line in self.exercise["line"]:
            if line["id"] not in alone:
                self.errors.append(f"no wrong submission loses only {line['id']}")
        return wrongs

    def change(self, wrong, folder):
        for *other, old, new in wrong["replace"]:
            source = os.path.join(folder, other[0] if other else wrong["file"])
            with open(source, encoding="utf-8") as file:
                text = file.read()
            if text.count(old) != 1:
                stop("wrong.toml", f"{old!r} is {text.count(old)} times in {source}", "correct it")
            with open(source, "w", encoding="utf-8") as file:
                file.write(text.replace(old, new))

    def run(self):
        views = self.views()
        with tempfile.TemporaryDirectory(prefix="shmpath-exercise-") as temporary:
            os.chmod(temporary, 0o755)
            submissions = [("solution", self.solution, None, []), ("hand-out", self.handout, None, None)]
            for number, wrong in enumerate(self.wrong_submissions()):
                submissions.append((f"wrong {number}: {wrong['why']}", self.solution, wrong, wrong["loses"]))
            for number, (what, source, wrong, lost) in enumerate(submissions):
                if wrong and self.place == "vm" and "vm" not in self.exercise.get("needs", []):
                    break
                changed, folder = os.path.join(temporary, f"s{number}"), os.path.join(temporary, f"b{number}")
                shutil.copytree(source, changed)
                if wrong:
                    self.change(wrong, changed)
                if self.compile(changed, folder, quietly=not wrong):
                    for view in views:
                        self.expect(what, view, self.complete_grade(folder, view), lost)
        for error in self.errors:
            print(error, file=sys.stderr)
        return 1 if self.errors else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--place", choices=["host", "vm"], default="host")
    parser.add_argument("--view", choices=["tracepoints", "syscalls"], help="on the host, this one only")
    parser.add_argument("exercise", metavar="NN")
    sys.exit(Checker(parser.parse_args()).run())


if __name__ == "__main__":
    main()
