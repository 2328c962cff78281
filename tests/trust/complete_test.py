#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Is a trace complete, or honest about what it lacks? complete_test.py BUILD.

The load knows how much it does. What it generated must be what was delivered and what was lost, however little room
there is, and whoever stops reading; and a trace that cannot be written must not harm the program.
"""

import collections
import os
import re
import signal
import unittest

from support import (LONGEST, counted_load, end_of, is_alive, lines_of, read, run, start, stat_of, take_build,
                     temp_folder, wait_until)

PLACE = take_build("completeness")
TINY = "4096"


def attached_to(load):
    return [PLACE.shmpath, "trace", "-p", str(load.process.pid), "--view", "tracepoints"]


def trace_of(load, folder, *options):
    """A tracer that is attached to the load, and has begun."""
    file = os.path.join(folder, "trace.jsonl")
    tracer = start([*attached_to(load), "--verify-stacks", "--format", "jsonl", "-o", file, *options])
    wait_until(lambda: '"header"' in read(file) or tracer.poll() is not None, "the header")
    return tracer, file


def records_said(text):
    """Generated, lost and read: what the programs in the kernel and the reader counted."""
    return tuple(int(number) for number in
                 re.search(r"records: (\d+) generated, (\d+) lost, (\d+) read", text).groups())


def gaps_of(lines):
    """Walks through the trace of one thread's lseek(-1, 1), lseek(-1, 2) ...: entry N is event 2N-1, its return 2N.
    For each place where events are missing: how many, and how many the trace says. Whose return stands behind a gap
    only the next entry shows."""
    at, told, gaps = 0, 0, []
    for line in lines:
        if line["type"] == "lost":
            told += line["count"]
        elif line["type"] == "exit":
            at += 1
        elif line["type"] == "enter":
            here = 2 * line["args"]["offset"] - 1
            if told or here != at + 1:
                gaps.append((here - at - 1, told))
            at, told = here, 0
    return gaps


def without_return(lines):
    """Entries whose return is not there, the last apart."""
    kinds = [line["type"] for line in lines if line["type"] in ("enter", "exit")]
    return sum(pair == ("enter", "enter") for pair in zip(kinds, kinds[1:]))


class TinyRing(unittest.TestCase):
    def test_each_gap_is_marked_with_what_is_missing_there(self):
        calls = 20000
        with counted_load(PLACE, calls=calls, before=["taskset", "-c", "0"]) as load, temp_folder() as folder:
            tracer, file = trace_of(load, folder, "--buffer", TINY)
            load.go()
            said = end_of(tracer)[1]
            self.assertEqual(load.finish(), ("all done\n", 0))
            lines = lines_of(file)
        generated, lost, got = records_said(said)
        self.assertEqual(generated, 2 * calls)  # what the load did
        self.assertEqual(lost + got, generated)
        self.assertGreater(lost, 0)
        self.assertEqual(lines[-1]["lost"], lost)
        self.assertFalse(lines[-1]["complete"])
        gaps = gaps_of(lines)
        self.assertGreater(len(gaps), 0)
        # A return whose entry is missing was delivered, and cannot be shown: it is counted.
        returns = lines[-1]["unmatched"] - without_return(lines) + lines[-1]["cut"]
        self.assertTrue(all(missing - told in (0, 1) for missing, told in gaps), gaps)
        self.assertEqual(sum(missing - told for missing, told in gaps), returns)

    def test_a_gap_that_says_less_than_is_missing_is_noticed(self):
        def enter(number):
            return {"type": "enter", "args": {"offset": number}}
        left = {"type": "exit"}
        self.assertEqual(gaps_of([enter(1), left, enter(2), left]), [])
        self.assertEqual(gaps_of([enter(1), {"type": "lost", "count": 3}, enter(3), left]), [(3, 3)])
        self.assertEqual(gaps_of([enter(1), {"type": "lost", "count": 2}, left, enter(3)]), [(2, 2)])
        self.assertEqual(gaps_of([enter(1), {"type": "lost", "count": 2}, enter(3)]), [(3, 2)])
        self.assertEqual(gaps_of([enter(1), left, enter(3)]), [(2, 0)])

    def test_what_threads_lack_is_what_was_lost(self):
        calls, threads = 5000, 4
        with counted_load(PLACE, threads=threads, calls=calls) as load, temp_folder() as folder:
            tracer, file = trace_of(load, folder, "--buffer", TINY)
            load.go()
            said = end_of(tracer)[1]
            self.assertEqual(load.finish(), ("all done\n", 0))
            lines = lines_of(file)
        generated, lost, got = records_said(said)
        self.assertEqual((generated, lost + got), (2 * calls * threads, generated))
        self.assertEqual(lines[-1]["lost"], lost)
        of_thread = collections.Counter(line["tid"] for line in lines if "tid" in line)
        self.assertLessEqual(len(of_thread), threads)
        self.assertTrue(all(count <= 2 * calls for count in of_thread.values()), of_thread)
        lacking = 2 * calls * threads - sum(of_thread.values())
        unseen = got - sum(of_thread.values())  # returns without their entry
        self.assertEqual(lacking, lost + unseen)
        self.assertLessEqual(unseen, lines[-1]["unmatched"] + lines[-1]["cut"])

    def test_with_room_for_all_nothing_is_lost_of_calls_and_faults_of_any_thread(self):
        calls, pages, threads = 3000, 1000, 4
        with counted_load(PLACE, threads=threads, calls=calls, pages=pages) as load, temp_folder() as folder:
            tracer, file = trace_of(load, folder)
            load.go()
            said = end_of(tracer)[1]
            self.assertEqual(load.finish(), ("all done\n", 0))
            lines = lines_of(file)
        generated, lost, got = records_said(said)
        self.assertEqual((lost, got), (0, generated))
        self.assertTrue(lines[-1]["complete"], lines[-1])
        counts = collections.Counter((line.get("tid"), line.get("name"), line["type"]) for line in lines)
        for tid in {line["tid"] for line in lines if line.get("name") == "lseek"}:
            self.assertEqual(counts[tid, "lseek", "enter"], calls)
            self.assertEqual(counts[tid, "lseek", "exit"], calls)
            self.assertEqual(counts[tid, "page_fault_user", "point"], pages)

    def test_the_tree_marks_the_gaps_that_the_recording_has(self):
        with counted_load(PLACE, threads=2, calls=5000, pages=500) as load, temp_folder() as folder:
            tree = os.path.join(folder, "tree")
            tracer = start([*attached_to(load), "--buffer", TINY, "-o", tree, "--record", f"{folder}/recorded"])
            wait_until(lambda: '"header"' in read(f"{folder}/recorded"), "the header")
            load.go()
            end_of(tracer)
            load.finish()
            lines, shown = lines_of(f"{folder}/recorded"), read(tree)
        marked = [int(count) for count in re.findall(r"^\.\.\. (\d+) events? lost here \.\.\.$", shown, re.MULTILINE)]
        self.assertEqual(marked, [line["count"] for line in lines if line["type"] == "lost"])
        self.assertGreater(len(marked), 1)
        self.assertIn(f"but {lines[-1]['lost']} events lost", shown.splitlines()[-1])


class StoppedReader(unittest.TestCase):
    def test_the_program_goes_on_and_what_did_not_fit_is_counted(self):
        calls = 20000
        with counted_load(PLACE, calls=calls) as load, temp_folder() as folder:
            tracer, file = trace_of(load, folder, "--buffer", "64KiB")
            tracer.send_signal(signal.SIGSTOP)
            wait_until(lambda: stat_of(tracer.pid)[0] == "T", "the stop")
            load.go()  # to its end, while nobody reads
            tracer.send_signal(signal.SIGCONT)
            said = end_of(tracer)[1]
            self.assertEqual(load.finish(), ("all done\n", 0))
            lines = lines_of(file)
        generated, lost, got = records_said(said)
        self.assertEqual((generated, lost + got), (2 * calls, generated))
        self.assertEqual(lines[-1]["lost"], lost)
        self.assertGreater(lost, calls)

    def test_by_ptrace_the_program_waits_and_nothing_is_lost(self):
        calls = 2000
        with temp_folder() as folder, counted_load(
                PLACE, calls=calls, before=[PLACE.shmpath, "trace", "--view", "syscalls", "--format", "jsonl",
                                            "-o", f"{folder}/trace", "--"]) as load:
            wait_until(lambda: '"offset":0' in read(f"{folder}/trace"), "the load's first call")
            load.process.send_signal(signal.SIGSTOP)
            wait_until(lambda: stat_of(load.process.pid)[0] == "T", "the stop")
            load.words[4] = 1
            program = next(line["pid"] for line in lines_of(f"{folder}/trace") if "pid" in line)
            wait_until(lambda: stat_of(program)[0] == "t", "the program to wait for its tracer")
            self.assertEqual(load.words[8], 0)
            load.process.send_signal(signal.SIGCONT)
            load.wait(2, 1, "the load's end")
            self.assertEqual(load.finish(), ("all done\n", 0))
            lines = lines_of(f"{folder}/trace")
        offsets = [line["args"]["offset"] for line in lines if line["type"] == "enter" and line["name"] == "lseek"]
        self.assertEqual(offsets, list(range(calls + 1)))
        self.assertTrue(lines[-1]["complete"])

    def test_a_pipe_that_nobody_reads_holds_up_the_tracer_and_not_the_program(self):
        calls = 20000
        with counted_load(PLACE, calls=calls) as load:
            tracer = start([*attached_to(load), "--buffer", "64KiB", "--format", "jsonl", "-o", "-"])
            tracer.stdout.readline()
            load.go()
            self.assertTrue(is_alive(tracer.pid))
            out, _ = end_of(tracer)  # which reads the pipe, too
            self.assertEqual(load.finish(), ("all done\n", 0))
        summary = out.splitlines()[-1]
        self.assertIn('"type":"summary"', summary)
        self.assertGreater(int(re.search(r'"lost":(\d+)', summary)[1]), 0)

    def test_a_tracer_that_a_full_pipe_holds_up_ends_when_it_is_asked_twice(self):
        with counted_load(PLACE, calls=20000) as load:
            tracer = start([*attached_to(load), "--format", "jsonl", "-o", "-"])
            tracer.stdout.readline()
            load.go()
            # A call of write(1, ...) that lasts. It may be looked at while the pipe still has room, so look twice.
            for _ in range(2):
                wait_until(lambda: read(f"/proc/{tracer.pid}/syscall").startswith("1 0x1 "), "the pipe to be full")
            for _ in range(2):
                tracer.send_signal(signal.SIGINT)
                wait_until(lambda: re.search(r"^ShdPnd:\s*0+$", read(f"/proc/{tracer.pid}/status"), re.MULTILINE),
                           "the signal to be taken")
            self.assertEqual(tracer.wait(LONGEST), 125)
            said = tracer.communicate()[1]
            self.assertIn("shmpath: cannot write the trace to standard output: nobody reads it;", said)
            self.assertEqual(load.finish(), ("all done\n", 0))


class Unwritable(unittest.TestCase):
    """The program writes its own word at its end, wherever its trace goes."""

    def traced(self, folder, *options):
        return [PLACE.shmpath, "trace", *options, "--", "sh", "-c",
                f"{PLACE.target('many_syscalls')} 20000 && echo whole >{folder}/word && exit 3"]

    def on_small_disk(self, folder, option, *options):
        """Traced to a disk of 64 KiB, which the trace fills: what was said, and what is on the disk then."""
        small = f"{folder}/small"
        return run(["unshare", "--mount", "sh", "-c",
                    f'mkdir {small} && mount -t tmpfs -o size=64k none {small} && "$@"; echo status $?; '
                    f"cat {small}/trace", "sh", *self.traced(folder, option, f"{small}/trace", *options)])

    def test_a_disk_that_fills_up_is_named_and_the_program_runs_to_its_end(self):
        for view, form in (("tracepoints", "tree"), ("tracepoints", "jsonl"), ("syscalls", "strace"),
                           ("tracepoints", "html"), ("syscalls", "perfetto")):
            with self.subTest(form), temp_folder() as folder:
                said = self.on_small_disk(folder, "-o", "--view", view, "--format", form)
                self.assertEqual(said.stderr, f"shmpath: cannot write the trace to {folder}/small/trace: No space left "
                                              "on device; free some space or give another -o FILE\n")
                self.assertEqual(read(f"{folder}/word"), "whole\n")
                self.assertEqual(said.stdout.partition("\n")[0], "status 125")

    def test_on_a_disk_that_is_full_the_program_is_not_started(self):
        for view, form in (("tracepoints", "tree"), ("tracepoints", "jsonl"), ("syscalls", "strace")):
            with self.subTest(form), temp_folder() as folder:
                said = run(self.traced(folder, "--view", view, "--format", form, "-o", "/dev/full"))
                self.assertEqual(said.stderr, "shmpath: cannot write the trace to /dev/full: No space left on device; "
                                              "free some space or give another -o FILE\n")
                self.assertEqual((said.returncode, read(f"{folder}/word")), (125, ""))

    def test_of_a_disk_that_fills_up_what_is_written_can_be_replayed(self):
        with temp_folder() as folder:
            said = self.on_small_disk(folder, "--record", "--view", "tracepoints", "-o", "/dev/null")
            self.assertIn(f"cannot write the trace to {folder}/small/trace: No space left on device; free some space "
                          "or give another --record FILE", said.stderr)
            self.assertEqual(read(f"{folder}/word"), "whole\n")
            status, _, kept = said.stdout.partition("\n")
            self.assertEqual((status, len(kept)), ("status 125", 64 * 1024))
            replayed = run([PLACE.shmpath, "replay", "-"], input=kept)
            self.assertIn("execve", replayed.stdout + replayed.stderr)
            self.assertIn("cut off", replayed.stdout + replayed.stderr)
            self.assertNotIn("\ncomplete:", replayed.stdout + replayed.stderr)

    def test_a_closed_pipe_is_named_and_the_program_runs_to_its_end(self):
        for view in ("tracepoints", "syscalls"):
            with self.subTest(view), temp_folder() as folder:
                tracer = start(self.traced(folder, "--view", view, "--format", "jsonl", "-o", "-"))
                tracer.stdout.readline()
                tracer.stdout.close()
                said = tracer.stderr.read()
                self.assertEqual(tracer.wait(LONGEST), 125)
                tracer.stderr.close()
                self.assertEqual(said, "shmpath: cannot write the trace to standard output: Broken pipe; "
                                       "keep its reader running, or give -o FILE\n")
                self.assertEqual(read(f"{folder}/word"), "whole\n")

    def test_a_standard_error_that_is_closed_ends_no_program(self):
        with temp_folder() as folder:
            tracer = start(self.traced(folder, "--view", "tracepoints"))
            tracer.stderr.readline()
            tracer.stderr.close()
            self.assertEqual(tracer.wait(LONGEST), 125)
            tracer.stdout.close()
            self.assertEqual(read(f"{folder}/word"), "whole\n")


if __name__ == "__main__":
    unittest.main()
