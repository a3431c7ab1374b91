# SPDX-License-Identifier: GPL-2.0-or-later
# What is said of stacks that are not whole and of frames without names: the
# share, who is to blame, and what would help.
set -euo pipefail
cd "$TMP"
. "$SRC/tests/cli/expect.bash"
needs_sampling

cat >spin.c <<'ENDC'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>
static volatile unsigned long sink;
static __attribute__((noipa)) void spin(void)
{
	/* What a compiler does with a register that is free: it holds no frame. */
#ifdef FREE
#ifdef __x86_64__
	__asm__ volatile("mov %%rbp, %%rdx; xor %%ebp, %%ebp; mov $1000000000, %%ecx\n"
			 "1: dec %%ecx; jnz 1b; mov %%rdx, %%rbp" : : : "rcx", "rdx", "cc");
#else
	__asm__ volatile("mov x9, x29; mov x10, x30; mov x29, #0; mov x30, #0; mov x11, #1000000000\n"
			 "1: subs x11, x11, #1; b.ne 1b; mov x29, x9; mov x30, x10"
			 : : : "x9", "x10", "x11", "cc");
#endif
#else
	for (unsigned long i = 0; i < 800000000; i++)
		sink += i;
#endif
	sink++;
}
int main(void)
{
	spin();
	sink++;
	return 0;
}
ENDC
build() { ${CC:-cc} -O2 -o "$@" spin.c; }
build framed -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer
build frameless -fomit-frame-pointer -DFREE
build stripped -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -s -Wl,--build-id=0x1234abcd

# holds: what x.json says, as the Python expression $1; c is the coverage, f the fold, of() a
# binary's entry. libc may have none of the names of its own start, which is below every stack.
holds()
{
	python3 - "$1" <<-'ENDP' || { cat x.json; cat err; fail "not so: $1"; }
	import json, os, sys
	summary = json.load(open("x.json"))
	c, f = summary["coverage"], summary["fold"]
	entries = {os.path.basename(binary["path"]): binary for binary in c["binaries"]}
	of = lambda name: entries.get(name, {"samples": 0, "unnamed": 0, "broken": 0})
	worst = max((b for b in c["binaries"] if not os.path.basename(b["path"]).startswith("libc.")),
		    key=lambda b: b["samples"], default=None)
	here = lambda name: os.path.realpath(name)
	assert f["stacks"] >= 30, f
	sys.exit(not eval(sys.argv[1]))
	ENDP
}

# record PROGRAM ARGS...: ./x.json, and what is said into ./err
record()
{
	local program=$1
	shift
	expect 0 "$BIN/perf-oncpu" -F 499 --user --summary x.json -o x.folded "$@" -- "./$program"
}

# The dynamic linker and libc's start, without frame pointers, take a sample or two.
record framed --call-graph fp
holds 'f["whole"] >= 0.9 * f["stacks"] and not of("framed")["unnamed"]'
holds 'not worst or worst["samples"] <= 0.1 * f["stacks"]'

record frameless --call-graph fp
holds 'f["whole"] <= 0.1 * f["stacks"]'
holds 'worst["path"] == here("frameless") and worst["broken"] >= 0.9 * f["stacks"]'
holds 'worst["unnamed"] == 0 and worst["package"] is None'
says err "% of the stacks reach their thread's root"
says err "note: stacks break off in $PWD/frameless ("
says err ", for want of frame pointers: record with --call-graph dwarf"

# the same stacks, from a file
expect 0 "$BIN/perf-oncpu" -q -F 499 --user --call-graph fp -o x.data -- ./frameless
expect 0 "$BIN/perf-fold" --summary x.json -o x.folded x.data
holds 'worst["path"] == here("frameless") and worst["broken"] >= 0.9 * f["stacks"]'
says err "note: stacks break off in $PWD/frameless ("

# of several inputs, which one it is about; of one there is no doubt
! grep -q 'x\.data:$' err || fail "names its only input"
cp x.data y.data
expect 0 "$BIN/perf-flame" -o x.html x.data y.data
for name in x.data y.data; do
	says err "perf-flame: $name:"
done

record stripped --call-graph dwarf
holds 'f["whole"] >= 0.98 * f["stacks"]'
holds 'worst["path"] == here("stripped") and worst["unnamed"] >= 0.9 * f["stacks"]'
holds 'worst["broken"] <= 0.02 * f["stacks"] and worst["build_id"] == "1234abcd"'
says err "$PWD/stripped has no symbols ("
says err "the debug file of build-id 1234abcd has them, as /usr/lib/debug/.build-id/12/34abcd.debug, or"

# The file was replaced: nobody can have its package any more.
expect 0 "$BIN/perf-oncpu" -q -F 499 --user -o x.data -- ./stripped
rm stripped && build stripped -s
expect 0 "$BIN/perf-fold" --summary x.json -o x.folded x.data
says err "stripped: replaced since it was recorded"
says err "$PWD/stripped has no symbols here ("

# A stripped program of a package.
if command -v dpkg-query >/dev/null && package=$(dpkg-query -S "$(realpath /bin/dash)" 2>/dev/null); then
	expect 0 "$BIN/perf-oncpu" -F 499 --user --summary x.json -o x.folded -- \
		dash -c 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done'
	if ! grep -q ';\[dash\]' x.folded; then
		echo "dash has symbols here; the rest passed"; exit 77
	fi
	holds "worst['package'] == '${package%%:*}'"
	says err "perf-oncpu: note: no symbols in "
	says err " apt install ${package%%:*}-dbgsym"
fi
