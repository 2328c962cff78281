// SPDX-License-Identifier: BSD-2-Clause
//
// deny_calls bpf,ptrace COMMAND...: runs the command under a seccomp filter that refuses these
// system calls with EPERM, as a container's does.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <vector>

int main(int argc, char** argv) {
  struct Name {
    const char* name;
    unsigned number;
  };
  constexpr Name names[] = {
      {"bpf", SYS_bpf}, {"perf_event_open", SYS_perf_event_open}, {"ptrace", SYS_ptrace}};
  if (argc < 3) return 2;
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (char* word = strtok(argv[1], ","); word; word = strtok(nullptr, ","))
    for (const Name& known : names)
      if (strcmp(word, known.name) == 0) {
        filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, known.number, 0, 1));
        filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1U));
      }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
    perror("seccomp");
    return 1;
  }
  execvp(argv[2], argv + 2);
  perror("execvp");
  return 127;
}
