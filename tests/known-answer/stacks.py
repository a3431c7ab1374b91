#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The workloads of this directory, recorded in every way, against what they print of themselves.

A workload prints where it was on the CPU, and for how long (work.h). Of a recording
of it, this checks:
* each stack is one that was printed, from main() or the thread's function to the
  innermost one, under the thread's name, PID and TID at that time. Below it may
  stand what libc has there: two calls of its own, and the word that it keeps where
  others have the frame pointer;
* what is in no such stack (starting up, loading, forking, printing) is no more
  than STRAY of the samples;
* each stack's share is the printed one, within the sampling error: n samples of
  which a share p belongs to a stack are binomial at worst (the clock that samples
  is regular, and its error in truth much smaller), with a deviation of
  sqrt(p * (1 - p) / n). Tolerated are SIGMAS of them, which chance exceeds less
  than once in a million times; and on a host that steals CPU time, which a
  workload's clock counts and the sampling clock misses, the share of the samples
  that are missing, up to STOLEN: they may all have been one stack's.
"""
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from perfrecord import PerfRecord  # noqa: E402

BIN = Path(os.environ["BIN"])
WORKLOADS = Path(os.environ["BUILD"]) / "tests" / "known-answer"
TMP = Path(os.environ["TMP"])
NAMES = ("nested", "nested-nopie", "nested-static", "recursion", "threads", "processes",
         "libraries", "names", "jit")
HZ = "997"		# not a multiple of what else ticks on the box
# Of a CPU: should the recorder have to wait for a busy box, it holds four seconds of what
# these programs alone bring, and minutes of what all others bring without dumps of stacks.
RING = "64M"
STACKS = ["--root", "tid", "--annotate"]
MIN_SAMPLES = 1000	# each takes 2 s of CPU time at 3.3 GHz
STRAY = 0.02
SIGMAS = 5
STOLEN = 0.05

LIBC_FRAMES = 3
PID = re.compile(r".*-(-?\d+)/-?\d+$")	# in a root; -1 is a process that has just ended


class Truth:
    """What a workload printed: .stacks {root and frames: ns}, .firsts (frames), .pids."""

    def __init__(self, text):
        self.stacks, self.firsts, self.pids = {}, set(), set()
        for line in text.splitlines():
            kind, ns, rest = line.split(" ", 2)
            if kind == "expect":
                assert rest not in self.stacks, line
                self.stacks[rest] = int(ns)
                self.firsts.add(rest.split(";")[1])
            else:
                assert kind == "spent", line
                self.pids.add(int(rest))


def load(path, truth, whole):
    """The samples of folded stacks, by stack without what the kernel and libc's start add.

    Those of the workload's processes; or all of them, where the recording is of it alone."""
    samples = Counter()
    for line in path.read_text().splitlines():
        stack, count = line.rsplit(" ", 1)
        root, *frames = stack.split(";")
        if not whole and int(PID.match(root)[1]) not in truth.pids:
            continue
        while frames and frames[-1].endswith("_[k]"):
            frames.pop()
        frames = [frame.removesuffix("_[j]") for frame in frames]
        first = next((i for i, frame in enumerate(frames) if frame in truth.firsts), 0)
        if first <= LIBC_FRAMES:
            frames = frames[first:]
        samples[";".join([root, *frames])] += int(count)
    return samples


def folded(path):
    """A recording, folded; every sample of it accounted for."""
    out, summary = path.with_suffix(".folded"), path.with_suffix(".json")
    subprocess.run([BIN / "perf-fold", "-i", path, *STACKS, "-o", out, "--summary", summary],
                   check=True)
    stats = json.loads(summary.read_text())["fold"]
    assert stats["lost"] <= STOLEN * stats["samples"], stats
    assert stats["bad_samples"] == stats["no_task"] == 0, stats
    assert stats["samples"] == stats["folded"] + stats["other_event"], stats
    return out


class Oncpu:
    """perf-oncpu, whose events are open when the constructor returns."""

    def __init__(self, out, *options):
        self.summary = out.with_suffix(".json")
        self.command = [BIN / "perf-oncpu", "-q", "-F", HZ, "-m", RING, *options, "-o", out,
                        "--summary", self.summary]
        self.process = subprocess.Popen(self.command)
        fds = Path(f"/proc/{self.process.pid}/fd")
        while not any("perf_event" in os.readlink(fd) for fd in fds.iterdir()):
            assert self.process.poll() is None, self.command
            time.sleep(0.02)

    def stop(self):
        if "-a" in self.command:	# the others end with what they watch
            self.process.send_signal(signal.SIGINT)
        assert self.process.wait() == 0, self.command
        summary = json.loads(self.summary.read_text())
        assert summary["record"]["lost"] <= STOLEN * summary["record"]["samples"], summary
        assert "fold" not in summary or summary["fold"]["unordered"] == 0, summary


def run_command(name):
    """A workload as the command of perf-oncpu, and what it printed."""
    out, truth = TMP / f"{name}.folded", TMP / f"{name}-command.truth"
    with open(truth, "wb") as printed:
        subprocess.run([BIN / "perf-oncpu", "-q", "-F", HZ, "-m", RING, *STACKS, "-o", out, "--",
                        WORKLOADS / name], stdin=subprocess.DEVNULL, stdout=printed, check=True)
    return out, Truth(truth.read_text())


class Attached:
    """All workloads at once, and those who watch them."""

    def __init__(self, label):
        self.workloads, self.printed = [], {}
        for name in NAMES:
            self.printed[name] = TMP / f"{name}-{label}.truth"
            with open(self.printed[name], "wb") as out:
                self.workloads.append(subprocess.Popen([WORKLOADS / name], stdout=out,
                                                       stdin=subprocess.PIPE))
        self.pids = ",".join(str(workload.pid) for workload in self.workloads)

    def run(self, recorders):
        """To the end of all."""
        for workload in self.workloads:
            workload.stdin.close()
        for workload in self.workloads:
            assert workload.wait() == 0, workload.args
        for recorder in recorders:
            recorder.stop()


class KnownAnswers(unittest.TestCase):
    def compare(self, truth, path, whole=False):
        samples = load(path, truth, whole)
        total, ns = sum(samples.values()), sum(truth.stacks.values())
        self.assertGreater(total, MIN_SAMPLES)
        stray = {stack: count for stack, count in samples.items() if stack not in truth.stacks}
        self.assertLessEqual(sum(stray.values()), STRAY * total, stray)
        seen = total - sum(stray.values())
        stolen = min(STOLEN, max(0, 1 - seen / (ns / 1e9 * int(HZ))))
        for stack, took in truth.stacks.items():
            share = took / ns
            error = SIGMAS * (share * (1 - share) / seen) ** 0.5 + stolen
            self.assertAlmostEqual(samples[stack] / seen, share, delta=error, msg=stack)

    def compare_all(self, attached, *outs):
        for name, printed in attached.printed.items():
            truth = Truth(printed.read_text())
            for out in outs:
                with self.subTest(f"{name} in {out.name}"):
                    self.compare(truth, out)

    def test_as_command(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, (out, truth) in zip(NAMES, pool.map(run_command, NAMES)):
                with self.subTest(name):
                    self.compare(truth, out, whole=True)

    def test_attached(self):
        attached = Attached("attached")
        pids, box, data = TMP / "pids.folded", TMP / "box.folded", TMP / "pids.data"
        attached.run([Oncpu(pids, "-p", attached.pids, *STACKS),
                      Oncpu(box, "-a", "--call-graph", "fp", *STACKS),
                      Oncpu(data, "-p", attached.pids)])
        self.compare_all(attached, pids, box, folded(data))

    def test_recorded_by_perf(self):
        attached = Attached("perf")
        data = TMP / "perf.data"
        attached.run([PerfRecord(data, "-p", attached.pids)])
        self.compare_all(attached, folded(data))


def tearDownModule():
    """What jit leaves where such files must be."""
    for path in TMP.glob("*.truth"):
        for pid in Truth(path.read_text()).pids:
            Path(f"/tmp/perf-{pid}.map").unlink(missing_ok=True)


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
