#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""perf-faults and perf-fold against faults.c, which prints what the kernel counted for it.

Every count is exact: the events are raised where getrusage(2) counts. The bytes
are, too, where each fault brought one page, small or huge."""
import json
import os
import re
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from attached import attach, watch  # noqa: E402
from nobody import Nobody  # noqa: E402
from perfrecord import PerfRecord  # noqa: E402

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
WORKLOAD = Path(os.environ["BUILD"]) / "tests/known-answer/faults"


def truth(path):
    counts, sizes = Counter(), Counter()
    for line in path.read_text().splitlines():
        kind, count, size, stack = line.split(" ", 3)
        assert kind == "faults"
        counts[stack] += int(count)
        sizes[stack] += int(size)
    return counts, sizes


def seen(text):
    """By stack from main() or the thread's function on, without the kernel's frames. libc's
    read() keeps no frame pointer, so that along those its caller is missing."""
    found = Counter()
    for line in text.splitlines():
        stack, weight = line.rsplit(" ", 1)
        frames = [frame for frame in stack.split(";") if not frame.endswith("_[k]")]
        first = next((i for i, name in enumerate(frames) if name in ("main", "on_thread")), None)
        if first is None:
            continue
        stack = ";".join(frames[first:])
        stack = re.sub(r"(;deeper)+", ";deeper", stack)
        stack = re.sub(r"^main(;copied)?;(__GI_|__libc_|__)*read;", "main;copied;", stack)
        found[stack] += int(weight)
    return found


def fold(data, *options):
    done = subprocess.run([BIN / "perf-fold", "-q", "-i", data, "--annotate", *options],
                          capture_output=True, text=True, check=True)
    return seen(done.stdout)


class Faults(unittest.TestCase):
    maxDiff = None

    def compare(self, expected, found):
        self.assertGreater(len(expected), 9)
        self.assertEqual({stack: found[stack] for stack in expected}, dict(expected))

    def run_command(self, name, *options):
        out, printed, summary = TMP / name, TMP / f"{name}.truth", TMP / "summary.json"
        with open(printed, "wb") as to:
            subprocess.run([BIN / "perf-faults", "-q", "-o", out, "--summary", summary, *options,
                            "--", WORKLOAD, TMP], stdin=subprocess.DEVNULL, stdout=to, check=True)
        self.assertEqual(json.loads(summary.read_text())["record"]["lost"], 0)
        return out, *truth(printed)

    def test_command(self):
        for call_graph in ("auto", "fp"):
            with self.subTest(call_graph):
                out, counts, _ = self.run_command("command.folded", "--annotate", "--call-graph",
                                                  call_graph)
                self.compare(counts, seen(out.read_text()))

    def test_recording(self):
        """What is written folds to the same; both values, and either half."""
        out, counts, sizes = self.run_command("command.data")
        self.compare(counts, fold(out))
        self.compare(sizes, fold(out, "--value", "bytes"))
        minor, major = fold(out, "--minor"), fold(out, "--major")
        self.assertEqual(minor + major, fold(out))
        self.assertTrue(all(stack.endswith(" minor]") for stack in minor))
        self.assertTrue(all(stack.endswith(" major]") for stack in major))

    def test_halves(self):
        """What was not asked for is not recorded."""
        out, counts, _ = self.run_command("minor.data", "--minor")
        expected = {stack: count for stack, count in counts.items() if stack.endswith(" minor]")}
        self.compare(expected, fold(out))
        self.assertEqual([stack for stack in fold(out) if not stack.endswith(" minor]")], [])

    def test_without_rights(self):
        """The user side alone: all but those that the kernel takes to copy into memory."""
        somebody = Nobody()
        out, printed = somebody.home / "faults.folded", TMP / "nobody.truth"
        with open(printed, "wb") as to:
            subprocess.run(somebody.command(BIN / "perf-faults", "-q", "-o", out, "--annotate", "--",
                                            somebody.copy(WORKLOAD), somebody.home),
                           stdin=subprocess.DEVNULL, stdout=to, check=True)
        counts, _ = truth(printed)
        self.compare({stack: count for stack, count in counts.items() if "copied" not in stack},
                     seen(out.read_text()))

    def watch(self, start):
        printed = TMP / "attached.truth"
        return watch([WORKLOAD, TMP], printed, start), truth(printed)[0]

    def test_recorded_by_perf(self):
        data = TMP / "perf.data"
        recorder, counts = self.watch(lambda pid: PerfRecord(
            data, "-e", "minor-faults,major-faults", "-d", "-p", str(pid), rate=("-c", "1")))
        recorder.stop()
        self.compare(counts, fold(data))
        self.compare(counts, fold(data, "--type", "faults"))

    def test_either_kind_by_perf(self):
        """The event of both: nothing tells which it was."""
        data, expected = TMP / "either.data", Counter()
        recorder, counts = self.watch(lambda pid: PerfRecord(
            data, "-e", "page-faults", "-d", "-p", str(pid), rate=("-c", "1")))
        recorder.stop()
        for stack, count in counts.items():
            expected[re.sub(" m[a-z]+]$", "]", stack)] += count
        self.compare(expected, fold(data))

    def test_attached(self):
        out = TMP / "attached.folded"
        recorder, counts = self.watch(lambda pid: attach(
            "perf-faults", pid, "--annotate", "-o", out))
        self.assertEqual(recorder.wait(), 0)
        self.compare(counts, seen(out.read_text()))


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
