
# The program that is started completes as if it stood alone.
_otel__run_launch() {
    local i word expect="" valued=" @VALUED@ "
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        # bash takes --flag=value apart.
        if [[ "$word" == "=" ]]; then
            ((i++))
            expect=""
        elif [[ -n "$expect" ]]; then
            expect=""
        elif [[ "$word" == "--" ]]; then
            ((i++))
            break
        elif [[ "${COMP_WORDS[1]}" == bootstrap && "$word" == --@(offline|python) ]]; then
            expect=yes
        elif [[ "$word" == -* ]]; then
            [[ "$valued" == *" $word "* ]] && expect=yes
        elif [[ "$word" == doctor || "$word" == env || "$word" == bootstrap ]]; then
            :
        else
            break
        fi
    done
    if [[ "${COMP_WORDS[1]}" =~ ^(settings|completions|man)$ || -n "$expect" || "${COMP_WORDS[COMP_CWORD]}" == "=" ]]; then
        _otel__run "$@"
    elif ((i < COMP_CWORD)) || [[ "${COMP_WORDS[i - 1]}" == "--" ]]; then
        if ((i == COMP_CWORD)); then
            COMPREPLY=($(compgen -c -- "${COMP_WORDS[COMP_CWORD]}"))
        elif declare -F _comp_command_offset >/dev/null; then
            _comp_command_offset "$i"
        elif declare -F _command_offset >/dev/null; then
            _command_offset "$i"
        fi
    elif [[ "${COMP_WORDS[COMP_CWORD]}" == -* ]]; then
        _otel__run "$@"
    else
        COMPREPLY=($(compgen -c -W "doctor env bootstrap settings completions man" -- "${COMP_WORDS[COMP_CWORD]}"))
    fi
}
complete -F _otel__run_launch -o bashdefault -o default otel-run
