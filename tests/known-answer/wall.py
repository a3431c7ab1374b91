#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""perf-wall against threads that share a CPU and print what the kernel's books say of them (crowd.c).

Of each thread, what it was on the CPU, blocked and waiting for its turn add up to its life, to
1 %; each of the first and the last is what schedstat has, to 2 %. None of that is sampled."""
import json
import os
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from attached import attach, watch  # noqa: E402
from charged import BIN, STACKS, TMP, WORKLOADS  # noqa: E402
from nobody import Nobody  # noqa: E402


def parts_of(text):
    """{thread: Counter of on, blocked, ready, and of the functions that were on the CPU}"""
    threads = {}
    for line in text.splitlines():
        stack, weight = line.rsplit(" ", 1)
        root, *frames = stack.split(";")
        parts = threads.setdefault(root, Counter())
        part = {"[blocked]": "blocked", "[runqueue]": "ready"}.get(frames[-1], "on")
        parts[part] += int(weight) * 1000
        if part == "on" and "lives" in frames:
            parts[frames[frames.index("lives") + 1]] += int(weight) * 1000
    return threads


class Wall(unittest.TestCase):
    def near(self, found, expected, within, what):
        self.assertLessEqual(abs(found - expected), within * expected, f"{what}: {found} {expected}")

    def check(self, threads, truth, wakeups=True):
        lines = truth.read_text().splitlines()
        self.assertEqual(len(lines), 3)
        for line in lines:
            kind, lived, on, waiting, stack = line.split(" ", 4)
            self.assertEqual(kind, "lived")
            parts = threads[stack.partition(";")[0]]
            whole = parts["on"] + parts["blocked"] + parts["ready"]
            self.near(whole, int(lived), 0.01, f"life {parts}")
            self.near(parts["on"], int(on), 0.02, f"on {parts}")
            if wakeups:	# otherwise what follows them is blocked, too
                self.near(parts["ready"], int(waiting), 0.02, f"ready {parts}")
            # all that it computes, as far as a few dozen samples can tell
            self.assertGreater(parts["computes"], parts["on"] / 2, parts)

    def test_command(self):
        for out in TMP / "wall.folded", TMP / "wall.data":
            with self.subTest(out.suffix):
                truth, summary = TMP / "wall.truth", TMP / "summary.json"
                with open(truth, "wb") as to:
                    subprocess.run([BIN / "perf-wall", "-q", "-F", "499", "-o", out, *STACKS,
                                    "--summary", summary, "--", WORKLOADS / "crowd"],
                                   stdin=subprocess.DEVNULL, stdout=to, check=True)
                text = out.read_text() if out.suffix == ".folded" else subprocess.run(
                    [BIN / "perf-fold", "-q", "-i", out, *STACKS, "--summary", summary],
                    capture_output=True, text=True, check=True).stdout
                self.check(parts_of(text), truth)
                fold = json.loads(summary.read_text())["fold"]
                self.assertGreater(fold["on_samples"], 100)
                self.assertEqual(fold["unreliable"], 0)

    def test_attached(self):
        out, truth = TMP / "attached.folded", TMP / "attached.truth"
        recorder = watch([WORKLOADS / "crowd"], truth, lambda pid: attach(
            "perf-wall", pid, "-F", "499", "-o", out, *STACKS))
        self.assertEqual(recorder.wait(), 0)
        self.check(parts_of(out.read_text()), truth)

    def test_without_rights(self):
        """Nothing but switches and samples of one's own code: no stacks that wait, no wake-ups."""
        somebody = Nobody()
        out, truth = somebody.home / "wall.folded", TMP / "nobody.truth"
        with open(truth, "wb") as to:
            subprocess.run(somebody.command(BIN / "perf-wall", "-q", "-F", "499", "-o", out, *STACKS, "--",
                                            somebody.copy(WORKLOADS / "crowd")),
                           stdin=subprocess.DEVNULL, stdout=to, check=True)
        self.check(parts_of(out.read_text()), truth, wakeups=False)


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
