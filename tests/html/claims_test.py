#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does the report of each recording say of the claims what is expected of them?

    tests/html/claims_test.py BUILD

The report judges by the trace alone. On each kernel a claim that it judges must come out as the flow file
expects; the reason is shown where it does not. Each program of the lab must have been found in the trace:
every documented step has a place there, but for the programs that the kernel has no driver for.
"""

import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Debian's 5.10 and 6.1 have neither udmabuf nor dma-heaps: these programs say so, and end.
WITHOUT_DRIVER = {"5.10", "6.1"}
NEED_DRIVER = {"udmabuf", "heap", "import_vivid", "fifth_way"}
DATA = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.S)


def flow_of(shmpath, recording):
    page = subprocess.run([shmpath, "replay", recording, "--format", "html", "-o", "-"], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    return json.loads(DATA.search(page)[1])["flow"]


def faults_of(flow, kernel):
    for claim in flow["claims"]:
        if not claim["as_expected"]:
            yield f"{claim['id']} {claim['verdict']}, which is not expected: {claim['said']}"
    placed = set(flow["groups"])
    for number, step in enumerate(flow["steps"]):
        due = kernel not in WITHOUT_DRIVER or step["program"] not in NEED_DRIVER
        if (number in placed) != due:
            yield (f"step {step['number']} of {step['program']} was not found in the trace" if due else
                   f"step {step['number']} of {step['program']} is there: this kernel has the driver")


def main():
    shmpath, judged, faults = os.path.join(sys.argv[1], "bin/shmpath"), 0, []
    recordings = sorted(glob.glob(os.path.join(ROOT, "docs/recordings/*/*.jsonl.zst")))
    for recording in recordings:
        flow = flow_of(shmpath, recording)
        judged += sum(claim["verdict"] != "not checked here" for claim in flow["claims"])
        faults += [f"{os.path.relpath(recording, ROOT)}: {fault}" for fault in faults_of(flow, recording.split(os.sep)[-2])]
    print(f"{len(recordings)} recordings, {judged} verdicts from the traces")
    for fault in faults:
        print(fault)
    if not judged:
        sys.exit("no verdict at all: is the page's data where it is looked for?")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
