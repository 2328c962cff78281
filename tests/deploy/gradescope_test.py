#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""gradescope_test.py BUILD --stand-in|--graded: the zip that deploy/gradescope makes, as Gradescope runs it.

In a root folder of its own with /autograder, see as_gradescope.sh. First with a stand-in for shmpath that
fails in every way: there is a valid result each time. Then shmpath grades a submission that is right and
one that does not compile. Of setup.sh both ways are tried, with a stand-in for apt-get: it would fetch some 300 MB."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import support
from support import EXERCISE, HERE, ROOT, write

sys.path.append(os.path.join(ROOT, "tests/grade"))
import validate  # the published fields

MAKE_ZIP = os.path.join(ROOT, "deploy/gradescope/make-zip.sh")
asked = None


def make_package(folder):
    """A package by that name, which is all that the zip needs of it here."""
    write(os.path.join(folder, "DEBIAN/control"), "Package: shmpath\nVersion: 0\nArchitecture: all\n"
          "Maintainer: test <test@test.invalid>\nDescription: test\n")
    write(os.path.join(folder, "usr/bin/shmpath"), "#!/bin/sh\necho this is shmpath\n", 0o755)
    subprocess.run(["dpkg-deb", "-b", folder, folder + ".deb"], check=True, capture_output=True)
    return folder + ".deb"


class Autograder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.work = temporary.name
        self.folder = os.path.join(self.work, "autograder")
        source = os.path.join(self.folder, "source")
        archive = os.path.join(self.work, "a.zip")
        done = subprocess.run([MAKE_ZIP, "03", make_package(self.work + "/deb"), archive],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("source", "submission", "results"):
            os.makedirs(os.path.join(self.folder, name))
        subprocess.run(["unzip", "-q", archive, "-d", source], check=True)
        # As the harness does.
        shutil.copy(os.path.join(source, "run_autograder"), self.folder)

    def submit(self, name, text):
        write(os.path.join(self.folder, "submission", name), text)

    def run_it(self, programs, seconds=300):
        command = [os.path.join(HERE, "as_gradescope.sh"), self.folder, programs]
        self.said = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
        return self.result()

    def result(self):
        with open(os.path.join(self.folder, "results/results.json"), encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(validate.check_gradescope(text), [], text)
        return json.loads(text)


class WithStandIn(Autograder):
    def stand_in(self, script):
        self.submit("lifetime.cpp", "int main() {}\n")
        support.stand_in(os.path.join(self.work, "stand-in/bin"), script)
        return self.run_it(os.path.join(self.work, "stand-in"))

    def no_grade(self, result, words):
        self.assertEqual(result["score"], 0)
        self.assertEqual([test["max_score"] for test in result["tests"]], [10])
        self.assertIn(words, result["output"])

    MADE = 'made=$(echo "$*" | sed "s/.*-o //")\n'

    def test_a_grader_that_fails_gives_a_result_with_a_reason(self):
        self.no_grade(self.stand_in("exit 125"), "exit status 125")

    def test_a_grader_that_is_killed_gives_a_result_with_a_reason(self):
        self.no_grade(self.stand_in("kill -9 $$"), "exit status 137")

    def test_a_report_that_is_no_json_gives_a_result_with_a_reason(self):
        self.no_grade(self.stand_in(self.MADE + 'echo "{" >"$made"'), "The grader failed")

    def test_a_harness_that_runs_out_of_time_finds_a_result(self):
        self.no_grade(self.stand_in("kill -9 $PPID"), "ended before it had a result")

    def test_a_report_is_handed_on_as_it_is(self):
        report = {"score": 7, "output": "", "tests": [{"name": "a", "score": 7, "max_score": 10}]}
        self.assertEqual(self.stand_in(self.MADE + f"echo '{json.dumps(report)}' >\"$made\""), report)

    def test_the_grader_sees_one_submission_of_one_exercise_and_only_it(self):
        outside = os.path.join(self.work, "outside")
        write(outside, "secret")
        os.symlink(outside, os.path.join(self.folder, "submission/link.cpp"))
        self.stand_in('echo "$*"; cd "$2" && find . | sort && readlink */*/link.cpp')
        self.assertIn(f"--exercises /autograder/source/exercises --only 03 --jobs 1", self.said.stdout)
        self.assertIn(f".\n./submission\n./submission/{EXERCISE}\n./submission/{EXERCISE}/lifetime.cpp\n"
                      f"./submission/{EXERCISE}/link.cpp\n{outside}\n", self.said.stdout)


class Setup(Autograder):
    def set_up(self, *environment):
        libraries = os.path.join(self.folder, "source/libraries")
        for name in ("libonly-in-the-zip.so.1", "libc.so.6"):
            write(os.path.join(libraries, name), "no library")
        done = subprocess.run([os.path.join(HERE, "as_gradescope_setup.sh"), self.folder, *environment],
                              capture_output=True, text=True)
        if done.returncode == 77:
            self.skipTest(f"no overlay over this root folder: {done.stderr}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("this is shmpath", done.stdout)
        self.assertEqual(done.stdout.count("kernel: "), 1)
        return done.stdout

    def test_on_the_release_of_the_package_it_is_installed(self):
        with open("/etc/os-release", encoding="utf-8") as file:
            release = dict(line.split("=", 1) for line in file.read().splitlines())["VERSION_CODENAME"]
        write(os.path.join(self.folder, "source/release"), release + "\n")
        said = self.set_up()
        self.assertIn("apt-get install -y --no-install-recommends /autograder/source/shmpath.deb", said)
        self.assertNotIn("new: ", said)

    def test_elsewhere_it_is_unpacked_with_the_libraries_that_are_missing(self):
        write(os.path.join(self.folder, "source/release"), "another\n")
        said = self.set_up()
        self.assertNotIn("shmpath.deb", said)
        self.assertIn("libonly-in-the-zip.so.1", said)
        self.assertNotIn("libc.so.6", said)

    def test_unpacking_can_be_asked_for(self):
        self.assertNotIn("shmpath.deb", self.set_up("SHMPATH_UNPACK=1"))


class Zip(unittest.TestCase):
    def test_what_is_no_exercise_or_no_package_is_refused(self):
        with tempfile.TemporaryDirectory() as work:
            package = make_package(work + "/deb")
            for arguments, words in ((["77", package], "77: no such exercise"),
                                     (["03", __file__], "is not shmpath's Debian package"),
                                     (["03"], "needs EXERCISE and DEB")):
                done = subprocess.run([MAKE_ZIP, *arguments], capture_output=True, text=True, cwd=work)
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)
                self.assertEqual(sorted(os.listdir(work)), ["deb", "deb.deb"])


class Graded(Autograder):
    graded = True

    def grade(self, kind):
        self.submit(support.SOURCE, support.submission(kind))
        result = self.run_it(asked.build)
        self.assertIn("exit status 0", self.said.stdout, self.said.stderr)
        return result

    def test_a_right_and_a_broken_submission_get_their_points(self):
        lines, points = support.rubric()
        result = self.grade("right")
        self.assertEqual(result["score"], points["right"], result)
        self.assertEqual([test["score"] for test in result["tests"]], list(lines.values()))
        result = self.grade("broken")
        self.assertEqual(result["score"], 0)
        self.assertIn(support.SOURCE, result["output"])


def main():
    global asked
    asked, _ = support.begin(__doc__, programs=["zip", "unzip", "unshare", "dpkg-deb"], kernel=True)
    return support.run(asked)


if __name__ == "__main__":
    sys.exit(main())
