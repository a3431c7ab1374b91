#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What "make bench" runs: perflame beside what people use today, on the same
# input, in one run. It prints; nothing passes or fails by a time.
# A private mount namespace, so that tracefs can be mounted and the box stays as
# it was.

set -eu

command -v perf >/dev/null || { echo "bench: perf is not installed: sh scripts/install-deps.sh test" >&2; exit 1; }
exec unshare --mount sh -c '
	mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing
	exec python3 "$SRC/tests/bench/bench.py" "$@"' bench "$@"
