// SPDX-License-Identifier: BSD-2-Clause
//
// What doctor says of machines that are made up, file by file and answer by answer.
#include "tracer/doctor.h"

#include <unistd.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/catch.h"

using namespace shmpath;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

// A machine on which everything works.
Facts good_machine() {
  Facts facts;
  facts.process = {true,
                   ~std::uint64_t{0},
                   false,
                   0,
                   "user:[4026531837]",
                   "pid:[4026531836]",
                   ~std::uint64_t{0},
                   "/usr/bin/shmpath"};
  KernelFacts& kernel = facts.kernel;
  kernel.release = "6.12.0-test";
  kernel.machine = "x86_64";
  kernel.proc = kernel.sys = kernel.btf = kernel.tracefs = true;
  kernel.addresses_shown = true;
  kernel.lockdown = "[none] integrity confidentiality";
  kernel.kptr_restrict = kernel.ptrace_scope = "0";
  kernel.perf_event_paranoid = kernel.unprivileged_bpf_disabled = "2";
  Attempts& tried = facts.attempts;
  for (Attempt* attempt :
       {&tried.raw_tracepoint, &tried.typed_tracepoint, &tried.ring, &tried.fentry, &tried.multi,
        &tried.kprobe, &tried.uprobe, &tried.multi_uprobe, &tried.programs, &tried.c_library,
        &tried.markers, &tried.ptrace})
    *attempt = "";
  VmFacts& vm = facts.vm;
  vm.ready = {true, ""};
  vm.programs = {{"qemu-system-x86_64", "qemu-system-x86", true}, {"xz", "xz-utils", true}};
  vm.mkfs = vm.apt = vm.kvm_there = vm.kvm_ours = true;
  vm.kvm = KvmWish::known;
  vm.cache = "/cache";
  vm.free_bytes = 5'000'000'000;
  for (const KernelSeries& series : kernel_series())
    vm.kernels.push_back({std::string(series.name), std::string(series.name) + ".9-test", ""});
  facts.labs = {"/labs", "", 13, {}, {{"udmabuf", "modprobe udmabuf", true}, {"vgem", "", true}}};
  return facts;
}

Check check_of(const Facts& facts, const std::string& name) {
  for (const Check& check : judge(facts).checks)
    if (check.name == name) return check;
  FAIL("no check " << name);
  return {};
}

struct Lack {
  std::string name;
  State state;
  std::function<void(Facts&)> make;
};

// For every check a machine on which it is not ok.
const std::vector<Lack>& lacks() {
  static const std::vector<Lack> all = {
      {"root", State::limited, [](Facts& f) { f.process.root = false; }},
      {"root", State::limited, [](Facts& f) { f.process.user_namespace = "user:[7]"; }},
      {"CAP_BPF", State::missing, [](Facts& f) { f.process.capabilities = 1ULL << 38; }},
      {"CAP_PERFMON", State::missing, [](Facts& f) { f.process.capabilities = 1ULL << 39; }},
      {"CAP_SYS_ADMIN", State::missing, [](Facts& f) { f.process.capabilities = 1ULL << 39; }},
      {"CAP_SYSLOG", State::missing, [](Facts& f) { f.process.capabilities = 1ULL << 21; }},
      {"CAP_SYS_PTRACE", State::missing, [](Facts& f) { f.process.capabilities = 0; }},
      {"CAP_BPF", State::missing, [](Facts& f) { f.process.user_namespace = "user:[7]"; }},
      {"CAP_BPF", State::unknown, [](Facts& f) { f.process.capabilities.reset(); }},
      {"file capabilities", State::missing, [](Facts& f) { f.process.root = false; }},
      {"user namespace", State::missing, [](Facts& f) { f.process.user_namespace = "user:[7]"; }},
      {"user namespace", State::unknown, [](Facts& f) { f.process.user_namespace.reset(); }},
      {"pid namespace", State::missing, [](Facts& f) { f.process.pid_namespace = "pid:[7]"; }},
      {"pid namespace", State::unknown, [](Facts& f) { f.process.pid_namespace.reset(); }},
      {"container", State::limited, [](Facts& f) { f.kernel.container = "docker"; }},
      {"seccomp", State::limited, [](Facts& f) { f.process.seccomp = 2; }},
      {"seccomp", State::unknown, [](Facts& f) { f.process.seccomp.reset(); }},
      {"locked memory", State::limited,
       [](Facts& f) {
         f.process.locked_bytes = 65536;
         f.attempts.ring = "ring buffer: Operation not permitted";
       }},
      {"locked memory", State::unknown,
       [](Facts& f) {
         f.process.locked_bytes = 65536;
         f.attempts.ring = f.attempts.raw_tracepoint = "BPF: Operation not permitted";
       }},
      {"locked memory", State::unknown, [](Facts& f) { f.process.locked_bytes.reset(); }},
      {"machine", State::missing, [](Facts& f) { f.kernel.machine = "aarch64"; }},
      {"BTF", State::missing, [](Facts& f) { f.kernel.btf = false; }},
      {"BTF", State::unknown, [](Facts& f) { f.kernel.btf = f.kernel.sys = false; }},
      {"kallsyms", State::missing, [](Facts& f) { f.kernel.addresses_shown = false; }},
      {"kallsyms", State::unknown, [](Facts& f) { f.kernel.addresses_shown.reset(); }},
      {"kptr_restrict", State::missing, [](Facts& f) { f.kernel.kptr_restrict = "2"; }},
      {"kptr_restrict", State::unknown, [](Facts& f) { f.kernel.kptr_restrict.reset(); }},
      {"lockdown", State::missing,
       [](Facts& f) { f.kernel.lockdown = "none integrity [confidentiality]"; }},
      {"lockdown", State::unknown, [](Facts& f) { f.kernel.lockdown.reset(); }},
      {"perf_event_paranoid", State::limited, [](Facts& f) { f.process.capabilities = 0; }},
      {"perf_event_paranoid", State::missing,
       [](Facts& f) { f.kernel.perf_event_paranoid.reset(); }},
      {"perf_event_paranoid", State::unknown,
       [](Facts& f) {
         f.kernel.perf_event_paranoid.reset();
         f.kernel.proc = false;
       }},
      {"unprivileged_bpf_disabled", State::missing,
       [](Facts& f) { f.kernel.unprivileged_bpf_disabled.reset(); }},
      {"ptrace_scope", State::missing, [](Facts& f) { f.kernel.ptrace_scope = "3"; }},
      {"ptrace_scope", State::missing,
       [](Facts& f) {
         f.kernel.ptrace_scope = "2";
         f.process.capabilities = 0;
       }},
      {"ptrace_scope", State::limited,
       [](Facts& f) {
         f.kernel.ptrace_scope = "1";
         f.process.capabilities = 0;
       }},
      {"tracefs", State::limited, [](Facts& f) { f.kernel.tracefs = false; }},
      {"raw tracepoint", State::missing, [](Facts& f) { f.attempts.raw_tracepoint = "no"; }},
      {"typed tracepoint", State::missing, [](Facts& f) { f.attempts.typed_tracepoint = "no"; }},
      {"ring buffer", State::missing, [](Facts& f) { f.attempts.ring = "no"; }},
      {"fentry", State::limited, [](Facts& f) { f.attempts.fentry = "no"; }},
      {"kprobe-multi (fprobe)", State::limited, [](Facts& f) { f.attempts.multi = "no"; }},
      {"kprobe", State::limited, [](Facts& f) { f.attempts.kprobe = "no"; }},
      {"kprobe", State::missing,
       [](Facts& f) { f.attempts.fentry = f.attempts.multi = f.attempts.kprobe = "no"; }},
      {"uprobe", State::missing, [](Facts& f) { f.attempts.uprobe = "no"; }},
      {"uprobe", State::unknown, [](Facts& f) { f.attempts.uprobe.reset(); }},
      {"uprobe-multi", State::limited, [](Facts& f) { f.attempts.multi_uprobe = "no"; }},
      {"BPF programs", State::missing, [](Facts& f) { f.attempts.programs = "no"; }},
      {"C library", State::missing, [](Facts& f) { f.attempts.c_library = "no"; }},
      {"step markers (USDT)", State::missing, [](Facts& f) { f.attempts.markers = "no"; }},
      {"ptrace", State::missing, [](Facts& f) { f.attempts.ptrace = "no"; }},
      {"qemu-system-x86_64", State::missing, [](Facts& f) { f.vm.programs[0].there = false; }},
      {"xz", State::missing, [](Facts& f) { f.vm.programs[1].there = false; }},
      {"mkfs.ext4", State::limited, [](Facts& f) { f.vm.mkfs = false; }},
      {"apt-get", State::limited, [](Facts& f) { f.vm.apt = false; }},
      {"KVM", State::limited, [](Facts& f) { f.vm.kvm_there = false; }},
      {"KVM", State::limited, [](Facts& f) { f.vm.kvm_ours = false; }},
      {"KVM", State::limited, [](Facts& f) { f.vm.kvm = KvmWish::never; }},
      {"KVM", State::limited, [](Facts& f) { f.vm.kvm_asked = "tcg"; }},
      {"KVM", State::unknown, [](Facts& f) { f.vm.kvm = KvmWish::trial; }},
      {"KVM", State::unknown, [](Facts& f) { f.vm.kvm.reset(); }},
      {"kernel 5.10", State::limited, [](Facts& f) { f.vm.kernels.clear(); }},
      {"kernel 6.1", State::limited, [](Facts& f) { f.vm.kernels[1].broken = "vmlinuz differs"; }},
      {"kernel 6.12", State::missing, [](Facts& f) { f.vm.kernels.clear(); }},
      {"kernel newest", State::limited, [](Facts& f) { f.vm.kernels.clear(); }},
      {"cache folder", State::limited, [](Facts& f) { f.vm.free_bytes = 1000; }},
      {"cache folder", State::unknown, [](Facts& f) { f.vm.cache.clear(); }},
      {"labs", State::missing, [](Facts& f) { f.labs.failure = "cannot find the labs"; }},
      {"programs", State::missing, [](Facts& f) { f.labs.not_runnable = {"01-posix-shm/x"}; }},
      {"driver udmabuf", State::missing, [](Facts& f) { f.labs.drivers[0].there = false; }},
      {"driver udmabuf", State::limited,
       [](Facts& f) {
         f.labs.drivers[0].there = false;
         f.labs.drivers[0].loadable = true;
       }},
      {"driver udmabuf", State::limited, [](Facts& f) { f.labs.drivers[0].ours = false; }},
      {"driver vgem", State::missing, [](Facts& f) { f.labs.drivers[1].there = false; }},
      {"replay", State::missing, [](Facts& f) { f.labs.failure = "cannot find the labs"; }},
  };
  return all;
}

// A folder in the place of /, removed with all it holds.
class Root {
 public:
  Root() {
    std::string name = fs::temp_directory_path() / "shmpath-doctor-XXXXXX";
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~Root() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file) << text;
  }
  void link(const std::string& file, const std::string& to) const {
    fs::create_directories((path_ / file).parent_path());
    fs::create_symlink(to, path_ / file);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("On a machine on which everything works, doctor finds nothing missing") {
  const Diagnosis diagnosis = judge(good_machine());
  for (const Check& check : diagnosis.checks) {
    CAPTURE(check.name, check.found);
    CHECK(check.state == State::ok);
    CHECK(check.cost.empty());
    CHECK(check.remedy.empty());
  }
  CHECK(diagnosis.verdict.works == Works::host);
  CHECK(diagnosis.verdict.host_view == "functions");
}

TEST_CASE(
    "Each check of doctor can say that something is missing, what it costs and what mends it") {
  for (const Lack& lack : lacks()) {
    Facts facts = good_machine();
    lack.make(facts);
    const Check check = check_of(facts, lack.name);
    CAPTURE(check.name, check.found, state_name(lack.state));
    CHECK(check.state == lack.state);
    CHECK_FALSE(check.found.empty());
    if (check.state == State::unknown) continue;
    CHECK_FALSE(check.cost.empty());
    CHECK_FALSE(check.remedy.empty());
  }
}

TEST_CASE("No check of doctor is without a machine on which it fails") {
  std::set<std::string> tested;
  for (const Lack& lack : lacks()) tested.insert(lack.name);
  for (const Check& check : judge(good_machine()).checks) {
    CAPTURE(check.name);
    CHECK(tested.count(check.name) == 1);
  }
}

TEST_CASE("Doctor's verdict follows what works, and the exit status says it") {
  Facts facts = good_machine();
  facts.attempts.functions_refused = "fentry: no";
  Conclusion verdict = judge(facts).verdict;
  CHECK(verdict.works == Works::host);
  CHECK(verdict.host_view == "tracepoints");
  CHECK(verdict.best.place == "vm");
  facts.vm.ready = {false, "not installed: qemu"};
  verdict = judge(facts).verdict;
  CHECK(verdict.best.place == "host");
  CHECK(verdict.best.view == "tracepoints");
  facts.attempts.tracepoints_refused = "BPF: no";
  verdict = judge(facts).verdict;
  CHECK(verdict.works == Works::syscalls);
  CHECK(verdict.best.view == "syscalls");
  facts.vm.ready = {true, ""};
  CHECK(judge(facts).verdict.works == Works::vm);
  facts.vm.ready = {false, "not installed: qemu"};
  facts.attempts.ptrace = "ptrace: Operation not permitted";
  CHECK(judge(facts).verdict.works == Works::replay);
  facts.labs.failure = "cannot find the labs in /labs";
  CHECK(judge(facts).verdict.works == Works::nothing);
}

TEST_CASE("Where BPF is refused as a whole, a mechanism that works makes no functions view") {
  const BestView best =
      best_view({[] { return std::string("a pid namespace"); }, [] { return std::string(); },
                 [] {
                   return VmReady{true, ""};
                 }});
  CHECK(best.place == "vm");
  CHECK(best.why() == "no functions on the host (a pid namespace)");
}

TEST_CASE("Doctor reads a machine's files") {
  const Root root;
  root.write("proc/self/status",
             "Name:\tx\nUid:\t1000\t0\t0\t0\nCapEff:\t0000000000200000\nSeccomp:\t2\n");
  root.link("proc/self/ns/user", "user:[7]");
  root.link("proc/self/ns/pid", "pid:[8]");
  ProcessFacts process;
  read_process(root.path(), process);
  CHECK(process.root);
  CHECK(process.capabilities == 1U << 21);
  CHECK(process.seccomp == 2U);
  CHECK(process.user_namespace == "user:[7]");
  CHECK(process.pid_namespace == "pid:[8]");

  root.write("proc/sys/kernel/kptr_restrict", "2\n");
  root.write("proc/sys/kernel/yama/ptrace_scope", "1\n");
  root.write("proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n");
  root.write("proc/kallsyms", "0000000000000000 A fixed\nffffffff81000000 T _text\n");
  root.write("sys/kernel/btf/vmlinux", "x");
  root.write("sys/kernel/debug/tracing/available_tracers", "nop\n");
  root.write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  root.write(".dockerenv", "");
  KernelFacts kernel;
  read_kernel(root.path(), kernel);
  CHECK(kernel.proc);
  CHECK(kernel.sys);
  CHECK(kernel.btf);
  CHECK(kernel.tracefs);
  CHECK(kernel.wsl);
  CHECK(kernel.addresses_shown == true);
  CHECK(kernel.kptr_restrict == "2");
  CHECK(kernel.ptrace_scope == "1");
  CHECK(kernel.lockdown == "none [integrity] confidentiality");
  CHECK(kernel.container.starts_with("docker"));
  CHECK_FALSE(kernel.perf_event_paranoid);

  root.write("dev/udmabuf", "");
  root.write("sys/module/vivid/initstate", "live\n");
  root.write("sys/bus/faux/devices/vgem/uevent", "");
  LabFacts labs;
  read_drivers(root.path(), labs);
  REQUIRE(labs.drivers.size() == 4);
  CHECK(labs.drivers[0].there);
  CHECK_FALSE(labs.drivers[1].there);
  CHECK(labs.drivers[2].there);
  CHECK(labs.drivers[3].there);
}

TEST_CASE("An empty root folder is a machine of which nothing is known") {
  const Root root;
  ProcessFacts process;
  read_process(root.path(), process);
  CHECK_FALSE(process.root);
  CHECK_FALSE(process.capabilities);
  CHECK_FALSE(process.seccomp);
  KernelFacts kernel;
  read_kernel(root.path(), kernel);
  CHECK_FALSE(kernel.proc);
  CHECK_FALSE(kernel.btf);
  CHECK_FALSE(kernel.tracefs);
  CHECK_FALSE(kernel.addresses_shown);
  CHECK(kernel.container.empty());
}

TEST_CASE("Addresses that are all zero are hidden, and a status that makes no sense is no answer") {
  const Root root;
  root.write("proc/kallsyms", "0000000000000000 T _text\n0000000000000000 T _stext\n");
  root.write("proc/self/status", "Uid:\nCapEff:\tnone\nSeccomp:\n");
  KernelFacts kernel;
  read_kernel(root.path(), kernel);
  CHECK(kernel.addresses_shown == false);
  ProcessFacts process;
  read_process(root.path(), process);
  CHECK_FALSE(process.root);
  CHECK_FALSE(process.capabilities);
  CHECK_FALSE(process.seccomp);
}

TEST_CASE("Doctor's text is calm, aligned, and no byte of it comes from elsewhere unseen") {
  Facts facts = good_machine();
  facts.kernel.lockdown = "\x1b[31mnone";
  facts.attempts.functions_refused = "fentry: no";
  const std::string text = doctor_text(judge(facts), false);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.starts_with("privilege\n  ok       root "));
  CHECK(text.find("\n\nkernel\n") != std::string::npos);
  CHECK(text.find("\nThis machine: the functions view works in the VM (not on the host: fentry: "
                  "no); on the host, the tracepoints view; replay works\n"
                  "Exit status 0: the host shows kernel paths\n") != std::string::npos);
  CHECK(doctor_text(judge(facts), true).find("\033[32mok     \033[0m") != std::string::npos);
}

TEST_CASE("Doctor's JSON is one object on a line, with all checks and the verdict") {
  Facts facts = good_machine();
  facts.kernel.lockdown = "\x1b\xff";
  facts.attempts.functions_refused = "no";
  facts.vm.ready = {false, "not installed"};
  const std::string text = doctor_json(judge(facts));
  CHECK(text.find('\n') == text.size() - 1);
  CHECK(text.find('\x1b') == std::string::npos);
  const Json json = Json::parse(text);
  CHECK(json["format"] == "shmpath.doctor/1");
  CHECK(json["checks"].size() == judge(facts).checks.size());
  for (const Json& check : json["checks"]) {
    for (const char* key : {"group", "name", "state", "found", "cost", "remedy"})
      CHECK(check[key].is_string());
  }
  CHECK(json["verdict"]["best"] == Json{{"place", "host"}, {"view", "tracepoints"}});
  CHECK(json["verdict"]["host"] == "tracepoints");
  CHECK(json["verdict"]["vm"] == false);
  CHECK(json["verdict"]["no_vm"] == "not installed");
  CHECK(json["verdict"]["status"] == 0);
}
