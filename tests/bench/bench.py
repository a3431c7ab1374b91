#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures perflame beside perf and flamegraph.pl: bench.py [WORD...]: the parts with one of these in their name

Each pair runs in turn, A B A B, after one warm-up of both; printed are medians of
the whole process (wall time, user + sys, peak memory) and the median of the pairs'
ratios. Environment: BIN (perflame's programs), BUILD (a place for inputs).
"""
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(os.environ["BIN"])
WORK = Path(os.environ["BUILD"]) / "bench"
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
SAMPLES = 300_000


class Cost:
    def __init__(self, wall, cpu, peak):
        self.wall, self.cpu, self.peak = wall, cpu, peak


def cost_of(command, output):
    """Runs it to its end; the output goes to a file, as a user's would."""
    with open(output, "wb") as out, open(os.devnull, "wb") as null:
        start = time.monotonic()
        child = subprocess.Popen([str(word) for word in command], stdout=out, stderr=null)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"bench: status {child.returncode}: {' '.join(map(str, command))}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs, field):
    return statistics.median(getattr(cost, field) for cost in costs)


def pair(ours, theirs, runs=RUNS):
    """Costs of both, run in turn. The first of each warms the caches and is dropped."""
    results = ([], [])
    for _ in range(runs + 1):
        for side, command in enumerate((ours, theirs)):
            results[side].append(cost_of(command, WORK / f"out.{side}"))
    return results[0][1:], results[1][1:]


def print_table(title, rows):
    print(f"\n{title}\n")
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  " + "   ".join(cells))
        if not number:
            print("  " + "   ".join("-" * width for width in widths))
    sys.stdout.flush()


def cost_row(name, costs, *more):
    return (name, f"{median(costs, 'wall'):.3f} s", f"{median(costs, 'cpu'):.3f} s",
            f"{median(costs, 'peak'):.0f} MiB", *more)


def ratio(ours, theirs, field="wall"):
    pairs = [getattr(b, field) / max(getattr(a, field), 1e-9) for a, b in zip(ours, theirs)]
    return f"{statistics.median(pairs):.1f} x"


class Load:
    """perf bench sched messaging until the end of the with block."""

    def __enter__(self):
        self.group = subprocess.Popen(
            ["perf", "bench", "sched", "messaging", "-g", "20", "-l", "100000000"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(0.5)

    def __exit__(self, *_):
        os.killpg(self.group.pid, signal.SIGKILL)
        self.group.wait()


def record_switches(path):
    """As many seconds of sched_switch as give SAMPLES samples, on this box."""
    seconds, seen = 3, 0
    for _ in range(6):
        with Load():
            subprocess.run(["perf", "record", "-q", "-a", "-g", "-e", "sched:sched_switch",
                            "-m", "2M", "-o", path, "--", "sleep", str(seconds)], check=True,
                           stderr=subprocess.DEVNULL)
        seen = count_samples(path)
        if seen >= SAMPLES:
            break
        seconds = int(seconds * min(SAMPLES * 1.15 / max(seen, 1), 8)) + 1
    return seen


def count_samples(path):
    report = subprocess.run(["perf", "report", "-i", path, "--stats"], capture_output=True,
                            text=True, check=True).stdout
    # the first line is of all events, those behind it are of each
    return next(int(line.split(":")[1].split()[0]) for line in report.splitlines()
                if line.strip().startswith("SAMPLE events"))


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


def write_stacks(path, frames):
    """Folded stacks that make a tree of about so many frames: deep, and uneven as real ones."""
    dice = random.Random(frames)
    stack, made = ["main"], 1
    with open(path, "w", encoding="ascii") as out:
        while made < frames:
            del stack[dice.randrange(1, len(stack) + 1):]
            for _ in range(dice.randrange(1, 12)):
                stack.append(f"module_{dice.randrange(40)}::function_{dice.randrange(4000)}")
                made += 1
            out.write(f"{';'.join(stack)} {dice.randrange(1, 1000)}\n")


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
    """By what is done: how many milliseconds until it is on the screen, in each run."""
    script = """. "$SRC/tests/browser/browser.bash"; needs_chromium; modules "$PLAYWRIGHT"
                exec node "$SRC/tests/bench/browser.js" "$@" """
    done = subprocess.run(["bash", "-euc", script, "bench", how, path, str(runs)],
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
    theirs = waits_in_browser("svg", picture, 1)  # a run of it takes minutes
    words = {"open": "open, to the picture", "search": "search", "zoom": "zoom", "unzoom": "zoom out",
             "hover": "point at a frame", "scroll": "scroll"}
    rows = [("", "perf-flame -o x.html", "flamegraph.pl --minwidth 0")]
    rows += [(words[key], f"{statistics.median(ours[key]):.0f} ms",
              f"{statistics.median(theirs[key]):,.0f} ms" if key in theirs else "")
             for key in words]
    rows.append(("file", *(f"{path.stat().st_size / 1e6:.1f} MB" for path in (page, picture))))
    print_table(f"In Chromium, {frames:,} frames, until it is on the screen", rows)


def recorder_cpu(command):
    """User + sys seconds that the recorder itself spends."""
    return cost_of(command, os.devnull).cpu


def bench_record():
    seconds = 5
    rows = [("", "perf-oncpu -o .data", "perf-oncpu -o .folded", "perf record")]
    for freq in (99, 999, 9999):
        data = WORK / "recorded.data"
        sides = (
            [BIN / "perf-oncpu", "-q", "-a", "-F", freq, "-d", seconds, "-o", data],
            [BIN / "perf-oncpu", "-q", "-a", "-F", freq, "-d", seconds,
             "-o", WORK / "recorded.folded"],
            ["perf", "record", "-q", "-a", "-g", "-F", freq, "-o", data, "--", "sleep", seconds])
        spent = ([], [], [])
        with Load():
            for _ in range(3):
                for side, command in enumerate(sides):
                    spent[side].append(recorder_cpu(command) / seconds)
        rows.append((f"{freq} Hz",
                     *(f"{statistics.median(side) * 1000:.1f} ms/s" for side in spent)))
    print_table("The recorder's own CPU time, whole box, per second recorded (start and end included)",
                rows)


def recorded_beside(recorder, benchmark):
    """The recorder's own user + sys seconds and peak in MiB, and what the benchmark took."""
    command = [str(word) for word in recorder]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    start = time.monotonic()
    subprocess.run(benchmark, stdout=subprocess.DEVNULL, check=True)
    took = time.monotonic() - start
    process.send_signal(signal.SIGINT)
    usage = os.wait4(process.pid, 0)[2]
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, took


def bench_switches():
    """Every switch of the box, with stacks, while it does little else than switch."""
    data, summary = WORK / "switching.data", WORK / "switching.json"
    ours = [BIN / "perf-offcpu", "-q", "-a", "-o", data, "--summary", summary, "--call-graph"]
    sides = (("perf-offcpu, fp", [*ours, "fp"]), ("perf-offcpu, auto", [*ours, "auto"]),
             ("perf record -a -g", ["perf", "record", "-q", "-a", "-g", "-e", "sched:sched_switch",
                                    "-o", data]))
    for benchmark in (["perf", "bench", "sched", "pipe", "-l", "100000"],
                      ["perf", "bench", "sched", "messaging", "-g", "10", "-l", "200"]):
        rows = [("", "samples", "lost", "user+sys per million", "peak", "benchmark")]
        spent = {name: [] for name, _ in sides}
        for _ in range(3):
            for name, recorder in sides:
                cpu, peak, took = recorded_beside(recorder, benchmark)
                samples, lost = count_samples(data), "?"
                if name.startswith("perf-offcpu"):
                    lost = json.loads(summary.read_text())["record"]["lost"]
                spent[name].append((cpu / samples * 1e6, samples, lost, peak, took))
        for name, runs in spent.items():
            cost, samples, lost, peak, took = sorted(runs)[1]
            rows.append((name, f"{samples:,}", f"{lost}", f"{cost:.2f} s", f"{peak:.0f} MiB",
                         f"{took:.2f} s"))
        print_table(f"Record every switch, {' '.join(benchmark)}", rows)


def main(argv):
    benches = {"fold": bench_fold, "svg": bench_svg, "browser": bench_browser,
               "record": bench_record,
               "switches": bench_switches}
    parts = [name for name in benches if any(word in name for word in argv[1:] or [""])]
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
