# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Completion of shmpath for bash. Commands, options and their values are read from the program's own
# help, so that there is no list here to forget; the names of labs and of what can be explained are
# asked for in the same way. Nothing but bash is used.

# _shmpath_read_help WORD...: the help of that command. Sets commands, positionals, options and
# type (of an option's value: type[--place]='TEXT:{host,vm,auto}'), and program if the words after
# the options are another program's command line. Uses shmpath, the program.
_shmpath_read_help() {
  local line section='' name
  local flag='^  (-[^ ]+)( ([A-Z]+([|:[][^ ]*)?)( .*)?)?( .*)?$' word='^  ([^ -][^ ]*)( |$)'
  commands=() positionals=() options=() type=() program=''
  while IFS= read -r line; do
    case $line in
      'The command follows the options'*) program=yes ;;
      [A-Z]*:) section=$line ;;
    esac
    if [[ $line =~ $flag ]]; then
      for name in ${BASH_REMATCH[1]//,/ }; do
        options+=("$name")
        type[$name]=${BASH_REMATCH[3]}
      done
    elif [[ $line =~ $word ]]; then
      case $section in
        Subcommands:) commands+=("${BASH_REMATCH[1]}") ;;
        Positionals:) positionals+=("${BASH_REMATCH[1]}") ;;
      esac
    fi
  done < <("$shmpath" "$@" --help 2>/dev/null)
}

# _shmpath_is WORD LIST...: is it one of them?
_shmpath_is() {
  local word=$1
  shift
  local one
  for one in "$@"; do [ "$one" != "$word" ] || return 0; done
  return 1
}

# _shmpath_first COMMAND...: the first word of each line that shmpath prints.
_shmpath_first() {
  local word
  while read -r word _; do echo "$word"; done < <("$shmpath" "$@" 2>/dev/null)
}

# _shmpath_value TYPE: what can stand where the help has TYPE.
_shmpath_value() {
  local words=''
  case $1 in
    *'{'*'}') words=${1#*'{'}; words=${words%'}'}; words=${words//,/ } ;;
    LAB) words=$(_shmpath_first list --names); [ "${path[0]}" != check ] || words+=' all' ;;
    NAME) words=$(_shmpath_first explain --list) ;;
    EXERCISE) words=$(_shmpath_first exercise list --names) ;;
    NAME*)  # several, with commas between them
      local before=''
      [[ $cur != *,* ]] || before=${cur%,*},
      mapfile -t COMPREPLY < <(compgen -P "$before" -W "$(_shmpath_first explain --list)" -- "${cur##*,}")
      compopt -o nospace 2>/dev/null
      return ;;
    VERSION*) words='5.10 6.1 6.12 newest' ;;
    PID) words=$(cd /proc && echo [0-9]*) ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  case $1 in
    FILE | DIR | *PATH)
      local kind=-f found
      [ "$1" != DIR ] || kind=-d
      mapfile -t found < <(compgen "$kind" -- "$cur")
      COMPREPLY+=("${found[@]}")
      compopt -o filenames 2>/dev/null ;;
  esac
}

# _shmpath_program N: the words from number N on are another program's command line.
_shmpath_program() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif [ "$COMP_CWORD" -eq "$1" ]; then
    mapfile -t COMPREPLY < <(compgen -c -f -- "$cur")
    compopt -o filenames 2>/dev/null
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    compopt -o filenames 2>/dev/null
  fi
}

_shmpath() {
  local shmpath=${COMP_WORDS[0]} cur=${COMP_WORDS[COMP_CWORD]} at word program='' wants='' given=0
  local -a path=() commands=() positionals=() options=()
  local -A type=()
  COMPREPLY=()
  [[ $shmpath != \~/* ]] || shmpath=$HOME/${shmpath#\~/}
  _shmpath_read_help
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=${COMP_WORDS[at]}
    if [ -n "$wants" ]; then
      # bash makes a word of the = in --place=vm
      [ "$word" = = ] || wants=''
    elif [ "$word" = -- ]; then
      _shmpath_program $((at + 1))
      return
    elif [[ $word = -* ]]; then
      wants=${type[$word]:-}
    elif _shmpath_is "$word" "${commands[@]}"; then
      path+=("$word")
      _shmpath_read_help "${path[@]}"
    elif [ -n "$program" ]; then
      _shmpath_program "$at"
      return
    else
      given=$((given + 1))
    fi
  done
  [ "$cur" != = ] || cur=''
  if [ -n "$wants" ]; then
    _shmpath_value "$wants"
  elif [[ $cur = -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${options[*]}" -- "$cur")
  elif [ ${#commands[@]} -gt 0 ]; then
    mapfile -t COMPREPLY < <(compgen -W "${commands[*]}" -- "$cur")
  elif [ -n "$program" ]; then
    _shmpath_program "$COMP_CWORD"
  elif [ "$given" -eq 0 ] || [ "${positionals[0]:-}" = VERSION ]; then
    _shmpath_value "${positionals[0]:-}"
  fi
}

complete -F _shmpath shmpath
