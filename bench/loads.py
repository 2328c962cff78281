# SPDX-License-Identifier: BSD-2-Clause
"""The loads, and how much of each kind of thing happens in one: less than that in a trace is a loss.

A function is one of those of a shared page fault.
"""

from dataclasses import dataclass

from paths import LOAD

PAGES = 256  # of the object, which a round fills and empties
CALLS_OF_A_ROUND = 4
THREADS = 8
PROGRAM = "/bin/true"
# The least that one process of the storm does. It is linked dynamically, so it does more.
LEAST_FAULTS = 20
LEAST_CALLS = 10
# What a tracer may record. A point is an allocation of a page or its insertion into the LRU lists,
# with the kernel's stack.
KINDS = ("calls", "faults", "points", "tasks", "library", "functions")


@dataclass(frozen=True)
class Load:
    letter: str
    title: str
    kind: str
    size: int  # rounds, calls or processes, by kind
    matters: frozenset  # of what must be recorded of it to have recorded as much as shmpath
    neighbour: bool = False

    def command(self, share=1.0):
        count = str(self.count(share))
        return {
            "faults": [LOAD, "faults", count, str(PAGES)],
            "calls": [LOAD, "calls", count],
            "storm": [LOAD, "storm", count, PROGRAM],
            "threads": [LOAD, "threads", str(THREADS), count, str(PAGES)],
        }[self.kind]

    def count(self, share):
        return max(1, round(self.size * share))

    def amounts(self, share):
        """Of each kind, at least so many."""
        count = self.count(share)
        rounds = count * (THREADS if self.kind == "threads" else 1)
        if self.kind in ("faults", "threads"):
            faults, calls = rounds * PAGES, rounds * CALLS_OF_A_ROUND
            return {"calls": calls, "faults": faults, "points": 2 * faults, "tasks": 1, "library": calls,
                    "functions": faults}
        if self.kind == "calls":
            return {"calls": count, "faults": 0, "points": 0, "tasks": 1, "library": count, "functions": 0}
        return {"calls": count * LEAST_CALLS, "faults": count * LEAST_FAULTS, "points": count * LEAST_FAULTS,
                "tasks": 3 * count, "library": 2 * count, "functions": 0}


FAULTS = frozenset({"calls", "faults", "points"})
LOADS = [
    Load("a", "256,000 page faults on shared memory, 256 a round", "faults", 1000, FAULTS),
    Load("b", "200,000 system calls that do next to nothing", "calls", 200000, frozenset({"calls"})),
    Load("c", "2,000 processes, forked and executed", "storm", 2000, FAULTS | {"tasks"}),
    Load("d", "256,000 page faults in 8 threads at once", "threads", 125, FAULTS),
    Load("e", "an untraced program that faults, beside a traced one that does", "faults", 300, FAULTS, neighbour=True),
    Load("f", "an untraced program that makes system calls, beside a traced one that faults", "calls", 100000, FAULTS,
         neighbour=True),
]
# What runs beside a neighbour, until that is done.
COMPANION = Load("", "", "faults", 1000000, FAULTS)
