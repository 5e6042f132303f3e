#compdef otel-run

_otel-run() {
    local -a flags subcommands
    flags=(
@FLAGS@
        '*--set=[any other OTEL_ variable]:OTEL_NAME=VALUE:'
        '*-E+[any variable for the program]:NAME=VALUE:'
        '*'{-v,--verbose}'[say what was chosen and why]'
        '(-q --quiet)'{-q,--quiet}'[say nothing but fatal errors]'
    )
    subcommands=(
        'doctor:what holds, and whether it works'
        'env:the environment that a program would be given'
        'bootstrap:bring the official packages that fit a program'
        'settings:all settings as Markdown tables'
        'completions:completions for a shell'
        'man:the manual page'
    )
    local curcontext="$curcontext" state line
    typeset -A opt_args
    # Flags end at the first other word; what follows is the program's.
    _arguments -C -S -A '-*' : $flags \
        '(- *)-h[the most used flags]' '(- *)--help[all flags]' '(- *)'{-V,--version}'[the version]' \
        '(-)1: :->first' '(-)*:: :->rest'
    case $state in
        first)
            [[ ${words[CURRENT - 1]} == -- ]] || _describe sub-command subcommands
            _command_names -e
            ;;
        rest)
            if [[ $words[1] == -- ]]; then
                shift words
                (( CURRENT-- ))
                _normal
                return
            fi
            case $words[1] in
                doctor) _otel-run_launch '--json[print JSON]' '--offline[connect to nobody]' ;;
                bootstrap)
                    _otel-run-launch '--dry-run[bring nothing]' '--offline=[folder of packages]:DIR:_files -/' \
                        '--python=[interpreter]:PATH:_files'
                    ;;
                env) _otel-run_launch '--format=[format]:FORMAT:(sh dotenv json)' ;;
                completions) _arguments '1:shell:(bash zsh fish)' ;;
                settings | man) ;;
                *) _normal ;;
            esac
            ;;
    esac
}

_otel-run_launch() {
    _arguments -S -A '-*' : $flags "$@" '(-)1:program:_command_names -e' '(-)*::arguments:_normal'
}

if [[ "$funcstack[1]" == _otel-run ]]; then
    _otel-run "$@"
else
    compdef _otel-run otel-run
fi
