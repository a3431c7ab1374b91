# SPDX-License-Identifier: GPL-2.0-or-later
# A build out of the tree leaves the tree as it was, does only what is to do,
# and says what can be done.
# Not under sanitizers: it is about make
set -euo pipefail

refute() {
	if "$@"; then
		echo "should fail: $*"
		exit 1
	fi
}

# A copy: the real tree may hold other builds, and is touched below.
sh "$SRC/tests/copy-tree.sh" "$TMP/src"
cd "$TMP/src"
[ -e "${LIBPERF:=$BUILD/libperf}/libperf.a" ] || pkg-config --exists libperf
mk() {
	make O="$TMP/out" LIBPERF="$LIBPERF" CFLAGS=-O0 "$@"
}

find . -type f -exec sha256sum {} + | sort >"$TMP/before"
mk >"$TMP/log"
find . -type f -exec sha256sum {} + | sort >"$TMP/after"
diff "$TMP/before" "$TMP/after"

# Short lines, one for each step.
refute grep -v '^  [A-Z]* *[^ ]*$' "$TMP/log"
grep -qx '  CC      lib/util/strbuf.c' "$TMP/log"

# All done: nothing to do. A header: what includes it. Flags: everything.
mk >"$TMP/log"
[ ! -s "$TMP/log" ] || { cat "$TMP/log"; exit 1; }
touch lib/util/strbuf.h
mk >"$TMP/log"
grep -qx '  CC      lib/util/strbuf.c' "$TMP/log"
refute grep -x '  CC      lib/util/table.c' "$TMP/log"
mk CPPFLAGS=-DX "$TMP/out/obj/lib/util/table.o" >"$TMP/log"
grep -qx '  CC      lib/util/table.c' "$TMP/log"

# The compilation database is valid and names every source file of ours.
python3 - "$TMP/out/compile_commands.json" <<'END'
import glob, json, sys
have = {entry["file"] for entry in json.load(open(sys.argv[1]))}
want = {f for p in ("lib/*/*.c", "lib/*/*/*.c", "tools/*.c", "tests/unit/*.c", "tests/fuzz/*.c") for f in glob.glob(p)}
assert have == want, have ^ want
END

# make help knows every target and every variable that the Makefile asks about.
mk help >"$TMP/help"
for target in $(sed -n 's/^\.PHONY: //p' Makefile); do
	[ "$target" = FORCE ] || grep "^  $target " "$TMP/help" || { echo "no $target"; exit 1; }
done
for variable in O V DEBUG SAN WERROR CC T PREFIX DESTDIR LIBPERF SHARED_LIBS; do
	grep "^  $variable=" "$TMP/help" || { echo "no $variable="; exit 1; }
done

# clean removes what was built and nothing else, wherever O points.
touch "$TMP/out/mine"
mk clean >/dev/null
[ "$(find "$TMP/out" ! -type d)" = "$TMP/out/mine" ]
refute make O=. >/dev/null 2>"$TMP/err"
grep -q 'O=\. is the source tree' "$TMP/err"
