// SPDX-License-Identifier: BSD-2-Clause
//
// System calls of System V IPC, POSIX message queues and sockets. Arguments as
// in man section 2.
#include "tracer/flags_file.h"
#include "tracer/flags_ipc.h"

namespace shmpath {

namespace {

const std::vector<CallSpec> calls = {
    {"shmget", {hex32("key", ipc_keys), size("size"), flags_and_mode("shmflg", shmget_flags)}},
    {"shmat",
     {integer("shmid"), address("shmaddr"), flags("shmflg", shmat_flags)},
     RetKind::address},
    {"shmdt", {address("shmaddr")}},
    {"shmctl",
     {integer("shmid"), choice("cmd", shmctl_commands),
      only_with("IPC_STAT|SHM_STAT|SHM_STAT_ANY", out("buf", shmid_ds_bytes, decode_shmid_ds))}},
    {"semget", {hex32("key", ipc_keys), integer("nsems"), flags_and_mode("semflg", ipc_get_flags)}},
    {"semop", {integer("semid"), address("sops"), size("nsops")}},
    {"semtimedop", {integer("semid"), address("sops"), size("nsops"), address("timeout")}},
    {"semctl",
     {integer("semid"), integer("semnum"), choice("cmd", semctl_commands), address("arg")}},
    {"msgget", {hex32("key", ipc_keys), flags_and_mode("msgflg", ipc_get_flags)}},
    {"msgsnd", {integer("msqid"), address("msgp"), size("msgsz"), flags("msgflg", msg_flags)}},
    {"msgrcv",
     {integer("msqid"), address("msgp"), size("msgsz"), offset("msgtyp"),
      flags("msgflg", msg_flags)}},
    {"msgctl", {integer("msqid"), choice("cmd", msgctl_commands), address("buf")}},

    {"mq_open",
     {text("name"), flags("oflag", open_flags), only_with("O_CREAT", mode()),
      only_with("O_CREAT", address("attr"))}},
    {"mq_unlink", {text("name")}},
    {"mq_timedsend",
     {fd("mqdes"), address("msg_ptr"), size("msg_len"), unsigned_integer("msg_prio"),
      address("abs_timeout")}},
    {"mq_timedreceive",
     {fd("mqdes"), address("msg_ptr"), size("msg_len"), address("msg_prio"),
      address("abs_timeout")}},

    {"socket",
     {choice("domain", socket_domains), flags("type", socket_types), integer("protocol")}},
    {"socketpair",
     {choice("domain", socket_domains), flags("type", socket_types), integer("protocol"),
      address("sv")}},
    {"bind", {fd("sockfd"), address("addr"), unsigned_integer("addrlen")}},
    {"connect", {fd("sockfd"), address("addr"), unsigned_integer("addrlen")}},
    {"listen", {fd("sockfd"), integer("backlog")}},
    {"accept", {fd("sockfd"), address("addr"), address("addrlen")}},
    {"accept4", {fd("sockfd"), address("addr"), address("addrlen"), flags("flags", accept_flags)}},
    {"sendmsg", {fd("sockfd"), address("msg"), flags("flags", message_flags)}},
    {"recvmsg", {fd("sockfd"), address("msg"), flags("flags", message_flags)}},
    {"sendto",
     {fd("sockfd"), address("buf"), size("len"), flags("flags", message_flags),
      address("dest_addr"), unsigned_integer("addrlen")}},
    {"recvfrom",
     {fd("sockfd"), address("buf"), size("len"), flags("flags", message_flags), address("src_addr"),
      address("addrlen")}},
    {"shutdown", {fd("sockfd"), choice("how", shutdown_ways)}},
    {"getsockname", {fd("sockfd"), address("addr"), address("addrlen")}},
    {"getpeername", {fd("sockfd"), address("addr"), address("addrlen")}},
    {"setsockopt",
     {fd("sockfd"), integer("level"), integer("optname"), address("optval"),
      unsigned_integer("optlen")}},
    {"getsockopt",
     {fd("sockfd"), integer("level"), integer("optname"), address("optval"), address("optlen")}},
};

}  // namespace

std::span<const CallSpec> ipc_calls() { return calls; }

}  // namespace shmpath
