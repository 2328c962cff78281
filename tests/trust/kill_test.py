#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does kill.py see what a killed tracer leaves? Each stand-in for one leaves something else: kill_test.py BUILD."""

import contextlib
import os
import subprocess
import unittest

import kill
from support import adopt_orphans, take_build, temp_folder, wait_until

take_build("what a killed tracer leaves")
SHELL = os.path.realpath("/bin/sh")
HERE = f"shmpath-kill-test-{os.getpid()}"


def left_by(script, after=kill.GOES_ON, load=()):
    """Of a shell that is killed when it has written to OUT."""
    kind = kill.Kind("stand-in", after, ["-c", script, "OUT", "PID"], load, ready="ready")
    faults, begun, went_on = kill.strike_once(SHELL, kind, lambda strike: wait_until(strike.has_begun, "the stand-in"))
    assert begun
    return faults, went_on


class Left(unittest.TestCase):
    def setUp(self):
        kill.SETTLED = 0.5
        adopt_orphans()

    def test_nothing(self):
        self.assertEqual(left_by('echo ready >"$0"; exec sleep 60'), ([], False))

    def test_a_program_that_goes_on_is_right_or_wrong(self):
        script = 'sleep 60 & echo ready >"$0"; exec sleep 60'
        self.assertEqual(left_by(script), ([], True))
        for after in (kill.DIES, kill.ENDS):
            (said,), _ = left_by(script, after)
            self.assertRegex(said, r"process \d+ \(sleep\) is still there")

    def test_a_program_that_is_stopped(self):
        (said,), _ = left_by('sleep 60 & kill -STOP $!; echo ready >"$0"; exec sleep 60')
        self.assertRegex(said, r"process \d+ \(\w+\) is stopped")

    def test_a_process_of_the_tracer(self):
        (said,), _ = left_by('(while :; do :; done) & echo ready >"$0"; exec sleep 60')
        self.assertRegex(said, r"process \d+ \(\w*sh\) is the tracer's")

    def test_an_attached_process_that_dies_or_stops(self):
        (said,), went_on = left_by('kill "$1"; echo ready >"$0"; exec sleep 60', load=["sleep", "60"])
        self.assertEqual(said, "the process that was attached to is gone")
        self.assertFalse(went_on)
        (said,), _ = left_by('kill -STOP "$1"; echo ready >"$0"; exec sleep 60', load=["sleep", "60"])
        self.assertRegex(said, r"process \d+ \(\w+\) is stopped")

    def test_files_and_shared_memory(self):
        for path in (f"/dev/shm/{HERE}", f"/tmp/{HERE}"):
            with contextlib.ExitStack() as stack:
                stack.callback(os.remove, path)
                faults, _ = left_by(f'>{path}; echo ready >"$0"; exec sleep 60')
                self.assertEqual(faults, [f"file {path}"])
        faults, _ = left_by('>"$0.more"; echo ready >"$0"; exec sleep 60')
        self.assertEqual(faults, ["file out.more"])

    def test_a_segment(self):
        faults, _ = left_by('ipcmk -M 4096 >"$0.id"; rm "$0.id"; echo ready >"$0"; exec sleep 60')
        self.assertEqual(len(faults), 1)
        self.assertRegex(faults[0], r"sysv shm -?\d+ \d+")
        subprocess.run(["ipcrm", "-m", faults[0].split()[-1]], check=True)

    def test_an_object_of_bpf(self):
        with temp_folder() as folder:
            subprocess.run(["mount", "-t", "bpf", "none", folder], check=True)
            try:
                (said,), _ = left_by(f"bpftool map create {folder}/left type array key 4 value 4 entries 1 name left; "
                                     'echo ready >"$0"; exec sleep 60')
                self.assertRegex(said, r"BPF map \d+")
            finally:
                subprocess.run(["umount", folder], check=True)


if __name__ == "__main__":
    unittest.main()
