#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""perf-wakeup and perf-offcpu --wakers against two threads that play ball (ball.c).

Every CPU is kept busy meanwhile: on idle ones of some virtual machines, wake-ups vanish. What
the catcher was off its CPU for is what is charged to the thrower's stack."""
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from attached import attach, watch  # noqa: E402
from charged import BIN, STACKS, TMP, WORKLOADS, fold, folded, printed  # noqa: E402

WITHIN = 0.02


class WakeUp(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.busy = [subprocess.Popen(["nice", "-n", "19", "sh", "-c", "while :; do :; done"])
                     for _ in range(os.cpu_count())]
        self.truth, self.summary = TMP / "ball.truth", TMP / "ball.json"

    def tearDown(self):
        for one in self.busy:
            one.kill()
            one.wait()

    def near(self, found, expected, what):
        """What it was off its CPU; or, where that was taken from it meanwhile, maybe less.

        A box that does much else may lose records, and then the waits that they are part of."""
        ns, surely = expected
        self.assertGreater(surely, ns / 4)
        self.assertLessEqual(found, ns * (1 + WITHIN), what)
        if not self.lost:
            self.assertGreaterEqual(found, surely * (1 - WITHIN), what)

    def record(self, tool, output, *options):
        with open(self.truth, "wb") as to:
            subprocess.run([BIN / tool, "-q", "-o", output, "--summary", self.summary, *options, "--",
                            WORKLOADS / "ball"], stdin=subprocess.DEVNULL, stdout=to, check=True)
        self.lost = json.loads(self.summary.read_text())["record"]["lost"]

    def check_wakers(self, found):
        (stack, expected), = printed(self.truth, "woke").items()
        self.near(found[stack], expected, found)

    def test_wakeup(self):
        out = TMP / "wakeup.folded"
        self.record("perf-wakeup", out, *STACKS)
        self.check_wakers(folded(out.read_text()))

    def test_recording(self):
        """One recording, three answers: who woke, who slept, and both."""
        out = TMP / "wakeup.data"
        self.record("perf-wakeup", out)
        self.check_wakers(fold(out))
        roots = {stack.partition("-")[0] for stack in fold(out, "--type", "offcpu")}
        self.assertLessEqual(roots, {"ball", "catcher", "thrower"})	# though all CPUs are recorded
        (stack, expected), = printed(self.truth).items()
        self.near(fold(out, "--type", "offcpu")[stack], expected, stack)
        self.check_chains(self.chains(out, "--type", "offwake"))

    def test_attached(self):
        out = TMP / "attached.folded"
        recorder = watch([WORKLOADS / "ball"], self.truth, lambda pid: attach(
            "perf-wakeup", pid, "-o", out, "--summary", self.summary, *STACKS))
        self.assertEqual(recorder.wait(), 0)
        self.lost = json.loads(self.summary.read_text())["record"]["lost"]
        self.check_wakers(folded(out.read_text()))

    def chains(self, data, *options):
        return subprocess.run([BIN / "perf-fold", "-q", "-i", data, *STACKS, *options],
                              capture_output=True, text=True, check=True).stdout

    def check_chains(self, text):
        """The catcher's stack, then the thrower's from its leaf to its root."""
        (slept, expected), = printed(self.truth).items()
        (woke, _), = printed(self.truth, "woke").items()
        found = 0
        for line in text.splitlines():
            stack, weight = line.rsplit(" ", 1)
            sleeper, _, waker = stack.partition(";--;")
            # folded() is for what stands the right way round
            if slept in folded(f"{sleeper} 1") and \
                    woke in folded(";".join(reversed(waker.split(";--;")[0].split(";"))) + " 1"):
                found += int(weight) * 1000
        self.near(found, expected, text)

    def test_chains(self):
        for wakers in "--wakers", "--wakers=3":
            with self.subTest(wakers):
                out = TMP / "chains.folded"
                self.record("perf-offcpu", out, *STACKS, wakers)
                self.check_chains(out.read_text())

    def test_wakers_of_wakers(self):
        """The thrower is woken by its timer: that stands behind it."""
        out = TMP / "chains.data"
        self.record("perf-offcpu", out, "--wakers=2")
        lines = [line for line in self.chains(out, "--wakers=2").splitlines()
                 if "hits_back" in line.partition(";--;")[2]]
        self.assertTrue(any(line.count(";--;") == 2 and line.rsplit(" ", 1)[0].endswith(";[irq]")
                            for line in lines), lines)
        self.assertFalse([line for line in self.chains(out).splitlines() if line.count(";--;") > 1])
        # … as far as it is an interrupt's: what that came upon in the kernel is not there
        timers = [line.split(";")[-2] for line in lines if "hrtimer_wakeup" in line]
        self.assertFalse([one for one in timers if not re.match(r"asm_|el[01]", one)], lines)

    def test_runqueue(self):
        """The two parts of a wait are the whole."""
        out, summary = TMP / "runq.data", TMP / "summary.json"
        self.record("perf-offcpu", out, "--runq")
        (stack, expected), = printed(self.truth).items()
        text = self.chains(out, "--runq", "--summary", summary)
        parts = [sum(int(line.rsplit(" ", 1)[1]) * 1000 for line in text.splitlines()
                     if stack in folded(line) and line.rsplit(" ", 1)[0].endswith("[runqueue]") == ready)
                 for ready in (False, True)]
        self.near(sum(parts), expected, text)
        if not self.lost:
            self.assertGreater(parts[0], expected[1] / 4)	# of 20 ms each, the smaller part
            self.assertGreater(parts[1], 0)
        self.assertEqual(json.loads(summary.read_text())["fold"]["negative"], 0)


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
