#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""check-tidy.sh finds in files that are looked at together what it would find in each."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("bench", "bpf", "classroom", "labs/01-x", "solutions", "tests", "tracer", "vm")
STAGE = """#include <unistd.h>

namespace {{
int twice(int number) {{ return 2 * number; }}
}}  // namespace

int {name}() {{ return twice(getpid()); }}
"""
PROGRAM = """#include <unistd.h>

static int page;

int main() {{
  page = getpid();
  {statement}
}}
"""
FINDING = "int* nowhere = 0; return nowhere == nullptr ? 0 : page;"  # modernize-use-nullptr


@unittest.skipUnless(shutil.which("clang-tidy"), "needs clang-tidy")
class CheckTidy(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.tree = os.path.realpath(scratch.name)
        for folder in (*FOLDERS, "tools", "build"):
            os.makedirs(os.path.join(self.tree, folder))
        for name in ("tools/check-tidy.sh", "tools/style.sh", ".clang-tidy"):
            shutil.copy(os.path.join(ROOT, name), os.path.join(self.tree, name))
        self.commands = []
        self.write("tracer/one.cpp", STAGE.format(name="one"))
        self.write("tracer/two.cpp", STAGE.format(name="two"))
        self.write("labs/01-x/first.cpp", PROGRAM.format(statement="return page > 0 ? 0 : 1;"))
        self.write("labs/01-x/second.cpp", PROGRAM.format(statement="return page > 1 ? 0 : 1;"))

    def write(self, name, text):
        path = os.path.join(self.tree, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.commands = [one for one in self.commands if one["file"] != path]
        self.commands.append({"file": path, "directory": self.tree,
                              "command": f"c++ -std=c++20 -o x.o -c {path}"})
        with open(os.path.join(self.tree, "build/compile_commands.json"), "w",
                  encoding="utf-8") as file:
            json.dump(self.commands, file)

    def run_check(self, part="1/1"):
        return subprocess.run([os.path.join(self.tree, "tools/check-tidy.sh"),
                               os.path.join(self.tree, "build"), part],
                              capture_output=True, text=True, check=False)

    def passed(self):
        return len(os.listdir(os.path.join(self.tree, "build/tidy")))

    def test_files_with_the_same_names_inside_pass_together(self):
        result = self.run_check()
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        self.assertEqual(self.passed(), 4)

    def test_a_finding_is_said_of_its_file_and_the_others_pass(self):
        for name, text in (("labs/01-x/second.cpp", PROGRAM.format(statement=FINDING)),
                           ("tracer/two.cpp", STAGE.format(name="two").replace(
                               "2 * number", "NULL == (void*)0 ? number : 0"))):
            with self.subTest(name):
                before = os.path.join(self.tree, name)
                with open(before, encoding="utf-8") as file:
                    good = file.read()
                self.write(name, text)
                result = self.run_check()
                self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
                self.assertIn(name, result.stdout)
                self.assertIn("modernize-use-nullptr", result.stdout)
                self.assertEqual(self.passed(), 3)
                shutil.rmtree(os.path.join(self.tree, "build/tidy"))
                self.write(name, good)

    def test_a_file_that_includes_twice_is_told_from_two_that_include_once(self):
        self.write("tracer/two.cpp", "#include <unistd.h>\n" + STAGE.format(name="two"))
        result = self.run_check()
        self.assertEqual(result.returncode, 1)
        self.assertIn("readability-duplicate-include", result.stdout)

    def test_a_file_that_does_not_compile_is_said(self):
        self.write("tracer/two.cpp", "int two() { return none; }\n")
        result = self.run_check()
        self.assertEqual(result.returncode, 1)
        self.assertIn("tracer/two.cpp", result.stdout)

    def test_the_parts_are_the_whole(self):
        self.assertEqual(self.run_check("1/2").returncode, 0)
        self.assertEqual(self.passed(), 2)
        self.assertEqual(self.run_check("2/2").returncode, 0)
        self.assertEqual(self.passed(), 4)


if __name__ == "__main__":
    unittest.main()
