// SPDX-License-Identifier: BSD-2-Clause
//
// `shmpath doctor` on this machine, with less and less of it: what it says works is what `shmpath`
// then can do, and what it says does not, it cannot.
#include "tests/live/support.h"

using namespace live;
using Words = std::vector<std::string>;

namespace {

// What stands before a command to take something from it.
struct Without {
  std::string name;
  Words prefix;
};

Words words(Words first, const Words& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

Outcome run_with(const Without& without, const Words& command) {
  return run_command({words(without.prefix, command)});
}

Json diagnosis(const Outcome& run) {
  CAPTURE(run.out, run.err);
  REQUIRE(run.out.starts_with("{"));
  const Json found = Json::parse(run.out);
  CHECK(found["format"] == "shmpath.doctor/1");
  CHECK(found["verdict"]["status"] == run.status);
  CHECK(run.err.empty());
  return found;
}

std::string state_of(const Json& found, const std::string& name) {
  for (const Json& check : found["checks"])
    if (check["name"] == name) return check["state"];
  FAIL("no check " << name);
  return "";
}

// Views are in order: who has one has the next.
int rank(const Json& host_view) {
  if (host_view.is_null()) return 0;
  return host_view == "syscalls" ? 1 : host_view == "tracepoints" ? 2 : 3;
}

void require_true_verdict(const Without& without) {
  CAPTURE(without.name);
  const Json found = diagnosis(run_with(without, {shmpath(), "doctor", "--json"}));
  const Json verdict = found["verdict"];
  CAPTURE(found.dump());
  int wanted = 1;
  for (const char* view : {"syscalls", "tracepoints", "functions"}) {
    const Outcome run = run_with(
        without, {shmpath(), "run", "01", "--place", "host", "--view", view, "-o", "/dev/null"});
    CAPTURE(view, run.err);
    const bool claimed = rank(verdict["host"]) >= wanted++;
    // system calls are traced by ptrace, which may be refused where BPF is not
    const bool works =
        std::string(view) == "syscalls" ? state_of(found, "ptrace") == "ok" : claimed;
    CHECK((run.status == 0) == works);
    if (run.status != 0) CHECK(run.status == 125);
  }
  const Outcome listed = run_with(without, {shmpath(), "list"});
  const std::string line = listed.out.substr(listed.out.find("\nThis machine: ") + 15);
  const std::string said = line.substr(0, line.find('\n'));
  if (verdict["status"] < 3) CHECK(verdict["text"].get<std::string>().starts_with(said));
}

}  // namespace

TEST_CASE("doctor's verdict on this machine is what run can do") {
  NEEDS_ROOT();
  require_true_verdict({"root", {}});
}

TEST_CASE("doctor's verdict for an ordinary user is what run can do") {
  NEEDS_ROOT();
  NEEDS_ORDINARY_USER();
  const Without without{"ordinary user", as_ordinary_user({})};
  require_true_verdict(without);
  const Json found = diagnosis(run_with(without, {shmpath(), "doctor", "--json"}));
  CHECK(found["verdict"]["host"] == "syscalls");
  for (const char* check : {"CAP_BPF", "CAP_PERFMON", "CAP_SYS_ADMIN", "file capabilities"})
    CHECK(state_of(found, check) == "missing");
}

TEST_CASE("doctor's verdict in a sandbox without capabilities is what run can do") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("unshare");
  NEEDS_PROGRAM("setpriv");
  const Without none{"no capability", {"setpriv", "--bounding-set=-all", "--inh-caps=-all"}};
  require_true_verdict(none);
  CHECK(state_of(diagnosis(run_with(none, {shmpath(), "doctor", "--json"})), "CAP_BPF") ==
        "missing");
  const Without user{
      "user namespace",
      {"unshare", "--user", "--map-root-user", "--pid", "--mount", "--fork", "--mount-proc"}};
  require_true_verdict(user);
  const Json found = diagnosis(run_with(user, {shmpath(), "doctor", "--json"}));
  for (const char* check : {"CAP_BPF", "user namespace", "pid namespace", "BPF programs"})
    CHECK(state_of(found, check) == "missing");
}

TEST_CASE("doctor's verdict in a pid namespace is what run can do") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("unshare");
  const Without without{"pid namespace", {"unshare", "--pid", "--fork", "--mount-proc"}};
  require_true_verdict(without);
  CHECK(state_of(diagnosis(run_with(without, {shmpath(), "doctor", "--json"})), "pid namespace") ==
        "missing");
}

TEST_CASE("doctor sees that tracefs is not mounted, and that nothing is lost by it") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("unshare");
  const Without without{
      "tracefs",
      {"unshare", "--mount", "sh", "-c",
       "umount /sys/kernel/tracing /sys/kernel/debug/tracing /sys/kernel/debug 2>/dev/null; "
       "exec \"$@\"",
       "sh"}};
  require_true_verdict(without);
  CHECK(state_of(diagnosis(run_with(without, {shmpath(), "doctor", "--json"})), "tracefs") ==
        "limited");
}

TEST_CASE("doctor sees that there is no BTF") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("unshare");
  const Without without{"BTF",
                        {"unshare", "--mount", "sh", "-c",
                         "mount -t tmpfs none /sys/kernel/btf && exec \"$@\"", "sh"}};
  require_true_verdict(without);
  CHECK(state_of(diagnosis(run_with(without, {shmpath(), "doctor", "--json"})), "BTF") ==
        "missing");
}

TEST_CASE("doctor's verdict under a seccomp filter is what run can do") {
  NEEDS_ROOT();
  const std::string denied = GENERATE("bpf", "ptrace", "bpf,ptrace,perf_event_open");
  const Without without{denied, {target("deny_calls"), denied}};
  require_true_verdict(without);
  const Json found = diagnosis(run_with(without, {shmpath(), "doctor", "--json"}));
  CHECK(state_of(found, "seccomp") == "limited");
  CHECK((state_of(found, "ptrace") == "missing") == (denied.find("ptrace") != std::string::npos));
  CHECK((state_of(found, "raw tracepoint") == "missing") ==
        (denied.find("bpf") != std::string::npos));
}

TEST_CASE("without perf events doctor misses the C library and the steps") {
  NEEDS_ROOT();
  const Without without{"perf_event_open", {target("deny_calls"), "perf_event_open"}};
  const Json found = diagnosis(run_with(without, {shmpath(), "doctor", "--json"}));
  CHECK(state_of(found, "step markers (USDT)") == "missing");
}

TEST_CASE("doctor without QEMU, kernels or labs says so, and exits by what is left") {
  NEEDS_ROOT();
  NEEDS_ORDINARY_USER();
  TempFolder folder;
  Command command{as_ordinary_user({shmpath(), "doctor", "--json"})};
  command.environment["SHMPATH_CACHE"] = folder.path().string();
  const Outcome user = run_command(command);
  const Json found = diagnosis(user);
  CHECK(user.status == 2);
  CHECK(state_of(found, "kernel 6.12") == "missing");
  CHECK(found["verdict"]["vm"] == false);
  command.argv = {target("deny_calls"), "bpf,ptrace", shmpath(), "doctor", "--json"};
  CHECK(diagnosis(run_command(command))["verdict"]["status"] == 3);
  command.argv = {shmpath(), "--labs", folder.path() / "none", "doctor", "--json"};
  CHECK(diagnosis(run_command(command))["verdict"]["status"] == 4);
}

TEST_CASE("doctor leaves nothing in the kernel, and no process") {
  NEEDS_ROOT();
  adopt_orphans();
  const auto before = bpf_objects();
  const Outcome run = run_command({{shmpath(), "doctor"}});
  CHECK(run.status == 0);
  CHECK(run.out.find("\nThis machine: ") != std::string::npos);
  CHECK(run.out.find('\x1b') == std::string::npos);
  CHECK(no_child_left());
  CHECK(bpf_objects_left(before) == std::set<std::string>{});
}
