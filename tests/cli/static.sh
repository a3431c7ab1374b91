# SPDX-License-Identifier: GPL-2.0-or-later
# The static tarball: in a root that has nothing but it, /proc and /sys, its
# programs record and draw, as root and as another user.
#
# With PERFLAME_DEBOOTSTRAP=SUITE the same in a minimal Debian of that release.
# Not under sanitizers: it builds programs of its own
set -euo pipefail

cd "$TMP"
rm -f "$BUILD"/static/perf-*	# so that they are linked now, and the linker heard
make -C "$SRC" -s dist-static >log 2>&1 || { cat log; exit 1; }
# The linker warns where a static program could not work elsewhere.
grep -i warning log && exit 1
version=$(sed -n 's/.*PFL_VERSION "\(.*\)"/\1/p' "$SRC/lib/util/version.h")
name=perflame-$version-$(uname -m)-static
tarball=$(dirname "$BUILD/x")/$name.tar.gz
[ "$(stat -c %s "$tarball")" -lt 10000000 ]
tar -xf "$tarball"
for program in "$BIN"/perf-*; do
	program=$name/bin/${program##*/}
	readelf -lW "$program" >elf
	if grep 'INTERP' elf || readelf -d "$program" | grep NEEDED; then
		echo "$program is not static"
		exit 1
	fi
done
diff "$SRC/COPYING" "$name/COPYING"
[ "$(cd "$name" && find man -type f -printf '%f\n' | sort)" = \
	"$(cd "$SRC/Documentation" && find man -name '*.[1-8]' -printf '%f\n' | sort)" ]

# Not in every container.
unshare -m true 2>err || { echo "no private mount namespace: $(cat err)"; exit 77; }
cat >burn.c <<'END'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>
static volatile unsigned long sink;
static __attribute__((noinline)) void burn_in_a_bare_root(void)
{
	while (clock() < CLOCKS_PER_SEC / 2)
		for (int i = 0; i < 100000; i++)
			sink += i;
}
int main(void)
{
	burn_in_a_bare_root();
	return 7;
}
END
${CC:-cc} -O1 -fno-omit-frame-pointer -static -o burn burn.c

# in_root DIR COMMAND...: in a mount namespace of its own, which ends with it
in_root() {
	unshare -m sh -euc '
		root=$1
		shift
		mount --make-rprivate /
		mount --bind /proc "$root/proc"
		mount --rbind /sys "$root/sys"
		exec "$@"' sh "$@"
}

# expect STATUS COMMAND...
expect() {
	want=$1
	shift
	"$@" >out 2>&1 && got=0 || got=$?
	[ $got -eq "$want" ] || { cat out; echo "$*: status $got, not $want"; exit 1; }
}

# records_and_draws ROOT CHROOT...: CHROOT enters ROOT, as some user
records_and_draws() {
	root=$1
	shift
	rm -rf "$root/tmp"
	mkdir -m 1777 "$root/tmp"
	expect 7 in_root "$root" "$@" /bin/perf-oncpu -o /tmp/a.svg -- /bin/burn
	grep -F 'burn_in_a_bare_root' "$root/tmp/a.svg" >/dev/null
	expect 7 in_root "$root" "$@" /bin/perf-oncpu -o /tmp/a.data -- /bin/burn
	expect 0 in_root "$root" "$@" /bin/perf-fold -i /tmp/a.data -o /tmp/a.folded
	grep '^burn;.*;burn_in_a_bare_root [0-9]*$' "$root/tmp/a.folded" >/dev/null
	expect 0 in_root "$root" "$@" /bin/perf-flame -i /tmp/a.folded -o /tmp/b.svg
	grep -F 'burn_in_a_bare_root' "$root/tmp/b.svg" >/dev/null
}

# settle ROOT: the tarball's programs and the workload are in it
settle() {
	mkdir -p "$1/bin" "$1/proc" "$1/sys"
	chmod 755 "$1"
	cp "$name"/bin/perf-* burn "$1/bin/"
}

everywhere() {
	settle "$1"
	records_and_draws "$1" chroot "$1"
	# beyond 2 (Debian's own kernels) the kernel lets nobody else record at all
	[ "$(cat /proc/sys/kernel/perf_event_paranoid)" -gt 2 ] ||
		records_and_draws "$1" chroot --userspec=65534:65534 "$1"
	rm -rf "$1/tmp"
	mkdir -m 1777 "$1/tmp"
	expect 0 in_root "$1" chroot "$1" /bin/perf-oncpu -d 1 -o /tmp/box.svg
	grep -F '<svg' "$1/tmp/box.svg" >/dev/null
}

everywhere "$TMP/root"
if [ -n "${PERFLAME_DEBOOTSTRAP:-}" ]; then
	debootstrap --variant=minbase "$PERFLAME_DEBOOTSTRAP" "$TMP/debian" \
		${PERFLAME_MIRROR:+"$PERFLAME_MIRROR"} >log 2>&1 || { tail log; exit 1; }
	everywhere "$TMP/debian"
fi
