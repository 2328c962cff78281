// SPDX-License-Identifier: BSD-2-Clause
//
// The libc functions of the flows. Arguments as in the man pages: types are
// libc's, so prot is an int here and an unsigned long in the system call.
#include "tracer/flags_file.h"
#include "tracer/flags_ipc.h"
#include "tracer/flags_memory.h"

namespace shmpath {

namespace {

// The uprobes report the index: new rows go to the end.
const std::vector<CallSpec> calls = {
    {"shm_open", {text("name"), flags("oflag", open_flags), mode()}, RetKind::integer},
    {"shm_unlink", {text("name")}, RetKind::integer},
    {"ftruncate", {fd("fd"), offset("length")}, RetKind::integer},
    {"fstat", {fd("fd"), out("statbuf", stat_bytes, decode_stat)}, RetKind::integer},
    {"mmap",
     {address("addr"), size("length"), flags("prot", protections), flags("flags", map_flags),
      fd("fd"), offset()},
     RetKind::mapping},
    {"munmap", {address("addr"), size("length")}, RetKind::integer},
    {"ftok", {text("pathname"), integer("proj_id")}, RetKind::hex},
    {"shmget",
     {hex32("key", ipc_keys), size("size"), flags_and_mode("shmflg", shmget_flags)},
     RetKind::integer},
    {"shmat",
     {integer("shmid"), address("shmaddr"), flags("shmflg", shmat_flags)},
     RetKind::address},
    {"shmdt", {address("shmaddr")}, RetKind::integer},
    {"shmctl",
     {integer("shmid"), choice("cmd", shmctl_commands),
      only_with("IPC_STAT|SHM_STAT|SHM_STAT_ANY", out("buf", shmid_ds_bytes, decode_shmid_ds))},
     RetKind::integer},
};

}  // namespace

std::span<const CallSpec> user_calls() { return calls; }

}  // namespace shmpath
