#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How often events occurred beside the samples of them: counts that a program knows itself, losses
that are made, and recordings that say less than they hold."""
import json
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from attached import attach, wait_until_begun  # noqa: E402
from recording import CONTEXT_KERNEL, Recording  # noqa: E402

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
ID, LOST = 4, 16
PAGES = 20000
# Touches so many pages when its input ends or has a line, and prints how many faults that took it
TOUCHES = f"""
import mmap, resource, sys
sys.stdin.readline()
memory = mmap.mmap(-1, {PAGES} * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(mmap.MADV_NOHUGEPAGE)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for page in range(0, len(memory), mmap.PAGESIZE):
    memory[page] = 1
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
# Waits for a word, sleeps, and prints how often it left its CPU meanwhile; waits for another word
NAPS = """
import time
def switches():
    return sum(int(line.split()[1]) for line in open("/proc/thread-self/status") if "_ctxt_" in line)
input()
before = switches()
for _ in range(200):
    time.sleep(0.0005)
print(switches() - before, flush=True)
input()
"""


def summary_of(*command):
    """Its summary, and what it said."""
    path = TMP / "summary.json"
    done = subprocess.run([*command[:1], "--summary", path, *command[1:]], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done
    return json.loads(path.read_text()), done


def fold(data):
    summary, done = summary_of(BIN / "perf-fold", "-i", data, "-o", TMP / "out.folded")
    return summary["fold"], done.stderr


class Known(unittest.TestCase):
    maxDiff = None

    def test_faults(self):
        """All are recorded, and no fewer than the program knows of; a file says the same."""
        for out in TMP / "faults.data", TMP / "faults.folded":
            summary, done = summary_of(BIN / "perf-faults", "--call-graph", "fp", "--minor", "-m",
                                       "32M", "-o", out, "--", sys.executable, "-c", TOUCHES)
            event, = summary["record"]["counts"]
            self.assertEqual(event["event"], "minor-faults")
            self.assertGreaterEqual(int(done.stdout), PAGES)
            self.assertGreaterEqual(event["count"], int(done.stdout))
            self.assertEqual((event["samples"], event["lost"], event["percent"]),
                             (event["count"], 0, 100), done.stderr)
            self.assertEqual(event["samples"], summary["record"]["samples"])
            self.assertRegex(done.stderr, r": 100 % recorded: [0-9,]+ minor-faults\n")
            found, said = fold(out) if out.suffix == ".data" else (summary["fold"], done.stderr)
            self.assertEqual(found["counts"], [event])
            self.assertIn("100 % recorded", said)

    def lose(self, prefix, out):
        """What the program knows, the recorder's summary and what it says: nobody emptied the ring,
        which is a page."""
        path = TMP / "lost.json"
        program = subprocess.Popen([sys.executable, "-c", TOUCHES], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        recorder = subprocess.Popen([*prefix, BIN / "perf-faults", "-t", str(program.pid), "--minor",
                                     "--call-graph", "fp", "-m", "1", "-o", out, "--summary", path],
                                    stderr=subprocess.PIPE, text=True)
        wait_until_begun(recorder)
        recorder.send_signal(signal.SIGSTOP)
        known = int(program.communicate("\n")[0])
        recorder.send_signal(signal.SIGCONT)
        said = recorder.communicate()[1]	# it ends with the program
        self.assertEqual(recorder.returncode, 0, said)
        return known, json.loads(path.read_text())["record"], said

    def test_loss(self):
        """Most is lost, and counted."""
        out = TMP / "lost.data"
        known, record, said = self.lose((), out)
        event, = record["counts"]
        self.assertGreaterEqual(known, PAGES)
        self.assertGreaterEqual(event["count"], known)
        self.assertGreater(event["samples"], 0)
        self.assertGreater(event["lost"], PAGES // 2)
        # 6.18 loses one in a hundred from so small a ring without counting it
        self.assertLessEqual(event["samples"] + event["lost"], event["count"])
        self.assertLess(event["percent"], 50)
        self.assertEqual("CAP_SYS_NICE" in said, record["not_first"])
        found, said = fold(out)
        self.assertEqual(found["counts"], [event])
        self.assertRegex(said, r" % recorded of [0-9,]+ minor-faults")

    @unittest.skipIf(os.nice(0), "who was made nice does not ask to go first")
    def test_remedy(self):
        """Who may not go before others loses more, and is told so."""
        prefix = () if os.geteuid() else ("setpriv", "--bounding-set=-sys_nice")
        _, record, said = self.lose(prefix, TMP / "lost.folded")
        self.assertTrue(record["not_first"])
        self.assertRegex(said, " events lost, .*\n.* as root, or with CAP_SYS_NICE, it goes before")

    def test_switches(self):
        """Each of them is a sample, but for what was lost; the waits for a word add a few."""
        out, path = TMP / "switches.data", TMP / "switches.json"
        program = subprocess.Popen([sys.executable, "-c", NAPS], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        recorder = attach("perf-offcpu", program.pid, "-o", out, "--summary", path)
        program.stdin.write("\n")
        program.stdin.flush()
        known = int(program.stdout.readline())
        recorder.terminate()
        self.assertEqual(recorder.wait(), 0)
        program.communicate("\n")
        record = json.loads(path.read_text())["record"]
        event = next(event for event in record["counts"] if "switch" in event["event"])
        self.assertGreaterEqual(known, 200)
        self.assertGreaterEqual(event["count"], known)
        self.assertGreaterEqual(event["samples"] + record["lost"], known)
        self.assertLessEqual(event["samples"], event["count"])
        self.assertIn(event, fold(out)[0]["counts"])


class MadeUp(unittest.TestCase):
    """Four samples of a recorder that says how many there were."""

    def recording(self, order="<", read_format=ID | LOST):
        recording = Recording(order)
        recording.read_format = read_format
        for time in range(4):
            recording.sample(1, 1, 1000 + time, [CONTEXT_KERNEL, 1 << 63])
        self.event = recording.events[0]
        return recording

    def check(self, recording, *counts, said=None, bad=0):
        data = TMP / "made.data"
        data.write_bytes(recording.file())
        found, text = fold(data)
        names = "count", "samples", "lost", "percent"
        self.assertEqual([tuple(event[name] for name in names) for event in found["counts"]],
                         list(counts), text)
        self.assertEqual(found["bad_records"], bad)
        if said:
            self.assertIn(said, text)
        else:
            self.assertNotIn("% recorded", text)

    def test_all(self):
        for order in "<>":
            self.check(self.recording(order).read(self.event, 4, 100, 0, time=2000),
                       (4, 4, 0, 100), said="100 % recorded: 4 cpu-clock\n")

    def test_lost(self):
        for order in "<>":
            recording = self.recording(order).lost(3, time=1500)
            self.check(recording.read(self.event, 7, 100, 3, time=2000), (7, 4, 3, 57.1),
                       said="57.1 % recorded of 7 cpu-clock: the others were lost\n")

    def test_left_out(self):
        """Without a word: that is another matter, and one has to be told what it is."""
        warning = "warning: 40.0 % recorded of 10 cpu-clock, and no word of the others: "
        self.check(self.recording().read(self.event, 10, 100, 0, time=2000), (10, 4, 0, 40.0),
                   said=warning)
        recording = self.recording().lost(3, time=1500)
        self.check(recording.read(self.event, 10, 100, 3, time=2000), (10, 4, 3, 40.0), said=warning)

    def test_not_told_of_each(self):
        """Before Linux 6.0 only the ring knows that something was lost, and not what."""
        recording = self.recording(read_format=ID).lost(3, time=1500)
        self.check(recording.read(self.event, 10, 100, time=2000), (10, 4, None, 40.0),
                   said="40.0 % recorded of 10 cpu-clock: the others were lost\n")
        self.check(self.recording(read_format=3).read(self.event, 4, 77, 78, time=2000),
                   (4, 4, 0, 100), said="100 %")

    def test_nothing_told(self):
        """What perf record -s tells of threads that ended is not all; nor is what is cut off."""
        self.check(self.recording())
        self.check(self.recording().read(self.event, 2, 100, 0, pid=1, time=2000))
        self.check(self.recording().read(self.event, 2, 100, time=2000), bad=1)


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
