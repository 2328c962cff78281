#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs-output.py --place replay passes when nothing is wrong, and fails for each thing that can be."""

import os
import subprocess
import sys
import tempfile
import unittest

DOCS_OUTPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "docs-output.py")

# stands for shmpath: counts its runs, and prints a trace
PROGRAM = """#!/bin/sh
echo run >>"$(dirname "$0")/runs"
[ "$2" = broken.jsonl ] && { echo "cannot read broken.jsonl"; exit 125; }
cat <<END
process 7: its start, 20 events, is not shown

step 1: create
  shm_open("a") = 3  1.5 us

step 2: store
  page fault: write 0x7f0000001000

process 8: its start, 20 events, is not shown

step 1: create
  shmget(1, 2, 3) = 4  2.5 us
complete: 40 events
END
"""

FIRST = """# A walkthrough

<!-- output: shmpath replay a.jsonl; from "step 1: create" to "step 2" -->
```text
```

Words.

<!-- output: shmpath replay a.jsonl; after "process 8" from "step 1: create" -->
```text
$ shmpath replay a.jsonl
```
"""

LIVE = """<!-- output: shmpath trace -- true -->
```text
never compared
```
"""


class DocsOutput(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.write("build/bin/shmpath", PROGRAM)
        os.chmod(self.path("build/bin/shmpath"), 0o755)
        self.write("README.md", LIVE)
        self.write("docs/a.md", FIRST)
        self.assertEqual(self.run_it("--update")[0], 0)

    def tearDown(self):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def run_it(self, *options):
        done = subprocess.run([sys.executable, DOCS_OUTPUT, "--place", "replay", "--docs", self.folder.name, "--build",
                               self.path("build"), *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode()

    def check_changed(self, old, new, says=""):
        text = self.read("docs/a.md")
        self.assertIn(old, text)
        self.write("docs/a.md", text.replace(old, new, 1))
        status, out = self.run_it()
        self.assertEqual(status, 1, out)
        self.assertIn(says, out)

    def test_update_puts_each_part_of_one_run_into_its_block(self):
        text = self.read("docs/a.md")
        self.assertIn('```text\nstep 1: create\n  shm_open("a") = 3  1.5 us\n```\n', text)
        self.assertIn("```text\n$ shmpath replay a.jsonl\nstep 1: create\n  shmget(1, 2, 3) = 4  2.5 us\ncomplete", text)
        self.assertEqual(self.read("build/bin/runs"), "run\n")
        status, out = self.run_it()
        self.assertEqual(status, 0, out)
        self.assertIn("2 outputs compared, 0 differ", out)

    def test_live_output_is_left_alone(self):
        self.assertEqual(self.read("README.md"), LIVE)

    def test_a_changed_word_is_noticed(self):
        self.check_changed("shm_open", "shm_opens")

    def test_what_differs_between_live_runs_is_noticed_too(self):
        self.check_changed("1.5 us", "1.6 us")

    def test_a_space_at_the_end_is_noticed(self):
        self.check_changed("1.5 us\n", "1.5 us \n")

    def test_a_part_that_is_not_there_is_never_written(self):
        self.check_changed('from "step 1: create" to', 'from "step 3" to', 'from "step 3": no such line')
        before = self.read("docs/a.md")
        self.assertEqual(self.run_it("--update")[0], 1)
        self.assertEqual(self.read("docs/a.md"), before)

    def test_a_recording_that_cannot_be_read_is_never_written(self):
        self.check_changed("replay a.jsonl", "replay broken.jsonl", "cannot read broken.jsonl")
        before = self.read("docs/a.md")
        self.assertEqual(self.run_it("--update")[0], 1)
        self.assertEqual(self.read("docs/a.md"), before)

    def test_a_translation_shows_the_same(self):
        english = self.read("docs/a.md")
        self.write("docs/a.zh.md", english.replace("Words.", "正文。"))
        status, out = self.run_it()
        self.assertEqual(status, 0, out)
        self.assertIn("4 outputs compared", out)
        for changed in (english.replace('to "step 2"', 'to "page fault"'), english[:english.index("Words")]):
            self.write("docs/a.zh.md", changed)
            status, out = self.run_it()
            self.assertEqual(status, 1, out)
            self.assertIn("a.zh.md: marker", out)

    def test_each_walkthrough_is_there_in_both_languages_and_in_both_indexes(self):
        text = self.read("docs/a.md")
        good = {"01-a.md": text, "01-a.zh.md": text, "README.md": "[a](01-a.md) [zh](01-a.zh.md)",
                "README.zh.md": "[a](01-a.zh.md)"}
        for name, text in good.items():
            self.write("docs/walkthroughs/" + name, text)
        status, out = self.run_it()
        self.assertEqual(status, 0, out)
        for name, text, says in (("README.zh.md", "nothing", "README.zh.md: does not name 01-a.zh.md"),
                                 ("README.md", "[zh](01-a.zh.md)", "README.md: does not name 01-a.md"),
                                 ("README.md", "[a](01-a.md) [b](02-b.md)", "02-b.md: not there")):
            self.write("docs/walkthroughs/" + name, text)
            status, out = self.run_it()
            self.assertEqual(status, 1, out)
            self.assertIn(says, out)
            self.write("docs/walkthroughs/" + name, good[name])
        os.remove(self.path("docs/walkthroughs/01-a.zh.md"))
        status, out = self.run_it()
        self.assertEqual(status, 1, out)
        self.assertIn("01-a.zh.md: not there", out)


if __name__ == "__main__":
    unittest.main()
