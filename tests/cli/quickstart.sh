# SPDX-License-Identifier: GPL-2.0-or-later
# The first command of the README: from a clean checkout, called from anywhere,
# it leaves a flame graph of the whole box and says where; and so it does again.
# Not under sanitizers: it builds for itself
set -euo pipefail

sh "$SRC/tests/copy-tree.sh" "$TMP/src"
[ -z "${LIBPERF:-}" ] || export LIBPERF
unset O B SAN WERROR
cd /
for time in first second; do
	CFLAGS=-O0 sh "$TMP/src/scripts/quickstart.sh" >"$TMP/log" 2>&1 </dev/null || {
		cat "$TMP/log"
		exit 1
	}
	grep -x "The flame graph: $TMP/src/perf-oncpu.svg" "$TMP/log" >/dev/null
	xmllint --noout "$TMP/src/perf-oncpu.svg"
	grep '<svg' "$TMP/src/perf-oncpu.svg" >/dev/null
	[ $time = second ] || rm "$TMP/src/perf-oncpu.svg"
done
# The second time there was nothing to build.
if grep '^  CC ' "$TMP/log"; then
	exit 1
fi
