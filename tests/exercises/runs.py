# SPDX-License-Identifier: BSD-2-Clause
"""The runs of one submission: a script that starts them, and what is found of them afterwards."""

import contextlib
import json
import os
import random
import re
import shlex
import string
import subprocess


def chosen_word(length):
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=length))


def filled(text, nonce, payload):
    return text.replace("{nonce}", nonce).replace("{payload}", payload)


# With a segment's number stands the process that made it.
FOUND = """files() { for f in /dev/shm/*; do [ -e "$f" ] && echo "file $f"; done
  while read -r key id perms size cpid rest; do [ "$id" = shmid ] || echo "segment $id $cpid"; done </proc/sysvipc/shm; }
"""


def run_script(exercise, folder, nonce, payload):
    """The shell forks each run itself, in order, and nothing else: it is traced too."""
    lines = [FOUND, f"cd {shlex.quote(folder)}", "echo $$ >shell", "files >before"]
    waiting = []
    for run in exercise["run"]:
        name = run.get("name", run["program"])
        words = ["./" + run["program"], *(filled(arg, nonce, payload) for arg in run.get("args", []))]
        lines.append(f"{shlex.join(words)} >out.{name} 2>err.{name} </dev/null &")
        waiting.append(f"p{len(lines)}")
        lines.append(f"{waiting[-1]}=$!")
        if not run.get("beside"):
            lines += [f"wait ${word}" for word in waiting]
            waiting = []
    lines.append("files >after")
    return "\n".join(lines) + "\n"


def is_of_the_runs(kind, name, nonce, pids):
    """Others make shared memory too meanwhile; theirs is none of our business."""
    return nonce in name if kind == "file" else name.split()[1] in pids


def facts_of(folder, nonce, pids):
    found = {}
    for name in os.listdir(folder):
        if name in ("before", "after") or name.startswith("out."):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                found[name] = file.read()
    new = [line for line in found["after"].splitlines() if line not in found["before"].splitlines()]
    return {"output": {name[4:]: text for name, text in found.items() if name.startswith("out.")},
            "left": [{"kind": kind, "name": name.split()[0] if kind == "segment" else name}
                     for kind, name in (line.split(" ", 1) for line in new)
                     if is_of_the_runs(kind, name, nonce, pids)]}


def traced_processes(trace):
    with open(trace, encoding="utf-8") as file:
        return set(re.findall(r'"pid":(\d+)', file.read()))


def part_of_trace(trace, shell):
    """Its first line, those of that process and, until it ends, of its children, and its last line."""
    with open(trace, encoding="utf-8") as file:
        first, *lines, last = file.readlines()
    pids, part = {shell}, [first]
    for line in lines:
        event = json.loads(line)
        if event["type"] == "lost" or event.get("pid") in pids:
            part.append(line)
            if event.get("name") == "sched_process_fork":
                pids.add(event["args"]["child_pid"])
            if event.get("name") == "sched_process_exit" and event["pid"] == shell:
                pids = {shell}
    summary = json.loads(last)
    summary["events"] = len(part) - 1
    return "".join([*part, json.dumps(summary) + "\n"])


def clean_up(facts):
    for one in facts["left"]:
        with contextlib.suppress(OSError):
            if one["kind"] == "file":
                os.unlink(one["name"])
            if one["kind"] == "segment":
                subprocess.run(["ipcrm", "-m", one["name"]], check=False, capture_output=True)
