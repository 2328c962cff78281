// SPDX-License-Identifier: BSD-2-Clause
//
// Names of the flags of calls on files, in the order in which strace prints
// them. Numbers stand where Debian 12's headers do not have the name.
#pragma once

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/call_tables.h"

namespace shmpath {

// glibc has O_LARGEFILE as 0 where the kernel always sets it.
#if defined(__aarch64__)
inline constexpr std::uint64_t kernel_largefile = 0400000;
#else
inline constexpr std::uint64_t kernel_largefile = 0100000;
#endif

// O_SYNC includes O_DSYNC, and O_TMPFILE includes O_DIRECTORY.
inline constexpr Name open_flags[] = {FIELD(O_RDONLY, O_ACCMODE),
                                      FIELD(O_WRONLY, O_ACCMODE),
                                      FIELD(O_RDWR, O_ACCMODE),
                                      FIELD(O_ACCMODE, O_ACCMODE),
                                      N(O_CREAT),
                                      N(O_EXCL),
                                      N(O_NOCTTY),
                                      N(O_TRUNC),
                                      N(O_APPEND),
                                      N(O_NONBLOCK),
                                      N(O_SYNC),
                                      N(O_DSYNC),
                                      N(O_ASYNC),
                                      N(O_DIRECT),
                                      {kernel_largefile, "O_LARGEFILE"},
                                      N(O_NOFOLLOW),
                                      N(O_NOATIME),
                                      N(O_CLOEXEC),
                                      N(O_PATH),
                                      N(O_TMPFILE),
                                      N(O_DIRECTORY)};

// dup3, pipe2
inline constexpr Name fd_open_flags[] = {N(O_NONBLOCK), N(O_DIRECT), N(O_CLOEXEC)};

inline constexpr Name stat_at_flags[] = {N(AT_SYMLINK_NOFOLLOW), N(AT_NO_AUTOMOUNT),
                                         N(AT_EMPTY_PATH)};
inline constexpr Name statx_at_flags[] = {FIELD(AT_STATX_SYNC_AS_STAT, AT_STATX_SYNC_TYPE),
                                          FIELD(AT_STATX_FORCE_SYNC, AT_STATX_SYNC_TYPE),
                                          FIELD(AT_STATX_DONT_SYNC, AT_STATX_SYNC_TYPE),
                                          N(AT_SYMLINK_NOFOLLOW),
                                          N(AT_NO_AUTOMOUNT),
                                          N(AT_EMPTY_PATH)};
// AT_REMOVEDIR and AT_EACCESS are the same bit.
inline constexpr Name unlink_at_flags[] = {N(AT_REMOVEDIR)};
inline constexpr Name access_at_flags[] = {N(AT_SYMLINK_NOFOLLOW), N(AT_EACCESS), N(AT_EMPTY_PATH)};
inline constexpr Name link_at_flags[] = {N(AT_SYMLINK_FOLLOW), N(AT_EMPTY_PATH)};
inline constexpr Name exec_at_flags[] = {
    N(AT_SYMLINK_NOFOLLOW), N(AT_EMPTY_PATH), {0x10000, "AT_EXECVE_CHECK"}};

inline constexpr Name statx_mask[] = {N(STATX_ALL),
                                      N(STATX_BASIC_STATS),
                                      N(STATX_TYPE),
                                      N(STATX_MODE),
                                      N(STATX_NLINK),
                                      N(STATX_UID),
                                      N(STATX_GID),
                                      N(STATX_ATIME),
                                      N(STATX_MTIME),
                                      N(STATX_CTIME),
                                      N(STATX_INO),
                                      N(STATX_SIZE),
                                      N(STATX_BLOCKS),
                                      N(STATX_BTIME),
                                      {0x1000, "STATX_MNT_ID"},
                                      {0x2000, "STATX_DIOALIGN"},
                                      {0x4000, "STATX_MNT_ID_UNIQUE"},
                                      {0x8000, "STATX_SUBVOL"},
                                      {0x10000, "STATX_WRITE_ATOMIC"},
                                      {0x20000, "STATX_DIO_READ_ALIGN"}};

inline constexpr Name access_modes[] = {NOTHING_SET(F_OK), N(R_OK), N(W_OK), N(X_OK)};
inline constexpr Name seek_origins[] = {N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), N(SEEK_DATA),
                                        N(SEEK_HOLE)};
inline constexpr Name rename_flags[] = {
    {1, "RENAME_NOREPLACE"}, {2, "RENAME_EXCHANGE"}, {4, "RENAME_WHITEOUT"}};
inline constexpr Name fallocate_flags[] = {
    {1, "FALLOC_FL_KEEP_SIZE"},       {2, "FALLOC_FL_PUNCH_HOLE"},
    {4, "FALLOC_FL_NO_HIDE_STALE"},   {8, "FALLOC_FL_COLLAPSE_RANGE"},
    {0x10, "FALLOC_FL_ZERO_RANGE"},   {0x20, "FALLOC_FL_INSERT_RANGE"},
    {0x40, "FALLOC_FL_UNSHARE_RANGE"}};
inline constexpr Name lock_operations[] = {N(LOCK_SH), N(LOCK_EX), N(LOCK_UN), N(LOCK_NB)};
inline constexpr Name close_range_flags[] = {{2, "CLOSE_RANGE_UNSHARE"},
                                             {4, "CLOSE_RANGE_CLOEXEC"}};

inline constexpr Name fcntl_commands[] = {N(F_DUPFD),
                                          N(F_GETFD),
                                          N(F_SETFD),
                                          N(F_GETFL),
                                          N(F_SETFL),
                                          N(F_GETLK),
                                          N(F_SETLK),
                                          N(F_SETLKW),
                                          N(F_SETOWN),
                                          N(F_GETOWN),
                                          N(F_SETSIG),
                                          N(F_GETSIG),
                                          N(F_SETOWN_EX),
                                          N(F_GETOWN_EX),
                                          N(F_OFD_GETLK),
                                          N(F_OFD_SETLK),
                                          N(F_OFD_SETLKW),
                                          N(F_SETLEASE),
                                          N(F_GETLEASE),
                                          N(F_NOTIFY),
                                          {1027, "F_DUPFD_QUERY"},
                                          {1028, "F_CREATED_QUERY"},
                                          N(F_DUPFD_CLOEXEC),
                                          N(F_SETPIPE_SZ),
                                          N(F_GETPIPE_SZ),
                                          N(F_ADD_SEALS),
                                          N(F_GET_SEALS),
                                          N(F_GET_RW_HINT),
                                          N(F_SET_RW_HINT),
                                          N(F_GET_FILE_RW_HINT),
                                          N(F_SET_FILE_RW_HINT)};
inline constexpr Name fd_flags[] = {N(FD_CLOEXEC)};
inline constexpr Name seals[] = {N(F_SEAL_SEAL),  N(F_SEAL_SHRINK),       N(F_SEAL_GROW),
                                 N(F_SEAL_WRITE), N(F_SEAL_FUTURE_WRITE), {0x20, "F_SEAL_EXEC"}};
inline constexpr Name lease_types[] = {N(F_RDLCK), N(F_WRLCK), N(F_UNLCK)};

inline constexpr Name epoll_create_flags[] = {N(EPOLL_CLOEXEC)};
inline constexpr Name epoll_operations[] = {N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD)};
inline constexpr Name eventfd_flags[] = {N(EFD_SEMAPHORE), N(EFD_NONBLOCK), N(EFD_CLOEXEC)};

}  // namespace shmpath
