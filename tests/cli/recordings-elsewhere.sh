# SPDX-License-Identifier: GPL-2.0-or-later
# Recordings that newer perfs (6.5 and 6.16) made on other machines, also on aarch64,
# where somebody put them beside the checkout.
set -euo pipefail

dir=$SRC/../shared/data/recordings
[ -d "$dir" ] || { echo "no recordings beside the checkout: $dir"; exit 77; }

# reads FILE SAMPLES TASK...: all is read, and it is of these tasks
reads() {
	file=$1
	samples=$2
	shift 2
	for input in "$dir/$file" -; do
		# a file's form cannot come through a pipe, a pipe's form can come from both
		case $file:$input in *.pipe.data:*) ;; *:-) continue ;; esac
		"$BIN/perf-fold" -q -i "$input" --summary "$TMP/x.json" -o "$TMP/x.folded" <"$dir/$file"
		python3 - "$TMP/x.json" "$samples" <<-'END'
		import json, sys
		summary = json.load(open(sys.argv[1]))
		fold = summary["fold"]
		assert summary["complete"], summary
		assert fold["samples"] == fold["folded"] == int(sys.argv[2]), fold
		assert fold["bad_records"] == fold["bad_samples"] == fold["lost"] == 0, fold
		END
		[ "$(cut -d';' -f1 "$TMP/x.folded" | sort -u | xargs)" = "$*" ] ||
			{ cat "$TMP/x.folded"; exit 1; }
	done
}

reads sleep.data 7 sleep
reads sleep.compressed.data 8 perf-exec sleep
reads sleep.compressed.pipe.data 8 perf-exec sleep
reads sleep.compressed2.data 7 sleep
reads sleep.compressed2.pipe.data 7 perf-exec sleep
reads fibo.compressed2.pipe.data 547 fib_example
