// SPDX-License-Identifier: BSD-2-Clause
//
// What is known of each call: its arguments' names and kinds, so that numbers
// become what strace would print. System calls and libc functions share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/event.h"

namespace shmpath {

enum class ArgKind : std::uint8_t {
  number,   // signed decimal
  size,     // unsigned decimal
  id,       // unsigned decimal, but -1 for "no change" (uid_t, gid_t)
  fd,       // signed decimal; AT_FDCWD by name
  address,  // 0x...; "NULL" for 0
  hex,      // 0x... also for 0; by name where `names` has one (keys: IPC_PRIVATE)
  octal,    // 0777
  string,   // NUL-terminated, read from the process
  flags,    // names joined by |, what is left over as hex
  choice,   // one name, or the number
  out,      // a buffer filled by the call, shown at exit (struct stat, struct shmid_ds)
  absent,   // the call ignores this register
};

// One symbolic value. In flags, a row matches when all bits of `value` are set; with a `mask`
// it stands for a whole field instead, and matches when the field has exactly that value
// (O_RDONLY is 0 in the field O_ACCMODE). Names of several bits come before those of one.
struct Name {
  std::uint64_t value;
  std::string_view name;
  std::uint64_t mask = 0;
};

struct ArgSpec {
  std::string_view name;  // as in the man page
  ArgKind kind = ArgKind::number;
  std::span<const Name> names = {};  // flags, choice, hex
  // Names of the nearest flags or choice argument before this one ("O_CREAT|O_TMPFILE"). Without
  // one of them an `out` is not filled and is only an address; any other kind is not shown.
  std::string_view only_with = {};
  std::uint16_t out_bytes = 0;                                // out: how much to copy at exit
  Args (*decode_out)(std::span<const char> bytes) = nullptr;  // out: fields such as st_mode; safe
                                                              // on any bytes, shows what is whole
  std::uint8_t bits = 64;        // 32: a C int, whose register's upper half means nothing
  std::uint64_t octal_bits = 0;  // flags: the part shown last, as permissions (0777 in shmflg)
  std::int8_t reg = -1;  // the register it is read from; -1: its own position. Several rows of one
                         // register are alternatives, the first that applies is shown (fcntl)
};

enum class RetKind : std::uint8_t {
  number,   // signed, 64 bits
  integer,  // a C int: the register's upper half means nothing
  address,  // "0x7f31"
  mapping,  // address; a libc function's -1 is "MAP_FAILED"
  hex,      // a C int shown as "0x1234" (a key)
};

// A string stands at its own position; so does the first out argument, and others of its register
// after it are alternatives of the same size (bpf).
struct CallSpec {
  std::string_view name;
  std::vector<ArgSpec> args;
  RetKind ret = RetKind::number;
  bool returns = true;  // false: exit, exit_group
};

std::size_t register_of(const CallSpec& spec, std::size_t index);

// The system call of that number on this architecture, or nullptr when only its name is known.
const CallSpec* syscall_spec(std::uint32_t number);
const CallSpec* syscall_spec(std::string_view name);

// "openat" for 257; "syscall_9999" for a number this build does not know.
std::string syscall_name(std::uint32_t number);
bool is_syscall_name(std::string_view name);

// The libc functions the flows use, in a fixed order: the index is what the uprobes report.
std::span<const CallSpec> user_calls();

// Arguments as shown. `raw` has the argument registers; `strings[i]` is the text of the string in
// register i, or null where it could not be read; those are null in the result too and named in
// `unread`. A null pointer is "NULL" and not unread.
Args decode_args(const CallSpec& spec, std::span<const std::uint64_t> raw,
                 std::span<const std::string* const> strings, std::vector<std::string>& unread);

// Whether `only_with` of argument `index` holds: for an out argument, whether it is filled.
bool arg_applies(const CallSpec& spec, std::size_t index, std::span<const std::uint64_t> raw);

// arg0, arg1, ... in hex: for a call without a spec, or a 32-bit one (CALL_COMPAT), whose numbers
// and arguments are others.
Args raw_args(std::span<const std::uint64_t> raw);

// The value a call returned, and errno's name ("" when it succeeded). A system call fails with
// -4095..-1; a libc function with -1, whose errno is not known here.
Value decode_syscall_ret(const CallSpec* spec, std::int64_t ret, std::string& error);
Value decode_user_ret(const CallSpec& spec, std::int64_t ret);

// "ENOENT" for 2; also the kernel's own ERESTARTSYS (512) and its kin; "E9999" for one unknown,
// "" for 0.
std::string errno_name(int number);

}  // namespace shmpath
