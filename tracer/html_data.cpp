// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/html_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "tracer/observe.h"
#include "tracer/text.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

std::uint8_t kind_of(const Event& event) {
  if (event.type == EventType::step) return 4;
  if (event.type == EventType::lost) return 5;
  if (event.type == EventType::point) return 3;
  return event.layer == Layer::user ? 0 : event.layer == Layer::syscall ? 1 : 2;
}

std::string list_text(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) (out += out.size() > 1 ? "," : "") += item;
  return out + "]";
}

}  // namespace

void Column::add(std::int64_t value) {
  if (!text_.empty()) text_ += ',';
  const fmt::format_int text(value);
  text_.append(text.data(), text.size());
}

std::size_t StringTable::number_of(std::string_view text) {
  auto [place, is_new] = numbers_.try_emplace(std::string(text), strings_.size());
  if (is_new) strings_.push_back(strip_controls(text));
  return place->second;
}

std::size_t HtmlTrace::thread_of(std::uint32_t pid, std::uint32_t tid) {
  auto [place, is_new] = thread_numbers_.try_emplace({pid, tid}, threads_.size());
  if (is_new) {
    threads_.push_back({pid, tid, 0, {}});
    if (auto group = inherited_.find(tid); group != inherited_.end())
      threads_.back().group = group->second;
  }
  return place->second;
}

// Names and values in turn; the value of what could not be read is -1.
std::size_t HtmlTrace::list_of(const Event& event) {
  if (event.args.empty()) return 0;
  Column column;
  for (const Arg& arg : event.args) {
    column.add(static_cast<std::int64_t>(strings_.number_of(arg.name)));
    const bool unread =
        std::holds_alternative<std::monostate>(arg.value) ||
        std::find(event.unread.begin(), event.unread.end(), arg.name) != event.unread.end();
    column.add(unread ? -1 : static_cast<std::int64_t>(strings_.number_of(value_text(arg.value))));
  }
  auto [place, is_new] = list_numbers_.try_emplace(column.text(), lists_.size());
  if (is_new) lists_.push_back(place->first);
  return place->second;
}

std::size_t HtmlTrace::stack_of(const Stack& stack) {
  if (!stack) return 0;
  if (auto known = stack_numbers_.find(stack); known != stack_numbers_.end()) return known->second;
  Column column;
  for (const std::string& name : *stack)
    column.add(static_cast<std::int64_t>(strings_.number_of(name)));
  auto [place, is_new] = stack_texts_.try_emplace(column.text(), stacks_.size());
  if (is_new) stacks_.push_back(place->first);
  // a live trace shares its stacks; one that does not would only fill the memory here
  if (stack.use_count() > 2) stack_numbers_[stack] = place->second;
  return place->second;
}

void HtmlTrace::begin(const Event& event, Row row) {
  Thread& thread = threads_[row.thread];
  while (thread.open.size() > event.depth) thread.open.pop_back();
  if (!thread.open.empty()) row.parent = static_cast<std::int64_t>(thread.open.back());
  row.symbol = strings_.number_of(event.symbol);
  row.args = list_of(event);
  row.stack = stack_of(event.stack);
  row.group = thread.group;
  if (event.type == EventType::enter) thread.open.push_back(rows_.size());
  rows_.push_back(row);
}

void HtmlTrace::end(const Event& event, std::size_t number) {
  Thread& thread = threads_[number];
  while (thread.open.size() > event.depth) {
    Row& row = rows_[thread.open.back()];
    thread.open.pop_back();
    if (thread.open.size() != event.depth) continue;
    row.ns = static_cast<std::int64_t>(event.ns.value_or(event.t - std::min(event.t, row.t)));
    row.orders = static_cast<std::int64_t>(order_ - row.order);
    if (!std::holds_alternative<std::monostate>(event.ret))
      row.ret = strings_.number_of(value_text(event.ret));
    row.error = strings_.number_of(event.error);
    row.exit_args = list_of(event);
  }
}

// Which step a new thread inherits, and when a program begins with steps of its own: as observe().
void HtmlTrace::follow(const Event& event, std::size_t thread) {
  if (event.name == "sched_process_fork")
    inherited_[static_cast<std::uint32_t>(number_of(event, "child_tid"))] = threads_[thread].group;
  if (event.name == "execve" && event.type == EventType::enter)
    executed_[event.pid] = file_name_of(event);
  if (event.name == "sched_process_exec" &&
      std::find(started_.begin(), started_.end(), executed_[event.pid]) != started_.end())
    threads_[thread].group = 0;
}

void HtmlTrace::add(const Event& event) {
  const std::size_t thread = event.type == EventType::lost ? 0 : thread_of(event.pid, event.tid);
  order_++;
  row_of_event_.push_back(event.type == EventType::exit ? -1
                                                        : static_cast<std::int64_t>(rows_.size()));
  Row row{.kind = kind_of(event), .t = event.t, .order = order_};
  row.thread = thread;
  row.name = strings_.number_of(event.name);
  if (event.type == EventType::exit) {
    end(event, thread);
  } else if (event.type == EventType::lost) {
    row.ns = 0;
    row.args = strings_.number_of(std::to_string(event.count));
    rows_.push_back(row);
  } else if (event.type == EventType::step) {
    row.ns = 0;
    groups_.push_back({thread, event.number, strings_.number_of(event.text), rows_.size()});
    row.group = threads_[thread].group = groups_.size() - 1;
    rows_.push_back(row);
  } else {
    follow(event, thread);
    if (event.type == EventType::point) row.ns = 0;
    begin(event, row);
  }
}

std::string HtmlTrace::rows_json() const {
  Column kind, t, ns, order, orders, thread, name, symbol, args, ret, error, exit_args, stack,
      group, parent;
  auto number = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  std::uint64_t last_t = 0, last_order = 0;
  for (std::size_t i = 0; i < rows_.size(); i++) {
    const Row& row = rows_[i];
    kind.add(row.kind);
    t.add(static_cast<std::int64_t>(row.t - last_t));
    order.add(static_cast<std::int64_t>(row.order - last_order));
    last_t = row.t;
    last_order = row.order;
    ns.add(row.ns);
    orders.add(row.orders);
    thread.add(number(row.thread));
    name.add(number(row.name));
    symbol.add(number(row.symbol));
    args.add(number(row.args));
    ret.add(number(row.ret));
    error.add(number(row.error));
    exit_args.add(number(row.exit_args));
    stack.add(number(row.stack));
    group.add(number(row.group));
    parent.add(row.parent < 0 ? 0 : number(i) - row.parent);
  }
  return fmt::format(
      R"({{"kind":{},"t":{},"ns":{},"order":{},"orders":{},"thread":{},"name":{},"symbol":{},)"
      R"("args":{},"ret":{},"error":{},"exit":{},"stack":{},"group":{},"parent":{}}})",
      kind.text(), t.text(), ns.text(), order.text(), orders.text(), thread.text(), name.text(),
      symbol.text(), args.text(), ret.text(), error.text(), exit_args.text(), stack.text(),
      group.text(), parent.text());
}

std::string HtmlTrace::json() const {
  std::string strings = "[";
  for (const std::string& text : strings_.strings()) {
    if (strings.size() > 1) strings += ',';
    append_json_string(strings, text);
  }
  std::vector<std::string> threads, groups;
  for (const Thread& thread : threads_)
    threads.push_back(fmt::format("[{},{}]", thread.pid, thread.tid));
  for (const Group& group : groups_)
    groups.push_back(
        fmt::format("[{},{},{},{}]", group.thread, group.number, group.text, group.row));
  return fmt::format(R"("strings":{}],"stacks":{},"lists":{},"threads":{},"groups":{},"rows":{})",
                     strings, list_text(stacks_), list_text(lists_), list_text(threads),
                     list_text(groups), rows_json());
}

std::string in_script(std::string_view json) {
  std::string out;
  out.reserve(json.size() + 64);
  for (const char c : json) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

}  // namespace shmpath
