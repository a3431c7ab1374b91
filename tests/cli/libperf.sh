# SPDX-License-Identifier: GPL-2.0-or-later
# A build of libperf that is broken off leaves nothing that looks finished, and
# the next one succeeds.
# Not under sanitizers: libperf is built without
set -euo pipefail

tarball=$(find /usr/src -maxdepth 1 -name 'linux-source-*.tar.*' | sort -V | tail -n 1)
[ -n "$tarball" ] || { echo "no kernel source in /usr/src"; exit 77; }
cd "$TMP"
build() {
	sh "$SRC/scripts/build-libperf.sh" "$TMP/lib/perf"
}

head -c 1000000 "$tarball" >"linux-source-0.tar.xz"
if LINUX_SOURCE=$TMP/linux-source-0.tar.xz build 2>err; then
	echo "a tarball that is cut off was accepted"
	exit 1
fi
grep -x "build-libperf.sh: cannot unpack tools/ from $TMP/linux-source-0.tar.xz" err >/dev/null
[ -z "$(ls lib)" ]

# Killed in the middle, as by Ctrl-C.
setsid sh "$SRC/scripts/build-libperf.sh" "$TMP/lib/perf" &
until compgen -G 'lib/perf.*/tools' >/dev/null; do
	kill -0 $!
	sleep 0.1
done
kill -TERM -- -$!
wait $! && exit 1
[ -z "$(ls lib)" ]

build
cat >use.c <<'END'
#include <perf/cpumap.h>
#include <stdio.h>
int main(void)
{
	struct perf_cpu_map *map = perf_cpu_map__new("0-2,5");

	return printf("%d\n", perf_cpu_map__nr(map)) < 0;
}
END
${CC:-cc} -Ilib/perf/include -o use use.c lib/perf/libperf.a
[ "$(./use)" = 4 ]
[ "$(ls lib)" = perf ]
