// SPDX-License-Identifier: BSD-2-Clause
//
// Names of the flags of System V IPC and of sockets.
#pragma once

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>

#include "tracer/flags_memory.h"

namespace shmpath {

inline constexpr Name ipc_keys[] = {NOTHING_SET(IPC_PRIVATE)};
inline constexpr Name ipc_get_flags[] = {N(IPC_CREAT), N(IPC_EXCL), N(IPC_NOWAIT)};
// SHM_HUGETLB is the bit that is IPC_NOWAIT elsewhere.
inline constexpr Name shmget_flags[] = {N(IPC_CREAT),
                                        N(IPC_EXCL),
                                        N(SHM_HUGETLB),
                                        N(SHM_NORESERVE),
                                        {huge_2mb, "SHM_HUGE_2MB", huge_mask},
                                        {huge_1gb, "SHM_HUGE_1GB", huge_mask}};
inline constexpr Name shmat_flags[] = {N(SHM_RDONLY), N(SHM_RND), N(SHM_REMAP), N(SHM_EXEC)};
inline constexpr Name shmctl_commands[] = {N(IPC_RMID), N(IPC_SET),  N(IPC_STAT),
                                           N(IPC_INFO), N(SHM_LOCK), N(SHM_UNLOCK),
                                           N(SHM_STAT), N(SHM_INFO), {15, "SHM_STAT_ANY"}};
inline constexpr Name shm_modes[] = {N(SHM_DEST), N(SHM_LOCKED)};
inline constexpr Name semctl_commands[] = {
    N(IPC_RMID), N(IPC_SET),  N(IPC_STAT), N(IPC_INFO),         N(GETPID),
    N(GETVAL),   N(GETALL),   N(GETNCNT),  N(GETZCNT),          N(SETVAL),
    N(SETALL),   N(SEM_STAT), N(SEM_INFO), {20, "SEM_STAT_ANY"}};
inline constexpr Name msgctl_commands[] = {N(IPC_RMID),         N(IPC_SET),  N(IPC_STAT),
                                           N(IPC_INFO),         N(MSG_STAT), N(MSG_INFO),
                                           {13, "MSG_STAT_ANY"}};
inline constexpr Name msg_flags[] = {
    N(IPC_NOWAIT), N(MSG_NOERROR), N(MSG_EXCEPT), {040000, "MSG_COPY"}};

inline constexpr Name socket_domains[] = {N(AF_UNSPEC),  N(AF_UNIX),     N(AF_INET), N(AF_INET6),
                                          N(AF_NETLINK), N(AF_PACKET),   N(AF_ALG),  N(AF_VSOCK),
                                          N(AF_XDP),     N(AF_BLUETOOTH)};
inline constexpr std::uint64_t socket_type_mask = 0xf;  // SOCK_TYPE_MASK in linux/net.h
inline constexpr Name socket_types[] = {FIELD(SOCK_STREAM, socket_type_mask),
                                        FIELD(SOCK_DGRAM, socket_type_mask),
                                        FIELD(SOCK_RAW, socket_type_mask),
                                        FIELD(SOCK_RDM, socket_type_mask),
                                        FIELD(SOCK_SEQPACKET, socket_type_mask),
                                        FIELD(SOCK_PACKET, socket_type_mask),
                                        N(SOCK_CLOEXEC),
                                        N(SOCK_NONBLOCK)};
inline constexpr Name accept_flags[] = {N(SOCK_CLOEXEC), N(SOCK_NONBLOCK)};
inline constexpr Name message_flags[] = {
    N(MSG_OOB),        N(MSG_PEEK),     N(MSG_DONTROUTE), N(MSG_CTRUNC),
    N(MSG_TRUNC),      N(MSG_DONTWAIT), N(MSG_EOR),       N(MSG_WAITALL),
    N(MSG_CONFIRM),    N(MSG_ERRQUEUE), N(MSG_NOSIGNAL),  N(MSG_MORE),
    N(MSG_WAITFORONE), N(MSG_ZEROCOPY), N(MSG_FASTOPEN),  N(MSG_CMSG_CLOEXEC)};
inline constexpr Name shutdown_ways[] = {N(SHUT_RD), N(SHUT_WR), N(SHUT_RDWR)};

}  // namespace shmpath
