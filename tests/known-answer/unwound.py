#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumped stacks of programs without frame pointers, against what the programs print of
themselves and against perf script, which walks the same dumps by libunwind.

Each program of this directory that is called shapes* says what stacks it must be seen
with, in its own functions (tests/tools/truth.py). One recording of perf record is read by
both.

perf's samples and ours are the same samples, so that of each printed stack we must have at
least as many as perf: fewer would be samples that perf gets right and we do not. What is
recorded and walked live is held against the program's own words only.
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
import collapse  # noqa: E402
from truth import Truth, load, some  # noqa: E402

BIN = Path(os.environ["BIN"])
WORKLOADS = Path(os.environ["BUILD"]) / "tests" / "known-answer"
TMP = Path(os.environ["TMP"])
NAMES = ("shapes", "shapes-O3", "shapes-static", "shapes-static-pie", "shapes-debug-frame",
         "shapes-cxx", "shapes-asm", "shapes-dlopen")
RECORD = ["-F", "1997", "--call-graph", "dwarf,16384"]
# A place takes 80 ms, 160 samples, or a half of that where two share it: this is far below,
# for clocks that miss ticks on a host that is busy with others (14 were seen once).
LEAST = 3
# What perf gets right and we do not: program and stack to the reason.
LEFT_TO_PERF = {}


class Recorded:
    """A program under perf record, and live under perf-oncpu."""

    def __init__(self, name):
        self.name, self.live, data = name, TMP / f"{name}-live.folded", TMP / f"{name}.data"
        self.fold, self.summary = TMP / f"{name}.folded", TMP / f"{name}.json"
        self.run(["perf", "record", "-q", "-e", "cpu-clock:u", *RECORD, "-o", data])
        self.run([BIN / "perf-oncpu", "-q", *RECORD, "--no-inline", "-o", self.live])
        subprocess.run([BIN / "perf-fold", "-q", "-i", data, "--no-inline", "-o", self.fold,
                        "--summary", self.summary], check=True)
        self.script = subprocess.run(
            ["perf", "script", "--no-inline", "-F", collapse.FIELDS, "-i", data], check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode("utf-8", "replace")
        data.unlink()

    def run(self, recorder):
        self.printed = TMP / f"{self.name}.truth"
        with open(self.printed, "wb") as out:
            subprocess.run([*recorder, "--", WORKLOADS / self.name], check=True, stdout=out,
                           stdin=subprocess.DEVNULL)


class Unwound(unittest.TestCase):
    def check_truth(self, truth, stacks):
        """That all printed stacks are there, and no others."""
        counts = truth.counts(stacks)
        wrong = truth.wrong(counts)
        self.assertLessEqual(sum(wrong.values()), some(sum(counts.values())), wrong)
        for stack in truth.stacks:
            self.assertGreaterEqual(counts[stack], LEAST, stack)
        return counts

    def check_whole(self, stacks, summary):
        """That nearly all reach the root, in our own words and by name."""
        fold = json.loads(summary.read_text())["fold"]
        self.assertEqual(fold["unwound"], fold["folded"])
        self.assertLessEqual(fold["truncated"] + fold["broken"], some(fold["folded"]), fold)
        main = {stack: count for stack, count in stacks.items() if ";main;" in stack}
        whole = sum(count for stack, count in main.items() if ";_start;" in stack)
        self.assertLessEqual(sum(main.values()) - whole, some(sum(main.values())), main)

    def check_against_perf(self, name, truth, ours, script):
        events = collapse.fold(script.splitlines())
        self.assertEqual(len(events), 1)
        theirs = truth.counts(*events.values())
        self.assertEqual(sum(theirs.values()), sum(ours.values()))
        right = sum(theirs[stack] for stack in truth.stacks)
        print(f"{name}: of {sum(theirs.values())} samples perf has {right} right, we",
              sum(ours[stack] for stack in truth.stacks))
        for stack in truth.stacks:
            if (name, stack) not in LEFT_TO_PERF:
                self.assertGreaterEqual(ours[stack], theirs[stack], stack)

    def test_all(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for recorded in pool.map(Recorded, NAMES):
                with self.subTest(recorded.name):
                    truth, stacks = Truth(recorded.printed), load(recorded.fold)
                    ours = self.check_truth(truth, stacks)
                    self.check_whole(stacks, recorded.summary)
                    self.check_against_perf(recorded.name, truth, ours, recorded.script)
                    self.check_truth(truth, load(recorded.live))


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
