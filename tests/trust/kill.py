#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Kills shmpath at random moments and looks for what it leaves: kill.py BUILD [--times N] [--only KIND] [--seed S] [--vm].

Each time SIGKILL comes at a moment between the start and twice the time that the trace needs to begin. Then nothing
may be left: no BPF program, link or map, no probe in tracefs, no process of the tracer's, none that is stopped or
traced, no file, shared memory or mount. The program that was traced does what is documented (docs/reliability.md):
in the views that use BPF it goes on, a lab that is run ends and removes what it made, by ptrace it dies with the
tracer that started it, and an attached one goes on in each view.
"""

import argparse
import collections
import contextlib
import os
import pty
import random
import subprocess
import sys
import time

from support import (adopt_orphans, children, is_alive, left_on_machine, left_since, read, reap, skip, start, stat_of,
                     take_build, temp_folder, wait_until)

GOES_ON, ENDS, DIES = "goes on", "ends", "dies"
SETTLED = 20  # seconds for the kernel and the programs to do what a killed tracer leaves to them


class Kind:
    """One way to use the tracer. `words` come after its name; `load` is what it attaches to."""

    def __init__(self, name, after, words, load=(), terminal=False, ready='"header"'):
        self.name, self.after, self.words, self.load = name, after, words, load
        self.terminal, self.ready = terminal, ready
        self.span = None  # seconds in which it is killed


def kinds(place):
    """Those that this machine can show."""
    faults, storm = [place.target("fault_pages"), "100000000", "64"], ["sh", "-c", "while :; do /bin/true & wait; done"]
    def traced(view, command, *more):
        return ["trace", "--view", view, "--format", "jsonl", "-o", "OUT", *more, "--", *command]
    def attached(view):
        return ["trace", "--view", view, "--format", "jsonl", "-o", "OUT", "-p", "PID"]
    found = [Kind("a load, by ptrace", DIES, traced("syscalls", faults)),
             Kind("a storm of forks, by ptrace", DIES, traced("syscalls", storm)),
             Kind("a process attached to, by ptrace", GOES_ON, attached("syscalls"), faults)]
    for view in ("tracepoints", "functions"):
        if start([place.shmpath, "trace", "--place", "host", "--view", view, "-o", "/dev/null", "true"]).wait() != 0:
            continue
        found += [Kind(f"a load, {view}", GOES_ON, traced(view, faults, "--record", "OUT.zst")),
                  Kind(f"a storm of forks, {view}", GOES_ON, traced(view, storm)),
                  Kind(f"a process attached to, {view}", GOES_ON, attached(view), faults),
                  Kind(f"a lab, {view}", ENDS, ["run", "01", "--place", "host", "--view", view, "--format", "jsonl",
                                               "-o", "OUT"]),
                  Kind(f"a lab in steps, {view}", ENDS, ["run", "01", "--step", "--place", "host", "--view", view],
                       terminal=True, ready="step 1")]
    return found


def vm_kinds():
    """The machine goes with its tracer, and all that is in it."""
    return [Kind("a program in the VM", DIES, ["trace", "--place", "vm", "--format", "jsonl", "-o", "OUT", "--", "sleep",
                                               "60"]),
            Kind("a lab in the VM", DIES, ["run", "01", "--place", "vm", "--format", "jsonl", "-o", "OUT"])]


class Strike:
    """One tracer, from its start to what it leaves."""

    def __init__(self, program, kind, folder):
        self.kind, self.out = kind, os.path.join(folder, "out")
        self.load = subprocess.Popen(kind.load, stdout=subprocess.DEVNULL) if kind.load else None
        names = {"OUT": self.out, "OUT.zst": f"{self.out}.zst", "PID": str(self.load.pid if self.load else 0)}
        words = [program, *(names.get(word, word) for word in kind.words)]
        self.screen, streams = None, dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        if kind.terminal:
            self.screen, end = pty.openpty()
            streams = {"stdin": end, "stdout": end, "stderr": end}
        self.shown, self.begun = "", False
        self.tracer = subprocess.Popen(words, **streams)
        if kind.terminal:
            os.set_blocking(self.screen, False)
            os.close(end)

    def has_begun(self):
        with contextlib.suppress(BlockingIOError, TypeError, OSError):
            self.shown += os.read(self.screen, 65536).decode(errors="replace")
        return self.kind.ready in self.shown or self.kind.ready in read(self.out)

    def live(self, seconds):
        """Lets it go on for so long. On a terminal its questions are answered."""
        until = time.monotonic() + seconds
        while self.screen is not None and (left := until - time.monotonic()) > 0:
            self.has_begun()
            with contextlib.suppress(BlockingIOError, OSError):
                os.write(self.screen, b"\n")
            time.sleep(min(left, 0.02))
        time.sleep(max(0, until - time.monotonic()))

    def kill(self):
        self.begun = self.has_begun()
        self.tracer.kill()
        self.tracer.wait()

    def ours(self):
        """Processes that came to us, dead ones reaped; the load that was there before is not among them."""
        found = []
        for pid in children():
            if self.load and pid == self.load.pid:
                continue
            if stat_of(pid) and not is_alive(pid):
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            else:
                found.append(pid)
        return found

    def unsettled(self, program):
        """What of the processes is not as it may stay: in words."""
        loads = [self.load.pid] if self.load else []
        said = []
        for pid in self.ours() + loads:
            state = (stat_of(pid) or ("",))[0]
            status = read(f"/proc/{pid}/status")
            name = f"process {pid} ({read(f'/proc/{pid}/comm').strip()})"
            if state in ("T", "t"):
                said.append(f"{name} is stopped")
            elif "TracerPid:" in status and "TracerPid:\t0\n" not in status:
                said.append(f"{name} is traced")
            elif pid in loads:
                continue
            elif not_the_program(pid, program):
                said.append(f"{name} is the tracer's")
            elif self.kind.after != GOES_ON:
                said.append(f"{name} is still there")
        if loads and not is_alive(loads[0]):
            said.append("the process that was attached to is gone")
        return said

    def settle(self, program):
        until = time.monotonic() + SETTLED
        while said := self.unsettled(program):
            if time.monotonic() > until:
                break
            time.sleep(0.01)
        return said

    def close(self):
        """Ends what goes on. True: something did."""
        went_on = self.load is not None and is_alive(self.load.pid)
        if self.tracer.poll() is None:
            self.kill()
        while pids := self.ours():
            went_on = True
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 9)
            time.sleep(0.005)
        if self.load:
            self.load.kill()
            self.load.wait()
        if self.screen is not None:
            os.close(self.screen)
        return went_on


def not_the_program(pid, program):
    with contextlib.suppress(OSError):
        return os.path.realpath(f"/proc/{pid}/exe") == os.path.realpath(program)
    return False


def span_of(program, kind):
    """Twice the time until the trace begins."""
    with temp_folder() as folder:
        strike = Strike(program, kind, folder)
        try:
            began = time.monotonic()
            wait_until(strike.has_begun, f"{kind.name} to begin")
            return 2 * (time.monotonic() - began)
        finally:
            strike.close()


def strike_once(program, kind, until):
    """What was left, in words; whether the trace had begun; whether the program went on."""
    before = left_on_machine()
    with temp_folder() as folder:
        strike = Strike(program, kind, folder)
        try:
            until(strike)
            strike.kill()
            faults = strike.settle(program)
        finally:
            went_on = strike.close()
        faults += [f"file {name}" for name in sorted(set(os.listdir(folder)) - {"out", "out.zst"})]
    reap()
    return faults + sorted(left_since(before, SETTLED)), strike.begun, went_on


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--vm", action="store_true", help="programs in the VM only, on this machine's QEMU")
    parser.add_argument("--only", default="", help="the kinds with this in their name")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    chosen = [kind for kind in (vm_kinds() if options.vm else kinds(PLACE)) if options.only in kind.name]
    if not chosen:
        skip("kill -9", f"no kind of trace here is named {options.only}")
    moments = random.Random(options.seed)
    adopt_orphans()
    done, wrong = collections.Counter(), 0
    for turn in range(options.times):
        kind = chosen[turn % len(chosen)]
        kind.span = kind.span or span_of(PLACE.shmpath, kind)
        delay = moments.uniform(0, kind.span)
        faults, begun, went_on = strike_once(PLACE.shmpath, kind, lambda strike, delay=delay: strike.live(delay))
        done.update([(kind, "times"), (kind, "begun", begun), (kind, "went on", went_on)])
        wrong += bool(faults)
        for fault in faults:
            print(f"{kind.name}, killed after {delay:.3f} s (seed {options.seed}, turn {turn}): {fault}", flush=True)
    for kind in chosen:
        print(f"{kind.name}: killed {done[kind, 'times']} times, {done[kind, 'begun', False]} of them before the trace "
              f"began; the program went on {done[kind, 'went on', True]} times")
    print(f"killed {options.times} times, seed {options.seed}: something was left {wrong} times")
    return wrong > 0


if __name__ == "__main__":
    PLACE = take_build("kill -9")
    sys.exit(main())
