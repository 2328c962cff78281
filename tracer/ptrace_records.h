// SPDX-License-Identifier: BSD-2-Clause
//
// What a stopped thread shows, as the records that the BPF programs would have sent for it: from
// there on the syscalls view is like the others. Pure: memory is read through a function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>

#include "bpf/event.h"
#include "tracer/proc.h"
#include "tracer/ptrace.h"

namespace shmpath {

using RecordSink = std::function<void(std::span<const std::byte>)>;

// Whose record it is, and when.
struct Moment {
  pid_t tgid, tid;
  std::uint64_t t;  // CLOCK_MONOTONIC, ns
};

// Keeps of each thread the call that it is in: its strings that could not be read at the entry are
// read again at the return, and the buffers that it fills are read then.
class RecordWriter {
 public:
  RecordWriter(ReadMemory read, RecordSink sink) : read_(std::move(read)), sink_(std::move(sink)) {}

  void syscall(const Moment& at, const SyscallStop& stop);
  void forked(const Moment& at, pid_t child_tgid, pid_t child_tid);
  // The process became another program, by a call of its thread `old_tid`.
  void executed(const Moment& at, pid_t old_tid, std::string_view name);
  void ended(const Moment& at, std::uint32_t exit_code);
  void faults(const Moment& at, const FaultCounts& since_last);
  void step(const Moment& at, std::uint32_t number, std::uint64_t text);

 private:
  struct Open {
    std::uint32_t number = 0;
    std::uint16_t flags = 0;
    std::array<std::uint64_t, MAX_CALL_ARGS> args{};
    std::uint32_t late = 0;  // bit i: argument i could not be read
    bool buffer = true;      // what it fills is still where it was
  };
  bool send_data(const Moment& at, unsigned arg, std::uint64_t address, std::size_t bytes,
                 bool at_exit);
  void enter(const Moment& at, const SyscallStop& stop);
  void leave(const Moment& at, const SyscallStop& stop);
  void change(const Moment& at, std::uint16_t kind, std::uint32_t a, std::uint32_t b,
              std::string_view name);

  ReadMemory read_;
  RecordSink sink_;
  std::unordered_map<pid_t, Open> open_;  // by tid
};

}  // namespace shmpath
