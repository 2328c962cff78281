#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What bench/run makes of what tracers leave behind: counted, judged, shown."""

import os
import tempfile
import unittest

import goals
import outcomes
import tables
from loads import LOADS
from measuring import Row, Sample


def row(load, tracer, ratio, **more):
    figures = {"events": 10, "lost": 0, "start": 0.1, "processor": 1.0, "peak": 1 << 20, "size": 1000, **more}
    return Row(load, tracer, as_much=True, expected=10, samples=[Sample(1.0, ratio, **figures)])


def verdict(rows, place, beginning):
    found = [v for v in goals.judge(rows, place) if v.goal.startswith(beginning)]
    return found[0].met if found else None


class Outcomes(unittest.TestCase):
    def counted(self, outcome, text, said=""):
        with tempfile.TemporaryDirectory() as folder:
            for name, content in (("out", text), ("said", said)):
                with open(os.path.join(folder, name), "w") as file:
                    file.write(content)
            return outcome(os.path.join(folder, "out"), os.path.join(folder, "said"))

    def test_shmpath_says_both_itself(self):
        self.assertEqual(self.counted(outcomes.of_shmpath, 'x\n{"type":"summary","events":12,"lost":3}\n'), (12, 3))
        self.assertEqual(self.counted(outcomes.of_shmpath, "\ncomplete: 1 event, nothing lost\n"), (1, 0))
        self.assertEqual(self.counted(outcomes.of_shmpath, "\nincomplete: 7 events, but 2 events lost\n"), (7, 2))

    def test_a_trace_without_its_end_is_no_recording(self):
        for text in ('{"type":"enter"}\n', "  read(3) = 0\n"):
            with self.assertRaises((KeyError, AttributeError)):
                self.counted(outcomes.of_shmpath, text)

    def test_strace_has_a_line_a_call(self):
        text = "7 getppid() = 1\n7 read(3, <unfinished ...>\n7 <... read resumed>) = 0\n7 --- SIGCHLD ---\n7 +++ exited with 0 +++\n"
        self.assertEqual(self.counted(outcomes.of_strace, text), (3, 0))

    def test_perf_trace_counts_no_frames_of_stacks(self):
        text = ("     0.000 load/7 kmem:mm_page_alloc(pfn: 3)\n" + " " * 39 + "do_fault ([kernel.kallsyms])\n"
                "  1234.567 ( 0.002 ms): load/7 getppid() = 1\nLOST 5 events!\n")
        self.assertEqual(self.counted(outcomes.of_perf_trace, text), (2, 5))

    def test_bpftrace_counts_no_frames_of_stacks(self):
        text = "point 3\n        do_fault+1\n        handle+2\n\n\nret 110 1\n"
        self.assertEqual(self.counted(outcomes.of_bpftrace, text, "Lost 4 events\n"), (2, 4))

    def test_lines_are_counted_across_pieces(self):
        piece, outcomes.PIECE = outcomes.PIECE, 5
        try:
            self.assertEqual(self.counted(outcomes.of_strace, "7 getppid() = 1\n" * 9), (9, 0))
        finally:
            outcomes.PIECE = piece


class Goals(unittest.TestCase):
    def test_a_slowdown_is_met_up_to_its_limit(self):
        for place, limit in (("host", 1.3), ("vm", 1.2)):
            self.assertTrue(verdict([row("a", "shmpath", limit)], place, "slowdown on (a)"))
            self.assertFalse(verdict([row("a", "shmpath", limit + 0.01)], place, "slowdown on (a)"))

    def test_the_best_peer_counts_if_it_records_as_much(self):
        peers = [row("c", "perf record", 2.0), row("c", "strace", 1.1)]
        peers[1].as_much = False
        self.assertTrue(verdict([row("c", "shmpath", 1.9), *peers], "host", "slowdown on (c)"))
        self.assertFalse(verdict([row("c", "shmpath", 2.0), *peers], "host", "slowdown on (c)"))

    def test_a_lost_event_counts_whoever_says_it(self):
        self.assertTrue(verdict([row("a", "shmpath", 1)], "host", "nothing lost"))
        self.assertFalse(verdict([row("a", "shmpath", 1, lost=1)], "host", "nothing lost"))
        self.assertFalse(verdict([row("a", "shmpath tree", 1, short=1)], "host", "nothing lost"))

    def test_the_other_limits(self):
        for load, figure, good, bad, beginning in (
                ("a", "start", 0.149, 0.150, "start-up"), ("g", "peak", (64 << 20) - 1, 64 << 20, "peak memory")):
            self.assertTrue(verdict([row(load, "shmpath", 1, **{figure: good})], "host", beginning))
            self.assertFalse(verdict([row(load, "shmpath", 1, **{figure: bad})], "host", beginning))
        for load, good, bad, beginning in (("h", 0.99, 1.0, "replay"), ("e", 1.02, 1.021, "the untraced neighbour (e)")):
            self.assertTrue(verdict([row(load, "shmpath", good)], "host", beginning))
            self.assertFalse(verdict([row(load, "shmpath", bad)], "host", beginning))

    def test_what_was_not_measured_is_not_judged_but_complained_of(self):
        failed = Row("a", "shmpath", reason="no such thing")
        self.assertIsNone(verdict([failed], "host", "slowdown on (a)"))
        self.assertEqual(list(goals.complaints([failed])), ["load a, shmpath: no such thing"])

    def test_a_recording_that_is_short_is_complained_of(self):
        self.assertEqual(list(goals.complaints([row("a", "shmpath", 1), row("a", "strace", 1, events=1)])), [])
        for short in (row("a", "shmpath", 1, events=9), row("a", "strace", 1, events=0), row("a", "shmpath", 1, size=0)):
            self.assertEqual(len(list(goals.complaints([short]))), 1)


class Tables(unittest.TestCase):
    def text(self, rows):
        return tables.text_of({"kernel": "6", "processors": 2, "pairs": 1, "scale": 1.0, "rows": rows},
                              goals.judge(rows, "host"))

    def test_what_a_tracer_lacks_is_lost(self):
        self.assertRegex(self.text([row("a", "strace", 1, lost=2, short=3)]), r"strace .* 10 +5 ")

    def test_a_tracer_that_does_not_work_has_its_reason(self):
        self.assertIn("trace-cmd                    Can't", self.text([Row("a", "trace-cmd", reason="Can't enable ftrace")]))

    def test_a_table_is_put_between_its_markers_only(self):
        document = "a\n<!-- measured: vm -->\nold\n<!-- end of measured: vm -->\nb\n"
        new = tables.put_into(document, "vm", "bench/run", "table\n")
        self.assertEqual(new, "a\n<!-- measured: vm -->\n```text\n$ bench/run\ntable\n```\n<!-- end of measured: vm -->\nb\n")
        self.assertEqual(tables.put_into(new, "vm", "bench/run", "table\n"), new)
        with self.assertRaises(ValueError):
            tables.put_into(document, "host", "bench/run", "table\n")


class Loads(unittest.TestCase):
    def test_a_share_of_a_load_has_that_share_of_events(self):
        faults = LOADS[0]
        self.assertEqual(faults.amounts(1)["faults"], 256000)
        self.assertEqual(faults.amounts(0.1)["points"], 51200)
        self.assertEqual(LOADS[3].amounts(1)["faults"], 256000)


if __name__ == "__main__":
    unittest.main()
