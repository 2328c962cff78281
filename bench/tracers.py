# SPDX-License-Identifier: BSD-2-Clause
"""The tracers, each told to record what shmpath records: see docs/performance.md.

`records` says how many records each kind of thing makes, so that it can be checked that a tracer
has recorded what it was told to. `share` makes a load smaller where a tracer is so slow with it
that the whole would take an hour; the untraced run beside it is made smaller too.
"""

import os
import shutil
from dataclasses import dataclass, field
from typing import Callable

import outcomes
from paths import SHMPATH

CALLS = ("raw_syscalls:sys_enter", "raw_syscalls:sys_exit")
FAULTS = ("exceptions:page_fault_user", "exceptions:page_fault_kernel")
POINTS = ("kmem:mm_page_alloc", "pagemap:mm_lru_insertion")
TASKS = ("sched:sched_process_fork", "sched:sched_process_exec", "sched:sched_process_exit")
# A function of a shared page fault, and what bpftrace can say of its arguments. With more than six
# parameters bpftrace 0.17 cannot use kfunc: arg1 makes it a kprobe.
FUNCTIONS = (
    ("shmem_fault", "args->vmf->address"),
    ("shmem_get_folio_gfp", "arg1"),
    ("shmem_alloc_and_add_folio", "args->index"),
    ("shmem_add_to_page_cache", "args->index"),
    ("folio_add_lru", "args->folio"),
    ("finish_fault", "args->vmf->address"),
)
NAMES = tuple(name for name, _ in FUNCTIONS)
EVERYTHING = {"calls": 2, "faults": 1, "points": 1, "tasks": 1}


@dataclass
class Tracer:
    name: str
    command: Callable  # from the words of the load to those of the traced load
    path: str  # of the recording
    outcome: Callable
    records: dict
    share: dict = field(default_factory=dict)  # by the load's letter
    needs: str = ""  # the program
    only: str = ""  # letters of loads; none: all
    asked: bool = False  # takes part only where it is asked for by name

    def fits(self, load):
        return not self.only or load.letter in self.only

    def installed(self):
        return not self.needs or shutil.which(self.needs)

    def package(self):
        return {"perf": "linux-perf"}.get(self.needs, self.needs)

    def share_of(self, load):
        return self.share.get(load.letter, 1.0)


def shmpath(folder, name, view, words, form="jsonl", records=None):
    out = os.path.join(folder, "shmpath." + form)
    command = lambda load: [SHMPATH, "trace", "--place", "host", "--view", view, *words, "--format", form, "-o", out,
                            "--", *load]
    return Tracer(name, command, out, outcomes.of_shmpath, records or EVERYTHING)


def perf_record(folder):
    out = os.path.join(folder, "perf.data")
    events = ",".join(CALLS + FAULTS + TASKS)
    stacks = ",".join(f"{p}/call-graph=fp/" for p in POINTS)
    return Tracer("perf record", lambda load: ["perf", "record", "-q", "--kernel-callchains", "-o", out, "-e", events,
                                               "-e", stacks, "--", *load],
                  out, outcomes.of_perf_record, EVERYTHING, needs="perf")


def perf_trace(folder):
    out = os.path.join(folder, "perf-trace")
    stacks = [word for p in POINTS for word in ("-e", f"{p}/call-graph=fp/")]
    return Tracer("perf trace", lambda load: ["perf", "trace", "-o", out, "--syscalls", "-F", "all", *stacks, "--", *load],
                  out, outcomes.of_perf_trace, {"calls": 1, "faults": 1, "points": 1},
                  share={"a": 0.2, "c": 0.1, "d": 0.2}, needs="perf", only="abcd")


def bpftrace_script():
    """Which tasks are traced has to be kept by hand, or children would be left out."""
    ours = "/@traced[tid] || pid == cpid/"
    points = [f"tracepoint:{p} {ours} {{ printf(\"point %lx%s\\n\", args->pfn, kstack); }}" for p in POINTS]
    faults = [f"tracepoint:{p} {ours} {{ printf(\"fault %lx %lx\\n\", args->address, args->error_code); }}" for p in FAULTS]
    values = ", ".join(f"args->args[{i}]" for i in range(6))
    return " ".join([
        "tracepoint:sched:sched_process_fork /@traced[tid] || pid == cpid/"
        " { @traced[args->child_pid] = 1; printf(\"fork %d\\n\", args->child_pid); }",
        f"tracepoint:sched:sched_process_exec {ours} {{ printf(\"exec %s\\n\", comm); }}",
        f"tracepoint:raw_syscalls:sys_enter {ours} {{ printf(\"call %ld {'%lx ' * 6}\\n\", args->id, {values}); }}",
        f"tracepoint:raw_syscalls:sys_exit {ours} {{ printf(\"ret %ld %ld\\n\", args->id, args->ret); }}",
        *points, *faults,
        f"tracepoint:sched:sched_process_exit {ours} {{ printf(\"exit %d\\n\", tid); delete(@traced[tid]); }}",
        "END { clear(@traced); }",
    ])


def bpftrace(folder, name="bpftrace", script=None, records=None, only=""):
    out = os.path.join(folder, "bpftrace")
    return Tracer(name, lambda load: ["bpftrace", "-o", out, "-c", " ".join(load), "-e", script or bpftrace_script()],
                  out, outcomes.of_bpftrace, records or EVERYTHING, share={"a": 0.2, "c": 0.2, "d": 0.2}, needs="bpftrace",
                  only=only)


def bpftrace_functions(folder):
    probes = []
    for name, argument in FUNCTIONS:
        kind = "probe" if argument.startswith("arg1") else "func"
        value = "" if name == "folio_add_lru" else ", retval"  # it returns nothing
        probes.append(f'k{kind}:{name} /pid == cpid/ {{ printf("enter {name} %lx\\n", {argument}); }}')
        probes.append(f'kret{kind}:{name} /pid == cpid/ {{ printf("leave {name}{" %lx" if value else ""}\\n"{value}); }}')
    return bpftrace(folder, "bpftrace 6 functions", " ".join(probes), {"functions": 2 * len(NAMES)}, "ad")


def trace_cmd(folder):
    out = os.path.join(folder, "trace.dat")
    events = [word for e in ("raw_syscalls",) + FAULTS + POINTS + TASKS for word in ("-e", e)]
    return Tracer("trace-cmd", lambda load: ["trace-cmd", "record", "-q", "-o", out, *events, "-T", "-c", "-F", *load],
                  out, outcomes.of_trace_cmd, EVERYTHING, needs="trace-cmd")


def trace_cmd_functions(folder):
    out = os.path.join(folder, "trace.dat")
    filters = [word for name in NAMES for word in ("-l", name)]
    return Tracer("trace-cmd 6 functions",
                  lambda load: ["trace-cmd", "record", "-q", "-o", out, "-p", "function_graph", *filters, "-c", "-F", *load],
                  out, outcomes.of_trace_cmd, {"functions": len(NAMES)}, needs="trace-cmd", only="ad")


def strace(folder):
    out = os.path.join(folder, "strace")
    return Tracer("strace", lambda load: ["strace", "-f", "-o", out, *load], out, outcomes.of_strace, {"calls": 1},
                  share={"b": 0.5, "c": 0.5}, needs="strace")


def ltrace(folder):
    out = os.path.join(folder, "ltrace")
    return Tracer("ltrace", lambda load: ["ltrace", "-f", "-S", "-o", out, *load], out, outcomes.of_ltrace,
                  {"calls": 1, "library": 1}, share={"b": 0.05, "c": 0.05}, needs="ltrace", only="abcd")


def uftrace(folder):
    out = os.path.join(folder, "uftrace")
    return Tracer("uftrace", lambda load: ["uftrace", "record", "--force", "--no-pager", "-d", out, *load], out,
                  outcomes.of_uftrace, {"library": 2}, share={"c": 0.2}, needs="uftrace", only="abcd")


def on_host(folder):
    tree = shmpath(folder, "shmpath tree", "tracepoints", [], "tree")
    tree.only = "abcd"
    return [shmpath(folder, "shmpath", "tracepoints", []), tree, perf_record(folder), perf_trace(folder), bpftrace(folder),
            trace_cmd(folder), strace(folder), ltrace(folder), uftrace(folder)]


def in_vm(folder):
    """In an emulated VM a breakpoint costs what a hundred functions do, so ltrace and uftrace stay on the host."""
    counted = {"calls": 2, "faults": 1, "tasks": 1, "functions": 2 * len(NAMES)}  # what allocates is a function there
    few = lambda name, *words: shmpath(folder, name, "functions", ["--functions", ",".join(NAMES), *words], records=counted)
    functions = [few("shmpath 6 functions"), *(few(f"shmpath 6 {way}", "--attach", way)
                                                for way in ("fentry", "kprobe-multi", "kprobe"))]
    for tracer in functions:
        tracer.only = "ad"
    for tracer in functions[1:]:
        tracer.asked = True
    general = [perf_record(folder), perf_trace(folder), bpftrace(folder), trace_cmd(folder), strace(folder)]
    for tracer, letters in zip(general, ("abcdef", "b", "cd", "abcd", "abcd")):
        tracer.only = letters  # each start takes seconds there
    return [shmpath(folder, "shmpath", "functions", [], records=counted), *functions, trace_cmd_functions(folder),
            bpftrace_functions(folder), *general]
