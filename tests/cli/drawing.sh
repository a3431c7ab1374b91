# SPDX-License-Identifier: GPL-2.0-or-later
# The options about the picture that flamegraph.pl and inferno have: what hands know, works.
set -eu
# shellcheck source=tests/cli/expect.bash
. "$SRC/tests/cli/expect.bash"
cd "$TMP"
flame=$BIN/perf-flame
printf 'm;a;x 3\nm;b;x 5\n' >x.folded

# All of them in one line, as in somebody's script.
expect 0 "$flame" --title T --subtitle S --width 800 --height 20 --minwidth 0.1% \
	--fonttype Verdana --fontsize 12 --countname ticks --nametype Routine: --colors java \
	--bgcolors green --hash --reverse --inverted --notes N --total 10 --factor 2 x.folded
says out '<title>T</title>'
says out '<desc>N</desc>'
says out 'width="800"'
says out '>Routine: all (20 ticks)</text>'
says out '<title>x (16 ticks, 80.00%)</title>'

expect 0 "$flame" --reverse x.folded --format folded
is out $'x;a;m 3\nx;b;m 5'
expect 0 "$flame" --base a --base b x.folded --format folded
is out $'a;x 3\nb;x 5'
expect 0 "$flame" --skip-after a --skip-after=b x.folded --format folded
is out $'m;a 3\nm;b 5'
printf 'b 1\na 2\nb 4\n' >time.folded
expect 0 "$flame" --flamechart time.folded --format folded
cmp time.folded out
expect 0 "$flame" --total 4 x.folded --format txt
says err 'the total of 4 is less than what was counted'

# palette.map: the colours that are in it are used, and all are there afterwards.
printf 'a->rgb(10,200,30)\nelsewhere->rgb(1,2,3)\n' >palette.map
expect 0 "$flame" --cp x.folded
says out 'fill="#0ac81e"><title>a ('
says palette.map 'elsewhere->rgb(1,2,3)'
[ "$(wc -l <palette.map)" -eq 6 ] || fail "$(cat palette.map)"	# all, m, a, b, x, elsewhere
cp palette.map before
cp out first.svg
expect 0 "$flame" --cp x.folded
diff <(grep '<rect x' first.svg) <(grep '<rect x' out)
cmp palette.map before
echo odd >>palette.map
expect 0 "$flame" --cp x.folded
says err 'map of colours: 1 lines left out'
rm palette.map
ln -s before palette.map
expect 1 "$flame" --cp x.folded
says err 'will not write palette.map: it is a symbolic link'
rm palette.map
expect 0 "$flame" --cp x.folded
[ -s palette.map ] || fail 'no palette.map'

wrong()
{
	local text=$1
	shift
	expect 2 "$flame" "$@"
	says err "$text"
}
wrong '--minwidth: "1x" must be a number such as 0.1, or 0.1%' --minwidth 1x x.folded
wrong '--total: "0" must be a whole number from 1 on' --total 0 x.folded
wrong '--base: "" must not be empty' --base '' x.folded
wrong '--fontsize: "3" must be a whole number from 4 to 100' --fontsize 3 x.folded
wrong '--diff and --flamechart' --diff --flamechart x.folded x.folded
expect 1 "$flame" --bgcolors mauve x.folded
says err 'a background is yellow, blue, green, grey or a colour such as #f8f8f8'
