// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/ptrace_records.h"

#include <algorithm>
#include <cstring>

#include "tracer/call_layout.h"
#include "tracer/calls.h"

namespace shmpath {
namespace {

template <typename Record>
Record begin(const Moment& at, std::uint16_t kind) {
  Record rec{};
  rec.head.t = at.t;
  rec.head.tgid = static_cast<u32>(at.tgid);
  rec.head.tid = static_cast<u32>(at.tid);
  rec.head.kind = kind;
  rec.head.size = sizeof(rec);
  return rec;
}

template <typename Record>
std::span<const std::byte> bytes_of(const Record& rec) {
  return std::as_bytes(std::span(&rec, 1));
}

// What the compat calls of 32-bit programs take is not known here.
call_layout layout_for(std::uint32_t number, std::uint16_t flags) {
  const CallSpec* spec = flags & CALL_COMPAT ? nullptr : syscall_spec(number);
  return spec ? layout_of(*spec) : call_layout{};
}

}  // namespace

// A string (of 0 bytes) or a buffer. Returns false when it cannot be read.
bool RecordWriter::send_data(const Moment& at, unsigned arg, std::uint64_t address,
                             std::size_t bytes, bool at_exit) {
  auto rec = begin<data>(at, REC_DATA);
  rec.arg = static_cast<u8>(arg);
  rec.at_exit = at_exit;
  rec.is_string = bytes == 0;
  const std::size_t wanted = bytes ? std::min<std::size_t>(bytes, MAX_DATA) : MAX_DATA;
  const std::size_t got = read_(at.tid, address, {rec.bytes, wanted});
  const void* end = rec.is_string ? std::memchr(rec.bytes, 0, got) : nullptr;
  rec.status = DATA_READ;
  if (end) {
    rec.length = static_cast<u32>(static_cast<const char*>(end) - rec.bytes);
  } else if (got < wanted) {
    rec.status = DATA_UNREAD;
  } else if (rec.is_string) {
    rec.status = DATA_CUT;
    rec.length = MAX_DATA - 1;
  } else {
    rec.length = static_cast<u32>(got);
  }
  rec.head.size = static_cast<u32>(offsetof(data, bytes) + rec.length);
  sink_(bytes_of(rec).first(rec.head.size));
  return rec.status != DATA_UNREAD;
}

void RecordWriter::syscall(const Moment& at, const SyscallStop& stop) {
  stop.entry ? enter(at, stop) : leave(at, stop);
}

void RecordWriter::enter(const Moment& at, const SyscallStop& stop) {
  Open call{stop.number, stop.compat ? u16{CALL_COMPAT} : u16{0}, stop.args};
  const call_layout layout = layout_for(call.number, call.flags);
  for (unsigned i = 0; i < MAX_CALL_ARGS; i++)
    if (layout.strings >> i & 1 && call.args[i] && !send_data(at, i, call.args[i], 0, false))
      call.late |= 1U << i;
  auto rec = begin<call_enter>(at, REC_SYSCALL_ENTER);
  rec.head.flags = call.flags;
  rec.id = call.number;
  rec.strings = layout.strings;
  std::copy(call.args.begin(), call.args.end(), rec.args);
  open_[at.tid] = call;
  sink_(bytes_of(rec));
}

void RecordWriter::leave(const Moment& at, const SyscallStop& stop) {
  auto rec = begin<call_exit>(at, REC_SYSCALL_EXIT);
  rec.ret = stop.ret;
  rec.id = ~u32{0};  // began before the trace: its number is not told at the return
  if (auto found = open_.find(at.tid); found != open_.end()) {
    const Open call = found->second;
    open_.erase(found);
    rec.head.flags = call.flags;
    rec.id = call.number;
    for (unsigned i = 0; i < MAX_CALL_ARGS; i++)
      if (call.late >> i & 1) send_data(at, i, call.args[i], 0, true);
    const call_layout layout = layout_for(call.number, call.flags);
    if (layout.buffer_arg && call.buffer && stop.ret >= 0) {
      unsigned arg = layout.buffer_arg - 1U;
      if (call.args[arg]) send_data(at, arg, call.args[arg], layout.buffer_bytes, true);
    }
  }
  sink_(bytes_of(rec));
}

void RecordWriter::change(const Moment& at, std::uint16_t kind, std::uint32_t a, std::uint32_t b,
                          std::string_view name) {
  auto rec = begin<task_change>(at, kind);
  rec.a = a;
  rec.b = b;
  name.copy(rec.comm, sizeof(rec.comm) - 1);
  sink_(bytes_of(rec));
}

void RecordWriter::forked(const Moment& at, pid_t child_tgid, pid_t child_tid) {
  change(at, REC_FORK, static_cast<u32>(child_tgid), static_cast<u32>(child_tid), "");
}

// The call goes on in the thread that has the process's own id now, and the memory that its
// addresses were in is gone.
void RecordWriter::executed(const Moment& at, pid_t old_tid, std::string_view name) {
  if (auto found = open_.find(old_tid); found != open_.end()) {
    Open call = found->second;
    call.late = 0;
    call.buffer = false;
    open_.erase(found);
    open_[at.tid] = call;
  }
  change(at, REC_EXEC, static_cast<u32>(old_tid), 0, name);
}

void RecordWriter::ended(const Moment& at, std::uint32_t exit_code) {
  open_.erase(at.tid);
  change(at, REC_EXIT, exit_code, 0, "");
}

void RecordWriter::faults(const Moment& at, const FaultCounts& since_last) {
  auto rec = begin<fault_count>(at, REC_FAULT_COUNTS);
  rec.minor_faults = since_last.minor_faults;
  rec.major_faults = since_last.major_faults;
  sink_(bytes_of(rec));
}

void RecordWriter::step(const Moment& at, std::uint32_t number, std::uint64_t text) {
  auto rec = begin<step_mark>(at, REC_STEP);
  rec.number = number;
  const std::size_t got = read_(at.tid, text, {rec.text, sizeof(rec.text) - 1});
  rec.length = static_cast<u32>(strnlen(rec.text, got));
  sink_(bytes_of(rec));
}

}  // namespace shmpath
