// SPDX-License-Identifier: BSD-2-Clause
//
// shmpath check: runs labs under the tracer with their output caught, and prints the documented
// path against the observed one, then the claims; those of all labs as one ledger at the end.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "tracer/check.h"
#include "tracer/commands.h"
#include "tracer/disk.h"
#include "tracer/failure.h"
#include "tracer/flow.h"
#include "tracer/output.h"
#include "tracer/place.h"
#include "tracer/plan.h"
#include "tracer/report.h"
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

LabReport check_lab(const Flow& flow, const Catalogue& catalogue, const Options& options) {
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
  std::vector<Seen> seen = observe(collector.events(), programs, flow.started);
  Symbols symbols = Symbols::of_this_kernel();
  CheckInput input{flow,           catalogue.functions, seen, &symbols, collector.header(),
                   result.summary, output.text()};
  return {.flow = &flow,
          .header = collector.header(),
          .steps = compare_steps(input),
          .claims = judge_claims(input),
          .status = result.status.as_shell(),
          .gaps = result.summary.complete() ? "" : gaps_text(result.summary)};
}

}  // namespace

int check_labs(const Options& options) {
  const Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  const bool all = options.lab == "all", chinese = options.chinese();
  std::vector<const Flow*> flows;
  if (all)
    for (const Flow& flow : catalogue.flows) flows.push_back(&flow);
  else
    flows.push_back(&catalogue.lab(options.lab));
  // opened before any lab runs; no text where the JSON goes to standard output
  const auto json = options.output.empty() ? nullptr : open_output(options.output);
  const bool text = options.output != "-";

  std::vector<LabReport> reports;
  for (const Flow* flow : flows) {
    const LabReport& report = reports.emplace_back(check_lab(*flow, catalogue, options));
    if (!text) continue;
    fmt::print("{}{}{}\n", steps_text(report, chinese), all ? "" : claims_text(report, chinese),
               faults_text(report));
    std::fflush(stdout);
  }
  if (all && text) fmt::print("{}", ledger_text(reports, chinese));
  if (json) {
    json->write(report_json(reports));
    json->flush();
  }
  const bool good = std::all_of(reports.begin(), reports.end(),
                                [](const LabReport& report) { return report.good(); });
  return good ? 0 : 1;
}

}  // namespace shmpath
