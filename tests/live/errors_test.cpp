// SPDX-License-Identifier: BSD-2-Clause
//
// What goes wrong is named with its reason and its remedy, and leaves nothing behind.
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "tests/live/support.h"

using namespace live;

namespace {

// "thing: reason; remedy" on one of the lines.
bool names_thing_reason_remedy(const std::string& text) {
  static const std::regex shape(R"(\S.*: \S.*; \S.*)");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (std::regex_search(line, shape)) return true;
  return false;
}

// Runs shmpath, expects it to fail as its own failure, and looks for what it left behind.
void require_refused(const std::vector<std::string>& command, const std::string& thing) {
  adopt_orphans();
  const auto objects = shared_objects();
  const auto programs = bpf_objects();
  const Outcome run = run_command({command});
  CAPTURE(command, run.out, run.err);
  CHECK_FALSE(run.timed_out);
  CHECK(run.status == 125);
  CHECK(names_thing_reason_remedy(run.err));
  CHECK(run.err.find(thing) != std::string::npos);
  CHECK(no_child_left());
  CHECK(shared_objects() == objects);
  CHECK(bpf_objects_left(programs) == std::set<std::string>{});
}

// The program where every user can read it, with the labs where it looks for them.
std::string copied_binary(const TempFolder& folder) {
  const auto copy = folder / "bin/shmpath";
  std::filesystem::create_directory(copy.parent_path());
  std::filesystem::copy_file(shmpath(), copy);
  std::filesystem::copy(labs_folder(), folder / "labs", std::filesystem::copy_options::recursive);
  std::filesystem::permissions(copy, std::filesystem::perms(0755));
  return copy.string();
}

// Runs shmpath where these folders are empty, as on a kernel built without them.
Outcome run_without(const std::vector<std::string>& folders,
                    const std::vector<std::string>& command) {
  std::string script;
  for (const std::string& folder : folders)
    script += "[ ! -d " + folder + " ] || mount -t tmpfs none " + folder + " || exit 99; ";
  std::vector<std::string> argv{"unshare", "--mount", "sh", "-c", script + "exec \"$@\"", "sh"};
  argv.insert(argv.end(), command.begin(), command.end());
  return run_command({argv});
}

}  // namespace

TEST_CASE("an unknown lab is refused by name") {
  NEEDS_ROOT();
  require_refused({shmpath(), "run", "no-such-lab"}, "no-such-lab");
  require_refused({shmpath(), "check", "no-such-lab"}, "no-such-lab");
}

TEST_CASE("explain needs no privilege, and finds everything beside the program") {
  NEEDS_ROOT();  // to be somebody else
  const TempFolder folder;
  const Outcome run = run_command(
      {as_ordinary_user({copied_binary(folder), "explain", "shmem_alloc_and_acct_page"})});
  CAPTURE(run.out, run.err);
  CHECK(run.status == 0);
  CHECK(run.out.starts_with("shmem_alloc_and_add_folio: function of the kernel, mm/shmem.c\n"));
  CHECK(run.out.find("On Linux 5.10     shmem_alloc_and_acct_page\n") != std::string::npos);
}

TEST_CASE("what cannot be explained is refused, with what is like it and no control byte") {
  NEEDS_ROOT();
  require_refused({shmpath(), "explain", "shmem_falt"}, "did you mean shmem_fault, ");
  require_refused({shmpath(), "explain", "C77"}, "cannot explain C77");
  require_refused({shmpath(), "explain", "x\x1b[31mred"}, "cannot explain x\\x1b[31mred: ");
}

TEST_CASE("an unknown subcommand is refused by name") {
  NEEDS_ROOT();
  require_refused({shmpath(), "frobnicate"}, "frobnicate");
}

TEST_CASE("trace without a command is refused") {
  NEEDS_ROOT();
  require_refused({shmpath(), "trace"}, "trace");
  require_refused({shmpath(), "trace", "--"}, "trace");
}

TEST_CASE("an unknown option is refused by name") {
  NEEDS_ROOT();
  require_refused({shmpath(), "trace", "--frobnicate", "--", "true"}, "--frobnicate");
}

TEST_CASE("an unknown format, view or place is refused by name, and the program does not run") {
  NEEDS_ROOT();
  TempFolder folder;
  const std::string made = (folder / "made").string();
  const std::string option = GENERATE("--format", "--view", "--place");
  require_refused({shmpath(), "trace", option, "no-such", "--", "touch", made}, "no-such");
  CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE("an output file that cannot be written is refused, and the program does not run") {
  NEEDS_ROOT();
  TempFolder folder;
  const std::string made = (folder / "made").string();
  const std::string file = (folder / "no-such-folder/trace").string();
  require_refused({shmpath(), "trace", "-o", file, "--", "touch", made}, file);
  require_refused({shmpath(), "run", "01", "-o", file}, file);
  CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE("a process that is not there cannot be attached to") {
  NEEDS_ROOT();
  require_refused({shmpath(), "trace", "-p", "999999999"}, "999999999");
}

TEST_CASE("a program that is not there leaves nothing behind") {
  NEEDS_ROOT();
  adopt_orphans();
  const auto programs = bpf_objects();
  const Outcome run = run_command({{shmpath(), "trace", "--", "/no/such/program"}});
  CHECK(run.status == 127);
  CHECK(names_thing_reason_remedy(run.err));
  CHECK(no_child_left());
  CHECK(bpf_objects_left(programs) == std::set<std::string>{});
}

TEST_CASE("an ordinary user who asks for more than system calls is told what is missing") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("setpriv");
  TempFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
  const std::string made = (folder / "made").string();
  const std::string binary = copied_binary(folder);
  for (const char* view : {"tracepoints", "functions"})
    require_refused(as_ordinary_user({binary, "trace", "--view", view, "--", "touch", made}),
                    "root");
  CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE("help needs no privilege and goes to standard output") {
  const Outcome run = run_command({{shmpath(), "--help"}});
  CHECK(run.status == 0);
  CHECK(run.out.find("trace") != std::string::npos);
}

TEST_CASE("without BTF, shmpath takes the syscalls view, and says why") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("unshare");
  const Outcome run = run_without({"/sys/kernel/btf"}, {shmpath(), "trace", "--", "true"});
  CAPTURE(run.err);
  CHECK(run.status == 0);
  CHECK(run.err.starts_with("syscalls view on host"));
  CHECK(run.err.find("this kernel has no BTF") != std::string::npos);
  CHECK(run.err.find("complete: ") != std::string::npos);
}

TEST_CASE("without BTF, the tracepoints view says what is missing, and the program does not run") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("unshare");
  TempFolder folder;
  const std::string made = (folder / "made").string();
  const Outcome run = run_without(
      {"/sys/kernel/btf"}, {shmpath(), "trace", "--view", "tracepoints", "--", "touch", made});
  CAPTURE(run.err);
  CHECK(run.status == 125);
  CHECK(names_thing_reason_remedy(run.err));
  CHECK(run.err.find("BTF") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE("tracefs is not needed") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("unshare");
  const Outcome run =
      run_without({"/sys/kernel/tracing", "/sys/kernel/debug"}, {shmpath(), "trace", "--", "true"});
  CAPTURE(run.err);
  CHECK(run.status == 0);
  CHECK(run.err.find("complete: ") != std::string::npos);
}

// The kernel's types with one tracepoint's renamed stand for a kernel without that tracepoint.
TEST_CASE("without a tracepoint it needs, its view names it, and the program does not run") {
  NEEDS_ROOT();
  NEEDS_PROGRAM("unshare");
  TempFolder folder;
  const std::string made = (folder / "made").string();
  const std::string types = (folder / "types").string();
  std::ifstream in("/sys/kernel/btf/vmlinux", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::size_t at = bytes.find(std::string("\0btf_trace_sys_enter\0", 21));
  REQUIRE(at != std::string::npos);
  bytes[at + 1] = 'x';
  std::ofstream(types, std::ios::binary) << bytes;
  const Outcome run =
      run_command({{"unshare", "--mount", "sh", "-c",
                    R"(mount --bind "$1" /sys/kernel/btf/vmlinux && shift && exec "$@")", "sh",
                    types, shmpath(), "trace", "--view", "tracepoints", "--", "touch", made}});
  CAPTURE(run.err);
  CHECK(run.status == 125);
  CHECK(names_thing_reason_remedy(run.err));
  CHECK(run.err.find("cannot attach tracepoint sys_enter") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE("Without /proc, it is said what to mount") {
  NEEDS_ROOT();
  const Outcome run = run_without({"/proc"}, {shmpath(), "list", "--names"});
  CAPTURE(run.out, run.err);
  CHECK(run.status == 125);
  CHECK(names_thing_reason_remedy(run.err));
  CHECK(run.err.find("mount /proc") != std::string::npos);
}
