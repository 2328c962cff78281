#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# fetch.sh BUILD KERNEL: fetches the kernel, unless one of that name is there. A newer one of the
# same name is not looked for: the tests shall not need the network each time.
set -u
shmpath=$1/bin/shmpath
"$shmpath" vm list | grep -q "^$2 .* fetched," || exec "$shmpath" vm fetch "$2"
