#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs clang-tidy (.clang-tidy) and cppcheck over those FILEs that are C, shellcheck
# over those that are not, and fails if they find anything; then gcc -fanalyzer over
# C, whose word is a hint and no more: it takes what is handed over to an array's
# element for lost.
#
# Usage: lint.sh BUILD FLAGS [FILE]...    (BUILD has the compile_commands.json)

set -eu

build=$1
flags=$2
shift 2
status=0

for tool in clang-tidy cppcheck gcc shellcheck; do
	command -v $tool >/dev/null || {
		echo "lint.sh: not installed: $tool; run: sh scripts/install-deps.sh lint" >&2
		exit 1
	}
done

# FILEs become those of C. The tests' scripts are all for bash, and are read for what is wrong only.
for file; do
	shift
	case $file in
	*.c) set -- "$@" "$file" ;;
	tests/*/*.sh | *.bash) shellcheck -x -S warning -s bash "$file" || status=1 ;;
	*) shellcheck -x "$file" || status=1 ;;
	esac
done
[ $# -gt 0 ] || exit $status

echo "clang-tidy"
for file; do	# one by one: many in one run make it see uninitialised va_lists
	clang-tidy --quiet -p "$build" "$file" 2>/dev/null || status=1
done

echo "cppcheck"
mkdir -p "$build/cppcheck"
# shellcheck disable=SC2046 # flags are words; -isystem, which it does not know, is another -I
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	--cppcheck-build-dir="$build/cppcheck" $(echo "$flags" | sed 's/-isystem */-I/g') \
	--error-exitcode=1 "$@" || status=1

echo "gcc -fanalyzer"
for file; do
	# shellcheck disable=SC2086 # flags are words
	gcc $flags -std=gnu11 -O2 -fanalyzer -fdiagnostics-path-format=none -c -o /dev/null "$file"
done
exit $status
