#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What soak.py makes of samples: each thing that may go wrong in hours makes it fail."""

import unittest
from dataclasses import replace

from soak import Sample, judge


def hours(**changes):
    """Of a machine on which all is well, but for what changes: a value for each moment from 0 to 1."""
    well = [Sample(7200 * i / 99, 30000 + 40 * (i % 3), 70, 25000 + 60 * (i % 5), 8, 10 * i, 0) for i in range(100)]
    return [replace(sample, **{name: int(value(i / 99)) for name, value in changes.items()})
            for i, sample in enumerate(well)]


def is_well(samples, incomplete=(), left=()):
    return judge(samples, list(incomplete), list(left))[1]


class Judge(unittest.TestCase):
    def test_what_is_flat_is_well(self):
        lines, well = judge(hours(), [], [])
        self.assertTrue(well)
        self.assertEqual(lines[0],
                         "memory of the long trace: 30040 KiB in the second quarter, 30040 KiB in the last: flat")

    def test_what_grows_while_it_warms_up_is_well(self):
        self.assertTrue(is_well(hours(long_kib=lambda t: 10000 + 20000 * min(1, 5 * t),
                                      long_fds=lambda t: 60 + 10 * (t > 0.1))))

    def test_memory_that_grows_is_not(self):
        for name in ("long_kib", "short_kib"):
            self.assertFalse(is_well(hours(**{name: lambda t: 30000 + 4000 * t})))
            self.assertFalse(is_well(hours(**{name: lambda t: 30000 + 3000 * (t > 0.7)})))

    def test_a_descriptor_more_is_not(self):
        for name in ("long_fds", "own_fds"):
            self.assertFalse(is_well(hours(**{name: lambda t: 70 + (t > 0.8)})))

    def test_one_event_lost_is_not(self):
        self.assertFalse(is_well(hours(lost=lambda t: t > 0.5)))

    def test_an_incomplete_trace_or_a_thing_left_is_not(self):
        self.assertFalse(is_well(hours(), incomplete=["trace: unmatched"]))
        self.assertFalse(is_well(hours(), left=["BPF map 7"]))

    def test_too_few_samples_are_not(self):
        lines, well = judge(hours()[:11], [], [])
        self.assertEqual((lines, well), (["11 samples: too few to judge; let it run longer"], False))
        self.assertTrue(is_well(hours()[:12]))


if __name__ == "__main__":
    unittest.main()
