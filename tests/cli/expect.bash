# SPDX-License-Identifier: GPL-2.0-or-later
# For tests that run one command after another: each says what must come of it.

fail()
{
	echo "FAILED: $*"
	exit 1
}

# expect STATUS COMMAND...: runs it; leaves ./out and ./err behind.
expect()
{
	local want=$1 status=0
	shift
	"$@" >out 2>err || status=$?
	[ "$status" -eq "$want" ] && return
	echo "out:"; cat out
	echo "err:"; cat err
	fail "exit status $status, not $want: $*"
}

# says FILE TEXT: the file has the text, as it stands here.
says()
{
	grep -qF -- "$2" "$1" && return
	cat "$1"
	fail "$1 does not say: $2"
}

# is FILE TEXT: the file holds this and no more.
is()
{
	[ "$(cat "$1"; echo x)" = "$2"$'\n'x ] && return
	cat "$1"
	fail "$1 is not: $2"
}

# Skips the test where the kernel lets nobody, or not us, sample our own processes.
needs_sampling()
{
	python3 - <<'END' || { echo "perf_event_open is refused here"; exit 77; }
import ctypes, platform, struct, sys
number = {"x86_64": 298, "aarch64": 241}[platform.machine()]
# type SOFTWARE, size, config TASK_CLOCK; exclude_kernel and exclude_hv
attr = struct.pack("=IIQ3QQ", 1, 64, 1, 0, 0, 0, 1 << 5 | 1 << 6).ljust(64, b"\0")
sys.exit(ctypes.CDLL(None).syscall(number, attr, 0, -1, -1, 0) < 0)
END
}

# busy &: a shell that is on the CPU until it is killed.
busy()
{
	exec bash -c 'while :; do :; done'
}

# ran PID TICKS: waits until the process has used so many more ticks of CPU time.
ran()
{
	local end=$(($(ticks "$1") + $2))
	while [ "$(ticks "$1")" -lt $end ]; do sleep 0.05; done
}

ticks()
{
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}
