# SPDX-License-Identifier: BSD-3-Clause
# fish completion for brandnsctl: the program itself knows what may stand where.

function __brandnsctl_words
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in ($before[1] --complete $before[2..-1] "$current" 2>/dev/null)
        if test "$line" = //files
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end

complete -c brandnsctl -f -a '(__brandnsctl_words)'
