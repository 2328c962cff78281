// SPDX-License-Identifier: BSD-2-Clause
//
// Usage: make_report small|hostile|gaps|large LABS_DIR >FILE.html
//
// Reports of traces made by hand, for the browser test: what it looks for is known, and no kernel
// is needed. "large" has 100,000 events. The path stage completes them as it does those of a live
// trace.
#include <cstdio>
#include <exception>
#include <string>

#include "tests/unit/events.h"
#include "tracer/flow.h"
#include "tracer/html_words.h"
#include "tracer/path.h"

using namespace shmpath;

namespace {

constexpr std::uint32_t parent = 7, child = 9;
const std::string address = "0x7f0000000000", child_address = "0x7f0000005000";
constexpr const char* hostile =
    "</script><script>document.title='taken'</script><img src=x "
    "onerror=\"document.title='taken'\"><!--";

Value number(std::int64_t value) { return value; }

class Story {
 public:
  Story(Renderer& renderer, std::string name)
      : path_([&renderer](const Event& event) { renderer.event(event); }), name_(std::move(name)) {}
  void add(Event event, std::uint32_t pid = parent) {
    event.t = t_ += 100;
    if (event.type != EventType::lost) event = of_thread(std::move(event), pid, pid);
    path_.add(std::move(event));
  }
  PathCounts finish() {
    path_.finish();
    return path_.counts();
  }

  void start() {
    add(syscall_enter(0, "execve", {{"pathname", std::string("/labs/posix_shm")}}));
    add(point_event(0, "sched_process_exec", {{"comm", std::string("posix_shm")}}));
    add(syscall_exit(0, "execve"));
  }
  void create() {
    add(step_event(0, 1, name_.size() > 10 ? name_ : "create the object"));
    add(user_enter(0, "shm_open", {{"name", name_}, {"oflag", std::string("O_RDWR|O_CREAT")}}));
    add(syscall_enter(0, "openat",
                      {{"dirfd", std::string("AT_FDCWD")},
                       {"pathname", "/dev/shm/" + name_},
                       {"flags", std::string("O_RDWR|O_NOFOLLOW|O_CLOEXEC")}}));
    add(syscall_exit(0, "openat", 3));
    add(user_exit(0, "shm_open", 3));
  }
  void map(const std::string& at, std::uint32_t pid) {
    add(syscall_enter(0, "mmap",
                      {{"addr", std::string("NULL")},
                       {"length", number(8192)},
                       {"prot", std::string("PROT_READ|PROT_WRITE")},
                       {"flags", std::string("MAP_SHARED")},
                       {"fd", number(3)},
                       {"offset", number(0)}}),
        pid);
    Event end = syscall_exit(0, "mmap");
    end.ret = at;
    add(end, pid);
  }
  void store() {
    add(step_event(0, 6, "store 0x11"));
    add(fault_event(0, address));
    add(point_event(0, "mm_page_alloc", {{"pfn", number(4711)}, {"order", number(0)}},
                    stack_of({"alloc_pages_mpol", "shmem_alloc_folio", "shmem_alloc_and_add_folio",
                              "shmem_get_folio_gfp", "shmem_fault", "__do_fault", "do_fault",
                              "handle_mm_fault"})));
    add(point_event(0, "mm_lru_insertion",
                    {{"pfn", number(4711)},
                     {"lru", std::string("inactive_anon")},
                     {"inode", number(12)},
                     {"index", number(0)}},
                    stack_of({"lru_add", "folio_batch_move_lru"})));
  }
  // Another process maps the object elsewhere, and reads the page that is there.
  void share() {
    add(point_event(0, "sched_process_fork",
                    {{"child_pid", number(child)}, {"child_tid", number(child)}}));
    map(child_address, child);
    add(fault_event(0, child_address, "read"), child);
    add(point_event(0, "sched_process_exit", {{"code", number(0)}}), child);
  }
  void end() {
    add(step_event(0, 8, "unmap it"));
    add(syscall_enter(0, "munmap", {{"addr", address}, {"length", number(8192)}}));
    add(syscall_exit(0, "munmap"));
  }

 private:
  Path path_;
  std::string name_;
  std::uint64_t t_ = 0;
};

void tell(Story& story, const std::string& what) {
  story.start();
  story.create();
  story.add(step_event(0, 5, "map it"));
  story.map(address, parent);
  if (what == "gaps") story.add(lost_event(0, 12));
  story.store();
  story.share();
  constexpr int rounds = 25'000;  // of four events
  if (what == "large")
    for (int i = 0; i < rounds; i++) {
      story.add(fault_event(0, "0x" + std::to_string(600000 + i) + "000"));
      story.add(point_event(0, "mm_page_alloc", {{"pfn", number(100000 + i)}, {"order", number(0)}},
                            stack_of({"do_anonymous_page", "handle_mm_fault"})));
      story.add(syscall_enter(0, "pread64", {{"fd", number(3)}, {"offset", number(4096LL * i)}}));
      story.add(syscall_exit(0, "pread64", i));
    }
  story.end();
}

std::string report(const std::string& what, const std::string& labs) {
  const Catalogue catalogue = load_catalogue(labs);
  TextOutput out;
  auto renderer = make_html_renderer(out, {.catalogue = catalogue,
                                           .calls = load_calls(labs),
                                           .flow = &catalogue.lab("01"),
                                           .chinese = false});
  Header header;
  header.kernel = what == "hostile" ? hostile : "6.18.0";
  header.machine = "x86_64";
  header.place = "host";
  header.view = "tracepoints";
  header.lab = "01-posix-shm";
  header.command = {"posix_shm"};
  renderer->header(header);
  Story story(*renderer, what == "hostile" ? hostile : "shmtest");
  tell(story, what);
  Summary summary;
  summary.counts = story.finish();
  summary.exit_code = 0;
  renderer->summary(summary);
  return out.text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: make_report small|hostile|gaps|large LABS_DIR\n", stderr);
    return 2;
  }
  try {
    const std::string page = report(argv[1], argv[2]);
    std::fwrite(page.data(), 1, page.size(), stdout);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
