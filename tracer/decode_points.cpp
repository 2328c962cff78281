// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/decode_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tracer/call_tables.h"
#include "tracer/calls.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

constexpr std::size_t most_point_args = 10;  // with those that path adds

std::string area_or_error(std::uint64_t address) {
  auto number = static_cast<std::int64_t>(address);
  return number < 0 && number >= -4095 ? "-" + errno_name(static_cast<int>(-number))
                                       : hex_text(address);
}

}  // namespace

std::string comm_text(const char (&comm)[16]) {
  return escape_bytes({comm, strnlen(comm, sizeof(comm))});
}

Event start_event(EventType type, const record& head, Layer layer, std::string name) {
  Event event;
  event.type = type;
  event.t = head.t;
  event.pid = head.tgid;
  event.tid = head.tid;
  event.layer = layer;
  event.name = std::move(name);
  if (type == EventType::point) event.args.reserve(most_point_args);
  return event;
}

Event step_begun(const step_mark& rec) {
  Event event = start_event(EventType::step, rec.head, Layer::none, "");
  event.number = rec.number;
  event.stopped = rec.head.flags & STEP_STOPPED;
  event.text = escape_bytes({rec.text, std::min<std::size_t>(rec.length, sizeof(rec.text) - 1)});
  return event;
}

Event page_fault(const fault& rec) {
  bool kernel = rec.in_kernel != 0;
  Event event = start_event(EventType::point, rec.head, Layer::kernel,
                            kernel ? "page_fault_kernel" : "page_fault_user");
  const char* access = rec.error_code & 16 ? "exec" : rec.error_code & 2 ? "write" : "read";
  event.args.push_back({"address", hex_text(rec.address)});
  event.args.push_back({"ip", hex_text(rec.ip)});
  event.args.push_back({"access", std::string(access)});
  event.args.push_back({"present", std::int64_t{rec.error_code & 1}});
  return event;
}

Event faults_counted(const fault_count& rec) {
  Event event = start_event(EventType::point, rec.head, Layer::kernel, "page_faults");
  event.args = {{"minor", rec.minor_faults}, {"major", rec.major_faults}};
  return event;
}

Event task_changed(const task_change& rec) {
  switch (rec.head.kind) {
    case REC_FORK: {
      Event event = start_event(EventType::point, rec.head, Layer::kernel, "sched_process_fork");
      event.args = {{"child_pid", std::uint64_t{rec.a}}, {"child_tid", std::uint64_t{rec.b}}};
      return event;
    }
    case REC_EXEC: {
      Event event = start_event(EventType::point, rec.head, Layer::kernel, "sched_process_exec");
      event.args = {{"comm", comm_text(rec.comm)}, {"old_tid", std::uint64_t{rec.a}}};
      if (rec.b) event.args.push_back({"not_traced", std::string("its rights are not yours")});
      return event;
    }
    default: {
      Event event = start_event(EventType::point, rec.head, Layer::kernel, "sched_process_exit");
      // as wait(2) gives it: the signal in the low 7 bits, the exit status above 8
      if (rec.a & 127)
        event.args = {{"signal", std::uint64_t{rec.a & 127}}};
      else
        event.args = {{"code", std::uint64_t{rec.a >> 8 & 255}}};
      return event;
    }
  }
}

Event area_found(const unmapped_area& rec) {
  Event event = start_event(EventType::point, rec.head, Layer::kernel, "vm_unmapped_area");
  event.args = {{"address", area_or_error(rec.address)}, {"length", rec.length}};
  return event;
}

Event records_lost(const lost& rec) {
  Event event = start_event(EventType::lost, rec.head, Layer::none, "");
  event.count = rec.count;
  return event;
}

}  // namespace shmpath
