// SPDX-License-Identifier: BSD-2-Clause
//
// A trace file of our own making, back into events. What is wrong with it throws.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tracer/event.h"
#include "tracer/path.h"

namespace shmpath {

struct TraceFile {
  std::vector<Event> events;
  std::string view;
  bool complete = false;
  std::string gaps;
};

inline Value value_of(const nlohmann::ordered_json& json) {
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  if (json.is_number()) return json.get<std::int64_t>();
  if (json.is_string()) return json.get<std::string>();
  return std::monostate{};
}

inline EventType type_of(const std::string& type) {
  if (type == "step") return EventType::step;
  if (type == "enter") return EventType::enter;
  if (type == "exit") return EventType::exit;
  if (type == "point") return EventType::point;
  if (type == "lost") return EventType::lost;
  throw std::runtime_error("a line of the unknown type " + type);
}

inline Event event_of(const nlohmann::ordered_json& line) {
  Event event;
  event.type = type_of(line.at("type"));
  event.t = line.at("t");
  event.pid = line.value("pid", 0u);
  event.tid = line.value("tid", 0u);
  const std::string layer = line.value("layer", "");
  event.layer = layer == "user"      ? Layer::user
                : layer == "syscall" ? Layer::syscall
                : layer == "kernel"  ? Layer::kernel
                                     : Layer::none;
  event.name = line.value("name", "");
  if (line.contains("args"))
    for (const auto& [name, value] : line["args"].items())
      event.args.push_back({name, value_of(value)});
  if (line.contains("ret")) event.ret = value_of(line["ret"]);
  event.error = line.value("error", "");
  if (line.contains("ns")) event.ns = line["ns"].get<std::uint64_t>();
  if (line.contains("stack"))
    event.stack = std::make_shared<const std::vector<std::string>>(line["stack"]);
  event.number = line.value("number", 0u);
  event.text = line.value("text", "");
  event.count = line.value("count", std::uint64_t{0});
  return event;
}

inline TraceFile read_trace_file(const std::string& file) {
  TraceFile trace;
  std::ifstream in(file);
  Path path([&](const Event& event) { trace.events.push_back(event); });  // says how deep each is
  for (std::string text; std::getline(in, text);) {
    const auto line = nlohmann::ordered_json::parse(text);
    if (line.at("type") == "header") {
      trace.view = line.at("view");
    } else if (line.at("type") == "summary") {
      trace.complete = line.at("complete");
      if (!trace.complete) trace.gaps = line.dump();
    } else {
      path.add(event_of(line));
    }
  }
  path.finish();
  return trace;
}

}  // namespace shmpath
