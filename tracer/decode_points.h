// SPDX-License-Identifier: BSD-2-Clause
//
// The records that need nothing but themselves to become an event.
#pragma once

#include <cstdint>
#include <string>

#include "bpf/event.h"
#include "tracer/event.h"

namespace shmpath {

// An event with what every record has in its head.
Event start_event(EventType type, const record& head, Layer layer, std::string name);

// The name of a task, which it may have chosen itself.
std::string comm_text(const char (&comm)[16]);

Event step_begun(const step_mark& rec);
Event page_fault(const fault& rec);
Event faults_counted(const fault_count& rec);
Event task_changed(const task_change& rec);
Event area_found(const unmapped_area& rec);  // without its stack
Event records_lost(const lost& rec);

}  // namespace shmpath
