// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "tracer/failure.h"
#include "tracer/fields.h"
#include "tracer/files.h"

namespace shmpath {
namespace {

FlowStep read_step(Fields fields, const Flow& flow) {
  FlowStep step;
  step.number = *fields.number("number", true);
  step.program = fields.text("program");
  if (step.program.empty()) step.program = flow.programs.front();
  const auto has = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), step.program) != list.end();
  };
  if (!has(flow.programs) && !has(flow.started))
    fields.fail("names a program that is neither in `programs` nor in `started`");
  step.text = fields.both("text", true);
  step.user = fields.text("user");
  step.syscall = fields.list("syscall");
  step.kernel = fields.list("kernel");
  fields.done();
  return step;
}

KernelFunction read_function(Fields fields) {
  KernelFunction function;
  function.name = fields.text("name", true);
  function.names = fields.list("names");
  function.source = fields.text("source", true);
  function.inlined_into = fields.text("inlined_into");
  function.witness = fields.list("witness");
  function.calls = fields.list("calls");
  function.args = fields.list("args");
  function.text = {fields.text("en", true), fields.text("zh", true)};
  fields.done();
  return function;
}

Claim read_claim(Fields fields, const std::string& file) {
  Claim claim;
  claim.id = fields.text("id", true);
  claim.text = {fields.text("en", true), fields.text("zh", true)};
  claim.truth = fields.both("truth", false);
  std::string expect = fields.text("expect", true);
  if (expect != "holds" && expect != "differs" && expect != "depends")
    fields.fail("expects neither `holds` nor `differs` nor `depends`");
  if (expect == "depends" && claim.truth.en.empty())
    fields.fail("expects `depends`, and lacks the `truth` that says on what");
  claim.expect = expect == "holds"     ? Expect::holds
                 : expect == "differs" ? Expect::differs
                                       : Expect::depends;
  for (const Table* rule : fields.tables("see"))
    claim.see.push_back(parse_rule(Fields(*rule, file, "a claim.see")));
  claim.program = fields.flag("program").value_or(claim.see.empty());
  fields.done();
  return claim;
}

// The tracer may open these to the lab's user, as root: nothing but a device file may stand here.
std::vector<std::string> read_devices(Fields& fields) {
  std::vector<std::string> devices = fields.list("devices");
  for (const std::string& device : devices)
    if (!device.starts_with("/dev/") || device.find("..") != std::string::npos)
      fields.fail(fmt::format("has a device that is not below /dev: `{}`", device));
  return devices;
}

std::string read_disk(Fields& fields) {
  std::string disk = fields.text("disk");
  if (!disk.empty() && disk != "ext4")
    fields.fail(fmt::format("has a disk that is not ext4, the one there is: `{}`", disk));
  return disk;
}

void check_names(const Flow& flow, const Catalogue& catalogue) {
  auto known = [&](const std::string& name, const std::string& where) {
    if (!catalogue.functions.contains(name))
      throw Failure(fmt::format("cannot read {}/flow.toml", flow.folder),
                    fmt::format("{} names `{}`, which no flow file describes", where, name),
                    "add a [[function]] for it");
  };
  for (const FlowStep& step : flow.steps)
    for (const std::string& name : step.kernel) known(name, fmt::format("step {}", step.number));
  for (const Claim& claim : flow.claims)
    for (const Rule& rule : claim.see)
      for (const std::string& name : rule.stack) known(name, "claim " + claim.id);
}

}  // namespace

Rule parse_rule(Fields fields) {
  Rule rule;
  rule.call = fields.list("call", true);
  rule.layer = fields.text("layer");
  rule.inside = fields.text("inside");
  rule.program = fields.text("program");
  rule.step = fields.number("step");
  rule.stack = fields.list("stack");
  rule.ret = fields.text("ret");
  rule.fails = fields.flag("fails");
  auto min = fields.number("min"), max = fields.number("max");
  rule.min = min.value_or(max && *max == 0 ? 0 : 1);
  if (max) rule.max = *max;
  if (const Table* args = fields.table("args")) {
    Fields inner = fields.part(*args, "args");
    for (const auto& [key, value] : *args)
      rule.args.emplace_back(std::string(key.str()), inner.list(key.str(), true));
  }
  fields.done();
  return rule;
}

std::string Flow::id() const { return fmt::format("{:02}-{}", number, name); }

Flow parse_flow(std::string_view text, const std::string& file,
                std::map<std::string, KernelFunction>& functions) {
  const Table table = parse_table(text, file);
  Flow flow;
  Fields fields(table, file, "the flow");
  flow.number = *fields.number("number", true);
  flow.name = fields.text("name", true);
  flow.programs = fields.list("programs", true);
  flow.started = fields.list("started");
  flow.title = fields.both("title", true);
  flow.modules = fields.list("modules");
  flow.devices = read_devices(fields);
  flow.disk = read_disk(fields);
  for (const Table* step : fields.tables("step"))
    flow.steps.push_back(read_step(Fields(*step, file, "a step"), flow));
  for (const Table* claim : fields.tables("claim"))
    flow.claims.push_back(read_claim(Fields(*claim, file, "a claim"), file));
  for (const Table* entry : fields.tables("function")) {
    KernelFunction function = read_function(Fields(*entry, file, "a function"));
    if (!functions.emplace(function.name, function).second)
      Fields(*entry, file, "a function")
          .fail(fmt::format("`{}` is described twice", function.name));
  }
  fields.done();
  return flow;
}

Catalogue load_catalogue(const std::string& folder) {
  namespace fs = std::filesystem;
  Catalogue catalogue;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    fs::path file = entry.path() / "flow.toml";
    if (!fs::exists(file)) continue;
    auto text = read_file(file);
    if (!text)
      throw Failure("cannot read " + file.string(), strerror(errno), "check its permissions");
    catalogue.flows.push_back(parse_flow(*text, file, catalogue.functions));
    catalogue.flows.back().folder = entry.path();
  }
  if (catalogue.flows.empty())
    throw Failure("cannot find the labs in " + folder,
                  error ? error.message() : "no NN-name/flow.toml there",
                  "build shmpath, or give --labs DIR");
  std::sort(catalogue.flows.begin(), catalogue.flows.end(),
            [](const Flow& a, const Flow& b) { return a.number < b.number; });
  for (const Flow& flow : catalogue.flows) check_names(flow, catalogue);
  return catalogue;
}

const Flow& Catalogue::lab(std::string_view name) const {
  for (const Flow& flow : flows)
    if (name == flow.id() || name == flow.name || name == fmt::format("{:02}", flow.number))
      return flow;
  throw Failure(fmt::format("unknown lab {}", name),
                fmt::format("the labs are {} to {}", flows.front().id(), flows.back().id()),
                "shmpath list shows them");
}

std::string labs_of(const std::filesystem::path& program) {
  const std::filesystem::path bin = program.parent_path();
  const std::filesystem::path installed = (bin / SHMPATH_INSTALLED_LABS).lexically_normal();
  std::error_code absent;
  if (std::filesystem::is_directory(installed, absent)) return installed;
  return bin.parent_path() / "labs";
}

std::string labs_folder(const std::string& asked) {
  if (!asked.empty()) return asked;
  return labs_of(own_program());
}

std::vector<std::string> all_names(const std::string& documented,
                                   const std::map<std::string, KernelFunction>& functions) {
  std::vector<std::string> names{documented};
  if (auto found = functions.find(documented); found != functions.end())
    names.insert(names.end(), found->second.names.begin(), found->second.names.end());
  return names;
}

std::vector<std::string> hosts_of(const KernelFunction& function,
                                  const std::map<std::string, KernelFunction>& functions) {
  constexpr std::size_t deepest = 8;
  std::vector<std::string> hosts;
  std::string host = function.inlined_into;
  for (std::size_t hops = 0; !host.empty() && hops < deepest; hops++) {
    for (std::string& name : all_names(host, functions)) hosts.push_back(std::move(name));
    auto next = functions.find(host);
    host = next == functions.end() ? "" : next->second.inlined_into;
  }
  return hosts;
}

}  // namespace shmpath
