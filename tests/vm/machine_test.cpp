// SPDX-License-Identifier: BSD-2-Clause
//
// `shmpath vm run` from outside, as a user runs it: what comes back, what goes wrong and how it is
// said, and that nothing is left behind.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "tests/live/support.h"

using namespace live;
namespace fs = std::filesystem;
using std::chrono::seconds;

namespace {

// A scene for one test: where shmpath puts its temporary files, and what is mounted before. When
// the test is over, `require_nothing_left` looks at both, and for processes.
class Scene {
 public:
  Scene() : mounts_(read_file("/proc/self/mounts")) { adopt_orphans(); }

  Command vm_run(std::vector<std::string> options, std::vector<std::string> words) const {
    Command command{{shmpath(), "vm", "run"}};
    command.argv.insert(command.argv.end(), options.begin(), options.end());
    command.argv.push_back("--");
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    command.environment["TMPDIR"] = folder_.path().string();
    command.timeout = seconds(200);
    return command;
  }

  void require_nothing_left() const {
    CHECK(no_child_left());
    CHECK(fs::is_empty(folder_.path()));
    CHECK(read_file("/proc/self/mounts") == mounts_);
  }

 private:
  TempFolder folder_;
  std::string mounts_;
};

// A line "thing: reason; remedy" or, where there is no remedy, "thing: reason".
void require_failure(const Outcome& run, const std::string& said) {
  CAPTURE(run.out, run.err);
  CHECK_FALSE(run.timed_out);
  CHECK(run.status == 125);
  CHECK(run.err.find(said) != std::string::npos);
  static const std::regex shape(R"((^|\n)(shmpath: )?\S.*: \S)");
  CHECK(std::regex_search(run.err, shape));
}

// The QEMU that this shmpath started; 0 when it has none.
pid_t qemu_of(pid_t shmpath_pid) {
  const std::string pid = std::to_string(shmpath_pid);
  std::istringstream children(read_file("/proc/" + pid + "/task/" + pid + "/children"));
  pid_t child = 0;
  while (children >> child)
    if (read_file("/proc/" + std::to_string(child) + "/comm").starts_with("qemu")) return child;
  return 0;
}

bool is_gone(pid_t pid) {
  for (int tries = 0; tries < 250; ++tries) {
    const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
    if (stat.empty() || stat.find(") Z ") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

// The line of `shmpath vm list` for the default kernel: its release.
std::string default_release() {
  const Outcome list = run_command({{shmpath(), "vm", "list"}});
  static const std::regex shape(R"(\n6\.12 +(\S+) +fetched)");
  std::smatch match;
  CAPTURE(list.out);
  REQUIRE(std::regex_search(list.out, match, shape));
  return match[1];
}

fs::path fetched_folder() {
  const Outcome list = run_command({{shmpath(), "vm", "list"}});
  const auto at = list.out.find("\nkept in ");
  REQUIRE(at != std::string::npos);
  const auto start = at + 9;
  return list.out.substr(start, list.out.find('\n', start) - start);
}

// A file with the header of a bzImage of that release, whose code resets the machine at once.
void write_fake_kernel(const fs::path& file, const std::string& release) {
  std::string bytes(0x400, '\0');
  bytes[0x1f1] = 1;  // one sector of set-up code: the system begins at 0x400
  bytes[0x1f4] = 2;  // two paragraphs of system
  bytes.replace(0x1fe, 2, "\x55\xaa");
  bytes.replace(0x200, 2, "\xeb\x66");  // jmp 0x268
  bytes.replace(0x202, 4, "HdrS");
  bytes[0x207] = 2;
  bytes[0x20f] = 0x01;                                              // the release is at 0x300
  bytes.replace(0x268, 5, std::string("\xea\xf0\xff\x00\xf0", 5));  // jmp 0xf000:0xfff0, the reset
  bytes.replace(0x300, release.size(), release);
  std::ofstream(file, std::ios::binary) << bytes << std::string(32, '\0');
}

}  // namespace

TEST_CASE("a command in the VM has its streams apart, its input, and its exit status") {
  const Scene scene;
  Command command = scene.vm_run({}, {"sh", "-c", "cat; echo error >&2; uname -r; exit 7"});
  command.input = "a line of input\n";
  const Outcome run = run_command(command);
  CAPTURE(run.out, run.err);
  CHECK(run.status == 7);
  CHECK(run.out == "a line of input\n" + default_release() + "\n");
  CHECK(run.err.ends_with("error\n"));
  CHECK(run.out.find("error") == std::string::npos);
  scene.require_nothing_left();
}

TEST_CASE("a command in the VM that a signal kills ends as in a shell") {
  const Scene scene;
  const Outcome run = run_command(scene.vm_run({}, {target("kill_self"), "15"}));
  CAPTURE(run.err);
  CHECK(run.status == 128 + SIGTERM);
  scene.require_nothing_left();
}

TEST_CASE("a command in the VM that takes longer than --timeout is ended, and said so") {
  const Scene scene;
  const Outcome run = run_command(scene.vm_run({"--timeout", "1"}, {"sleep", "1000"}));
  require_failure(run, "did not end within 1 s");
  scene.require_nothing_left();
}

TEST_CASE("a file that is no kernel is refused before anything boots") {
  const Scene scene;
  require_failure(run_command(scene.vm_run({"--kernel", "/etc/passwd"}, {"true"})),
                  "it is no bzImage");
  require_failure(run_command(scene.vm_run({"--kernel", "/no/such/kernel"}, {"true"})),
                  "no such file");
  require_failure(run_command(scene.vm_run({"--kernel", "4.99"}, {"true"})), "4.99");
  scene.require_nothing_left();
}

TEST_CASE("a kernel without its folder of modules is refused by name") {
  const Scene scene;
  TempFolder folder;
  write_fake_kernel(folder / "vmlinuz", "6.0.0-nowhere");
  const Outcome run =
      run_command(scene.vm_run({"--kernel", (folder / "vmlinuz").string()}, {"true"}));
  require_failure(run, "its modules are not found: modules/6.0.0-nowhere");
  scene.require_nothing_left();
}

TEST_CASE("a kernel that does not boot is told from one that does") {
  const Scene scene;
  TempFolder folder;
  const std::string release = default_release();
  write_fake_kernel(folder / "vmlinuz", release);
  fs::create_directory(folder / "modules");
  fs::create_directory_symlink(fetched_folder() / release / "lib/modules" / release,
                               folder / "modules" / release);
  Command command = scene.vm_run({"--kernel", (folder / "vmlinuz").string()}, {"true"});
  command.environment["SHMPATH_CACHE"] = (folder / "cache").string();
  command.environment["SHMPATH_VM_ACCEL"] = "tcg";
  require_failure(run_command(command), "it ended while it booted");
  scene.require_nothing_left();
}

TEST_CASE("without QEMU, shmpath says what to install") {
  const Scene scene;
  TempFolder programs;
  for (const char* folder : {"/usr/bin", "/usr/sbin"})
    for (const auto& entry : fs::directory_iterator(folder))
      if (const auto name = entry.path().filename(); !name.string().starts_with("qemu"))
        if (!fs::is_symlink(programs / name.string()))
          fs::create_symlink(entry.path(), programs / name.string());
  Command command = scene.vm_run({}, {"true"});
  command.environment["PATH"] = programs.path().string();
  require_failure(run_command(command), "qemu-system-x86_64 is not installed; type: sudo apt-get");
  scene.require_nothing_left();
}

TEST_CASE("a disk without room for a kernel is noticed before anything is fetched") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("unshare");
  const Scene scene;
  TempFolder folder;
  const Outcome run = run_command({{"unshare", "--mount", "sh", "-c",
                                    R"(mount -t tmpfs -o size=4m none "$1" || exit 99
           SHMPATH_CACHE=$1 "$2" vm fetch 6.12; status=$?; find "$1" -name '*.deb' ; exit $status)",
                                    "sh", folder.path().string(), shmpath()}});
  require_failure(run, "set SHMPATH_CACHE to a folder on a larger disk");
  CHECK(run.out.empty());
  scene.require_nothing_left();
}

TEST_CASE("a QEMU that is killed is reported") {
  const Scene scene;
  Process process(scene.vm_run({}, {"sh", "-c", "echo up; sleep 1000"}));
  REQUIRE(process.wait_for_output("up\n"));
  const pid_t qemu = qemu_of(process.pid());
  REQUIRE(qemu > 0);
  kill(qemu, SIGKILL);
  require_failure(process.finish(), "it ended before the command did");
  scene.require_nothing_left();
}

TEST_CASE("a shmpath that is killed leaves no QEMU") {
  const Scene scene;
  Process process(scene.vm_run({}, {"sh", "-c", "echo up; sleep 1000"}));
  REQUIRE(process.wait_for_output("up\n"));
  const pid_t qemu = qemu_of(process.pid());
  REQUIRE(qemu > 0);
  process.send_signal(SIGKILL);
  CHECK(process.finish().status == 128 + SIGKILL);
  const bool gone = is_gone(qemu);
  if (!gone) kill(qemu, SIGKILL);
  CHECK(gone);
  scene.require_nothing_left();
}

TEST_CASE("SIGINT goes to the command in the VM, which may answer it") {
  const Scene scene;
  Process process(scene.vm_run(
      {}, {"sh", "-c", "trap 'echo caught; exit 5' INT; echo up; while :; do sleep 1; done"}));
  REQUIRE(process.wait_for_output("up\n"));
  process.send_signal(SIGINT);
  const Outcome run = process.finish();
  CAPTURE(run.err);
  CHECK(run.status == 5);
  CHECK(run.out == "up\ncaught\n");
  scene.require_nothing_left();
}

TEST_CASE("SIGINT while the VM boots ends it") {
  const Scene scene;
  Process process(scene.vm_run({}, {"sleep", "1000"}));
  pid_t qemu = 0;
  for (int tries = 0; tries < 500 && qemu == 0; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    qemu = qemu_of(process.pid());
  }
  REQUIRE(qemu > 0);
  process.send_signal(SIGINT);
  const Outcome run = process.finish();
  CAPTURE(run.err);
  CHECK(run.status == 128 + SIGINT);
  CHECK(is_gone(qemu));
  scene.require_nothing_left();
}

// Nothing but what every user can read: a copy of the program, of the labs and of the kernel. The
// folder of the VM's command must be readable too, so the test runs it in /.
TEST_CASE("an ordinary user without KVM sees lab 01 in the VM, functions and all") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("setpriv");
  const Scene scene;
  TempFolder folder;
  const std::string release = default_release();
  const fs::path binary = folder / "build/bin/shmpath", cache = folder / "cache";
  fs::create_directories(binary.parent_path());
  fs::copy_file(shmpath(), binary);
  fs::copy(labs_folder(), folder / "build/labs", fs::copy_options::recursive);
  fs::create_directories(cache / "kernels");
  fs::copy(fetched_folder() / release, cache / "kernels" / release,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  REQUIRE(run_command({{"chmod", "-R", "a+rX", folder.path().string()}}).status == 0);

  Command command{{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--",
                   binary.string(), "run", "01", "--place", "vm"}};
  command.environment = {{"SHMPATH_CACHE", cache.string()}, {"HOME", "/nonexistent"}};
  command.directory = "/";
  command.timeout = seconds(200);
  const Outcome run = run_command(command);
  CAPTURE(run.status, run.out, run.err);
  CHECK(run.status == 0);
  CHECK(run.err.find("functions") != std::string::npos);
  CHECK(run.err.find("shmem_fault(") != std::string::npos);
  CHECK(run.err.find("complete: ") != std::string::npos);
  CHECK(run.out.find("C01 holds") != std::string::npos);
  scene.require_nothing_left();
}

TEST_CASE("A trace in the VM is recorded on the host, beside what is shown and what is written") {
  const Scene scene;
  const TempFolder folder;
  const std::string tree = folder / "tree", packed = folder / "a.jsonl.zst";
  const Outcome run = run_command(
      {.argv = {shmpath(), "trace", "--place", "vm", "-o", tree, "--record", packed, "--", "true"},
       .timeout = seconds(200)});
  INFO(run.err);
  REQUIRE(run.status == 0);
  const Outcome replayed = run_command({.argv = {shmpath(), "replay", packed}});
  CHECK(replayed.status == 0);
  CHECK(replayed.out == read_file(tree));
  CHECK(replayed.out.find(" view on vm, Linux ") != std::string::npos);
  scene.require_nothing_left();
}
