// SPDX-License-Identifier: BSD-2-Clause
//
// Which objects of a machine are an exercise's, and where it is checked. Both pure.
#include "classroom/exercise_leaks.h"

#include "classroom/exercise_place.h"
#include "classroom/exercises.h"
#include "tests/catch.h"
#include "tests/paths.h"

using namespace shmpath;
using Words = std::vector<std::string>;

namespace {

const LeakQuestion question{
    "/home/s/01-repair-a-leak", {"/dev/shm/keeper-*-quit"}, {"keeper"}, {"a1b2c3d4"}, {1000}, 40};

Words files_chosen(const std::vector<FoundFile>& files) {
  Words paths;
  for (const FoundFile& file : choose_leaks({files, {}, {}}, question).ours.files)
    paths.push_back(file.path);
  return paths;
}

std::vector<pid_t> processes_chosen(const std::vector<FoundProcess>& processes) {
  std::vector<pid_t> pids;
  for (const FoundProcess& process : choose_leaks({{}, processes, {}}, question).ours.processes)
    pids.push_back(process.pid);
  return pids;
}

Exercise exercise_with(Words views, Words needs) {
  Exercise exercise;
  exercise.views = std::move(views);
  exercise.needs = std::move(needs);
  return exercise;
}

CheckMachine machine(const std::string& no_functions, const std::string& no_tracepoints,
                     const std::string& no_vm, bool root = true) {
  return {{[=] { return no_tracepoints; }, [=] { return no_functions; },
           [=] {
             return VmReady{no_vm.empty(), no_vm};
           }},
          root,
          false};
}

std::string found(const Exercise& exercise, const CheckMachine& machine, PlaceWish wish = {}) {
  const CheckPlace place = find_check_place(exercise, machine, wish);
  return place.place + " " + place.view + " " + place.why;
}

const Words all_views{"functions", "tracepoints", "syscalls"};

}  // namespace

TEST_CASE("A file is a leak by its name, and only its owner's") {
  CHECK(files_chosen({{"/dev/shm/keeper-abc-quit", 1000}}) == Words{"/dev/shm/keeper-abc-quit"});
  CHECK(files_chosen({{"/dev/shm/keeper-abc-quit", 1001},
                      {"/dev/shm/keeper-abc-quit", 0},
                      {"/dev/shm/keeper-abc-quit2", 1000},
                      {"/dev/shm/other", 1000},
                      {"/tmp/keeper-abc-quit", 1000},
                      {"/dev/shm/keeper-a/b-quit", 1000}})
            .empty());
}

TEST_CASE("A process is a leak when its program lies in the folder, or a check gave it its nonce") {
  const std::string mine = "/home/s/01-repair-a-leak/keeper";
  CHECK(processes_chosen({{7, 1000, mine, {}},
                          {8, 1000, mine + " (deleted)", {}},
                          {9, 1000, "/tmp/x/keeper (deleted)", {"./keeper", "a1b2c3d4"}}}) ==
        std::vector<pid_t>{7, 8, 9});
  CHECK(processes_chosen({{7, 1001, mine, {}},
                          {40, 1000, mine, {}},
                          {8, 1000, "/home/s/01-repair-a-leak-2/keeper", {}},
                          {9, 1000, "/tmp/x/keeper", {"./keeper", "other"}},
                          {10, 1000, "/bin/bash", {"bash", "a1b2c3d4"}},
                          {11, 1000, "", {}}})
            .empty());
}

TEST_CASE("A segment is a leak when a process that is one made it; else it is only told of") {
  const FoundProcess ours{7, 1000, "/home/s/01-repair-a-leak/keeper", {}};
  const FoundProcess other{8, 1000, "/usr/bin/other", {}};
  const FoundSegment made{1, 1000, 7, 4096, 1}, by_other{2, 1000, 8, 4096, 0},
      dead{3, 1000, 99, 4096, 0}, held{4, 1000, 99, 4096, 1}, foreign{5, 1001, 7, 4096, 0};
  const Leaks leaks =
      choose_leaks({{}, {ours, other}, {made, by_other, dead, held, foreign}}, question);
  CHECK(leaks.ours.segments == std::vector<FoundSegment>{made});
  CHECK(leaks.unknown == std::vector<FoundSegment>{dead});
  CHECK_FALSE(leaks.none());
  CHECK(choose_leaks({{}, {other}, {dead}}, question).none());
}

TEST_CASE("The names of leaks come from the rubric, and none fits every program's") {
  const auto kits = load_exercises(source_dir + "/exercises");
  CHECK(leak_globs(kits[0].exercise) == Words{"/dev/shm/keeper-*-normal", "/dev/shm/keeper-*-error",
                                              "/dev/shm/keeper-*-quit",
                                              "/dev/shm/keeper-*-signal"});
  CHECK(leak_globs(kits[1].exercise) == Words{"/dev/shm/pair-*", "/dev/shm/pair-**"});
  Exercise exercise;
  for (const char* name :
       {"/dev/shm/{nonce}", "/dev/shm/*", "/dev/shm/a{nonce}", "/tmp/long-{nonce}",
        "/dev/shm/x/long-{nonce}", "/dev/shm/../long-{nonce}", "{nonce}-long"}) {
    exercise.lines.emplace_back();
    exercise.lines.back().name = name;
  }
  CHECK(leak_globs(exercise).empty());
}

TEST_CASE("An exercise is checked where run would trace, but only where it allows that") {
  const Exercise any = exercise_with(all_views, {});
  CHECK(found(any, machine("", "", "")) == "host functions ");
  CHECK(found(any, machine("none", "", "")) == "vm functions no functions on the host: none");
  CHECK(found(any, machine("none", "", "no QEMU")) ==
        "host tracepoints no functions on the host: none; no VM: no QEMU");
  CHECK(found(any, machine("none", "no root", "no QEMU", false)) ==
        "host syscalls no functions on the host: no root; no VM: no QEMU; no tracepoints on the "
        "host: no root");
  const Exercise needs_root = exercise_with(all_views, {"root"});
  CHECK(found(needs_root, machine("", "", "", false)) ==
        "vm functions not on the host: it needs root");
  CHECK(found(needs_root, machine("", "", "no QEMU", false)) ==
        "  not on the host: it needs root; no VM: no QEMU");
  CHECK(found(exercise_with(all_views, {"vm"}), machine("", "", "")) ==
        "vm functions not on the host: what it needs is in the VM");
  CHECK(found(exercise_with(all_views, {"bpf"}), machine("none", "", "no QEMU")) ==
        "  not on the host: none; no VM: no QEMU");
  CHECK(found(exercise_with({"functions", "tracepoints"}, {}), machine("no", "no", "no", false)) ==
        "  no functions on the host: no; no VM: no; no tracepoints on the host: no");
}

TEST_CASE("A place or a view that is asked for is taken, or refused") {
  const Exercise any = exercise_with(all_views, {});
  CHECK(found(any, machine("none", "", ""), {"host", "auto", ""}) ==
        "host tracepoints no functions on the host: none");
  CHECK(found(any, machine("", "", ""), {"vm", "auto", ""}) == "vm functions as asked");
  CHECK(found(any, machine("", "", ""), {"auto", "syscalls", ""}) == "host syscalls as asked");
  CHECK(found(any, machine("", "", ""), {"vm", "syscalls", ""}) == "vm syscalls as asked");
  CHECK(found(any, machine("", "", "no"), {"vm", "auto", ""}) == "  no VM: no");
  CHECK(found(exercise_with({"functions"}, {}), machine("", "", ""), {"auto", "syscalls", ""}) ==
        "  the syscalls view does not show all that it asks for");
  CHECK(place_text({"vm", "functions", "as asked", ""}, false) ==
        "in the VM, functions view (as asked)");
  CHECK(place_text({"", "", "no VM", ""}, true) == "这里无法检查（no VM）");
}
