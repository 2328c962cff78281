#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tests/long.sh NAME COMMAND...: a test that takes minutes, most of them in VMs. It runs where
# SHMPATH_LONG is set: SHMPATH_LONG=1 ./test -R hostile
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../tools/style.sh"

name=$1
shift
[ -n "${SHMPATH_LONG:-}" ] || skip "$name" "takes minutes; SHMPATH_LONG=1 runs it"
exec "$@"
