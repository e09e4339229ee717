#compdef parloader
# Completion of parloader in zsh: parloader completion zsh
_parloader() {
    local -a values shown unfinished
    local type value help
    [[ $PREFIX != --*=* ]] || compset -P '*='
    while IFS=$'\t' read -r type value help; do
        case $type in
            plain)
                if [[ $value == *= ]]; then
                    unfinished+=("$value")
                else
                    values+=("$value")
                    shown+=("$value${help:+  -- $help}")
                fi
                ;;
            file) _files ;;
            dir) _files -/ ;;
            toml) _files -g '*.toml' ;;
        esac
    done < <(_PARLOADER_LINE="${(j: :)words[1,CURRENT]}" _PARLOADER_COMPLETE=zsh_complete "${words[1]}" 2>/dev/null </dev/null)
    (( ! $#values )) || compadd -l -V parloader -d shown -a values
    (( ! $#unfinished )) || compadd -V parloader -S '' -a unfinished
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _parloader "$@"
else
    compdef _parloader parloader
fi
