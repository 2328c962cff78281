#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""slurm_class.py BUILD CLASS REPORT.json [SHARDS]: grades any class in shards (4) on a Slurm cluster of this one
machine, and keeps the merged report. To be compared with that of `shmpath grade CLASS --jobs 2 --report json`:
tests/grade/class.py same REPORT.json OTHER.json."""

import os
import shutil
import sys
import tempfile

import slurm_cluster
import support

build, folder, report = (os.path.realpath(argument) for argument in sys.argv[1:4])
shards = sys.argv[4] if len(sys.argv) > 4 else "4"
with tempfile.TemporaryDirectory() as work:
    os.chmod(work, 0o755)  # munged asks for it
    cluster = slurm_cluster.Cluster(support.cache_folder(), work)
    try:
        cluster.start()
        done = cluster.run(os.path.join(support.ROOT, "deploy/slurm/submit"), folder, work + "/out", shards,
                           "json", env={"SHMPATH": os.path.join(build, "bin/shmpath")})
        print(done.stdout, done.stderr, sep="")
        cluster.until("the class", lambda: not cluster.queue(), 4 * 3600)
        for name in sorted(os.listdir(work + "/out/logs")):
            print(f"--- {name}\n{support.read(work, 'out/logs', name)}")
        shutil.copy(work + "/out/report.json", report)
    finally:
        cluster.stop()
