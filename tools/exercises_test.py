#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""exercises.py cuts what is marked, and refuses each thing that can be wrong."""

import os
import subprocess
import sys
import tempfile
import unittest

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exercises.py")

SOURCE = """int main() {
  // BEGIN SOLUTION 01
  // todo: return the answer
  return 42;
  // END SOLUTION 01
  // HANDOUT 01: return 0;
}
"""
GIVEN = """int main() {
  // TODO: return the answer
  return 0;
}
"""
RUBRIC = """number = 1
points = 10

[[line]]
id = "seen"
points = 7

[[line]]
id = "secret"
points = 3
hidden = true
[[line.see]]
call = "mmap"

[[hint]]
level = 1
"""


class Exercises(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = temporary.name
        self.put("solutions/Makefile", "all:\n")
        self.put("solutions/README.md", "About.\n")
        for name, text in {"main.cpp": SOURCE, "exercise.toml": RUBRIC, "README.md": "Do it.\n",
                           "README.zh.md": "做。\n"}.items():
            self.put(f"solutions/01-one/{name}", text)

    def put(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def get(self, name):
        with open(os.path.join(self.root, name), encoding="utf-8") as file:
            return file.read()

    def run_tool(self, *args):
        return subprocess.run([sys.executable, TOOL, "--root", self.root, *args], capture_output=True,
                              text=True)

    def accepts(self, *args):
        done = self.run_tool(*args)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def refuses(self, said, *args):
        done = self.run_tool(*args)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(said, done.stderr)
        return done.stdout

    def refuses_source(self, source, said):
        self.put("solutions/01-one/main.cpp", source)
        self.refuses(said)
        self.assertFalse(os.path.exists(os.path.join(self.root, "exercises")))

    def test_what_is_marked_is_cut_out(self):
        self.accepts()
        self.assertEqual(self.get("exercises/01-one/main.cpp"), GIVEN)
        self.assertEqual(self.get("exercises/01-one/exercise.toml"), RUBRIC)
        self.assertEqual(self.get("exercises/01-one/Makefile"), "all:\n")

    def test_a_shell_comment_marks_too_and_an_own_makefile_stays(self):
        self.put("solutions/01-one/Makefile", "own:\n# BEGIN SOLUTION 01\n# todo: a rule\n\tdo\n# END SOLUTION 01\n")
        self.accepts()
        self.assertEqual(self.get("exercises/01-one/Makefile"), "own:\n# TODO: a rule\n")

    def test_check_is_quiet_when_all_is_as_it_should_be(self):
        self.accepts()
        self.assertEqual(self.accepts("--check"), "")

    def test_check_ignores_what_was_built(self):
        self.accepts()
        self.put("exercises/01-one/main", "a program")
        self.put("solutions/01-one/main", "a program")
        self.put("exercises/01-one/main.skel.h", "a skeleton")
        self.put("solutions/01-one/main.skel.h", "a skeleton")
        self.accepts("--check")

    def test_check_shows_a_changed_file(self):
        self.accepts()
        self.put("exercises/01-one/main.cpp", GIVEN.replace("0", "42"))
        shown = self.refuses("not what the solutions give", "--check")
        self.assertIn("-  return 42;\n+  return 0;\n", shown)

    def test_check_shows_a_file_that_is_missing_or_too_many(self):
        self.accepts()
        os.unlink(os.path.join(self.root, "exercises/01-one/README.md"))
        self.assertIn("+Do it.", self.refuses("not what", "--check"))
        self.accepts()
        self.put("exercises/01-one/more.cpp", "more\n")
        self.assertIn("-more", self.refuses("not what", "--check"))
        self.accepts()
        self.put("exercises/02-gone/main.cpp", "gone\n")
        self.assertIn("-gone", self.refuses("not what", "--check"))

    def test_check_changes_nothing(self):
        self.refuses("not what", "--check")
        self.assertFalse(os.path.exists(os.path.join(self.root, "exercises")))

    def test_a_folder_whose_solution_is_gone_goes_and_what_is_beside_them_stays(self):
        self.put("exercises/README.md", "About.\n")
        self.put("exercises/02-gone/main.cpp", "gone\n")
        self.accepts()
        self.assertEqual(sorted(os.listdir(os.path.join(self.root, "exercises"))), ["01-one", "README.md"])

    def test_the_export_has_no_hidden_line_and_counts_its_points(self):
        target = os.path.join(self.root, "out")
        self.accepts("--export", target)
        self.assertEqual(os.listdir(target), ["01-one"])
        text = self.get("out/01-one/exercise.toml")
        self.assertIn("points = 10\nhidden_points = 3\n", text)
        for gone in ("secret", "mmap", "hidden = true"):
            self.assertNotIn(gone, text)
        self.assertIn('id = "seen"', text)
        self.assertIn("level = 1", text)
        self.assertEqual(self.get("out/01-one/main.cpp"), GIVEN)

    def test_the_export_overwrites_nothing(self):
        self.put("out/mine", "mine")
        self.refuses("is there already", "--export", os.path.join(self.root, "out"))
        self.assertEqual(self.get("out/mine"), "mine")

    def test_unpaired_markers_are_refused_by_file_and_line(self):
        begin, todo, end = "// BEGIN SOLUTION 01\n", "// todo: it\n", "// END SOLUTION 01\n"
        self.refuses_source(begin + todo, "solutions/01-one/main.cpp:1: BEGIN SOLUTION without its END")
        self.refuses_source(end, "main.cpp:1: END SOLUTION without its other half")
        self.refuses_source(begin + todo + begin + end, "main.cpp:3: BEGIN SOLUTION without its other half; line 1")
        self.refuses_source(begin + todo + end + end, "main.cpp:4: END SOLUTION without")

    def test_another_exercises_number_is_refused(self):
        self.refuses_source(SOURCE.replace("BEGIN SOLUTION 01", "BEGIN SOLUTION 02"), "main.cpp:2: BEGIN SOLUTION 02")
        self.refuses_source(SOURCE.replace("END SOLUTION 01", "END SOLUTION 1"), "main.cpp:5: END SOLUTION 1 in")
        self.refuses_source(SOURCE.replace("END SOLUTION 01", "END SOLUTION"), "main.cpp:5: END SOLUTION  in")
        self.refuses_source(SOURCE.replace("HANDOUT 01", "HANDOUT 02"), "main.cpp:6: HANDOUT 02")

    def test_a_marker_that_is_nearly_one_is_refused(self):
        self.refuses_source(SOURCE.replace("// BEGIN", "/* BEGIN"), "main.cpp:2: not understood")
        self.refuses_source(SOURCE.replace("BEGIN SOLUTION", "begin solution"), "main.cpp:2: not understood")
        self.refuses_source(SOURCE.replace("HANDOUT 01:", "HANDOUT 01"), "main.cpp:6: not understood")
        self.refuses_source(SOURCE + "// todo: outside\n", "main.cpp:8: not understood")
        self.refuses_source(SOURCE.replace("return 42;", "// HANDOUT 01: x"), "main.cpp:4: not understood inside")

    def test_a_block_that_says_nothing_to_the_student_is_refused(self):
        self.refuses_source(SOURCE.replace("  // todo: return the answer\n", ""), "main.cpp:4: nothing tells")

    def test_a_solution_without_a_mark_is_not_handed_out(self):
        self.refuses_source("int main() {}\n", "01-one: hands out its solution")

    def test_a_folder_without_a_needed_file_or_a_number_is_refused(self):
        os.unlink(os.path.join(self.root, "solutions/01-one/README.zh.md"))
        self.refuses("has no README.zh.md")
        self.put("solutions/01-one/README.zh.md", "做。\n")
        self.put("solutions/one/main.cpp", "")
        self.refuses("is no NN-name")

    def test_no_solutions_is_refused(self):
        for name in os.listdir(os.path.join(self.root, "solutions/01-one")):
            os.unlink(os.path.join(self.root, "solutions/01-one", name))
        os.rmdir(os.path.join(self.root, "solutions/01-one"))
        self.refuses("has no NN-name folder")


if __name__ == "__main__":
    unittest.main()
