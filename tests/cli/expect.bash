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
