# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Bash completion for perflame's tools. Options and their arguments are read
# from the tool's own --help, so that they are always those of the tool at hand.

# _perflame_argument TOOL OPTION: what the help calls OPTION's argument
_perflame_argument()
{
	"$1" --help 2>/dev/null | sed -n \
		-e "s/^  $2, --[a-z-]* \([^ ]*\).*/\1/p" \
		-e "s/^  \(-.,\|   \) $2 \([^ ]*\).*/\2/p"
}

# _perflame_value CURRENT ARGUMENT: completes what the help calls ARGUMENT
_perflame_value()
{
	case $2 in
	*'|'*)	# fp|dwarf[,BYTES]
		mapfile -t COMPREPLY < <(compgen -W "$(sed 's/\[[^]]*\]//g; y/|/ /' <<<"$2")" -- "$1")
		;;
	PID* | TID*)
		mapfile -t COMPREPLY < <(cd /proc && compgen -G '[0-9]*' -- "$1" | grep "^$1")
		;;
	*FILE* | *PATH*)
		mapfile -t COMPREPLY < <(compgen -f -- "$1")
		;;
	esac
}

# _perflame_takes_command TOOL: what is no option begins a command
_perflame_takes_command()
{
	"$1" --help 2>/dev/null | sed '/^$/q' | grep -q COMMAND
}

_perflame()
{
	local tool=$1 current=$2 previous=$3 argument i

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -- ]] || continue
		if ((i == COMP_CWORD - 1)); then
			mapfile -t COMPREPLY < <(compgen -c -- "$current")
		else
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
		fi
		return
	done
	# readline hands over --name=value in three words
	if [[ $current == = ]]; then
		current=
	elif [[ $previous == = ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$tool" --help 2>/dev/null |
			sed -n 's/^  \(-.,\|   \) \(--[a-z-]*\).*/\2/p')" -- "$current")
		return
	fi
	if [[ $previous =~ ^--?[A-Za-z-]+$ ]]; then
		argument=$(_perflame_argument "$tool" "$previous")
		if [[ -n $argument ]]; then
			_perflame_value "$current" "$argument"
			return
		fi
	fi
	mapfile -t COMPREPLY < <(compgen -f -- "$current")
	((${#COMPREPLY[@]} > 0)) || ! _perflame_takes_command "$tool" ||
		mapfile -t COMPREPLY < <(compgen -c -- "$current")
}

# Installed, this file has the name of one tool; from the checkout, of none.
if [[ ${BASH_SOURCE[0]##*/} == perf-* ]]; then
	complete -o filenames -F _perflame "${BASH_SOURCE[0]##*/}"
else
	mapfile -t _perflame_tools < <(compgen -c perf- | sort -u)
	((${#_perflame_tools[@]} == 0)) || complete -o filenames -F _perflame "${_perflame_tools[@]}"
	unset _perflame_tools
fi
