#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""verifier_table.py --check passes when nothing is wrong, and fails for each thing that can be."""

import os
import subprocess
import sys
import tempfile
import unittest

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "verifier_table.py")
BEFORE = "# The documented functions\n\n| function | 5.10 |\n|---|---|\n| `do_fault` | yes |\n"


class VerifierTable(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.doc = os.path.join(self.folder, "doc.md")
        with open(self.doc, "w", encoding="utf-8") as file:
            file.write(BEFORE)
        self.capture("6.12", "6.12.117", {"sys_enter": 1000, "user_multi_enter": 300})
        self.capture("5.10", "5.10.0-46", {"sys_enter": 1200, "user_multi_enter": "-"})
        self.assertEqual(self.run_table("--update").returncode, 0)

    def capture(self, kernel, release, counts):
        folder = os.path.join(self.folder, "captures", kernel)
        os.makedirs(folder, exist_ok=True)
        for name, text in (("release", release + "\n"), ("verifier.out", "".join(
                f"{program}\t{count}\n" for program, count in counts.items()))):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)

    def run_table(self, *words):
        return subprocess.run([sys.executable, TABLE, "--doc", self.doc, *words,
                               os.path.join(self.folder, "captures")],
                              capture_output=True, text=True, check=False)

    def text(self):
        with open(self.doc, encoding="utf-8") as file:
            return file.read()

    def accepted(self):
        result = self.run_table("--check")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def refused(self, reason):
        result = self.run_table("--check")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(reason, result.stdout + result.stderr)

    def test_what_was_just_written_is_up_to_date_and_the_rest_of_the_document_is_left(self):
        self.accepted()
        self.assertTrue(self.text().startswith(BEFORE))
        self.assertIn("| program | 5.10 | 6.12 |\n", self.text())
        self.assertIn("| `user_multi_enter` | - | 300 |\n", self.text())

    def test_written_again_it_is_the_same(self):
        before = self.text()
        self.run_table("--update")
        self.assertEqual(self.text(), before)

    def test_some_percent_are_no_news(self):
        self.capture("6.12", "6.12.118", {"sys_enter": 1100, "user_multi_enter": 280})
        self.accepted()

    def test_twice_as_many_and_half_as_many_are_news(self):
        for count in (2001, 499):
            self.capture("6.12", "6.12.117", {"sys_enter": count, "user_multi_enter": 300})
            self.refused(f"sys_enter: {count} on 6.12, and 1000 is listed")

    def test_near_the_limit(self):
        self.capture("6.12", "6.12.117", {"sys_enter": 500001, "user_multi_enter": 300})
        self.refused("more than half of the limit")

    def test_a_program_that_is_refused(self):
        self.capture("5.10", "5.10.0-46", {"sys_enter": "refused", "user_multi_enter": "-"})
        self.refused("sys_enter: kernel 5.10 refuses it")

    def test_a_program_that_is_not_listed(self):
        self.capture("6.12", "6.12.117",
                     {"sys_enter": 1000, "user_multi_enter": 300, "new_one": 5})
        self.refused("new_one: not listed for 6.12")

    def test_a_program_that_is_gone(self):
        self.capture("6.12", "6.12.117", {"user_multi_enter": 300})
        self.refused("sys_enter: listed for 6.12, and not there any more")

    def test_a_program_that_a_kernel_can_load_now(self):
        self.capture("5.10", "5.10.0-46", {"sys_enter": 1200, "user_multi_enter": 300})
        self.refused("user_multi_enter: 300 on 5.10, and - is listed")

    def test_a_kernel_that_is_not_listed(self):
        self.capture("6.1", "6.1.0-56", {"sys_enter": 1000})
        self.refused("sys_enter: not listed for 6.1")

    def test_a_document_without_the_section(self):
        with open(self.doc, "w", encoding="utf-8") as file:
            file.write(BEFORE)
        self.refused("not listed")

    def test_a_capture_that_is_cut_off(self):
        self.capture("6.12", "6.12.117", {})
        self.refused("no program was counted")

    def test_a_line_that_is_no_count(self):
        self.capture("6.12", "6.12.117", {"sys_enter": "many"})
        self.refused("no count")


if __name__ == "__main__":
    unittest.main()
