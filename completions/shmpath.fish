# SPDX-License-Identifier: BSD-2-Clause
#
# Completion of shmpath for fish. Commands, options and their values are read from the program's own
# help, so that there is no list here to forget; the names of labs and of what can be explained are
# asked for in the same way.

# The help of a command, as lines: kind, name, type of the value, description, with tabs between.
# Kinds: option, Subcommands:, Positionals:, program (the words after the options are another
# program's command line).
function __shmpath_help -a shmpath
    set -l section
    set -l lines ($shmpath $argv[2..] --help 2>/dev/null)
    for i in (seq (count $lines))
        set -l line $lines[$i]
        if string match -q 'The command follows the options*' -- $line
            printf 'program\t\t\t\n'
        else if string match -qr '^[A-Z].*:$' -- $line
            set section $line
        else if set -l found (string match -r '^  (-\S+)(?: ([A-Z]+(?:[|:[]\S*)?)(?= |$))?(?: +(.*))?$' -- $line)
            set -l what $found[4]
            # a long name has its description on the next line
            set -l next (string match -r '^ {10,}(.*)$' -- $lines[(math $i + 1)])
            and set what $next[2]
            for name in (string split , -- $found[2])
                printf 'option\t%s\t%s\t%s\n' $name "$found[3]" "$what"
            end
        else if set -l found (string match -r '^  ([^ -]\S*) *(.*)$' -- $line)
            printf '%s\t%s\t\t%s\n' $section $found[2] "$found[3]"
        end
    end
end

function __shmpath_names -a shmpath
    $shmpath explain --list 2>/dev/null | string replace -r '^(\S+) +' '$1\t'
end

# What can stand where the help has TYPE.
function __shmpath_value -a shmpath type word command
    switch $type
        case '*{*}'
            string replace -r '.*\{(.*)\}' '$1' -- $type | string split ,
        case LAB
            $shmpath list --names 2>/dev/null | string replace -r '^(\S+) +' '$1\t'
            test "$command" != check; or printf 'all\tall labs\n'
        case EXERCISE
            $shmpath exercise list --names 2>/dev/null | string replace -r '^(\S+) +' '$1\t'
        case NAME
            __shmpath_names $shmpath
        case 'NAME*' # several, with commas between them
            set -l before (string match -r '^.*,' -- $word)
            for name in (__shmpath_names $shmpath)
                echo "$before$name"
            end
        case 'VERSION*'
            printf '%s\n' 5.10 6.1 6.12 newest
            test $type = VERSION; or __fish_complete_path $word
        case PID
            __fish_complete_pids
        case DIR
            __fish_complete_directories $word
        case FILE
            __fish_complete_path $word
    end
end

function __shmpath_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l shmpath (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l path
    set -l wants
    set -l given 0
    set -l help (__shmpath_help $shmpath)
    for at in (seq 2 (count $words))
        set -l this $words[$at]
        set -l value (string match -r '^option\t'(string escape --style=regex -- $this)'\t(.+)\t' -- $help)
        if test -n "$wants"
            set wants
        else if test "$this" = --
            __fish_complete_subcommand --fcs-skip=$at
            return
        else if string match -q -- '-*' $this
            set wants $value[2]
        else if string match -q -- Subcommands:\t$this\t'*' $help
            set -a path $this
            set help (__shmpath_help $shmpath $path)
        else if string match -q 'program*' -- $help
            __fish_complete_subcommand --fcs-skip=(math $at - 1)
            return
        else
            set given (math $given + 1)
        end
    end
    set -l positional (string match -r '^Positionals:\t(\S+)' -- $help)
    if test -n "$wants"
        __shmpath_value $shmpath $wants "$word" "$path"
    else if string match -q -- '-*=*' $word
        set -l name (string replace -r '=.*' '' -- $word)
        set -l value (string match -r '^option\t'$name'\t(.+)\t' -- $help)
        test -z "$value[2]"; and return
        for one in (__shmpath_value $shmpath $value[2] (string replace -r '^[^=]*=' '' -- $word) "$path")
            echo "$name=$one"
        end
    else if string match -q -- '-*' $word
        string match -r '^option\t.*' -- $help | string replace -r '^option\t(\S+)\t[^\t]*\t' '$1\t'
    else if string match -q -- 'Subcommands:*' $help
        string match -r '^Subcommands:.*' -- $help | string replace -r '^\S+\t(\S+)\t\t' '$1\t'
    else if string match -q 'program*' -- $help
        __fish_complete_subcommand --fcs-skip=(count $words)
    else if test $given -eq 0; or test "$positional[2]" = VERSION
        __shmpath_value $shmpath "$positional[2]" "$word" "$path"
    end
end

complete -c shmpath -f -a '(__shmpath_complete)'
