#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""perf-fold on recordings of known content: what a sample is, whose it is, and when."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from recording import (BRANCH_COUNTERS, BRANCH_STACK, CONTEXT_KERNEL, CONTEXT_USER,  # noqa: E402
                       CONTEXT_USER_DEFERRED, CPU, IDENTIFIER, KERNEL, SAMPLE_TYPE, TIME, USER,
                       Recording)

FOLD = str(Path(os.environ["BIN"]) / "perf-fold")
TMP = Path(os.environ["TMP"])
A, B = 0x10000, 0x40000  # where /nowhere/a and /nowhere/b are mapped


class Run:
    """One run of perf-fold: .status, .stacks {stack: weight}, .stats, .messages."""

    def __init__(self, data, *options, pipe=False):
        path, summary = TMP / "in.data", TMP / "summary.json"
        path.write_bytes(data)
        summary.unlink(missing_ok=True)
        command = [FOLD, "-i", "-" if pipe else str(path), "--summary", str(summary), *options]
        done = subprocess.run(command, capture_output=True, check=False,
                              input=data if pipe else b"")
        self.status = done.returncode
        self.messages = done.stderr.decode("utf-8", "replace")
        self.stacks = {}
        for line in done.stdout.decode().splitlines():
            stack, weight = line.rsplit(" ", 1)
            assert stack not in self.stacks, f"twice: {stack}"
            self.stacks[stack] = int(weight)
        self.stats = json.loads(summary.read_text())["fold"] if summary.exists() else {}


def one_process(order="<"):
    """app (pid 10) with /nowhere/a and /nowhere/b mapped."""
    recording = Recording(order)
    recording.comm(10, 10, "app", time=1)
    recording.mmap2(10, 10, A, 0x1000, 0, "/nowhere/a", time=2)
    recording.mmap2(10, 10, B, 0x1000, 0, "/nowhere/b", time=2, inode=2)
    return recording


def full(order="<"):
    """Everything that a reader must turn round: two events, all records, both halves."""
    recording = one_process(order)
    other = recording.event("sched:sched_switch", 2, 300)
    recording.fork(11, 10, 11, 10, time=3)
    recording.comm(11, 11, "a b;c", time=4)
    recording.user(10, 10, 10, A + 1, B + 2, period=7)
    recording.sample(11, 11, 11, [CONTEXT_KERNEL, 2**63, CONTEXT_USER, A + 5], misc=KERNEL)
    recording.user(10, 10, 12, A + 1, event=other)
    recording.lost(5, time=13).exit(11, 11, time=14).round()
    return recording


class Content(unittest.TestCase):
    expected = {"app;[b];[a]": 1, "a_b:c;[a];[kernel.kallsyms]": 1}

    def test_file_and_pipe_of_both_byte_orders(self):
        for order in "<>":
            for pipe in (False, True):
                recording = full(order)
                run = Run(recording.pipe() if pipe else recording.file(), pipe=pipe)
                self.assertEqual(run.status, 0, run.messages)
                self.assertEqual(run.stacks, self.expected)
                counted = {key: run.stats[key] for key in
                           ("samples", "folded", "other_event", "lost", "bad_records")}
                self.assertEqual(counted, {"samples": 3, "folded": 2, "other_event": 1,
                                           "lost": 5, "bad_records": 0})

    def test_value_event_root_and_halves(self):
        data = full().file()
        self.assertEqual(Run(data, "--value", "period").stacks,
                         {"app;[b];[a]": 7, "a_b:c;[a];[kernel.kallsyms]": 1})
        self.assertEqual(Run(data, "--event", "sched:sched_switch").stacks, {"app;[a]": 1})
        self.assertEqual(Run(data, "--root", "tid").stacks,
                         {"app-10/10;[b];[a]": 1, "a_b:c-11/11;[a];[kernel.kallsyms]": 1})
        self.assertEqual(Run(data, "--root", "none").stacks,
                         {"[b];[a]": 1, "[a];[kernel.kallsyms]": 1})
        self.assertEqual(Run(data, "--kernel").stacks, {"app": 1, "a_b:c;[kernel.kallsyms]": 1})
        self.assertEqual(Run(data, "--user").stacks, {"app;[b];[a]": 1, "a_b:c;[a]": 1})
        self.assertEqual(Run(data, "--annotate").stacks,
                         {"app;[b];[a]": 1, "a_b:c;[a];[kernel.kallsyms]_[k]": 1})

    def test_event_that_is_not_there(self):
        run = Run(full().file(), "--event", "cycles")
        self.assertEqual(run.status, 1)
        self.assertIn("cpu-clock, sched:sched_switch", run.messages)

    def test_nothing_is_said_to_be_folded_where_nothing_was(self):
        recording = one_process()
        recording.event("page-faults", 1, 2)
        run = Run(recording.file())
        self.assertIn("holds no samples", run.messages)
        self.assertNotIn("folded the samples", run.messages)

    def test_filters_follow_forks_and_count(self):
        data = full().file()
        self.assertEqual(Run(data, "-t", "11").stacks, {"a_b:c;[a];[kernel.kallsyms]": 1})
        self.assertEqual(Run(data, "-p", "10").stacks, self.expected)  # 11 is its child
        run = Run(one_process().user(10, 10, 5, A, cpu=0).user(10, 10, 6, B, cpu=3).file(),
                  "-C", "1-3")
        self.assertEqual((run.stacks, run.stats["filtered"]), ({"app;[b]": 1}, 1))


    def test_mappings_are_told_by_another_event(self):
        """As with perf record -D: a dummy, which comes last and does not tell the CPU."""
        for order in "<>":
            recording = Recording(order)
            recording.tracking = recording.event("dummy:u", 1, 9)
            recording.tracking.lacks = CPU
            # these names leave no room between their ends and what follows
            recording.comm(10, 10, "program", time=1)
            recording.mmap2(10, 10, A, 0x1000, 0, "/nowhere/shared", time=2)
            recording.mmap2(10, 10, B, 0x1000, 0, "/nowhere/binary", time=2, inode=2)
            recording.fork(11, 10, 11, 10, time=3).exit(11, 11, time=4)
            recording.user(10, 10, 10, A + 1, B + 2)
            run = Run(recording.file())
            self.assertEqual(run.stacks, {"program;[binary];[shared]": 1}, run.messages)
            self.assertEqual(run.stats["bad_records"], 0)


class Time(unittest.TestCase):
    def test_order_of_time_not_of_the_file(self):
        """Two rings, one after the other, as perf writes them; the name changes between."""
        recording = one_process()
        recording.user(10, 10, 10, A).user(10, 10, 30, A)  # CPU 0
        recording.comm(10, 10, "later", time=20)           # CPU 1
        recording.round()
        recording.user(10, 10, 15, A)  # round 2 may still bring what is older than 30
        recording.round().round()
        self.assertEqual(Run(recording.file()).stacks, {"app;[a]": 2, "later;[a]": 1})
        self.assertEqual(Run(recording.file()).stats["unordered"], 0)

    def test_what_comes_too_late_is_counted_and_kept(self):
        recording = one_process().user(10, 10, 100, A).round().round().round()
        recording.user(10, 10, 50, A)
        run = Run(recording.file())
        self.assertEqual((run.stacks, run.stats["unordered"]), ({"app;[a]": 2}, 1))

    def test_same_bytes_twice(self):
        data = full().file()
        first = subprocess.run([FOLD, "-i", "-"], input=full().pipe(), capture_output=True,
                               check=True).stdout
        (TMP / "again.data").write_bytes(data)
        second = subprocess.run([FOLD, "-i", str(TMP / "again.data")], capture_output=True,
                                check=True).stdout
        self.assertEqual(first, second)


class Mappings(unittest.TestCase):
    def leaf(self, recording, pid=10):
        run = Run(recording.file())
        self.assertEqual(len(run.stacks), 1, run.stacks)
        return next(iter(run.stacks)).split(";", 1)[1]

    def test_a_new_mapping_replaces_what_was_there(self):
        recording = one_process().mmap2(10, 10, A, 0x1000, 0, "/nowhere/c", time=3, inode=3)
        self.assertEqual(self.leaf(recording.user(10, 10, 5, A)), "[c]")

    def test_a_mapping_in_the_middle_leaves_both_ends(self):
        recording = one_process()
        recording.mmap2(10, 10, A + 0x400, 0x100, 0, "/nowhere/c", time=3, inode=3)
        recording.user(10, 10, 5, A + 0x3ff, A + 0x401, A + 0x501)
        self.assertEqual(self.leaf(recording), "[a];[c];[a]")

    def test_data_over_code_is_a_hole(self):
        recording = one_process().mmap2(10, 10, A, 0x1000, 0, "/nowhere/d", time=3, prot=1)
        self.assertEqual(self.leaf(recording.user(10, 10, 5, A)), "[unknown]")

    def test_before_and_after_in_time(self):
        recording = one_process().user(10, 10, 5, A)
        recording.mmap2(10, 10, A, 0x1000, 0, "/nowhere/c", time=6, inode=3).user(10, 10, 7, A)
        self.assertEqual(Run(recording.file()).stacks, {"app;[a]": 1, "app;[c]": 1})

    def test_fork_copies_and_then_goes_its_own_way(self):
        recording = one_process().fork(11, 10, 11, 10, time=3)
        recording.mmap2(10, 10, A, 0x1000, 0, "/nowhere/c", time=4, inode=3)
        recording.user(11, 11, 5, A).user(10, 10, 5, A)
        self.assertEqual(Run(recording.file(), "--root", "pid").stacks,
                         {"app-11;[a]": 1, "app-10;[c]": 1})

    def test_a_build_id_bit_that_another_event_left_behind(self):
        """Two files of one path stay two: the bit alone makes no build-id of an inode."""
        left_behind = 1 << 14
        recording = Recording().comm(10, 10, "app", time=1)
        recording.mmap2(10, 10, A, 0x1000, 0, "/nowhere/a", time=2, misc=USER | left_behind)
        run = Run(recording.user(10, 10, 5, A).file())
        self.assertEqual(run.stacks, {"app;[a]": 1})
        self.assertNotIn("build-id", run.messages)

    def test_threads_share(self):
        recording = one_process().fork(10, 10, 12, 10, time=3)
        recording.mmap2(10, 12, A, 0x1000, 0, "/nowhere/c", time=4, inode=3)
        recording.user(10, 10, 5, A).exit(10, 10, time=6).user(10, 12, 7, A)
        self.assertEqual(Run(recording.file()).stacks, {"app;[c]": 2})

    def test_exec_forgets_mappings_and_takes_the_name(self):
        recording = one_process().comm(10, 10, "new", time=3, execed=True).user(10, 10, 5, A)
        self.assertEqual(Run(recording.file()).stacks, {"new;[unknown]": 1})

    def test_pid_reused(self):
        recording = one_process().exit(10, 10, time=3).fork(10, 9, 10, 9, time=4)
        recording.comm(10, 10, "second", time=5).user(10, 10, 6, A)
        self.assertEqual(Run(recording.file()).stacks, {"second;[unknown]": 1})

    def test_exiting_in_the_kernel(self):
        """A task goes on for a while behind its EXIT, and was called from somewhere."""
        recording = one_process().exit(10, 10, time=3)
        recording.sample(10, 10, 5, [CONTEXT_KERNEL, 2**63, CONTEXT_USER, A], misc=KERNEL)
        self.assertEqual(Run(recording.file()).stacks, {"app;[a];[kernel.kallsyms]": 1})

    def test_exited_long_ago(self):
        """Whoever starts thousands of processes is not remembered whole."""
        recording = one_process().exit(10, 10, time=3)
        for pid in range(20, 2020):
            recording.fork(pid, 9, pid, 9, time=4).exit(pid, pid, time=4)
        recording.user(10, 10, 5, A)
        self.assertEqual(Run(recording.file()).stacks, {"app;[unknown]": 1})

    def test_a_task_nobody_told_of(self):
        run = Run(Recording().user(77, 77, 5, A).file())
        self.assertEqual((run.stacks, run.stats["no_task"], run.stats["unmapped"]),
                         ({":77;[unknown]": 1}, 1, 1))

    def test_processes_outside_the_recorders_namespace_are_not_one(self):
        recording = one_process().comm(0, 0, "x", time=3).comm(0, 0, "y", time=4)
        recording.mmap2(0, 0, A, 0x1000, 0, "/nowhere/c", time=5, inode=3)
        recording.user(0, 0, 6, A).user(10, 10, 7, A)
        self.assertEqual(Run(recording.file()).stacks,
                         {"[outside_the_PID_namespace];[unknown]": 1, "app;[a]": 1})

    def test_kernel_and_user_with_markers_that_skip(self):
        hypervisor = 2**64 - 32
        recording = one_process().sample(
            10, 10, 5, [CONTEXT_KERNEL, 2**63, hypervisor, 1, 2, CONTEXT_USER, A])
        self.assertEqual(self.leaf(recording), "[a];[kernel.kallsyms]")

    def test_deferred_user_stack_is_shown_as_such(self):
        recording = one_process().sample(10, 10, 5, [CONTEXT_KERNEL, 2**63, CONTEXT_USER_DEFERRED, 99])
        self.assertEqual(self.leaf(recording), "[deferred];[kernel.kallsyms]")


    def test_branches_and_their_counters_are_passed_over(self):
        for order in "<>":
            for counters in (0, BRANCH_COUNTERS):
                recording = Recording(order, SAMPLE_TYPE | BRANCH_STACK, regs=1)
                recording.branch_type = counters
                recording.comm(10, 10, "app", time=1)
                recording.mmap2(10, 10, A, 0x1000, 0, "/nowhere/a", time=2)
                words = [2] + [2**63] * 2 * (4 if counters else 3) + [0, 0]  # no registers, no stack
                recording.user(10, 10, 3, A, dumped=recording.pack(f"{len(words)}Q", *words))
                run = Run(recording.file())
                self.assertEqual((run.stacks, run.stats["bad_samples"]), ({"app;[a]": 1}, 0))


class Damage(unittest.TestCase):
    """A clear message, status 1, and whatever could be read is kept."""

    def check_kept(self, data, said, stacks=None, pipe=False):
        run = Run(data, pipe=pipe)
        self.assertEqual(run.status, 1, run.messages)
        self.assertIn(said, run.messages)
        self.assertEqual(run.stacks, {"app;[a]": 1} if stacks is None else stacks)
        return run

    def good(self):
        return one_process().user(10, 10, 5, A)

    def test_cut_off_anywhere(self):
        """Every length: never a crash, and never fewer samples than were whole."""
        for recording, pipe in ((full().pipe(), True), (full().file(), False)):
            samples = 0
            for length in range(len(recording)):
                run = Run(recording[:length], pipe=pipe)
                self.assertIn(run.status, (0, 1), f"cut at {length}: {run.messages}")
                if run.status:
                    self.assertIn("perf-fold: ", run.messages)
                got = run.stats.get("samples", 0)
                self.assertGreaterEqual(got, samples, f"cut at {length}")
                samples = got
            self.assertEqual(samples, 3)

    def test_bytes_changed(self):
        """Any byte of a recording may be anything."""
        data = full().file()
        for at in range(len(data)):
            for value in (0x00, 0xff, data[at] ^ 0x80):
                run = Run(data[:at] + bytes([value]) + data[at + 1:])
                self.assertIn(run.status, (0, 1), f"{value:#x} at {at}: {run.messages}")

    def test_size_zero(self):
        bad = self.good().raw(bytes([9, 0, 0, 0, 0, 0, 0, 0]))
        self.check_kept(bad.file(), f"at offset {len(bad.file(0)) - 8}")

    def test_size_beyond_the_end(self):
        bad = self.good().raw(bytes([9, 0, 0, 0, 0, 0, 0, 1]))
        self.check_kept(bad.file(), "breaks off inside a record")

    def test_size_of_no_word(self):
        bad = self.good().raw(bytes([9, 0, 0, 0, 0, 0, 12, 0]) + b"\0" * 12)
        self.check_kept(bad.file(), "no record can begin")

    def test_not_a_recording(self):
        for data, said in ((b"", "is empty"), (b"hello\n" * 9, "is no recording"),
                           (b"PERFFILE" + b"\0" * 200, "first format"),
                           (b"PERFILE2", "breaks off"), (b"\x7fELF" + b"\0" * 99, "no recording")):
            self.check_kept(data, said, {})

    def test_records_too_short_for_their_trailer(self):
        """Whatever of time and id does not fit is not looked for elsewhere."""
        for fields, trailer in ((TIME, 8), (TIME | IDENTIFIER, 16), (TIME | CPU | IDENTIFIER, 24)):
            for size in range(0, trailer + 8, 8):
                recording = Recording(sample_type=fields)
                recording.event("other", 1, 1)
                recording.record(3, 0, b"\0" * size)
                run = Run(recording.file())
                self.assertEqual(run.status, 1, (trailer, size, run.messages))
                self.assertIn("holds no samples", run.messages)

    def test_ids_that_events_share(self):
        """Each event has its own: those of one place must not be read for each of thousands."""
        recording = self.good()
        data = recording.file()
        attr = data[112:248]
        ids = len(data)
        many = data[:24] + recording.pack("QQ", ids + 8 * 1000, len(attr) * 1000) + data[40:]
        many += recording.pack("1000Q", *range(100, 1100))
        many += (attr[:120] + recording.pack("QQ", ids, 8 * 1000)) * 1000
        self.check_kept(many, "the ids of an event at offset")

    def test_events_that_cannot_be_told_apart(self):
        for pipe in False, True:
            recording = self.good()
            recording.event("other", 1, 1).lacks = IDENTIFIER
            run = Run(recording.pipe() if pipe else recording.file(), pipe=pipe)
            self.assertEqual(run.status, 1)
            self.assertEqual(run.messages.count("error:"), 1, run.messages)
            self.assertIn("their records cannot be told apart", run.messages)

    def test_compressed_records_that_break_off(self):
        """The outer record is whole; what is in it is not."""
        inside = Recording().user(10, 10, 6, A).data
        bad = self.good().compressed(inside + inside[:40])
        self.check_kept(bad.file(), "breaks off inside a record", {"app;[a]": 2})
        good = self.good().compressed(inside + inside[:40]).compressed(inside[40:])
        run = Run(good.file())
        self.assertEqual((run.status, run.stacks), (0, {"app;[a]": 3}), run.messages)

    def test_unknown_records_are_counted(self):
        run = Run(self.good().record(42, 0, b"\0" * 16).record(90, 0, b"\0" * 16).file())
        self.assertEqual((run.status, run.stats["unknown_records"]), (0, 1))
        self.assertEqual(run.stacks, {"app;[a]": 1})

    def test_unknown_event(self):
        recording = self.good()
        event = recording.event("made_up", 4711, 42)
        recording.user(10, 10, 6, B, event=event)
        self.assertEqual(Run(recording.file()).stacks, {"app;[a]": 1})
        self.assertEqual(Run(recording.file(), "--event", "made_up").stacks, {"app;[b]": 1})

    def test_sample_of_an_event_that_nobody_told(self):
        recording = self.good()
        recording.event("other", 4711, 1)
        event = recording.event("forgotten", 4711, 2)
        recording.user(10, 10, 6, B, event=event)
        recording.events.remove(event)
        run = Run(recording.file())
        self.assertEqual((run.stacks, run.stats["bad_samples"]), ({"app;[a]": 1}, 1))

    def test_chain_longer_than_its_sample(self):
        recording = self.good()
        body = recording.pack("QQiiQIIQQ", 100, 0, 10, 10, 6, 0, 0, 1, 2**61)
        run = Run(recording.record(9, 2, body).file())
        self.assertEqual((run.stacks, run.stats["bad_samples"]), ({"app;[a]": 1}, 1))

    def test_comm_without_an_end(self):
        recording = self.good()
        body = recording.pack("ii", 10, 10) + b"x" * 16
        run = Run(recording.kernel_record(3, 0, body, 10, 10, 6).file())
        self.assertEqual((run.stacks, run.stats["bad_records"]), ({"app;[a]": 1}, 1))

    def test_killed_recorder_never_told_the_size(self):
        run = Run(self.good().file(data_size=0))
        self.assertEqual((run.status, run.stacks), (0, {"app;[a]": 1}))

    def test_text_behind_a_pipe(self):
        run = Run(self.good().pipe() + b"[ perf record: Woken up 1 times ]\n", pipe=True)
        self.assertEqual((run.status, run.stacks), (0, {"app;[a]": 1}))

    def test_hostile_names(self):
        recording = self.good().comm(10, 10, b"\x1b[2J<&\"';\xff\n", time=6)
        recording.mmap2(10, 10, B, 0x1000, 0, b"/x/\x1b]0;evil\x07", time=6, inode=9)
        recording.user(10, 10, 7, B)
        run = Run(recording.file())
        self.assertEqual(run.stacks, {
            "app;[a]": 1,
            "\ufffd[2J<&\"':\ufffd\ufffd;[\ufffd]0:evil\ufffd]": 1})
        self.assertNotIn("\x1b", run.messages)
        missing = subprocess.run([FOLD, "-i", "/\x1b[2J\x9b31m"], capture_output=True, check=False)
        self.assertNotRegex(missing.stderr.decode(), "[\x1b\x9b]")


if __name__ == "__main__":
    unittest.main(verbosity=0)
