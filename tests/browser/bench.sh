# SPDX-License-Identifier: GPL-2.0-or-later
# What "make bench" does in the browser, with few frames: it comes to its end, and each row says how long.
# Not under sanitizers: they would be measured
set -eu
. "$SRC/tests/browser/browser.bash"
needs_chromium
BENCH_FRAMES=300 python3 "$SRC/tests/bench/bench.py" browser >"$TMP/printed" 2>"$TMP/errors" || {
	cat "$TMP/errors"
	grep -q "flamegraph.pl is not installed" "$TMP/errors" && exit 77
	exit 1
}
for row in "open, to the picture" search zoom "zoom out" "point at a frame" scroll; do
	grep -Eq "^  $row +[0-9]+ ms" "$TMP/printed" || {
		echo "bench: no time in the row \"$row\" of:"
		cat "$TMP/printed"
		exit 1
	}
done
