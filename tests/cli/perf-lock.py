#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""perf-fold against perf lock contention on the same recording, and perf-locks against
perf trace on the same run."""
import os
import re
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
WORKLOAD = Path(os.environ["BUILD"]) / "tests/known-answer/locks"
TRACEFS = ("unshare", "--mount", "sh", "-c", "mountpoint -q /sys/kernel/tracing || "
           'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"', "sh")
UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
ROW = re.compile(r"\s*(\d+)\s+([\d.]+) (\w+)\s+[\d.]+ \w+\s+[\d.]+ \w+\s+(\S+)\s+(\S+?)(\+0x[\da-f]+)?$")


def run(*command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=True, **options)


def by_perf(data):
    """{(kind, caller): waits} and the same of nanoseconds.

    perf of 6.1 asks for a caller two frames too far out unless told otherwise."""
    done = run("perf", "lock", "contention", "-i", data, "--stack-skip", "1",
               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    counts, times = Counter(), Counter()
    for line in done.stdout.splitlines():
        if row := ROW.fullmatch(line):
            count, time, unit, kind, caller, _ = row.groups()
            counts[kind, caller] += int(count)
            times[kind, caller] += float(time) * UNITS[unit]
    return counts, times


def by_fold(data, *options):
    """By who took them: those that have names of their own would be told by these."""
    nameless = TMP / "kallsyms"
    nameless.write_text("".join(line for line in Path("/proc/kallsyms").read_text().splitlines(True)
                                if line.split()[1] not in "dDbB"))
    done = run("unshare", "--mount", "sh", "-ec", 'mount --bind "$1" /proc/kallsyms; shift; exec "$@"',
               "sh", nameless, BIN / "perf-fold", "-q", "-i", data, *options,
               stdout=subprocess.PIPE, text=True)
    found = Counter()
    for line in done.stdout.splitlines():
        lock = re.search(r"\[kernel (\S+) in (\S+)] (\d+)$", line)
        found[lock[1], lock[2]] += int(lock[3])
    return found


class Contention(unittest.TestCase):
    maxDiff = None

    def compare(self, data):
        counts, times = by_perf(data)
        found = by_fold(data, "--value", "count")
        self.assertEqual((found - counts, counts - found), (Counter(), Counter()))
        found = by_fold(data)
        for lock, ns in times.items():
            # perf prints five digits, and folded stacks are rounded each
            self.assertAlmostEqual(found[lock] * 1e3, ns, delta=ns * 0.01 + 1e3 * counts[lock])
        return counts

    def test_locks_held_for_long(self):
        """Those of the workload, which the truth is known of."""
        data = TMP / "held.data"
        run(*TRACEFS, "perf", "lock", "record", "-o", data, "--", WORKLOAD, TMP,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        counts = self.compare(data)
        self.assertGreaterEqual(sum(count for (kind, _), count in counts.items()
                                    if kind == "rwsem:W"), 5)

    def test_many_short_ones(self):
        data = TMP / "short.data"
        run(*TRACEFS, "perf", "lock", "record", "-o", data, "--", "perf", "bench", "sched",
            "messaging", "-g", "4", "-l", "50", stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.compare(data)


def waited(trace):
    """{thread: ns} in those calls of futex(2) that wait, as perf trace prints them, and the
    threads that it lost an end of a call of.

    A call that another thread's comes in between has two lines, and the second no operation.
    When it missed where a call began, it prints one more end of the call before."""
    total, open_calls, broken = Counter(), {}, set()
    for line in trace.read_text().splitlines():
        if call := re.match(r"\s*[\d.]+ \(\s*([\d.]*).*?\): \S+/(\d+) (.*)", line):
            took, thread, rest = call.groups()
            if operation := re.search(r"op: (\w+)", rest):
                if thread in open_calls:
                    broken.add(thread)
                open_calls[thread] = operation[1].startswith(("WAIT", "LOCK"))
            if took and thread not in open_calls:
                broken.add(thread)
            elif took and open_calls.pop(thread):
                total[thread] += float(took) * 1e6
    return total, broken


class Trace(unittest.TestCase):
    def test_futexes(self):
        """Each thread's time in futex(2)."""
        data, trace = TMP / "traced.data", TMP / "trace.txt"
        # On idle CPUs of some virtual machines, events vanish from either recording.
        busy = [subprocess.Popen(["nice", "-n", "19", "sh", "-c", "while :; do :; done"])
                for _ in range(os.cpu_count())]
        for one in busy:
            self.addCleanup(one.wait)
            self.addCleanup(one.kill)
        # Unsorted, perf trace takes a call's end on one CPU for older than its start on another.
        run(BIN / "perf-locks", "-q", "--user-locks", "-o", data, "--", *TRACEFS, "perf", "trace",
            "--sort-events", "-e", "futex", "-o", trace, "--", WORKLOAD, TMP,
            stdout=subprocess.DEVNULL)
        expected, broken = waited(trace)
        found = Counter()
        done = run(BIN / "perf-fold", "-q", "-i", data, "--waits", "--root", "tid",
                   stdout=subprocess.PIPE, text=True)
        for line in done.stdout.splitlines():
            stack, weight = line.rsplit(" ", 1)
            found[re.match(r".*/(\d+);", stack)[1]] += int(weight) * 1e3
        self.assertGreater(len(expected), 1)
        whole = expected.keys() - broken
        self.assertTrue(whole, "perf trace lost events of every thread")
        for thread in whole:
            ns = expected[thread]
            self.assertAlmostEqual(found[thread], ns, delta=ns * 0.02, msg=thread)


if __name__ == "__main__":
    if os.geteuid() or subprocess.run([*TRACEFS, "true"]).returncode:
        print("tracefs is root's")
        sys.exit(77)
    unittest.main()
