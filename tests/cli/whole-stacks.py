#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A recording of --call-graph auto, read by perf: the whole stacks, each once, and no stack bytes.

Recorded is a program without frame pointers. perf script must show, from the
recording alone, what perf-fold makes of it, and as many samples as were recorded.
"""
import json
import os
import signal
import subprocess
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
SOURCE = """
#include <stdlib.h>
#include <time.h>
static volatile unsigned long sink;
__attribute__((noinline)) static void burn(void)
{
	for (volatile int i = 0; i < 1000000; i++)
		sink++;
}
__attribute__((noinline)) static void deep(int depth)
{
	volatile char room[512];

	room[depth] = 1;
	if (depth)
		deep(depth - 1);
	else
		burn();
	sink += room[depth];
}
int main(int argc, char **argv)
{
	while (clock() < CLOCKS_PER_SEC * atof(argv[argc - 1]))
		deep(6);
	return 0;
}
"""
STACK = "main;deep;deep;deep;deep;deep;deep;deep;burn"
MIN_SAMPLES = 200	# of a second of CPU time, 499 times a second, on a host that may steal some
WHOLE = 0.98	# others are at work in main() and deep() themselves, or start up


def record(out, *command):
    return [BIN / "perf-oncpu", "-q", "-F", "499", "-o", out, *command]


def printed(data):
    """The stacks that perf script prints, the outermost frame first."""
    out = subprocess.run(["perf", "script", "-i", data, "--no-inline", "-F", "comm,ip,sym"],
                         check=True, capture_output=True, text=True).stdout
    stacks = Counter()
    for sample in out.strip().split("\n\n"):
        frames = [line.split(None, 1)[1] for line in sample.splitlines()[1:]]
        stacks[";".join(frame.split("+")[0] for frame in reversed(frames))] += 1
    return stacks


class WholeStacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = TMP / "deep"
        (TMP / "deep.c").write_text(SOURCE)
        subprocess.run([os.environ.get("CC") or "cc", "-O2", "-fomit-frame-pointer",
                        "-fno-optimize-sibling-calls", "-o", cls.program, TMP / "deep.c"], check=True)

    def test_perf_reads_them(self):
        data, summary = TMP / "whole.data", TMP / "whole.json"
        subprocess.run(record(data, "--summary", summary, "--", self.program, "1"), check=True)
        stats = json.loads(summary.read_text())["record"]
        stacks = printed(data)
        self.assertGreater(stats["samples"], MIN_SAMPLES)
        self.assertEqual(sum(stacks.values()), stats["samples"])
        self.assertEqual(stats["truncated"], 0)
        whole = sum(count for stack, count in stacks.items() if f";{STACK}" in stack)
        self.assertGreaterEqual(whole, WHOLE * stats["samples"], stacks)
        for stack in stacks:
            names = stack.split(";")
            self.assertLessEqual(names.count("main"), 1, stack)
            self.assertLessEqual(names.count("deep"), 7, stack)

    def test_the_file_says_what_it_holds(self):
        data = TMP / "attr.data"
        subprocess.run(record(data, "--", self.program, "0.1"), check=True)
        attr = subprocess.run(["perf", "evlist", "-v", "-i", data], check=True,
                              capture_output=True, text=True).stdout
        self.assertIn("CALLCHAIN", attr)
        for gone in ("REGS_USER", "STACK_USER", "sample_regs_user", "sample_stack_user",
                     "exclude_callchain_user"):
            self.assertNotIn(gone, attr)

    def test_killed(self):
        """What was written until then can be read."""
        data = TMP / "killed.data"
        recorder = subprocess.Popen(record(data, "--", self.program, "1000"),
                                    start_new_session=True)
        while not data.exists() or data.stat().st_size < 65536:	# 180 bytes a sample
            self.assertIsNone(recorder.poll())
            time.sleep(0.05)
        os.killpg(recorder.pid, signal.SIGKILL)
        recorder.wait()
        stacks = printed(data)
        self.assertGreater(sum(count for stack, count in stacks.items() if STACK in stack),
                           MIN_SAMPLES)
        folded = subprocess.run([BIN / "perf-fold", "-q", "-i", data], check=True,
                                capture_output=True, text=True).stdout
        self.assertEqual(sum(int(line.rsplit(" ", 1)[1]) for line in folded.splitlines()),
                         sum(stacks.values()))


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling'],
                      check=False).returncode:
        sys.exit(77)
    unittest.main()
