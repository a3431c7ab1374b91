#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs clang-tidy (.clang-tidy), cppcheck and gcc -fanalyzer over FILEs.
#
# Usage: lint.sh BUILD FLAGS FILE...    (BUILD has the compile_commands.json)

set -eu

build=$1
flags=$2
shift 2
status=0

echo "clang-tidy"
clang-tidy --quiet -p "$build" "$@" 2>/dev/null || status=1

echo "cppcheck"
mkdir -p "$build/cppcheck"
# -isystem is not cppcheck's: it knows libc from its own tables.
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	--cppcheck-build-dir="$build/cppcheck" -Ilib -Ilib/include -Itools -D_GNU_SOURCE \
	--error-exitcode=1 "$@" || status=1

echo "gcc -fanalyzer"
for file; do
	# shellcheck disable=SC2086 # flags are words
	gcc $flags -std=gnu11 -O2 -fanalyzer -Werror -c -o /dev/null "$file" || status=1
done
exit $status
