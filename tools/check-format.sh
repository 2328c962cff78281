#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# check-format.sh        is every C and C++ file laid out as .clang-format says?
# check-format.sh --fix  lays them out so
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/style.sh
need clang-format format
mode=(--dry-run -Werror)
[ "${1:-}" != --fix ] || mode=(-i)
style_files '*.cpp' '*.h' '*.c' | xargs -0 clang-format "${mode[@]}"
