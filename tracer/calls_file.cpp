// SPDX-License-Identifier: BSD-2-Clause
//
// System calls on file descriptors. Arguments as in man section 2.
#include "tracer/flags_file.h"

namespace shmpath {

namespace {

// fcntl's third argument depends on the command.
const std::vector<ArgSpec> fcntl_args = {
    fd("fd"),
    choice("cmd", fcntl_commands),
    at(2, only_with("F_SETFD", flags("arg", fd_flags))),
    at(2, only_with("F_SETFL", flags("arg", open_flags))),
    at(2, only_with("F_ADD_SEALS", flags("arg", seals))),
    at(2, only_with("F_SETLEASE", choice("arg", lease_types))),
    at(2, only_with("F_DUPFD|F_DUPFD_CLOEXEC|F_DUPFD_QUERY|F_SETPIPE_SZ|F_SETOWN|F_SETSIG",
                    integer("arg"))),
    at(2, only_with("F_GETLK|F_SETLK|F_SETLKW|F_OFD_GETLK|F_OFD_SETLK|F_OFD_SETLKW|F_GETOWN_EX|"
                    "F_SETOWN_EX|F_GET_RW_HINT|F_SET_RW_HINT|F_GET_FILE_RW_HINT|"
                    "F_SET_FILE_RW_HINT",
                    address("arg"))),
    only_with("F_GETFD|F_GETFL|F_GETOWN|F_GETSIG|F_GETLEASE|F_GETPIPE_SZ|F_GET_SEALS|"
              "F_CREATED_QUERY",
              absent(2)),
    at(2, hex("arg")),
};

const std::vector<CallSpec> calls = {
    {"read", {fd("fd"), address("buf"), size("count")}},
    {"write", {fd("fd"), address("buf"), size("count")}},
    {"pread64", {fd("fd"), address("buf"), size("count"), offset()}},
    {"pwrite64", {fd("fd"), address("buf"), size("count"), offset()}},
    {"readv", {fd("fd"), address("iov"), integer("iovcnt")}},
    {"writev", {fd("fd"), address("iov"), integer("iovcnt")}},
    {"lseek", {fd("fd"), offset(), choice("whence", seek_origins)}},
    {"close", {fd("fd")}},
    {"close_range",
     {unsigned_integer("first"), unsigned_integer("last"), flags("flags", close_range_flags)}},
    {"dup", {fd("oldfd")}},
    {"dup2", {fd("oldfd"), fd("newfd")}},
    {"dup3", {fd("oldfd"), fd("newfd"), flags("flags", fd_open_flags)}},
    {"pipe", {address("pipefd")}},
    {"pipe2", {address("pipefd"), flags("flags", fd_open_flags)}},
    {"fcntl", fcntl_args},
    {"ioctl", {fd("fd"), hex32("request"), hex("argp")}},
    {"flock", {fd("fd"), flags("operation", lock_operations)}},
    {"fsync", {fd("fd")}},
    {"fdatasync", {fd("fd")}},
    {"ftruncate", {fd("fd"), offset("length")}},
    {"fallocate", {fd("fd"), flags("mode", fallocate_flags), offset(), offset("len")}},
    {"fstat", {fd("fd"), out("statbuf", stat_bytes, decode_stat)}},
    {"fstatfs", {fd("fd"), address("buf")}},
    {"fchmod", {fd("fd"), mode()}},
    {"fchown", {fd("fd"), id("owner"), id("group")}},
    {"fchdir", {fd("fd")}},
    {"getdents64", {fd("fd"), address("dirp"), size("count")}},
    {"eventfd2", {unsigned_integer("initval"), flags("flags", eventfd_flags)}},
};

}  // namespace

std::span<const CallSpec> file_calls() { return calls; }

}  // namespace shmpath
