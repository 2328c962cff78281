// SPDX-License-Identifier: BSD-2-Clause
//
// The labs of this repository name nothing that explain cannot explain.
#include <algorithm>
#include <regex>
#include <set>

#include "tests/catch.h"
#include "tests/paths.h"
#include "tracer/explain.h"

using namespace shmpath;

TEST_CASE("Each function, system call and point that a flow names can be explained") {
  const Reference reference = load_reference(source_dir + "/labs");
  auto known = [&](const std::string& name, const std::string& layer) {
    CAPTURE(name, layer);
    CHECK(std::any_of(reference.calls.begin(), reference.calls.end(), [&](const Call& call) {
      return call.name == name && call.has_layer(layer);
    }));
  };
  for (const Flow& flow : reference.catalogue.flows) {
    for (const FlowStep& step : flow.steps) {
      if (!step.user.empty()) known(step.user, "user");
      for (const std::string& name : step.syscall) known(name, "syscall");
    }
    for (const Claim& claim : flow.claims)
      for (const Rule& rule : claim.see)
        for (const std::string& name : rule.call) {
          CAPTURE(claim.id, name);
          CHECK_FALSE(explain(reference, name, {}).empty());
        }
  }
  for (const auto& [name, function] : reference.catalogue.functions)
    for (const std::string& point : function.witness) known(point, "point");
}

TEST_CASE("Each call that is described is one that a trace of a lab can show") {
  // Named by no flow: calls that the programs of the labs make on the way, or that a sibling of
  // theirs is explained by. Take out what a flow names.
  const std::set<std::string> on_the_way = {
      "accept",
      "accept4",
      "bind",
      "clone",
      "clone3",
      "connect",
      "clock_nanosleep",
      "execve",
      "exit_group",
      "fadvise64",
      "fcntl",
      "fdatasync",
      "fork",
      "fsync",
      "futex",
      "kill",
      "listen",
      "lseek",
      "memfd_create",
      "mincore",
      "mlock",
      "mlockall",
      "mprotect",
      "mremap",
      "msgctl",
      "msgget",
      "munlock",
      "munlockall",
      "page_fault_kernel",
      "pipe2",
      "pread64",
      "prlimit64",
      "process_vm_readv",
      "pthread_mutex_consistent",
      "pthread_mutex_lock",
      "pthread_mutex_timedlock",
      "pthread_mutex_unlock",
      "pwrite64",
      "read",
      "recvmsg",
      "recvfrom",
      "sendto",
      "rename",
      "sched_process_exec",
      "sched_process_exit",
      "sched_process_fork",
      "sched_yield",
      "sem_init",
      "sem_open",
      "sem_post",
      "sem_timedwait",
      "sem_wait",
      "semctl",
      "semget",
      "sendmsg",
      "socket",
      "socketpair",
      "sync_file_range",
      "syncfs",
      "truncate",
      "unshare",
      "vfork",
      "wait4",
      "waitid",
      "write",
  };
  const Reference reference = load_reference(source_dir + "/labs");
  std::set<std::string> named;
  for (const Flow& flow : reference.catalogue.flows) {
    for (const FlowStep& step : flow.steps) {
      named.insert(step.user);
      named.insert(step.syscall.begin(), step.syscall.end());
    }
    for (const Claim& claim : flow.claims)
      for (const Rule& rule : claim.see) named.insert(rule.call.begin(), rule.call.end());
  }
  for (const auto& [name, function] : reference.catalogue.functions)
    named.insert(function.witness.begin(), function.witness.end());
  for (const Call& call : reference.calls) {
    CAPTURE(call.name);
    CHECK(named.contains(call.name) + on_the_way.contains(call.name) >= 1);
  }
  for (const std::string& name : on_the_way) {
    CAPTURE(name);
    CHECK(std::any_of(reference.calls.begin(), reference.calls.end(),
                      [&](const Call& call) { return call.name == name; }));
  }
}

TEST_CASE("Each call has a page of the manual and a file of the kernel that look like ones") {
  const std::regex man(R"([a-z_0-9]+\([23]\))");
  const std::regex source(R"((fs|mm|ipc|net|kernel|arch/x86|include/trace)/[a-z_0-9/-]+\.[ch])");
  for (const Call& call : load_reference(source_dir + "/labs").calls) {
    CAPTURE(call.name);
    CHECK((call.man.empty() || std::regex_match(call.man, man)));
    CHECK((call.source.empty() || std::regex_match(call.source, source)));
  }
  CHECK(man_url("mmap(2)") == "https://man7.org/linux/man-pages/man2/mmap.2.html");
}
