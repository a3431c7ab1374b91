# SPDX-License-Identifier: GPL-2.0-or-later
# Each mapping gets its names from the file that was mapped, and from no other:
# replaced, deleted, stripped, in another mount namespace, its process long gone.
set -euo pipefail
cd "$TMP"
. "$SRC/tests/cli/expect.bash"
needs_sampling

cat >spin.c <<'ENDC'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static volatile unsigned long sink;
/* So many seconds of CPU time. */
__attribute__((noipa)) void NAME(double seconds)
{
	while ((double)clock() / CLOCKS_PER_SEC < seconds)
		for (int i = 0; i < 1000000; i++)
			sink += i;
}
/* Alone; or, with a second argument, by running the programs of that name with .0 to .15. */
int main(int argc, char **argv)
{
	char path[64];

	if (argc < 3)
		NAME(argc > 1 ? atof(argv[1]) : 0.6);
	for (int i = 0; argc > 2 && i < 16; i++) {
		snprintf(path, sizeof(path), "%s.%d", argv[2], i);
		if (!fork())
			execl(path, path, argv[1], (char *)NULL), _exit(1);
		wait(NULL);
	}
	sink++;
	return 0;
}
ENDC
# build FILE NAME ARGS...: a program whose time goes into a function of that name
build() { ${CC:-cc} -O2 -fno-omit-frame-pointer -o "$1" -DNAME="$2" "${@:3}" spin.c; }

# names FUNCTION: most of out.folded is in it
names()
{
	awk -v name="$1" '$0 ~ ";" name "(;| )" { with += $NF } { all += $NF }
		END { exit !(all >= 20 && with >= 0.9 * all) }' out.folded && return
	cat out.folded err
	fail "$1 is not what most samples are in"
}

# What was mapped when recording began may have another name by now: only root, and
# whoever has CAP_CHECKPOINT_RESTORE, may open it all the same.
may_open_mapped()
{
	cat /proc/self/map_files/* >/dev/null 2>&1
}

record() { expect 0 "$BIN/perf-oncpu" -F 199 --user -o out.folded "$@"; }

# A name of its own, replaced while it is recorded, and gone when the names are looked up.
build program first_build && build other second_build
./program 1.5 & pid=$!
record -p $pid & recorder=$!
ran $pid 50
mv other program
wait $recorder
names first_build

build program first_build
./program 1.5 & pid=$!
record -p $pid & recorder=$!
ran $pid 50
rm program
wait $recorder
names first_build

# A recording keeps build-ids: what has taken the file's place is not believed.
build program first_build && build other second_build
expect 0 "$BIN/perf-oncpu" -q -F 199 --user -o x.data -- ./program
mv program kept && mv other program
expect 0 "$BIN/perf-fold" -o out.folded x.data
grep -q 'first_build\|second_build' out.folded && fail "named by another file"
says err "program: replaced since it was recorded, was build-id"
mv kept program
expect 0 "$BIN/perf-fold" -o out.folded x.data
names first_build
perf buildid-list -i x.data >out
says out "$PWD/program"
perf script -i x.data -F comm,ip,sym >out 2>/dev/null
says out first_build

# Stripped, with its symbols elsewhere.
build full stripped_build
objcopy --only-keep-debug full program.debug
strip -o program full
objcopy --add-gnu-debuglink=program.debug program
record -- ./program
names stripped_build
rm program.debug
record -- ./program
grep -q stripped_build out.folded && fail "the symbols are still there"

nm --format=posix --defined-only full | awk '$2 ~ /[Tt]/ { print $1 }' >functions
objcopy -S --remove-section=.comment --keep-symbols=functions full mini 2>/dev/null
objcopy --only-keep-debug --keep-symbols=functions full mini
xz -k mini
strip -o program full
objcopy --add-section .gnu_debugdata=mini.xz program
record -- ./program
names stripped_build

[ "$(id -u)" = 0 ] || { echo "only root makes namespaces; the rest passed"; exit 77; }

if may_open_mapped; then
	build program first_build && build other second_build
	./program 1.5 & pid=$!
	ran $pid 10
	mv other program
	record -p $pid
	names first_build

	build program first_build
	./program 1.5 & pid=$!
	ran $pid 10
	rm program
	record -p $pid
	names first_build
fi

# The symbols by build-id, below /usr/lib/debug: in a mount namespace, so that ours stays as it is.
id=$(readelf -n full | awk '/Build ID/ { print $3 }')
objcopy --only-keep-debug full "${id:2}.debug"
strip -o program full
inside() { exec unshare --mount sh -ec "$@"; }
(inside 'mount -t tmpfs none /mnt') 2>/dev/null || { echo "no namespaces here; the rest passed"; exit 77; }
(inside 'mount -t tmpfs none /usr/lib/debug
	mkdir -p "/usr/lib/debug/.build-id/$1" && cp "$2" "/usr/lib/debug/.build-id/$1/"
	"$3" -q -F 199 --user -o out.folded -- ./program' sh "${id:0:2}" "${id:2}.debug" "$BIN/perf-oncpu")
names stripped_build

# A root of its own, as in a container, which is gone with the process.
build contained inside_build -static
build short short_build -static
build outside outside_build -static
mkdir root
cp outside "/tmp/pivoted.$$"
trap 'rm -f "/tmp/pivoted.$$"' EXIT
for after in alive gone children; do
	mkfifo go.$after
	work=1.2
	# Most are gone before anybody could ask /proc for their root.
	[ $after != children ] || work='0.05 tmp/short'
	inside 'mount -t tmpfs none root && mkdir root/tmp root/old
		cp contained "root/tmp/pivoted.$1"
		for i in $(seq 0 15); do cp short root/tmp/short.$i; done
		exec 3<"$2"
		cd root && pivot_root . old
		read -r line <&3
		exec "tmp/pivoted.$1" $3' sh $$ go.$after "$work" &
	pid=$!
	exec 4>go.$after
	if [ $after = alive ]; then
		echo go >&4
		ran $pid 10
		record -p $pid -d 1s
	else
		record -p $pid & recorder=$!
		echo go >&4
		wait $recorder
	fi
	exec 4>&-
	wait $pid || true
	[ $after != children ] && names inside_build || names short_build
done
