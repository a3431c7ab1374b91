#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""perf-offcpu and perf-fold against programs that print how long they were off their CPU.

A program measures wall-clock and CPU time of each of its functions; the difference is
what it was off the CPU, blocked or waiting for one. So with --preempted, which
charges both, the two agree however busy the box is: to 2 %, of which clock readings and
the way into the kernel take most. What is only blocked can be no more than that."""
import json
import os
import subprocess
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from attached import attach, watch  # noqa: E402
from charged import BIN, STACKS, STOLEN, TMP, WITHIN, WORKLOADS, fold, folded, printed  # noqa: E402
from perfrecord import PerfRecord  # noqa: E402


class OffCpu(unittest.TestCase):
    maxDiff = None

    def near(self, found, expected, what):
        self.assertLessEqual(abs(found - expected), WITHIN * expected + STOLEN,
                             f"{what}: {found} {expected}")

    def compare(self, truth, found, blocked=None):
        self.assertEqual(len(truth), 6)
        for stack, (off, asked) in truth.items():
            self.near(found[stack], off, stack)
            if blocked:
                self.assertLessEqual(blocked[stack], found[stack], stack)
                self.assertGreater(blocked[stack], asked // 2, stack)

    def record(self, name, output, *options):
        """The workload, in the recorder's own words; what it printed."""
        truth, summary = TMP / f"{name}.truth", TMP / "summary.json"
        with open(truth, "wb") as to:
            subprocess.run([BIN / "perf-offcpu", "-q", "-o", output, "--summary", summary, *options,
                            "--", WORKLOADS / name], stdin=subprocess.DEVNULL, stdout=to, check=True)
        record = json.loads(summary.read_text())["record"]
        self.assertEqual(record["lost"], 0)	# of two threads that switch 60 times
        return printed(truth)

    def test_command(self):
        for name in ("naps", "naps-O2"):
            with self.subTest(name):
                out = TMP / "command.folded"
                truth = self.record(name, out, *STACKS, "--preempted")
                self.compare(truth, folded(out.read_text()))

    def test_recording(self):
        """What is written folds to the same, with and without what is no blocking."""
        for how in ("auto", "dwarf"):
            with self.subTest(how):
                out = TMP / "command.data"
                truth = self.record("naps-O2", out, "--call-graph", how)
                self.compare(truth, fold(out, "--preempted"), fold(out))

    def test_filters(self):
        out = TMP / "filters.data"
        truth = self.record("naps", out)
        every = fold(out, "--preempted")
        # A sleep is never shorter than asked for; what else there is takes no 10 ms of its own
        longer = fold(out, "--preempted", "--min", "30ms")
        for stack, (off, _) in truth.items():
            if stack.endswith("sleeps_long"):
                self.assertGreater(longer[stack], off // 2)
        self.assertFalse([stack for stack in fold(out, "--state", "D") if "sleeps" in stack])
        self.assertEqual(fold(out, "--state", "S,D,R"), every)
        self.assertEqual(fold(out, "--state", "S,D"), fold(out))

    def test_no_such_state(self):
        """A slip is told before anything is recorded, with the states that there are."""
        out, started = TMP / "slip.folded", TMP / "started"
        run = subprocess.run([BIN / "perf-offcpu", "-o", out, "--state", "d", "--", "touch", started],
                             stderr=subprocess.PIPE, text=True)
        self.assertEqual(run.returncode, 125, run.stderr)
        self.assertIn("has no state 'd', but R, S, D, ", run.stderr)
        self.assertFalse(out.exists() or started.exists())

    def test_attached(self):
        out, truth = TMP / "attached.folded", TMP / "attached.truth"
        recorder = watch([WORKLOADS / "naps"], truth, lambda pid: attach(
            "perf-offcpu", pid, "-o", out, *STACKS, "--preempted"))
        self.assertEqual(recorder.wait(), 0)
        self.compare(printed(truth), folded(out.read_text()))

    def test_deadlock(self):
        """Attached to when it has happened: both stacks for all of the window, live and from a file."""
        for name in ("deadlock", "deadlock-O2"):
            with self.subTest(name):
                self.check_deadlock(name)

    def check_deadlock(self, name):
        summary = TMP / "deadlock.json"
        workload = subprocess.Popen([WORKLOADS / name])
        try:
            wait_for_sleep(workload.pid, 3)
            for out in TMP / "deadlock.folded", TMP / "deadlock.data":
                subprocess.run([BIN / "perf-offcpu", "-q", "-p", str(workload.pid), "-d", "500ms",
                                "-o", out, "--summary", summary, *STACKS], check=True)
                window = json.loads(summary.read_text())["record"]["elapsed_ns"]
                found = fold(out) if out.suffix == ".data" else folded(out.read_text())
                stacks = {stack.partition(";")[2]: ns for stack, ns in found.items()}
                for stack in ("main", "has_apples;wants_pears", "has_pears;wants_apples"):
                    self.near(stacks.get(stack, 0), window, f"{out} {stack} {stacks}")
        finally:
            workload.kill()
            workload.wait()

    def test_recorded_by_perf(self):
        data, truth = TMP / "perf.data", TMP / "perf.truth"
        watch([WORKLOADS / "naps"], truth, lambda pid: PerfRecord(
            data, "-e", "sched:sched_switch", "-a", "--switch-events", "-m", "4M",
            rate=("-c", "1"))).stop()
        # With --switch-events: where a virtual machine loses a sample, there still is the record.
        # libc has no frame pointers: they lose its caller
        shorter = Counter()
        for stack, (off, _) in printed(truth).items():
            shorter[stack.rpartition(";")[0]] += off
        summary = TMP / "perf.json"
        found = fold(data, "--preempted", "--summary", summary)
        # It records its own switches, too, and on a busy box may lose some: what may have been
        # in between is counted, and not charged
        missing = json.loads(summary.read_text())["fold"]["unreliable_ns"]
        for stack, off in shorter.items():
            self.assertLessEqual(found[stack], off * (1 + WITHIN), stack)
            self.assertGreaterEqual(found[stack], off * (1 - WITHIN) - missing, stack)


def wait_for_sleep(pid, threads):
    """Until there are so many threads, and all of them sleep in futex(2)."""
    def asleep(task):
        return "futex" in (task / "wchan").read_text()
    while True:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        if len(tasks) == threads and all(map(asleep, tasks)):
            return
        time.sleep(0.01)


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
