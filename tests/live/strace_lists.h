// SPDX-License-Identifier: BSD-2-Clause
//
// What strace wrote and what shmpath wrote, as lists of the same kind.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <map>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/live/support.h"

namespace live {

struct Entry {
  std::string name;
  std::string result;  // decimal, or the name of an errno, or "?" for a call that never returned
  bool operator==(const Entry&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Entry& entry) {
  return out << entry.name << " = " << entry.result;
}

using Thread = std::vector<Entry>;
using Threads = std::map<int, Thread>;         // by thread id
using Family = std::map<std::string, Thread>;  // by place in the tree of creation: "", "0", "0.1"

inline std::string decimal(const std::string& number) {
  return std::to_string(static_cast<long long>(std::strtoull(number.c_str(), nullptr, 0)));
}

// One line of `strace -e raw=all`: "openat(0xffffff9c, 0x7f.., 0x80000, 0) = -1 ENOENT (No ...)".
inline Entry entry_of_strace(const std::string& line) {
  const auto equals = line.rfind(" = ");
  std::istringstream words(line.substr(std::min(equals, line.size() - 3) + 3));
  std::string first, second;
  words >> first >> second;
  Entry entry{line.substr(0, line.find('(')), first};
  if (first == "-1" || (first == "?" && second.starts_with("E")))
    entry.result = second;
  else if (first != "?")
    entry.result = decimal(first);
  // execve by a thread that is not the first, which is the first one when it returns
  if (line.find("<pid changed to ") != std::string::npos) entry.result = "0";
  return entry;
}

// Where a probe stands on a libc function, the kernel makes the process call uretprobe (335) or
// uprobe (336) when that function returns. strace 6.1 knows them by number only. They are the
// tracer's doing, not the program's: shmpath leaves them out, and strace alone never meets them.
inline bool made_by_a_probe(const Entry& entry) {
  static const std::set<std::string> names{"uretprobe", "uprobe", "syscall_0x14f", "syscall_0x150"};
  return names.contains(entry.name);
}

// What `strace -ff -o PREFIX` wrote: a file for each thread.
inline Threads strace_threads(const TempFolder& folder) {
  Threads threads;
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    const std::string name = file.path().filename().string();
    if (!name.starts_with("strace.")) continue;
    std::istringstream lines(read_file(file.path()));
    Thread& thread = threads[std::atoi(name.c_str() + 7)];
    for (std::string line; std::getline(lines, line);)
      if (!line.starts_with("+++") && !line.starts_with("---") && !line.starts_with("<... execve"))
        thread.push_back(entry_of_strace(line));
    std::erase_if(thread, made_by_a_probe);
  }
  return threads;
}

inline Threads shmpath_threads(const Trace& trace) {
  Threads threads;
  for (const Call& call : trace.calls) {
    if (call.layer != "syscall") continue;
    Entry entry{call.name, "?"};
    if (!call.error.empty())
      entry.result = call.error;
    else if (call.returned && !call.ret.is_null())
      entry.result = std::to_string(number_of(call.ret));
    threads[call.tid].push_back(entry);
  }
  return threads;
}

}  // namespace live
