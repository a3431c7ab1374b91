# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings to folded stacks, beside perf script."""
import os
import subprocess

from loads import UNCACHED, Compiles, Messages, write_large_source
from measure import BIN, WORK, cost_of, cost_row, count_samples, pair, print_table, ratio

SAMPLES = 300_000
DUMPS = int(os.environ.get("BENCH_DUMPS_MB", "1000")) << 20


def record_switches(path):
    """As many seconds of sched_switch as give SAMPLES samples, on this box."""
    seconds, seen = 3, 0
    for _ in range(6):
        with Messages():
            subprocess.run(["perf", "record", "-q", "-a", "-g", "-e", "sched:sched_switch",
                            "-m", "2M", "-o", path, "--", "sleep", str(seconds)], check=True,
                           stderr=subprocess.DEVNULL)
        seen = count_samples(path)
        if seen >= SAMPLES:
            break
        seconds = int(seconds * min(SAMPLES * 1.15 / max(seen, 1), 8)) + 1
    return seen


def bench_fold():
    path = WORK / "switches.data"
    samples = record_switches(path)
    rows = [("", "wall", "user+sys", "peak", "times faster")]
    for what, options in (("to the stacks of all switches", ("--event", "sched:sched_switch")),
                          ("to off-CPU time", ())):
        ours, theirs = pair([BIN / "perf-fold", "-q", "-i", path, *options],
                            ["perf", "script", "-i", path], 3)
        rows += [cost_row(f"perf-fold, {what}", ours, ratio(ours, theirs)),
                 cost_row("perf script alone, to text", theirs, "")]
    print_table(f"Fold {samples:,} samples of sched:sched_switch, {path.stat().st_size >> 20} MiB",
                rows)


def bench_compile():
    """Dumped stacks of one large process; names of inlined functions are looked up by both."""
    source, path = WORK / "large.cc", WORK / "compile.data"
    write_large_source(source, 4)
    subprocess.run(["perf", "record", "-q", "--call-graph", "dwarf", "-F", "997", "-o", path, "--",
                    "g++", "-O2", "-c", source, "-o", WORK / "large.o"], check=True,
                   env=UNCACHED, stderr=subprocess.DEVNULL)
    row_of_dumps("Fold a g++ -O2, --call-graph dwarf, 997 Hz", path,
                 ("perf-fold, inlines on (the default)", ["perf-fold"]),
                 ("perf script, inlines on (the default)", ["perf", "script"]))


def record_dumps(path):
    """So many bytes of dumped stacks of a parallel build."""
    files = 60
    for _ in range(3):
        build = Compiles(WORK / "build", files)
        subprocess.run(["perf", "record", "-q", "-a", "--call-graph", "dwarf", "-F", "2999", "-m", "4M",
                        "-o", path, "--", *build.command], check=True, env=UNCACHED,
                       stderr=subprocess.DEVNULL)
        if path.stat().st_size >= DUMPS:
            break
        files = int(files * DUMPS * 1.1 / path.stat().st_size) + 1
    return files


def bench_dumps():
    """perf looks names of inlined functions up for half an hour here, so it is spared that."""
    path = WORK / "dumps.data"
    files = record_dumps(path)
    row_of_dumps(f"Fold a build of {files} C++ files, {3 * files} processes, --call-graph dwarf", path,
                 ("perf-fold, inlines on (the default)", ["perf-fold"]),
                 ("perf script --no-inline", ["perf", "script", "--no-inline"]))


def row_of_dumps(title, path, ours, theirs):
    """perf takes a minute, in which no noise matters: it runs once, between our runs."""
    fold = [BIN / ours[1][0], "-q", "-i", path]
    cost_of(fold, WORK / "out.0")
    before = [cost_of(fold, WORK / "out.0") for _ in range(2)]
    perf = [cost_of([*theirs[1], "-i", path], WORK / "out.1")]
    runs = before + [cost_of(fold, WORK / "out.0") for _ in range(3)]
    print_table(f"{title}: {count_samples(path):,} samples, {path.stat().st_size >> 20} MiB",
                [("", "wall", "user+sys", "peak", "times faster"),
                 cost_row(ours[0], runs, ratio(runs, perf * len(runs))),
                 cost_row(theirs[0], perf, "")])
    path.unlink()
