# SPDX-License-Identifier: GPL-2.0-or-later
# However many CPUs unwind a recording, its profile is the same, to the byte: one program
# with more samples than can wait at a time, among others that come and go.
set -euo pipefail
. "$SRC/tests/cli/expect.bash"
needs_sampling

cd "$TMP"
cat >busy.sh <<'END'
for i in $(seq 40); do
	(/bin/true; /bin/ls -lR /usr/share/doc/bash* >/dev/null 2>&1 || true)
done
"$BUILD/tests/known-answer/shapes" </dev/null >/dev/null
exec "$BUILD/tests/known-answer/shapes" </dev/null >/dev/null
END
perf record -q -F 1997 -e cpu-clock:u --call-graph dwarf,4096 -o x.data -- bash busy.sh 2>log ||
	{ echo "perf cannot record here: $(cat log)"; exit 77; }

first=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
for options in "" "--event cpu-clock:u --root tid" "--kernel" "--user --root none"; do
	expect 0 "$BIN/perf-fold" -q $options --summary all.json -i x.data
	mv out all
	expect 0 taskset -c "$first" "$BIN/perf-fold" -q $options --summary one.json -i x.data
	cmp out all
	expect 0 "$BIN/perf-fold" -q $options -i - <x.data
	cmp out all
	python3 - <<-'END'
	import json
	one, all = (json.load(open(name))["fold"] for name in ("one.json", "all.json"))
	assert one == all, (one, all)
	assert all["folded"] > 100, all
	END
done

# one process of the many: the others need not be unwound, and are not counted
pid=$(perf script -i x.data -F comm,pid 2>/dev/null | awk '$1 == "shapes" { pid = $2 } END { print pid }')
expect 0 "$BIN/perf-fold" -q -p "$pid" -i x.data
mv out all
expect 0 taskset -c "$first" "$BIN/perf-fold" -q -p "$pid" -i x.data
cmp out all
grep -q main all

# a recording that breaks off in the middle of what waits
head -c $(($(stat -c %s x.data) * 2 / 3)) x.data >cut.data
expect 1 "$BIN/perf-fold" -q -i cut.data
mv out all
expect 1 taskset -c "$first" "$BIN/perf-fold" -q -i cut.data
cmp out all
