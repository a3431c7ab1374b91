# SPDX-License-Identifier: GPL-2.0-or-later
"""What a command costs, and tables of it."""
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(os.environ["BIN"])
WORK = Path(os.environ["BUILD"]) / "bench"
RUNS = int(os.environ.get("BENCH_RUNS", "5"))


class Cost:
    def __init__(self, wall, cpu, peak):
        self.wall, self.cpu, self.peak = wall, cpu, peak


def cost_of(command, output, env=None):
    """Runs it to its end; the output goes to a file, as a user's would."""
    with open(output, "wb") as out, open(os.devnull, "wb") as null:
        start = time.monotonic()
        child = subprocess.Popen([str(word) for word in command], stdout=out, stderr=null,
                                 env=env)
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


def count_samples(path):
    report = subprocess.run(["perf", "report", "-i", path, "--stats"], capture_output=True,
                            text=True, check=True).stdout
    # the first line is of all events, those behind it are of each
    return next(int(line.split(":")[1].split()[0]) for line in report.splitlines()
                if line.strip().startswith("SAMPLE events"))
