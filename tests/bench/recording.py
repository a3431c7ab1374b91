# SPDX-License-Identifier: GPL-2.0-or-later
"""What recording costs, beside perf record."""
import json
import os
import signal
import statistics
import subprocess
import time
from pathlib import Path

from loads import UNCACHED, Compiles, Messages
from measure import BIN, WORK, cost_of, count_samples, print_table


def recorder_cpu(command):
    """User + sys seconds that the recorder itself spends."""
    return cost_of(command, os.devnull).cpu


def bench_record():
    cost_of_sampling()
    short_lived()


def cost_of_sampling():
    seconds = 3
    data, folded = WORK / "recorded.data", WORK / "recorded.folded"
    ours = [BIN / "perf-oncpu", "-q", "-a", "-d", seconds]
    sides = {"perf-oncpu fp, .data": [*ours, "--call-graph", "fp", "-o", data],
             "auto, .data": [*ours, "-o", data], "auto, .folded": [*ours, "-o", folded],
             "perf record -g": ["perf", "record", "-q", "-a", "-g", "-o", data]}
    rows = [("", *sides)]
    for freq in (99, 999, 9999):
        spent = {name: [] for name in sides}
        with Messages():
            for _ in range(3):
                for name, command in sides.items():
                    rest = [] if name.startswith("perf-oncpu") or name.startswith("auto") else [
                        "--", "sleep", seconds]
                    spent[name].append(recorder_cpu([*command, "-F", freq, *rest]) / seconds)
        rows.append((f"{freq} Hz",
                     *(f"{statistics.median(side) * 1000:.1f} ms/s" for side in spent.values())))
    print_table("The recorder's own CPU time, whole box, per second recorded (start and end included)",
                rows)


def short_lived():
    """A box on which hundreds of processes come and go, with dumped stacks, to a picture."""
    build = Compiles(WORK / "build", 30)
    summary, data = WORK / "summary.json", WORK / "recorded.data"
    ours = [BIN / "perf-oncpu", "-q", "-a", "-F", "199", "--call-graph", "dwarf", "-o",
            WORK / "picture.svg", "--summary", summary, "--"]
    theirs = ["perf", "record", "-q", "-a", "-F", "199", "--call-graph", "dwarf,16384", "-o", data,
              "--"]
    mine = cost_of([*ours, *build.command], os.devnull, UNCACHED)
    told = json.loads(summary.read_text())
    perf = cost_of([*theirs, *build.command], os.devnull, UNCACHED)
    lost = told["record"]["lost"] + told["fold"]["lost"]
    print_table("Record a build of 30 C++ files at 199 Hz, whole box, dumped stacks "
                "(peak: the compiler's at least)",
                [("", "samples", "lost", "wall", "peak"),
                 ("perf-oncpu -o .svg", f"{told['fold']['samples']:,}", f"{lost}",
                  f"{mine.wall:.2f} s", f"{mine.peak:.0f} MiB"),
                 ("perf record, to .data", f"{count_samples(data):,}", "?", f"{perf.wall:.2f} s",
                  f"{perf.peak:.0f} MiB")])


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
                      ["perf", "bench", "sched", "pipe", "-l", "300000"],
                      ["perf", "bench", "sched", "messaging", "-g", "10", "-l", "1000"]):
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


def peak_of(process):
    """MiB of memory that it had at most until now, and of locked rings, which that leaves out."""
    sizes = dict(line.split(":") for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
    return tuple(int(sizes[name].split()[0]) / 1024 for name in ("VmHWM", "VmPin"))


def recorded_for(recorder, benchmark, seconds):
    """Peaks after 5 seconds, at the end of the benchmarks and at its own end; MiB of rings."""
    command = [str(word) for word in recorder]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    start, early = time.monotonic(), None
    while time.monotonic() - start < seconds:
        subprocess.run(benchmark, stdout=subprocess.DEVNULL, check=True)
        if not early and time.monotonic() - start >= 5:
            early = peak_of(process)[0]
    late, rings = peak_of(process)
    process.send_signal(signal.SIGINT)
    end = os.wait4(process.pid, 0)[2].ru_maxrss / 1024
    return early or late, late, end, rings


def bench_minute():
    """Whether memory grows as long as it goes on. BENCH_SECONDS in place of a minute."""
    seconds = int(os.environ.get("BENCH_SECONDS", "60"))
    summary = WORK / "minute.json"
    rows = [("", "samples", "lost", "peak, 5 s", f"peak, {seconds} s", "with its end", "rings beside")]
    for name, benchmark in (("pipe", ["perf", "bench", "sched", "pipe", "-l", "50000"]),
                            ("messaging", ["perf", "bench", "sched", "messaging", "-g", "20", "-l",
                                           "100"])):
        for how, ending in (("fp", ".data"), ("auto", ".data"), ("auto", ".folded")):
            out = WORK / f"minute{ending}"
            sizes = recorded_for([BIN / "perf-offcpu", "-q", "-a", "-o", out, "--summary", summary,
                                  "--call-graph", how], benchmark, seconds)
            out.unlink()
            record = json.loads(summary.read_text())["record"]
            rows.append((f"{name}, {how}, {ending}", f"{record['samples']:,}", f"{record['lost']}",
                         *(f"{size:.0f} MiB" for size in sizes)))
    print_table("Memory of perf-offcpu -a, recording every switch", rows)
