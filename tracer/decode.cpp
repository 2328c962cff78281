// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tracer/failure.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

constexpr std::size_t most_point_args = 10;  // with those that path adds

std::string hex(std::uint64_t value) { return fmt::format("{:#x}", value); }

template <typename Record>
Record read_as(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(Record))
    throw Failure("cannot decode a record",
                  fmt::format("{} bytes where {} are due", bytes.size(), sizeof(Record)),
                  "the BPF programs and the tracer are of different builds: build again");
  Record rec;
  std::memcpy(&rec, bytes.data(), sizeof(rec));
  return rec;
}

// A call record's own spec, name and layer; a system call of which only the name is known has no
// spec.
struct Callee {
  const CallSpec* spec;
  std::string name;
  Layer layer;
};

Callee callee(std::uint16_t kind, std::uint16_t flags, std::uint32_t id) {
  if (kind == REC_USER_ENTER || kind == REC_USER_EXIT) {
    auto calls = user_calls();
    if (id < calls.size()) return {&calls[id], std::string(calls[id].name), Layer::user};
    return {nullptr, fmt::format("function_{}", id), Layer::user};
  }
  if (flags & CALL_COMPAT) return {nullptr, fmt::format("i386_syscall_{}", id), Layer::syscall};
  // rt_sigreturn restores registers from before it, and the kernel's trampoline under a uretprobe
  // clears them: the number is gone when these return
  if (id == ~std::uint32_t{0}) return {nullptr, "", Layer::syscall};
  const CallSpec* spec = syscall_spec(id);
  return {spec, spec ? std::string(spec->name) : syscall_name(id), Layer::syscall};
}

Event start(EventType type, const record& head, Layer layer, std::string name) {
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

std::string comm_text(const char (&comm)[16]) {
  return escape_bytes({comm, strnlen(comm, sizeof(comm))});
}

Event page_fault(const fault& rec) {
  bool kernel = rec.in_kernel != 0;
  Event event = start(EventType::point, rec.head, Layer::kernel,
                      kernel ? "page_fault_kernel" : "page_fault_user");
  const char* access = rec.error_code & 16 ? "exec" : rec.error_code & 2 ? "write" : "read";
  event.args.push_back({"address", hex(rec.address)});
  event.args.push_back({"ip", hex(rec.ip)});
  event.args.push_back({"access", std::string(access)});
  event.args.push_back({"present", std::int64_t{rec.error_code & 1}});
  return event;
}

Event faults_counted(const fault_count& rec) {
  Event event = start(EventType::point, rec.head, Layer::kernel, "page_faults");
  event.args = {{"minor", rec.minor_faults}, {"major", rec.major_faults}};
  return event;
}

Event task_changed(const task_change& rec) {
  switch (rec.head.kind) {
    case REC_FORK: {
      Event event = start(EventType::point, rec.head, Layer::kernel, "sched_process_fork");
      event.args = {{"child_pid", std::uint64_t{rec.a}}, {"child_tid", std::uint64_t{rec.b}}};
      return event;
    }
    case REC_EXEC: {
      Event event = start(EventType::point, rec.head, Layer::kernel, "sched_process_exec");
      event.args = {{"comm", comm_text(rec.comm)}, {"old_tid", std::uint64_t{rec.a}}};
      return event;
    }
    default: {
      Event event = start(EventType::point, rec.head, Layer::kernel, "sched_process_exit");
      // as wait(2) gives it: the signal in the low 7 bits, the exit status above 8
      if (rec.a & 127)
        event.args = {{"signal", std::uint64_t{rec.a & 127}}};
      else
        event.args = {{"code", std::uint64_t{rec.a >> 8 & 255}}};
      return event;
    }
  }
}

std::string area_or_error(std::uint64_t address) {
  auto number = static_cast<std::int64_t>(address);
  return number < 0 && number >= -4095 ? "-" + errno_name(static_cast<int>(-number)) : hex(address);
}

}  // namespace

void Decoder::keep(const data& rec, std::size_t size) {
  std::size_t room = size - offsetof(data, bytes);
  auto length = std::min<std::size_t>({rec.length, room, MAX_DATA});
  pieces_[rec.head.tid].push_back({rec.arg, rec.at_exit != 0, rec.is_string != 0,
                                   rec.status == DATA_UNREAD, rec.status == DATA_CUT,
                                   std::string(rec.bytes, length)});
}

std::vector<Decoder::Piece> Decoder::take(std::uint32_t tid, bool at_exit) {
  auto found = pieces_.find(tid);
  if (found == pieces_.end()) return {};
  std::vector<Piece> taken = std::move(found->second);
  pieces_.erase(found);
  std::erase_if(taken, [&](const Piece& piece) { return piece.at_exit != at_exit; });
  return taken;
}

Event Decoder::call_entry(const call_enter& rec) {
  Callee to = callee(rec.head.kind, rec.head.flags, rec.id);
  Event event = start(EventType::enter, rec.head, to.layer, to.name);
  std::vector<Piece> pieces = rec.strings ? take(rec.head.tid, false) : std::vector<Piece>{};
  std::array<std::string, MAX_CALL_ARGS> texts;
  std::array<const std::string*, MAX_CALL_ARGS> strings{};
  for (const Piece& piece : pieces) {
    if (piece.arg >= MAX_CALL_ARGS) continue;
    texts[piece.arg] = escape_bytes(piece.bytes) + (piece.cut ? "…" : "");
    // a later one replaces what is left over from a call whose own record was lost
    strings[piece.arg] = piece.unread ? nullptr : &texts[piece.arg];
  }
  event.args =
      to.spec ? decode_args(*to.spec, rec.args, strings, event.unread) : raw_args(rec.args);
  if (!to.spec || to.layer != Layer::syscall) return event;
  unsigned filled = 0;
  for (std::size_t i = 0; i < to.spec->args.size() && i < MAX_CALL_ARGS; i++)
    if (to.spec->args[i].kind == ArgKind::out && arg_applies(*to.spec, i, rec.args))
      filled |= 1U << i;
  if (filled)
    filled_[rec.head.tid] = filled;
  else
    filled_.erase(rec.head.tid);  // of a call whose return was lost
  return event;
}

Event Decoder::call_return(const call_exit& rec) {
  Callee to = callee(rec.head.kind, rec.head.flags, rec.id);
  Event event = start(EventType::exit, rec.head, to.layer, to.name);
  if (to.layer == Layer::user)
    event.ret = to.spec ? decode_user_ret(*to.spec, rec.ret) : Value{rec.ret};
  else
    event.ret = decode_syscall_ret(to.spec, rec.ret, event.error);
  if (!to.spec) return event;
  unsigned filled = 0;
  if (auto found = filled_.find(rec.head.tid);
      to.layer == Layer::syscall && found != filled_.end()) {
    filled = found->second;
    filled_.erase(found);
  }
  for (const Piece& piece : take(rec.head.tid, true)) {
    if (piece.arg >= to.spec->args.size() || piece.unread) continue;
    const ArgSpec& arg = to.spec->args[piece.arg];
    if (piece.is_string) {
      event.args.push_back(
          {std::string(arg.name), escape_bytes(piece.bytes) + (piece.cut ? "…" : "")});
    } else if (arg.decode_out && filled & 1U << piece.arg && event.error.empty()) {
      for (Arg& field : arg.decode_out(piece.bytes)) event.args.push_back(std::move(field));
    }
  }
  return event;
}

Event Decoder::function_entered(const function_enter& rec) {
  if (rec.id >= functions_.specs.size())
    return start(EventType::enter, rec.head, Layer::kernel, fmt::format("function_{}", rec.id));
  const FunctionSpec& spec = functions_.specs[rec.id];
  Event event = start(EventType::enter, rec.head, Layer::kernel, spec.name);
  event.symbol = spec.symbol;
  event.args = function_args(spec, functions_.names, pages_, rec.values);
  if (rec.callers)
    event.stack =
        stacks_.name_callers({rec.caller, std::min<std::size_t>(rec.callers, MAX_CALLERS)});
  return event;
}

Event Decoder::function_returned(const call_exit& rec) {
  if (rec.id >= functions_.specs.size())
    return start(EventType::exit, rec.head, Layer::kernel, fmt::format("function_{}", rec.id));
  const FunctionSpec& spec = functions_.specs[rec.id];
  Event event = start(EventType::exit, rec.head, Layer::kernel, spec.name);
  event.symbol = spec.symbol;
  event.ret = function_ret(spec, functions_.names, rec.ret, event.error);
  return event;
}

Event Decoder::page_allocated(const page_alloc& rec) {
  Event event = start(EventType::point, rec.head, Layer::kernel, "mm_page_alloc");
  if (auto pfn = pages_.frame_number(rec.page)) event.args.push_back({"pfn", *pfn});
  event.args.push_back({"order", std::uint64_t{rec.order}});
  event.args.push_back({"gfp_flags", hex(rec.gfp)});
  event.stack = stacks_.resolve(rec.stack);
  return event;
}

Event Decoder::lru_inserted(const lru_insert& rec) {
  Event event = start(EventType::point, rec.head, Layer::kernel, "mm_lru_insertion");
  if (auto pfn = pages_.frame_number(rec.page)) event.args.push_back({"pfn", *pfn});
  if (std::string list = pages_.lru_list(rec.flags); !list.empty())
    event.args.push_back({"lru", list});
  if (rec.inode) {
    event.args.push_back({"inode", rec.inode});
    event.args.push_back({"index", rec.index});
  }
  if (rec.owner) event.args.push_back({"owner_pid", std::uint64_t{rec.owner}});
  if (rec.foreign) event.args.push_back({"drained_by", comm_text(rec.comm)});
  event.stack = stacks_.resolve(rec.stack);
  return event;
}

std::optional<Event> Decoder::decode(std::span<const std::byte> bytes) {
  auto head = read_as<record>(bytes);
  std::optional<Event> event;
  switch (head.kind) {
    case REC_SYSCALL_ENTER:
    case REC_USER_ENTER:
      event = call_entry(read_as<call_enter>(bytes));
      break;
    case REC_SYSCALL_EXIT:
    case REC_USER_EXIT:
      event = call_return(read_as<call_exit>(bytes));
      break;
    case REC_DATA: {
      data rec{};
      std::size_t size = std::min(bytes.size(), sizeof(rec));
      if (size < offsetof(data, bytes)) read_as<data>(bytes);
      std::memcpy(&rec, bytes.data(), size);
      keep(rec, size);
      return std::nullopt;
    }
    case REC_STEP: {
      auto rec = read_as<step_mark>(bytes);
      event = start(EventType::step, head, Layer::none, "");
      event->number = rec.number;
      event->stopped = rec.head.flags & STEP_STOPPED;
      event->text =
          escape_bytes({rec.text, std::min<std::size_t>(rec.length, sizeof(rec.text) - 1)});
      break;
    }
    case REC_FAULT:
      event = page_fault(read_as<fault>(bytes));
      break;
    case REC_FAULT_COUNTS:
      event = faults_counted(read_as<fault_count>(bytes));
      break;
    case REC_PAGE_ALLOC: {
      auto rec = read_as<page_alloc>(bytes);
      if (stacks_.ours(rec.stack)) return std::nullopt;
      event = page_allocated(rec);
      break;
    }
    case REC_LRU_INSERT: {
      auto rec = read_as<lru_insert>(bytes);
      if (stacks_.ours(rec.stack)) return std::nullopt;
      event = lru_inserted(rec);
      break;
    }
    case REC_UNMAPPED_AREA: {
      auto rec = read_as<unmapped_area>(bytes);
      event = start(EventType::point, head, Layer::kernel, "vm_unmapped_area");
      event->args = {{"address", area_or_error(rec.address)}, {"length", rec.length}};
      event->stack = stacks_.resolve(rec.stack);
      break;
    }
    case REC_FORK:
    case REC_EXEC:
    case REC_EXIT:
      event = task_changed(read_as<task_change>(bytes));
      break;
    case REC_FUNCTION_ENTER: {
      function_enter rec{};  // a small record ends early
      std::memcpy(&rec, bytes.data(), std::min(bytes.size(), sizeof(rec)));
      if (bytes.size() < offsetof(function_enter, values)) read_as<function_enter>(bytes);
      event = function_entered(rec);
      break;
    }
    case REC_FUNCTION_EXIT:
      event = function_returned(read_as<call_exit>(bytes));
      break;
    case REC_LOST:
      event = start(EventType::lost, head, Layer::none, "");
      event->count = read_as<lost>(bytes).count;
      break;
    default:
      throw Failure("cannot decode a record", fmt::format("unknown kind {}", head.kind),
                    "the BPF programs and the tracer are of different builds: build again");
  }
  // Records of two CPUs may stand in the ring a few ns out of order: nothing is before the first.
  if (!first_t_) first_t_ = head.t;
  event->t = head.t > *first_t_ ? head.t - *first_t_ : 0;
  return event;
}

}  // namespace shmpath
