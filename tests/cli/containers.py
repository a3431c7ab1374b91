#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Waits in a cgroup (-G), and in a PID namespace as seen from inside and from outside: how long
they are, and by which numbers processes go.

The kernel's books say how long a shell was on a CPU in the recording. The rest of the window it was
off, to 2 %."""
import json
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from attached import POLLS  # noqa: E402
from books import Sleeper  # noqa: E402
from charged import BIN, TMP, WITHIN  # noqa: E402

NAPS = [0.07, 0.02, 0.01] * 7
CONTAINER = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


def cgroups():
    """Where perf looks for them: version 1 with its controller, or version 2; None: nowhere."""
    found = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, right = line.split(" - ")
        kind, _, options = right.split()
        if kind == "cgroup2" or (kind == "cgroup" and "perf_event" in options.split(",")):
            found[kind] = Path(left.split()[4])
    return found.get("cgroup", found.get("cgroup2"))


def child_of(pid):
    while not (children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        time.sleep(0.01)
    return int(children[0])


class Containers(unittest.TestCase):
    def watch(self, tool, sleeper, *options, inside=()):
        """{stack: ns} of what was charged; what it should be is self.window and self.on."""
        out, summary = TMP / "out.folded", TMP / "out.json"
        before = sleeper.on()
        recorder = subprocess.Popen([*inside, BIN / tool, "-q", "-o", out, "--root", "tid", "--summary",
                                     summary, *options])
        asked = child_of(recorder.pid) if inside else recorder.pid
        while Path(f"/proc/{asked}/syscall").read_text().split()[0] not in POLLS:
            self.assertIsNone(recorder.poll())
            time.sleep(0.01)
        sleeper.sleep(*NAPS)
        self.on = sleeper.on() - before
        os.kill(asked, signal.SIGINT)
        self.assertEqual(recorder.wait(), 0)
        sleeper.end()
        told = json.loads(summary.read_text())
        self.assertEqual(told["record"]["lost"], 0)	# of some dozens
        self.window = told["record"]["elapsed_ns"]
        return {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1]) * 1000
                for line in out.read_text().splitlines()}

    def check(self, found, root, tool):
        """@found is of nobody else."""
        self.assertEqual({stack.split(";")[0] for stack in found}, {root})
        off = sum(ns for stack, ns in found.items()
                  if tool == "perf-offcpu" or stack.endswith(("[blocked]", "[runqueue]")))
        expected = self.window - self.on
        self.assertLessEqual(abs(off - expected), WITHIN * expected, found)
        if tool == "perf-wall":
            self.assertLessEqual(abs(sum(found.values()) - self.window), WITHIN * self.window, found)

    def each(self, make, target, root, inside=lambda sleeper: ()):
        for tool, *options in ["perf-offcpu", "--preempted"], ["perf-wall"]:
            with self.subTest(tool):
                sleeper = make()
                found = self.watch(tool, sleeper, *options, *target(sleeper), inside=inside(sleeper))
                self.check(found, root(sleeper), tool)

    def test_cgroup(self):
        """Of which nobody is but the shell, and what it was called with."""
        mount = cgroups()
        if not mount:
            self.skipTest("no hierarchy of cgroups that perf counts by is mounted")
        group = mount / f"perflame-{os.getpid()}"
        group.mkdir()
        try:
            self.each(lambda: Sleeper(TMP, ("sh", "-c", f'echo $$ >{group}/cgroup.procs; exec "$@"', "sh")),
                      lambda sleeper: ("-G", group.name), lambda sleeper: f"bash-{sleeper.pid}/{sleeper.pid}")
        finally:
            group.rmdir()

    def test_from_outside(self):
        """By the numbers that processes have out here."""
        def make():
            sleeper = Sleeper(TMP, CONTAINER)
            self.assertEqual(sleeper.pid, 1)
            sleeper.pid = child_of(sleeper.process.pid)
            return sleeper
        self.each(make, lambda sleeper: ("-p", str(sleeper.pid)),
                  lambda sleeper: f"bash-{sleeper.pid}/{sleeper.pid}")

    def test_from_inside(self):
        """By those that they have in there, of which nobody outside knows."""
        def make():
            sleeper = Sleeper(TMP, CONTAINER)
            sleeper.pid = child_of(sleeper.process.pid)
            return sleeper
        self.each(make, lambda sleeper: ("-p", "1"), lambda sleeper: "bash-1/1",
                  lambda sleeper: ("nsenter", "--target", str(sleeper.pid), "--pid", "--mount"))


if __name__ == "__main__":
    if os.geteuid() or subprocess.run(
            ["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode or \
            subprocess.run([*CONTAINER, "true"], stderr=subprocess.DEVNULL).returncode:
        print("PID namespaces and cgroups are root's")
        sys.exit(77)
    unittest.main()
