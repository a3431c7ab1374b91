# SPDX-License-Identifier: GPL-2.0-or-later
# Several inputs of perf-flame, and the difference of two.
set -eu
# shellcheck source=tests/cli/expect.bash
. "$SRC/tests/cli/expect.bash"
cd "$TMP"
flame=$BIN/perf-flame

mkdir d
printf 'm;old 4\nm;same 3\n' >before.folded
printf 'm;new 6\nm;same 1\n' >after.folded
cp after.folded d/before.folded
printf 'm;f 1 2\n' >columns.folded

# Two inputs become two columns; a pipe may be one of them.
expect 0 "$flame" --diff before.folded after.folded --format folded
is out $'m;new 0 6\nm;old 4 0\nm;same 3 1'
expect 0 "$flame" --diff -i before.folded after.folded --format folded --normalize
is out $'m;new 0 6\nm;old 4 0\nm;same 3 1'
expect 0 "$flame" --diff - after.folded --format folded <before.folded
is out $'m;new 0 6\nm;old 4 0\nm;same 3 1'
printf 'm;old 40\nm;same 30\n' >tenfold.folded
expect 0 "$flame" --diff tenfold.folded after.folded --format folded --normalize
is out $'m;new 0 6\nm;old 4 0\nm;same 3 1'
expect 0 "$flame" columns.folded --normalize --format folded
is out $'m;f 2 2'

# The picture: what it compares, what is new, what is gone.
expect 0 "$flame" --diff before.folded after.folded --format svg
says out 'before: before.folded, after: after.folded'
says out '>new</text>'
says out 'nothing of it is left after: stacks that had 4 before'
expect 0 "$flame" --diff after.folded before.folded --negate --format svg
says out '>gone</text>'
says out 'nothing of it was there before: new stacks of 6'
expect 0 "$flame" --diff before.folded d/before.folded --format svg
says out 'before: before.folded, after: d/before.folded'
expect 0 "$flame" --diff before.folded before.folded --diff-by total --format svg
says out 'total grew'
is <(grep -o 'fill="[^"]*"><title>' out | sort -u) 'fill="#f0f0f0"><title>'

# The summary tells of both.
expect 0 "$flame" --diff before.folded after.folded -o x.svg --summary x.json
python3 - <<'END'
import json
summary = json.load(open("x.json"))
assert [i["name"] for i in summary["inputs"]] == ["before.folded", "after.folded"], summary
assert [i["profile"]["total"] for i in summary["inputs"]] == [7, 7], summary
END

wrong()
{
	local text=$1
	shift
	expect 2 "$flame" "$@"
	says err "$text"
	[ ! -s out ] || fail "something was written: $*"
}
wrong '--diff compares two inputs, the one before and the one after; here is 1' --diff a
wrong 'the one after; here are 3' --diff a b c
wrong 'svg holds one input, and here are 2: draw one by one, compare two with --diff' \
	before.folded after.folded
wrong 'standard input is one input' --diff - -
wrong 'columns.folded has two columns, which are a difference already' \
	--diff before.folded columns.folded
for option in --normalize --diff-by=total --threshold=1 --negate; do
	wrong "${option%=*} is about a difference: --diff BEFORE AFTER makes one" \
		before.folded $option
done
expect 1 "$flame" --diff before.folded missing.folded -o y.svg
says err 'missing.folded'
[ ! -e y.svg ] || fail 'y.svg was made of one input'
