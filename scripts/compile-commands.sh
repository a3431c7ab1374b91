#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Prints a compilation database, as editors and clang-tidy want it.
#
# Usage: compile-commands.sh FLAGS FILE...    (CC from the environment)

set -eu

quote() {
	printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}

flags=$(quote "${CC:-cc} $1")
dir=$(quote "$PWD")
shift

echo '['
separator=
for file; do
	printf '%s{ "directory": "%s", "file": "%s", "command": "%s -c %s" }' \
		"$separator" "$dir" "$file" "$flags" "$file"
	separator=',
'
done
printf '\n]\n'
