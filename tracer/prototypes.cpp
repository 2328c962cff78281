// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/prototypes.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "tracer/failure.h"

namespace shmpath {

// One BTF object, with its functions by name.
struct KernelTypes::Types {
  std::string module;
  std::uint32_t object = 0;
  btf* types = nullptr;
  std::unordered_map<std::string_view, std::uint32_t> functions;

  Types(std::string name, std::uint32_t id, btf* loaded, std::uint32_t first)
      : module(std::move(name)), object(id), types(loaded) {
    for (std::uint32_t i = first; i < btf__type_cnt(types); i++) {
      const btf_type* type = btf__type_by_id(types, i);
      if (btf_is_func(type)) functions.emplace(btf__name_by_offset(types, type->name_off), i);
    }
  }
  ~Types() { btf__free(types); }
  Types(const Types&) = delete;
  Types& operator=(const Types&) = delete;
};

namespace {

constexpr int deepest = 16;  // typedefs and qualifiers around a type

std::string text_at(const btf* types, std::uint32_t offset) {
  const char* text = btf__name_by_offset(types, offset);
  return text ? text : "";
}

const btf_type* skip_qualifiers(const btf* types, std::uint32_t id, std::string* alias,
                                bool* is_const = nullptr) {
  const btf_type* type = btf__type_by_id(types, id);
  for (int i = 0; type && i < deepest; i++) {
    bool tag = btf_kind(type) == BTF_KIND_TYPE_TAG;
    if (!btf_is_mod(type) && !btf_is_typedef(type) && !tag) break;
    if (is_const && btf_is_const(type)) *is_const = true;
    if (alias && alias->empty() && btf_is_typedef(type)) *alias = text_at(types, type->name_off);
    type = btf__type_by_id(types, type->type);
  }
  return type;
}

// They were macros then, of which BTF knows nothing (include/linux/mm.h). The enum kept the values.
ValueNames fault_flags_before_5_14() {
  return {{0x1, "WRITE"},          {0x2, "MKWRITE"},   {0x4, "ALLOW_RETRY"},
          {0x8, "RETRY_NOWAIT"},   {0x10, "KILLABLE"}, {0x20, "TRIED"},
          {0x40, "USER"},          {0x80, "REMOTE"},   {0x100, "INSTRUCTION"},
          {0x200, "INTERRUPTIBLE"}};
}

ValueNames enum_values(const btf* types, const btf_type* type) {
  ValueNames names;
  if (btf_is_enum(type))
    for (int i = 0; i < btf_vlen(type); i++)
      names.push_back({static_cast<std::uint32_t>(btf_enum(type)[i].val),
                       text_at(types, btf_enum(type)[i].name_off)});
  if (btf_is_enum64(type))
    for (int i = 0; i < btf_vlen(type); i++)
      names.push_back(
          {btf_enum64_value(&btf_enum64(type)[i]), text_at(types, btf_enum64(type)[i].name_off)});
  return names;
}

TypeSeen type_seen(const btf* types, std::uint32_t id) {
  TypeSeen seen;
  if (id == 0) {
    seen.kind = TypeKind::nothing;
    return seen;
  }
  const btf_type* type = skip_qualifiers(types, id, &seen.name);
  if (!type) return seen;
  if (btf_is_int(type)) {
    seen.bits = btf_int_bits(type);
    seen.is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;
    seen.kind = btf_int_encoding(type) & BTF_INT_BOOL ? TypeKind::boolean : TypeKind::integer;
  } else if (btf_is_any_enum(type)) {
    seen.kind = TypeKind::enumeration;
    seen.names = enum_values(types, type);
  } else if (btf_is_ptr(type)) {
    seen.kind = TypeKind::pointer;
    seen.name.clear();
    const btf_type* to = skip_qualifiers(types, type->type, nullptr, &seen.to_const_char);
    seen.to_struct = to && btf_is_struct(to);
    if (seen.to_struct) seen.name = text_at(types, to->name_off);
    seen.to_const_char &= to && btf_is_int(to) && btf_int_bits(to) == 8;
  }
  return seen;
}

Prototype prototype_of(const btf* types, const btf_type* function) {
  Prototype prototype;
  const btf_type* proto = btf__type_by_id(types, function->type);
  if (!proto || !btf_is_func_proto(proto)) return prototype;
  for (int i = 0; i < btf_vlen(proto); i++) {
    const btf_param& parameter = btf_params(proto)[i];
    prototype.parameters.push_back(
        {text_at(types, parameter.name_off), type_seen(types, parameter.type)});
  }
  prototype.ret = type_seen(types, proto->type);
  return prototype;
}

ValueNames values_of_enum(const btf* types, const char* name) {
  int id = btf__find_by_name_kind(types, name, BTF_KIND_ENUM);
  return id < 0 ? ValueNames{}
                : enum_values(types, btf__type_by_id(types, static_cast<std::uint32_t>(id)));
}

// PG_swapbacked as swapbacked; one name a bit, and none of those that only count.
ValueNames page_flag_names(const btf* types) {
  ValueNames names;
  for (ValueName& value : values_of_enum(types, "pageflags")) {
    if (!value.name.starts_with("PG_")) continue;
    if (std::any_of(names.begin(), names.end(),
                    [&](const ValueName& n) { return n.value == value.value; }))
      continue;
    names.push_back({value.value, value.name.substr(3)});
  }
  return names;
}

// The id of a module's BTF object; 0 when there is none.
std::uint32_t object_of(const std::string& module) {
  for (std::uint32_t id = 0; bpf_btf_get_next_id(id, &id) == 0;) {
    int fd = bpf_btf_get_fd_by_id(id);
    if (fd < 0) continue;
    char name[64] = {};
    bpf_btf_info info{};
    info.name = reinterpret_cast<std::uint64_t>(name);
    info.name_len = sizeof(name);
    std::uint32_t length = sizeof(info);
    int error = bpf_obj_get_info_by_fd(fd, &info, &length);
    close(fd);
    if (!error && info.kernel_btf && module == name) return id;
  }
  return 0;
}

}  // namespace

KernelTypes::KernelTypes() {
  btf* types = btf__load_vmlinux_btf();
  if (!types)
    throw Failure("cannot read the kernel's types", strerror(errno),
                  "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, as distributions' are");
  kernel_ = std::make_unique<Types>("", 0, types, 1);
}

KernelTypes::~KernelTypes() {
  modules_.clear();  // they are built on the kernel's
}

KernelTypes::Types* KernelTypes::types_of(const std::string& module) {
  if (module.empty()) return kernel_.get();
  for (auto& loaded : modules_)
    if (loaded->module == module) return loaded.get();
  std::uint32_t object = object_of(module);
  btf* types = object ? btf__load_module_btf(module.c_str(), kernel_->types) : nullptr;
  if (!types) return nullptr;
  modules_.push_back(std::make_unique<Types>(module, object, types, btf__type_cnt(kernel_->types)));
  return modules_.back().get();
}

std::optional<FunctionType> KernelTypes::function(const std::string& module,
                                                  const std::string& name) {
  Types* types = types_of(module);
  if (!types) return std::nullopt;
  auto found = types->functions.find(name);
  if (found == types->functions.end()) return std::nullopt;
  return FunctionType{found->second, types->object,
                      prototype_of(types->types, btf__type_by_id(types->types, found->second))};
}

KernelNames KernelTypes::names() const {
  KernelNames names{.page_flags = page_flag_names(kernel_->types),
                    .fault_flags = values_of_enum(kernel_->types, "fault_flag"),
                    .fault_reasons = values_of_enum(kernel_->types, "vm_fault_reason")};
  for (ValueName& flag : names.fault_flags)
    if (flag.name.starts_with("FAULT_FLAG_")) flag.name.erase(0, strlen("FAULT_FLAG_"));
  if (names.fault_flags.empty()) names.fault_flags = fault_flags_before_5_14();
  return names;
}

bool KernelTypes::knows_word(std::string_view word) const {
  std::uint32_t size = 0;
  const auto* raw = static_cast<const char*>(btf__raw_data(kernel_->types, &size));
  if (!raw) return false;
  btf_header header{};
  std::memcpy(&header, raw, sizeof(header));
  std::string_view words(raw + header.hdr_len + header.str_off, header.str_len);
  std::string whole('\0' + std::string(word));  // each stands whole between NULs
  whole += '\0';
  return words.find(whole) != std::string_view::npos;
}

}  // namespace shmpath
