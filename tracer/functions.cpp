// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tracer/calls.h"
#include "tracer/function_values.h"

namespace shmpath {
namespace {

constexpr std::int64_t max_errno = 4095;  // MAX_ERRNO in include/linux/err.h

struct Taken {
  std::string_view pointee;  // the struct that the parameter points to
  u8 take, values;
};
constexpr std::array<Taken, 15> taken = {{
    {"folio", TAKE_FOLIO, 4},
    {"page", TAKE_FOLIO, 4},
    {"inode", TAKE_INODE, 1},
    {"file", TAKE_FILE, 1},
    {"address_space", TAKE_MAPPING, 1},
    {"vm_fault", TAKE_FAULT, 3},
    {"vm_area_struct", TAKE_VMA, 2},
    {"dentry", TAKE_DENTRY, TEXT_VALUES},
    {"dma_buf_export_info", TAKE_EXPORT, 2 + TEXT_VALUES},
    {"dma_buf", TAKE_DMA_BUF, 2 + TEXT_VALUES},
    {"device", TAKE_DEVICE, TEXT_VALUES},
    {"dma_buf_attachment", TAKE_ATTACHMENT, 2 + 2 * TEXT_VALUES},
    {"ipc_params", TAKE_IPC_PARAMS, 3},
    {"kern_ipc_perm", TAKE_IPC_PERM, 2},
    {"iattr", TAKE_IATTR, 2},
}};

// What to take of a parameter: nothing when its type says nothing to a reader.
std::optional<Taken> take_of(const Parameter& parameter) {
  const TypeSeen& type = parameter.type;
  if (type.kind == TypeKind::pointer) {
    const auto* found = std::find_if(taken.begin(), taken.end(), [&](const Taken& t) {
      return type.to_struct && t.pointee == type.name;
    });
    if (found != taken.end()) return *found;
    if (!names_address(parameter.name)) return std::nullopt;
  } else if (type.kind == TypeKind::other || type.kind == TypeKind::nothing) {
    return std::nullopt;
  }
  return Taken{"", TAKE_VALUE, 1};
}

// Collects what is shown, under names that do not collide.
class Shown {
 public:
  explicit Shown(const std::vector<std::string>& only) : only_(only) {}
  void from(std::string_view parameter) { parameter_ = parameter; }
  void add(std::string_view name, Value value) {
    bool is_taken =
        std::any_of(args_.begin(), args_.end(), [&](const Arg& a) { return a.name == name; });
    std::string shown = is_taken ? fmt::format("{}_{}", parameter_, name) : std::string(name);
    if (only_.empty() || std::find(only_.begin(), only_.end(), shown) != only_.end())
      args_.push_back({std::move(shown), std::move(value)});
  }
  Args take() { return std::move(args_); }

 private:
  const std::vector<std::string>& only_;
  std::string_view parameter_;
  Args args_;
};

// PG_swapbacked as swapbacked; what is above the flags (zone, node, last CPU) is not shown.
std::string page_flags(std::uint64_t flags, const ValueNames& names) {
  std::string text;
  for (const ValueName& bit : names)
    if (bit.value < 64 && flags >> bit.value & 1) text += (text.empty() ? "" : "|") + bit.name;
  return text.empty() ? "0" : text;
}

void show_folio(Shown& shown, const FunctionSpec& spec, const KernelNames& names,
                const PageLayout& pages, std::span<const std::uint64_t> v) {
  if (!v[0]) return shown.add("folio", "NULL");
  if (auto pfn = pages.frame_number(v[0])) shown.add("pfn", *pfn);
  shown.add("flags", names.page_flags.empty() ? hex(v[1]) : page_flags(v[1], names.page_flags));
  if (v[2]) {
    shown.add("inode", v[2]);
    shown.add("index", v[3]);
  }
  if (spec.tells_list)
    if (std::string list = pages.lru_list(v[1]); !list.empty()) shown.add("lru", list);
}

void show_dma_buf(Shown& shown, std::span<const std::uint64_t> v) {
  shown.add("exp_name", words_text(v.subspan(2, TEXT_VALUES)));
  shown.add("size", v[0]);
}

void show_arg(Shown& shown, const ShownArg& arg, const FunctionSpec& spec, const KernelNames& names,
              const PageLayout& pages, std::span<const std::uint64_t> v) {
  shown.from(arg.name);
  switch (arg.take) {
    case TAKE_VALUE:
      return shown.add(arg.name, plain_value(arg, names, v[0]));
    case TAKE_FOLIO:
      return show_folio(shown, spec, names, pages, v);
    case TAKE_INODE:
    case TAKE_FILE:
    case TAKE_MAPPING:
      return shown.add("inode", v[0]);
    case TAKE_FAULT:
      shown.add("address", hex(v[0]));
      shown.add("pgoff", v[1]);
      return shown.add("flags", bit_names(v[2] & ~u32{0}, names.fault_flags));
    case TAKE_VMA:
      shown.add("vm_start", hex(v[0]));
      return shown.add("vm_end", hex(v[1]));
    case TAKE_DENTRY:
      return shown.add("name", words_text(v));
    case TAKE_TEXT:
      return shown.add(arg.name, words_text(v));
    case TAKE_EXPORT:
      show_dma_buf(shown, v);
      return shown.add("flags", hex(static_cast<u32>(v[1])));
    case TAKE_DMA_BUF:
      show_dma_buf(shown, v);
      return shown.add("inode", v[1]);
    case TAKE_DEVICE:
      return shown.add("device", words_text(v));
    case TAKE_ATTACHMENT:
      show_dma_buf(shown, v);
      return shown.add("device", words_text(v.subspan(2 + TEXT_VALUES)));
    case TAKE_IPC_PARAMS:
      shown.add("key", hex(v[0]));
      shown.add("flg", hex(v[1]));
      return shown.add("size", v[2]);
    case TAKE_IPC_PERM:
      shown.add("id", std::int64_t{static_cast<s32>(v[0])});
      return shown.add("key", hex(v[1]));
    case TAKE_IATTR:
      shown.add("ia_valid", hex(v[0]));
      return shown.add("ia_size", v[1]);
    default:
      return;
  }
}

u8 values_of(u8 take) {
  const auto* found =
      std::find_if(taken.begin(), taken.end(), [&](const Taken& t) { return t.take == take; });
  return found != taken.end() ? found->values : take == TAKE_TEXT ? TEXT_VALUES : 1;
}

}  // namespace

FunctionSpec make_spec(std::string name, std::string symbol,
                       const std::optional<Prototype>& prototype, std::vector<std::string> only) {
  FunctionSpec spec;
  spec.name = std::move(name);
  spec.symbol = std::move(symbol);
  spec.only = std::move(only);
  spec.returns_known = prototype.has_value();
  if (!prototype) return spec;
  spec.ret = prototype->ret;
  u8 at = 0;
  std::size_t in_registers = std::min<std::size_t>(prototype->parameters.size(), MAX_CALL_ARGS);
  for (u8 i = 0; i < in_registers && spec.args.size() < MAX_FUNCTION_ARGS; i++) {
    const Parameter& parameter = prototype->parameters[i];
    spec.tells_list |= parameter.type.to_struct && parameter.type.name == "lruvec";
    auto take = take_of(parameter);
    if (!take || at + take->values > MAX_FUNCTION_VALUES) continue;
    spec.args.push_back({parameter.name, parameter.type, i, take->take, at});
    if (parameter.name == "flags" && spec.name.ends_with("handle_mm_fault"))
      spec.args.back().type.name = "fault_flag";  // declared as unsigned int
    at = static_cast<u8>(at + take->values);
  }
  return spec;
}

function_layout layout_of(const FunctionSpec& spec) {
  function_layout layout{};
  for (const ShownArg& arg : spec.args) {
    layout.arg[layout.args++] = {arg.reg, arg.take, arg.at, 0};
    layout.values = arg.at + u32{values_of(arg.take)};
    if (values_of(arg.take) > FEW_FUNCTION_VALUES) layout.wide = 1;
  }
  return layout;
}

Args function_args(const FunctionSpec& spec, const KernelNames& names, const PageLayout& pages,
                   std::span<const std::uint64_t> values) {
  Shown shown(spec.only);
  for (const ShownArg& arg : spec.args)
    if (std::size_t{arg.at} + values_of(arg.take) <= values.size())
      show_arg(shown, arg, spec, names, pages, values.subspan(arg.at, values_of(arg.take)));
  return shown.take();
}

Value function_ret(const FunctionSpec& spec, const KernelNames& names, std::int64_t ret,
                   std::string& error) {
  error.clear();
  const TypeSeen& type = spec.ret;
  auto bits = static_cast<std::uint64_t>(ret);
  if (!spec.returns_known) return hex(bits);
  if (type.name == "vm_fault_t") return bit_names(bits & ~u32{0}, names.fault_reasons);
  bool may_fail = (type.kind == TypeKind::integer && (type.is_signed || type.bits >= 64)) ||
                  type.kind == TypeKind::pointer;
  std::int64_t number = type.bits == 32 ? static_cast<s32>(ret) : ret;
  if (may_fail && number < 0 && number >= -max_errno) {
    error = errno_name(static_cast<int>(-number));
    return number;
  }
  switch (type.kind) {
    case TypeKind::nothing:
      return std::string("void");
    case TypeKind::pointer:
      return bits ? hex(bits) : std::string("NULL");
    case TypeKind::boolean:
      return std::string(bits & 1 ? "true" : "false");
    case TypeKind::enumeration:
      return enum_text(type, bits);
    case TypeKind::integer:  // a long may be an address, such as do_mmap's
      return type.bits >= 64 && bits >> 32 ? Value{hex(bits)} : integer(type, bits);
    default:
      return hex(bits);
  }
}

}  // namespace shmpath
