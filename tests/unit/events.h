// SPDX-License-Identifier: BSD-2-Clause
//
// Events made by hand, for the tests of the stages after decode.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tracer/event.h"
#include "tracer/render.h"

namespace shmpath {

inline constexpr std::uint32_t first_tid = 7;

inline Event event_of(EventType type, std::uint64_t t, Layer layer, std::string name,
                      Args args = {}) {
  Event event;
  event.type = type;
  event.t = t;
  event.pid = event.tid = first_tid;
  event.layer = layer;
  event.name = std::move(name);
  event.args = std::move(args);
  return event;
}

inline Event user_enter(std::uint64_t t, std::string name, Args args = {}) {
  return event_of(EventType::enter, t, Layer::user, std::move(name), std::move(args));
}

inline Event syscall_enter(std::uint64_t t, std::string name, Args args = {}) {
  return event_of(EventType::enter, t, Layer::syscall, std::move(name), std::move(args));
}

inline Event exit_event(std::uint64_t t, Layer layer, std::string name, std::int64_t ret = 0) {
  Event event = event_of(EventType::exit, t, layer, std::move(name));
  event.ret = ret;
  return event;
}

inline Event user_exit(std::uint64_t t, std::string name, std::int64_t ret = 0) {
  return exit_event(t, Layer::user, std::move(name), ret);
}

inline Event syscall_exit(std::uint64_t t, std::string name, std::int64_t ret = 0) {
  return exit_event(t, Layer::syscall, std::move(name), ret);
}

inline Event kernel_enter(std::uint64_t t, std::string name, Args args = {}) {
  return event_of(EventType::enter, t, Layer::kernel, std::move(name), std::move(args));
}

inline Event kernel_exit(std::uint64_t t, std::string name, std::int64_t ret = 0) {
  return exit_event(t, Layer::kernel, std::move(name), ret);
}

inline Stack stack_of(std::vector<std::string> names) {
  return std::make_shared<const std::vector<std::string>>(std::move(names));
}

inline Event point_event(std::uint64_t t, std::string name, Args args = {}, Stack stack = nullptr) {
  Event event = event_of(EventType::point, t, Layer::kernel, std::move(name), std::move(args));
  event.stack = std::move(stack);
  return event;
}

inline Event fault_event(std::uint64_t t, const std::string& address,
                         const std::string& access = "write") {
  return point_event(t, "page_fault_user",
                     {{"address", address},
                      {"ip", std::string("0x401000")},
                      {"access", access},
                      {"present", std::int64_t{0}}});
}

inline Event step_event(std::uint64_t t, std::uint32_t number, std::string text = "a step") {
  Event event = event_of(EventType::step, t, Layer::none, "");
  event.number = number;
  event.text = std::move(text);
  return event;
}

inline Event lost_event(std::uint64_t t, std::uint64_t count) {
  Event event = event_of(EventType::lost, t, Layer::none, "");
  event.pid = event.tid = 0;
  event.count = count;
  return event;
}

inline Event of_thread(Event event, std::uint32_t pid, std::uint32_t tid) {
  event.pid = pid;
  event.tid = tid;
  return event;
}

inline Event at_depth(Event event, std::uint32_t depth) {
  event.depth = depth;
  return event;
}

// A renderer's output, kept.
struct TextOutput : Output {
  std::string text;
  std::size_t flushes = 0;
  void write(std::string_view more) override { text += more; }
  void flush() override { flushes++; }
};

}  // namespace shmpath
