// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/trace_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <vector>

#include "tracer/stack_ends.h"
#include "tracer/trace_json.h"

namespace shmpath {
namespace {

using simdjson::dom::element;

static_assert(parser_padding >= simdjson::SIMDJSON_PADDING);

constexpr std::size_t deepest_json = 64;  // ours has 4 levels
constexpr std::size_t first_capacity = 1 << 16;
constexpr std::size_t most_stack_bytes = 32 << 20;  // of stacks that are remembered
constexpr std::size_t most_format_shown = 40;

std::string reason_of(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "nested too deeply";
    case simdjson::NUMBER_ERROR:
      return "a number that is too large, or none";
    default:
      return "broken JSON";
  }
}

// The fields of an event, as bits: those that came, those that a type needs.
enum Field : unsigned {
  field_t = 1,
  field_pid = 2,
  field_tid = 4,
  field_layer = 8,
  field_name = 16,
  field_args = 32,
  field_ret = 64,
  field_number = 128,
  field_text = 256,
  field_count = 512,
  field_other = 0
};

constexpr unsigned where = field_t | field_pid | field_tid;

struct Kind {
  std::string_view name;
  EventType type;
  unsigned needs;
};
constexpr Kind kinds[] = {
    {"enter", EventType::enter, where | field_layer | field_name | field_args},
    {"exit", EventType::exit, where | field_layer | field_name | field_ret},
    {"point", EventType::point, where | field_layer | field_name | field_args},
    {"step", EventType::step, where | field_number | field_text},
    {"lost", EventType::lost, field_t | field_count},
};

}  // namespace

struct TraceParser::State {
  simdjson::dom::parser json;
  simdjson::dom::object line;
  const Kind* kind = nullptr;
  std::string_view text;                          // the line
  std::unordered_map<std::string, Stack> stacks;  // by their names, a line each
  std::size_t stack_bytes = 0;
  std::string key;
  StackEnds ends;
  Stack end;  // the stack that the line ends with, where it need not be read

  element document(std::string_view line);
  Stack stack_of(element value);
  MissingProbe missing_of(element value);
  Summary ended(Summary summary, element value);
  void check_format(element value) const;
};

// Few stacks make many events: their names are kept once. What a hostile file makes of it is
// bounded.
Stack TraceParser::State::stack_of(element value) {
  key.clear();
  for (element one : array_of("stack", value)) {
    std::string_view name;
    if (one.get(name)) refuse("stack", "an array of strings");
    (key += name) += '\n';
  }
  if (auto known = stacks.find(key); known != stacks.end()) return known->second;
  if (stack_bytes > most_stack_bytes) {
    stacks.clear();
    stack_bytes = 0;
  }
  stack_bytes += 2 * key.size() + sizeof(Stack);
  auto names = std::make_shared<const std::vector<std::string>>(texts_of("stack", value));
  return stacks.emplace(key, std::move(names)).first->second;
}

namespace {

struct FieldRow {
  std::string_view name;
  unsigned bit;
  void (*take)(TraceEvent& into, std::string_view field, element value);
};

// In the order in which a line has them. `stack` is not among them: it is looked up. `type` was
// read.
constexpr FieldRow field_rows[] = {
    {"type", field_other, [](auto&, auto, element) {}},
    {"t", field_t, [](auto& to, auto field, element v) { to.event.t = number_of(field, v); }},
    {"pid", field_pid,
     [](auto& to, auto field, element v) { to.event.pid = small_number(field, v); }},
    {"tid", field_tid,
     [](auto& to, auto field, element v) { to.event.tid = small_number(field, v); }},
    {"layer", field_layer,
     [](auto& to, auto field, element v) { to.event.layer = layer_of(field, v); }},
    {"name", field_name,
     [](auto& to, auto field, element v) { to.event.name = text_of(field, v); }},
    {"args", field_args,
     [](auto& to, auto field, element v) { to.event.args = args_of(field, v); }},
    {"ret", field_ret, [](auto& to, auto field, element v) { to.event.ret = value_of(field, v); }},
    {"ns", field_other, [](auto& to, auto field, element v) { to.event.ns = number_of(field, v); }},
    {"error", field_other,
     [](auto& to, auto field, element v) { to.event.error = text_of(field, v); }},
    {"symbol", field_other,
     [](auto& to, auto field, element v) { to.event.symbol = text_of(field, v); }},
    {"unread", field_other,
     [](auto& to, auto field, element v) { to.event.unread = texts_of(field, v); }},
    {"bad_address", field_other,
     [](auto& to, auto field, element v) { to.event.bad_address = truth_of(field, v); }},
    {"number", field_number,
     [](auto& to, auto field, element v) { to.event.number = small_number(field, v); }},
    {"text", field_text,
     [](auto& to, auto field, element v) { to.event.text = text_of(field, v); }},
    {"count", field_count,
     [](auto& to, auto field, element v) { to.event.count = number_of(field, v); }},
    {"idle", field_other,
     [](auto& to, auto field, element v) { to.after_idle = truth_of(field, v); }},
};

// The row of that name, from the one behind the last on and round: the end if there is none.
const FieldRow* find_row(std::string_view name, const FieldRow* last) {
  auto named = [&](const FieldRow& known) { return known.name == name; };
  const FieldRow* next = last == std::end(field_rows) ? std::begin(field_rows) : last + 1;
  const FieldRow* row = std::find_if(next, std::end(field_rows), named);
  if (row != std::end(field_rows)) return row;
  row = std::find_if(std::begin(field_rows), next, named);
  return row == next ? std::end(field_rows) : row;
}

std::string_view name_of_bit(unsigned bit) {
  for (const FieldRow& row : field_rows)
    if (row.bit == bit) return row.name;
  return "?";
}

}  // namespace

TraceParser::TraceParser() : state_(std::make_unique<State>()) {
  if (state_->json.allocate(first_capacity, deepest_json)) throw std::bad_alloc();
}
TraceParser::~TraceParser() = default;

// A line whose end is a stack seen lately is read without it, which is most of the line.
element TraceParser::State::document(std::string_view line) {
  element whole;
  text = line;
  if (const StackEnds::Beginning known = ends.cut(line); known.stack) {
    end = known.stack;
    if (!json.parse(known.line.data(), known.line.size(), false).get(whole)) return whole;
  }
  end = nullptr;
  if (const auto error = json.parse(line.data(), line.size(), false).get(whole))
    throw BadTrace{reason_of(error), "a trace has one JSON object a line: record it again"};
  return whole;
}

TraceLine TraceParser::parse(std::string_view line) {
  if (state_->document(line).get(state_->line))
    throw BadTrace{"no JSON object", "a trace has one JSON object a line: record it again"};
  std::string_view type;
  if (state_->line["type"].get(type)) refuse("type", "a string");
  state_->kind = std::find_if(std::begin(kinds), std::end(kinds),
                              [&](const Kind& kind) { return kind.name == type; });
  if (state_->kind != std::end(kinds)) return TraceLine::event;
  if (type == "header") return TraceLine::header;
  return type == "summary" ? TraceLine::summary : TraceLine::unknown;
}

void TraceParser::event(TraceEvent& into) {
  into.event = {};
  into.after_idle = false;
  into.event.type = state_->kind->type;
  unsigned came = 0;
  const FieldRow* row = std::end(field_rows);
  for (auto [key, value] : state_->line) {
    if (key == "stack") {
      into.event.stack = state_->stack_of(value);
      state_->ends.learn(state_->text, into.event.stack);
      continue;
    }
    row = find_row(key, row);
    if (row == std::end(field_rows)) continue;
    row->take(into, row->name, value);
    came |= row->bit;
  }
  if (state_->end) into.event.stack = state_->end;
  const unsigned lacks = state_->kind->needs & ~came;
  if (lacks)
    throw BadTrace{fmt::format("lacks `{}`", name_of_bit(lacks & -lacks)), "record it again"};
}

void TraceParser::State::check_format(element value) const {
  const std::string name = text_of("format", value);
  if (name == trace_format) return;
  const bool ours = name.starts_with("shmpath.trace/");
  throw BadTrace{
      fmt::format("the format is {}, not {}", name.substr(0, most_format_shown), trace_format),
      ours ? "use a newer shmpath" : "make one with --record FILE or --format jsonl"};
}

MissingProbe TraceParser::State::missing_of(element value) {
  MissingProbe missing;
  for (auto [key, field] : object_of("missing", value)) {
    if (key == "name") missing.name = text_of(key, field);
    if (key == "reason") missing.reason = text_of(key, field);
    if (key == "by_nature") missing.by_nature = truth_of(key, field);
  }
  return missing;
}

Header TraceParser::header() {
  Header header;
  element format_value;
  if (state_->line["format"].get(format_value))
    throw BadTrace{"the header names no format", "make a trace with --record FILE"};
  state_->check_format(format_value);
  const std::pair<std::string_view, std::string*> texts[] = {
      {"kernel", &header.kernel}, {"machine", &header.machine}, {"place", &header.place},
      {"view", &header.view},     {"why", &header.why},         {"lab", &header.lab}};
  for (auto [key, value] : state_->line) {
    for (const auto& [name, text] : texts)
      if (key == name) *text = text_of(name, value);
    if (key == "command") header.command = texts_of(key, value);
    if (key != "probes") continue;
    for (auto [inner, field] : object_of(key, value)) {
      if (inner == "attached") header.attached = number_of(inner, field);
      if (inner != "missing") continue;
      for (element one : array_of(inner, field)) header.missing.push_back(state_->missing_of(one));
    }
  }
  return header;
}

Summary TraceParser::State::ended(Summary summary, element value) {
  for (auto [key, number] : object_of("exit", value)) {
    if (key == "code") summary.exit_code = static_cast<int>(number_of(key, number, 255));
    if (key == "signal") summary.signal = static_cast<int>(number_of(key, number, 127));
  }
  return summary;
}

Summary TraceParser::summary() {
  Summary summary;
  PathCounts& counts = summary.counts;
  const std::pair<std::string_view, std::uint64_t*> numbers[] = {
      {"events", &counts.events},
      {"lost", &counts.lost},
      {"unmatched", &counts.unmatched},
      {"unread", &counts.unread},
      {"no_stack", &counts.no_stack},
      {"missed", &summary.missed},
      {"late_probes", &summary.late_probes},
      {"unfinished", &counts.unfinished},
      {"cut", &counts.cut}};
  bool complete = true;
  for (auto [key, value] : state_->line) {
    for (const auto& [name, number] : numbers)
      if (key == name) *number = number_of(name, value);
    if (key == "complete") complete = truth_of(key, value);
    if (key == "exit") summary = state_->ended(summary, value);
  }
  summary.other_gaps = !complete && summary.complete();
  return summary;
}

}  // namespace shmpath
