# SPDX-License-Identifier: GPL-2.0-or-later
# Where output goes: modes, links, what stood there before, pipes, devices,
# closed descriptors and full disks. Nothing that was there is lost.
set -eu
. "$SRC/tests/cli/expect.bash"
cd "$TMP"
flame=$BIN/perf-flame
printf 'a;b 3\na;c 1\n' >x.folded
printf 'old\n' >old

# refused TEXT FILE: exit 1, and told why.
refused()
{
	expect 1 "$flame" x.folded -o "$2" --format folded
	says err "perf-flame: error: will not write $2: $1"
}

# New files are for their owner only, whatever the umask.
(umask 0; expect 0 "$flame" x.folded -o new.folded --summary new.json)
[ "$(stat -c %a new.folded new.json)" = $'600\n600' ] || fail "mode is not 0600"
cmp x.folded new.folded

# An older file of ours is replaced, shorter or longer, and keeps its mode.
for size in 0 5 5000; do
	head -c "$size" /dev/zero >again.folded
	chmod 644 again.folded
	expect 0 "$flame" x.folded -o again.folded
	cmp x.folded again.folded
	[ "$(stat -c %a again.folded)" = 644 ] || fail "mode has changed"
done

# … but not before its successor is complete, and a new one does not stay half made.
printf 'no number\n' >bad.folded
cp old keep.svg
expect 1 "$flame" bad.folded -o keep.svg --summary left.json
cmp old keep.svg
expect 1 "$flame" bad.folded -o left.svg
expect 1 "$flame" missing.folded -o left.svg
says err 'perf-flame: error: cannot read missing.folded: No such file or directory'
mkdir -p kcore.data
expect 1 "$flame" kcore.data -o a.svg
says err 'kcore.data is a directory: of perf record --kcore, give kcore.data/data'
[ ! -e left.svg ] && [ ! -e left.json ] || fail "an empty output stayed behind"
expect 2 "$flame" x.folded --value bogus -o left.svg
[ ! -e left.svg ] || fail "an empty output stayed behind"

# What is read stays, whatever name it has, and so does the one of two outputs.
cp x.folded same.folded
for args in 'same.folded -o same.folded' 'same.folded -o ./same.folded' \
	'--diff x.folded same.folded -o same.folded' '- -o same.folded'; do
	# shellcheck disable=SC2086
	expect 1 "$flame" $args <same.folded
	says err 'same.folded: it is an input, too; remove it or choose another name'
	cmp x.folded same.folded
done
expect 1 "$flame" same.folded -o new.svg --summary same.folded
says err 'will not write same.folded: it is an input, too'
cmp x.folded same.folded
cp x.folded perf.data
expect 1 "$BIN/perf-fold" -o new.svg --summary perf.data </dev/null
cmp x.folded perf.data
rm perf.data
expect 1 "$flame" x.folded -o new.svg --summary ./new.svg
says err 'will not write ./new.svg: --summary and -o both go there'
[ ! -e new.svg ] || fail "an empty output stayed behind"

# What is no text, and may have no end.
truncate -s 1T zeroes.folded
expect 1 "$flame" zeroes.folded -o new.svg
says err 'zeroes.folded:1: NUL bytes: it is no text'
mkfifo palette.map
expect 1 "$flame" x.folded --cp -o new.svg
says err 'cannot read palette.map'
rm palette.map

# Never through a link, nor to what is not a file.
cp old target
ln -s target link.folded
ln -s nowhere dangling.folded
ln target hard.folded
mkdir dir.folded
refused 'it is a symbolic link' link.folded
refused 'it is a symbolic link' dangling.folded
refused 'it has another name (a hard link)' hard.folded
cmp old target
[ ! -e nowhere ] || fail "wrote through a dangling link"
expect 1 "$flame" x.folded -o dir.folded
says err 'cannot write dir.folded: Is a directory'
expect 1 "$flame" x.folded -o none/x.svg
says err 'cannot write none/x.svg: No such file or directory'
expect 1 "$flame" x.folded -o new.folded --summary link.folded
says err 'will not write link.folded: it is a symbolic link'

# What belongs to somebody else.
if [ "$(id -u)" -eq 0 ]; then
	cp old theirs.folded
	mkfifo theirs.fifo
	chown 65534 theirs.folded theirs.fifo
	refused 'it belongs to another user' theirs.folded
	cmp old theirs.folded
	cat theirs.fifo >/dev/null &
	refused 'it belongs to another user' theirs.fifo
	wait
fi

# Standard output, by each of its names; descriptors of the shell; FIFOs; devices.
for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
	expect 0 "$flame" x.folded -o "$name" --format folded
	cmp x.folded out
	"$flame" x.folded -o "$name" --format folded | cmp x.folded -
done
expect 0 "$flame" x.folded -o /dev/fd/7 --format folded 7>seven
cmp x.folded seven
"$flame" x.folded -o >(cat >substituted) --format folded
mkfifo ours
cat ours >from-fifo &
expect 0 "$flame" x.folded -o ours --format folded
wait
cmp x.folded from-fifo
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -s substituted ] && break
	sleep 0.1
done
cmp x.folded substituted
expect 0 "$flame" x.folded -o /dev/null
printf 'before\n' >appended
"$flame" x.folded --format folded >>appended
printf 'before\na;b 3\na;c 1\n' | cmp - appended

# Without an ending: what each tool usually writes.
"$flame" x.folded | grep -q '<svg' || fail "perf-flame does not write SVG"

# Descriptors that cannot be written: told, and no other file is hit.
expect 1 "$flame" x.folded -o /dev/full
says err 'perf-flame: error: cannot write /dev/full: No space left on device'
for command in '--help' '--version' 'x.folded'; do
	"$flame" "$command" >/dev/full 2>err && fail "$command: a full disk goes unnoticed"
	says err 'cannot write standard output: No space left on device'
	"$flame" "$command" >&- 2>err && fail "$command: a closed output goes unnoticed"
	says err 'cannot write standard output: Bad file descriptor'
done
expect 1 "$flame" x.folded -o /dev/fd/9
says err 'cannot write /dev/fd/9: Bad file descriptor'
"$flame" x.folded -o closed.folded <&- >&- 2>&- || fail "needs no standard descriptor"
cmp x.folded closed.folded
"$flame" - -o in.folded <&- 2>err && fail "a closed input goes unnoticed"
says err 'Bad file descriptor'

# A reader that goes away early: no message, whether SIGPIPE is ignored or not.
yes 'a;b 1' | awk '{ print $1 NR, 1 } NR == 60000 { exit }' >large.folded
("$flame" large.folded --format folded 2>err || echo $? >status) | head -n 1 >out
[ ! -s err ] || fail "$(cat err)"
[ "$(cat status)" -eq 141 ] || fail "not ended by SIGPIPE: $(cat status)"
(trap '' PIPE; "$flame" large.folded --format folded 2>err || echo $? >status) | head -n 1 >out
[ ! -s err ] || fail "$(cat err)"
[ "$(cat status)" -eq 1 ] || fail "EPIPE is no success"

# A limit on file sizes is a full disk.
printf 'old\n' >limited.folded
for name in limited unlimited; do
	(ulimit -f 1 && exec "$flame" large.folded -o "$name.folded") 2>err &&
		fail "ulimit -f goes unnoticed"
	says err "cannot write $name.folded: File too large"
done
printf 'old\n' | cmp - limited.folded
[ ! -e unlimited.folded ] || fail "half a file stayed behind"

# A full disk: the older file is there in full, a new one is not there at all.
if unshare -m true 2>/dev/null; then
	unshare -m bash -eu -c '
		. "$SRC/tests/cli/expect.bash"
		mkdir small
		mount -t tmpfs -o size=64k none small
		printf "old\n" >small/keep.folded
		head -c 49152 /dev/zero >small/ballast
		for name in keep new; do
			expect 1 "$1" large.folded -o "small/$name.folded"
			says err "cannot write small/$name.folded: No space left on device"
		done
		cmp old small/keep.folded
		[ ! -e small/new.folded ] || fail "half a file stayed behind"
	' bash "$flame"
else
	echo "not tried: a full disk (unshare -m is not allowed)"
fi
