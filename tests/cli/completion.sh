# SPDX-License-Identifier: GPL-2.0-or-later
# What bash completes is what the tool's help says, for a tool of our own
# making, whose help is known, and for the real ones.
set -euo pipefail

mkdir "$TMP/bin"
cat >"$TMP/bin/perf-known" <<'END'
#!/bin/sh
cat <<'HELP'
Usage: perf-known [OPTION]... FILE
Text that speaks of --root nothing of it.

Options:
  -p, --pid PID[,PID...]      these processes; not with --root x
  -o, --output FILE           where to write
      --root comm|pid|none    the frame each stack starts from
      --call-graph auto|fp|dwarf[,BYTES]
                              how --quiet stacks are walked
  -q, --quiet                 say less
HELP
END
chmod +x "$TMP/bin/perf-known"
PATH=$TMP/bin:$BIN:$PATH
. "$SRC/scripts/completion/perflame.bash"

# completes WORD...: what is offered for the last word, sorted, on one line
completes() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_perflame "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}

expect() {
	want=$1
	shift
	got=$(completes "$@")
	[ "$got" = "$want" ] || {
		echo "$*: got '$got', want '$want'"
		exit 1
	}
}

cd "$TMP"
touch recording.data other.txt
expect '--call-graph --output --pid --quiet --root ' perf-known -
expect '--root ' perf-known --r
expect 'comm none pid ' perf-known --root ''
expect 'pid ' perf-known --root pi
expect 'comm none pid ' perf-known --root =
expect 'none ' perf-known --root = no
expect 'auto dwarf fp ' perf-known --call-graph ''
expect 'recording.data ' perf-known --output rec
expect 'recording.data ' perf-known -o rec
expect 'recording.data ' perf-known -q rec
expect "$$ " perf-known -p $$
expect 'perf-known ' perf-known -q -- perf-kno
expect 'other.txt ' perf-known -- cat oth
expect ' ' perf-known perf-kno
expect 'perf-oncpu ' perf-oncpu perf-onc
expect 'other.txt ' perf-oncpu other

complete -p perf-known >/dev/null
for tool in "$BIN"/perf-*; do
	tool=${tool##*/}
	complete -p "$tool" >/dev/null
	expect '--help ' "$tool" --hel
	expect '--version ' "$tool" --vers
done

# Installed under a tool's name it serves that tool.
cp "$SRC/scripts/completion/perflame.bash" "$TMP/perf-installed"
. "$TMP/perf-installed"
complete -p perf-installed | grep -q -- '-F _perflame perf-installed$'
