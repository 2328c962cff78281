// SPDX-License-Identifier: BSD-2-Clause
//
// QEMU's command line: what the VM may see and touch.
#include "tracer/qemu.h"

#include <algorithm>

#include "tests/catch.h"

using namespace shmpath;

namespace {

BootPlan plan() {
  BootPlan plan;
  plan.kernel = {"6.12", "/k/vmlinuz", "/k/lib", {}};
  plan.agent = "/usr/bin/shmpath";
  return plan;
}

const QemuFiles files{6, 7, 8, {{"output", 9}, {"control", 10}}};

std::vector<std::string> values_of(const std::vector<std::string>& words,
                                   const std::string& option) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i + 1 < words.size(); i++)
    if (words[i] == option) values.push_back(words[i + 1]);
  return values;
}

bool any_holds(const std::vector<std::string>& words, const std::string& text) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return word.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("The VM shares the root and the kernel's modules, and can write to neither") {
  const auto shares = values_of(qemu_arguments(plan(), files, Accelerator::tcg), "-fsdev");
  REQUIRE(shares.size() == 2);
  CHECK(shares[0].find("path=/,") != std::string::npos);
  CHECK(shares[1].find("path=/k/lib/modules,") != std::string::npos);
  for (const std::string& share : shares) CHECK(share.find(",readonly=on") != std::string::npos);
}

TEST_CASE("The shared folder is the plan's, and a comma in it sets nothing") {
  BootPlan small = plan();
  small.shared_root = "/a,readonly=off";
  const auto shares = values_of(qemu_arguments(small, files, Accelerator::tcg), "-fsdev");
  CHECK(shares.at(0).find("path=/a,,readonly=off,security_model") != std::string::npos);
}

TEST_CASE("The VM has no network, no disk and no settings but ours, and QEMU is confined") {
  const auto words = qemu_arguments(plan(), files, Accelerator::tcg);
  for (const char* word : {"-no-user-config", "-nodefaults", "-no-reboot", "-sandbox"})
    CHECK(std::count(words.begin(), words.end(), word) == 1);
  for (const char* text : {"netdev", "-net", "-nic", "-drive", "-blockdev", "virtio-net"})
    CHECK_FALSE(any_holds(words, text));
}

TEST_CASE("Each port is a socket that QEMU inherits, under its name") {
  const auto words = qemu_arguments(plan(), files, Accelerator::tcg);
  CHECK(values_of(words, "-chardev") == std::vector<std::string>{"socket,id=console,fd=8",
                                                                 "socket,id=output,fd=9",
                                                                 "socket,id=control,fd=10"});
  CHECK(any_holds(words, "virtserialport,chardev=output,name=output"));
  CHECK(values_of(words, "-initrd") == std::vector<std::string>{"/proc/self/fd/7"});
}

TEST_CASE("The accelerator, the memory and the kernel are the ones asked for") {
  BootPlan large = plan();
  large.memory_mib = 2048;
  const auto words = qemu_arguments(large, files, Accelerator::kvm);
  CHECK(values_of(words, "-accel") == std::vector<std::string>{"kvm"});
  CHECK(values_of(words, "-m") == std::vector<std::string>{"2048"});
  CHECK(values_of(words, "-kernel") == std::vector<std::string>{"/proc/self/fd/6"});
  CHECK(
      values_of(qemu_arguments(large, files, Accelerator::tcg), "-accel").at(0).starts_with("tcg"));
}

TEST_CASE("In the grading profile the VM shares its few folders, and neither root nor modules") {
  BootPlan grading = plan();
  grading.grading_shares = {{"share0", "/usr/bin"}, {"share1", "/usr/lib"}};
  const auto words = qemu_arguments(grading, files, Accelerator::tcg);
  const auto shares = values_of(words, "-fsdev");
  REQUIRE(shares.size() == 2);
  CHECK(shares[0].starts_with("local,id=share0,path=/usr/bin,"));
  CHECK(shares[1].starts_with("local,id=share1,path=/usr/lib,"));
  for (const std::string& share : shares) CHECK(share.find(",readonly=on") != std::string::npos);
  CHECK_FALSE(any_holds(words, "path=/,"));
  CHECK_FALSE(any_holds(words, "modules"));
}

TEST_CASE("The kernel is locked down in the grading profile, and only there") {
  BootPlan grading = plan();
  grading.grading_shares = {{"share0", "/usr/bin"}};
  CHECK(any_holds(qemu_arguments(grading, files, Accelerator::tcg), "lockdown=integrity"));
  CHECK(any_holds(qemu_arguments(grading, files, Accelerator::tcg), "lsm=lockdown,yama,bpf"));
  CHECK_FALSE(any_holds(qemu_arguments(plan(), files, Accelerator::tcg), "lockdown"));
}
