#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The approved reports fit the published fields, and whatever is broken in one is noticed."""

import glob
import json
import os
import re
import unittest

import validate

GOLDEN = os.path.join(validate.ROOT, "tests", "golden", "grade")


def read(name):
    with open(os.path.join(GOLDEN, name), encoding="utf-8", newline="") as file:
        return file.read()


def golden(pattern):
    return sorted(os.path.basename(path) for path in glob.glob(os.path.join(GOLDEN, pattern)))


class Approved(unittest.TestCase):
    def test_each_fits(self):
        names = {"json": ["results.json"], "csv": ["grades.csv"], "junit": ["junit.xml"],
                 "gradescope": golden("gradescope-*.json"), "classroom": golden("classroom-*.json")}
        self.assertGreaterEqual(len(names["gradescope"]), 5)
        self.assertGreaterEqual(len(names["classroom"]), 5)
        for kind, files in names.items():
            for name in files:
                self.assertEqual(validate.CHECKS[kind](read(name)), [], name)


class Broken(unittest.TestCase):
    def refused(self, kind, text):
        self.assertTrue(validate.CHECKS[kind](text), f"{kind} takes this for right: {text[:300]}")

    def without_each(self, kind, name, where, optional=()):
        """Each member left out, and of another kind; and one that is not published."""
        whole = json.loads(read(name))
        for key in list(where(whole)):
            data = json.loads(read(name))
            where(data)[key] = {"another": ["kind"]}
            self.refused(kind, json.dumps(data))
            del where(data)[key]
            if key not in optional:
                self.refused(kind, json.dumps(data))

    def test_json(self):
        self.without_each("json", "results.json", lambda report: report)
        self.without_each("json", "results.json", lambda report: report["submissions"][0])
        self.without_each("json", "results.json", lambda report: report["exercises"][0])
        self.without_each("json", "results.json", lambda report: report["submissions"][1]["lines"][1], {"lab"})
        report = json.loads(read("results.json"))
        report["submissions"][0]["points"] -= 1
        self.refused("json", json.dumps(report))
        self.refused("json", "{")

    def test_gradescope(self):
        may = {"execution_time", "output_format", "test_output_format", "test_name_format", "visibility",
               "stdout_visibility"}
        self.without_each("gradescope", "gradescope-lost.json", lambda result: result, may)
        self.without_each("gradescope", "gradescope-lost.json", lambda result: result["tests"][1],
                          {"status", "name_format", "number", "output", "output_format", "visibility"})
        for change in ({"score": 7}, {"max_score": 10}, {"visibility": "secret"}, {"output_format": "markdown"}):
            self.refused("gradescope", json.dumps({**json.loads(read("gradescope-lost.json")), **change}))
        result = json.loads(read("gradescope-full.json"))
        result["tests"][0]["max_score"] = 1
        self.refused("gradescope", json.dumps(result))

    def test_classroom(self):
        self.without_each("classroom", "classroom-lost.json", lambda result: result)
        self.without_each("classroom", "classroom-lost.json", lambda result: result["tests"][1])
        for change in ({"status": "pass"}, {"version": 2}, {"max_score": 1}, {"tests": []}):
            self.refused("classroom", json.dumps({**json.loads(read("classroom-lost.json")), **change}))
        result = json.loads(read("classroom-lost.json"))
        for message in ("a\n  ::error::b", "##[group]a"):
            result["tests"][1]["message"] = message
            self.refused("classroom", json.dumps(result))

    def test_csv(self):
        text = read("grades.csv")
        for old, new in (("\r\n", "\n"), ("student,", "name,"), ("alice,", "alice,,"), ("alice,", "=alice,"),
                         (",graded,", ",good,"), (",graded,10,", ",graded,,"), ("bob,", '"bob,')):
            self.assertIn(old, text)
            with self.subTest(new=new):
                try:
                    self.refused("csv", text.replace(old, new, 1))
                except validate.csv.Error:
                    pass  # noticed too
        self.refused("csv", text[:-2])

    def test_junit(self):
        text = read("junit.xml")
        changes = (("<testsuites", "<suites"), (' tests="', ' cases="'), (' failures="0"', ""), ('failures="0"', 'failures="1"'),
                   ("&lt;", "<"), ("&amp;", "&"), ("<failure ", "<failed "), ("<properties>", "<property>"),
                   ('time="0"', 'time="0.12345"'), ('classname="', 'class="'), ("alice", "ali\x01ce"),
                   ("alice", "ali\ufffece"), ("</testsuites>", ""))
        for old, new in changes:
            self.assertIn(old, text)
            with self.subTest(new=new):
                self.refused("junit", text.replace(old, new, 1))
        self.refused("junit", re.sub(r"    <testcase[^>]*/>\n", "", text, count=1))


if __name__ == "__main__":
    unittest.main()
