#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""perf-offcpu and perf-wall against waits that do not simply come back (blocked.c).

Each must be found to 2 % of what the program's own clocks say, of which readings of the clock and
the way into the kernel take most; a thread that is no more has none, and then what is told is
between what is sure and what is possible. Once by the tracepoint, once by what stands in for it
where tracefs is out of reach."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from charged import BIN, STACKS, STOLEN, TMP, WITHIN, WORKLOADS, fold, folded, printed  # noqa: E402
from nobody import Nobody  # noqa: E402

LIFE = 0.01		# of a thread's time all is told
MODES = ("pipe", "moves", "ends", "execs")
PRINTED = {"pipe": 1, "moves": 1, "ends": 3, "execs": 5}


def expected(truth):
    """{stack: (least, most)}"""
    return {**{stack: (ns, ns) for stack, (ns, _) in printed(truth).items()},
            **printed(truth, "within")}


class Blocked(unittest.TestCase):
    maxDiff = None

    def between(self, found, bounds, within, what):
        least, most = bounds
        self.assertGreaterEqual(found, least * (1 - within) - STOLEN, what)
        self.assertLessEqual(found, most * (1 + within) + STOLEN, what)

    def record(self, tool, mode, output, *options, somebody=None):
        """What @mode printed. The summary is self.told."""
        truth, summary = TMP / f"{mode}.truth", output.with_suffix(".json")
        command = somebody.command if somebody else lambda program, *arguments: [program, *arguments]
        workload = somebody.copy(WORKLOADS / "blocked") if somebody else WORKLOADS / "blocked"
        with open(truth, "wb") as to:
            subprocess.run(command(BIN / tool, "-q", "-o", output, "--summary", summary, *STACKS,
                                   *options, "--", workload, mode),
                           stdin=subprocess.DEVNULL, stdout=to, check=True)
        self.told = json.loads(summary.read_text())
        self.assertEqual(self.told["record"]["lost"], 0)	# of threads that switch a few dozen times
        return truth

    def check(self, truth, mode, found):
        waits = expected(truth)
        self.assertEqual(len(waits), PRINTED[mode])
        for stack, bounds in waits.items():
            self.between(found[stack], bounds, WITHIN, f"{stack} {found}")

    def test_tracepoint(self):
        for mode in MODES:
            with self.subTest(mode):
                out = TMP / f"{mode}.folded"
                truth = self.record("perf-offcpu", mode, out, "--preempted")
                self.check(truth, mode, folded(out.read_text()))

    def test_recording(self):
        for mode in "ends", "execs":
            with self.subTest(mode):
                out = TMP / f"{mode}.data"
                truth = self.record("perf-offcpu", mode, out)
                self.check(truth, mode, fold(out, "--preempted"))

    def test_without_tracefs(self):
        somebody = Nobody(may=("perfmon",))
        for mode in MODES:
            with self.subTest(mode):
                out = somebody.home / f"{mode}.folded"
                truth = self.record("perf-offcpu", mode, out, "--preempted", somebody=somebody)
                self.assertTrue(self.told["record"]["event"].startswith("context-switches"), self.told)
                self.check(truth, mode, folded(out.read_text()))

    def test_lives(self):
        """A thread that becomes another program has its time until then, and the program the rest."""
        out = TMP / "wall.folded"
        truth = self.record("perf-wall", "execs", out)
        lived = {}
        for line in out.read_text().splitlines():
            stack, weight = line.rsplit(" ", 1)
            root = stack.partition(";")[0]
            lived[root] = lived.get(root, 0) + int(weight) * 1000
        lines = [line.split() for line in truth.read_text().splitlines() if line.startswith("lived ")]
        self.assertEqual(len(lines), 2)
        for _, least, most, root in lines:
            most = int(most) or self.told["record"]["elapsed_ns"]
            self.between(lived[root], (int(least), most), LIFE, f"{root} {lived}")


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
