// SPDX-License-Identifier: BSD-2-Clause
//
// What a call left in the buffer it was given. The bytes come from the traced
// process and may be anything, also fewer than the structure: a field is shown
// only when all of it is there.
#include <sys/shm.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstring>
#include <optional>

#include "tracer/flags_ipc.h"

namespace shmpath {

// The kernel's structures are glibc's on every 64-bit architecture.
const std::uint16_t stat_bytes = sizeof(struct stat);
const std::uint16_t statx_bytes = offsetof(struct statx, stx_blocks);
const std::uint16_t shmid_ds_bytes = sizeof(struct shmid_ds);

namespace {

constexpr Name file_modes[] = {FIELD(S_IFSOCK, S_IFMT),
                               FIELD(S_IFLNK, S_IFMT),
                               FIELD(S_IFREG, S_IFMT),
                               FIELD(S_IFBLK, S_IFMT),
                               FIELD(S_IFDIR, S_IFMT),
                               FIELD(S_IFCHR, S_IFMT),
                               FIELD(S_IFIFO, S_IFMT),
                               N(S_ISUID),
                               N(S_ISGID),
                               N(S_ISVTX)};

template <typename Field>
std::optional<Field> read_field(std::span<const char> bytes, std::size_t offset) {
  Field field;
  if (bytes.size() < sizeof field || offset > bytes.size() - sizeof field) return std::nullopt;
  std::memcpy(&field, bytes.data() + offset, sizeof field);
  return field;
}

#define READ_FIELD(bytes, structure, member) \
  read_field<decltype(structure::member)>(bytes, offsetof(structure, member))

}  // namespace

Args decode_stat(std::span<const char> bytes) {
  using Stat = struct stat;
  Args fields;
  if (const auto mode = READ_FIELD(bytes, Stat, st_mode))
    fields.push_back({"st_mode", flags_text(*mode, file_modes, 0777)});
  if (const auto size = READ_FIELD(bytes, Stat, st_size))
    fields.push_back({"st_size", std::int64_t{*size}});
  if (const auto inode = READ_FIELD(bytes, Stat, st_ino))
    fields.push_back({"st_ino", std::uint64_t{*inode}});
  return fields;
}

Args decode_statx(std::span<const char> bytes) {
  using Statx = struct statx;
  Args fields;
  if (const auto mode = READ_FIELD(bytes, Statx, stx_mode))
    fields.push_back({"stx_mode", flags_text(*mode, file_modes, 0777)});
  if (const auto size = READ_FIELD(bytes, Statx, stx_size))
    fields.push_back({"stx_size", std::uint64_t{*size}});
  if (const auto inode = READ_FIELD(bytes, Statx, stx_ino))
    fields.push_back({"stx_ino", std::uint64_t{*inode}});
  return fields;
}

Args decode_shmid_ds(std::span<const char> bytes) {
  using Segment = struct shmid_ds;
  Args fields;
  if (const auto size = READ_FIELD(bytes, Segment, shm_segsz))
    fields.push_back({"shm_segsz", std::uint64_t{*size}});
  if (const auto attached = READ_FIELD(bytes, Segment, shm_nattch))
    fields.push_back({"shm_nattch", std::uint64_t{*attached}});
  if (const auto mode = READ_FIELD(bytes, Segment, shm_perm.mode))
    fields.push_back({"mode", flags_text(*mode, shm_modes, 0777)});
  return fields;
}

}  // namespace shmpath
