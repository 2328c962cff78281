# SPDX-License-Identifier: BSD-2-Clause
"""A Slurm cluster of this one machine, of Debian's packages, for a test.

The packages are unpacked in a folder, not installed: their installation would start services, or have
them started at the next boot. Every file, port and socket is the test's own, and the daemons are its
children."""

import contextlib
import ctypes
import glob
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time

PACKAGES = ["slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins", "munge", "libmunge2",
            "libhwloc15", "liblua5.1-0"]


class Unavailable(Exception):
    """Slurm cannot run here, with the reason."""


def packages(cache):
    """The packages' files; from the mirror, unless the cache has them from another time."""
    folder = os.path.join(cache, "slurm-packages")
    if not os.path.exists(os.path.join(folder, "complete")):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.join(folder, "partial"))
        got = subprocess.run(
            ["apt-get", "-q", "install", "--download-only", "--reinstall", "-y", "--no-install-recommends",
             "-o", f"Dir::Cache::archives={folder}", "-o", "Debug::NoLocking=1", *PACKAGES],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if got.returncode:
            raise Unavailable("needs Slurm's packages from the mirror that apt is configured with: "
                              + got.stderr.strip().replace("\n", " "))
        open(os.path.join(folder, "complete"), "w").close()
    return glob.glob(os.path.join(folder, "*.deb"))


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Cluster:
    """`start`, and then `stop` in any case; `run` runs a command as a user of the cluster does."""

    def __init__(self, cache, work):
        self.root, self.work, self.daemons = os.path.join(work, "slurm"), work, []
        for package in packages(cache):
            subprocess.run(["dpkg-deb", "-x", package, self.root], check=True)
        libraries = glob.glob(os.path.join(self.root, "usr/lib/*-linux-gnu"))[0]
        self.plugins = os.path.join(libraries, "slurm-wlm")
        self.environment = dict(
            os.environ, SLURM_CONF=os.path.join(work, "slurm.conf"),
            LD_LIBRARY_PATH=f"{self.plugins}:{libraries}",
            PATH=os.path.join(self.root, "usr/bin") + ":" + os.environ["PATH"])

    def path(self, name):
        return os.path.join(self.work, name)

    def configure(self):
        host, (controller, daemon) = socket.gethostname().split(".")[0], free_ports(2)
        for folder in ("state", "spool", "munge"):
            os.makedirs(self.path(folder))
        with open(self.path("key"), "wb") as key:
            os.fchmod(key.fileno(), 0o600)
            key.write(secrets.token_bytes(128))
        with open(self.path("slurm.conf"), "w") as conf:
            conf.write(f"""ClusterName=shmpath
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={self.path("munge/socket")},cred_expire=5
PluginDir={self.plugins}
StateSaveLocation={self.path("state")}
SlurmdSpoolDir={self.path("spool")}
SlurmctldPidFile={self.path("slurmctld.pid")}
SlurmdPidFile={self.path("slurmd.pid")}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MailProg=/bin/true
KillWait=5
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1,batch_sched_delay=0
NodeName={host} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 CPUs=4 RealMemory=65536
PartitionName=class Nodes={host} Default=YES MaxTime=INFINITE
""")

    def start(self):
        # What the daemons leave becomes this process's child, and is reaped by it.
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        self.configure()
        sbin = os.path.join(self.root, "usr/sbin")
        self.daemon("munged", os.path.join(sbin, "munged"), "--foreground",
                    "--key-file", self.path("key"), "--socket", self.path("munge/socket"),
                    "--pid-file", self.path("munge/pid"), "--seed-file", self.path("munge/seed"),
                    "--log-file", self.path("munge/log"))
        self.until("munged", lambda: os.path.exists(self.path("munge/socket")))
        self.daemon("slurmctld", os.path.join(sbin, "slurmctld-wlm"), "-D", "-i")
        self.daemon("slurmd", os.path.join(sbin, "slurmd-wlm"), "-D",
                    "-d", os.path.join(sbin, "slurmstepd-wlm"))
        self.until("the node", lambda: self.run("sinfo", "-h", "-o", "%T").stdout.strip() == "idle")

    def daemon(self, name, *command):
        with open(self.path(name + ".out"), "w") as log:
            self.daemons.append(subprocess.Popen(command, env=self.environment, stdout=log,
                                                 stderr=log, stdin=subprocess.DEVNULL))

    def stop(self):
        """Jobs first: they are children of slurmd's."""
        if len(self.daemons) == 3 and not self.daemons[1].poll():
            self.run("scancel", "--full", "--user", "root")
            self.run("scancel", "--full", "--state", "PENDING")
            deadline = time.monotonic() + 30
            while self.queue() and time.monotonic() < deadline:
                time.sleep(0.2)
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons = []
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def run(self, *command, **options):
        return subprocess.run(command, env=dict(self.environment, **options.pop("env", {})),
                              capture_output=True, text=True, **options)

    def queue(self):
        return self.run("squeue", "-h", "-r", "-o", "%i %T %r").stdout.splitlines()

    def logs(self):
        text = ""
        for path in sorted(glob.glob(self.path("*.out"))):
            with open(path, errors="replace") as file:
                text += f"--- {os.path.basename(path)}\n" + file.read()[-3000:]
        return text

    def until(self, what, true, seconds=60):
        deadline = time.monotonic() + seconds
        while not true():
            for daemon in self.daemons:
                if daemon.poll() is not None:
                    raise Unavailable(f"a daemon of Slurm ended: {self.logs()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {seconds} s: {self.queue()}\n{self.logs()}")
            time.sleep(0.2)
