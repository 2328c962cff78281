// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/flow.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "tracer/failure.h"
#include "tracer/files.h"

namespace shmpath {
namespace {

using Table = toml::table;

// Reads one table's fields. Complains of those it was not asked for, and of those of another kind
// than is due: a slip must not pass for a field that was left out.
class Fields {
 public:
  Fields(const Table& table, std::string file, std::string what)
      : table_(table), file_(std::move(file)), what_(std::move(what)) {}

  [[noreturn]] void fail(const std::string& reason) const {
    throw Failure(fmt::format("cannot read {}:{}", file_, table_.source().begin.line),
                  what_ + " " + reason, "see docs/adding-a-lab.md for the format");
  }
  std::string text(std::string_view key, bool needed = false) {
    auto value = get(key, needed).value_exact<std::string>();
    if (!value && (needed || table_.contains(key))) fail(fmt::format("needs a string `{}`", key));
    return value.value_or("");
  }
  std::optional<unsigned> number(std::string_view key, bool needed = false) {
    auto value = get(key, needed).value_exact<std::int64_t>();
    if (!value && !table_.contains(key)) return std::nullopt;
    if (!value || *value < 0) fail(fmt::format("needs a number `{}`", key));
    return static_cast<unsigned>(*value);
  }
  std::optional<bool> flag(std::string_view key) {
    auto value = get(key, false).value_exact<bool>();
    if (!value && table_.contains(key)) fail(fmt::format("needs true or false in `{}`", key));
    return value;
  }
  Text both(std::string_view key, bool needed) {
    const Table* pair = table(key, needed);
    if (!pair) return {};
    Fields inner = part(*pair, what_);
    Text text{inner.text("en", true), inner.text("zh", true)};
    inner.done();
    return text;
  }
  // A string, or an array of them.
  std::vector<std::string> list(std::string_view key, bool needed = false) {
    auto node = get(key, needed);
    if (!node) return {};
    if (auto one = node.value_exact<std::string>()) return {*one};
    std::vector<std::string> all;
    if (auto* array = node.as_array())
      for (const auto& element : *array)
        all.push_back(element.value_exact<std::string>().value_or(""));
    if (!node.is_array() || std::find(all.begin(), all.end(), "") != all.end() ||
        (needed && all.empty()))
      fail(fmt::format("needs strings in `{}`", key));
    return all;
  }
  // The [[key]] tables.
  std::vector<const Table*> tables(std::string_view key) {
    auto node = get(key, false);
    std::vector<const Table*> all;
    if (auto* array = node.as_array())
      for (const auto& element : *array) all.push_back(element.as_table());
    if (node && (!node.is_array() || std::find(all.begin(), all.end(), nullptr) != all.end()))
      fail(fmt::format("needs an array of tables in `{}`", key));
    return all;
  }
  const Table* table(std::string_view key, bool needed = false) {
    auto node = get(key, needed);
    if (node && !node.is_table()) fail(fmt::format("needs a table `{}`", key));
    return node.as_table();
  }
  // A table within this one.
  Fields part(const Table& table, std::string what) const {
    return {table, file_, std::move(what)};
  }
  void done() const {
    for (const auto& [key, value] : table_)
      if (!asked_.contains(std::string(key.str())))
        fail(fmt::format("has an unknown field `{}`", key.str()));
  }

 private:
  toml::node_view<const toml::node> get(std::string_view key, bool needed) {
    asked_.emplace(key);
    if (needed && !table_.contains(key)) fail(fmt::format("lacks `{}`", key));
    return table_[key];
  }
  const Table& table_;
  std::string file_, what_;
  std::set<std::string> asked_;
};

FlowStep read_step(Fields fields, const std::vector<std::string>& programs) {
  FlowStep step;
  step.number = *fields.number("number", true);
  step.program = fields.text("program");
  if (step.program.empty()) step.program = programs.front();
  if (std::find(programs.begin(), programs.end(), step.program) == programs.end())
    fields.fail("names a program that is not in `programs`");
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

Rule read_rule(Fields fields) {
  Rule rule;
  rule.call = fields.list("call", true);
  rule.layer = fields.text("layer");
  rule.inside = fields.text("inside");
  rule.program = fields.text("program");
  rule.step = fields.number("step");
  rule.stack = fields.list("stack");
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

Claim read_claim(Fields fields, const std::string& file) {
  Claim claim;
  claim.id = fields.text("id", true);
  claim.text = {fields.text("en", true), fields.text("zh", true)};
  claim.truth = fields.both("truth", false);
  std::string expect = fields.text("expect", true);
  if (expect != "holds" && expect != "differs")
    fields.fail("expects neither `holds` nor `differs`");
  claim.expect_holds = expect == "holds";
  for (const Table* rule : fields.tables("see"))
    claim.see.push_back(read_rule(Fields(*rule, file, "a claim.see")));
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

std::string Flow::id() const { return fmt::format("{:02}-{}", number, name); }

Flow parse_flow(std::string_view text, const std::string& file,
                std::map<std::string, KernelFunction>& functions) {
  Table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    throw Failure(fmt::format("cannot read {}:{}", file, error.source().begin.line),
                  std::string(error.description()), "see docs/adding-a-lab.md for the format");
  }
  Flow flow;
  Fields fields(table, file, "the flow");
  flow.number = *fields.number("number", true);
  flow.name = fields.text("name", true);
  flow.programs = fields.list("programs", true);
  flow.title = fields.both("title", true);
  flow.modules = fields.list("modules");
  flow.devices = read_devices(fields);
  flow.disk = read_disk(fields);
  for (const Table* step : fields.tables("step"))
    flow.steps.push_back(read_step(Fields(*step, file, "a step"), flow.programs));
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

std::string labs_folder(const std::string& asked) {
  if (!asked.empty()) return asked;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path().parent_path() / "labs";
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
