# SPDX-License-Identifier: GPL-2.0-or-later
# The fuzzers (make fuzz), for a moment: from the seeds, and from what was found
# before, the same inputs each time. They bring their own sanitizers.
# Not under sanitizers: it builds with its own
set -euo pipefail

RUNS=5000

command -v clang >/dev/null || { echo "clang is not installed"; exit 77; }
# libtraceevent's leaks are told from ours by the names of functions
command -v llvm-symbolizer >/dev/null || { echo "llvm-symbolizer is not installed"; exit 77; }
echo 'int LLVMFuzzerTestOneInput(const char *p, long n) { (void)p; (void)n; return 0; }' >"$TMP/try.c"
clang -fsanitize=fuzzer,address,undefined -o "$TMP/try" "$TMP/try.c" 2>"$TMP/log" ||
	{ echo "clang has no libFuzzer: $(tail -n 1 "$TMP/log")"; exit 77; }

[ -e "${LIBPERF:=$BUILD/libperf}/libperf.a" ] || pkg-config --exists libperf
make -s -C "$SRC" -j2 O="$BUILD" LIBPERF="$LIBPERF" CC=clang FUZZ=1 WERROR=1 fuzzers >"$TMP/log" 2>&1 ||
	{ cat "$TMP/log"; exit 1; }

for fuzzer in "$BUILD"/fuzz/tests/fuzz/*; do
	name=${fuzzer##*/}
	# The first is where libFuzzer puts what it makes of the others.
	mkdir "$TMP/$name"
	set -- "$TMP/$name" "$SRC/tests/fuzz/seeds/$name"
	[ ! -d "$SRC/tests/fuzz/found/$name" ] || set -- "$@" "$SRC/tests/fuzz/found/$name"
	# The limit of time is for what hangs; a slow machine is far below it.
	"$fuzzer" -runs=$RUNS -seed=1 -max_len=8192 -timeout=60 -rss_limit_mb=1024 \
		-artifact_prefix="$TMP/" "$@" >"$TMP/log" 2>&1 || {
		echo "$name: for longer than here: make fuzz T=$name"
		grep -v '^#' "$TMP/log" | tail -n 60
		exit 1
	}
	grep -q "^Done $RUNS runs" "$TMP/log"
done
