#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what the tests need, builds perflame and runs all tests; then again
# under ASan and UBSan. The last line counts both runs.
#
# Usage: test.sh [--no-san] [NAME...]    only tests with one of NAME in theirs

set -eu

cd "$(dirname "$0")/.."
sanitizers=yes
[ "${1:-}" = --no-san ] && { sanitizers=no; shift; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0
skipped=0

# A build or a run that ends without its count is a failure, not a silence.
run() {
	echo "== make $*"
	{ make -j"$(nproc)" "$@" 2>&1 && echo "== done"; } | tee "$log"
	counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' \
		"$log" | tail -n 1)
	# shellcheck disable=SC2086 # three words
	set -- ${counts:-0 0 0}
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
	[ "$2" -ne 0 ] || [ "$(tail -n 1 "$log")" = "== done" ] || failed=$((failed + 1))
}

sh scripts/install-deps.sh test
run WERROR=1 check T="$*"
# Another compiler sees other mistakes.
run O=build/clang LIBPERF="${LIBPERF:-build/libperf}" CC=clang CXX=clang++ WERROR=1
[ $sanitizers = no ] || run SAN=1 WERROR=1 check T="$*"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
