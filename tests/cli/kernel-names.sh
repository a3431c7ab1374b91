# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's frames get names only from the kernel that was recorded, and where
# there are none it is told why, and what would bring them.
set -euo pipefail
cd "$TMP"
. "$SRC/tests/cli/expect.bash"
needs_sampling
[ "$(id -u)" = 0 ] || { echo "only root reads kernel addresses whatever the settings"; exit 77; }
grep -q '^0*[1-9a-f][0-9a-f]* T _text$' /proc/kallsyms || { echo "kernel addresses are hidden"; exit 77; }

# Most of its time is spent in the kernel, reading zeroes.
reader=(dd if=/dev/zero of=/dev/null bs=64k count=100000 status=none)
perf record -q -e cpu-clock -F 499 -g -o - -- "${reader[@]}" >pipe.data 2>perf.err || {
	cat perf.err; echo "perf records no kernel here"; exit 77
}
expect 0 "$BIN/perf-oncpu" -q -F 499 -o ours.data -- "${reader[@]}"

# share PATTERN: percent of the samples with kernel frames of out.folded that match
share()
{
	awk -v pattern="$1" '/_\[k\]/ { all += $NF } /_\[k\]/ && $0 ~ pattern { with += $NF }
		END { if (all < 20) exit 1; print int(100 * with / all) }' out.folded ||
		fail "too few samples of the kernel"
}
named()
{
	expect 0 "$@" && mv out out.folded
	[ "$(share 'sys_read.*vfs_read')" -ge 50 ] && return
	head -n 20 out.folded; cat err
	fail "kernel frames without names: $*"
}
nameless()
{
	expect 0 "$@" && mv out out.folded
	[ "$(share 'sys_|vfs_|_user|entry_')" -eq 0 ] && [ "$(share '\[kernel.kallsyms\]')" -eq 100 ] && return
	head -n 20 out.folded; cat err
	fail "kernel frames with names of another kernel: $*"
}
fold=("$BIN/perf-fold" --format folded --annotate -o -)

named "${fold[@]}" ours.data
grep "kernel" err && fail "a build-id leaves nothing to be told"

# perf writes no build-ids into a pipe: host, release and the address of _text must do, and it is said.
named "${fold[@]}" -v pipe.data
says err "recorded without a build-id; the running kernel's names are taken"

# elsewhere HOST KALLSYMS COMMAND...: on a host of that name, and where the kernel tells that
elsewhere()
{
	unshare --mount --uts sh -ec 'mount --bind "$2" /proc/kallsyms; echo "$1" >/proc/sys/kernel/hostname
		shift 2; exec "$@"' sh "$@"
}
host=$(uname -n)
elsewhere other /proc/kallsyms true 2>/dev/null || { echo "no namespaces here; the rest passed"; exit 77; }
[ "$(uname -n)" = "$host" ]

named elsewhere other /proc/kallsyms "${fold[@]}" ours.data
nameless elsewhere other /proc/kallsyms "${fold[@]}" pipe.data
says err "recorded on kernel $(uname -r) (build-id unknown), which does not run here"

# The same kernel after a reboot has moved: its build-id tells so, nothing else can.
awk '{ print substr($1, 1, 8) (substr($1, 9, 1) == 7 ? 6 : 7) substr($1, 10), $2, $3 }' /proc/kallsyms |
	grep -v ' \[' >moved
nameless elsewhere "$host" moved "${fold[@]}" pipe.data
says err "where it is not loaded now"

# What an unprivileged reader gets of /proc/kallsyms, and where there is none.
sed 's/^[0-9a-f]*/0000000000000000/' /proc/kallsyms >hidden
for data in ours.data pipe.data; do
	nameless elsewhere "$host" hidden "${fold[@]}" $data
	says err "/proc/kallsyms hides the addresses; run as root"
	says err "sysctl -w kernel.kptr_restrict=0"
	nameless elsewhere "$host" /dev/null "${fold[@]}" $data
	says err "CONFIG_KALLSYMS"
done

# Hidden from the recorder: it says so before it records, with the remedy.
expect 0 elsewhere "$host" hidden "$BIN/perf-oncpu" -F 499 -o hidden.data -- \
	dd if=/dev/zero of=/dev/null bs=64k count=20 status=none
says err "kernel frames will have no names"
