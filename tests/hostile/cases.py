# SPDX-License-Identifier: BSD-2-Clause
"""The hostile submissions of exercises 03 and 10, and what each deserves.

A case is a folder that a student hands in. `sources` are its files; the solution's program is changed by what stands
at START (the first thing in main) and END (the last). `lost` names the lines of the rubric that it must lose, and no
other; ALL stands for all of them. `reason` is what the student must be told, as a regular expression.
"""

import dataclasses
import os
import re

ALL = ("all",)


@dataclasses.dataclass
class Exercise:
    folder: str
    program: str  # that is changed
    beside: tuple  # what is handed in with it
    attacks: str
    end: str  # what stands last in main
    lines: tuple


EXERCISES = {
    "03": Exercise("03-sysv-lifetime", "lifetime.cpp", (), "attacks.h", "  return child > 0",
                   ("created", "at-once", "counted", "detached", "text", "gone")),
    "10": Exercise("10-topten", "topten.cpp", ("topten.bpf.c",), "bpf_attacks.h", "  for (const Row& row : rows)",
                   ("counts", "top", "one-program", "in-kernel", "no-proc", "not-pinned", "ends-well")),
}
PROGRAM = EXERCISES["03"].program


@dataclasses.dataclass
class Case:
    name: str
    why: str  # it deserves that
    exercise: str = "03"
    start: str = ""
    end: str = ""
    outside: str = ""  # of main
    sources: dict | None = None  # instead of the solution's
    folder: object = None  # a function that adds to the student's folder
    lost: tuple = ()
    reason: str = ""
    again: bool = False  # it may be said that it is to be graded again
    ci: bool = False  # in the short suite
    beside: tuple = ()  # in another source: (what stands there, what is to)

    @property
    def of(self):
        return EXERCISES[self.exercise]

    @property
    def lost_lines(self):
        return self.of.lines if self.lost == ALL else self.lost


def changed(solution, case, host_paths):
    """The solution with the attacks of the case in it."""
    paths = ", ".join('"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"' for path in host_paths)
    text = f'#define HOST_PATHS {paths}\n#include "{case.of.attacks}"\n' + solution
    text = re.sub(r"^int main\(.*\{$", lambda main: f"{case.outside}\n{main.group(0)}\n{case.start}", text,
                  count=1, flags=re.M)
    begin, end = text.rsplit(case.of.end, 1)
    return begin + case.end + "\n" + case.of.end + end


def odd_files(folder):
    """What lies beside the sources: none of it is taken, run or followed."""
    with open(os.path.join(folder, "Makefile"), "w", encoding="utf-8") as file:
        file.write("$(shell touch ../../owned; touch /tmp/owned)\nall:\n\ttouch ../../owned /tmp/owned\n")
    for name, to in (("passwd.h", "/etc/passwd"), ("up", "../.."), ("shadow.cpp", "/etc/shadow"),
                     ("other", "../../a-honest/03-sysv-lifetime"), ("zero.cpp", "/dev/zero")):
        os.symlink(to, os.path.join(folder, name))
    os.mkfifo(os.path.join(folder, "fifo.cpp"))
    for name in ("a\n\033]0;owned\007.cpp", "<script>.cpp", "$(touch owned).cpp", "-o.cpp", "::error::.cpp"):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write("#error this was taken\n")
    with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as file:
        file.write('{"score":10}\n')
    os.mkdir(os.path.join(folder, "folder.cpp"))


def huge_source(folder):
    with open(os.path.join(folder, "huge.cpp"), "wb") as file:
        file.truncate(1 << 30)


QUIET = ("kill_everyone", "write_results", "forge_trace", "use_control_characters", "read_what_is_not_its_own",
         "use_network", "become_root")


def called(names):
    return "".join(f"  attack::{name}();\n" for name in names)


ENDS_IN_CONSTRUCTOR = """
struct Early { Early() { std::puts("10 of 10"); _exit(0); } } early;"""
ENDS_IN_DESTRUCTOR = """
struct Late { ~Late() { attack::forge_trace(); std::fflush(stdout); _exit(0); } } late;"""
TEMPLATE_BOMB = """
template <int N, int M> struct Twice { Twice<N - 1, 2 * M> left; Twice<N - 1, 2 * M + 1> right; };
template <int M> struct Twice<0, M> { int value = M; };
int main() { static Twice<40, 1> bomb; return bomb.left.left.left.right.left.left.right.left.left.right.left.left.right.left.left != nullptr; }
"""
HUGE_DATA = "char data[1ULL << 40] = {1};\nint main() { return data[5]; }\n"

QUIET_BPF = ("deny_calls", "send_signals", "change_others", "take_the_tracers", "load_other_kinds",
             "loop_without_end")
# A callback of a callback: 2^46 rounds, in which the kernel does nothing else.
FOR_EVER = """
static long inner(__u32 round, void* ctx) { return 0; }
static long outer(__u32 round, void* ctx) { return bpf_loop(1 << 23, inner, 0, 0) < 0; }
"""

CASES = [
    Case("busybody", "nothing that it tries succeeds, and the exercise is solved",
         start=called(QUIET), outside=ENDS_IN_DESTRUCTOR, folder=odd_files, ci=True),
    *[Case(name.replace("_", "-"), "it does not succeed, and the exercise is solved", start=called([name]))
      for name in QUIET],
    Case("odd-files", "what is no source is left out; the exercise is solved", folder=odd_files),
    Case("ends-in-destructor", "the exercise is solved by then", outside=ENDS_IN_DESTRUCTOR),
    Case("ends-in-constructor", "it does nothing of the exercise", outside=ENDS_IN_CONSTRUCTOR, lost=ALL, ci=True),
    Case("leaver", "it leaves segments, files, a process and a full disk behind; the rest is right",
         start=called(["fill_a_disk", "leave_things"]), lost=("gone",), ci=True),
    Case("filler", "nobody can say what it did: it made more calls than could be recorded",
         start=called(["fill_disks"]), lost=ALL, reason="trace is incomplete.*make no more calls|more than", again=True),
    Case("pretends", "it prints what is asked for, and does none of it",
         start='  if (attack::is_graded()) return std::printf("%s: %s\\n", argv[1], argv[2]), 0;',
         lost=tuple(line for line in EXERCISES["03"].lines if line != "text"), ci=True),
    Case("loop", "it does nothing of the exercise", start=called(["spin"]), lost=ALL,
         reason="did not end within", ci=True),
    Case("loop-at-end", "all is done when it hangs", end=called(["spin"]),  reason="did not end within"),
    Case("flood", "it does nothing of the exercise", start=called(["print_for_ever"]), lost=ALL,
         reason="printed too much|did not end within", ci=True),
    Case("calls", "it does nothing of the exercise", start=called(["call_for_ever"]), lost=ALL,
         reason="too many calls|did not end within|more than"),
    Case("bomb", "it does nothing of the exercise", start=called(["bomb"]), lost=ALL,
         reason="did not end within|more than|too many calls", ci=True),
    Case("hog", "it does nothing of the exercise", start=called(["eat_memory"]), lost=ALL, ci=True),
    Case("broken", "there is nothing to run",
         sources={PROGRAM: '#include "/etc/shadow"\n#include "/etc/passwd"\n#error \033]0;owned\007<b>&\n'},
         lost=ALL, reason="does not build", ci=True),
    Case("dev-zero", "there is nothing to run", sources={PROGRAM: '#include "/dev/zero"\n'}, lost=ALL,
         reason="does not build|did not end", ci=True),
    Case("template-bomb", "there is nothing to run", sources={PROGRAM: TEMPLATE_BOMB}, lost=ALL,
         reason="does not build|did not end"),
    Case("huge-data", "there is nothing to run", sources={PROGRAM: HUGE_DATA}, lost=ALL,
         reason="does not build|did not end"),
    Case("empty", "nothing was handed in", sources={}, lost=ALL, reason="no source", ci=True),
    Case("huge-source", "it cannot be taken", folder=huge_source, lost=ALL, reason="more than 1 MiB", ci=True),
    Case("bpf-busybody", "nothing that it tries succeeds, and the exercise is solved", "10",
         start=called(["quietly"]), ci=True),
    *[Case("bpf-" + name.replace("_", "-"), "it does not succeed, and the exercise is solved", "10",
           start=called([name])) for name in QUIET_BPF],
    Case("bpf-pins", "it tries to pin, and the rest is right", "10", start=called(["pin_things"]),
         lost=("not-pinned",)),
    Case("bpf-huge-maps", "it gets no more than its memory, and the exercise is solved", "10",
         start=called(["fill_memory_with_maps"])),
    Case("bpf-for-ever", "its program is refused", "10",
         beside=("int count_fault(void* ctx) {", "int count_fault(void* ctx) {\n  bpf_loop(1 << 23, outer, 0, 0);",
                 'SEC("kprobe/shmem_fault")', FOR_EVER + 'SEC("kprobe/shmem_fault")'), lost=ALL),
]
