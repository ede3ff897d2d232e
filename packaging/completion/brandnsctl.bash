# SPDX-License-Identifier: BSD-3-Clause
# bash completion for brandnsctl: the program itself knows what may stand where.

_brandnsctl()
{
	local line=${COMP_LINE:0:COMP_POINT} piece=${COMP_WORDS[COMP_CWORD]} cur= word
	local -a words
	read -ra words <<<"$line"
	# What is being written, whole: bash itself breaks words at '@', ':' and '='.
	if [[ ${#words[@]} -gt 1 && $line != *[[:space:]] ]]; then
		cur=${words[-1]}
		unset 'words[-1]'
	fi
	[[ $piece == [@:=] ]] && piece=
	local before=${cur%"$piece"}
	COMPREPLY=()
	while IFS=$'\t' read -r word _; do
		if [[ $word == //files ]]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r word; do
				COMPREPLY+=("${word#"$before"}")
			done < <(compgen -f -- "$cur")
		else
			COMPREPLY+=("${word#"$before"}")
		fi
	done < <("${words[0]}" --complete "${words[@]:1}" "$cur" 2>/dev/null)
}

complete -F _brandnsctl brandnsctl
