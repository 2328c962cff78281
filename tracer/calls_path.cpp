// SPDX-License-Identifier: BSD-2-Clause
//
// System calls on paths. Arguments as in man section 2.
#include "tracer/flags_file.h"

namespace shmpath {

namespace {

const ArgSpec mode_if_created = only_with("O_CREAT|O_TMPFILE", mode());
const ArgSpec statbuf = out("statbuf", stat_bytes, decode_stat);

const std::vector<CallSpec> calls = {
    {"open", {text("pathname"), flags("flags", open_flags), mode_if_created}},
    {"openat", {fd("dirfd"), text("pathname"), flags("flags", open_flags), mode_if_created}},
    {"openat2", {fd("dirfd"), text("pathname"), address("how"), size("size")}},
    {"creat", {text("pathname"), mode()}},
    {"stat", {text("pathname"), statbuf}},
    {"lstat", {text("pathname"), statbuf}},
    {"newfstatat", {fd("dirfd"), text("pathname"), statbuf, flags("flags", stat_at_flags)}},
    {"statx",
     {fd("dirfd"), text("pathname"), flags("flags", statx_at_flags), flags("mask", statx_mask),
      out("statxbuf", statx_bytes, decode_statx)}},
    {"statfs", {text("path"), address("buf")}},
    {"access", {text("pathname"), flags("mode", access_modes)}},
    {"faccessat", {fd("dirfd"), text("pathname"), flags("mode", access_modes)}},
    {"faccessat2",
     {fd("dirfd"), text("pathname"), flags("mode", access_modes), flags("flags", access_at_flags)}},
    {"readlink", {text("pathname"), address("buf"), size("bufsiz")}},
    {"readlinkat", {fd("dirfd"), text("pathname"), address("buf"), size("bufsiz")}},
    {"unlink", {text("pathname")}},
    {"unlinkat", {fd("dirfd"), text("pathname"), flags("flags", unlink_at_flags)}},
    {"rename", {text("oldpath"), text("newpath")}},
    {"renameat", {fd("olddirfd"), text("oldpath"), fd("newdirfd"), text("newpath")}},
    {"renameat2",
     {fd("olddirfd"), text("oldpath"), fd("newdirfd"), text("newpath"),
      flags("flags", rename_flags)}},
    {"link", {text("oldpath"), text("newpath")}},
    {"linkat",
     {fd("olddirfd"), text("oldpath"), fd("newdirfd"), text("newpath"),
      flags("flags", link_at_flags)}},
    {"symlink", {text("target"), text("linkpath")}},
    {"symlinkat", {text("target"), fd("newdirfd"), text("linkpath")}},
    {"mkdir", {text("pathname"), mode()}},
    {"mkdirat", {fd("dirfd"), text("pathname"), mode()}},
    {"rmdir", {text("pathname")}},
    {"truncate", {text("path"), offset("length")}},
    {"chmod", {text("pathname"), mode()}},
    {"fchmodat", {fd("dirfd"), text("pathname"), mode()}},
    {"chown", {text("pathname"), id("owner"), id("group")}},
    {"chdir", {text("path")}},
    {"getcwd", {address("buf"), size("size")}},
    {"umask", {mode("mask")}},
};

}  // namespace

std::span<const CallSpec> path_calls() { return calls; }

}  // namespace shmpath
