#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole box with dumped stacks at 199 Hz, while processes come and go by the hundred: nothing is
lost, and the recorder stays small, since neither dumps nor what is known of a process outlive it."""
import json
import os
import subprocess
import sys
from pathlib import Path

BIN = Path(os.environ["BIN"])
PEAK_MIB_MAX = 256  # what is asked for; some 90 are needed, most of them for names, at the end
PROCESSES_MIN = 600  # as the load below starts: a shell, a compiler and what that starts, many times

LOAD = """
for round in $(seq 30); do
	for i in 1 2 3 4 5; do
		cc -O1 -c -o $i.o small.c & sh -c true & sh -c 'exec cat small.c' >/dev/null &
	done
	wait
done
"""


def may_record():
    """The whole box: its CPUs, and its kernel."""
    probe = subprocess.run([BIN / "perf-oncpu", "-q", "-a", "-d", "10ms", "-o", "probe.folded"],
                           capture_output=True, text=True, check=False)
    return None if not probe.returncode else (probe.stderr.strip().splitlines() or ["?"])[-1]


def goes_first():
    """Whether the thread that empties the rings may go before others: lib/record/priority.c."""
    if os.nice(0) or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


def record():
    """Records the load: the summary, and the recorder's peak in MiB."""
    Path("small.c").write_text("#include <stdio.h>\nint f(int i) { return printf(\"%d\", i); }\n",
                               encoding="ascii")
    Path("load.sh").write_text(LOAD, encoding="ascii")
    recorder = subprocess.Popen(
        [BIN / "perf-oncpu", "-q", "-a", "-F", "199", "--call-graph", "dwarf", "-o", "x.svg",
         "--summary", "summary.json", "--", "sh", "load.sh"])
    _, status, usage = os.wait4(recorder.pid, 0)
    recorder.returncode = os.waitstatus_to_exitcode(status)
    assert not recorder.returncode, recorder.returncode
    return json.loads(Path("summary.json").read_text(encoding="utf-8")), usage.ru_maxrss / 1024


def started():
    """How many processes there have ever been, by the kernel's count."""
    text = Path("/proc/stat").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("processes"))


def main():
    os.chdir(os.environ["TMP"])
    refused = may_record()
    if refused:
        print(refused)
        return 77
    before = started()
    summary, peak = record()
    processes = started() - before
    record_part, fold = summary["record"], summary["fold"]
    assert processes >= PROCESSES_MIN, processes
    assert record_part["lost"] == fold["lost"], (record_part, fold)
    assert fold["folded"] == fold["samples"] > 100, fold
    assert fold["unwound"] > fold["samples"] // 4, fold  # the others are the kernel's own threads
    assert "cc1" in Path("x.svg").read_text(encoding="utf-8")
    # A recorder under sanitizers runs at a fraction of its speed. It keeps up where it goes before
    # others (none lost in twelve runs, at loads up to 96); where it may not, it lost records once in
    # some four times. Their own memory, shadow and quarantine, is no measure.
    if not os.environ.get("SAN") or goes_first():
        assert not record_part["lost"], record_part
    if not os.environ.get("SAN"):
        assert peak < PEAK_MIB_MAX, f"{peak:.0f} MiB"
    print(f"{processes} processes, {fold['samples']} samples, {peak:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
