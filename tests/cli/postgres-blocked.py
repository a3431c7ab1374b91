#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A PostgreSQL under load: how long each of its sessions is off its CPU, and what for.

What they did on a CPU is in the kernel's books (/proc/PID/task/TID/schedstat), which are read
while the sessions rest, because their clients are stopped: just before the recording begins, and
just before it ends. However long it takes to begin and to end, all that the books have gained was
in the recording, whose length the recorder tells. The rest of that was off the CPU. Where records
were lost, as may be on a busy box, what was charged is no more than that."""
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
from charged import BIN, TMP, WITHIN  # noqa: E402
from postgres import Server  # noqa: E402

CLIENTS = 8
SECONDS = 2		# of load: thousands of switches of each session
# ns: that a thread of -p is back, a record says that the kernel writes when the thread's events
# are on again: some microseconds after the switch, and after the moment that its books have
LATE = 10000
SLEEPS = {"x86_64": "232 ", "aarch64": "22 "}[os.uname().machine]	# epoll_wait(2), epoll_pwait(2)


class Books:
    """.on: what each of these processes of one thread was on a CPU, in ns; read while they rest."""

    def __init__(self, pids):
        self.on, before = self.read(pids), None
        while not before or self.on != before:	# nobody ran from one look to the next
            before = self.read(pids) if all(map(self.rests, pids)) else None
            time.sleep(0.02)
            self.on = self.read(pids)

    @staticmethod
    def rests(pid):
        """It waits for its client, or for a lock of one that does."""
        return Path(f"/proc/{pid}/syscall").read_text().startswith(SLEEPS)

    @staticmethod
    def read(pids):
        return {pid: int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0])
                for pid in pids}


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
        before = Books(self.sessions)
        recorder = begun("perf-offcpu", *options, "--preempted", "--call-graph", "fp", "--root", "tid",
                         "-o", out, "--summary", summary)
        self.load.send_signal(signal.SIGCONT)
        time.sleep(SECONDS)
        self.load.send_signal(signal.SIGSTOP)
        after = Books(self.sessions)
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
