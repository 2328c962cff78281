// SPDX-License-Identifier: BSD-2-Clause
//
// `shmpath run LAB --step` in the VM, on a real terminal: what is typed here is answered there.
#include "tests/live/terminal.h"

using namespace live;

TEST_CASE("a lab in the VM is run in steps on this terminal, which tells its size") {
  NEEDS_PROGRAM("tmux");
  const Terminal terminal(100, 40, shmpath() + " run 01 --step --place vm");
  REQUIRE(terminal.wait_for("a-d, Enter"));
  CHECK(terminal.all().find("functions view on vm") != std::string::npos);
  CHECK(terminal.all().find("step 1 of 11 " + std::string(58, '-') + "\n") != std::string::npos);
  // the letter depends on what the other labs document
  const std::string asked = terminal.all();
  const auto choice = asked.find("  the system call openat, made by shm_open");
  REQUIRE(choice != std::string::npos);
  const std::string letter = asked.substr(choice - 1, 1);
  terminal.press({letter, "Enter"});
  REQUIRE(terminal.wait_for("right: it is " + letter + ". Seen: shm_open, openat, shmem_"));
  CHECK(terminal.all().find("# Creates a regular file in tmpfs") != std::string::npos);
  terminal.resize(80, 24);
  REQUIRE(terminal.wait_for("Enter, m (all) or q (quit):"));
  terminal.press({"Enter"});
  REQUIRE(terminal.wait_for("posix_shm: step 2 of 11 -"));
  terminal.press({"C-c"});
  REQUIRE(terminal.wait_for("ended"));
  CHECK(terminal.status() == 0);
  CHECK(terminal.all().find("score: 1 right, 0 wrong") != std::string::npos);
}
