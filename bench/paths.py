# SPDX-License-Identifier: BSD-2-Clause
"""Where the parts of the benchmarks are."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("SHMPATH_BUILD", os.path.join(ROOT, "build"))
SHMPATH = os.path.join(BUILD, "bin/shmpath")
LOAD = os.path.join(BUILD, "bench/load")
LAUNCH = os.path.join(BUILD, "bench/launch")


def require_built():
    for program in (SHMPATH, LOAD, LAUNCH):
        if not os.access(program, os.X_OK):
            sys.exit(f"{program}: not built; type ./test -N")
