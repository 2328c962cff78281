#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""sudo_test.py BUILD: what the traced program has under a real sudo is what its person has; and
what shmpath writes then is written as that person."""
import os
import pathlib
import sys
import unittest

import support
from support import PEOPLE, PERSON, STRANGER, facts

BUILD = pathlib.Path(sys.argv[1]).resolve()
BY_PTRACE = ("--view", "syscalls")  # where the view makes no difference: it begins faster


class SudoTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = support.Playground(BUILD)
        cls.addClassCleanup(cls.place.remove)
        cls.shmpath = cls.place.shmpath
        cls.program = cls.place.path / "show_facts"

    def sudo(self, *words, more=(), **how):
        return self.place.run(["sudo", "-n", *more, self.shmpath, *words], **how)

    def facts_of(self, words, **how):
        """Called by a shell of the person's, as everything is."""
        done = self.place.run(["sh", "-c", '"$@"; exit $?', "sh", *words], **how)
        self.assertEqual(done.returncode, 0, done.stderr)
        return facts(done.stdout)

    def traced(self, *options, before=("sudo", "-n"), **how):
        return self.facts_of([*before, self.shmpath, "trace", *options, "-o", "/dev/null", "--",
                              self.program, "a b"], **how)

    def test_under_sudo_the_program_has_every_fact_of_the_persons_own(self):
        own = self.facts_of([self.program, "a b"])
        self.assertEqual(own["environment"][0], f"HOME={self.place.home}")
        self.assertEqual(own["SigIgn:"], ["0000000000000205"])
        self.assertEqual(self.traced(), own)

    def test_so_it_has_by_ptrace_but_for_its_tracer(self):
        own = self.facts_of([self.program, "a b"])
        traced = self.traced("--view", "syscalls")
        self.assertNotEqual(traced.pop("TracerPid:"), own.pop("TracerPid:"))
        self.assertEqual(traced, own)

    def test_what_sudo_itself_changes_would_be_seen(self):
        own = self.facts_of([self.program])
        by_sudo = self.facts_of(["sudo", "-n", self.program])
        differ = {name for name in own if own[name] != by_sudo.get(name)}
        self.assertLessEqual({"Uid:", "Gid:", "groups", "environment", "Umask:", "CapEff:"}, differ)

    def test_a_variable_on_sudos_command_line_is_the_programs(self):
        traced = self.traced(before=("sudo", "-n", "OWN=other", "MORE=1"))
        self.assertIn("OWN=other", traced["environment"])
        self.assertIn("MORE=1", traced["environment"])
        self.assertIn(f"HOME={self.place.home}", traced["environment"])

    def test_from_a_shell_of_roots_the_program_has_the_persons_name_and_home(self):
        words = f"{self.shmpath} trace -o /dev/null -- {self.program}; exit $?"
        environment = self.facts_of(["sudo", "-n", "sh", "-c", words])["environment"]
        self.assertIn(f"USER={support.NAME}", environment)
        self.assertIn(f"HOME=/tmp/{support.NAME}", environment)
        self.assertEqual([one for one in environment if one.startswith(("SUDO_", "MAIL="))], [])

    def test_behind_a_second_sudo_is_root(self):
        traced = self.traced(before=("sudo", "-n", "sudo", "-n"))
        self.assertEqual(traced["Uid:"], ["0 0 0 0"])

    def test_a_command_is_found_where_the_person_finds_it(self):
        folder = self.place.home / "bin"
        folder.mkdir()
        self.addCleanup(lambda: (folder / "mine").unlink() or folder.rmdir())
        (folder / "mine").symlink_to("/bin/true")
        done = self.sudo("trace", *BY_PTRACE, "-o", "/dev/null", "--", "mine")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_with_a_terminal_it_is_in_shmpaths_own_session_and_group(self):
        words = f"sudo -n {self.shmpath} trace -o /dev/null -- {self.program}"
        done = self.place.run(["script", "-qec", words, "/dev/null"])
        self.assertEqual(done.returncode, 0, done.stdout)
        found = facts(done.stdout.replace("\r", ""))
        for name in ("terminal", "foreground", "parents_session", "parents_group"):
            self.assertEqual(found[name], ["1"], name)
        self.assertEqual(found["Umask:"], ["0006"])
        self.assertIn("OWN=a b|c", found["environment"])

    # --- files

    def recording_in(self, folder, name="trace", option="-o"):
        done = self.sudo("trace", *BY_PTRACE, "--format", "jsonl", option, f"{folder}/{name}", "--",
                         "/bin/true")
        return done, folder / name

    def test_output_and_recording_belong_to_the_person(self):
        for option in ("-o", "--record"):
            done, file = self.recording_in(self.place.home, option[1:], option)
            self.addCleanup(file.unlink)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual((file.stat().st_uid, file.stat().st_gid), (PERSON, PEOPLE))
            self.assertEqual(file.stat().st_mode & 0o022, 0)

    def test_nothing_is_written_where_only_root_may(self):
        folder = self.place.folder("roots", 0, 0, 0o755)
        self.addCleanup(folder.rmdir)
        done, file = self.recording_in(folder)
        self.assertEqual(done.returncode, 125)
        self.assertIn(f"cannot write the trace to {file}: Permission denied", done.stderr)
        self.assertFalse(file.exists())

    def test_nothing_is_written_where_only_roots_group_may(self):
        folder = self.place.folder("groups", 0, 0, 0o770)
        self.addCleanup(folder.rmdir)
        done, file = self.recording_in(folder)
        self.assertEqual(done.returncode, 125)
        self.assertFalse(file.exists())

    def test_it_is_written_where_a_group_of_the_persons_may(self):
        folder = self.place.folder("team", 0, support.TEAM, 0o770)
        done, file = self.recording_in(folder)
        self.addCleanup(lambda: file.unlink() or folder.rmdir())
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_file_of_roots_stays_as_it_is(self):
        file = self.place.home / "roots-file"
        file.write_text("precious")
        self.addCleanup(file.unlink)
        for option in ("-o", "--record"):
            done, _ = self.recording_in(self.place.home, "roots-file", option)
            self.assertEqual(done.returncode, 125)
            self.assertEqual(file.read_text(), "precious")

    def test_no_link_is_followed_nor_its_file_made(self):
        for owner in (PERSON, STRANGER):
            link = self.place.home / f"link-{owner}"
            link.symlink_to(self.place.home / "behind")
            os.lchown(link, owner, PEOPLE)
            self.addCleanup(link.unlink)
            done, _ = self.recording_in(self.place.home, link.name)
            self.assertEqual(done.returncode, 125)
            self.assertIn("it is a symbolic link", done.stderr)
            self.assertFalse((self.place.home / "behind").exists())

    def test_the_names_of_an_open_descriptor_are_no_links(self):
        done = self.sudo("trace", *BY_PTRACE, "--format", "jsonl", "-o", "/dev/stdout", "--",
                         "/bin/true")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"type":"summary"', done.stdout)

    def test_a_folder_that_leads_elsewhere_leads_to_what_the_person_may_write(self):
        roots = self.place.folder("behind-link", 0, 0, 0o755)
        link = self.place.home / "elsewhere"
        link.symlink_to(roots)
        self.addCleanup(lambda: link.unlink() or roots.rmdir())
        done, _ = self.recording_in(link)
        self.assertEqual(done.returncode, 125)
        self.assertEqual(list(roots.iterdir()), [])

    def test_what_is_kept_of_kernels_is_kept_where_the_person_keeps_it(self):
        done = self.sudo("vm", "list")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"kept in {self.place.home}/cache/shmpath/kernels", done.stdout)

    def test_what_needs_no_right_of_roots_has_none(self):
        file = self.place.home / "roots-recording"
        file.write_text('{"type":"header"}\n')
        file.chmod(0o600)
        self.addCleanup(file.unlink)
        done = self.sudo("replay", file)
        self.assertEqual(done.returncode, 125)
        self.assertIn("Permission denied", done.stderr)

    def test_an_exercise_is_the_persons(self):
        done = self.sudo("exercise", "start", "01", "begun")
        self.assertEqual(done.returncode, 0, done.stderr)
        made = [self.place.home / "begun", *(self.place.home / "begun").iterdir()]
        self.assertEqual({path.stat().st_uid for path in made}, {PERSON})


if __name__ == "__main__":
    support.apart()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
