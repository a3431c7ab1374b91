# SPDX-License-Identifier: GPL-2.0-or-later
# Dumped stacks (perf record --call-graph dwarf) of a program without frame
# pointers: whole where the dump is large enough, marked and told where not.
set -euo pipefail

cd "$TMP"
cat >deep.c <<'END'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <alloca.h>
#include <string.h>
#include <time.h>
static volatile unsigned long sink;
static __attribute__((noipa)) void burn(void)
{
	while (clock() < CLOCKS_PER_SEC)
		for (int i = 0; i < 1000000; i++)
			sink += i;
	sink++;
}
static __attribute__((noipa)) void on_a_moving_stack(int size)
{
	char *some = alloca(size);

	memset(some, size, size);
	burn();
	sink += some[size / 2];
}
static __attribute__((noipa)) void deep(int depth)
{
	char room[512];

	memset(room, depth, sizeof(room));
	if (depth)
		deep(depth - 1);
	else
		on_a_moving_stack(300);
	sink += room[depth];
}
int main(void)
{
	deep(6);
	sink++;
	return 0;
}
END
${CC:-cc} -O2 -fomit-frame-pointer -fno-optimize-sibling-calls -o deep deep.c

# record SIZE: x.data with dumps of so many bytes
record() {
	perf record -q -F 499 -e cpu-clock:u --call-graph "dwarf,$1" -o x.data -- ./deep 2>log ||
		{ echo "perf cannot record here: $(cat log)"; exit 77; }
}

# share PATTERN: percent of the folded samples whose line has it
share() {
	awk -v pattern="$1" '$0 ~ pattern { with += $NF } { all += $NF }
		END { printf "%d\n", all ? 100 * with / all : -1 }' x.folded
}

# whole: x.folded and x.json are of stacks that are all there
whole() {
	# clock(3) is in there, too; everything stands below the same seven calls
	[ "$(share ';main;deep;deep;deep;deep;deep;deep;deep;on_a_moving_stack;burn')" -ge 98 ] ||
		{ cat x.folded; exit 1; }
	[ "$(share 'truncated')" -eq 0 ] || { cat x.folded; exit 1; }
	python3 - <<-'END'
	import json
	fold = json.load(open("x.json"))["fold"]
	assert fold["unwound"] == fold["folded"] > 100, fold
	assert fold["truncated"] == 0 and fold["broken"] <= fold["folded"] // 100, fold
	END
}

record 8192
"$BIN/perf-fold" -q -i x.data --summary x.json -o x.folded
whole

# our own recorder, live and by way of a file, which perf walks too
"$BIN/perf-oncpu" -q -F 499 --call-graph dwarf,8192 --summary x.json -o x.folded -- ./deep
whole
"$BIN/perf-oncpu" -q -F 499 --call-graph dwarf,8192 -o own.data -- ./deep
"$BIN/perf-fold" -q -i own.data --summary x.json -o x.folded
whole
samples=$(perf script -i own.data -F ip,sym 2>/dev/null | grep -c 'on_a_moving_stack')
[ "$samples" -gt 100 ]

record 1024
"$BIN/perf-fold" -i x.data --summary x.json -o x.folded 2>messages
[ "$(share '^deep;[[]truncated[]];deep;.*;burn')" -ge 95 ] || { cat x.folded; exit 1; }
size=$(sed -n 's/.*--call-graph dwarf,\([0-9]*\) takes more.*/\1/p' messages)
[ "$size" -gt 1024 ] || { cat messages; exit 1; }
