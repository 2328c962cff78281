#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""slurm_test.py BUILD --stand-in|--graded: deploy/slurm on a Slurm cluster of this one machine.

As an ordinary user. The stand-in for shmpath says how it was called and ends as the test wants: out of
time, cancelled, put back in the queue. Then a class of four is graded by shmpath itself in four tasks."""

import os
import re
import sys
import tempfile
import unittest

import slurm_cluster
import support
from support import ROOT

SUBMIT = os.path.join(ROOT, "deploy/slurm/submit")
USER = 65534
BECOME_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"]

# Keeps a line for each call, and one file for what it "graded".
STAND_IN = """#!/bin/sh
echo "restart ${SLURM_RESTART_COUNT:-0}: $*" >>"$OUT/calls"
case " $* " in
  *" --merge "*) ls "$OUT/results" >"$OUT/merged"; exit ;;
esac
task=$SLURM_ARRAY_TASK_ID
trap 'echo "told to end" >>"$OUT/calls"; exit 3' TERM
if [ "$task" = "$HANG" ] && ! [ -e "$OUT/results/$task" ]; then
  echo begun >"$OUT/results/$task"
  i=0
  while [ $i -lt 600 ]; do sleep 0.2; i=$((i + 1)); done
fi
echo "task $task" >"$OUT/results/$task"
[ "$task" != "$FAIL" ]
"""

cluster = asked = None


class Jobs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=cluster.work)
        self.classes, self.out = os.path.join(self.folder, "class"), os.path.join(self.folder, "out")
        os.makedirs(self.classes)
        os.makedirs(self.out)
        os.chmod(self.folder, 0o755)
        os.chown(self.out, USER, USER)

    def submit(self, *arguments, **environment):
        env = {"OUT": self.out, "HANG": "", "FAIL": "", "HOME": "/", **environment}
        return cluster.run(*BECOME_USER, SUBMIT, self.classes, self.out, *arguments, env=env, cwd="/")

    def until_over(self, seconds=60):
        cluster.until("the jobs", lambda: not cluster.queue(), seconds)

    def read(self, name):
        with open(os.path.join(self.out, name), encoding="utf-8") as file:
            return file.read()

    def logs(self):
        folder = os.path.join(self.out, "logs")
        return "".join(f"--- {name}\n" + self.read(f"logs/{name}") for name in sorted(os.listdir(folder)))


class WithStandIn(Jobs):
    def setUp(self):
        super().setUp()
        self.program = os.path.join(self.folder, "shmpath")
        with open(self.program, "w", encoding="utf-8") as file:
            file.write(STAND_IN)
        os.chmod(self.program, 0o755)

    def begin(self, *arguments, **environment):
        done = self.submit(*arguments, SHMPATH=self.program, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return re.search(r"job (\d+), ", done.stdout)[1]

    def shards(self, calls):
        return sorted(re.findall(r"--shard (\S+)", calls))

    def test_each_shard_is_graded_once_and_the_report_made_after_all(self):
        self.begin("3", "junit", "--only", "03", FAIL="2")
        self.until_over()
        calls = self.read("calls")
        self.assertEqual(self.shards(calls), ["1/3", "2/3", "3/3"], calls)
        self.assertEqual(calls.count("--jobs 2 "), 3)
        self.assertEqual(calls.count(f"grade {self.classes} --results {self.out}/results"), 4)
        self.assertEqual(calls.count("--only 03\n"), 3)
        last = calls.splitlines()[-1]
        self.assertIn(f"--merge --report junit -o {self.out}/report.xml", last)
        self.assertEqual(self.read("merged").split(), ["1", "2", "3"])
        self.assertIn("shard 2/3 ended: status 1", self.logs())

    def test_who_is_out_of_time_goes_on_and_the_report_waits(self):
        self.begin("2", HANG="2", SBATCH_TIMELIMIT="2")
        self.until_over(120)
        calls = self.read("calls")
        self.assertEqual(self.shards(calls), ["1/2", "2/2", "2/2"], calls + self.logs())
        self.assertIn("told to end", calls)
        self.assertRegex(calls, "restart 1: .*--shard 2/2")
        self.assertIn("--merge", calls.splitlines()[-1])
        self.assertEqual(self.read("results/2"), "task 2\n")
        self.assertIn("told to by SIGUSR1", self.logs())

    def test_who_is_out_of_time_too_often_is_not_started_again(self):
        self.begin("1", HANG="1", SBATCH_TIMELIMIT="2", SHMPATH_RESTARTS="0")
        self.until_over(120)
        self.assertEqual(self.shards(self.read("calls")), ["1/1"])

    def test_who_is_cancelled_is_not_started_again(self):
        job = self.begin("2", HANG="1")
        cluster.until("shard 1", lambda: os.path.exists(os.path.join(self.out, "results/1")))
        cluster.run("scancel", f"{job}_1")
        self.until_over()
        calls = self.read("calls")
        self.assertEqual(self.shards(calls), ["1/2", "2/2"], calls)
        self.assertEqual(calls.count("--merge"), 1)

    def test_who_is_put_back_in_the_queue_is_started_again(self):
        job = self.begin("1", HANG="1")
        cluster.until("shard 1", lambda: os.path.exists(os.path.join(self.out, "results/1")))
        done = cluster.run("scontrol", "requeue", f"{job}_1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.until_over(120)
        self.assertEqual(self.shards(self.read("calls")), ["1/1", "1/1"])
        self.assertEqual(self.read("results/1"), "task 1\n")

    def test_what_cannot_be_is_refused_before_anything_is_queued(self):
        for arguments in (["0"], ["x"], ["4;rm"]):
            done = self.submit(*arguments, SHMPATH=self.program)
            self.assertEqual(done.returncode, 1)
            self.assertIn("is no number of shards", done.stderr)
        done = self.submit(SHMPATH="/nowhere/shmpath")
        self.assertIn("/nowhere/shmpath: not found", done.stderr)
        os.rmdir(self.classes)
        self.assertIn("is no folder", self.submit(SHMPATH=self.program).stderr)
        self.assertEqual(cluster.queue(), [])


class Graded(Jobs):
    graded = True

    def test_a_class_in_four_tasks_gets_its_points(self):
        kinds = ["right", "wrong", "broken", "handout"]
        support.make_class(self.classes, kinds)
        done = self.submit("4", "csv", SHMPATH=os.path.join(asked.build, "bin/shmpath"),
                           SHMPATH_CACHE=os.path.join(cluster.work, "cache"), SHMPATH_VM_ACCEL="tcg")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.until_over(500)
        scores = support.scores_of(os.path.join(self.out, "report.csv"))
        self.assertEqual(scores.keys(), set(kinds), self.logs())
        for kind, points in support.rubric()[1].items():
            self.assertEqual(float(scores[kind]["points"] or 0), points or 0, scores[kind])
        self.assertLess(float(scores["handout"]["points"] or 0), support.rubric()[1]["right"] / 5)


def main():
    global asked, cluster
    asked, what = support.begin(__doc__, programs=["apt-get", "dpkg-deb", "setpriv"])
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        if asked.graded:  # readable for the user who grades
            support.copy_kernel(os.path.join(work, "cache"))
        try:
            cluster = slurm_cluster.Cluster(support.cache_folder(), work)
            cluster.start()
            return support.run(asked)
        except slurm_cluster.Unavailable as reason:
            support.skip(what, reason)
        finally:
            if cluster:
                cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
