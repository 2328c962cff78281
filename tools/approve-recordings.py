#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does replay show each committed recording as it did when that was approved?

    tools/approve-recordings.py [--update] [--build DIR] [RECORDING...]

For each docs/recordings/KERNEL/NN-name.jsonl.zst and each format, tests/golden/recordings.txt has the
SHA-256 of what `shmpath replay` writes. Nothing is normalised: a recording is fixed, and so is what is
shown of it. Of one recording the tree and the strace-like text are kept whole in tests/golden, so that a
difference can be seen; where another differs, this prints how to see it. --update approves what is shown
now, for the next `git diff` to show. Without it, exits with 1 when anything differs, when a recording
was not approved, or when one that was approved is gone.

As a trace file, a recording must be replayed as itself, which needs no approval.
"""

import argparse
import difflib
import glob
import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORDINGS = os.path.join(ROOT, "docs", "recordings")
GOLDEN = os.path.join(ROOT, "tests", "golden")
SUMS = os.path.join(GOLDEN, "recordings.txt")
SHOWN_WHOLE = "6.12/01-posix-shm"
WHOLE_FORMATS = ("tree", "strace")
FORMATS = ("tree", "strace", "jsonl", "perfetto", "html")
SHOWN_LINES = 20


def replay(shmpath, recording, form):
    path = os.path.join(RECORDINGS, recording + ".jsonl.zst")
    command = [shmpath, "replay", path, "--format", form, "--color", "never", "--lang", "en", "-o", "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def unpacked(recording):
    path = os.path.join(RECORDINGS, recording + ".jsonl.zst")
    return subprocess.run(["zstd", "-dc", path], stdout=subprocess.PIPE, check=True).stdout


def all_recordings():
    found = glob.glob(os.path.join(RECORDINGS, "*", "*.jsonl.zst"))
    return sorted(os.path.relpath(path, RECORDINGS)[:-len(".jsonl.zst")] for path in found)


def lacking(recordings):
    """Each lab is recorded on each kernel that any is recorded on."""
    labs = [os.path.basename(folder) for folder in glob.glob(os.path.join(ROOT, "labs", "[0-9][0-9]-*"))]
    kernels = {recording.split("/")[0] for recording in recordings}
    return sorted({f"{kernel}/{lab}" for kernel in kernels for lab in labs} - set(recordings))


def approved_sums():
    if not os.path.exists(SUMS):
        return {}
    with open(SUMS, encoding="utf-8") as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    return {(recording, form): total for recording, form, total in rows}


def whole_file(form):
    return os.path.join(GOLDEN, f"recording-01-{form}.txt")


def first_difference(form, text):
    with open(whole_file(form), "rb") as file:
        before = file.read()
    diff = difflib.unified_diff(before.decode().splitlines(), text.decode().splitlines(),
                                "approved", "shown", lineterm="")
    return "\n".join(list(diff)[:SHOWN_LINES])


def look_at(shmpath, recording, sums, faults):
    """The sums of what is shown now; what is wrong goes to faults."""
    now = {}
    for form in FORMATS:
        text = replay(shmpath, recording, form)
        now[recording, form] = hashlib.sha256(text).hexdigest()
        if form == "jsonl" and text != unpacked(recording):
            faults.append(f"{recording}: as a trace file it is not replayed as itself")
        if sums.get((recording, form)) == now[recording, form]:
            continue
        faults.append(f"{recording}: {form}: " +
                      ("differs from what was approved" if (recording, form) in sums else "not approved"))
        if recording == SHOWN_WHOLE and form in WHOLE_FORMATS and os.path.exists(whole_file(form)):
            faults.append(first_difference(form, text))
    return now


def write_sums(sums):
    with open(SUMS, "w", encoding="utf-8") as file:
        file.write("# recording, format, SHA-256 of what replay shows; written by tools/approve-recordings.py\n")
        for (recording, form), total in sorted(sums.items()):
            file.write(f"{recording} {form} {total}\n")


def write_whole(shmpath):
    for form in WHOLE_FORMATS:
        with open(whole_file(form), "wb") as file:
            file.write(replay(shmpath, SHOWN_WHOLE, form))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("recordings", nargs="*", metavar="RECORDING", help="KERNEL/NN-name")
    arguments = parser.parse_args()
    shmpath = os.path.join(arguments.build, "bin", "shmpath")
    sums, faults, now = approved_sums(), [], {}
    for recording in arguments.recordings or all_recordings():
        now.update(look_at(shmpath, recording, sums, faults))
    if not now:
        sys.exit(f"no recording in {RECORDINGS}; make them with tools/record-labs.sh")
    if not arguments.recordings:
        faults += [f"{recording}: {form}: approved, but not there"
                   for recording, form in sorted(sums.keys() - now.keys())]
        faults += [f"{recording}: not recorded; see tools/record-labs.sh"
                   for recording in lacking(all_recordings())]
    if arguments.update:
        write_sums({**sums, **now} if arguments.recordings else now)
        if SHOWN_WHOLE in (arguments.recordings or all_recordings()):
            write_whole(shmpath)
        return 0
    for fault in faults:
        print(fault)
    if faults:
        print("see `shmpath replay docs/recordings/RECORDING.jsonl.zst --format FORMAT` of this version and of the"
              " one before;\ntools/approve-recordings.py --update approves what is shown now")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
