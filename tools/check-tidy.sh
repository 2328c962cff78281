#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# check-tidy.sh BUILD [PART/PARTS]: what clang-tidy says of the tracer, the classroom and the labs, as
# .clang-tidy asks; of every PARTS-th file only, from PART on. The tests are left out: Catch2's macros
# take minutes. A file that passed is not looked at again until it, a header or the settings change.
#
# Most of the time would go into others' headers, read and searched anew for each file. So many files
# are put behind each other and looked at as one. A file that does not compile behind the others (it has a name
# of its own that they have too) waits for the next lot. A lab's programs get a namespace each. A lot that has
# a finding only says where to look: its files are looked at one by one, and what is said of them then counts.
set -eu
build=$(realpath "${1:-build}")
part=${2:-1/1}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/style.sh
need clang-tidy tidy

passed=$build/tidy
mkdir -p "$passed"
settings=$({ cat .clang-tidy "$build/compile_commands.json"; style_files '*.h' | sort -z |
  xargs -0 cat; } | sha256sum | cut -c1-16)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The analyzer follows fewer paths through one function than its own 225,000 states: it takes most
# of the time, and so it finds what it found before.
analyzer=(--extra-arg=-Xclang --extra-arg=-analyzer-config
  --extra-arg=-Xclang --extra-arg=max-nodes=20000)

lot_options='
  - { key: bugprone-exception-escape.FunctionsThatShouldNotThrow, value: main }'

stamp() { echo "$passed/$settings-$(echo "$1" | cat - "$1" | sha256sum | cut -c1-16)"; }

# Of standard error only what names a file matters: the rest counts warnings in others' headers.
tidy() { clang-tidy --quiet --warnings-as-errors='*' "${analyzer[@]}" "$@" 2> >(grep : >&2); }

# flags FILE: how the build compiles it, one argument a line.
flags() {
  python3 - "$build/compile_commands.json" "$PWD/$1" <<'END'
import json, shlex, sys

commands = [entry for entry in json.load(open(sys.argv[1])) if entry["file"] == sys.argv[2]]
words = iter(shlex.split(commands[0]["command"]) if commands else ())
for word in words:
    if word.startswith(("-D", "-I", "-W", "-std")):
        print(word)
    elif word == "-isystem":
        print(word, next(words), sep="\n")
END
}

# join FILE...: the files behind each other, each still under its own name in what is said of it. A
# header that an earlier one has included is not included again, but twice by one file is twice here too. A lab's
# includes come first, for its program goes into a namespace.
join() {
  awk '
    function close_program() { if (open) print "}"; open = 0 }
    FNR == 1 { close_program(); split("", own); line = "#line 1 \"" FILENAME "\""; print line }
    FNR == 1 && lab { open = 1; print "namespace program_" ++number " {"; print line }
    /^ *#include/ {
      again = ($2 in seen) && seen[$2] != FILENAME && !own[$2]++
      if (!($2 in seen)) seen[$2] = FILENAME
      if (again || lab) $0 = ""
    }
    { print }
    END { close_program() }' lab="$([[ $1 == labs/* ]] && echo 1)" "$@"
}

# join_labs FILE...
join_labs() {
  awk '/^ *#include/ && (!($2 in seen) || seen[$2] == FILENAME) { seen[$2] = FILENAME; print }' "$@"
  join "$@"
}

failed=0
one_by_one() {
  local file
  for file in "$@"; do
    if tidy -p "$build" "$PWD/$file"; then touch "$(stamp "$file")"; else failed=1; fi
  done
}

# as_one FILE...: leaves the files that did not compile behind the others in `apart`.
as_one() {
  local lot=$work/lot.cpp errors=$work/errors file
  local -a options together=("$@")
  mapfile -t options < <(flags "$1")
  apart=()
  while :; do
    if [[ $1 == labs/* ]]; then join_labs "${together[@]}"; else join "${together[@]}"; fi >"$lot"
    clang++ -fsyntax-only -ferror-limit=0 -w -I . "${options[@]}" "$lot" 2>"$errors" && break
    local -a rest=()
    for file in "${together[@]}"; do
      if grep -q "^$file:.*error:" "$errors"; then apart+=("$file"); else rest+=("$file"); fi
    done
    # An error that names none of them, or all: nothing is gained by another try.
    if [ ${#rest[@]} -eq 0 ] || [ ${#rest[@]} -eq ${#together[@]} ]; then
      apart=()
      one_by_one "$@"
      return
    fi
    together=("${rest[@]}")
  done
  # A main in a namespace is to throw nothing either, and may end without return.
  if [ ${#together[@]} -gt 1 ] && tidy --config="$(cat .clang-tidy)$lot_options" "$lot" -- \
    -I . "${options[@]}" -Wno-return-type >"$work/said" 2>&1; then
    for file in "${together[@]}"; do touch "$(stamp "$file")"; done
  else
    one_by_one "${together[@]}"
  fi
}

mapfile -d '' -t files < <(style_files '*.cpp' | grep -z -E '^(tracer|classroom|labs)/' | sort -z |
  sed -z -n "${part%/*}~${part#*/}p")
for folder in tracer classroom labs; do
  waiting=()
  for file in "${files[@]}"; do
    [[ $file == "$folder"/* ]] && ! [ -e "$(stamp "$file")" ] && waiting+=("$file")
  done
  while [ ${#waiting[@]} -gt 0 ]; do
    as_one "${waiting[@]}"
    waiting=("${apart[@]}")
  done
done
exit $failed
