#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Waits for locks, folded from recordings that were made up: what does not pair, what was
lost, nested and spinning waits, formats of other kernels."""
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from kernelnames import TEXT, KernelNames  # noqa: E402
from recording import CONTEXT_KERNEL, CONTEXT_USER, RAW, SAMPLE_TYPE, Recording  # noqa: E402

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
POINTER, INT, UINT, LONG = (("void *", 8, 0), ("int", 4, 1), ("unsigned int", 4, 0), ("long", 8, 1))
SPIN, READ, WRITE, MUTEX = 1, 2, 4, 32
WAIT, WAKE, PRIVATE = 0, 1, 128
EAGAIN, ETIMEDOUT, ERESTARTSYS = 11, 110, 512


def field(name, what):
    return what[0], name, *what[1:]


class Locks(Recording):
    """Two threads, 11 and 12, of process 10; times are microseconds."""

    def __init__(self, order="<", extra=(), futex=True, kernel=True, waking=True, ends=True):
        super().__init__(order, sample_type=SAMPLE_TYPE | RAW)
        self.events[0].config = 9	# dummy: for all records that are no samples
        if kernel:
            self.begin = self.tracepoint("lock:contention_begin", *extra,
                                         field("lock_addr", POINTER), field("flags", UINT))
            if ends:
                self.end = self.tracepoint("lock:contention_end", *extra,
                                           field("lock_addr", POINTER), field("ret", INT))
        if futex:
            self.enter = self.tracepoint("syscalls:sys_enter_futex", field("__syscall_nr", INT),
                                         *extra, field("uaddr", POINTER), ("int", "op", 8, 0))
            self.leave = self.tracepoint("syscalls:sys_exit_futex", field("__syscall_nr", INT),
                                         *extra, field("ret", LONG))
        if waking:
            self.wakes = self.tracepoint("sched:sched_waking", *extra, field("pid", INT))
        for tid in (10, 11, 12):
            self.comm(10, tid, "main" if tid == 10 else f"t{tid}")

    def contend(self, tid, time, lock, flags, cpu=0, at=2**64 - 8192, **more):
        return self.traced_sample(self.begin, (10, tid), time * 1000, [CONTEXT_KERNEL, at], cpu,
                                  lock_addr=lock, flags=flags, **more)

    def take(self, tid, time, lock, cpu=0, ret=0, **more):
        return self.traced_sample(self.end, (10, tid), time * 1000, cpu=cpu, lock_addr=lock, ret=ret,
                                  **more)

    def wait(self, tid, time, op=WAIT | PRIVATE, place=4096, **more):
        return self.traced_sample(self.enter, (10, tid), time * 1000,
                                  [CONTEXT_KERNEL, 2**64 - 9000, CONTEXT_USER, place], uaddr=64,
                                  op=op, **more)

    def back(self, tid, time, ret=0, **more):
        return self.traced_sample(self.leave, (10, tid), time * 1000, ret=ret, **more)

    def wake(self, tid, time, woken, **more):
        return self.traced_sample(self.wakes, (10, tid), time * 1000,
                                  [CONTEXT_KERNEL, 2**64 - 7000], pid=woken, **more)


class Folding(unittest.TestCase):
    maxDiff = None

    def fold(self, recording, *options, kernel=None):
        """{thread;[kind]: weight}, and the summary's counts."""
        data, summary = TMP / "x.data", TMP / "x.json"
        data.write_bytes(recording.round().file())
        command = [BIN / "perf-fold", "-i", data, "--summary", summary, *options]
        done = subprocess.run(kernel.command(*command) if kernel else command, capture_output=True,
                              text=True, check=True)
        self.assertNotIn("damaged", done.stderr)
        self.told = done.stderr
        stacks = {}
        for line in done.stdout.splitlines():
            stack, weight = line.rsplit(" ", 1)
            frames = stack.split(";")
            stacks[f"{frames[0]};{frames[-1]}"] = int(weight)
        return stacks, json.loads(summary.read_text())["fold"]

    def check(self, recording, expected, *options, kernel=None, **counts):
        stacks, told = self.fold(recording, *options, kernel=kernel)
        self.assertEqual(stacks, expected)
        counts = {"unmatched": 0, "unreliable": 0, "negative": 0, "open_at_end": 0, **counts}
        self.assertEqual({name: told[name] for name in counts}, counts)

    def test_pairs(self):
        """In either byte order, with fields that are new and elsewhere."""
        for order in "<>":
            for extra in ((), (field("new", INT), field("newer", LONG))):
                with self.subTest(order=order, extra=extra):
                    locks = Locks(order, extra)
                    locks.contend(11, 100, 0xabc, WRITE).wait(12, 110)
                    locks.take(11, 130, 0xabc).back(12, 150)
                    self.check(locks, {"t11;[kernel rwsem:W]": 30, "t12;[futex]": 40}, waits=2)

    def test_kinds(self):
        kinds = {0: "semaphore", SPIN: "spinlock", SPIN | READ: "rwlock:R", SPIN | WRITE: "rwlock:W",
                 READ: "rwsem:R", WRITE: "rwsem:W", 8: "rt-mutex", 8 | READ: "rwlock-rt:R",
                 16 | READ: "pcpu-sem:R", 16 | WRITE: "pcpu-sem:W", MUTEX: "mutex",
                 MUTEX | SPIN: "mutex", WRITE | 1 << 20: "rwsem:W"}
        for flags, kind in kinds.items():
            with self.subTest(kind):
                locks = Locks().contend(11, 100, 0xabc, flags).take(11, 130, 0xabc)
                self.check(locks, {f"t11;[kernel {kind}]": 30})

    def test_names(self):
        """Of locks that are variables of the kernel, where it lists them; others are as many as files."""
        data, heap = TEXT + 0x400000, 2**64 - 2**46
        marks = [(data, "D", "__start_once"), (data + 0x1000, "B", "_end")]
        listed = [(data, "d", "tasklist_lock"), (data + 0x40, "b", "rename_lock"), *marks]
        with_names = KernelNames(TMP / "names", ["takes"], listed)
        without = KernelNames(TMP / "no-names", ["takes"], marks)
        if not without.works():
            self.skipTest("no mounts here: nothing else can name a kernel's variables")

        def contended(kernel):
            locks = kernel.recorded(Locks())
            for time, lock, flags in ((100, data, SPIN | READ), (200, data, SPIN | WRITE),
                                      (300, data + 0x44, SPIN), (400, heap, MUTEX),
                                      (500, heap + 64, MUTEX), (600, data + 0x1000, MUTEX)):
                locks.contend(11, time, lock, flags, at=kernel.at["takes"])
                locks.take(11, time + time // 10, lock)
            return locks

        self.check(contended(with_names), {
            "t11;[kernel rwlock:R tasklist_lock]": 10, "t11;[kernel rwlock:W tasklist_lock]": 20,
            "t11;[kernel spinlock rename_lock+0x4]": 30, "t11;[kernel mutex in takes]": 150,
        }, kernel=with_names, waits=6)
        self.check(contended(without), {
            "t11;[kernel rwlock:R in takes]": 10, "t11;[kernel rwlock:W in takes]": 20,
            "t11;[kernel spinlock in takes]": 30, "t11;[kernel mutex in takes]": 150,
        }, kernel=without, waits=6)
        # … nor where another kernel runs
        elsewhere = contended(with_names)
        elsewhere.host = "elsewhere"
        self.check(elsewhere, {"t11;[kernel rwlock:R]": 10, "t11;[kernel rwlock:W]": 20,
                               "t11;[kernel spinlock]": 30, "t11;[kernel mutex]": 150},
                   kernel=with_names)

    def test_more_locks_than_numbers(self):
        """What is one too many has no name, and counts as before."""
        first = TEXT + 0x400000
        listed = [(first, "d", "many"), (first + 2**20, "B", "_end")]
        kernel = KernelNames(TMP / "many", ["takes"], listed)
        if not kernel.works():
            self.skipTest("no mounts here: nothing else can name a kernel's variables")
        locks, count, pieces = kernel.recorded(Locks()), 2**14 - 1, []
        for time, number in enumerate((*range(count + 2), 0)):
            locks.contend(11, 10 + 2 * time, first + 4 * number, SPIN, at=kernel.at["takes"])
            locks.take(11, 11 + 2 * time, first + 4 * number)
            pieces.append(locks.data)
            locks.data = b""
        locks.data = b"".join(pieces)
        stacks, _ = self.fold(locks, "--value", "count", kernel=kernel)
        self.assertEqual(stacks["t11;[kernel spinlock in takes]"], 2)
        self.assertEqual(stacks["t11;[kernel spinlock many]"], 2)
        self.assertEqual(len(stacks), count + 1)

    def test_mutex_begins_twice(self):
        locks = Locks().contend(11, 100, 0xabc, MUTEX | SPIN).contend(11, 105, 0xabc, MUTEX)
        locks.contend(11, 120, 0xabc, MUTEX | SPIN).take(11, 130, 0xabc)
        self.check(locks, {"t11;[kernel mutex]": 30}, waits=1)

    def test_one_inside_another(self):
        """A spinning lock in the way to a sleeping one, and one of an interrupt in that."""
        locks = Locks().contend(11, 100, 0xabc, WRITE).contend(11, 110, 0xdef, SPIN)
        locks.contend(11, 112, 0x123, SPIN).take(11, 115, 0x123).take(11, 120, 0xdef)
        locks.take(11, 150, 0xabc)
        self.check(locks, {"t11;[kernel rwsem:W]": 50, "t11;[kernel spinlock]": 13}, waits=3)

    def test_idle_tasks_are_one_thread(self):
        locks = Locks().contend(0, 100, 0xabc, SPIN, cpu=0, common_pid=0)
        locks.contend(0, 110, 0xabc, SPIN, cpu=1, common_pid=0).take(0, 120, 0xabc, cpu=0)
        locks.take(0, 150, 0xabc, cpu=1)
        self.check(locks, {"swapper;[kernel spinlock]": 60}, waits=2)

    def test_begin_without_end(self):
        locks = Locks().wait(11, 100).wait(11, 200).back(11, 230)
        self.check(locks, {"t11;[futex]": 30}, unmatched=1)
        locks = Locks().contend(11, 100, 0xabc, WRITE).contend(11, 110, 0xdef, WRITE)
        locks.take(11, 150, 0xabc).wait(12, 160).back(12, 170)
        self.check(locks, {"t11;[kernel rwsem:W]": 50, "t12;[futex]": 10}, unmatched=1)
        locks = Locks().contend(11, 100, 0xabc, WRITE).wait(11, 160).back(11, 170)
        self.check(locks, {"t11;[futex]": 10}, unmatched=1)

    def test_end_without_begin(self):
        """The end of another call of futex(2) is not one of a wait."""
        locks = Locks().take(11, 100, 0xabc).wait(11, 110, op=WAKE).back(11, 120, 1).back(12, 130)
        locks.wait(11, 200).back(11, 230)
        self.check(locks, {"t11;[futex]": 30}, unmatched=1)

    def test_across_a_loss(self):
        locks = Locks().wait(11, 100).contend(12, 110, 0xabc, WRITE).lost(7, 120000)
        locks.back(11, 150).take(12, 160, 0xabc).wait(11, 200).back(11, 230)
        self.check(locks, {"t11;[futex]": 30}, unreliable=2, unreliable_ns=100000, waits=1)
        self.assertIn("2 waits, 100.0 µs, left out", self.told)

    def test_open_at_the_end(self):
        locks = Locks().wait(11, 100).contend(12, 150, 0xabc, WRITE).comm(10, 10, "main", 300000)
        self.check(locks, {"t11;[futex]": 200, "t12;[kernel rwsem:W]": 150}, open_at_end=2, waits=2)

    def test_exit_while_waiting(self):
        """Also where the thread's number in samples is one of a PID namespace."""
        for raw in (11, 4711):
            locks = Locks().wait(11, 100, common_pid=raw).exit(10, 11, 180000)
            locks.comm(10, 10, "main", 300000)
            self.check(locks, {"t11;[futex]": 80}, waits=1)

    def test_numbers_of_a_namespace(self):
        locks = Locks().wait(11, 100, common_pid=4711).wake(12, 120, 4711, common_pid=4712)
        locks.back(11, 130, common_pid=4711)
        self.check(locks, {"t12;[futex]": 30}, "--blame")

    def test_exec_while_others_wait(self):
        """They end, and who goes on has a new name."""
        locks = Locks().wait(11, 100).exit(10, 11, 150000).comm(10, 10, "new", 160000, True)
        locks.wait(10, 200).back(10, 210)
        self.check(locks, {"t11;[futex]": 50, "new;[futex]": 10}, waits=2)

    def test_results(self):
        """What did not sleep took no time; a signal ends a wait."""
        locks = Locks().wait(11, 100).back(11, 130, -EAGAIN).wait(11, 200).back(11, 250, -ETIMEDOUT)
        locks.wait(11, 300).back(11, 310, -ERESTARTSYS)
        self.check(locks, {"t11;[futex]": 10, "t11;[futex timed out]": 50}, waits=3)
        self.check(locks, {"t11;[futex]": 2, "t11;[futex timed out]": 1}, "--value", "count")
        locks = Locks().contend(11, 100, 0xabc, WRITE).take(11, 130, 0xabc, ret=-4)
        self.check(locks, {"t11;[kernel rwsem:W]": 30})

    def test_operations(self):
        """FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2, and no others."""
        locks, time = Locks(), 0
        for command in range(16):
            for flags in (0, 128, 256, 384):
                time += 100
                locks.wait(11, time, op=command | flags).back(11, time + 10)
        self.check(locks, {"t11;[futex]": 4 * 5}, "--value", "count")

    def test_blame(self):
        """The last one to wake it, from the inside to the outside; nobody, an interrupt."""
        locks = Locks().wait(11, 100).wake(10, 110, 11).wake(12, 120, 11).back(11, 130)
        locks.wait(11, 200).wake(12, 220, 11, common_flags=8).back(11, 230, -ETIMEDOUT)
        locks.contend(11, 300, 0xabc, SPIN).take(11, 305, 0xabc).wake(12, 400, 11)
        self.check(locks, {"t12;[futex]": 30, "[irq];[futex timed out]": 30,
                           "t11;[kernel spinlock]": 5}, "--blame")
        self.check(locks, {"t11;[futex]": 30, "t11;[futex timed out]": 30,
                           "t11;[kernel spinlock]": 5})

    def test_no_one_to_blame(self):
        (TMP / "x.data").write_bytes(Locks(waking=False).wait(11, 1).back(11, 2).round().file())
        done = subprocess.run([BIN / "perf-fold", "-i", TMP / "x.data", "--blame"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--blame needs sched:sched_waking", done.stderr)

    def test_sides(self):
        locks = Locks().contend(11, 100, 0xabc, WRITE).wait(12, 110)
        locks.take(11, 130, 0xabc).back(12, 150)
        self.check(locks, {"t11;[kernel rwsem:W]": 30}, "--kernel-locks")
        self.check(locks, {"t12;[futex]": 40}, "--user-locks")
        self.check(locks, {"t12;[futex]": 40}, "--tid", "12")

    def test_what_makes_the_type(self):
        """One of the two sides, whole."""
        locks = Locks(kernel=False, waking=False).wait(11, 100).back(11, 130)
        self.check(locks, {"t11;[futex]": 30})
        locks = Locks(futex=False, waking=False).contend(11, 100, 0xabc, WRITE).take(11, 130, 0xabc)
        self.check(locks, {"t11;[kernel rwsem:W]": 30})
        locks = Locks(futex=False, ends=False).contend(11, 100, 0xabc, WRITE)
        stacks, _ = self.fold(locks, "--event", "lock:contention_begin")
        self.assertEqual(len(stacks), 1)
        done = subprocess.run([BIN / "perf-fold", "-i", TMP / "x.data", "--type", "locks"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "no event here makes a profile of type locks")

    def test_among_others(self):
        """A recording of several types: --type decides."""
        locks = Locks().wait(11, 100).user(10, 10, 120000, 8192).back(11, 130)
        locks.events[0].config = 0	# cpu-clock
        stacks, _ = self.fold(locks)
        self.assertEqual(list(stacks), ["main;[unknown]"])
        self.check(locks, {"t11;[futex]": 30}, "--type", "locks")

    def test_whole_stack_of_a_program(self):
        """How it got into the system call is no part of the wait."""
        data = TMP / "y.data"
        data.write_bytes(Locks().wait(11, 100).back(11, 130).round().file())
        done = subprocess.run([BIN / "perf-fold", "-q", "-i", data], capture_output=True, text=True,
                              check=True)
        self.assertTrue(re.fullmatch(r"t11;\[unknown];\[futex] 30\n", done.stdout), done.stdout)


if __name__ == "__main__":
    unittest.main()
