// SPDX-License-Identifier: BSD-2-Clause
//
// bpf(2). Its command says what the attributes are; of two commands they are shown, as the call has
// left them: the kernel changes none of these. Beyond what the caller calls their size is whatever
// lies there, so what is shown stands among the fields that every libbpf gives.
#include <cstddef>
#include <cstring>

#include "tracer/flags_bpf.h"
#include "tracer/text.h"

namespace shmpath {

namespace {

constexpr std::uint16_t attr_bytes = offsetof(bpf_attr, prog_name) + BPF_OBJ_NAME_LEN;

// What the bytes have whole of it; the rest stays 0.
bpf_attr attributes(std::span<const char> bytes) {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  std::memcpy(&attr, bytes.data(), std::min(bytes.size(), sizeof attr));
  return attr;
}

std::string name_of(std::uint32_t value, Names names) {
  for (const Name& name : names)
    if (name.value == value) return std::string(name.name);
  return std::to_string(value);
}

std::string object_name(const char (&name)[BPF_OBJ_NAME_LEN]) {
  return escape_bytes({name, strnlen(name, sizeof name)});
}

}  // namespace

Args decode_bpf_program(std::span<const char> bytes) {
  if (bytes.size() < attr_bytes) return {};
  const bpf_attr attr = attributes(bytes);
  return {{"prog_type", name_of(attr.prog_type, bpf_program_types)},
          {"insn_cnt", std::uint64_t{attr.insn_cnt}},
          {"prog_name", object_name(attr.prog_name)}};
}

Args decode_bpf_map(std::span<const char> bytes) {
  if (bytes.size() < offsetof(bpf_attr, map_name) + BPF_OBJ_NAME_LEN) return {};
  const bpf_attr attr = attributes(bytes);
  return {{"map_type", name_of(attr.map_type, bpf_map_types)},
          {"key_size", std::uint64_t{attr.key_size}},
          {"value_size", std::uint64_t{attr.value_size}},
          {"max_entries", std::uint64_t{attr.max_entries}},
          {"map_name", object_name(attr.map_name)}};
}

namespace {

const std::vector<CallSpec> calls = {
    {"bpf",
     {choice("cmd", bpf_commands),
      only_with("BPF_PROG_LOAD", out("attr", attr_bytes, decode_bpf_program)),
      at(1, only_with("BPF_MAP_CREATE", out("attr", attr_bytes, decode_bpf_map))),
      at(2, unsigned_integer("size"))}},
};

}  // namespace

std::span<const CallSpec> bpf_calls() { return calls; }

}  // namespace shmpath
