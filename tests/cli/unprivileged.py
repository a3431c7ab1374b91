#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Waits recorded by a user without rights, kernel.perf_event_paranoid being 2: how long his own
processes wait is known to the kernel's books; what cannot be had is said, and what would bring it."""
import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from attached import POLLS  # noqa: E402
from books import Sleeper  # noqa: E402
from charged import BIN, TMP, WITHIN  # noqa: E402
from nobody import Nobody  # noqa: E402

NAPS = [0.07, 0.02, 0.01] * 7
BOTH = ("tracefs is out of reach", "sysctl kernel.perf_event_paranoid=-1", "setcap cap_perfmon")


def weights(path):
    return {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1]) * 1000
            for line in path.read_text().splitlines()}


class Unprivileged(unittest.TestCase):
    def setUp(self):
        self.somebody = Nobody()
        self.out = self.somebody.home / "out.folded"
        self.out.unlink(missing_ok=True)

    def watch(self, tool, *options):
        """What was charged of a shell of his, and what it was off its CPU."""
        summary = self.somebody.home / "out.json"
        sleeper = Sleeper(self.somebody.home, self.somebody.prefix)
        before = sleeper.on()
        with open(TMP / "said", "wb") as said:
            recorder = subprocess.Popen(self.somebody.command(
                BIN / tool, "-p", str(sleeper.pid), "-o", self.out, "--root", "tid", "--summary", summary,
                *options), stderr=said)
        while Path(f"/proc/{recorder.pid}/syscall").read_text().split()[0] not in POLLS:
            self.assertIsNone(recorder.poll())
        sleeper.sleep(*NAPS)
        self.on = sleeper.on() - before
        recorder.send_signal(signal.SIGINT)
        self.assertEqual(recorder.wait(), 0)
        sleeper.end()
        self.said = (TMP / "said").read_text()
        told = json.loads(summary.read_text())
        self.told = told["fold"]
        self.assertEqual(told["record"]["lost"], 0)	# of some dozens
        self.assertEqual(told["fold"]["empty_half"], 0)	# nobody asked for half of a stack
        self.window = told["record"]["elapsed_ns"]
        found = weights(self.out)
        root = f"bash-{sleeper.pid}/{sleeper.pid}"
        self.assertEqual({stack.split(";")[0] for stack in found}, {root})
        return {stack.removeprefix(root): ns for stack, ns in found.items()}

    def near(self, found, expected):
        self.assertLessEqual(abs(found - expected), WITHIN * expected, (found, expected))

    def test_offcpu(self):
        found = self.watch("perf-offcpu", "--preempted")
        self.near(sum(found.values()), self.window - self.on)
        for text in "waits without stacks", "sysctl kernel.perf_event_paranoid=1", "context-switches stands in":
            self.assertIn(text, self.said)

    def test_wall(self):
        found = self.watch("perf-wall")
        self.near(sum(found.values()), self.window)
        # waits without stacks are no stacks that break off
        self.assertLessEqual(self.told["stacks"], self.told["on_samples"] + self.told["open_at_start"])
        off = sum(ns for stack, ns in found.items() if stack.endswith(("[blocked]", "[runqueue]")))
        self.near(off, self.window - self.on)
        self.assertIn("waits without stacks", self.said)

    def refused(self, tool, *options):
        done = subprocess.run(self.somebody.command(BIN / tool, *options, "-o", self.out, "--", "true"),
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 125, done.stderr)
        return done.stderr

    def test_what_takes_tracepoints(self):
        """All that is in the way at once."""
        for command in (["perf-wakeup"], ["perf-locks"], ["perf-offcpu", "--wakers"],
                        ["perf-locks", "--kernel-locks"], ["perf-locks", "--user-locks"]):
            with self.subTest(command):
                said = self.refused(*command)
                for text in BOTH:
                    self.assertIn(text, said)
                self.assertFalse(self.out.exists())


if __name__ == "__main__":
    PARANOID = Path("/proc/sys/kernel/perf_event_paranoid").read_text().strip()
    if os.geteuid() or PARANOID != "2":
        print(f"somebody without rights: not root, or kernel.perf_event_paranoid is {PARANOID}")
        sys.exit(77)
    unittest.main()
