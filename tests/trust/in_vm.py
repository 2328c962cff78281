#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What may befall a machine while a program is traced on it. In a VM, as root, and nowhere else:

    shmpath vm run --cpus 2 -- tests/trust/in_vm.py BUILD

The clock is set, back and forth; a processor is taken away and given back, if the VM has two.
"""

import os
import time
import unittest

from support import counted_load, end_of, lines_of, read, run, skip, start, take_build, temp_folder, wait_until

PLACE = take_build("clock and processors")
ONLINE = "/sys/devices/system/cpu/cpu1/online"


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class Clock(unittest.TestCase):
    def test_a_clock_that_is_set_does_not_show_in_a_trace(self):
        step = "import time; time.clock_settime(time.CLOCK_REALTIME, time.time() + {})"
        for view in ("tracepoints", "functions", "syscalls"):
            with self.subTest(view), temp_folder() as folder:
                offset = time.time() - time.monotonic()
                said = run([PLACE.shmpath, "trace", "--place", "host", "--view", view, "--format", "jsonl", "-o",
                            f"{folder}/trace", "--", "/usr/bin/python3", "-c",
                            f"{step.format(36000)}; {step.format(-72000)}"])
                self.assertEqual((said.stdout, said.stderr, said.returncode), ("", "", 0))
                self.assertAlmostEqual(time.time() - time.monotonic() - offset, -36000, delta=60)
                lines = lines_of(f"{folder}/trace")
                self.assertTrue(lines[-1]["complete"], lines[-1])
                self.assertEqual(sum(line.get("name") == "clock_settime" and line["type"] == "enter" for line in lines), 2)
                times = [line["t"] for line in lines if "t" in line and line.get("layer") == "syscall"]
                self.assertEqual(times, sorted(times))
                self.assertLess(max(times), 60e9)
                self.assertLess(max(line.get("ns", 0) for line in lines), 60e9)


@unittest.skipUnless(os.path.exists(ONLINE), "needs a second processor that can be taken away")
class Processors(unittest.TestCase):
    def tearDown(self):
        write(ONLINE, "1")

    def test_one_that_is_taken_away_and_given_back_costs_no_event(self):
        calls = 5000
        for view in ("tracepoints", "syscalls"):
            with self.subTest(view), temp_folder() as folder, counted_load(PLACE, 2, calls=calls) as load:
                file = f"{folder}/trace"
                tracer = start([PLACE.shmpath, "trace", "--place", "host", "--view", view, "--format", "jsonl", "-o", file,
                                "-p", str(load.process.pid)])
                wait_until(lambda file=file: '"header"' in read(file), "the trace to begin")
                write(ONLINE, "0")
                load.go()
                write(ONLINE, "1")
                end_of(tracer)
                self.assertEqual(load.finish(), ("all done\n", 0))
                lines = lines_of(file)
                self.assertEqual(sum(line.get("name") == "lseek" and line["type"] == "enter" for line in lines), 2 * calls)
                self.assertTrue(lines[-1]["complete"], lines[-1])

    def test_a_trace_that_begins_on_one_processor_goes_on_on_the_second(self):
        calls = 5000
        with temp_folder() as folder, counted_load(PLACE, 2, calls=calls) as load:
            write(ONLINE, "0")
            tracer = start([PLACE.shmpath, "trace", "--place", "host", "--view", "tracepoints", "--format", "jsonl", "-o",
                            f"{folder}/trace", "-p", str(load.process.pid)])
            wait_until(lambda: '"header"' in read(f"{folder}/trace"), "the trace to begin")
            write(ONLINE, "1")
            load.go()
            end_of(tracer)
            self.assertEqual(load.finish(), ("all done\n", 0))
            lines = lines_of(f"{folder}/trace")
            self.assertEqual(sum(line.get("name") == "lseek" and line["type"] == "enter" for line in lines), 2 * calls)
            self.assertTrue(lines[-1]["complete"], lines[-1])


if __name__ == "__main__":
    if os.path.basename(os.path.realpath("/proc/1/exe")) != "shmpath":  # the VM's agent
        skip("clock and processors", "sets the clock; run it in the VM: shmpath vm run --cpus 2 -- in_vm.py BUILD")
    unittest.main()
