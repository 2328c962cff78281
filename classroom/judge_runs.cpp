// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/judge_runs.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "classroom/child.h"
#include "tracer/failure.h"

namespace shmpath {
namespace {

using Json = nlohmann::json;

volatile std::sig_atomic_t stopped = 0;

void on_stop(int /*signal*/) { stopped = 1; }

// To the end: it comes when there is something to run.
std::string read_input() {
  std::string text;
  char bytes[1 << 12];
  for (ssize_t got = 0; (got = read(STDIN_FILENO, bytes, sizeof(bytes))) != 0;) {
    if (got > 0) text.append(bytes, static_cast<std::size_t>(got));
    if (got < 0 && (errno != EINTR || stopped)) return "";
  }
  return text;
}

RunsPlan read_plan() {
  const Json json = Json::parse(read_input(), nullptr, false);
  if (!json.is_object()) throw Failure("cannot start the runs", "no plan came", "");
  RunsPlan plan;
  plan.folder = json.at("folder").get<std::string>();
  for (const Json& run : json.at("runs")) {
    plan.runs.push_back({"", run.at("program"), run.at("args"), run.at("beside")});
    plan.outputs.push_back(run.at("output"));
  }
  plan.environment = json.at("environment");
  plan.rights = {json.at("confined"), json.at("root"), json.at("bpf")};
  plan.told = json.at("told");
  return plan;
}

ChildPlan child_of(const RunsPlan& plan, std::size_t number) {
  const ExerciseRun& run = plan.runs[number];
  ChildPlan child{.words = {"./" + run.program},
                  .environment = plan.environment,
                  .folder = plan.folder,
                  .out = plan.outputs[number]};
  child.words.insert(child.words.end(), run.args.begin(), run.args.end());
  if (plan.rights.confined) child.before_exec = [&plan] { confine(plan.rights); };
  return child;
}

void wait_for(std::vector<pid_t>& children) {
  for (const pid_t child : children)
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  children.clear();
}

void tell(const RunsPlan& plan, char what) {
  [[maybe_unused]] const ssize_t told = write(plan.told, &what, 1);
}

}  // namespace

std::string encode_plan(const RunsPlan& plan) {
  Json runs = Json::array();
  for (std::size_t i = 0; i < plan.runs.size(); i++)
    runs.push_back({{"program", plan.runs[i].program},
                    {"args", plan.runs[i].args},
                    {"beside", plan.runs[i].beside},
                    {"output", plan.outputs[i]}});
  const Json json = {{"folder", plan.folder.string()},
                     {"runs", runs},
                     {"environment", plan.environment},
                     {"confined", plan.rights.confined},
                     {"root", plan.rights.root},
                     {"bpf", plan.rights.bpf},
                     {"told", plan.told}};
  return json.dump();
}

int start_judged_runs() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // with the tracer
  struct sigaction action {};
  action.sa_handler = on_stop;  // and no restart of what it interrupts
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const RunsPlan plan = read_plan();
  tell(plan, runs_begin);
  std::vector<pid_t> running;
  for (std::size_t i = 0; i < plan.runs.size() && !stopped; i++) {
    running.push_back(start_child(child_of(plan, i)));
    if (!plan.runs[i].beside) wait_for(running);
  }
  wait_for(running);
  tell(plan, runs_end);
  return 0;
}

}  // namespace shmpath
