# SPDX-License-Identifier: GPL-2.0-or-later
"""What recording costs, beside perf record."""
import json
import os
import signal
import statistics
import subprocess
import time

from loads import Messages
from measure import BIN, WORK, cost_of, count_samples, print_table


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
        with Messages():
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
