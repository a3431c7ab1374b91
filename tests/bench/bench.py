#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures perflame beside perf and flamegraph.pl: bench.py [WORD...]: the parts of these names, or with one of these in their name

Each pair runs in turn, A B A B, after one warm-up of both; printed are medians of
the whole process (wall time, user + sys, peak memory) and the median of the pairs'
ratios. What takes minutes runs once. Environment: BIN (perflame's programs), BUILD (a
place for inputs); BENCH_SECONDS: how long the long ones record.
"""
import os
import shutil
import sys

from drawing import bench_browser, bench_svg
from folding import bench_compile, bench_dumps, bench_fold
from measure import WORK
from recording import bench_minute, bench_record, bench_switches


def main(argv):
    benches = {"fold": bench_fold, "compile": bench_compile, "dumps": bench_dumps, "svg": bench_svg,
               "browser": bench_browser, "record": bench_record, "switches": bench_switches,
               "switches-minute": bench_minute}
    parts = [name for name in benches
             if any(word == name or (word in name and word not in benches)
                    for word in argv[1:] or [""])]
    if not parts:
        raise SystemExit(f"bench: no such part: {', '.join(argv[1:])}; there are {', '.join(benches)}")
    WORK.mkdir(parents=True, exist_ok=True)
    print(f"{os.uname().release}, {os.cpu_count()} CPUs; medians, in turn, one warm-up")
    for name in parts:
        benches[name]()
    shutil.rmtree(WORK)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
