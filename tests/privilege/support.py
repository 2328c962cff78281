# SPDX-License-Identifier: BSD-2-Clause
"""Users, sudo's rules and program files that only this process and its children see.

A test program calls `apart()` first: it goes on in a mount namespace of its own, where the files of
users are others. Nothing of that is seen outside, and all of it goes with the process, however it
ends.
"""
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

PERSON, PEOPLE, TEAM, STRANGER = 54321, 54322, 54323, 54399  # ids that nobody has
NAME = "shmpath-pupil"
SKIPPED = 77


def skip(reason):
    print(f"shmpath test skipped: privileges: {reason}", file=sys.stderr)
    if log := os.environ.get("SHMPATH_SKIP_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"privileges: {reason}\n")
    sys.exit(SKIPPED)


def lay_over(path, text, mode):
    """Another file at that path: in memory, and nowhere but under it."""
    with tempfile.NamedTemporaryFile("w", dir="/dev/shm") as file:
        file.write(text)
        file.flush()
        os.chmod(file.name, mode)
        subprocess.run(["mount", "--bind", file.name, path], check=True)


def with_line(path, line):
    return pathlib.Path(path).read_text() + line + "\n"


def apart():
    """Runs the rest of the program where the person exists and may do everything by sudo."""
    if os.geteuid() != 0:
        skip("needs root, to make users")
    for program in ("sudo", "setcap", "unshare", "script"):
        if not shutil.which(program):
            skip(f"needs {program}")
    if os.environ.get("SHMPATH_APART") != str(os.getppid()):
        # a process between, so that the variable names the one that made the namespace
        os.environ["SHMPATH_APART"] = str(os.getpid())
        sys.exit(subprocess.run(["unshare", "--mount", "--propagation", "private", sys.executable,
                                 *sys.argv], check=False).returncode)
    lay_over("/etc/passwd", with_line("/etc/passwd",
             f"{NAME}:x:{PERSON}:{PEOPLE}::/tmp/{NAME}:/bin/sh"), 0o644)
    lay_over("/etc/group", with_line("/etc/group", f"{NAME}:x:{PEOPLE}:\n"
             f"shmpath-team:x:{TEAM}:{NAME}"), 0o644)
    lay_over("/etc/shadow", with_line("/etc/shadow", f"{NAME}:*:19000:0:99999:7:::"), 0o640)
    lay_over("/etc/sudoers", "Defaults env_reset,use_pty\n"
             'Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"\n'
             f"root,{NAME} ALL=(ALL) NOPASSWD: ALL\n", 0o440)


def may_raise_limits():
    """Whether root may here: in a container it may not (CAP_SYS_RESOURCE)."""
    status = pathlib.Path("/proc/self/status").read_text()
    effective = int(status.split("CapEff:")[1].split()[0], 16)
    return bool(effective & 1 << 24)


class Playground:
    """A folder that everybody may enter and the person owns, with shmpath and what it traces."""

    def __init__(self, build):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="shmpath-privilege-"))
        self.path.chmod(0o755)
        for name in ("bin", "labs", "exercises"):
            shutil.copytree(build / name, self.path / name)
        self.shmpath = self.path / "bin/shmpath"
        shutil.copy(build / "tests/targets/show_facts", self.path)
        subprocess.run(["chmod", "-R", "a+rX", self.path], check=True)
        self.home = self.folder("home", PERSON, PEOPLE, 0o755)

    def folder(self, name, owner, group, mode):
        path = self.path / name
        path.mkdir()
        os.chown(path, owner, group)
        path.chmod(mode)
        return path

    def remove(self):
        shutil.rmtree(self.path)

    def environment(self):
        return {"HOME": str(self.home), "USER": NAME, "LOGNAME": NAME, "SHELL": "/bin/sh",
                "PATH": f"{self.home}/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "OWN": "a b\nc",
                "TMPDIR": str(self.home), "LD_LIBRARY_PATH": f"{self.home}/lib",
                "XDG_CACHE_HOME": f"{self.home}/cache"}

    def run(self, words, *, uid=PERSON, become=None, timeout=60, **more):
        """As that user, with limits, mask and more that nothing has by chance."""
        more.setdefault("env", self.environment())
        more.setdefault("cwd", self.home)
        return subprocess.run([str(word) for word in words], preexec_fn=become or as_user(uid),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=timeout, check=False,
                              **more)


def as_user(uid):
    core = (4096, 8192) if may_raise_limits() else (0, 0)  # sudo makes it 0

    def become():
        os.setgroups([PEOPLE, TEAM])
        os.setresgid(PEOPLE, PEOPLE, PEOPLE)
        os.umask(0o006)
        for name, soft, hard in (("NOFILE", 777, 888), ("STACK", 7 << 20, 9 << 20),
                                 ("MEMLOCK", 1 << 20, 2 << 20), ("NPROC", 5000, 6000),
                                 ("CPU", 1000, 2000), ("FSIZE", 1 << 34, 1 << 35),
                                 ("CORE", *core)):
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (soft, hard))
        os.nice(3)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python's own
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        for ignored in (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1):
            signal.signal(ignored, signal.SIG_IGN)
        os.setresuid(uid, uid, uid)
    return become


def facts(text):
    """What show_facts printed, name to values. A pipe's number is that of the run."""
    found = {}
    for line in text.replace("a b\nc", "a b|c").splitlines():
        name, _, value = line.replace("\t", " ").partition(" ")
        if name == "descriptor":
            number, _, what = value.partition(" ")
            name, value = f"descriptor {number}", what.split(":[")[0]
        found.setdefault(name, []).append(value)
    return {name: sorted(values) for name, values in found.items()}
