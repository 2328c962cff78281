// SPDX-License-Identifier: BSD-2-Clause
//
// The trace file: one JSON object a line (docs/trace-format.md).
#include <fmt/format.h>

#include <utility>

#include "tracer/json_text.h"
#include "tracer/render.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

void append_args(std::string& out, const Args& args) {
  out += ",\"args\":{";
  append_members(out, args);
  out += '}';
}

void append_place(std::string& out, const Event& event) {
  append_field(out, "t", event.t);
  append_field(out, "pid", std::uint64_t{event.pid});
  append_field(out, "tid", std::uint64_t{event.tid});
}

void append_call(std::string& out, const Event& event) {
  append_place(out, event);
  append_field(out, "layer", layer_name(event.layer));
  append_field(out, "name", event.name);
  if (!event.symbol.empty()) append_field(out, "symbol", event.symbol);
  if (event.type != EventType::exit || !event.args.empty()) append_args(out, event.args);
}

class JsonlRenderer : public Renderer {
 public:
  explicit JsonlRenderer(Output& out) : out_(out) {}

  void header(const Header& header) override {
    line_ = fmt::format(R"({{"type":"header","format":"{}")", trace_format);
    append_field(line_, "kernel", header.kernel);
    append_field(line_, "machine", header.machine);
    append_field(line_, "place", header.place);
    append_field(line_, "view", header.view);
    append_field(line_, "why", header.why);
    if (!header.lab.empty()) append_field(line_, "lab", header.lab);
    append_list(line_, "command", header.command);
    line_ += R"(,"probes":{"attached":)";
    append_number(line_, header.attached);
    line_ += R"(,"missing":[)";
    for (std::size_t i = 0; i < header.missing.size(); i++) {
      line_ += i ? ",{\"name\":" : "{\"name\":";
      append_json_string(line_, header.missing[i].name);
      append_field(line_, "reason", header.missing[i].reason);
      if (header.missing[i].by_nature) line_ += ",\"by_nature\":true";
      line_ += '}';
    }
    line_ += "]}";
    end_line();
  }

  void event(const Event& event) override {
    switch (event.type) {
      case EventType::step:
        line_ = R"({"type":"step")";
        append_place(line_, event);
        append_field(line_, "number", std::uint64_t{event.number});
        append_field(line_, "text", event.text);
        break;
      case EventType::enter:
        line_ = R"({"type":"enter")";
        append_call(line_, event);
        if (!event.unread.empty()) append_list(line_, "unread", event.unread);
        if (event.bad_address) line_ += ",\"bad_address\":true";
        break;
      case EventType::exit:
        line_ = R"({"type":"exit")";
        append_call(line_, event);
        line_ += ",\"ret\":";
        append_value(line_, event.ret);
        if (!event.error.empty()) append_field(line_, "error", event.error);
        if (event.ns) append_field(line_, "ns", *event.ns);
        break;
      case EventType::point:
        line_ = R"({"type":"point")";
        append_call(line_, event);
        if (event.stack) append_stack(event.stack);
        break;
      case EventType::lost:
        line_ = R"({"type":"lost")";
        append_field(line_, "t", event.t);
        append_field(line_, "count", event.count);
        break;
      default:
        return;
    }
    if (std::exchange(after_idle_, false)) line_ += ",\"idle\":true";
    end_line();
  }

  // What is cut off stays so: a summary would say that it is whole.
  void summary(const Summary& summary) override {
    if (!summary.cut_off.empty()) return out_.flush();
    const PathCounts& counts = summary.counts;
    line_ = R"({"type":"summary","events":)";
    append_number(line_, counts.events);
    append_field(line_, "lost", counts.lost);
    append_field(line_, "unmatched", counts.unmatched);
    append_field(line_, "unread", counts.unread);
    append_field(line_, "no_stack", counts.no_stack);
    append_field(line_, "missed", summary.missed);
    append_field(line_, "late_probes", summary.late_probes);
    append_field(line_, "unfinished", counts.unfinished);
    append_field(line_, "cut", counts.cut);
    line_ += summary.complete() ? ",\"complete\":true" : ",\"complete\":false";
    if (summary.signal)
      line_ += fmt::format(R"(,"exit":{{"signal":{}}})", summary.signal);
    else if (summary.exit_code >= 0)
      line_ += fmt::format(R"(,"exit":{{"code":{}}})", summary.exit_code);
    end_line();
    out_.flush();
  }

  void flush() override { out_.flush(); }
  // Whoever showed the trace now showed what was held back: whoever replays it does so too.
  void idle() override {
    after_idle_ = true;
    out_.flush();
  }

 private:
  void end_line() {
    line_ += "}\n";
    out_.write(line_);
  }

  // Few stacks make many events, one after the other: the last one's text is kept.
  void append_stack(const Stack& stack) {
    if (stack != last_stack_) {
      last_text_.clear();
      append_list(last_text_, "stack", *stack);
      last_stack_ = stack;
    }
    line_ += last_text_;
  }

  Output& out_;
  bool after_idle_ = false;
  std::string line_;
  Stack last_stack_;
  std::string last_text_;
};

}  // namespace

std::unique_ptr<Renderer> make_jsonl_renderer(Output& out) {
  return std::make_unique<JsonlRenderer>(out);
}

}  // namespace shmpath
