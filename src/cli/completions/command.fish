
# Where we are: prints `flags`, `value` (of the flag before), `sub NAME`, or `command` and the
# words of the program so far.
function __fish_otel_run_place
    set -l valued @VALUED@
    set -l words (commandline -opc)
    set -l place flags
    set -l pending no
    set -e words[1]
    while set -q words[1]
        set -l word $words[1]
        if test $pending = yes
            set pending no
        else
            switch $word
                case --
                    set -e words[1]
                    printf '%s\n' command $words
                    return
                case --offline --python
                    test "$place" = "sub bootstrap"; and set pending yes
                case '-*'
                    contains -- $word $valued; and set pending yes
                case doctor env bootstrap settings completions man
                    if test "$place" != flags
                        printf '%s\n' command $words
                        return
                    end
                    set place sub $word
                case '*'
                    printf '%s\n' command $words
                    return
            end
        end
        set -e words[1]
    end
    if test $pending = yes; and test "$place[1]" = flags
        set place value
    end
    printf '%s\n' $place
end

# These two replace those above, which give up behind a flag that waits for its value.
function __fish_otel_run_needs_command
    set -l place (__fish_otel_run_place)
    contains -- $place[1] flags value
end

function __fish_otel_run_using_subcommand
    set -l place (__fish_otel_run_place)
    test "$place[1]" = sub; and contains -- $place[2] $argv
end

# The program that is started completes as if it stood alone.
function __fish_otel_run_starts
    set -l place (__fish_otel_run_place)
    switch "$place"
        case 'command*'
            return 0
        case flags 'sub doctor' 'sub env' 'sub bootstrap'
            not string match -q -- '-*' (commandline -ct)
        case '*'
            return 1
    end
end

function __fish_otel_run_complete
    set -l place (__fish_otel_run_place)
    set -l words
    test $place[1] = command; and set words $place[2..-1]
    __fish_complete_subcommand --commandline $words (commandline -ct)
end

complete -c otel-run -x -n __fish_otel_run_starts -a '(__fish_otel_run_complete)'
complete -c otel-run -x -n '__fish_otel_run_using_subcommand completions' -a 'bash zsh fish'
complete -c otel-run -f -n '__fish_otel_run_using_subcommand settings man'
