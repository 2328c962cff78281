#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""claims.py --check passes when nothing is wrong, and fails for each thing that can be."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

CLAIMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "claims.py")

FLOW = """
[[claim]]
id = "C02"
en = "It holds: <so>."
zh = "成立。"
expect = "holds"
[[claim]]
id = "C01"
en = "It is not so."
zh = "不是这样。"
expect = "differs"
truth = { en = "It is otherwise.", zh = "另一样。" }
"""


def claim(number, verdict="holds", expected="holds", measured="5 of 5"):
    as_expected = verdict in ("not checked here", expected)
    return {"id": number, "verdict": verdict, "expected": expected, "as_expected": as_expected,
            "measured": measured}


def both(**second):
    return [claim("C01", "differs", "differs", "7 pages"), claim("C02", **second)]


class Claims(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.write("labs/01-x/flow.toml", FLOW)
        self.capture("6.12", "6.12.117", both())
        self.capture("5.10", "5.10.0-46",
                     both(verdict="not checked here", measured="no heaps here"))
        self.assertEqual(self.run_claims("--update").returncode, 0)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def capture(self, name, release, claims, **more):
        lab = {"lab": "01-x", "kernel": release, "place": "vm", "view": "functions",
               "claims": claims, **more}
        self.write(f"{name}/check-01.json", json.dumps({"format": "shmpath.check/1", "labs": [lab]}))

    def run_claims(self, mode, names=("6.12", "5.10")):
        return subprocess.run(
            [sys.executable, CLAIMS, mode, "--doc", os.path.join(self.folder, "doc.md"), "--labs",
             os.path.join(self.folder, "labs"), *(os.path.join(self.folder, n) for n in names)],
            capture_output=True, text=True, check=False)

    def accepted(self, names=("6.12", "5.10")):
        result = self.run_claims("--check", names)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def refused(self, reason, names=("6.12", "5.10")):
        result = self.run_claims("--check", names)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(reason, result.stdout + result.stderr)

    def doc(self):
        with open(os.path.join(self.folder, "doc.md"), encoding="utf-8") as file:
            return file.read()

    def test_what_was_just_written_is_up_to_date(self):
        self.accepted()
        self.accepted(["6.12"])
        self.accepted(["5.10"])

    def test_the_document(self):
        doc = self.doc()
        self.assertIn("| [C01](#c01) | 01 | differs | differs | differs |\n"
                      "| [C02](#c02) | 01 | holds | not checked | holds |\n"
                      "|  |  | hold/differ/not checked | 0/1/1 | 1/1/0 |\n", doc)
        self.assertIn("- in truth: It is otherwise.\n- in truth: 另一样。\n"
                      "- `6.12`: measured: 7 pages\n", doc)
        self.assertIn("- `5.10`: not checked here: no heaps here\n- `6.12`: measured: 5 of 5\n", doc)
        self.assertIn("It holds: \\<so\\>.", doc)
        self.assertIn("No lab checks these: C03, C04,", doc)

    def test_a_new_release_with_the_same_verdicts_is_no_news(self):
        self.capture("6.12", "6.12.118", both())
        self.accepted()

    def test_another_verdict_is_out_of_date_on_its_kernel_only(self):
        self.capture("6.12", "6.12.117", both(verdict="not checked here", measured="no"))
        self.refused("+|[C02](#c02)|01|holds|6.12 not checked|", ["6.12"])
        self.accepted(["5.10"])

    def test_an_altered_row_is_out_of_date(self):
        self.write("doc.md", self.doc().replace("| not checked | holds |", "| holds | holds |"))
        self.refused("+|[C02](#c02)|01|holds|5.10 not checked|")
        self.accepted(["6.12"])

    def test_an_altered_sentence_is_out_of_date(self):
        self.write("doc.md", self.doc().replace("It is otherwise", "It is as it is"))
        self.refused("out of date", ["6.12"])

    def test_another_measurement_is_out_of_date(self):
        self.capture("6.12", "6.12.117", both(measured="4 of 5"))
        self.refused("+- `6.12`: measured: 4 of 5")

    def test_large_numbers_and_times_may_vary(self):
        self.capture("6.12", "6.12.117", both(measured="frame 12345, 1.5 us, 3 pages"))
        self.run_claims("--update")
        self.capture("6.12", "6.12.117", both(measured="frame 678901, 2.75 us, 3 pages"))
        self.accepted()
        self.capture("6.12", "6.12.117", both(measured="frame 678901, 2.75 us, 4 pages"))
        self.refused("4 pages")

    def test_another_reason_is_out_of_date(self):
        self.capture("5.10", "5.10.0-46", both(verdict="not checked here", measured="no luck"))
        self.refused("+- `5.10`: not checked here: no luck")

    def test_a_missing_document_or_column_is_out_of_date(self):
        self.run_claims("--update", ["6.12"])
        self.refused("out of date")
        os.remove(os.path.join(self.folder, "doc.md"))
        self.refused("out of date", ["6.12"])

    def test_what_was_not_expected_is_reported(self):
        self.capture("6.12", "6.12.117", both(verdict="differs"))
        self.assertIn("C02: not as expected on 6.12", self.run_claims("--update").stderr)
        self.assertIn("**UNEXPECTED: differs**", self.doc())
        self.refused("C02: not as expected on 6.12")

    def test_an_incomplete_trace_proves_nothing(self):
        gap = "5 of 5; the trace is incomplete: 3 probe hits missed"
        self.capture("6.12", "6.12.117", both(verdict="not checked here", measured=gap))
        self.accepted()
        self.assertIn("incomplete on 6.12; capture it anew", self.run_claims("--update").stderr)
        self.assertIn("| holds | not checked | not checked |", self.doc())
        self.capture("6.12", "6.12.117", both())
        self.accepted()
        self.capture("6.12", "6.12.117", both(verdict="differs"))
        self.refused("C02: not as expected on 6.12")

    def test_a_capture_without_a_claim_is_refused(self):
        self.capture("6.12", "6.12.117", both()[:1])
        self.refused("C02: the capture of 6.12 lacks it")

    def test_a_claim_that_no_flow_file_has_is_reported(self):
        self.capture("6.12", "6.12.117", both() + [claim("C03")])
        self.refused("C03: in the capture of 6.12, but in no flow file")

    def test_a_claim_of_two_labs_is_reported(self):
        self.write("labs/02-y/flow.toml", FLOW)
        self.refused("C01: two labs check it")

    def test_what_is_no_capture_is_refused(self):
        self.write("6.12/check-02.json", "{")
        self.refused("capture it anew")
        self.write("6.12/check-02.json", '{"format": "shmpath.check/2", "labs": []}')
        self.refused("not in the format shmpath.check/1")
        self.refused("no check-*.json in it", ["none"])

    def test_a_capture_of_two_kernels_is_refused(self):
        self.capture("6.12", "6.12.117", both(), place="host")
        os.rename(os.path.join(self.folder, "6.12/check-01.json"),
                  os.path.join(self.folder, "6.12/check-02.json"))
        self.capture("6.12", "6.12.117", [])
        self.refused("captured in several ways")


if __name__ == "__main__":
    unittest.main()
