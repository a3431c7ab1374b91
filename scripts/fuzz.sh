#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the fuzzers that "make fuzz" built, one after the other, from the seeds
# (tests/fuzz/seeds), from what was found once (tests/fuzz/found) and from where
# earlier runs have come to (DIR/corpus). Ends at the first that finds something;
# the input that does it is left in DIR/found.
#
# Usage: fuzz.sh DIR SECONDS [NAME...]    only fuzzers with one of NAME in theirs

set -eu

dir=$1
seconds=$2
shift 2
known=$(dirname "$0")/../tests/fuzz
export ASAN_OPTIONS=allocator_may_return_null=1

# wanted FUZZER [NAME...]
wanted() {
	[ "$#" -gt 1 ] || return 0
	whole=$1
	shift
	for part; do
		case $whole in *"$part"*) return 0 ;; esac
	done
	return 1
}

mkdir -p "$dir/found"
for fuzzer in "$dir"/tests/fuzz/*; do
	name=${fuzzer##*/}
	wanted "$name" "$@" || continue
	mkdir -p "$dir/corpus/$name"
	echo "== $name, $seconds s"
	"$fuzzer" -max_total_time="$seconds" -max_len=16384 -timeout=20 -rss_limit_mb=2048 \
		-print_final_stats=1 -verbosity=0 -artifact_prefix="$dir/found/$name-" \
		"$dir/corpus/$name" "$known"/*/"$name" || {
		echo "fuzz.sh: $name fails; again: $fuzzer $dir/found/$name-..." >&2
		exit 1
	}
done
