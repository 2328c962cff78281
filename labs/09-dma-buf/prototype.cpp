// SPDX-License-Identifier: BSD-2-Clause
//
// The running kernel describes its own functions and structures, in BTF. What it says of
// dma_buf_export and struct dma_buf is not what the document lists.
//
// Run:      build/labs/09-dma-buf/prototype
// Look for: nothing in a trace. It reads one file, in the format of <linux/btf.h>.

#include <linux/btf.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "lab.h"

// How many bytes follow the record of a type, for its members, values or parameters.
static size_t bytes_after(const btf_type& type) {
  size_t kind = BTF_INFO_KIND(type.info), count = BTF_INFO_VLEN(type.info);
  if (kind == BTF_KIND_INT || kind == BTF_KIND_VAR || kind == BTF_KIND_DECL_TAG) return 4;
  if (kind == BTF_KIND_ARRAY) return sizeof(btf_array);
  if (kind == BTF_KIND_ENUM || kind == BTF_KIND_FUNC_PROTO) return 8 * count;
  bool three_words = kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION ||
                     kind == BTF_KIND_DATASEC || kind == BTF_KIND_ENUM64;
  return three_words ? 12 * count : 0;
}

int main() {
  step("read the kernel's own description");
  std::ifstream file("/sys/kernel/btf/vmlinux", std::ios::binary);
  std::vector<char> btf{std::istreambuf_iterator<char>(file), {}};
  if (btf.size() < sizeof(btf_header)) {
    claim("C58", not_checked, "/sys/kernel/btf/vmlinux cannot be read (CONFIG_DEBUG_INFO_BTF)");
    return 0;
  }
  auto header = reinterpret_cast<const btf_header*>(btf.data());
  const char* first = btf.data() + header->hdr_len + header->type_off;
  const char* names = btf.data() + header->hdr_len + header->str_off;
  std::vector<const btf_type*> types{nullptr};  // by number, from 1
  for (const char* at = first; at < first + header->type_len;) {
    types.push_back(reinterpret_cast<const btf_type*>(at));
    at += sizeof(btf_type) + bytes_after(*types.back());
  }

  step("look for dma_buf_export and struct dma_buf");
  const btf_type *function = nullptr, *structure = nullptr;
  for (const btf_type* type : types) {
    if (!type) continue;
    std::string name = names + type->name_off;
    if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC && name == "dma_buf_export") function = type;
    if (BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT && name == "dma_buf") structure = type;
  }
  if (!function || !structure) {
    claim("C58", not_checked, "this kernel is built without dma-buf (CONFIG_DMA_SHARED_BUFFER)");
    return 0;
  }

  step("compare them with the document's");
  const btf_type* prototype = types[function->type];
  auto member = reinterpret_cast<const btf_member*>(structure + 1);
  std::string has, gone;
  for (unsigned i = 0; i < BTF_INFO_VLEN(structure->info); i++)
    has += std::string(" ") + (names + member[i].name_off);
  std::printf("struct dma_buf:%s\n", has.c_str());
  for (std::string documented :
       {"size", "file", "attachments", "ops", "lock", "vmapping_counter", "vmap_ptr", "exp_name",
        "owner", "list_node", "priv", "resv", "poll", "cb_excl", "cb_shared"})
    if ((has + " ").find(" " + documented + " ") == std::string::npos) gone += " " + documented;
  unsigned parameters = BTF_INFO_VLEN(prototype->info);
  claim("C58", parameters == 4 && gone.empty() ? holds : differs,
        "parameters of dma_buf_export: %u; listed members of struct dma_buf that are gone:%s",
        parameters, gone.empty() ? " none" : gone.c_str());
}
