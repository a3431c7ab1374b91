# SPDX-License-Identifier: GPL-2.0-or-later
# Inlined functions and source lines of a program with debug information, live
# and by way of a file; addr2line says which line is right.
set -euo pipefail

cd "$TMP"
cat >inlined.cc <<'END'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>
static volatile unsigned long sink;
template <typename T> static inline __attribute__((always_inline)) void inner(T n)
{
	for (T i = 0; i < n; i++)
		sink += i;
}
static inline __attribute__((always_inline)) void middle(unsigned long n)
{
	inner(n);
}
__attribute__((noinline)) void outer()
{
	while (clock() < CLOCKS_PER_SEC / 2)
		middle(1000000);
	sink++;
}
int main()
{
	outer();
	sink++;
}
END
${CXX:-c++} -O2 -g -fno-omit-frame-pointer -o inlined inlined.cc

# share PATTERN: percent of the folded samples whose line has it
share() {
	awk -v pattern="$1" '$0 ~ pattern { with += $NF } { all += $NF }
		END { printf "%d\n", all ? 100 * with / all : -1 }' x.folded
}

# has PATTERN: nearly all samples (but for the start) are of such stacks
has() {
	[ "$(share "$1")" -ge 95 ] || { echo "too few of $1:"; cat x.folded; exit 1; }
}

"$BIN/perf-oncpu" -q -F 499 -o x.data -- ./inlined
"$BIN/perf-fold" -q -i x.data -o x.folded
has ';main;outer[; ]'
[ "$(share middle)" -eq 0 ]
"$BIN/perf-fold" -q -i x.data --inline --annotate -o x.folded
has ';main;outer;middle_\[i\];inner<long unsigned int>_\[i\][; ]'
"$BIN/perf-fold" -q -i x.data --inline --srcline -o x.folded
has ';inner<long unsigned int> \(inlined.cc:[67]\)[; ]'

# dumped stacks have them without being asked
"$BIN/perf-oncpu" -q -F 499 --call-graph dwarf,4096 -o x.folded -- ./inlined
has ';main;outer;middle;inner<long unsigned int>[; ]'
"$BIN/perf-oncpu" -q -F 499 --call-graph dwarf,4096 --no-inline -o x.folded -- ./inlined
has ';main;outer[; ]'
