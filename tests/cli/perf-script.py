#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""perf-fold against perf script, stack by stack: recordings of perf record, and our own.

What is recorded is a box at work: a compiler, an interpreter, programs of C and C++
with and without symbols, hundreds of short processes, files that are gone by the
time they are looked for. Of a recording of the whole box every sample is counted,
and the stacks of this work are compared: what else runs is anything, and perf has
its own mind of functions with two names and of chains that lead into data.
"""
import json
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

SRC, TMP = Path(os.environ["SRC"]), Path(os.environ["TMP"])
sys.path.insert(0, str(SRC / "tests" / "tools"))
import collapse  # noqa: E402
from perfrecord import PerfRecord  # noqa: E402

BIN = Path(os.environ["BIN"])
THREADS = Path(os.environ["BUILD"]) / "tests" / "known-answer" / "threads"
CLOCK = ["-e", "cpu-clock"]	# perf takes hardware's cycles where there are some
RECORD = ["perf", "record", "-q", "-F", "997", "-g", *CLOCK]
AGREE = 0.995	# share of the samples whose stacks are the same
GUESSED = 0.05	# share whose stacks hold a frame that perf has no right name for, at most

WORK = """
set -eu
mkdir -p "$1"
cd "$1"
echo $$ >pid
cat >x.cc <<'END'
#include <map>
#include <regex>
#include <string>
int main(int argc, char **argv)
{
	std::map<std::string, std::regex> all;
	for (int i = 0; i < argc; i++)
		all[argv[i]] = std::regex(argv[i]);
	return all.size();
}
END
g++ -O1 -c x.cc -o x.o
python3 -c '
import json, re
data = [{"a": i, "b": [str(i)] * 9} for i in range(9000)]
re.sub("[0-9]+", lambda match: "x", json.dumps(json.loads(json.dumps(data)))[:200000])'
cat /usr/lib/x86_64-linux-gnu/lib*.so /usr/lib/aarch64-linux-gnu/lib*.so 2>/dev/null |
	head -c 6000000 >data
cp "$(command -v gzip)" "odd (name)"
"./odd (name)" -1 <data >1.gz
rm "odd (name)"
python3 -c '
import os, sys
file = os.memfd_create("in memory")
os.write(file, open(sys.argv[1], "rb").read())
os.execv(f"/proc/self/fd/{file}", ["gzip", "-1"])' "$(command -v gzip)" <data >2.gz
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	ls / | sort | head -n 1 >/dev/null
done
perf bench sched messaging -g 2 -l 100 >/dev/null
"""


def work(name):
    return ["bash", "-c", WORK, "work", str(TMP / f"work-{name}")]


def read(data, command):
    """What a command prints of a recording, which it gets as file or as standard input."""
    with open(data, "rb") as file:
        return subprocess.run([*command, "-i", "-" if data.suffix == ".pipe" else data],
                              stdin=file, check=True, stdout=subprocess.PIPE).stdout


def worker(name):
    return int((TMP / f"work-{name}" / "pid").read_text())


def perf_script(data):
    """Counters of folded stacks, by event."""
    text = read(data, ["perf", "script", "--no-inline", "--max-stack", "2000", "-F", collapse.FIELDS])
    return collapse.fold(text.decode("utf-8", "replace").splitlines(), tasks=True)


def births(data):
    return read(data, ["perf", "script", "--show-task-events", "-G"]).decode(
        "utf-8", "replace").splitlines()


def perf_fold(data, *options):
    """The stacks of one event, and what became of all samples."""
    summary = TMP / "summary.json"
    text = read(data, [BIN / "perf-fold", "-q", "--no-inline", "--root", "tid", "--summary", summary,
                       *options])
    return collapse.load(text.decode().splitlines()), json.loads(summary.read_text())["fold"]


class PerfScript(unittest.TestCase):
    def compare(self, data, *events, founders=None):
        """Each of the events; the first is what perf-fold takes by itself. The samples of all.
        With @founders the stacks of what they and their children ran, and of idle CPUs."""
        printed = perf_script(data)
        pids = founders and {0} | collapse.family(births(data), *founders)
        self.assertEqual(set(printed), set(events))
        total = sum(sum(stacks.values()) for stacks in printed.values())
        for event, theirs in printed.items():
            options = [] if event == events[0] else ["--event", event]
            ours, stats = perf_fold(data, *options)
            self.assertEqual(stats["samples"], total)
            self.assertEqual(stats["folded"], sum(theirs.values()))
            self.assertEqual(stats["folded"] + stats["other_event"], total)
            self.assertEqual(sum(ours.values()), stats["folded"])
            self.assertEqual([stats[key] for key in
                              ("filtered", "bad_samples", "bad_records", "truncated_at")], [0] * 4)
            if pids:
                ours, theirs = collapse.only(ours, pids), collapse.only(theirs, pids)
            both = collapse.Comparison(ours, theirs)
            print(f"{data.name}, {event}: {both}", end="")
            self.assertGreater(both.total, 200)
            self.assertGreaterEqual(both.same, AGREE * both.total, both)
            self.assertLessEqual(both.guessed, GUESSED * both.total, both)
        return total

    def test_our_own(self):
        for name, options in (("own-box", ["-a"]), ("own-command", [])):
            data, summary = TMP / f"{name}.data", TMP / f"{name}.json"
            subprocess.run([BIN / "perf-oncpu", "-q", "-F", "997", *options, "-o", data,
                            "--summary", summary, "--", *work(name)], check=True)
            recorded = json.loads(summary.read_text())["record"]
            event = recorded["event"]
            founders = [worker(name)] if "-a" in options else None
            self.assertEqual(self.compare(data, event, founders=founders), recorded["samples"])
            # a busy box may lose some: the file says how many
            self.assertEqual(perf_fold(data)[1]["lost"], recorded["lost"])

    def test_box_and_process(self):
        box, process = TMP / "box.data", TMP / "process.data"
        with subprocess.Popen(["bash", "-c", 'read; exec "$@"', "bash", *work("process")],
                              stdin=subprocess.PIPE) as child:
            recorders = [PerfRecord(box, *CLOCK, "-a"),
                         PerfRecord(process, *CLOCK, "-p", str(child.pid))]
            child.communicate(b"go\n")
            self.assertEqual(child.returncode, 0)
        for recorder in recorders:
            recorder.stop()
        self.compare(box, "cpu-clock", founders=[child.pid])
        self.compare(process, "cpu-clock")

    def test_command_compressed(self):
        data = TMP / "compressed.data"
        subprocess.run([*RECORD, "-z", "-o", data, "--", *work("compressed")], check=True)
        self.compare(data, "cpu-clock")

    def test_command_two_events_and_pipe(self):
        data = TMP / "two.pipe"
        with open(data, "wb") as out:
            subprocess.run([*RECORD, "-e", "context-switches", "-o", "-", "--",
                            *work("pipe")], check=True, stdout=out)
        self.compare(data, "cpu-clock", "context-switches")

    def test_thread_and_tracepoint(self):
        """A thread among others; and an event whose name tracefs has, mounted for this only."""
        thread, switches = TMP / "thread.data", TMP / "switches.data"
        mounted = ["unshare", "-m", "sh", "-c",
                   '[ -e /sys/kernel/tracing/events ] || '
                   'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"', "sh"]
        with subprocess.Popen([THREADS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as threads:
            tasks = Path(f"/proc/{threads.pid}/task")
            while len(list(tasks.iterdir())) < 3:
                time.sleep(0.02)
            tid = max(tasks.iterdir(), key=lambda path: int(path.name)).name
            recorders = [PerfRecord(thread, *CLOCK, "-t", tid),
                         PerfRecord(switches, "-a", "-e", "cpu-clock/freq=997/",
                                    "-e", "sched:sched_switch", rate=("-c", "1"), prefix=mounted)]
            # threads that only compute switch no more often than the box makes them
            with subprocess.Popen(["perf", "bench", "sched", "pipe", "-l", "500"],
                                  stdout=subprocess.DEVNULL) as pipe:
                self.assertEqual(pipe.wait(), 0)
            threads.communicate()
        for recorder in recorders:
            recorder.stop()
        self.compare(thread, "cpu-clock")
        self.assertEqual({stack.split(";")[0] for stack in perf_fold(thread)[0]},
                         {f"early_worm-{threads.pid}/{tid}"})
        self.compare(switches, "cpu-clock/freq=997/", "sched:sched_switch",
                     founders=[threads.pid, pipe.pid])


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
