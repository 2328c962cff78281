// SPDX-License-Identifier: BSD-2-Clause
//
// System calls on memory. Arguments as in man section 2; where the kernel
// takes an unsigned long, all 64 bits of the register count.
#include "tracer/flags_memory.h"

namespace shmpath {

namespace {

const std::vector<CallSpec> calls = {
    {"mmap",
     {address("addr"), size("length"), long_flags("prot", protections),
      long_flags("flags", map_flags), fd("fd"), offset()},
     RetKind::mapping},
    {"munmap", {address("addr"), size("length")}},
    {"mprotect", {address("addr"), size("len"), long_flags("prot", protections)}},
    {"pkey_mprotect",
     {address("addr"), size("len"), long_flags("prot", protections), integer("pkey")}},
    {"mremap",
     {address("old_address"), size("old_size"), size("new_size"), long_flags("flags", mremap_flags),
      only_with("MREMAP_FIXED|MREMAP_DONTUNMAP", address("new_address"))},
     RetKind::address},
    {"msync", {address("addr"), size("length"), flags("flags", msync_flags)}},
    {"mlock", {address("addr"), size("len")}},
    {"mlock2", {address("addr"), size("len"), flags("flags", mlock_flags)}},
    {"munlock", {address("addr"), size("len")}},
    {"mlockall", {flags("flags", mlockall_flags)}},
    {"munlockall", {}},
    {"madvise", {address("addr"), size("length"), choice("advice", advices)}},
    {"mincore", {address("addr"), size("length"), address("vec")}},
    {"brk", {address("addr")}, RetKind::address},
    {"memfd_create", {text("name"), flags("flags", memfd_flags)}},
    {"memfd_secret", {flags("flags", memfd_secret_flags)}},
};

}  // namespace

std::span<const CallSpec> memory_calls() { return calls; }

}  // namespace shmpath
