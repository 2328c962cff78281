#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""classroom_test.py BUILD --stand-in|--graded: deploy/github-classroom/classroom.yml, without GitHub.

The workflow has what GitHub and the reporter document, and its step that grades is run as a shell of
Actions runs it, with a stand-in for shmpath that fails in every way, and with shmpath itself. What the
step hands on is read as the reporter reads it."""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import support
from support import ROOT, write

WORKFLOW = os.path.join(ROOT, "deploy/github-classroom/classroom.yml")
asked = yaml = None

# The actions' documented inputs, of those that are used here.
INPUTS = {
    "actions/checkout@v4": {"repository", "ref", "path", "fetch-depth", "submodules"},
    "actions/cache@v4": {"path", "key", "restore-keys", "lookup-only", "fail-on-cache-miss"},
    "classroom-resources/autograding-grading-reporter@v1": {"runners"},
}
STEP = {"name", "id", "if", "uses", "with", "run", "env", "shell", "timeout-minutes", "continue-on-error",
        "working-directory"}
JOB = {"name", "runs-on", "container", "steps", "if", "env", "timeout-minutes", "permissions", "needs"}
TOP = {"name", "on", "permissions", "env", "jobs", "defaults", "concurrency"}
REPORTER = "classroom-resources/autograding-grading-reporter@v1"


def load():
    with open(WORKFLOW, encoding="utf-8") as file:
        workflow = yaml.safe_load(file)
    workflow["on"] = workflow.pop(True)  # YAML 1.1 reads `on` as true, GitHub does not
    return workflow


def mistakes(workflow):
    found = [f"no such key: {key}" for key in workflow.keys() - TOP]
    if workflow.get("name") != "Autograding Tests" or list(workflow["jobs"]) != ["run-autograding-tests"]:
        found.append("the reporter asks for these two names")
    ids = {step.get("id") for job in workflow["jobs"].values() for step in job["steps"]}
    for job in workflow["jobs"].values():
        found += [f"no such key: {key}" for key in job.keys() - JOB]
        for step in job["steps"]:
            found += [f"no such key: {key}" for key in step.keys() - STEP]
            if ("uses" in step) == ("run" in step):
                found.append("a step either uses or runs something")
            if "uses" in step:
                inputs = INPUTS.get(step["uses"])
                found += ["no such action"] if inputs is None else [
                    f"no such input: {name}" for name in step.get("with", {}).keys() - inputs]
            if step.get("uses") == REPORTER:
                found += reporter_mistakes(step, ids)
    return found


def reporter_mistakes(step, ids):
    """Each runner is a step, and its result is where the reporter looks for it."""
    found = []
    for runner in step.get("with", {}).get("runners", "").split(","):
        variable = step.get("env", {}).get(runner.upper() + "_RESULTS", "")
        if runner not in ids or f"steps.{runner}.outputs.result" not in variable:
            found.append(f"no result of runner {runner}")
    return found


class Workflow(unittest.TestCase):
    def test_it_has_what_is_documented(self):
        self.assertEqual(mistakes(load()), [])

    def test_a_mistake_is_noticed(self):
        def job(workflow):
            return workflow["jobs"]["run-autograding-tests"]

        def step(workflow, name):
            return next(one for one in job(workflow)["steps"] if one["name"] == name)

        for change in (
                lambda w: w.update(name="Grading"),
                lambda w: w["jobs"].update(other=w["jobs"].pop("run-autograding-tests")),
                lambda w: w.update(job={}),
                lambda w: job(w).update(runs_on="x"),
                lambda w: step(w, "Grade").update(id="grade"),
                lambda w: step(w, "Grade").pop("run"),
                lambda w: step(w, "Autograding Reporter")["with"].update(runner="x"),
                lambda w: step(w, "Autograding Reporter")["env"].clear(),
                lambda w: step(w, "Kernel of the virtual machine")["with"].update(folder="x"),
                lambda w: step(w, "Checkout code").update(uses="actions/chekout@v4")):
            workflow = load()
            change(workflow)
            self.assertEqual(len(mistakes(workflow)), 1, mistakes(workflow))


class GradeStep(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.work = temporary.name
        self.repository = os.path.join(self.work, "repository")
        write(os.path.join(self.repository, ".github/workflows/classroom.yml"), support.read(WORKFLOW))
        write(os.path.join(self.repository, support.SOURCE), support.submission("wrong"))

    def run_step(self, path, **environment):
        """As Actions does in a container: sh -e, in the repository. The status, and the result."""
        workflow = load()
        step = next(one for one in workflow["jobs"]["run-autograding-tests"]["steps"] if one.get("id"))
        output = os.path.join(self.work, "output")
        open(output, "w", encoding="utf-8").close()
        self.step = subprocess.run(
            ["sh", "-e", "-c", step["run"]], cwd=self.repository, capture_output=True, text=True, timeout=300,
            env={**os.environ, "EXERCISE": workflow["env"]["EXERCISE"], "SHMPATH_VM_ACCEL": "tcg",
                 "GITHUB_OUTPUT": output, "TMPDIR": self.work, "PATH": path + ":" + os.environ["PATH"],
                 **environment})
        with open(output, encoding="utf-8") as file:
            found = re.findall(r"(?m)^result=(.*)$", file.read())
        return self.step.returncode, found


class WithStandIn(GradeStep):
    def stand_in(self, script):
        return self.run_step(support.stand_in(os.path.join(self.work, "bin"), script))

    MADE = 'made=$(echo "$*" | sed "s/.*-o //")\n'

    def test_the_result_is_handed_on(self):
        status, found = self.stand_in(
            self.MADE + 'ls "$2"/*/* >&2; echo \'{"status": "fail"}\' >"$made"; exit 1')
        self.assertEqual(status, 0, self.step.stderr)
        self.assertEqual(json.loads(base64.b64decode(found[0])), {"status": "fail"})
        self.assertEqual(self.step.stderr, "lifetime.cpp\n")
        self.assertIn("exit status 1", self.step.stdout)

    def test_without_a_result_the_step_fails(self):
        status, found = self.stand_in("exit 125")
        self.assertNotEqual(status, 0)
        self.assertEqual(found, [])


class Graded(GradeStep):
    graded = True

    def test_the_reporter_reads_the_points(self):
        status, found = self.run_step(os.path.join(asked.build, "bin"))
        self.assertEqual(status, 0, self.step.stderr)
        result = json.loads(base64.b64decode(found[0]))
        lines, points = support.rubric()
        self.assertEqual(result["max_score"], points["right"])
        # The reporter adds these up, and takes any other status than `pass` for a failure.
        self.assertEqual(sum(test["score"] for test in result["tests"]), points["wrong"])
        self.assertEqual(result["status"], "fail")
        self.assertEqual({test["status"] for test in result["tests"]}, {"pass", "fail"})


def main():
    global asked, yaml
    asked, _ = support.begin(__doc__, packages=["yaml"], root=False)
    import yaml
    return support.run(asked)


if __name__ == "__main__":
    sys.exit(main())
