// SPDX-License-Identifier: BSD-2-Clause
//
// How values, times and calls are written in everything meant for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tracer/event.h"

namespace shmpath {

// 3, 0x7f31, O_RDWR|O_CREAT, "path" (quoted where the argument is one of the strings), ? for null.
std::string value_text(const Value& value);

// "openat(AT_FDCWD, \"/dev/shm/x\", O_RDWR)"
std::string call_text(const Event& entry);

// "= -1 ENOENT", "= 0 {st_size=4096}"
std::string result_text(const Event& ret);

// 640 ns, 12.3 us, 1.2 ms, 3.40 s
std::string duration_text(std::uint64_t ns);

// "1 event", "2 events"
std::string plural(std::uint64_t count, std::string_view noun);

// What one point says: "pfn 119, order 0"
std::string point_text(const Event& point);

}  // namespace shmpath
