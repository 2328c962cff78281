#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What may befall a traced program or its machine while it is traced: faults_test.py BUILD.

The trace stays complete, or says what it lacks, and the program behaves as it does untraced. What needs a machine of
its own (the clock, the processors) is in in_vm.py.
"""

import collections
import os
import re
import shutil
import signal
import stat
import subprocess
import unittest

from support import (LONGEST, counted_load, end_of, kernel_objects, left_on_machine, left_since, lines_of, read, run,
                     start, stat_of, take_build, temp_folder, wait_until)

PLACE = take_build("faults")
VIEWS = ("tracepoints", "syscalls")
NOBODY = 65534
# Calls shm_open, says so, and waits for a word, as often as it is told.
SHM_TWICE = """
import _posixshmem, sys
for _ in range(2):
    try: _posixshmem.shm_open('/shmpath-trust-none', 0)
    except FileNotFoundError: print('called', flush=True)
    sys.stdin.readline()
"""


def traced(view, file, *words):
    return [PLACE.shmpath, "trace", "--view", view, "--format", "jsonl", "-o", file, *words]


def begun(file):
    wait_until(lambda: '"header"' in read(file), "the trace to begin")


def calls_of(lines, name):
    return [line for line in lines if line["type"] == "enter" and line["name"] == name]


class Target(unittest.TestCase):
    def test_killed_from_outside_its_trace_ends_and_is_whole(self):
        for view in VIEWS:
            with self.subTest(view), temp_folder() as folder:
                tracer = start(traced(view, f"{folder}/trace", "--", PLACE.target("spin_until_signal")))
                pid = int(tracer.stdout.readline().split()[1])
                os.kill(pid, signal.SIGKILL)
                tracer.communicate(timeout=LONGEST)
                summary = lines_of(f"{folder}/trace")[-1]
                self.assertEqual(tracer.returncode, 128 + signal.SIGKILL)
                self.assertEqual(summary["exit"], {"signal": signal.SIGKILL})
                self.assertTrue(summary["complete"], summary)

    def test_killed_while_attached_the_tracer_ends_by_itself(self):
        for view in VIEWS:
            with self.subTest(view), temp_folder() as folder, counted_load(PLACE) as load:
                tracer = start(traced(view, f"{folder}/trace", "-p", str(load.process.pid)))
                begun(f"{folder}/trace")
                load.process.kill()
                load.process.communicate()
                self.assertEqual(tracer.communicate(timeout=LONGEST)[1], "")
                self.assertEqual(tracer.returncode, 0)
                self.assertTrue(lines_of(f"{folder}/trace")[-1]["complete"])

    def test_stopped_and_continued_it_does_both_and_nothing_is_missing(self):
        for view in VIEWS:
            with self.subTest(view), temp_folder() as folder, counted_load(PLACE, calls=500) as load:
                tracer = start(traced(view, f"{folder}/trace", "-p", str(load.process.pid)))
                begun(f"{folder}/trace")
                load.process.send_signal(signal.SIGSTOP)
                wait_until(lambda load=load: stat_of(load.process.pid)[0] in "Tt", "the stop")
                load.process.send_signal(signal.SIGCONT)
                wait_until(lambda load=load: stat_of(load.process.pid)[0] in "RS", "the program to go on")
                load.go()
                end_of(tracer)
                self.assertEqual(load.finish(), ("all done\n", 0))
                lines = lines_of(f"{folder}/trace")
                self.assertEqual(len(calls_of(lines, "lseek")), 500)
                self.assertTrue(lines[-1]["complete"], lines[-1])

    def test_detached_again_and_again_it_goes_on_unharmed(self):
        before = left_on_machine()
        for view in VIEWS:
            with self.subTest(view), temp_folder() as folder, counted_load(PLACE, 2, calls=500, pages=50) as load:
                for turn in range(5):
                    tracer = start(traced(view, f"{folder}/{turn}", "-p", str(load.process.pid)))
                    begun(f"{folder}/{turn}")
                    end_of(tracer)
                    self.assertTrue(lines_of(f"{folder}/{turn}")[-1]["complete"])
                self.assertIn("TracerPid:\t0\n", read(f"/proc/{load.process.pid}/status"))
                load.go()
                self.assertEqual(load.finish(), ("all done\n", 0))
        self.assertEqual(left_since(before), set())

    def test_a_setuid_program_has_its_rights_unless_its_tracer_is_an_ordinary_user(self):
        with temp_folder() as folder:
            program = shutil.copy(PLACE.target("setuid_show"), folder)
            os.chmod(program, 0o4755)
            os.chmod(folder, 0o777)
            self.assertTrue(os.stat(program).st_mode & stat.S_ISUID)
            if os.statvfs(folder).f_flag & os.ST_NOSUID:
                self.skipTest(f"{folder} is mounted nosuid")
            command = ["sh", "-c", f"exec {program}"]
            as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
            without_groups = re.compile(r"^groups.*\n", re.MULTILINE)  # sudo_test.cpp compares those
            alone = without_groups.sub("", run([*as_nobody, *command]).stdout)
            self.assertIn(f"uid {NOBODY} 0 0\n", alone)
            sudo = dict(os.environ, SUDO_UID=str(NOBODY), SUDO_GID=str(NOBODY))
            by_bpf = run(traced("tracepoints", f"{folder}/bpf", "--", *command), env=sudo)
            self.assertEqual((without_groups.sub("", by_bpf.stdout), by_bpf.returncode), (alone, 0))
            # The kernel gives no rights to a program whose tracer could not have had them (ptrace(2)).
            by_ptrace = run([*as_nobody, *traced("syscalls", f"{folder}/ptrace", "--", *command)])
            self.assertIn(f"uid {NOBODY} {NOBODY} {NOBODY}\n", by_ptrace.stdout)
            for name in ("bpf", "ptrace"):
                lines = lines_of(f"{folder}/{name}")
                self.assertIn(program, [line["args"].get("pathname") for line in calls_of(lines, "execve")])
                self.assertTrue(lines[-1]["complete"], lines[-1])


class ReplacedLibrary(unittest.TestCase):
    """The C library of the whole trace is a copy, which another file takes the place of."""

    def library(self, folder):
        real = next(line.split()[-1] for line in read("/proc/self/maps").splitlines() if line.endswith("/libc.so.6"))
        return shutil.copy(real, f"{folder}/libc.so.6")

    def test_the_old_one_is_seen_to_the_end_and_the_new_one_as_soon_as_it_is_known(self):
        with temp_folder() as folder:
            library = self.library(folder)
            python = ["/usr/bin/python3", "-c", SHM_TWICE]
            tracer = start(traced("tracepoints", f"{folder}/trace", "--", "sh", "-c",
                                  '"$@"; "$@"', "sh", *python), stdin=subprocess.PIPE,
                           env=dict(os.environ, LD_LIBRARY_PATH=folder))
            self.assertEqual(tracer.stdout.readline(), "called\n")
            before = kernel_objects()
            shutil.copy(library, f"{folder}/new")
            os.rename(f"{folder}/new", library)
            tracer.stdin.write("\n\n")  # the second call of the old one, and its end
            tracer.stdin.flush()
            for _ in range(2):
                self.assertEqual(tracer.stdout.readline(), "called\n")
            # the new one has made its first call: now its library gets probes
            wait_until(lambda: len(kernel_objects() - before) > 1, "probes on the new library")
            out, said = tracer.communicate("\n\n", timeout=LONGEST)
            self.assertEqual((out, tracer.returncode), ("called\n", 0), said)
            lines = lines_of(f"{folder}/trace")
        programs = collections.Counter(line["pid"] for line in calls_of(lines, "shm_open"))
        opens = collections.Counter(line["pid"] for line in calls_of(lines, "openat")
                                    if line["args"]["pathname"] == "/dev/shm/shmpath-trust-none")
        self.assertEqual(sorted(opens.values()), [2, 2])
        old, new = opens
        self.assertEqual(programs[old], 2)
        self.assertIn(programs[new], (1, 2))  # the first may come before the probes: so it is said to be a gap
        self.assertEqual((lines[-1]["late_probes"], lines[-1]["complete"]), (1, False))

    def test_one_that_stays_is_no_gap(self):
        with temp_folder() as folder:
            self.library(folder)
            run(traced("tracepoints", f"{folder}/trace", "--", "sh", "-c", "true; /bin/true"),
                env=dict(os.environ, LD_LIBRARY_PATH=folder))
            self.assertTrue(lines_of(f"{folder}/trace")[-1]["complete"])


class TwoTracers(unittest.TestCase):
    def two(self, folder, pids):
        tracers = [start(traced("tracepoints", f"{folder}/{number}", "-p", str(pid)))
                   for number, pid in enumerate(pids)]
        for number in range(len(pids)):
            begun(f"{folder}/{number}")
        return tracers

    def require_all(self, folder, number, pid, calls):
        lines = lines_of(f"{folder}/{number}")
        self.assertEqual(len(calls_of(lines, "lseek")), calls)
        self.assertEqual({line["pid"] for line in lines if "pid" in line}, {pid})
        self.assertTrue(lines[-1]["complete"], lines[-1])

    def test_of_one_program_both_see_all(self):
        with temp_folder() as folder, counted_load(PLACE, calls=3000) as load:
            tracers = self.two(folder, [load.process.pid] * 2)
            load.go()
            for tracer in tracers:
                end_of(tracer)
            self.assertEqual(load.finish(), ("all done\n", 0))
            for number in range(2):
                self.require_all(folder, number, load.process.pid, 3000)

    def test_of_two_programs_each_sees_its_own(self):
        with temp_folder() as folder, counted_load(PLACE, calls=3000) as one, counted_load(PLACE, calls=2000) as other:
            tracers = self.two(folder, [one.process.pid, other.process.pid])
            one.go()
            other.go()
            for tracer in tracers:
                end_of(tracer)
            for number, (load, calls) in enumerate(((one, 3000), (other, 2000))):
                self.assertEqual(load.finish(), ("all done\n", 0))
                self.require_all(folder, number, load.process.pid, calls)

    def test_by_ptrace_the_second_is_refused_and_says_who_has_it(self):
        with temp_folder() as folder, counted_load(PLACE, calls=10) as load:
            first = start(traced("syscalls", f"{folder}/0", "-p", str(load.process.pid)))
            begun(f"{folder}/0")
            second = run(traced("syscalls", f"{folder}/1", "-p", str(load.process.pid)))
            self.assertEqual(second.returncode, 125)
            self.assertRegex(second.stderr, rf"shmpath: .*{load.process.pid}.*: .*{first.pid}.*; .*\n")
            load.go()
            end_of(first)
            self.assertEqual(load.finish(), ("all done\n", 0))


class TracedTracer(unittest.TestCase):
    def test_a_tracer_that_is_traced_traces_and_both_traces_are_whole(self):
        for outer, inner in (("tracepoints", "tracepoints"), ("syscalls", "tracepoints"), ("tracepoints", "syscalls")):
            with self.subTest(outer=outer, inner=inner), temp_folder() as folder:
                within = traced(inner, f"{folder}/inner", "--", "echo", "word")
                said = run(traced(outer, f"{folder}/outer", "--", *within))
                self.assertEqual((said.stdout, said.stderr, said.returncode), ("word\n", "", 0))
                for name in ("outer", "inner"):
                    lines = lines_of(f"{folder}/{name}")
                    self.assertTrue(lines[-1]["complete"], (name, lines[-1]))
                    self.assertIn("/usr/bin/echo", [line["args"].get("pathname") for line in calls_of(lines, "execve")])

    def test_by_ptrace_twice_it_is_refused_by_name_and_nothing_hangs(self):
        with temp_folder() as folder:
            said = run(traced("syscalls", f"{folder}/outer", "--", *traced("syscalls", f"{folder}/inner", "--", "echo",
                                                                           "word")))
            self.assertEqual((said.stdout, said.returncode), ("", 125))
            self.assertRegex(said.stderr, r"^shmpath: cannot trace .*: .*; .*\n$")


if __name__ == "__main__":
    unittest.main()
