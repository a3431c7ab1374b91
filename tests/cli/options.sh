# SPDX-License-Identifier: GPL-2.0-or-later
# What a wrong command line gets: a message that names what is wrong, exit 2,
# and nothing written. What a right one may look like.
set -eu
. "$SRC/tests/cli/expect.bash"
cd "$TMP"
printf 'a;b 3\na;c 1\n' >x.folded

# wrong TOOL TEXT ARG...: exit 2, TEXT and the way to the help on standard error.
wrong()
{
	local tool=$1 text=$2
	shift 2
	expect 2 "$BIN/$tool" "$@" </dev/null
	[ ! -s out ] || fail "$tool $*: wrote to standard output"
	says err "$tool: error: $text"
	says err "Try '$tool --help'."
}

wrong perf-oncpu 'there is no option --bogus' --bogus
wrong perf-oncpu 'there is no option --bogus' --bogus=1
wrong perf-oncpu 'there is no option --dur' --dur=1	# an abbreviation
wrong perf-oncpu 'there is no option --pids (did you mean --pid?)' --pids=1
wrong perf-oncpu 'there is no option --callgraph (did you mean --call-graph?)' --callgraph fp
wrong perf-locks '--kernel-locks and --waits: choose one' --kernel-locks --waits
wrong perf-oncpu 'there is no option -z' -qz
# what fingers know from perf record
wrong perf-oncpu 'there is no option -g: stacks are always recorded' -ag
wrong perf-oncpu 'there is no option -e: what is recorded is the tool' -e cycles
wrong perf-wall 'there is no option --event: what is recorded is the tool' --event=cycles
wrong perf-oncpu 'there is no option -c: ' -c 1000
wrong perf-offcpu 'there is no option -F: each time is recorded' -F 99
wrong perf-offcpu 'there is no option --freq: each time is recorded' --freq=99
wrong perf-fold 'there is no option -g' -g
wrong perf-oncpu '--quiet takes no argument' --quiet=yes
wrong perf-oncpu '--duration needs an argument: TIME' -d
wrong perf-oncpu '--pid needs an argument: PID[,PID...]' --pid
for time in 0 0.0s 0ms -1 '' x 1x 10d '1 s' ' 1' 1e3 0x10 .5 1. 99999999999999999999 \
	    18446744074s 5124096h inf nan; do
	wrong perf-oncpu "--duration: \"$time\" " --duration="$time"
done
for hz in 0 -1 '' x 1k 1000001 4294967297 99999999999999999999; do
	wrong perf-oncpu "--freq: \"$hz\" must be a whole number from 1 to 1000000" -F "$hz"
done
for ids in 0 -1 '' ',' '1,' ,1 1,,2 x 1x 2147483648 18446744073709551617; do
	wrong perf-oncpu "--pid: \"$ids\" must be numbers from 1 on" -p "$ids"
	wrong perf-oncpu "--tid: \"$ids\" must be numbers from 1 on" --tid "$ids"
done
for cpus in 0- - -1 3-1 '' ',' '0,' 0,,1 x 0-1-2 99999; do
	wrong perf-oncpu "--cpu: \"$cpus\" must be CPUs such as 0-3,7" -C "$cpus"
	wrong perf-fold "--cpu: \"$cpus\" must be CPUs such as 0-3,7" -C "$cpus"
done
for pages in 0 3 1K '' x 4MB 2T 3M 99999999999999999999 17179869184G; do
	wrong perf-oncpu "--mmap-pages: \"$pages\" " -m "$pages"
done
wrong perf-oncpu '--call-graph: "lbr" must be auto, fp or dwarf[,BYTES]' --call-graph=lbr
wrong perf-oncpu '--call-graph: "dwarfs" must be auto, fp or dwarf[,BYTES]' --call-graph dwarfs
for bytes in '' 0 -1 8k 65529 99999999999999999999; do
	wrong perf-oncpu "--call-graph: \"dwarf,$bytes\" BYTES must be a whole number from 1 to 65528" \
		--call-graph "dwarf,$bytes"
done
wrong perf-oncpu '--root: "x" must be comm, pid, tid or none' --root x
wrong perf-oncpu '--demangle: "" must be simple, full or none' --demangle ''
wrong perf-oncpu '--value: "bytes" must be count or period here' --value bytes
wrong perf-oncpu '--cgroup: "" must not be empty' -G ''
wrong perf-oncpu '--user and --kernel' --user --kernel
wrong perf-oncpu 'more than one target' -a -p 1
wrong perf-oncpu 'more than one target' -t 1 -p 1
wrong perf-oncpu 'more than one target' -G / -a
wrong perf-oncpu 'both a target and the command' -p 1 -- true
wrong perf-oncpu 'no command follows --' -d 1 --

for tool in perf-oncpu perf-fold perf-flame; do
	wrong $tool '--output: "" must not be empty' -o ''
	wrong $tool '--format: "bogus" must be ' --format bogus
	wrong $tool 'the ending of x.svg and --format folded contradict' -o x.svg --format folded
	wrong $tool '--summary and -o both go to x.svg' -o x.svg --summary x.svg
	wrong $tool '--summary and -o both go to standard output' -o - --summary /dev/stdout
	for name in x.xyz x .svg. svg dir.svg/x; do
		wrong $tool "what to write to $name? No ending says it (" -o "$name"
	done
done
says err '(.folded, .html, .nested.json, .pb.gz, .speedscope.json, .svg, .txt)'
wrong perf-oncpu 'what to write to x.pdf? No ending says it (.data, .folded, .html, .nested.json, .pb.gz, '\
'.speedscope.json, .svg, .txt)' \
	-o x.pdf
wrong perf-fold 'x.data: only a recorder writes .data' -o x.data
wrong perf-flame '--format: "data" must be folded, html, nested, pprof, speedscope, svg or txt' --format data

wrong perf-fold 'more than one input: a and b' a b
wrong perf-flame "the input's name is empty" ''
wrong perf-flame '--type: "bogus" must be one of: oncpu' --type bogus x.folded
wrong perf-flame '--colors: "bogus" must be one of: hot, ' --colors bogus x.folded
wrong perf-flame '--factor: "0" must be more than 0' --factor 0 x.folded
wrong perf-flame '--width: "19" must be a whole number from 20 to 100000' --width 19 x.folded
wrong perf-flame '--minwidth: "-1" must be a number such as 0.1, or 0.1%' --minwidth -1 x.folded
wrong perf-flame '--top: "0" must be ' --top 0 x.folded
for option in --event=cycles --pid=1 --tid=1 --cpu=0 --root=pid --demangle=full --user \
	      --kernel; do
	wrong perf-flame "${option%=*} needs a recording, and x.folded is folded" \
		x.folded "$option"
done
wrong perf-flame '--value: "bytes" must be count here' --value bytes x.folded

[ "$(ls)" = $'err\nout\nx.folded' ] || fail "something was written: $(ls)"

# Every way to write an option; the last one counts; operands may stand before options.
for args in '-o y.folded x.folded' '-oy.folded x.folded' '--output y.folded x.folded' \
	    '--output=y.folded x.folded' 'x.folded -o y.folded' '-qo y.folded x.folded' \
	    '-qoy.folded -ix.folded' '-o z.folded -o y.folded -- x.folded' \
	    '-o y.folded --input=x.folded' '--title= x.folded -o y.folded'; do
	rm -f y.folded
	# shellcheck disable=SC2086 # words on purpose
	expect 0 "$BIN/perf-flame" $args
	[ ! -s err ] && [ ! -s out ] || fail "perf-flame $args: not quiet"
	cmp x.folded y.folded
	[ ! -e z.folded ] || fail "the last -o does not count"
done

# What changes nothing is told: another format's, another type's.
expect 0 "$BIN/perf-flame" --top 5 --fluid --fluid -o y.txt x.folded
[ "$(grep -c 'warning: --fluid changes nothing here: it is about svg$' err)" -eq 1 ] ||
	fail "an option of another format: $(cat err)"
! grep -e --top err || fail 'an option of this format is called idle'
expect 0 "$BIN/perf-oncpu" --root pid --user -o x.data -- true
says err 'warning: --root changes nothing here: it is about reading; give it to perf-fold or perf-flame'
! grep -e '--user ' err || fail '--user is called idle'
expect 127 "$BIN/perf-oncpu" 10
says err 'a process is -p PID, a time -d 10'
rm -f y.txt x.data

# A file called like an option, behind --.
cp x.folded ./-q
expect 0 "$BIN/perf-flame" --format folded -- -q
cmp x.folded out
