// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "tracer/failure.h"
#include "tracer/fields.h"
#include "tracer/files.h"

namespace shmpath {
namespace {

Call read_call(Fields fields) {
  Call call;
  call.name = fields.text("name", true);
  call.names = fields.list("names");
  call.layers = fields.list("layer", true);
  call.source = fields.text("source");
  call.man = fields.text("man");
  call.text = {fields.text("en", true), fields.text("zh", true)};
  fields.done();
  for (const std::string& layer : call.layers)
    if (layer != "user" && layer != "syscall" && layer != "point")
      fields.fail("has a layer that is none of `user`, `syscall` and `point`");
  const bool in_kernel = call.has_layer("syscall") || call.has_layer("point");
  if (in_kernel == call.source.empty())
    fields.fail("needs a `source` if it is in the kernel, and only then");
  if (call.has_layer("point") != call.man.empty())
    fields.fail("needs its page in `man`, unless it is a trace point");
  return call;
}

// The cells of "| a | b |", without the blanks around them; none for any other line.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  if (!line.starts_with('|') || !line.ends_with('|')) return cells;
  line.remove_prefix(1);
  while (!line.empty()) {
    const std::size_t end = line.find('|');
    std::string_view cell = line.substr(0, end);
    while (cell.starts_with(' ')) cell.remove_prefix(1);
    while (cell.ends_with(' ')) cell.remove_suffix(1);
    cells.emplace_back(cell);
    line.remove_prefix(end + 1);
  }
  return cells;
}

bool is_mark(const std::string& cell) {
  return cell == "-" || cell == "yes" || cell == "yes (no probe)" || cell.starts_with("as `");
}

void read_row(KernelTable& table, const std::vector<std::string>& cells, const std::string& where) {
  const std::string& name = cells.front();
  if (name.starts_with("---") || name.starts_with("**")) return;  // a rule, or a heading
  const bool good = cells.size() == table.kernels.size() + 1 && name.size() > 2 &&
                    name.starts_with('`') && name.ends_with('`') &&
                    std::all_of(cells.begin() + 1, cells.end(), is_mark);
  if (!good)
    throw Failure("cannot read " + where, "no row of the table of functions",
                  "write it anew with tests/vm/kernel_table.py --update");
  table.marks[name.substr(1, name.size() - 2)].assign(cells.begin() + 1, cells.end());
}

std::string read_whole(const std::filesystem::path& file, const std::string& remedy) {
  auto text = read_file(file);
  if (!text) throw Failure("cannot read " + file.string(), strerror(errno), remedy);
  return *text;
}

}  // namespace

bool Call::has_layer(std::string_view layer) const {
  return std::find(layers.begin(), layers.end(), layer) != layers.end();
}

std::vector<Call> parse_calls(std::string_view text, const std::string& file) {
  const Table table = parse_table(text, file);
  Fields fields(table, file, "the list of calls");
  std::vector<Call> calls;
  std::set<std::pair<std::string, std::string>> described;  // layer and name
  for (const Table* entry : fields.tables("call")) {
    calls.push_back(read_call(Fields(*entry, file, "a call")));
    for (const std::string& layer : calls.back().layers)
      if (!described.emplace(layer, calls.back().name).second)
        Fields(*entry, file, "a call")
            .fail(fmt::format("`{}` is described twice", calls.back().name));
  }
  fields.done();
  return calls;
}

KernelTable parse_kernel_table(std::string_view text, const std::string& file) {
  KernelTable table;
  for (std::size_t number = 1; !text.empty(); number++) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::vector<std::string> cells = cells_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (cells.empty() && table.kernels.empty()) continue;
    if (cells.empty()) break;  // after the table come others
    if (cells.front() == "function")
      table.kernels.assign(cells.begin() + 1, cells.end());
    else
      read_row(table, cells, fmt::format("{}:{}", file, number));
  }
  if (table.kernels.empty())
    throw Failure("cannot read " + file, "it has no table of functions",
                  "write it anew with tests/vm/kernel_table.py --update");
  return table;
}

std::optional<std::vector<std::string>> KernelTable::names_on(
    std::size_t kernel, const std::vector<std::string>& names) const {
  std::vector<std::string> there;
  bool measured = false;
  for (const std::string& name : names) {
    auto row = marks.find(name);
    if (row == marks.end()) continue;
    measured = true;
    if (row->second[kernel] != "-") there.push_back(name);
  }
  return measured ? std::optional(there) : std::nullopt;
}

std::vector<Call> load_calls(const std::string& folder) {
  const std::filesystem::path calls = std::filesystem::path(folder) / "calls.toml";
  return parse_calls(read_whole(calls, "build shmpath, or give --labs DIR"), calls);
}

Reference load_reference(const std::string& folder) {
  namespace fs = std::filesystem;
  Reference reference{load_catalogue(folder), load_calls(folder), {}};
  for (const fs::path& file : {fs::path(folder) / "kernel-support.md",
                               fs::path(folder).parent_path() / "docs" / "kernel-support.md"})
    if (reference.kernels.kernels.empty() && fs::exists(file))
      reference.kernels = parse_kernel_table(read_whole(file, "check its permissions"), file);
  return reference;
}

}  // namespace shmpath
