# SPDX-License-Identifier: GPL-2.0-or-later
# Code that is made as the program runs: node's, by its jitdump and, seen from
# outside, by its perf map.
set -euo pipefail
cd "$TMP"
. "$SRC/tests/cli/expect.bash"
needs_sampling
command -v node >/dev/null || { echo "node is not installed"; exit 77; }

cat >busy.js <<'END'
function innermost(n) { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s; }
function middle(n) { let t = 0; for (let i = 0; i < 50; i++) t += innermost(n + i); return t; }
for (;;) middle(2000);
END
js=(node --perf-basic-prof --no-turbo-inlining busy.js)

# names_javascript HOW: out.folded has a function of the script and what it called
names_javascript()
{
	grep -E ';[^;]*middle[^;]*_\[j\];[^;]*innermost[^;]*_\[j\] [0-9]+$' out.folded >named || {
		cat out.folded; fail "$1: no JavaScript is named"
	}
	says named busy.js
}

# The dump is where the process was, and mapped by it; there is no perf map.
sed 's/for (;;)/for (let i = 0; i < 3000; i++)/' busy.js >once.js && mkdir once && mv once.js once/busy.js
expect 0 "$BIN/perf-oncpu" -q -F 499 --annotate -o out.folded -- \
	node --perf-prof --no-turbo-inlining once/busy.js
names_javascript "by its jitdump"

# records PID: what the process does for a second, into ./out.folded
records()
{
	ran "$1" 100
	expect 0 "$BIN/perf-oncpu" -q -F 499 -p "$1" -d 1s --annotate -o out.folded
}

"${js[@]}" &
pid=$!
records $pid
kill $pid
rm -f "/tmp/perf-$pid.map"
names_javascript "in the same namespaces"

# The map of a container is in its own /tmp and named by the PID that node has there.
[ "$(id -u)" = 0 ] || { echo "only root makes namespaces; the rest passed"; exit 77; }
unshare --pid --fork --mount sh -c 'exec 3<busy.js
	mount -t tmpfs none /tmp 2>/dev/null && cd /tmp && cat <&3 >busy.js && exec "$0" "$@"' \
	"${js[@]}" &
outer=$!
while ! pid=$(pgrep -P $outer); do
	kill -0 $outer 2>/dev/null || { echo "no namespaces here; the rest passed"; exit 77; }
	sleep 0.05
done
records "$pid"
kill -9 "$pid"
[ ! -e "/tmp/perf-$pid.map" ] || fail "the map is not where it should be"
names_javascript "in namespaces of its own"
