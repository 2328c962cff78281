#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Is the rubric of an exercise right?

    tests/exercises/check.py --build BUILD [--place host|vm] [--view VIEW] [--kernel VERSION] NN...

Builds and runs the solution, the hand-out, and each wrong submission of tests/exercises/NN/wrong.toml, which
is the solution with a change. The solution must get all points, the hand-out less than a fifth, and a wrong submission
must lose the lines that it names and no other. Each line of the rubric must be lost alone by one of them.
For the VM all are built here, run there in one boot, by trace_all.sh, and graded here.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib

from runs import chosen_word, clean_up, facts_of, part_of_trace, run_script, traced_processes

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MOST_OF_HANDOUT = 0.2
MOST_ATTEMPTS = 3
VM_SECONDS = 900


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


def digest_of(folder):
    """Of the sources and of the compilers that make programs of them."""
    parts = hashlib.sha256()
    for tool in ("g++", "clang"):
        path = shutil.which(tool)
        parts.update(f"{tool} {path and os.stat(path).st_mtime_ns}\n".encode())
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            parts.update(name.encode() + b"\0" + hashlib.sha256(file.read()).digest())
    return parts.hexdigest()


class Submission:
    """One of an exercise: built in `folder`. `lost` is None for a hand-out: almost all."""

    def __init__(self, what, folder, lost):
        self.what, self.folder, self.lost = what, folder, lost
        self.nonce, self.payload = chosen_word(12), chosen_word(24)

    def file(self, name):
        return os.path.join(self.folder, name)


class Checker:
    def __init__(self, asked, number, temporary):
        self.build, self.place, self.number = os.path.realpath(asked.build), asked.place, number
        self.temporary = os.path.join(temporary, number)
        self.solution = one_folder(os.path.join(ROOT, "solutions"), self.number)
        self.handout = one_folder(os.path.join(ROOT, "exercises"), self.number)
        self.rubric = os.path.join(self.solution, "exercise.toml")
        with open(self.rubric, "rb") as file:
            self.exercise = tomllib.load(file)
        self.only, self.errors, self.submissions = asked.view, [], []

    def needs(self, what):
        return what in self.exercise.get("needs", [])

    def views(self):
        views = [view for view in ("tracepoints", "syscalls") if view in self.exercise["views"]]
        if self.only:
            views = [view for view in views if view == self.only]
        if os.geteuid() != 0:
            views = [view for view in views if view == "syscalls"]
        if not views and self.only:
            stop(f"exercise {self.number}", f"is not for the view {self.only}", "leave out --view")
        if not views or (self.needs("root") and os.geteuid() != 0):
            skip(f"exercise {self.number}", "needs root")
        if self.needs("vm"):
            skip(f"exercise {self.number}", "needs the VM")
        return views

    def compile(self, folder, quietly):
        """What was built once is kept in BUILD: the host's check and the VM's need the same."""
        if not os.path.exists(os.path.join(folder, "Makefile")):
            shutil.copy(os.path.join(ROOT, "solutions", "Makefile"), folder)
        kept = os.path.join(self.build, "exercises-built", digest_of(folder))
        if os.path.isdir(kept):
            shutil.copytree(kept, folder, dirs_exist_ok=True)
            return True
        made = subprocess.run(["make", "-s", "-C", folder], capture_output=True, text=True)
        if made.returncode or (quietly and made.stderr):
            self.errors.append(f"{folder} does not build{' without a word' if quietly else ''}:\n{made.stderr}")
        elif os.access(self.build, os.W_OK):
            with tempfile.TemporaryDirectory(dir=self.build) as beside:
                shutil.copytree(folder, os.path.join(beside, "built"))
                os.makedirs(os.path.dirname(kept), exist_ok=True)
                os.rename(os.path.join(beside, "built"), kept)
        return made.returncode == 0

    def prepare(self):
        """Builds all submissions, and writes how each is run."""
        os.mkdir(self.temporary)
        if self.needs("bpf"):
            open(os.path.join(self.temporary, "needs-bpf"), "w", encoding="utf-8").close()
        asked = [("solution", self.solution, None, []), ("hand-out", self.handout, None, None)]
        for number, wrong in enumerate(self.wrong_submissions()):
            asked.append((f"wrong {number}: {wrong['why']}", self.solution, wrong, wrong["loses"]))
        for number, (what, source, wrong, lost) in enumerate(asked):
            one = Submission(what, os.path.join(self.temporary, f"{number:02}"), lost)
            shutil.copytree(source, one.folder)
            os.chmod(one.folder, 0o777)  # who runs it may be another
            if wrong:
                self.change(wrong, one.folder)
            if self.compile(one.folder, quietly=not wrong):
                with open(one.file("run.sh"), "w", encoding="utf-8") as file:
                    file.write(run_script(self.exercise, one.folder, one.nonce, one.payload))
                self.submissions.append(one)

    def trace_here(self, one, view):
        traced = subprocess.run([os.path.join(self.build, "bin/shmpath"), "trace", "--place", "host", "--view",
                                 view, "--format", "jsonl", "-o", one.file("trace.jsonl"), "--", "sh",
                                 one.file("run.sh")], capture_output=True, text=True, timeout=200)
        if traced.returncode:
            stop("shmpath trace", f"exit status {traced.returncode}: {traced.stderr[-2000:]}", "look there")

    def grade(self, one):
        """The score of what was run there."""
        facts = facts_of(one.folder, one.nonce, traced_processes(one.file("trace.jsonl")))
        if self.place != "vm":
            clean_up(facts)
        with open(one.file("facts.json"), "w", encoding="utf-8") as file:
            json.dump(facts, file)
        graded = subprocess.run([os.path.join(self.build, "tests/grade_trace"), self.rubric,
                                 one.file("trace.jsonl"), one.file("facts.json"), one.nonce, one.payload,
                                 os.path.join(ROOT, "labs")], capture_output=True, text=True)
        if graded.returncode:
            stop("grade_trace", graded.stderr, "look there")
        return json.loads(graded.stdout)

    def complete_grade(self, one, view):
        """A busy machine may miss a return; such a trace gives no score, and is made again."""
        for _ in range(MOST_ATTEMPTS):
            self.trace_here(one, view)
            score = self.grade(one)
            if not score["reason"].startswith("the trace is incomplete"):
                break
            print(f"{self.number} {self.place} {view}: {score['reason']}")
        return score

    def expect(self, one, view, score):
        what, lost = one.what, one.lost
        if score["reason"]:
            return self.errors.append(f"{self.number} {what} ({view}): no score: {score['reason']}")
        missed = {line["id"]: line for line in score["lines"] if not line["met"]}
        print(f"{self.number} {self.place} {view}: {what}: {score['points']} of {score['of']}"
              + (f", lost {', '.join(missed)}" if missed else ""))
        if lost is None:
            if score["points"] >= MOST_OF_HANDOUT * score["of"]:
                self.errors.append(f"{self.number} {what} ({view}): {score['points']} of {score['of']} points")
        elif set(missed) != set(lost):
            self.errors.append(f"{self.number} {what} ({view}): lost {sorted(missed)}, not {sorted(lost)}\n"
                               + json.dumps(list(missed.values()), indent=1, ensure_ascii=False))
        for line in missed.values():
            if not line["expected"] or not line["seen"]:
                self.errors.append(
                    f"{self.number} {what} ({view}): {line['id']} does not say what it expected and saw")

    def wrong_submissions(self):
        with open(os.path.join(ROOT, "tests/exercises", self.number, "wrong.toml"), "rb") as file:
            wrongs = tomllib.load(file)["wrong"]
        alone = {wrong["loses"][0] for wrong in wrongs if len(wrong["loses"]) == 1}
        for line in self.exercise["line"]:
            if line["id"] not in alone:
                self.errors.append(f"{self.number}: no wrong submission loses only {line['id']}")
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

    def check_here(self):
        for one in self.submissions:
            for view in self.views():
                self.expect(one, view, self.complete_grade(one, view))

    def check_traced(self):
        for one in self.submissions:
            with open(one.file("shell"), encoding="utf-8") as file:
                shell = int(file.read())
            with open(one.file("trace.jsonl"), "w", encoding="utf-8") as file:
                file.write(part_of_trace(os.path.join(self.temporary, "trace.jsonl"), shell))
            self.expect(one, "functions", self.grade(one))


def trace_in_vm(asked, temporary):
    """One boot: what is written there comes back as an archive."""
    script = os.path.join(ROOT, "tests/exercises/trace_all.sh")
    booted = subprocess.run(
        [os.path.join(os.path.realpath(asked.build), "bin/shmpath"), "vm", "run", "--kernel", asked.kernel,
         "--timeout", str(VM_SECONDS), "--", script, os.path.realpath(asked.build), temporary],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if booted.returncode:
        stop("shmpath vm run", f"exit status {booted.returncode}", "look above")
    subprocess.run(["tar", "-C", temporary, "-xf", "-"], input=booted.stdout, check=True)


def check(asked, temporary):
    checkers = [Checker(asked, number, temporary) for number in asked.exercise]
    if asked.place == "host":
        for one in checkers:
            one.views()  # or it is skipped
    for one in checkers:
        one.prepare()
    if asked.place == "vm":
        trace_in_vm(asked, temporary)
    for one in checkers:
        if asked.place == "vm":
            one.check_traced()
        else:
            one.check_here()
    errors = [error for one in checkers for error in one.errors]
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--place", choices=["host", "vm"], default="host")
    parser.add_argument("--view", choices=["tracepoints", "syscalls"], help="on the host, this one only")
    parser.add_argument("--kernel", default="6.12", help="in the VM")
    parser.add_argument("exercise", metavar="NN", nargs="+")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # or its folder stays
    with tempfile.TemporaryDirectory(prefix="shmpath-exercise-") as temporary:
        os.chmod(temporary, 0o755)
        sys.exit(check(asked, temporary))


if __name__ == "__main__":
    main()
