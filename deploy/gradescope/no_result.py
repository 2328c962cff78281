#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""no_result.py EXERCISE-FOLDER REASON FILE: a result for Gradescope that gives no points, and says why.

Without tomllib, which Gradescope's older images do not have: the only thing read of the exercise is the
number of its points."""

import json
import os
import re
import sys


def points_of(folder):
    try:
        with open(os.path.join(folder, "exercise.toml"), encoding="utf-8") as file:
            return int(re.search(r"(?m)^points = (\d+)$", file.read())[1])
    except (OSError, TypeError, ValueError):
        return 0


folder, reason, target = sys.argv[1:]
test = {"score": 0, "max_score": points_of(folder), "status": "failed", "name": os.path.basename(folder),
        "output": reason, "visibility": "visible"}
with open(target + ".new", "w", encoding="utf-8") as file:
    json.dump({"score": 0, "output": reason, "visibility": "visible", "stdout_visibility": "hidden",
               "tests": [test]}, file)
os.replace(target + ".new", target)
