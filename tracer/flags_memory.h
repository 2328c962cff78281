// SPDX-License-Identifier: BSD-2-Clause
//
// Names of the flags of calls on memory, in the order in which strace prints
// them. Numbers stand where Debian 12's headers do not have the name.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>

#include "tracer/call_tables.h"

namespace shmpath {

inline constexpr Name protections[] = {NOTHING_SET(PROT_NONE), N(PROT_READ),      N(PROT_WRITE),
                                       N(PROT_EXEC),           N(PROT_GROWSDOWN), N(PROT_GROWSUP)};

// The size of a huge page is its power of two in six bits (HUGETLB_FLAG_ENCODE_SHIFT).
inline constexpr std::uint64_t huge_shift = 26;
inline constexpr std::uint64_t huge_mask = std::uint64_t{0x3f} << huge_shift;
inline constexpr std::uint64_t huge_2mb = std::uint64_t{21} << huge_shift;
inline constexpr std::uint64_t huge_1gb = std::uint64_t{30} << huge_shift;

inline constexpr Name map_flags[] = {FIELD(MAP_SHARED, MAP_TYPE),
                                     FIELD(MAP_PRIVATE, MAP_TYPE),
                                     FIELD(MAP_SHARED_VALIDATE, MAP_TYPE),
                                     {8, "MAP_DROPPABLE", MAP_TYPE},
                                     N(MAP_FIXED),
                                     N(MAP_ANONYMOUS),
#ifdef MAP_32BIT
                                     N(MAP_32BIT),
#endif
                                     N(MAP_NORESERVE),
                                     N(MAP_POPULATE),
                                     N(MAP_NONBLOCK),
                                     N(MAP_GROWSDOWN),
                                     N(MAP_DENYWRITE),
                                     N(MAP_EXECUTABLE),
                                     N(MAP_LOCKED),
                                     N(MAP_STACK),
                                     N(MAP_HUGETLB),
                                     N(MAP_SYNC),
                                     N(MAP_FIXED_NOREPLACE),
                                     {huge_2mb, "MAP_HUGE_2MB", huge_mask},
                                     {huge_1gb, "MAP_HUGE_1GB", huge_mask}};

inline constexpr Name mremap_flags[] = {
    N(MREMAP_MAYMOVE), N(MREMAP_FIXED), {4, "MREMAP_DONTUNMAP"}};
inline constexpr Name msync_flags[] = {N(MS_SYNC), N(MS_ASYNC), N(MS_INVALIDATE)};
inline constexpr Name mlock_flags[] = {{1, "MLOCK_ONFAULT"}};
inline constexpr Name mlockall_flags[] = {N(MCL_CURRENT), N(MCL_FUTURE), N(MCL_ONFAULT)};

inline constexpr Name advices[] = {N(MADV_NORMAL),
                                   N(MADV_RANDOM),
                                   N(MADV_SEQUENTIAL),
                                   N(MADV_WILLNEED),
                                   N(MADV_DONTNEED),
                                   N(MADV_FREE),
                                   N(MADV_REMOVE),
                                   N(MADV_DONTFORK),
                                   N(MADV_DOFORK),
                                   N(MADV_MERGEABLE),
                                   N(MADV_UNMERGEABLE),
                                   N(MADV_HUGEPAGE),
                                   N(MADV_NOHUGEPAGE),
                                   N(MADV_DONTDUMP),
                                   N(MADV_DODUMP),
                                   N(MADV_WIPEONFORK),
                                   N(MADV_KEEPONFORK),
                                   N(MADV_COLD),
                                   N(MADV_PAGEOUT),
                                   N(MADV_POPULATE_READ),
                                   N(MADV_POPULATE_WRITE),
                                   {24, "MADV_DONTNEED_LOCKED"},
                                   {25, "MADV_COLLAPSE"},
                                   N(MADV_HWPOISON),
                                   {101, "MADV_SOFT_OFFLINE"},
                                   {102, "MADV_GUARD_INSTALL"},
                                   {103, "MADV_GUARD_REMOVE"}};

inline constexpr Name memfd_flags[] = {N(MFD_CLOEXEC),
                                       N(MFD_ALLOW_SEALING),
                                       N(MFD_HUGETLB),
                                       {8, "MFD_NOEXEC_SEAL"},
                                       {0x10, "MFD_EXEC"},
                                       {huge_2mb, "MFD_HUGE_2MB", huge_mask},
                                       {huge_1gb, "MFD_HUGE_1GB", huge_mask}};
inline constexpr Name memfd_secret_flags[] = {N(O_CLOEXEC)};

}  // namespace shmpath
