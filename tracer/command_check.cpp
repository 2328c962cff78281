// SPDX-License-Identifier: BSD-2-Clause
//
// shmpath check: runs a lab under the tracer with its output caught, and prints
// the documented path against the observed one, then the claims.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <system_error>

#include "tracer/check.h"
#include "tracer/commands.h"
#include "tracer/disk.h"
#include "tracer/failure.h"
#include "tracer/flow.h"
#include "tracer/place.h"
#include "tracer/plan.h"
#include "tracer/session.h"

namespace shmpath {
namespace {

// Keeps the whole trace, for questions afterwards.
class Collector : public Renderer {
 public:
  void header(const Header& header) override { header_ = header; }
  void event(const Event& event) override { events_.push_back(event); }
  void summary(const Summary& /*summary*/) override {}
  const Header& header() const { return header_; }
  const std::vector<Event>& events() const { return events_; }

 private:
  Header header_;
  std::vector<Event> events_;
};

// Memory that a program writes to as its standard output.
class Catch {
 public:
  Catch() : fd_(memfd_create("shmpath-lab-output", MFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  }
  ~Catch() { close(fd_); }
  Catch(const Catch&) = delete;
  Catch& operator=(const Catch&) = delete;
  int fd() const { return fd_; }
  std::string text() const {
    std::string text(static_cast<std::size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    ssize_t got = pread(fd_, text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

 private:
  int fd_;
};

void print_steps(const Flow& flow, const std::vector<StepFindings>& steps, bool chinese) {
  for (const StepFindings& step : steps) {
    std::string program = flow.programs.size() > 1 ? fmt::format(" ({})", step.step->program) : "";
    fmt::print("\n  step {}{}: {}\n", step.step->number, program, step.step->text.in(chinese));
    for (const Finding& finding : step.findings)
      fmt::print("    {:<8} {:<27} {:<28} {}\n", finding.kind, finding.name, finding.source,
                 finding.status);
  }
}

bool print_claims(const std::vector<ClaimResult>& claims, bool chinese) {
  bool good = true;
  fmt::print("\nclaims\n");
  for (const ClaimResult& result : claims) {
    fmt::print("  {}  {}  {}\n", result.claim->id, verdict_text(result.verdict),
               result.claim->text.in(chinese));
    if (!result.said.empty()) fmt::print("       measured: {}\n", result.said);
    if (!result.claim->truth.en.empty())
      fmt::print("       in truth: {}\n", result.claim->truth.in(chinese));
    if (result.as_expected()) continue;
    fmt::print("       UNEXPECTED: {} was expected\n",
               result.claim->expect_holds ? "holds" : "differs");
    good = false;
  }
  return good;
}

bool check_lab(const Flow& flow, const Catalogue& catalogue, const Options& options) {
  prepare_devices(flow);
  Catch output;
  Collector collector;
  SessionPlan plan = lab_plan(flow, options, catalogue);
  plan.probes.callers = true;
  plan.streams.out = output.fd();
  const LabDisk disk(flow);
  SessionResult result = run_session(plan, collector);

  std::map<pid_t, std::string> programs;
  for (std::size_t i = 0; i < result.pids.size(); i++) programs[result.pids[i]] = flow.programs[i];
  std::vector<Seen> seen = observe(collector.events(), programs);
  Symbols symbols = Symbols::of_this_kernel();
  CheckInput input{flow,           catalogue.functions, seen, symbols, collector.header(),
                   result.summary, output.text()};

  fmt::print("{}: {}\n", flow.id(), flow.title.in(options.chinese()));
  fmt::print("Linux {}, {} view on {}: documented against observed\n", collector.header().kernel,
             collector.header().view, collector.header().place);
  print_steps(flow, compare_steps(input), options.chinese());
  bool good = print_claims(judge_claims(input), options.chinese());
  bool ended = result.status.as_shell() == 0;
  if (!ended) fmt::print("\nthe lab failed: exit status {}\n", result.status.as_shell());
  if (!result.summary.complete())
    fmt::print("\nthe trace is incomplete: {}\n", gaps_text(result.summary));
  fmt::print("\n");
  std::fflush(stdout);
  return good && ended;
}

}  // namespace

int check_labs(const Options& options) {
  Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  if (options.lab != "all")
    return check_lab(catalogue.lab(options.lab), catalogue, options) ? 0 : 1;
  bool good = true;
  for (const Flow& flow : catalogue.flows) good &= check_lab(flow, catalogue, options);
  return good ? 0 : 1;
}

}  // namespace shmpath
