#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A class of hostile submissions, graded among honest ones.

    tests/hostile/hostile.py BUILD [--kernel VERSION] [--each | CASE...]

Without an option, the short suite: each attack once, several in one submission where they do not end it. The honest
submissions, before, beside and after the hostile ones, must get all points, and each hostile one what cases.py says.
The host must be as before. It runs in namespaces of its own, so that what is there afterwards is its own: as root.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import cases

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
IN_NAMESPACES = "SHMPATH_HOSTILE_IN_NAMESPACES"
SECONDS = 1
HONEST = ("a-honest", "m-honest", "z-honest")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def skip(reason):
    print(f"shmpath test skipped: hostile submissions: {reason}", file=sys.stderr)
    if log := os.environ.get("SHMPATH_SKIP_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"hostile submissions: {reason}\n")
    sys.exit(77)


def enter_namespaces():
    if os.environ.get(IN_NAMESPACES):
        subprocess.run(["mount", "-t", "tmpfs", "none", "/dev/shm"], check=True)
        return
    if os.geteuid() != 0:
        skip("needs root")
    os.environ[IN_NAMESPACES] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc",
                          sys.executable, *sys.argv])


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def solution(of):
    return {name: read("solutions", of.folder, name) for name in (of.program, *of.beside)}


def copy_exercise(of, folder):
    """With less time where it says nothing of that: those that hang are to hang shortly."""
    shutil.copytree(os.path.join(ROOT, "exercises", of.folder), os.path.join(folder, of.folder))
    path = os.path.join(folder, of.folder, "exercise.toml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if "\nseconds = " not in text:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("\npoints = 10\n", f"\npoints = 10\nseconds = {SECONDS}\n", 1))


def hand_in(folder, sources):
    os.makedirs(folder)
    for name, text in sources.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def hostile_sources(case, host_paths):
    sources = solution(case.of)
    sources[case.of.program] = cases.changed(sources[case.of.program], case, host_paths)
    sources[case.of.attacks] = read("tests/hostile", case.of.attacks)
    for old, new in zip(case.beside[::2], case.beside[1::2]):
        sources[case.of.beside[0]] = sources[case.of.beside[0]].replace(old, new, 1)
    return sources


def honest(chosen):
    """Of the first exercise all of them, before, beside and after; of the other one."""
    asked = {case.exercise for case in chosen}
    return [(student, number) for number in sorted(asked)
            for student in (HONEST if number == min(asked) else HONEST[:1])]


def make_class(folder, chosen, host_paths):
    for student, number in honest(chosen):
        of = cases.EXERCISES[number]
        hand_in(os.path.join(folder, student, of.folder), solution(of))
    for case in chosen:
        sources = hostile_sources(case, host_paths) if case.sources is None else case.sources
        student = os.path.join(folder, case.name, case.of.folder)
        hand_in(student, sources)
        if case.folder:
            case.folder(student)
    os.symlink("a-honest", os.path.join(folder, "link"))


def digest_of_file(path, info):
    if not stat.S_ISREG(info.st_mode) or info.st_size > 1 << 24:
        return os.readlink(path) if stat.S_ISLNK(info.st_mode) else ""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def contents_of(folder):
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in folders + files + ["."]:
            path = os.path.join(parent, name)
            info = os.lstat(path)
            found[path] = (info.st_mode, info.st_uid, info.st_size, info.st_mtime_ns, info.st_blocks,
                           digest_of_file(path, info))
    return found


def processes():
    return {pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid()}


def state_of_host(scene):
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounts = file.read()
    tables = []
    for name in ("shm", "sem", "msg"):
        with open(f"/proc/sysvipc/{name}", encoding="utf-8") as file:
            tables.append(file.read())
    return {"the class's folder": contents_of(os.path.join(scene, "class")),
            "the exercises": contents_of(os.path.join(scene, "exercises")),
            "temporary files": os.listdir(os.path.join(scene, "tmp")),
            "/dev/shm": os.listdir("/dev/shm"),
            "System V objects": tables,
            "mounts": mounts,
            "processes": processes()}


def strings_in(value):
    if isinstance(value, str):
        yield value
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for one in value:
            yield from strings_in(one)


class Verdicts:
    def __init__(self, report):
        self.errors = []
        self.by_student = {(one["student"], one["exercise"]): one for one in report["submissions"]}
        for text in strings_in(report):
            if CONTROL.search(text):
                self.errors.append(f"the report has a control character: {text!r}")

    def expect(self, student, exercise, lost, reason, why, again=False):
        one = self.by_student.get((student, exercise))
        if not one:
            self.errors.append(f"{student}: it is not in the report")
            return
        met = {line["id"]: line["met"] for line in one["lines"]}
        got = tuple(line for line, is_met in met.items() if not is_met)
        said = one.get("reason", "")
        print(f"{student}: {one['status']}, {one['points']} of {one['of']}; {said or 'no reason'}; build "
              f"{one['build_s']:.1f} s, runs {one['run_s']:.1f} s")
        if (one["status"] == "again" and not again) or set(got) != set(lost):
            self.errors.append(f"{student}: {one['status']}, lost {got}, not {lost} ({why}): {said}\n"
                               + json.dumps(one, ensure_ascii=False)[:3000])
        if not re.search(reason, said):
            self.errors.append(f"{student}: its reason is not like {reason!r}: {said!r}")
        if lost and not said and not any(line.get("failed") for line in one["lines"] if not line["met"]):
            self.errors.append(f"{student}: it is not told why")


def grade(build, scene, kernel):
    environment = dict(os.environ, TMPDIR=os.path.join(scene, "tmp"))
    command = [os.path.join(build, "bin/shmpath"), "grade", os.path.join(scene, "class"), "--exercises",
               os.path.join(scene, "exercises"), "--results", os.path.join(scene, "results"), "--jobs", "2",
               "--report", "json", "-o", os.path.join(scene, "report.json"), *(["--kernel", kernel] if kernel else [])]
    run = subprocess.run(command, env=environment, cwd=scene, stdin=subprocess.DEVNULL, capture_output=True,
                         check=False)
    said = run.stderr.decode(errors="surrogateescape")
    errors = [f"{where} has a control character: {line!r}"
              for where, text in (("standard error", said), ("standard output", run.stdout.decode(errors="replace")))
              for line in text.splitlines(keepends=False) if CONTROL.search(line)]
    if run.returncode not in (0, 1) or not os.path.exists(os.path.join(scene, "report.json")):
        sys.exit(f"shmpath grade: status {run.returncode}\n{said}")
    with open(os.path.join(scene, "report.json"), encoding="utf-8") as file:
        return json.load(file), errors, run.returncode


def try_class(build, chosen, kernel):
    with tempfile.TemporaryDirectory(prefix="shmpath-hostile-") as scene:
        for name in ("class", "exercises", "tmp"):
            os.mkdir(os.path.join(scene, name))
        of = cases.EXERCISES[min(case.exercise for case in chosen)]
        for number in {case.exercise for case in chosen}:
            copy_exercise(cases.EXERCISES[number], os.path.join(scene, "exercises"))
        make_class(os.path.join(scene, "class"), chosen,
                   [scene, os.path.join(scene, "class", HONEST[0], of.folder, of.program),
                    os.path.join(ROOT, "CMakeLists.txt"), os.path.join(ROOT, "solutions"),
                    os.path.join(scene, "exercises", of.folder, "exercise.toml"),
                    os.path.join(build, "bin/shmpath")])
        before = state_of_host(scene)
        report, errors, status = grade(build, scene, kernel)
        after = state_of_host(scene)
        verdicts = Verdicts(report)
        for student, number in honest(chosen):
            verdicts.expect(student, cases.EXERCISES[number].folder, (), "^$", "it is honest")
        for case in chosen:
            verdicts.expect(case.name, case.of.folder, case.lost_lines, case.reason, case.why, case.again)
        errors += verdicts.errors
        errors += [f"the host is not as before: {what}: {set(map(str, after[what])) ^ set(map(str, before[what]))}"
                   for what in before if before[what] != after[what]]
        if status != 1 or "link" not in json.dumps(report["missing"]):
            errors.append(f"the student's folder that is a link is not reported: {report['missing']}, {status}")
        return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--each", action="store_true", help="each attack in a submission of its own")
    parser.add_argument("--kernel", default="", help="of the VMs")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    asked = parser.parse_args()
    enter_namespaces()
    names = {case.name for case in cases.CASES}
    if unknown := set(asked.cases) - names:
        sys.exit(f"{', '.join(unknown)}: no such case; there are {', '.join(sorted(names))}")
    chosen = [case for case in cases.CASES if (case.name in asked.cases if asked.cases else asked.each or case.ci)]
    errors = try_class(os.path.realpath(asked.build), chosen, asked.kernel)
    print("\n".join(errors), file=sys.stderr)
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
