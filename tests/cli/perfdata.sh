# SPDX-License-Identifier: GPL-2.0-or-later
# What we write is perf.data to perf: files, pipes, what a killed recorder left,
# threads that are born while we attach. Counts are compared exactly.
set -eu
. "$SRC/tests/cli/expect.bash"
needs_sampling
command -v perf >/dev/null || { echo "no perf to compare with"; exit 77; }
cd "$TMP"
oncpu=$BIN/perf-oncpu

# samples FILE: how many perf script prints. It must find nothing to complain of.
samples()
{
	perf script -i "$1" -F tid,event -G 2>perf.err >perf.out || fail "perf script $1: $(cat perf.err)"
	[ ! -s perf.err ] || fail "perf script $1: $(cat perf.err)"
	wc -l <perf.out
}

# counted JSON: the samples that the recorder says it took.
counted()
{
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["record"]["samples"])' "$1"
}

# The whole story of a command, with its status.
expect 3 "$oncpu" -F 999 -o c.data --summary c.json -- \
	bash -c 'for ((i = 0; i < 200000; i++)); do :; done; exit 3'
n=$(samples c.data)
[ "$n" -gt 0 ] || fail "nothing was sampled"
[ "$n" -eq "$(counted c.json)" ] || fail "perf sees $n samples, we $(counted c.json)"
perf script -i c.data --show-task-events 2>/dev/null | grep -q 'PERF_RECORD_COMM exec: bash:' ||
	fail "the exec was not told"
perf report -i c.data --stdio >report 2>/dev/null
says report "Samples: $n  of event"
perf script -i c.data --header-only >header
says header "cmdline : $oncpu -F 999 -o c.data"
says header "hostname : $(uname -n)"
[ "$(perf evlist -i c.data | wc -l)" -eq 2 ] || fail "not two events"
perf buildid-list -i c.data | grep -q '\[kernel.kallsyms\]' || fail "no build-id of the kernel"

# Cut off anywhere, it loses what was cut and no more, not even its last tables.
expect 0 "$BIN/perf-fold" -q c.data -o c.folded
size=$(stat -c %s c.data)
head -c $((size - 1)) c.data >cut.data
expect 1 "$BIN/perf-fold" cut.data -o cut.folded
says err 'warning: cut.data is cut off: its table of events, at offset '
cmp c.folded cut.folded
head -c $((size * 3 / 4)) c.data >cut.data
expect 1 "$BIN/perf-fold" cut.data -o cut.folded
says err 'cut.data: the recording breaks off'
expect 1 "$BIN/perf-fold" -q cut.data -o cut.folded
says err 'error: not all of what was given could be read'
[ "$(awk '{ n += $NF } END { print n }' cut.folded)" -gt $((n / 4)) ] ||
	fail "what stands before the cut is lost"

# The same as a stream.
expect 0 "$oncpu" -F 999 -o - --format data --summary p.json -- \
	bash -c 'for ((i = 0; i < 100000; i++)); do :; done'
mv out p.data
n=$(samples p.data)
[ "$n" -gt 0 ] && [ "$n" -eq "$(counted p.json)" ] || fail "perf sees $n samples of the stream"

# Killed while it records: what was flushed can be read.
busy & load=$!
"$oncpu" -p $load -o k.data 2>/dev/null & recorder=$!
trap 'kill $load' EXIT
ran $load 150
kill -9 $recorder
wait $recorder 2>/dev/null || :
n=$(samples k.data)
[ "$n" -gt 0 ] || fail "nothing was left by the killed recorder"
expect 0 "$BIN/perf-fold" -i k.data -o k.folded
[ "$(awk '{ n += $NF } END { print n }' k.folded)" -eq "$n" ] || fail "perf-fold saw another number"
