# Completion of parloader in bash 4.4 or newer: parloader completion bash
_parloader_completion() {
    local current="${COMP_WORDS[COMP_CWORD]}" type value help
    COMPREPLY=()
    while IFS=$'\t' read -r type value help; do
        case $type in
            plain)
                # an unfinished quotation needs no quoting
                [[ $current == [\"\']* ]] || printf -v value %q "$value"
                COMPREPLY+=("$value")
                [[ $value != *= ]] || compopt -o nospace
                ;;
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            toml)
                compopt -o filenames
                [[ $current != = ]] || current=
                while IFS= read -r value; do
                    COMPREPLY+=("$value")
                done < <(compgen -d -- "$current"; compgen -f -X '!*.toml' -- "$current")
                ;;
        esac
    done < <(_PARLOADER_LINE="${COMP_LINE:0:COMP_POINT}" _PARLOADER_WORD="$current" _PARLOADER_COMPLETE=bash_complete "$1" 2>/dev/null </dev/null)
}

complete -o nosort -F _parloader_completion parloader
