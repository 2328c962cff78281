#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""kernel_table.py --check passes when nothing is wrong, and fails for each thing that can be."""

import os
import subprocess
import sys
import tempfile
import unittest

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel_table.py")

FLOW = """
[[function]]
name = "do_fault"
[[function]]
name = "do_shared_fault"
inlined_into = "do_fault"
[[function]]
name = "shmem_get_folio_gfp"
names = ["shmem_getpage_gfp"]
"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class KernelTable(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        write(self.folder, "labs/01-x/flow.toml", FLOW)
        write(self.folder, "lists/functions.txt", "## Faults\ndo_fault\n")
        write(self.folder, "lists/absent.txt", "")
        self.capture("5.10", "5.10.0-46", ["do_fault", "shmem_getpage_gfp.constprop.0"])
        self.capture("6.12", "6.12.117", ["do_fault", "shmem_get_folio_gfp"])
        self.assertEqual(self.run_table("--update").returncode, 0)

    def capture(self, kernel, release, functions):
        functions = ["schedule", *functions]
        write(self.folder, f"captures/{kernel}/release", release + "\n")
        write(self.folder, f"captures/{kernel}/kallsyms",
              "".join(f"ffffffff81000000 t {name}\n" for name in functions))
        write(self.folder, f"captures/{kernel}/filter_functions",
              "".join(f"{name}\n" for name in functions if name != "do_fault"))

    def run_table(self, mode):
        paths = {name: os.path.join(self.folder, name)
                 for name in ("captures", "labs", "lists", "doc.md")}
        return subprocess.run([sys.executable, TABLE, mode, "--doc", paths["doc.md"], "--labs",
                               paths["labs"], "--lists", paths["lists"], paths["captures"]],
                              capture_output=True, text=True, check=False)

    def refused(self, reason):
        result = self.run_table("--check")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(reason, result.stdout + result.stderr)

    def doc(self):
        with open(os.path.join(self.folder, "doc.md"), encoding="utf-8") as file:
            return file.read()

    def test_what_was_just_written_is_up_to_date(self):
        result = self.run_table("--check")
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_the_marks(self):
        self.assertIn("| `do_fault` | yes (no probe) | yes (no probe) |", self.doc())
        self.assertIn("| `do_shared_fault` | - | - |", self.doc())
        self.assertIn("| `shmem_getpage_gfp` | as `shmem_getpage_gfp.constprop.0` | - |",
                      self.doc())

    def test_a_new_release_with_the_same_marks_is_no_news(self):
        self.capture("6.12", "6.12.118", ["do_fault", "shmem_get_folio_gfp"])
        self.assertEqual(self.run_table("--check").returncode, 0)

    def test_an_altered_row_is_out_of_date(self):
        write(self.folder, "doc.md", self.doc().replace("| - | yes |", "| yes | yes |"))
        self.refused("+| `shmem_get_folio_gfp` | - | yes |")

    def test_a_missing_document_is_out_of_date(self):
        os.remove(os.path.join(self.folder, "doc.md"))
        self.refused("out of date")

    def test_a_function_without_a_name_is_reported(self):
        self.capture("6.12", "6.12.118", ["do_fault"])
        self.run_table("--update")
        self.refused("shmem_get_folio_gfp: no name on 6.12")

    def test_a_reason_excuses_it_and_only_it(self):
        self.capture("6.12", "6.12.118", ["do_fault"])
        self.run_table("--update")
        write(self.folder, "lists/absent.txt", "shmem_get_folio_gfp 6.12: a reason\n")
        self.assertEqual(self.run_table("--check").returncode, 0)
        write(self.folder, "lists/absent.txt", "shmem_get_folio_gfp 5.10 6.12: a reason\n")
        self.refused("absent.txt says it is not on 5.10, but it is")
        write(self.folder, "lists/absent.txt", "shmem_get_folio_gfp 6.12:\n")
        self.refused("write `function kernel...: reason`")

    def test_what_it_is_inlined_into_must_have_a_name(self):
        self.capture("6.12", "6.12.118", ["shmem_get_folio_gfp"])
        self.run_table("--update")
        self.refused("do_shared_fault: no name on 6.12")

    def test_an_empty_capture_is_refused(self):
        write(self.folder, "captures/6.12/kallsyms", "")
        self.refused("cut off or empty")
        os.remove(os.path.join(self.folder, "captures/6.12/kallsyms"))
        self.refused("No such file")


if __name__ == "__main__":
    unittest.main()
