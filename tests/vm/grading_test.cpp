// SPDX-License-Identifier: BSD-2-Clause
//
// The VM's grading profile from inside: what is there of the host, and what a submission can do.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/live/support.h"

using namespace live;
namespace fs = std::filesystem;

namespace {

// On which user's account the QEMU of this shmpath runs: effective and file system user id.
std::string user_of_qemu(pid_t shmpath_pid) {
  const std::string pid = std::to_string(shmpath_pid);
  std::istringstream children(read_file("/proc/" + pid + "/task/" + pid + "/children"));
  std::string child;
  while (children >> child) {
    const std::string status = read_file("/proc/" + child + "/status");
    if (!status.starts_with("Name:\tqemu")) continue;
    const auto at = status.find("\nUid:\t");
    return status.substr(at + 6, status.find('\n', at + 1) - at - 6);
  }
  return "no QEMU";
}

}  // namespace

TEST_CASE("in the grading profile there is nothing of the host but the tools to build with") {
  const TempFolder folder;
  std::ofstream(folder / "secret") << "of another student\n";
  const std::string script = read_file(source_folder() / "tests/vm/grading.sh");
  REQUIRE(!script.empty());
  Command command{{shmpath(), "vm", "run", "--grading", "--", "sh", "-c", script, "sh",
                   (folder / "secret").string(), source_folder().string(), shmpath()}};
  command.directory = folder.path().string();
  command.environment["SECRET"] = "of the host";
  command.timeout = std::chrono::seconds(200);
  const Outcome run = run_command(command);
  CAPTURE(run.err);
  CHECK(run.status == 0);
  CHECK(run.out ==
        "network: lo\n"
        "limits: cpu memory pids\n"
        "lockdown: none [integrity] confidentiality\n"
        "environment: HOME LANG PATH PWD SHMPATH_PLACE \n"
        "can build\n"
        "can run what was built\n"
        "\"place\":\"vm\",\"view\":\"functions\"\n"
        "traced: handle_mm_fault\n");
}

TEST_CASE("the QEMU of the grading profile is nobody's, also where root starts it") {
  NEEDS_ROOT();
  Process process({.argv = {shmpath(), "vm", "run", "--grading", "--", "cat"},
                   .hold_input = true,
                   .timeout = std::chrono::seconds(200)});
  process.write_input("up\n");
  REQUIRE(process.wait_for_output("up\n"));
  CHECK(user_of_qemu(process.pid()) == "65534\t65534\t65534\t65534");
  process.close_input();
  CHECK(process.finish().status == 0);
}
