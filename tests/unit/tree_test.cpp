// SPDX-License-Identifier: BSD-2-Clause
//
// The tree, against text in tests/golden (see golden.h).
#include "tests/catch.h"
#include "tests/unit/events.h"
#include "tests/unit/golden.h"

using namespace shmpath;

namespace {

struct Fixture {
  TextOutput out;
  std::unique_ptr<Renderer> renderer;
  explicit Fixture(const TreeStyle& style = {}) : renderer(make_tree_renderer(out, style)) {}
  void show(const std::vector<Event>& events) {
    for (const Event& event : events) renderer->event(event);
  }
  std::string text() {
    renderer->idle();
    return out.text;
  }
};

Event timed(Event event, std::uint64_t ns) {
  event.ns = ns;
  return event;
}

Event in_fault(Event event) {
  event.in_fault = true;
  return event;
}

Event failed(Event event, const std::string& error) {
  event.error = error;
  return event;
}

const Stack alloc_path = stack_of({"shmem_alloc_folio", "shmem_fault", "handle_mm_fault",
                                   "exc_page_fault", "asm_exc_page_fault"});
const Stack drain_path = stack_of({"lru_add", "folio_batch_move_lru", "lru_add_drain"});
const Stack lru_path = stack_of({"lru_add", "shmem_fault", "handle_mm_fault", "exc_page_fault"});

// A fault with the points of its path, on page `page`.
std::vector<Event> fault_on(std::uint64_t t, std::uint64_t page,
                            const std::string& access = "write") {
  const std::string address = "0x7f3100" + std::to_string(page) + "000";
  return {fault_event(t, address, access),
          in_fault(point_event(t + 1, "mm_page_alloc",
                               {{"pfn", 100 + page}, {"order", std::uint64_t{0}}}, alloc_path))};
}

Header some_header() {
  Header header;
  header.kernel = "6.18.0";
  header.place = "host";
  header.view = "tracepoints";
  header.why = "no other";
  header.command = {"./posix_shm", "-v"};
  header.attached = 32;
  header.missing = {{"shm_open", "no such symbol"}};
  return header;
}

// A small lab from its start to its end.
void show_lab(Fixture& f) {
  f.renderer->header(some_header());
  f.show({syscall_enter(0, "execve", {{"pathname", std::string("./posix_shm")}}),
          timed(syscall_exit(1, "execve"), 250000), step_event(2, 1, "create the object"),
          user_enter(3, "shm_open",
                     {{"name", std::string("shmtest")}, {"oflag", std::string("O_RDWR")}}),
          at_depth(syscall_enter(4, "openat",
                                 {{"dirfd", std::string("AT_FDCWD")},
                                  {"pathname", std::string("/dev/shm/shmtest")}}),
                   1),
          at_depth(timed(syscall_exit(5, "openat", 3), 12700), 1),
          timed(user_exit(6, "shm_open", 3), 15200), step_event(7, 2, "store"),
          fault_event(8, "0x7f31000"),
          in_fault(point_event(9, "mm_page_alloc",
                               {{"pfn", std::uint64_t{119}}, {"order", std::uint64_t{0}}},
                               alloc_path)),
          in_fault(point_event(10, "mm_lru_insertion", {{"pfn", std::uint64_t{119}}}, lru_path)),
          step_event(11, 3, "look for it"),
          syscall_enter(12, "access", {{"pathname", std::string("/dev/shm/shmtest")}}),
          failed(timed(syscall_exit(13, "access", -2), 999), "ENOENT"),
          syscall_enter(14, "exit_group", {{"status", std::int64_t{0}}}),
          at_depth(point_event(15, "sched_process_exit", {{"code", std::uint64_t{0}}}), 1)});
  Summary summary;
  summary.counts.events = 14;
  summary.exit_code = 0;
  f.renderer->summary(summary);
}

}  // namespace

TEST_CASE("A lab's trace is a tree") {
  Fixture f;
  show_lab(f);
  CHECK(f.out.text.find('\033') == std::string::npos);
  check_golden("lab.txt", f.out.text);
}

TEST_CASE("A tree may begin at the first step") {
  Fixture f({.colour = false, .from_first_step = true});
  show_lab(f);
  check_golden("lab-from-first-step.txt", f.out.text);
}

TEST_CASE("A child takes part in the step of its parent, and a program that it becomes does not") {
  Fixture f({.colour = false, .from_first_step = true});
  auto in_child = [](Event event) { return of_thread(std::move(event), 9, 9); };
  f.show({syscall_enter(1, "brk"), syscall_exit(2, "brk"), step_event(3, 1, "fork"),
          point_event(4, "sched_process_fork",
                      {{"child_pid", std::uint64_t{9}}, {"child_tid", std::uint64_t{9}}}),
          in_child(syscall_enter(5, "shmdt")), in_child(syscall_exit(6, "shmdt")),
          in_child(point_event(7, "sched_process_exec", {{"comm", std::string("other")}})),
          in_child(syscall_enter(8, "mmap")), in_child(syscall_exit(9, "mmap"))});
  f.renderer->idle();
  CHECK(f.out.text.find("brk") == std::string::npos);
  CHECK(f.out.text.find("[9]   shmdt() = 0") != std::string::npos);
  CHECK(f.out.text.find("mmap") == std::string::npos);
}

TEST_CASE("A task that is not traced and drains a batch makes no second process of the program") {
  Fixture f;
  const Event drained = point_event(
      3, "mm_lru_insertion", {{"pfn", std::uint64_t{5}}, {"drained_by", std::string("kworker")}});
  f.show({syscall_enter(1, "read"), syscall_exit(2, "read"), of_thread(drained, 30, 30),
          syscall_enter(4, "close"), syscall_exit(5, "close")});
  f.renderer->idle();
  CHECK(f.out.text.find("\n  close() = 0") != std::string::npos);
  CHECK(f.out.text.find("[30]   * mm_lru_insertion") != std::string::npos);
  f.out.text.clear();
  f.show({of_thread(syscall_enter(6, "open"), 30, 30), of_thread(syscall_exit(7, "open"), 30, 30),
          syscall_enter(8, "dup"), syscall_exit(9, "dup")});  // now it is one
  f.renderer->idle();
  CHECK(f.out.text.find("[7]   dup() = 0") != std::string::npos);
}

TEST_CASE("Work for a process that has ended has its number while another is there") {
  Fixture f;
  auto in_child = [](Event event) { return of_thread(std::move(event), 9, 9); };
  f.show({syscall_enter(1, "wait4"), in_child(syscall_enter(2, "exit_group")),
          in_child(point_event(3, "sched_process_exit", {{"code", std::uint64_t{0}}})),
          in_child(kernel_enter(4, "exit_mmap")), in_child(kernel_exit(5, "exit_mmap")),
          syscall_exit(6, "wait4", 9), syscall_enter(7, "close"), syscall_exit(8, "close")});
  f.renderer->idle();
  CHECK(f.out.text.find("[9]   exit_mmap() = 0") != std::string::npos);
  CHECK(f.out.text.find("\n  close() = 0") != std::string::npos);  // alone again
}

TEST_CASE("Colour is there when asked for, and changes nothing else") {
  Fixture plain, coloured({.colour = true});
  show_lab(plain);
  show_lab(coloured);
  std::string stripped;
  for (std::size_t i = 0; i < coloured.out.text.size(); i++) {
    if (coloured.out.text[i] == '\033') i = coloured.out.text.find('m', i) + 1;
    if (i < coloured.out.text.size()) {
      if (coloured.out.text[i] == '\033')
        i--;
      else
        stripped += coloured.out.text[i];
    }
  }
  CHECK(coloured.out.text.find("\033[31m") != std::string::npos);
  CHECK(stripped == plain.out.text);
}

TEST_CASE("Page faults that take the same path are shown once, with a count") {
  Fixture f;
  for (std::uint64_t page = 1; page <= 4; page++) f.show(fault_on(page * 10, page));
  f.show(fault_on(50, 5, "read"));        // another access
  f.show({fault_event(60, "0x7f3100")});  // no allocation
  f.show({syscall_enter(70, "getpid"), syscall_exit(71, "getpid", 7)});
  f.show(fault_on(80, 8));  // after a call: shown anew
  check_golden("repeated-faults.txt", f.text());
}

TEST_CASE("A fault with more points than the one before is another") {
  Fixture f;
  f.show(fault_on(10, 1));
  f.show(fault_on(20, 2));
  f.show({fault_on(20, 2)[1]});
  CHECK(f.text().find("like this one") == std::string::npos);
  CHECK(f.text().find("0x7f31002000") != std::string::npos);
}

TEST_CASE("A fault in a new call is not counted with one before the call") {
  Fixture f;
  const auto fault_at = [](std::uint64_t t) { return at_depth(fault_event(t, "0x1000"), 1); };
  // the return of the first call was missed
  f.show({syscall_enter(1, "read"), fault_at(2), syscall_enter(3, "write"), fault_at(4),
          syscall_exit(5, "write")});
  CHECK(f.text() ==
        "  read() {\n    page fault: write 0x1000\n"
        "  write() {\n    page fault: write 0x1000\n  } write = 0\n");
}

TEST_CASE("A call in a loop is shown once, with a count") {
  Fixture f;
  const auto write = [&](std::int64_t fd, std::int64_t ret) {
    f.show({syscall_enter(1, "write", {{"fd", fd}, {"count", std::int64_t{8}}}),
            timed(syscall_exit(2, "write", ret), 300)});
  };
  for (const std::int64_t ret : {8, 7, 6}) write(1, ret);
  write(2, 8);
  f.show({syscall_enter(3, "write", {{"fd", std::int64_t{2}}, {"count", std::int64_t{8}}}),
          failed(syscall_exit(4, "write", -9), "EBADF")});
  for (int i = 0; i < 2; i++)
    f.show(
        {syscall_enter(5, "access", {{"pathname", std::string("/a")}}), syscall_exit(6, "access")});
  check_golden("repeated-calls.txt", f.text());
}

TEST_CASE("Insertions put off from a lab's steps are shown each, others are counted") {
  Fixture f;
  const auto inserted = [](std::uint64_t t, std::uint64_t pfn, std::uint64_t step) {
    Event event = point_event(t, "mm_lru_insertion", {{"pfn", pfn}}, drain_path);
    event.args.push_back({"queued_by", std::uint64_t{7}});
    if (step) event.args.push_back({"queued_in_step", step});
    event.args.push_back({"queued_ns", std::uint64_t{1500}});
    return event;
  };
  f.show({inserted(1, 1, 0), inserted(2, 2, 0), inserted(3, 3, 6), inserted(4, 4, 6),
          inserted(5, 5, 0)});
  check_golden("insertions.txt", f.text());
}

TEST_CASE("A loss stands where it happened, after what was held back") {
  Fixture f;
  f.show(fault_on(1, 1));
  f.show({syscall_enter(5, "read", {{"fd", std::int64_t{0}}}), lost_event(6, 12),
          timed(syscall_exit(7, "read", 1), 50)});
  Summary summary;
  summary.counts = {.events = 3,
                    .lost = 12,
                    .unmatched = 1,
                    .unfinished = 0,
                    .cut = 0,
                    .unread = 2,
                    .no_stack = 3};
  summary.missed = 4;
  summary.signal = 11;
  f.renderer->summary(summary);
  check_golden("lost.txt", f.out.text);
}

TEST_CASE("Several processes and threads are told apart") {
  Fixture f;
  f.show({syscall_enter(1, "wait4", {{"pid", std::int64_t{-1}}}),
          of_thread(syscall_enter(2, "shmat", {{"shmid", std::int64_t{1}}}), 20, 21),
          of_thread(timed(syscall_exit(3, "shmat"), 10), 20, 21),
          of_thread(point_event(4, "sched_process_exit", {{"code", std::uint64_t{0}}}), 20, 21),
          timed(syscall_exit(5, "wait4", 20), 90)});
  check_golden("processes.txt", f.text());
}

TEST_CASE("A point inside a call does not join those before the call") {
  Fixture f;
  f.show({point_event(1, "vm_unmapped_area", {{"length", std::uint64_t{1}}}), user_enter(2, "mmap"),
          at_depth(point_event(3, "vm_unmapped_area", {{"length", std::uint64_t{2}}}), 1),
          user_exit(4, "mmap")});
  CHECK(f.text() ==
        "  * vm_unmapped_area: length 1\n"
        "  mmap() {\n"
        "    * vm_unmapped_area: length 2\n"
        "  } mmap = 0\n");
}

TEST_CASE("A path outside a call is not continued inside it") {
  Fixture f;
  f.show({point_event(1, "mm_page_alloc", {}, stack_of({"b", "a"})), user_enter(2, "mmap"),
          at_depth(point_event(3, "mm_page_alloc", {}, stack_of({"c", "a"})), 1),
          at_depth(point_event(4, "mm_page_alloc", {}, stack_of({"d", "a"})), 1)});
  CHECK(f.text() ==
        "  a\n    b\n      * mm_page_alloc: \n"
        "  mmap() {\n"
        "    a\n      c\n        * mm_page_alloc: \n"
        "      d\n        * mm_page_alloc: \n");
}

TEST_CASE("The last line says complete, or what is missing") {
  const auto last = [](const Summary& summary) {
    Fixture f;
    f.renderer->summary(summary);
    return f.out.text;
  };
  Summary summary;
  summary.counts.events = 3;
  CHECK(last(summary) == "\ncomplete: 3 events, nothing lost\n");
  summary.exit_code = 2;
  CHECK(last(summary) == "\ncomplete: 3 events, nothing lost, exit status 2\n");
  summary.signal = 9;
  CHECK(last(summary) == "\ncomplete: 3 events, nothing lost, killed by signal 9\n");
  summary.counts.unread = 1;
  CHECK(last(summary) == "\nincomplete: 3 events, but 1 string unread, killed by signal 9\n");
  summary.counts.lost = 2;
  CHECK(last(summary) ==
        "\nincomplete: 3 events, but 2 events lost, 1 string unread, killed by signal 9\n");
}

TEST_CASE("Calls that differ in what they ask for are not a loop") {
  Fixture f;
  for (const char* command : {"F_GETFL", "F_GETFD"})
    f.show({syscall_enter(1, "fcntl", {{"fd", std::int64_t{3}}, {"cmd", std::string(command)}}),
            syscall_exit(2, "fcntl")});
  CHECK(f.text() == "  fcntl(3, F_GETFL) = 0\n  fcntl(3, F_GETFD) = 0\n");
}
