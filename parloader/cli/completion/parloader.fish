# Completion of parloader in fish: parloader completion fish
function __parloader_complete
    set -l line (commandline -cp)
    set -l word (commandline -ct)
    # the part of --table=orders that stays
    set -l option (string match -r '^--[^=]*=' -- $word)
    set -l program (commandline -op)[1]
    for answer in (_PARLOADER_LINE="$line" _PARLOADER_COMPLETE=fish_complete $program 2>/dev/null </dev/null)
        set -l parts (string split -m 2 \t -- $answer)
        switch $parts[1]
            case plain
                printf '%s%s\t%s\n' "$option" $parts[2] "$parts[3]"
            case file
                __fish_complete_path $word
            case dir
                __fish_complete_directories $word
            case toml
                __fish_complete_suffix .toml
        end
    end
end

complete -c parloader -f -a '(__parloader_complete)'
