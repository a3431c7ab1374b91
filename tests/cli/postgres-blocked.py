#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A PostgreSQL under load: how long each of its sessions is off its CPU, and what for.

What they did on a CPU is in the kernel's books, which are read while the sessions rest, because
their clients are stopped. Where records were lost, as may be on a busy box, what was charged is no
more than the rest of the window."""
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
from attached import begun  # noqa: E402
from books import Books  # noqa: E402
from charged import BIN, TMP, WITHIN  # noqa: E402
from postgres import Server  # noqa: E402

CLIENTS = 8
SECONDS = 2		# of load: thousands of switches of each session
# ns: that a thread of -p is back, a record says that the kernel writes when the thread's events
# are on again: some microseconds after the switch, and after the moment that its books have
LATE = 10000
# A session rests in epoll_wait(2) or epoll_pwait(2): for its client, or for a lock of one that does
RESTS = {"x86_64": "232 ", "aarch64": "22 "}[os.uname().machine]


def lines(path):
    for line in path.read_text().splitlines():
        stack, weight = line.rsplit(" ", 1)
        yield stack, int(weight)


class Postgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(TMP / "server", "fsync = off", "autovacuum = off")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def start(self, *script):
        self.load = self.server.start_bench(*script, "-c", str(CLIENTS), "-T", "600")
        while len(self.server.sessions()) < CLIENTS:
            self.assertIsNone(self.load.poll())
            time.sleep(0.05)
        self.sessions = self.server.sessions()
        self.targets = ["-p", ",".join(map(str, self.sessions))]

    def tearDown(self):
        self.load.kill()
        self.load.wait()
        while self.server.sessions():
            time.sleep(0.05)

    def off(self, *options):
        """{pid: ns} of what was charged to each session."""
        out, summary = TMP / "off.folded", TMP / "off.json"
        self.load.send_signal(signal.SIGSTOP)
        before = Books(self.sessions, RESTS)
        recorder = begun("perf-offcpu", *options, "--preempted", "--call-graph", "fp", "--root", "tid",
                         "-o", out, "--summary", summary)
        self.load.send_signal(signal.SIGCONT)
        time.sleep(SECONDS)
        self.load.send_signal(signal.SIGSTOP)
        after = Books(self.sessions, RESTS)
        recorder.send_signal(signal.SIGINT)
        self.assertEqual(recorder.wait(), 0)
        told = json.loads(summary.read_text())
        self.lost = told["record"]["lost"]
        self.waits = told["fold"]["waits"]
        self.expected = {pid: told["record"]["elapsed_ns"] - after.on[pid] + before.on[pid]
                         for pid in self.sessions}
        found = Counter()
        for stack, us in lines(out):
            match = re.match(r"postgres-(\d+)/\1;", stack)
            if match:
                found[int(match[1])] += us * 1000
        return found

    def check(self, found, late=0):
        for pid, off in self.expected.items():
            self.assertLessEqual(found[pid], off * (1 + WITHIN) + late, pid)
            if not self.lost:
                self.assertGreaterEqual(found[pid], off * (1 - WITHIN), pid)

    def test_sessions(self):
        self.start("-N")
        found = self.off(*self.targets)
        self.assertEqual(set(found), set(self.sessions))
        self.check(found, LATE * self.waits)

    def test_box(self):
        self.start("-N")
        self.check(self.off("-a", "--sleepers"))

    def has(self, path, pattern):
        found = [stack for stack, _ in lines(path) if re.search(pattern, stack)]
        self.assertTrue(found, f"{pattern}: {path.read_text()}")

    def record(self, tool, *options):
        out = TMP / f"{tool}.data"
        subprocess.run([BIN / tool, "-q", *self.targets, *options, "-d", f"{SECONDS}s", "-o", out], check=True)
        return out

    def fold(self, data, *options):
        out = TMP / "what.folded"
        subprocess.run([BIN / "perf-fold", "-q", "-i", data, "-o", out, *options], check=True)
        return out

    def test_log(self):
        """Whoever writes it is slow, and others wait. The package has names for the functions that
        extensions may call."""
        self.server.change("fsync = on", "commit_delay = 5000", "commit_siblings = 0")
        self.start("-N")
        data = self.record("perf-locks", "--blame")
        self.has(self.fold(data, "--waits"),
                 r"^postgres;.*;XLogFlush;.*\bLWLock\w+;PGSemaphoreLock;.*;\[semaphore\]$")
        self.has(self.fold(data, "--waits", "--blame"),
                 r"^postgres;.*\bLWLock\w+;PGSemaphoreUnlock;.*sem_post;.*;\[semaphore\]$")
        self.assertEqual([stack for stack, _ in lines(self.fold(data, "--user-locks")) if "PGSemaphore" in stack], [])

    def test_rows(self):
        """Of the one that all clients want to change."""
        self.start("-b", "tpcb-like")
        self.has(self.fold(self.record("perf-offcpu")), r"^postgres;.*;XactLockTableWait;.*;ProcSleep;")


if __name__ == "__main__":
    if os.geteuid() or subprocess.run(
            ["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        print("other users' processes are root's")
        sys.exit(77)
    unittest.main()
