#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""capabilities_test.py BUILD: shmpath for an ordinary user, by capabilities of the program file.

Each capability of docs/privileges.md is left out once, and what then fails is looked at. What such a
shmpath must not give away is tried.
"""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

import support
from support import PERSON, STRANGER, facts

BUILD = pathlib.Path(sys.argv[1]).resolve()
ALL = "cap_bpf,cap_perfmon,cap_syslog"
SECRET = "nobody else's business"


def events_of(text):
    """Between what the program prints."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


class CapabilitiesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = support.Playground(BUILD)
        cls.addClassCleanup(cls.place.remove)
        cls.program = cls.place.path / "show_facts"

    def setUp(self):
        self.allow(ALL)

    def allow(self, capabilities):
        file = self.place.shmpath
        if capabilities:
            subprocess.run(["setcap", capabilities + "+ep", file], check=True)
        else:
            subprocess.run(["setcap", "-r", file], check=True)

    def shmpath(self, *words, **how):
        return self.place.run([self.place.shmpath, *words], **how)

    def traced(self, *words, view="tracepoints"):
        done = self.shmpath("trace", "--view", view, "--format", "jsonl", "-o", "-", "--", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return events_of(done.stdout)

    def setuid(self, program, owner=0, mode=0o4755):
        copy = self.place.path / f"setuid-{program.name}"
        shutil.copy(program, copy)
        os.chown(copy, owner, 0)
        copy.chmod(mode)
        self.addCleanup(copy.unlink)
        return copy

    @contextlib.contextmanager
    def running(self, *words, uid=PERSON):
        with subprocess.Popen([str(word) for word in words], preexec_fn=support.as_user(uid),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(0.1)  # until it is that program: a shorter one would only fail to be refused
            try:
                yield process.pid
            finally:
                process.kill()

    # --- what is needed, and what for

    def test_with_all_of_them_an_ordinary_user_sees_the_kernels_functions(self):
        events = self.traced(self.program)
        self.assertEqual(events[0]["probes"]["missing"], [])
        self.assertTrue(any(event.get("stack") for event in events))
        self.assertTrue(any(event.get("layer") == "user" for event in events))
        self.assertTrue(events[-1]["complete"], events[-1])

    def test_the_program_has_nothing_of_them(self):
        own = facts(self.place.run([self.program]).stdout)
        for view in ("tracepoints", "syscalls"):
            done = self.shmpath("trace", "--view", view, "-o", "/dev/null", "--", self.program)
            self.assertEqual(done.returncode, 0, done.stderr)
            traced = facts(done.stdout)
            self.assertEqual(traced.pop("TracerPid:") == ["0"], view != "syscalls")
            self.assertEqual(traced, {name: own[name] for name in own if name != "TracerPid:"})

    def test_the_one_that_lacks_for_bpf_is_named(self):
        for given, lacks in (("cap_bpf,cap_syslog", "CAP_PERFMON"),
                             ("cap_perfmon,cap_syslog", "CAP_BPF"),
                             ("cap_syslog", "CAP_BPF and CAP_PERFMON")):
            self.allow(given)
            done = self.shmpath("trace", "--view", "tracepoints", "--", self.program)
            self.assertEqual(done.returncode, 125)
            self.assertIn(f"cannot load BPF programs: permission denied: without {lacks}; run it "
                          "as root", done.stderr)

    def test_without_enough_for_bpf_system_calls_are_traced_as_by_anybody(self):
        for given in ("cap_bpf", "cap_perfmon", "cap_syslog", ""):
            self.allow(given)
            events = self.traced("/bin/true", view="auto")
            self.assertEqual(events[0]["view"], "syscalls")
            self.assertTrue(events[-1]["complete"])

    def test_without_cap_syslog_the_kernels_functions_have_no_names_and_the_trace_says_so(self):
        self.allow("cap_bpf,cap_perfmon")
        events = self.traced(self.program)
        missing = {one["name"]: one["reason"] for one in events[0]["probes"]["missing"]}
        self.assertIn("CAP_SYSLOG", missing["kernel function names"])
        self.assertFalse(any(event.get("stack") for event in events))

    # --- what they must not give

    def test_no_process_of_anothers_is_attached_to(self):
        for uid in (0, STRANGER):
            with self.running("sleep", "60", uid=uid) as pid:
                self.refused(pid)

    def test_no_process_with_rights_of_anothers_is_attached_to(self):
        for program in (self.setuid(pathlib.Path("/bin/sleep")),
                        self.setuid(pathlib.Path("/bin/cat"), mode=0o711)):
            with self.running(program, *(["60"] if "sleep" in program.name else ["/dev/zero"])) as pid:
                self.refused(pid)

    def refused(self, pid):
        done = self.shmpath("trace", "--view", "tracepoints", "-p", pid)
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assertIn(f"cannot trace process {pid}: it belongs to another user, or has rights that "
                      "you have not", done.stderr)

    def test_ones_own_process_is_attached_to(self):
        with self.running("sleep", "1") as pid:
            done = self.shmpath("trace", "--view", "tracepoints", "-o", "/dev/null", "-p", pid)
        self.assertEqual(done.returncode, 0, done.stderr)

    def seen_of(self, program, *, root=False, words=()):
        """What is traced of it when a program of the person's executes it: events after the exec.

        Not those of pages that were allocated before, and come to their list now (whoever drains).
        """
        command = ["trace", "--view", "tracepoints", "--format", "jsonl", "-o", "-", "--", "sh", "-c",
                   '"$@" >/dev/null; exit 0', "sh", program, *words]
        done = (subprocess.run([str(word) for word in (self.place.shmpath, *command)], text=True,
                               capture_output=True, check=False) if root else self.shmpath(*command))
        self.assertEqual(done.returncode, 0, done.stderr)
        events = events_of(done.stdout)
        execs = [at for at, event in enumerate(events) if event.get("name") == "sched_process_exec"
                 and event["args"]["comm"] == program.name[:15]]
        self.assertEqual(len(execs), 1, done.stdout)
        pid = events[execs[0]]["pid"]
        later = [event for event in events[execs[0] + 1:]
                 if event.get("pid") == pid and event.get("name") != "mm_lru_insertion"]
        return events[execs[0]]["args"].get("not_traced"), later, done.stdout

    def test_a_program_that_gains_rights_is_seen_no_more(self):
        secret = self.place.path / "secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        reader = self.setuid(pathlib.Path("/bin/cat"))
        reason, later, text = self.seen_of(reader, words=[secret])
        self.assertEqual((reason, later), ("its rights are not yours", []))
        self.assertNotIn(SECRET, text)

    def test_nor_one_that_may_not_be_read_or_has_capabilities(self):
        unreadable = self.setuid(pathlib.Path("/bin/true"), mode=0o711)
        self.assertEqual(self.seen_of(unreadable)[:2], ("its rights are not yours", []))
        capable = self.setuid(pathlib.Path("/bin/echo"), mode=0o755)
        subprocess.run(["setcap", "cap_net_raw+ep", capable], check=True)
        self.assertEqual(self.seen_of(capable)[:2], ("its rights are not yours", []))

    def test_to_root_they_are_seen(self):
        for mode in (0o4755, 0o711):
            reason, later, _ = self.seen_of(self.setuid(pathlib.Path("/bin/true"), mode=mode),
                                            root=True)
            self.assertIsNone(reason)
            self.assertNotEqual(later, [])
            self.doCleanups()

    def test_no_file_is_written_or_read_that_the_user_may_not(self):
        file = self.place.path / "roots-file"
        file.write_text("precious")
        file.chmod(0o600)
        self.addCleanup(file.unlink)
        done = self.shmpath("trace", "-o", file, "--", "/bin/true")
        self.assertEqual(done.returncode, 125)
        self.assertEqual(file.read_text(), "precious")
        done = self.shmpath("replay", file)
        self.assertIn("Permission denied", done.stderr)

    def test_no_library_of_the_users_is_loaded_into_it(self):
        environment = {**self.place.environment(), "LD_PRELOAD": "/nonexistent/evil.so"}
        said = self.place.run(["/bin/true"], env=environment).stderr
        self.assertIn("cannot be preloaded", said)  # so it would be seen
        self.assertEqual(self.shmpath("list", "--names", env=environment).stderr, "")

    def test_a_program_that_it_runs_has_none_of_them(self):
        """A helper is found by PATH, so the user may put his own in its place."""
        folder = self.place.home / "bin"
        folder.mkdir()
        self.addCleanup(shutil.rmtree, folder)
        told = self.place.home / "told"
        for name in ("apt-get", "apt-cache", "apt-config", "dpkg", "dpkg-deb", "depmod", "xz"):
            (folder / name).write_text(f"#!/bin/sh\ngrep Cap /proc/self/status >>{told}\nexit 1\n")
            (folder / name).chmod(0o755)
        self.shmpath("vm", "fetch", "6.12")
        lines = told.read_text().splitlines()
        told.unlink()
        held = [line for line in lines if line.split() and not line.startswith("CapBnd")]
        self.assertGreaterEqual(len(held), 4)
        self.assertEqual({line.split()[1] for line in held}, {"0" * 16})

    def test_its_descriptors_and_memory_are_closed_to_the_user(self):
        with self.running(self.place.shmpath, "trace", "-o", "/dev/null", "--", "sleep", "60") as pid:
            time.sleep(1)
            for name in ("fd/", "environ", "mem"):
                done = self.place.run(["ls" if name == "fd/" else "head", f"/proc/{pid}/{name}"])
                self.assertIn("Permission denied", done.stderr, name)


if __name__ == "__main__":
    support.apart()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
