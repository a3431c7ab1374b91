# SPDX-License-Identifier: GPL-2.0-or-later
# The check that keeps headers, symbol map and exports together finds each way
# in which they can part.
# Not under sanitizers: it is about symbols only
set -euo pipefail

cd "$TMP"
mkdir -p include/perflame
cat >include/perflame/a.h <<'END'
/* pfl_in_a_comment() is not declared */
int pfl_one(void);
int pfl_two(int x,
	    int y);
END
cat >a.c <<'END'
int pfl_one(void) { return 1; }
int pfl_two(int x, int y) { return x + y; }
int pfl_three(void) { return 3; }
int other(void) { return 4; }
END

# check MAP_NAME...: builds with a version script of these names and checks it
check() {
	printf 'PERFLAME_0 {\nglobal:\n' >a.map
	printf '\t%s;\n' "$@" >>a.map
	printf 'local:\n\t*;\n};\n' >>a.map
	${CC:-cc} -shared -fPIC -Wl,--version-script=a.map -o a.so a.c
	sh "$SRC/scripts/check-abi.sh" a.so a.map include 2>&1
}

expect() {
	want=$1
	shift
	got=$(check "$@") && status=0 || status=$?
	[ "$got" = "$want" ] && [ $status -eq "$([ -n "$want" ] && echo 1 || echo 0)" ] || {
		echo "map of $*: status $status, got '$got', want '$want'"
		exit 1
	}
}

expect '' pfl_one pfl_two
expect 'check-abi: pfl_two is declared but not listed' pfl_one
expect 'check-abi: pfl_three is listed but not declared' pfl_one pfl_two pfl_three
expect 'check-abi: pfl_none is listed but not declared
check-abi: pfl_none is listed but not exported' pfl_one pfl_two pfl_none

# Exported against the map: by a library that was linked with another one.
check pfl_one pfl_two
sed -i '/pfl_two/d' a.map include/perflame/a.h
sed -i '/int y/d' include/perflame/a.h
sh "$SRC/scripts/check-abi.sh" a.so a.map include 2>err && exit 1
grep -qx 'check-abi: pfl_two is exported but not listed' err
[ "$(wc -l <err)" -eq 1 ]

# And the library as it was built, which no failed check may leave behind.
sh "$SRC/scripts/check-abi.sh" "$BUILD/lib/libperflame.so" "$SRC/lib/libperflame.map" \
	"$SRC/lib/include"
readelf -d "$BUILD/lib/libperflame.so" | grep 'SONAME.*\[libperflame\.so\.0\]' >/dev/null
