// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/left_behind.h"

#include <fmt/format.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>

#include "classroom/judge_wire.h"
#include "tracer/failure.h"
#include "tracer/files.h"
#include "tracer/identity.h"
#include "tracer/text.h"
#include "tracer/trace_source.h"

namespace shmpath {
namespace {

namespace fs = std::filesystem;

constexpr const char* memory_files = "/dev/shm";
constexpr std::size_t least_word = 4;  // a shorter argument may stand in anybody's name

// The second column of each line of a table of /proc/sysvipc is the id; of shm, the fifth is the
// process that made it.
std::map<int, pid_t> table(const char* name) {
  std::istringstream text(read_file(std::string("/proc/sysvipc/") + name).value_or(""));
  std::map<int, pid_t> found;
  std::string line;
  std::getline(text, line);  // the head
  while (std::getline(text, line)) {
    std::istringstream words(line);
    std::string key, mode, size;
    int id = 0;
    pid_t maker = 0;
    if (words >> key >> id) {
      words >> mode >> size >> maker;
      found[id] = maker;
    }
  }
  return found;
}

// As the trace has them, without reading more of it than that.
std::set<pid_t> traced_processes(const fs::path& trace) {
  constexpr std::string_view mark = "\"pid\":";
  constexpr std::size_t longest = mark.size() + 10;
  std::set<pid_t> pids;
  try {
    const auto source = open_trace_source(trace);
    std::string text(1 << 17, '\0');
    std::size_t kept = 0;
    for (std::size_t got = 1; got > 0;) {
      got = source->read(text.data() + kept, text.size() - kept);
      const std::string_view there(text.data(), kept + got);
      std::size_t at = 0;
      while ((at = there.find(mark, at)) != std::string_view::npos &&
             at + longest <= there.size()) {
        pid_t pid = 0;
        at += mark.size();
        std::from_chars(there.data() + at, there.data() + there.size(), pid);
        pids.insert(pid);
      }
      const std::string rest(
          there.substr(std::min(at, there.size() - std::min(longest, there.size()))));
      kept = rest.copy(text.data(), rest.size());
    }
  } catch (const Failure&) {  // cut off: what there was
  }
  return pids;
}

}  // namespace

SharedMemory shared_memory_now() {
  SharedMemory now;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(memory_files, error))
    now.files.insert(entry.path().string());
  now.segments = table("shm");
  return now;
}

std::vector<LeftBehind> left_since(const SharedMemory& before, const JudgeJob& job,
                                   const fs::path& trace, bool all) {
  const auto is_theirs = [&](const std::string& file) {
    for (const ExerciseRun& run : job.runs)
      for (const std::string& word : run.args)
        if (word.size() >= least_word && file.find(word) != std::string::npos) return true;
    return all;
  };
  const SharedMemory now = shared_memory_now();
  std::vector<LeftBehind> left;
  for (const std::string& file : now.files)
    if (!before.files.contains(file) && is_theirs(file) && left.size() < most_left / 2)
      left.push_back({"file", file});
  std::map<int, pid_t> segments = now.segments;
  std::erase_if(segments, [&](const auto& one) { return before.segments.contains(one.first); });
  if (segments.empty()) return left;
  const std::set<pid_t> traced = all ? std::set<pid_t>() : traced_processes(trace);
  for (const auto& [id, maker] : segments)
    if ((all || traced.contains(maker)) && left.size() < most_left * 3 / 4)
      left.push_back({"segment", fmt::format("{}", id)});
  return left;
}

// With the rights of who left it: under sudo root's would remove another's of that name.
void remove_left(const std::vector<LeftBehind>& left) {
  const AsInvokingUser rights;
  for (const LeftBehind& one : left) {
    std::error_code error;
    if (one.kind == "file") fs::remove_all(one.name, error);
    if (one.kind == "segment") shmctl(std::atoi(one.name.c_str()), IPC_RMID, nullptr);
  }
}

void remove_system_v_objects() {
  for (const auto& [id, maker] : table("shm")) shmctl(id, IPC_RMID, nullptr);
  for (const auto& [id, maker] : table("sem")) semctl(id, 0, IPC_RMID);
  for (const auto& [id, maker] : table("msg")) msgctl(id, IPC_RMID, nullptr);
}

}  // namespace shmpath
