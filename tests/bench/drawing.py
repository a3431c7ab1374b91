# SPDX-License-Identifier: GPL-2.0-or-later
"""Folded stacks to pictures, beside flamegraph.pl; and how those behave in a browser."""
import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path

from loads import write_stacks
from measure import BIN, RUNS, WORK, cost_of, cost_row, pair, print_table, ratio


PATIENCE = 120  # seconds for one thing done in the browser


def flamegraph_pl():
    perl = shutil.which("flamegraph.pl") or next(
        iter(Path("/usr/share/perl5").glob("**/flamegraph.pl")), None) or shutil.which(
            "flamegraph", path="/usr/bin")
    if not perl:
        raise SystemExit("bench: flamegraph.pl is not installed (Debian: libdevel-nytprof-perl)")
    return perl


def bench_svg():
    perl = flamegraph_pl()
    rows = [("", "wall", "user+sys", "peak", "SVG", "times faster")]
    for frames in (100_000, 1_000_000):
        path = WORK / "stacks.folded"
        write_stacks(path, frames)
        ours, theirs = pair([BIN / "perf-flame", "-q", "-i", path, "--format", "svg", "-o", "-"],
                            ["perl", perl, "--minwidth", "0", path], 3 if frames > 100_000 else RUNS)
        sizes = [f"{(WORK / f'out.{side}').stat().st_size / 1e6:.1f} MB" for side in (0, 1)]
        rows += [cost_row(f"perf-flame, {frames:,} frames", ours, sizes[0], ratio(ours, theirs)),
                 cost_row("flamegraph.pl --minwidth 0", theirs, sizes[1], "")]
    print_table("Draw", rows)


def waits_in_browser(how, path, runs):
    """By what is done: how many milliseconds until it is on the screen, in each run; None: too many."""
    script = """. "$SRC/tests/browser/browser.bash"; needs_chromium; modules playwright-core
                exec node "$SRC/tests/bench/browser.js" "$@" """
    done = subprocess.run(["bash", "-euc", script, "bench", how, path, str(runs),
                           str(PATIENCE)],
                          env=dict(os.environ, TMP=str(WORK)), stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode:
        raise SystemExit(f"bench: the browser: {done.stdout.strip() or done.returncode}")
    return json.loads(done.stdout)


def bench_browser():
    frames = int(os.environ.get("BENCH_FRAMES", "600000"))
    stacks, page, picture = WORK / "stacks.folded", WORK / "page.html", WORK / "picture.svg"
    write_stacks(stacks, frames)
    cost_of([BIN / "perf-flame", "-q", stacks, "--format", "html", "-o", "-"], page)
    cost_of(["perl", flamegraph_pl(), "--minwidth", "0", stacks], picture)
    ours = waits_in_browser("html", page, RUNS)
    theirs = waits_in_browser("svg", picture, 1)  # until the first thing that is too slow
    words = {"open": "open, to the picture", "search": "search", "zoom": "zoom", "unzoom": "zoom out",
             "hover": "point at a frame", "scroll": "scroll"}

    def shown(times):
        if not times:
            return ""
        if None in times:
            return f"over {PATIENCE} s"
        return f"{statistics.median(times):,.0f} ms"

    rows = [("", "perf-flame -o x.html", "flamegraph.pl --minwidth 0")]
    rows += [(words[key], shown(ours.get(key)), shown(theirs.get(key))) for key in words]
    rows.append(("file", *(f"{path.stat().st_size / 1e6:.1f} MB" for path in (page, picture))))
    print_table(f"In Chromium, {frames:,} frames, until it is on the screen", rows)
