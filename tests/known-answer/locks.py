#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""perf-locks and perf-fold against locks.c, which prints what it waited for, and how long.

Nothing here is tolerated: each wait is counted exactly, and its time lies between what
the two sides of it saw of it (locks.c), to the microsecond that folded stacks round to.
Where the kernel says that it dropped records, as it may with the wake-ups of a busy box,
no more than that is there."""
import json
import os
import re
import subprocess
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from attached import attach, watch  # noqa: E402
from perfrecord import PerfRecord  # noqa: E402

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
WORKLOAD = Path(os.environ["BUILD"]) / "tests/known-answer/locks"
FUTEX = {"x86_64": "202 ", "aarch64": "98 "}[os.uname().machine]
NO_LOCKS = ("condvar", "semaphore", "join")
EVENTS = ("lock:contention_begin,lock:contention_end,syscalls:sys_enter_futex,"
          "syscalls:sys_exit_futex")
TRACEFS = ("unshare", "--mount", "sh", "-c", "mountpoint -q /sys/kernel/tracing || "
           'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"', "sh")
PERF_NS = 1000		# in each wait, for a clock read elsewhere


class Truth:
    """What the workload printed: {stack;[kind]: (count, least, most)}."""

    def __init__(self, path):
        self.waits, self.blames = {}, {}
        for line in path.read_text().splitlines():
            what, count, least, most, stack = line.split(" ", 4)
            told = getattr(self, what)
            numbers = int(count), int(least), int(most)
            told[stack] = tuple(map(sum, zip(told.get(stack, (0, 0, 0)), numbers)))
        self.functions = {name for stack in [*self.waits, *self.blames]
                          for name in stack.split(";")[:-1]}

    def locks(self, wanted):
        return {stack: truth for stack, truth in self.waits.items()
                if wanted(stack.rsplit("[", 1)[1][:-1])}


def kind(leaf):
    """Of a kernel's lock without the function that took it, which kernels call differently."""
    return re.sub(r"^\[kernel (\S+).*\]$", r"[\1]", leaf)


def seen(text, functions):
    """By stack of the workload's own functions, and kind."""
    found = Counter()
    for line in text.splitlines():
        stack, weight = line.rsplit(" ", 1)
        *frames, leaf = stack.split(";")
        frames = [frame for frame in frames if frame in functions]
        found[";".join([*frames, kind(leaf)])] += int(weight)
    return found



class Locks(unittest.TestCase):
    maxDiff = None
    lost = 0

    def count(self, expected, found):
        if self.lost:
            self.assertEqual([stack for stack in expected if found[stack] > expected[stack][0]], [])
            return
        self.assertEqual({stack: found[stack] for stack in expected},
                         {stack: count for stack, (count, _, _) in expected.items()})

    def measure(self, expected, found, off=0):
        for stack, (count, least, most) in expected.items():
            least = 0 if self.lost else least
            self.assertGreaterEqual(found[stack] + 1, least // 1000 - off * count // 1000, stack)
            self.assertLessEqual(found[stack], most // 1000 + 1 + off * count // 1000, stack)

    def fold(self, data, truth, *options):
        done = subprocess.run([BIN / "perf-fold", "-q", "-i", data, *options],
                              capture_output=True, text=True, check=True)
        return seen(done.stdout, truth.functions)

    def run_command(self, name, *options, inside=()):
        out, printed, summary = TMP / name, TMP / f"{name}.truth", TMP / "summary.json"
        with open(printed, "wb") as to:
            subprocess.run([*inside, BIN / "perf-locks", "-q", "-o", out, "--summary", summary, *options,
                            "--", WORKLOAD, TMP], stdin=subprocess.DEVNULL, stdout=to, check=True)
        self.lost = json.loads(summary.read_text())["record"]["lost"]
        return out, Truth(printed)

    def test_command(self):
        out, truth = self.run_command("command.folded", "--waits")
        self.assertGreater(len(truth.waits), 9)
        self.measure(truth.waits, seen(out.read_text(), truth.functions))

    def test_recording(self):
        """Both values; who waited and who let go; either side alone."""
        out, truth = self.run_command("command.data", "--blame")
        self.count(truth.waits, self.fold(out, truth, "--waits", "--value", "count"))
        self.measure(truth.waits, self.fold(out, truth, "--waits"))
        self.count(truth.blames, self.fold(out, truth, "--waits", "--blame", "--value", "count"))
        self.measure(truth.blames, self.fold(out, truth, "--waits", "--blame"))
        self.compare_kinds(out, truth)

    def compare_kinds(self, out, truth):
        """What is no lock is left out, and told of."""
        summary = TMP / "fold.json"
        locks = truth.locks(lambda name: name not in NO_LOCKS)
        others = truth.locks(lambda name: name in NO_LOCKS)
        found = self.fold(out, truth, "--value", "count", "--summary", summary)
        self.count(locks, found)
        self.assertEqual([stack for stack in others if found[stack]], [])
        told = json.loads(summary.read_text())["fold"]
        if not self.lost:
            least = [sum(values) for values in zip(*others.values())]
            self.assertGreaterEqual(told["no_locks"], least[0])
            self.assertGreaterEqual(told["no_locks_ns"], least[1])
        kernel = self.fold(out, truth, "--kernel-locks", "--value", "count")
        user = self.fold(out, truth, "--user-locks", "--waits", "--value", "count")
        self.assertEqual(kernel + user, self.fold(out, truth, "--waits", "--value", "count"))
        self.assertTrue(self.lost or any("rwsem" in stack for stack in kernel) or
                        not any("rwsem" in stack for stack in truth.waits))
        self.assertEqual([stack for stack in user if "sem:" in stack or "spin" in stack], [])

    def test_one_side(self):
        """What was not asked for is not recorded."""
        out, truth = self.run_command("user.data", "--user-locks")
        found = self.fold(out, truth, "--waits", "--value", "count")
        self.count(truth.locks(lambda name: not name.startswith("rwsem") and name != "mutex"), found)
        self.assertEqual([stack for stack in found if "rwsem" in stack or "spin" in stack], [])

    @unittest.skipUnless(os.geteuid() == 0, "PID namespaces are root's")
    def test_in_a_pid_namespace(self):
        """The wake-ups name threads by other numbers than the samples do."""
        out, truth = self.run_command("inside.data", "--blame", inside=(
            "unshare", "--pid", "--fork", "--mount-proc"))
        self.count(truth.waits, self.fold(out, truth, "--waits", "--value", "count"))
        self.count(truth.blames, self.fold(out, truth, "--waits", "--blame", "--value", "count"))

    def test_deadlock(self):
        """Attached to when nothing happens any more: for all of the window, live and from a file."""
        summary = TMP / "deadlock.json"
        workload = subprocess.Popen([WORKLOAD.with_name("deadlock-O2")])
        tasks = Path(f"/proc/{workload.pid}/task")
        try:
            while [task for task in tasks.iterdir() if len(list(tasks.iterdir())) < 3 or
                   not (task / "syscall").read_text().startswith(FUTEX)]:
                time.sleep(0.01)
            for name in "deadlock.folded", "deadlock.data":
                out = TMP / name
                subprocess.run([BIN / "perf-locks", "-q", "-p", str(workload.pid), "-d", "500ms",
                                "-o", out, "--summary", summary], check=True)
                window = json.loads(summary.read_text())["record"]["elapsed_ns"] / 1000
                text = out.read_text() if out.suffix == ".folded" else subprocess.run(
                    [BIN / "perf-fold", "-q", "-i", out], capture_output=True, text=True,
                    check=True).stdout
                found = seen(text, ("wants_apples", "wants_pears"))
                self.assertEqual(set(found), {"wants_apples;[mutex]", "wants_pears;[mutex]"})
                for took in found.values():
                    self.assertAlmostEqual(took, window, delta=0.02 * window)
        finally:
            workload.kill()
            workload.wait()

    def watch(self, start):
        printed = TMP / "attached.truth"
        return watch([WORKLOAD, TMP], printed, start), Truth(printed)

    def test_recorded_by_perf(self):
        """By perf record, without our recorder: the events say what it is."""
        data = TMP / "perf.data"
        recorder, truth = self.watch(lambda pid: PerfRecord(
            data, "-e", EVENTS, "-k", "CLOCK_MONOTONIC", "--call-graph", "dwarf,4096", "-p", str(pid),
            rate=("-c", "1"), prefix=TRACEFS))
        recorder.stop()
        self.count(truth.waits, self.fold(data, truth, "--waits", "--value", "count"))
        self.measure(truth.waits, self.fold(data, truth, "--waits", "--type", "locks"), PERF_NS)

    def test_attached(self):
        out = TMP / "attached.folded"
        recorder, truth = self.watch(lambda pid: attach("perf-locks", pid, "--waits", "-o", out))
        self.assertEqual(recorder.wait(), 0)
        self.measure(truth.waits, seen(out.read_text(), truth.functions))


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
