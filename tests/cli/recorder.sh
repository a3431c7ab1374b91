# SPDX-License-Identifier: GPL-2.0-or-later
# A recorder from its command line to its exit status: commands, signals,
# targets, what it leaves behind, and what it leaves alone.
set -eu
. "$SRC/tests/cli/expect.bash"
needs_sampling
cd "$TMP"
oncpu=$BIN/perf-oncpu
spin='i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done'

# A command: its output is its own, its status is ours.
expect 0 "$oncpu" -q -F 999 -o a.folded -- sh -c "$spin; echo done"
is out "done"
[ ! -s err ] || fail "-q is not quiet"
grep -q '^sh;.* [0-9]*$' a.folded || fail "the command was not sampled"
! grep -v '^sh[;-]' a.folded || fail "more than the command was sampled"
[ "$(stat -c %a a.folded)" = 600 ] || fail "mode is not 0600"
expect 7 "$oncpu" -F 999 -o b.folded sh -c "$spin; exit 7"
says err 'perf-oncpu: wrote b.folded, '
grep -Eq '^perf-oncpu: [0-9,]+ samples of ' err || fail "no summary"
expect 143 "$oncpu" -q -F 999 -o c.folded -- sh -c "$spin; kill -TERM \$\$"
expect 127 "$oncpu" -q -o none.folded -- ./no-such-command
says err 'perf-oncpu: error: ./no-such-command: '
touch plain
expect 126 "$oncpu" -q -o none.folded -- ./plain
printf '#!/no/such/interpreter\n' >script
chmod +x script
expect 126 "$oncpu" -q -o none.folded -- ./script
says err './script: cannot be run: it was there, but the interpreter that it names is not'
expect 125 "$oncpu" -q -o none/x.folded -- touch started
expect 125 "$oncpu" -q -o none.folded --summary none/x.json -- touch started
expect 1 "$oncpu" -q -o none.folded -p 2147483647 -d 1
expect 1 "$oncpu" -q -o none.folded -G /no/such/cgroup -d 1
[ ! -e started ] && [ ! -e none.folded ] || fail "$(ls)"

# Whoever started us may not have wanted signals: we do.
cat >deaf.py <<'END'
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
os.execv(sys.argv[1], sys.argv[1:])
END
expect 3 python3 deaf.py "$oncpu" -q -F 999 -o deaf.folded -- sh -c "$spin; exit 3"
expect 143 python3 deaf.py "$oncpu" -q -F 999 -o deaf.folded -- sh -c "kill -TERM \$PPID; sleep 1"

# What the command reads and gets on its command line is its own, too.
echo input >in
expect 0 "$oncpu" -q -F 999 -o d.folded -- sh -c "$spin; cat; echo \"\$@\"" sh -o --help <in
is out $'input\n-o --help'

# The end of the time: the command gets SIGTERM, and we its status.
expect 143 "$oncpu" -q -d 300ms -o e.data -- bash -c 'while :; do :; done'
expect 143 "$oncpu" -q -d 300ms -o e.data -- sh -c 'kill -STOP $$'
expect 9 "$oncpu" -q -d 3 -o e.data -- bash -c 'trap "exit 9" TERM; while :; do :; done'

busy &
load=$!
busy &
other=$!
trap 'kill $load $other 2>/dev/null' EXIT

# start ARG...: a recorder that has begun when this comes back.
start()
{
	: >started
	"$oncpu" -v -F 999 "$@" 2>started &
	recorder=$!
	until grep -q 'rings of' started; do
		kill -0 $recorder || fail "$(cat started)"
		sleep 0.05
	done
}

# finish SIGNAL: ends it when the load was on the CPU for a while.
finish()
{
	ran $load 30
	kill "-$1" $recorder
	wait $recorder || fail "SIG$1: exit status $?: $(cat started)"
}

# Signals end a recording, and what was sampled is there. A terminal that goes
# away does not, where nohup(1) has said so.
for signal in INT TERM HUP; do
	start -p $load -o $signal.folded
	finish $signal
	grep -q '^bash;.* [0-9]*$' $signal.folded || fail "SIG$signal: nothing was kept"
done
# Once is enough, as often as it is asked: timeout(1) sends each signal twice.
for signal in INT TERM; do
	start -p $load -o often.folded
	ran $load 30
	for _ in {1..50}; do
		kill -$signal $recorder 2>/dev/null || break
		sleep 0.01
	done
	wait $recorder || fail "SIG$signal, again and again: exit status $?: $(cat started)"
	grep -q '^bash;.* [0-9]*$' often.folded || fail "SIG$signal, again and again: nothing was kept"
	rm often.folded
done
trap '' HUP
start -p $load -o nohup.folded
trap - HUP
kill -HUP $recorder
finish INT

# A process by its id, a thread by its own, beside others that are not wanted.
for target in -p -t; do
	start $target $load --root pid -o target.folded
	finish INT
	grep -q "^bash-$load;" target.folded || fail "$target: the target was not sampled"
	! grep -q "^bash-$other;" target.folded || fail "$target: another one was sampled"
done
start -p $load,$other -p $load --root pid -o target.folded
ran $other 30
finish INT
grep -q "^bash-$load;" target.folded && grep -q "^bash-$other;" target.folded ||
	fail "not both of two were sampled"

# Inside a PID namespace: what is outside is nobody's, and that is said.
if unshare -pf --mount-proc true 2>/dev/null; then
	unshare -pf --mount-proc "$oncpu" -F 999 -d 500ms -o inside.data 2>err
	says err 'warning: inside a PID namespace: '
	expect 0 "$BIN/perf-fold" inside.data --root pid -o inside.folded
	! grep -E '^[^;]*-0[; ]' inside.folded |
		grep -Ev '^(swapper|\[outside_the_PID_namespace\])-0[; ]' ||
		fail "processes outside of the namespace were taken for one"
fi

# A recording: in place from the start; the one before becomes FILE.old.
start -p $load -o r.data
finish INT
expect 0 "$BIN/perf-fold" r.data -o first.folded
start -p $load -o r.data
finish INT
expect 0 "$BIN/perf-fold" r.data.old -o old.folded
cmp first.folded old.folded
[ "$(stat -c %a r.data r.data.old)" = $'600\n600' ] || fail "mode is not 0600"
# … but not for a recording that never began.
cp r.data kept
expect 1 "$oncpu" -q -d 1 -p 2147483647 -o r.data
cmp kept r.data
! compgen -G 'r.data.old.*' >/dev/null || fail "$(ls)"

# Out of a pipe or a redirection it is a recording all the same.
start -p $load --format data > >("$BIN/perf-fold" -q >pipe.folded; echo $? >pipe.status)
finish INT
until [ -s pipe.status ]; do sleep 0.05; done
is pipe.status 0
grep -q '^bash;' pipe.folded || fail "nothing came through the pipe"
start -p $load --format data >to.data
finish INT
expect 0 "$BIN/perf-fold" -q to.data
grep -q '^bash;' out || fail "nothing stands in the file"

# A file that is removed meanwhile: a recording is lost with it, and that is told; a graph
# goes to its place again, or where there is none, to the terminal.
mkdir place
start -p $load -o place/gone.data
rm place/gone.data
ran $load 10
kill -INT $recorder
! wait $recorder || fail "a recording that was removed is no error"
says started 'place/gone.data was removed while it was being written'
start -p $load -o place/back.folded
rm place/back.folded
finish INT
grep -q '^bash;' place/back.folded || fail "what was removed did not come back"
start -p $load -o place/lost.folded
rm -r place
ran $load 10
kill -INT $recorder
! wait $recorder || fail "an output without a place is no error"
says started 'cannot write place/lost.folded: No such file or directory'
says started '|bash '

# The whole box while a command runs, and CPUs of it: not for everybody.
if [ "$(id -u)" -eq 0 ]; then
	expect 0 "$oncpu" -q -F 999 -a --root pid -o box.folded -- \
		bash -c 'while [ -d /proc/$1 ] && [ ! -e enough ]; do :; done' bash $load &
	ran $load 30
	touch enough
	wait $!
	grep -q "^bash-$load;" box.folded || fail "-a records only the command"
	expect 0 "$oncpu" -q -d 100ms -C 0,0-0 -o cpu0.data --summary cpu0.json
	python3 -c 'import json; assert json.load(open("cpu0.json"))["record"]["cpus"] == 1'
fi

# perf runs us by name.
if command -v perf >/dev/null; then
	PATH=$BIN:$PATH expect 0 perf oncpu -q -F 999 -o by-perf.svg -- sh -c "$spin"
	grep -q '</svg>' by-perf.svg || fail "perf oncpu wrote no graph"
fi

# A full disk: what fitted is a recording, and a graph that does not fit is shown.
if unshare -m true 2>/dev/null; then
	unshare -m bash -eu -c '
		. "$SRC/tests/cli/expect.bash"
		mkdir small
		mount -t tmpfs -o size=64k none small
		expect 1 "$1" -F 9999 -p "$2" -o small/full.data
		says err "No space left on device"
		expect 0 "$BIN/perf-fold" -q small/full.data
		grep -q "^bash;" out || fail "nothing of it can be read"
		expect 1 "$1" -q -F 999 -d 1 -p "$2" -o small/full.svg
		says err "cannot write small/full.svg: No space left on device; free some"
		says err "|bash "	# as text, so that it is not lost
		[ ! -e small/full.svg ] || fail "half a graph stayed behind"
	' bash "$oncpu" $load
else
	echo "not tried: a full disk (unshare -m is not allowed)"
fi
