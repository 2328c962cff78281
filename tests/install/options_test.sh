#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# options_test.sh BUILD: each command, option and value that the program's --help names is offered by
# the completions of bash, zsh and fish, and nothing else is; and the manual page has each command
# and option.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
. "$root/tools/style.sh"
name="install:options in completions and manual page"
PATH=$(realpath "$1")/bin:$PATH
bad=0
checked=0
for shell in zsh fish; do need $shell "$name"; done

complain() {
  echo "$1" >&2
  bad=1
}

# offered SHELL LINE: what it offers at the end of LINE, one a line, sorted.
offered_by_bash() {
  local words
  read -ra words <<<"$1"
  [[ $1 != *' ' ]] || words+=('')
  bash -c '. "$0"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _shmpath
    printf "%s\n" "${COMPREPLY[@]}"' "$root/completions/shmpath.bash" "${words[@]}"
}
offered_by_zsh() { timeout 60 "$here/complete.zsh" "$root/completions" "$1"; }
offered_by_fish() {
  fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$root/completions/shmpath.fish" "$1" |
    cut -f 1
}
offered() { "offered_by_$1" "$2" 2>/dev/null | sed '/^$/d' | sort -u; }

# compare LINE WORDS: each shell offers just these words after LINE.
compare() {
  local shell want got
  want=$(tr ' ' '\n' <<<"$2" | sed '/^$/d' | sort -u)
  for shell in bash zsh fish; do
    got=$(offered $shell "$1")
    checked=$((checked + 1))
    [ "$got" = "$want" ] ||
      complain "$shell, after \"$1\": $(diff <(echo "$want") <(echo "$got") | grep '^[<>]' | tr '\n' ' ')"
  done
}

# --- the help, read in another way than the completions do
section() { sed -n "/^$2:/,/^\$/p" <<<"$1"; }
options_of() { section "$1" Options | grep -oE '^  -[^ ]+' | tr ',' '\n' | tr -d ' '; }
commands_of() { section "$1" Subcommands | sed 1d | awk '{print $1}'; }

# in_manual WORD: an option after Fl, or after another such (Fl h , -help); a command after Cm.
in_manual() {
  local pattern="Cm ([a-z]+ )*$1( |\$)"
  [[ $1 != -* ]] || pattern="Fl ([a-z-]+ [|,] )*${1#-}( |\$)"
  grep -qE "$pattern" "$manual" || complain "$manual: it has no $1"
}

# visit COMMAND...: its options and its commands, and those below them.
visit() {
  local help options commands option line="shmpath${*:+ $*}"
  help=$(shmpath "$@" --help) || complain "$line --help: exit status $?"
  options=$(options_of "$help")
  commands=$(commands_of "$help")
  compare "$line -" "$(tr '\n' ' ' <<<"$options")"
  [ -z "$commands" ] || compare "$line " "$(tr '\n' ' ' <<<"$commands")"
  while read -r option values; do
    [ -z "$option" ] || compare "$line $option " "${values//,/ }"
  done < <(sed -nE 's/^  (-[^ ]+) [A-Z]+:\{([^}]*)\}.*/\1 \2/p' <<<"$help")
  local word
  known+=" ${options//$'\n'/ } "
  for word in $options $commands; do in_manual "$word"; done
  for word in $commands; do visit "$@" "$word"; done
}

manual=$root/docs/man/shmpath.1
known=
visit
while read -r word; do
  [[ $known == *" $word "* ]] || complain "$manual: no command has $word"
done < <(sed -nE 's/^\.It Fl ([a-z-]+).*/-\1/p' "$manual")
labs=$(shmpath list --names | awk '{print $1}' | tr '\n' ' ')
exercises=$(shmpath exercise list --names | awk '{print $1}' | tr '\n' ' ')
functions=$(shmpath explain --list | awk '/^shmem_f/ {print $1}' | tr '\n' ' ')
kernels=$(shmpath vm list | awk 'NR > 1 && NF == 0 {exit} NR > 1 {print $1}' | tr '\n' ' ')
[ -n "$labs" ] && [ -n "$exercises" ] && [ -n "$functions" ] && [ -n "$kernels" ] ||
  complain "no labs, exercises, names or kernels"
compare "shmpath run " "$labs"
compare "shmpath check " "$labs all"
compare "shmpath explain shmem_f" "$functions"
compare "shmpath exercise start " "$exercises"
compare "shmpath vm fetch " "$kernels"

# What differs is noticed.
for wrong in "host vm" "host vm auto more"; do
  (bad=0; compare "shmpath run --place " "$wrong" 2>/dev/null; exit $bad) &&
    complain "nobody noticed that --place has not just: $wrong"
done
for wrong in --place-of --step-by runs; do
  (bad=0; in_manual $wrong 2>/dev/null; exit $bad) && complain "$wrong is found in the manual page"
done
[ $bad != 0 ] || echo "the same in bash, zsh, fish and --help: $checked comparisons"
exit $bad
