# SPDX-License-Identifier: GPL-2.0-or-later
# What make install installs is what a program needs that uses the library, in C
# and C++, shared and static; and make uninstall takes all of it away again.
# Not under sanitizers: an instrumented library is nothing to install
set -euo pipefail
shopt -s nullglob

refute() {
	if "$@"; then
		echo "should fail: $*"
		exit 1
	fi
}

cc=${CC:-cc}
cxx=${CXX:-c++}
version=$(sed -n 's/.*PFL_VERSION "\(.*\)"/\1/p' "$SRC/lib/util/version.h")
warnings="-Wall -Wextra -Wpedantic -Werror"

# The list, below DESTDIR.
make -C "$SRC" -s install DESTDIR="$TMP/stage" PREFIX=/usr
(cd "$TMP/stage" && find . ! -type d | sort) >"$TMP/installed"
{
	for tool in "$SRC"/tools/perf-*.c; do
		tool=$(basename "$tool" .c)
		echo "./usr/bin/$tool"
		echo "./usr/share/bash-completion/completions/$tool"
	done
	for header in "$SRC"/lib/include/perflame/*.h; do
		echo "./usr/include/perflame/${header##*/}"
	done
	for page in "$SRC"/Documentation/man/*.[1-8]; do
		echo "./usr/share/man/man${page##*.}/${page##*/}"
	done
	for name in a so so.0 "so.$version"; do
		echo "./usr/lib/libperflame.$name"
	done
	echo ./usr/lib/pkgconfig/libperflame.pc
} | sort >"$TMP/expected"
diff "$TMP/expected" "$TMP/installed"
refute grep -r --include='*.pc' "$TMP" "$TMP/stage"

make -C "$SRC" -s uninstall DESTDIR="$TMP/stage" PREFIX=/usr
left=$(find "$TMP/stage" ! -type d)
[ -z "$left" ] || { echo "uninstall left: $left"; exit 1; }

# A consumer, with an installed copy.
make -C "$SRC" -s install PREFIX="$TMP/prefix"
export PKG_CONFIG_PATH="$TMP/prefix/lib/pkgconfig"
cd "$TMP"
[ "$(pkg-config --modversion libperflame)" = "$version" ]
flags=$(pkg-config --cflags libperflame)
for header in prefix/include/perflame/*.h; do
	echo "#include <perflame/${header##*/}>" | tee -a all.h >one.c
	# each header stands alone
	$cc -std=c99 $warnings $flags -fsyntax-only one.c
	$cxx -std=c++11 $warnings $flags -x c++ -fsyntax-only one.c
done
cat >consumer.c <<'END'
#include "all.h"

int main(void)
{
	struct pfl_profile *profile;
	struct pfl_input *input;
	struct pfl_ctx *ctx;
	struct pfl_folded_read how = {};
	struct pfl_folded_write what = {};

	if (pfl_ctx_new(&ctx))
		return 1;
	if (pfl_input_open(ctx, "-", &input) || pfl_folded_read(ctx, input, &how, &profile))
		return 2;
	if (pfl_folded_write(profile, &what, stdout))
		return 3;
	pfl_profile_free(profile);
	pfl_input_close(input);
	pfl_ctx_free(ctx);
	return puts(pfl_version()) < 0;
}
END
cp consumer.c consumer.cc

# consume COMPILER FLAGS...: builds the consumer, runs it, looks at what it says
consume() {
	"$@"
	got=$(printf 'b;c 2\na 1\na 2\n' | LD_LIBRARY_PATH=$TMP/prefix/lib ./consumer)
	[ "$got" = "a 3
b;c 2
$version" ] || { echo "$*: got '$got'"; exit 1; }
}
shared=$(pkg-config --cflags --libs libperflame)
static=$(pkg-config --static --cflags --libs libperflame)
consume $cc -Wall -Wextra -Werror -o consumer consumer.c $shared
consume $cxx -Wall -Wextra -Werror -o consumer consumer.cc $shared
readelf -d consumer | grep 'NEEDED.*libperflame\.so\.0' >/dev/null
consume $cc -Wall -Wextra -Werror -static -o consumer consumer.c $static
consume $cxx -Wall -Wextra -Werror -static -o consumer consumer.cc $static
refute grep -a NEEDED <(readelf -d consumer)
