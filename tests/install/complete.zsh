#!/usr/bin/env zsh
# SPDX-License-Identifier: BSD-2-Clause
#
# complete.zsh FOLDER LINE: what an interactive zsh, which finds _shmpath in FOLDER, offers after LINE
# and Tab, one a line. The shell is a real one on a terminal of its own; what it adds to its list is
# printed between marks.
emulate -L zsh
zmodload zsh/zpty
home=$(mktemp -d) || exit
trap 'rm -rf $home' EXIT
cat >$home/.zshrc <<'RC'
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit && compinit -D -u
stty cols 500 rows 200 -echo
PROMPT= RPROMPT=
compadd() {
  builtin compadd "$@"
  # those with -O, -A or -D offer nothing, but fill an array
  [[ "${@[1,(i)--]}" != *-[OAD]* ]] || return 0
  local -a offered
  builtin compadd -O offered "$@"
  (( ! $#offered )) || print -rl -- "<"$^offered">" >>$OFFERED
}
finish() { zle -I; print '=END='; exit }
zle -N finish
bindkey '^I' complete-word '^X' finish
print '=READY='
RC
: >$home/offered
export COMPLETIONS=$1 OFFERED=$home/offered ZDOTDIR=$home TERM=dumb
zpty shell exec zsh -o NO_GLOBAL_RCS -i
zpty -r shell out '*=READY=*' || exit
zpty -w -n shell "$2"$'\t\x18'
zpty -r shell out '*=END=*' || exit
zpty -d shell
sed -n 's/^<\(.*\)>$/\1/p' $home/offered
