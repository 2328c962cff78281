#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A small class, graded from outside: grade_test.py BUILD.

Four submissions, each in a VM of its own, two at once. The run is interrupted, and goes on. Then, without a VM more,
the results are shared out as those of two machines, and merged; and each report is held against its fields.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SHMPATH = os.path.join(os.path.realpath(sys.argv.pop(1)), "bin", "shmpath") if len(sys.argv) > 1 else ""
CLASS, VALIDATE = os.path.join(HERE, "class.py"), os.path.join(HERE, "validate.py")
LONGEST = 600


def skip_without_vm():
    said = subprocess.run([SHMPATH, "vm", "list"], capture_output=True, text=True).stdout
    if not re.search(r"^6\.12 .* fetched,", said, re.MULTILINE) or not shutil.which("qemu-system-x86_64"):
        print("shmpath test skipped: shmpath grade: needs QEMU and a kernel; shmpath vm fetch", file=sys.stderr)
        if log := os.environ.get("SHMPATH_SKIP_LOG"):
            with open(log, "a", encoding="utf-8") as file:
                file.write("shmpath grade: needs QEMU and a kernel\n")
        sys.exit(77)


def run(*words, **named):
    return subprocess.run(words, capture_output=True, text=True, timeout=LONGEST, **named)




def results_in(folder):
    if not os.path.isdir(folder):
        return {}
    return {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in sorted(os.listdir(folder))
            if name.endswith(".json") and not name.startswith(".")}


def descendants(pid):
    """Of this process, all that there are now."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            for child in file.read().split():
                found += [child, *descendants(child)]
    return found


class Grading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scene = tempfile.mkdtemp(prefix="shmpath-grade-test-")
        cls.addClassCleanup(shutil.rmtree, cls.scene)
        cls.folder = os.path.join(cls.scene, "class")
        made = run(CLASS, "make", cls.folder, "--count", "4", "--exercises", "03")
        assert made.returncode == 0, made.stderr
        cls.results = os.path.join(cls.folder, ".shmpath-results")
        cls.interrupt()
        cls.report = os.path.join(cls.scene, "results.json")
        cls.graded = run(SHMPATH, "grade", cls.folder, "--jobs", "2", "--report", "json", "-o", cls.report)

    @classmethod
    def interrupt(cls):
        """When there is a first result."""
        with subprocess.Popen([SHMPATH, "grade", cls.folder, "--jobs", "2"], stderr=subprocess.PIPE,
                              text=True) as grader:
            end = time.monotonic() + LONGEST
            while not results_in(cls.results) and grader.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            cls.begun = descendants(grader.pid) if grader.poll() is None else []
            grader.send_signal(signal.SIGINT)
            cls.said = grader.communicate(timeout=LONGEST)[1]
        cls.status = grader.returncode
        cls.left = [pid for pid in cls.begun if os.path.exists(f"/proc/{pid}")]
        cls.first = results_in(cls.results)

    def test_1_interrupted_it_keeps_what_it_has_and_leaves_nothing_running(self):
        self.assertEqual(self.status, 128 + signal.SIGINT, self.said)
        self.assertIn("start it again", self.said)
        self.assertGreaterEqual(len(self.begun), 2)
        self.assertEqual(self.left, [])
        self.assertIn(len(self.first), (1, 2, 3))

    def test_2_it_goes_on_where_it_was_and_each_has_what_it_deserves(self):
        self.assertEqual(self.graded.returncode, 0, self.graded.stderr)
        now = results_in(self.results)
        self.assertEqual(len(now), 4)
        self.assertEqual({name: now[name] for name in self.first}, self.first)
        checked = run(CLASS, "check", self.folder, self.report)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        self.assertIn("4 submissions: 4 graded", self.graded.stderr)
        hidden = [name for name in os.listdir(self.results) if name.endswith(".new")]
        self.assertEqual(hidden, [])

    def test_3_what_has_a_result_is_not_graded_again(self):
        before = results_in(self.results)
        again = run(SHMPATH, "grade", self.folder)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(results_in(self.results), before)

    def test_4_the_results_of_two_machines_are_merged(self):
        parts = [os.path.join(self.scene, part) for part in ("one", "two")]
        for part in parts:
            os.mkdir(part)
        for at, name in enumerate(results_in(self.results)):
            shutil.copy(os.path.join(self.results, name), parts[at % 2])
        merged = os.path.join(self.scene, "merged.json")
        words = [SHMPATH, "grade", self.folder, "--report", "json", "-o", merged, "--merge"]
        self.assertEqual(run(*words, *parts).returncode, 0)
        self.assertEqual(run(CLASS, "same", self.report, merged).returncode, 0)
        half = run(*words, parts[0])
        self.assertEqual(half.returncode, 1)
        self.assertEqual(half.stderr.count("there is no result; grade it"), 2)
        self.assertEqual(run(CLASS, "same", self.report, merged).returncode, 1)

    def test_5_each_report_fits_its_fields(self):
        for kind in ("json", "csv", "junit"):
            out = os.path.join(self.scene, "report." + kind)
            self.assertEqual(run(SHMPATH, "grade", self.folder, "--report", kind, "-o", out).returncode, 0)
            checked = run(VALIDATE, kind, out)
            self.assertEqual(checked.returncode, 0, checked.stdout)
        for kind in ("gradescope", "classroom"):
            out = os.path.join(self.scene, kind)
            self.assertEqual(run(SHMPATH, "grade", self.folder, "--report", kind, "-o", out).returncode, 0)
            files = [os.path.join(at, name) for at, _, names in os.walk(out) for name in names]
            self.assertEqual(len(files), 4)
            checked = run(VALIDATE, kind, *files)
            self.assertEqual(checked.returncode, 0, checked.stdout)

    def test_6_a_result_of_other_files_does_not_count(self):
        folder = os.path.join(self.scene, "changed")
        shutil.copytree(self.folder, folder)
        with open(os.path.join(self.report), encoding="utf-8") as file:
            one = json.load(file)["submissions"][0]
        source = os.path.join(folder, one["student"], one["exercise"])
        with open(os.path.join(source, "more.h"), "w", encoding="utf-8") as file:
            file.write("\n")
        stale = run(SHMPATH, "grade", folder, "--merge")
        self.assertEqual(stale.returncode, 1)
        self.assertIn("is of other files", stale.stderr)


if __name__ == "__main__":
    skip_without_vm()
    unittest.main()
