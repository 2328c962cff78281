#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Are these trace files as docs/trace.schema.json has them?

    tools/check-trace.py [--build DIR] FILE...

FILE may be packed. Each line is held against the schema; the first that does not fit is shown, and the
exit status is 1. Then lines that are wrong, each in one way, are made of the first file's: one that the
schema lets through is shown too.
"""

import argparse
import copy
import json
import os
import subprocess
import sys

from jsonschema import Draft202012Validator

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def lines_of(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] == b"\x28\xb5\x2f\xfd":
        data = subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in data.decode().splitlines()]


def wrong_lines(lines):
    """(what is wrong, the line) for every field of every type of line, left out or of another kind."""
    needed = {"header": ["format", "kernel", "probes", "command"], "step": ["t", "pid", "number", "text"],
              "enter": ["t", "tid", "layer", "name", "args"], "exit": ["t", "layer", "name", "ret"],
              "point": ["t", "pid", "name", "args"], "lost": ["t", "count"], "summary": ["events", "lost"]}
    firsts = {}
    for line in lines:
        firsts.setdefault(line["type"], line)
    for kind, line in firsts.items():
        for field in needed.get(kind, []):
            without = {key: value for key, value in line.items() if key != field}
            yield f"{kind} without {field}", without
            yield f"{kind} with {field} of another kind", {**line, field: [1.5]}
        if "args" in line:
            yield f"{kind} with a truth value as argument", {**copy.deepcopy(line), "args": {"a": True}}
        if kind == "header":
            yield "header of another format", {**line, "format": "shmpath.trace/2"}
    yield "no type", {}
    yield "no object", []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    with open(os.path.join(ROOT, "docs", "trace.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    faults = []
    for path in arguments.files:
        lines = lines_of(path)
        for number, line in enumerate(lines, 1):
            error = next(iter(validator.iter_errors(line)), None)
            if error:
                faults.append(f"{path}:{number}: {error.message}")
                break
        print(f"{path}: {len(lines)} lines, {len({line['type'] for line in lines})} types")
    for what, line in wrong_lines(lines_of(arguments.files[0])):
        if validator.is_valid(line):
            faults.append(f"the schema lets this through: {what}")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
