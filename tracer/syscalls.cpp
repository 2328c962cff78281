// SPDX-License-Identifier: BSD-2-Clause
//
// From a system call's number to its name and its row, and from an errno to
// its name. Rows are kept by name, so no table knows a number.
#include <algorithm>
#include <cstring>
#include <map>

#include "tracer/call_tables.h"

namespace shmpath {

namespace {

struct SyscallName {
  std::uint32_t number;
  std::string_view name;
};

// Sorted: made by tracer/syscall_names.cmake from this architecture's <asm/unistd.h>.
constexpr SyscallName names_in_headers[] = {
#include "syscall_names.inc"
};

// Calls newer than Linux 6.1, whose headers Debian 12 has. Sorted. From 403 on every
// architecture has the same numbers (include/uapi/asm-generic/unistd.h).
constexpr SyscallName newer_names[] = {
#if defined(__x86_64__)
    {335, "uretprobe"},
    {336, "uprobe"},
#endif
    {450, "set_mempolicy_home_node"},
    {451, "cachestat"},
    {452, "fchmodat2"},
    {453, "map_shadow_stack"},
    {454, "futex_wake"},
    {455, "futex_wait"},
    {456, "futex_requeue"},
    {457, "statmount"},
    {458, "listmount"},
    {459, "lsm_get_self_attr"},
    {460, "lsm_set_self_attr"},
    {461, "lsm_list_modules"},
    {462, "mseal"},
    {463, "setxattrat"},
    {464, "getxattrat"},
    {465, "listxattrat"},
    {466, "removexattrat"},
    {467, "open_tree_attr"},
    {468, "file_getattr"},
    {469, "file_setattr"},
    {470, "listns"},
    {471, "rseq_slice_yield"},
};

std::string_view find_name(std::span<const SyscallName> names, std::uint32_t number) {
  const auto found = std::ranges::lower_bound(names, number, {}, &SyscallName::number);
  return found != names.end() && found->number == number ? found->name : std::string_view{};
}

std::string_view known_name(std::uint32_t number) {
  const std::string_view name = find_name(names_in_headers, number);
  return name.empty() ? find_name(newer_names, number) : name;
}

std::map<std::string_view, const CallSpec*> index_by_name() {
  std::map<std::string_view, const CallSpec*> by_name;
  for (const auto calls : {file_calls(), path_calls(), memory_calls(), ipc_calls(), process_calls(),
                           time_and_poll_calls(), bpf_calls()})
    for (const CallSpec& spec : calls) by_name[spec.name] = &spec;
  return by_name;
}

// Asked for at every record, so by number.
std::vector<const CallSpec*> index_by_number() {
  const auto by_name = index_by_name();
  std::vector<const CallSpec*> by_number;
  for (const auto names : {std::span<const SyscallName>(names_in_headers),
                           std::span<const SyscallName>(newer_names)}) {
    by_number.resize(std::max<std::size_t>(by_number.size(), names.back().number + 1));
    for (const SyscallName& row : names)
      if (const auto found = by_name.find(row.name); found != by_name.end())
        by_number[row.number] = found->second;
  }
  return by_number;
}

struct ErrnoName {
  int number;
  std::string_view name;
};

// include/linux/errno.h: not for user space, but a tracer sees those of an interrupted call.
constexpr ErrnoName kernel_errnos[] = {
    {512, "ERESTARTSYS"},
    {513, "ERESTARTNOINTR"},
    {514, "ERESTARTNOHAND"},
    {515, "ENOIOCTLCMD"},
    {516, "ERESTART_RESTARTBLOCK"},
    {517, "EPROBE_DEFER"},
    {518, "EOPENSTALE"},
    {519, "ENOPARAM"},
    {521, "EBADHANDLE"},
    {522, "ENOTSYNC"},
    {523, "EBADCOOKIE"},
    {524, "ENOTSUPP"},
    {525, "ETOOSMALL"},
    {526, "ESERVERFAULT"},
    {527, "EBADTYPE"},
    {528, "EJUKEBOX"},
    {529, "EIOCBQUEUED"},
    {530, "ERECALLCONFLICT"},
    {531, "ENOGRACE"},
};

}  // namespace

const CallSpec* syscall_spec(std::uint32_t number) {
  static const auto specs = index_by_number();
  return number < specs.size() ? specs[number] : nullptr;
}

const CallSpec* syscall_spec(std::string_view name) {
  static const auto specs = index_by_name();
  const auto found = specs.find(name);
  return found != specs.end() ? found->second : nullptr;
}

std::string syscall_name(std::uint32_t number) {
  const std::string_view name = known_name(number);
  return name.empty() ? "syscall_" + std::to_string(number) : std::string(name);
}

bool is_syscall_name(std::string_view name) {
  auto has = [&](std::span<const SyscallName> names) {
    return std::ranges::find(names, name, &SyscallName::name) != names.end();
  };
  return has(names_in_headers) || has(newer_names);
}

std::string errno_name(int number) {
  if (number == 0) return "";
  if (const char* name = strerrorname_np(number)) return name;
  for (const ErrnoName& row : kernel_errnos)
    if (row.number == number) return std::string(row.name);
  return "E" + std::to_string(number);
}

}  // namespace shmpath
