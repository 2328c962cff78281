// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tracer/call_tables.h"
#include "tracer/decode_points.h"
#include "tracer/failure.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

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
  Event event = start_event(EventType::enter, rec.head, to.layer, to.name);
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

// The fields of a buffer: by the one of its register's arguments that applied when the call began.
void Decoder::add_filled(Event& event, const CallSpec& spec, unsigned filled, const Piece& piece) {
  for (std::size_t i = 0; i < spec.args.size() && i < MAX_CALL_ARGS; i++)
    if (filled & 1U << i && register_of(spec, i) == piece.arg)
      for (Arg& field : spec.args[i].decode_out(piece.bytes))
        event.args.push_back(std::move(field));
}

Event Decoder::call_return(const call_exit& rec) {
  Callee to = callee(rec.head.kind, rec.head.flags, rec.id);
  Event event = start_event(EventType::exit, rec.head, to.layer, to.name);
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
    if (piece.is_string)
      event.args.push_back({std::string(to.spec->args[piece.arg].name),
                            escape_bytes(piece.bytes) + (piece.cut ? "…" : "")});
    else if (event.error.empty())
      add_filled(event, *to.spec, filled, piece);
  }
  return event;
}

Event Decoder::function_entered(const function_enter& rec) {
  if (rec.id >= functions_.specs.size())
    return start_event(EventType::enter, rec.head, Layer::kernel,
                       fmt::format("function_{}", rec.id));
  const FunctionSpec& spec = functions_.specs[rec.id];
  Event event = start_event(EventType::enter, rec.head, Layer::kernel, spec.name);
  event.symbol = spec.symbol;
  event.args = function_args(spec, functions_.names, pages_, rec.values);
  if (rec.callers)
    event.stack =
        stacks_.name_callers({rec.caller, std::min<std::size_t>(rec.callers, MAX_CALLERS)});
  return event;
}

Event Decoder::function_returned(const call_exit& rec) {
  if (rec.id >= functions_.specs.size())
    return start_event(EventType::exit, rec.head, Layer::kernel,
                       fmt::format("function_{}", rec.id));
  const FunctionSpec& spec = functions_.specs[rec.id];
  Event event = start_event(EventType::exit, rec.head, Layer::kernel, spec.name);
  event.symbol = spec.symbol;
  event.ret = function_ret(spec, functions_.names, rec.ret, event.error);
  return event;
}

Event Decoder::page_allocated(const page_alloc& rec) {
  Event event = start_event(EventType::point, rec.head, Layer::kernel, "mm_page_alloc");
  if (auto pfn = pages_.frame_number(rec.page)) event.args.push_back({"pfn", *pfn});
  event.args.push_back({"order", std::uint64_t{rec.order}});
  event.args.push_back({"gfp_flags", hex_text(rec.gfp)});
  event.stack = stacks_.resolve(rec.stack);
  return event;
}

Event Decoder::lru_inserted(const lru_insert& rec) {
  Event event = start_event(EventType::point, rec.head, Layer::kernel, "mm_lru_insertion");
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

// The event of a call's record; nothing for what travels ahead of one.
std::optional<Event> Decoder::call_event(std::uint16_t kind, std::span<const std::byte> bytes) {
  switch (kind) {
    case REC_SYSCALL_ENTER:
    case REC_USER_ENTER:
      return call_entry(read_as<call_enter>(bytes));
    case REC_SYSCALL_EXIT:
    case REC_USER_EXIT:
      return call_return(read_as<call_exit>(bytes));
    case REC_FUNCTION_ENTER: {
      function_enter rec{};  // a small record ends early
      std::memcpy(&rec, bytes.data(), std::min(bytes.size(), sizeof(rec)));
      if (bytes.size() < offsetof(function_enter, values)) read_as<function_enter>(bytes);
      return function_entered(rec);
    }
    case REC_FUNCTION_EXIT:
      return function_returned(read_as<call_exit>(bytes));
    default: {
      data rec{};
      std::size_t size = std::min(bytes.size(), sizeof(rec));
      if (size < offsetof(data, bytes)) read_as<data>(bytes);
      std::memcpy(&rec, bytes.data(), size);
      keep(rec, size);
      return std::nullopt;
    }
  }
}

// The event of a record that stands for itself; nothing for the tracer's own doing.
std::optional<Event> Decoder::point_event(std::uint16_t kind, std::span<const std::byte> bytes) {
  switch (kind) {
    case REC_STEP:
      return step_begun(read_as<step_mark>(bytes));
    case REC_FAULT:
      return page_fault(read_as<fault>(bytes));
    case REC_FAULT_COUNTS:
      return faults_counted(read_as<fault_count>(bytes));
    case REC_PAGE_ALLOC: {
      auto rec = read_as<page_alloc>(bytes);
      return stacks_.ours(rec.stack) ? std::nullopt : std::optional(page_allocated(rec));
    }
    case REC_LRU_INSERT: {
      auto rec = read_as<lru_insert>(bytes);
      return stacks_.ours(rec.stack) ? std::nullopt : std::optional(lru_inserted(rec));
    }
    case REC_UNMAPPED_AREA: {
      auto rec = read_as<unmapped_area>(bytes);
      Event event = area_found(rec);
      event.stack = stacks_.resolve(rec.stack);
      return event;
    }
    case REC_FORK:
    case REC_EXEC:
    case REC_EXIT:
      return task_changed(read_as<task_change>(bytes));
    case REC_LOST:
      return records_lost(read_as<lost>(bytes));
    default:
      throw Failure("cannot decode a record", fmt::format("unknown kind {}", kind),
                    "the BPF programs and the tracer are of different builds: build again");
  }
}

std::optional<Event> Decoder::decode(std::span<const std::byte> bytes) {
  constexpr std::uint16_t of_calls[] = {REC_SYSCALL_ENTER, REC_SYSCALL_EXIT,   REC_USER_ENTER,
                                        REC_USER_EXIT,     REC_FUNCTION_ENTER, REC_FUNCTION_EXIT,
                                        REC_DATA};
  auto head = read_as<record>(bytes);
  const bool of_call =
      std::find(std::begin(of_calls), std::end(of_calls), head.kind) != std::end(of_calls);
  std::optional<Event> event =
      of_call ? call_event(head.kind, bytes) : point_event(head.kind, bytes);
  if (!event) return event;
  // Records of two CPUs may stand in the ring a few ns out of order: nothing is before the first.
  if (!first_t_) first_t_ = head.t;
  event->t = head.t > *first_t_ ? head.t - *first_t_ : 0;
  return event;
}

}  // namespace shmpath
