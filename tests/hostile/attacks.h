// SPDX-License-Identifier: BSD-2-Clause
//
// What a hostile submission does beside its exercise, one function each. Where the grader's defence
// holds, none succeeds. One that does says so and ends the program, which costs the points.
//
// hostile.py puts in HOST_PATHS, files that are there on the host: of other students, the exercises
// and so on.
#pragma once

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#define FORGED                                                                                 \
  "{\"type\":\"enter\",\"t\":1,\"pid\":1,\"tid\":1,\"layer\":\"syscall\",\"name\":\"shmget\"," \
  "\"args\":{\"key\":\"IPC_PRIVATE\"}}\n"                                                      \
  "{\"type\":\"summary\",\"events\":1,\"lost\":0,\"complete\":true}\n"
#define CONTROLS "\n\r\033]0;owned\007\033[2J<script>alert(1)</script>]]>&\"'::error::\x80\xff"

namespace attack {

[[maybe_unused, noreturn]] static void won(const char* what) {
  std::printf("the attack succeeded: %s\n", what);
  std::fflush(stdout);
  _exit(99);
}

[[maybe_unused]] static void must_not_open(const std::string& file, int flags) {
  const int fd = open(file.c_str(), flags | O_NONBLOCK);
  if (fd >= 0) won(file.c_str());
}

// Of this user there is only this program; all others are the judge's.
[[maybe_unused]] static void kill_everyone() {
  std::signal(SIGTERM, SIG_IGN);
  if (kill(getppid(), SIGKILL) == 0) won("its parent was killed");
  for (pid_t pid = 1; pid < 3000; pid++)
    if (pid != getpid() && kill(pid, SIGKILL) == 0) won("another process was killed");
  kill(-1, SIGTERM);
}

// In its own folder it may; nobody reads them.
[[maybe_unused]] static void write_results() {
  for (const char* file : {"results.json", "../results.json", "../../results.json",
                           "/autograder/results/results.json", "trace.jsonl.zst", "Makefile"})
    if (FILE* results = std::fopen(file, "w")) {
      std::fputs("{\"score\":10,\"points\":10,\"status\":\"graded\"}\n", results);
      std::fclose(results);
    }
}

[[maybe_unused]] static void forge_trace() {
  std::fputs(FORGED, stdout);
  std::fputs(FORGED, stderr);
  for (const char* file :
       {"/run/shmpath-trace", "/run/shmpath-record", "/run/shmpath-record.zst",
        "/sys/kernel/tracing/trace_marker", "/dev/kmsg", "/dev/ttyS0", "/dev/console", "/dev/mem"})
    must_not_open(file, O_WRONLY);
  if (DIR* devices = opendir("/dev"))
    while (const dirent* device = readdir(devices))
      if (std::strncmp(device->d_name, "vport", 5) == 0)
        must_not_open(std::string("/dev/") + device->d_name, O_RDWR);
  // what it inherited, beside its three streams
  for (int fd = 3; fd < 256; fd++)
    if (write(fd, FORGED, sizeof(FORGED) - 1) > 0) won("it writes to an inherited descriptor");
}

[[maybe_unused]] static void use_control_characters() {
  std::puts(CONTROLS);
  std::fputs(CONTROLS, stderr);
  prctl(PR_SET_NAME, "a\n\"}\033[2J<b>");
  const int fd = shm_open("/" CONTROLS, O_RDWR | O_CREAT, 0600);
  if (fd >= 0) shm_unlink("/" CONTROLS);
  if (fd >= 0) close(fd);
}

[[maybe_unused]] static void read_what_is_not_its_own() {
  for (const char* file : {HOST_PATHS}) must_not_open(file, O_RDONLY);
  for (const char* file : {"/etc/shadow", "/proc/1/mem", "/proc/1/environ", "/proc/kcore", "/root",
                           "/home", "/usr/share", "/usr/local"})
    must_not_open(file, O_RDONLY);
  must_not_open("/proc/" + std::to_string(getppid()) + "/mem", O_RDWR);
  must_not_open("/proc/" + std::to_string(getppid()) + "/cmdline", O_RDONLY);
}

[[maybe_unused]] static void use_network() {
  for (const char* address : {"127.0.0.1", "10.0.2.2", "192.0.2.1", "255.255.255.255"}) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(53);
    inet_pton(AF_INET, address, &to.sin_addr);
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sendto(fd, "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 1) won(address);
    close(fd);
  }
  sockaddr_vm host{};
  host.svm_family = AF_VSOCK;
  host.svm_cid = VMADDR_CID_HOST;
  host.svm_port = 22;
  const int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
  if (fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&host), sizeof(host)) == 0) won("vsock");
  if (fd >= 0) close(fd);
  if (socket(AF_PACKET, SOCK_RAW, 0) >= 0) won("a raw socket");
}

[[maybe_unused]] static void become_root() {
  if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0) won("set-user-id");
  if (chmod("lifetime", 04755) == 0 && chown("lifetime", 0, 0) == 0) won("a set-user-id program");
  chmod("lifetime", 0755);
  if (mount("none", "/tmp", "tmpfs", 0, nullptr) == 0) won("mount");
  if (chroot("/tmp") == 0) won("chroot");
  if (unshare(CLONE_NEWUSER) == 0) won("a user namespace");
  if (ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr) == 0) won("ptrace");
  must_not_open("/sys/fs/cgroup/cgroup.procs", O_WRONLY);
  must_not_open("/sys/fs/cgroup/submission/memory.max", O_WRONLY);
  must_not_open("/sys/fs/cgroup/submission/cgroup.procs", O_WRONLY);
  must_not_open("/proc/sys/kernel/core_pattern", O_WRONLY);
  must_not_open("/shmpath/bin/shmpath", O_WRONLY);
  must_not_open("/usr/bin/make", O_WRONLY);
  bpf_attr program{};
  bpf_insn end[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  program.prog_type = BPF_PROG_TYPE_KPROBE;
  program.insns = reinterpret_cast<unsigned long long>(end);
  program.insn_cnt = 2;
  program.license = reinterpret_cast<unsigned long long>("GPL");
  if (syscall(SYS_bpf, BPF_PROG_LOAD, &program, sizeof(program)) >= 0) won("BPF");
  perf_event_attr event{};
  event.type = PERF_TYPE_SOFTWARE;
  event.size = sizeof(event);
  event.config = PERF_COUNT_SW_CPU_CLOCK;
  if (syscall(SYS_perf_event_open, &event, -1, 0, -1, 0) >= 0) won("perf events");
}

[[maybe_unused]] static void leave_things() {
  for (int i = 0; i < 20; i++) {
    shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    const int fd = shm_open(("/left-" + std::to_string(i)).c_str(), O_RDWR | O_CREAT, 0600);
    if (fd >= 0 && ftruncate(fd, 4096) == 0) close(fd);
  }
  if (fork() == 0) {
    setsid();
    for (;;) pause();
  }
}

[[maybe_unused]] static void fill_a_disk() {
  static char block[1 << 16];
  const int fd = open("/tmp/full", O_WRONLY | O_CREAT, 0600);
  if (fd < 0) return;
  while (write(fd, block, sizeof(block)) > 0) continue;
  close(fd);
}

// Until there is no room anywhere, and no file more to be had. That is many calls.
[[maybe_unused]] static void fill_disks() {
  static char block[1 << 16];
  for (const char* folder : {".", "/tmp", "/dev/shm", "/var/tmp", "/run"}) {
    const std::string file = std::string(folder) + "/full";
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 8192 && fd >= 0 && write(fd, block, sizeof(block)) > 0;) i++;
    if (fd >= 0) close(fd);
  }
  for (int i = 0; i < 100000; i++) {
    const int fd = open(("n" + std::to_string(i)).c_str(), O_WRONLY | O_CREAT, 0600);
    if (fd < 0) break;
    close(fd);
  }
}

[[maybe_unused]] static void eat_memory() {
  for (;;) {
    void* more = mmap(nullptr, 1 << 24, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (more == MAP_FAILED) _exit(1);
  }
}

[[maybe_unused]] static void bomb() {
  for (;;) fork();
}

[[maybe_unused]] static void print_for_ever() {
  static char block[1 << 16];
  std::memset(block, 'x', sizeof(block));
  for (;;)
    if (write(1, block, sizeof(block)) < 0) _exit(1);
}

[[maybe_unused]] static void call_for_ever() {
  for (;;) shmctl(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), IPC_RMID, nullptr);
}

[[maybe_unused]] static void spin() {
  for (;;) asm volatile("");
}

// One that wants to look well only where it is graded.
[[maybe_unused]] static bool is_graded() {
  char host[64] = "";
  gethostname(host, sizeof(host) - 1);
  return getuid() == 1000 || std::strcmp(host, "shmpath-vm") == 0 || std::getenv("LD_PRELOAD");
}

}  // namespace attack
