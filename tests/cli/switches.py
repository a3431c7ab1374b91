#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Off-CPU time from recordings that were made up: what does not pair, what was lost, time that
goes backwards, states as other kernels number them."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests" / "tools"))
from kernelnames import KernelNames  # noqa: E402
from recording import (CONTEXT_KERNEL, CONTEXT_USER, KERNEL, RAW, SAMPLE_TYPE,  # noqa: E402
                       Recording)

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
RUNS, SLEEPS, DISK, DEAD = 0, 1, 2, 16
TODAY = {1: "S", 2: "D", 4: "T", 8: "t", 16: "X", 32: "Z", 64: "P", 128: "I"}
FAR = 1 << 63


class Switches(Recording):
    """Thread 11 of process 10, called app; 12 is another one. Times are microseconds."""

    def __init__(self, order="<", states=None, extra=(), waking=False, clock=False):
        super().__init__(order, sample_type=SAMPLE_TYPE | RAW)
        self.events[0].config = 9	# dummy: for all records that are no samples
        named = ", ".join(f'{{ {bit:#x}, "{name}" }}' for bit, name in (states or TODAY).items())
        self.switch_event = self.tracepoint(
            "sched:sched_switch", *extra, ("pid_t", "prev_pid", 4, 1), ("long", "prev_state", 8, 1),
            ("pid_t", "next_pid", 4, 1))
        self.switch_event.printed = ('"%s", (REC->prev_state & 0xff) ? __print_flags(REC->prev_state '
                                     f'& 0xff, "|", {named}) : "R"')
        if waking:
            self.waking_event = self.tracepoint("sched:sched_waking", *extra, ("pid_t", "pid", 4, 1))
        if clock:
            self.clock_event = self.event("cpu-clock", 1, 0)
        for tid in 10, 11, 12:
            self.comm(10, tid, "app", time=1)

    def leaves(self, time, state=SLEEPS, prev=11, following=0, seen=None, cpu=0):
        return self.traced_sample(self.switch_event, (10, seen or prev), time * 1000,
                                  [CONTEXT_KERNEL, FAR + 1], cpu, prev_pid=prev, prev_state=state,
                                  next_pid=following)

    def returns(self, time, to=11, cpu=0):
        return self.traced_sample(self.switch_event, (0, 0), time * 1000, [CONTEXT_KERNEL, FAR + 1],
                                  cpu, common_pid=0, prev_pid=0, prev_state=RUNS, next_pid=to)

    def wakes(self, time, whom=11, by=12, flags=0, chain=(CONTEXT_KERNEL, FAR + 5)):
        return self.traced_sample(self.waking_event, (10, by), time * 1000, chain,
                                  common_flags=flags, pid=whom)

    def runs(self, time, tid=11):
        return self.sample(10, tid, time * 1000, [CONTEXT_KERNEL, FAR + 9], event=self.clock_event,
                           misc=KERNEL)


class Run:
    def __init__(self, recording, *options, kernel=None):
        data, summary = TMP / "switches.data", TMP / "switches.json"
        data.write_bytes(recording.file())
        command = [BIN / "perf-fold", "-i", data, "-o", "-", "--root", "tid", "--summary", summary,
                   *options]
        done = subprocess.run(kernel.command(*command) if kernel else command, capture_output=True,
                              text=True)
        self.status, self.messages = done.returncode, done.stderr
        self.stacks = {}
        for line in done.stdout.splitlines():
            stack, weight = line.rsplit(" ", 1)
            self.stacks[stack.replace("[kernel.kallsyms]", "k")] = int(weight)
        self.stats = json.loads(summary.read_text())["fold"] if done.returncode == 0 else {}


class Case(unittest.TestCase):
    WAIT = "app-10/11;k"

    def check(self, recording, stacks, *options, kernel=None, **counts):
        run = Run(recording, *options, kernel=kernel)
        self.assertEqual(run.status, 0, run.messages)
        self.assertEqual(run.stacks, stacks, run.messages)
        self.assertEqual({name: run.stats[name] for name in counts}, counts, run.messages)
        return run


class Pairs(Case):
    def test_one_wait(self):
        for order in "<>":
            self.check(Switches(order).leaves(100).returns(350), {self.WAIT: 250}, waits=1)

    def test_back_on_another_cpu(self):
        self.check(Switches().leaves(100, cpu=0).returns(350, cpu=3), {self.WAIT: 250})

    def test_states(self):
        """By the names that the recorded kernel gives its bits; futex waits carry one more."""
        old = {1: "S", 2: "D", 4: "T", 8: "t", 32: "X", 16: "Z"}
        odd = {2: "S", 1: "D", 4: "T", 8: "X"}
        for states, asleep, disk in ((TODAY, 1, 2), (old, 1, 2), (odd, 2, 1)):
            recording = Switches(states=states)
            recording.leaves(100, asleep).returns(110).leaves(200, disk).returns(220)
            recording.leaves(300, asleep | 0x2000).returns(340).leaves(400, RUNS).returns(480)
            self.check(recording, {self.WAIT: 70}, preempted=1, left_out=0)
            self.check(recording, {self.WAIT: 50}, "--state", "S")
            self.check(recording, {self.WAIT: 20}, "--state", "D")
            self.check(recording, {self.WAIT: 150}, "--preempted", preempted=0)
            self.check(recording, {self.WAIT: 100}, "--state", "R,D")
        run = self.check(Switches().leaves(1).returns(2), {}, "--state", "D", left_out=1)
        self.assertIn("nothing to show: 1 wait in what was recorded, none of them asked for", run.messages)
        run = Run(Switches(states=odd).leaves(1).returns(2), "--state", "Z")
        self.assertEqual(run.status, 1)
        self.assertIn("has no state 'Z'", run.messages)

    def test_slept_or_waited_at_the_start(self):
        """Where one slept is known, where one was preempted is not; who ran was none of it."""
        def recording():
            made = Switches(waking=True)
            mark = made.marked("offcpu")
            made.marker(mark, (10, 10), 50000, "start", "time 50000", "self 999")
            made.marker(mark, (10, 11), 51000, "sleeper", "state S", chain=[CONTEXT_KERNEL, FAR + 1])
            made.marker(mark, (10, 12), 52000, "sleeper", "state R")
            made.marker(mark, (10, 10), 53000, "sleeper", "state R")
            made.returns(150, to=12).leaves(200, state=DEAD, prev=12).leaves(250, state=DEAD, prev=10)
            return made.returns(300).leaves(320, state=DEAD)
        self.check(recording(), {self.WAIT: 250}, open_at_start=1, preempted=1, began_before=0)
        self.check(recording(), {self.WAIT: 250, "app-10/12": 100}, "--preempted", open_at_start=2)
        self.check(recording(), {self.WAIT: 250, "app-10/12;[runqueue]": 100}, "--preempted", "--runq")
        self.check(recording(), {self.WAIT: 250}, "--wakers", preempted=1)
        self.check(recording(), {"[not seen]": 250}, "--type", "wakeup")

    def test_came_to_a_cpu_by_the_record_alone(self):
        """The tracepoint of a task tells when it leaves, and only the record that it came."""
        recording = Switches()
        mark = recording.marked("offcpu")
        recording.marker(mark, (10, 10), 50000, "start", "time 50000", "self 999")
        recording.marker(mark, (10, 11), 51000, "sleeper", "state R")
        recording.switch(10, 11, 150000, out=False).leaves(200, state=DEAD)
        self.check(recording, {}, preempted=1)
        self.check(recording, {"app-10/11": 100}, "--preempted", open_at_start=1)

    def test_unknown_fields(self):
        extra = (("int", "new_here", 4, 0), ("long", "and_this", 8, 1))
        self.check(Switches(extra=extra).leaves(100).returns(350), {self.WAIT: 250})

    def test_lengths(self):
        recording = Switches().leaves(100).returns(110).leaves(200).returns(300)
        self.check(recording, {self.WAIT: 100}, "--min", "0.05ms", left_out=1)
        self.check(recording, {self.WAIT: 10}, "--max", "0.05ms", left_out=1)

    def test_ends(self):
        """What is open at the end counts up to there; who has ended waits for nothing."""
        recording = Switches().leaves(100).leaves(200, prev=12, state=DEAD).leaves(900, RUNS, prev=10)
        self.check(recording, {self.WAIT: 800}, waits=1, open_at_end=1)

    def test_another_program(self):
        """Whichever thread becomes it, it goes on under the number of the first one."""
        recording = Switches().leaves(100, prev=10).returns(120)
        recording.returns(200, to=10, cpu=1).exit(10, 10, time=210000)
        recording.leaves(215, state=DEAD, prev=10, cpu=1)
        recording.comm(10, 10, "next", time=250000, execed=True)
        recording.leaves(300, prev=10).returns(350, to=10)
        self.check(recording, {"app-10/10;k": 100, "next-10/10;k": 50}, began_before=1, unmatched=0)

    def test_no_partners(self):
        """Who comes back was away since before the recording; who leaves twice was back."""
        self.check(Switches().returns(100).leaves(200).returns(300), {self.WAIT: 100},
                   began_before=1)
        self.check(Switches().leaves(100).leaves(200).returns(300), {self.WAIT: 100}, unmatched=1)

    def test_two_on_one_cpu(self):
        """Who comes to a CPU, or the idle task, ends the time of who did not leave it."""
        recording = Switches()
        recording.event("cpu-clock", 1, 0)
        recording.returns(100).returns(300, to=12).leaves(450, prev=12)
        recording.returns(500, cpu=1).switch(0, 0, 580000, False, cpu=1)
        recording.leaves(900, prev=10)
        self.check(recording, {"app-10/11;[not sampled]": 280, "app-10/12;[not sampled]": 150,
                               "app-10/12;k;[blocked]": 450}, "--type", "wall", unmatched=2)

    def test_end_without_a_successor(self):
        """Recorded alone, nobody comes after a thread that ended until the next one of its own."""
        recording = Switches()
        recording.event("cpu-clock", 1, 0)
        recording.returns(100).exit(10, 11, time=200000).returns(400, to=12).leaves(450, prev=12)
        self.check(recording, {"app-10/11;[not sampled]": 100, "app-10/12;[not sampled]": 50},
                   "--type", "wall", unmatched=0)

    def test_lost_sample_but_not_the_record(self):
        recording = Switches().leaves(100).switch(10, 11, 150000, out=False)
        self.check(recording.leaves(200).returns(300), {self.WAIT: 150}, unmatched=0)

    def test_lost_records(self):
        """Waits across them are told, not charged; those before and after are."""
        recording = Switches().leaves(100).returns(110).leaves(200).lost(7, time=250000)
        recording.returns(300).leaves(400).returns(440)
        run = self.check(recording, {self.WAIT: 50}, unreliable=1, unreliable_ns=100000, lost=7)
        self.assertIn("1 wait, 100.0 \u00b5s, left out", run.messages.replace("us", "\u00b5s"))

    def test_time_goes_backwards(self):
        """Two rounds later nothing can be put in order any more."""
        recording = Switches().leaves(500).round().leaves(510, RUNS, prev=12).round().round()
        recording.returns(400).leaves(600).returns(650)
        self.check(recording, {self.WAIT: 50}, negative=1)

    def test_first_namespace(self):
        """Raw data has other numbers than samples: who leaves tells both."""
        recording = Switches().leaves(100, prev=4711, seen=11).returns(350, to=4711)
        self.check(recording, {self.WAIT: 250})

    def test_runqueue(self):
        recording = Switches(waking=True).leaves(100).wakes(300).wakes(310).returns(350)
        self.check(recording, {self.WAIT: 200, f"{self.WAIT};[runqueue]": 50}, "--runq", waits=1)

    def test_wakers(self):
        recording = Switches(waking=True).leaves(100).wakes(300).returns(350)
        recording.leaves(400).wakes(420, flags=8).returns(430)
        self.check(recording, {"app-10/12;k": 250, "[irq];k": 30}, "--type", "wakeup")
        self.check(recording, {f"{self.WAIT};--;k;app-10/12": 250, f"{self.WAIT};--;k;[irq]": 30},
                   "--wakers")


class Wakeups(Case):
    def test_early(self):
        """The waker may see the sleeper's new state before its switch; long before is another matter."""
        recording = Switches(waking=True).returns(50).wakes(95).leaves(100).returns(350)
        self.check(recording, {"app-10/12;k": 250}, "--type", "wakeup")
        recording = Switches(waking=True).returns(20).wakes(25).leaves(100).returns(350)
        self.check(recording, {"[not seen]": 250}, "--type", "wakeup")

    def test_first_of_several(self):
        recording = Switches(waking=True).leaves(100).wakes(200).wakes(210, by=10).returns(350)
        self.check(recording, {"app-10/12;k": 250}, "--type", "wakeup", waits=1)

    def test_nobody(self):
        """Wake-ups of whom nothing else is known; waits that nobody ended, or that never ended."""
        recording = Switches(waking=True).wakes(90, whom=77).leaves(100).wakes(150, whom=78)
        self.check(recording.returns(350), {"[not seen]": 250}, "--type", "wakeup", unmatched=0)
        recording = Switches(waking=True).leaves(100).leaves(400, RUNS, prev=12)
        self.check(recording, {"[not seen]": 300}, "--type", "wakeup", open_at_end=1)

    HARD, SOFT = 8, 16	# of common_flags
    INTERRUPTED = (
        # (where it stood, the innermost first; flags; by whom; what of it is the interrupt's)
        ("wakes timer sysvec_timer asm_sysvec_apic_timer_interrupt pick_page sys_read", HARD, 12, 4),
        ("wakes timer sysvec_timer asm_sysvec_apic_timer_interrupt halts do_idle", HARD, 0, 4),
        ("wakes takes_packet softirq asm_common_interrupt pick_page asm_exc_page_fault", SOFT, 12, 4),
        # one inside of another one, and of an exception
        ("wakes timer asm_sysvec_apic_timer_interrupt softirq asm_common_interrupt do_idle", HARD, 12, 3),
        # what an interrupt itself has stumbled over is its own
        ("wakes pick_page asm_exc_page_fault timer asm_sysvec_irq_work do_idle", HARD, 12, 5),
        ("wakes timer el1_interrupt el1h_64_irq_handler el1h_64_irq sys_read el0t_64_sync", HARD, 12, 5),
        ("wakes timer el0_interrupt el0t_64_irq_handler el0t_64_irq", HARD, 12, 5),
        ("wakes timer smp_timer apic_timer_interrupt sys_read", HARD, 12, 4),
        # softirqs that threads run themselves: ksoftirqd's, and one's that sends to its own box
        ("wakes takes_packet softirq run_ksoftirqd ret_from_fork", SOFT, 12, 5),
        ("wakes takes_packet softirq local_bh_enable sends sys_read", SOFT, 12, 6),
        ("wakes do_idle", 0, 0, 2),
    )

    def interrupted(self, kernel, stack, flags, by):
        recording = kernel.recorded(Switches(waking=True)).leaves(100)
        chain = [CONTEXT_KERNEL, *(kernel.at[name] for name in stack), CONTEXT_USER, 4096]
        return recording.wakes(200, by=by, flags=flags, chain=chain).returns(350)

    def test_what_was_interrupted(self):
        """The stack of an interrupt begins where it entered the kernel, as far as names tell."""
        stacks = [(stack.split(), *more) for stack, *more in self.INTERRUPTED]
        kernel = KernelNames(TMP / "kallsyms", sorted({name for stack, *_ in stacks for name in stack}))
        if not kernel.works():
            self.skipTest("no mounts here: nothing else can name a kernel's functions")
        for stack, flags, by, length in stacks:
            with self.subTest(" ".join(stack)):
                recording = self.interrupted(kernel, stack, flags, by)
                inside = ";".join(["[irq]", *reversed(stack[:length])])
                self.check(recording, {inside: 250}, "--type", "wakeup", kernel=kernel)
                upside_down = ";".join(reversed(inside.split(";")))
                for wakers in "--wakers", "--wakers=3":
                    run = Run(recording, wakers, kernel=kernel)
                    (found,) = run.stacks
                    self.assertEqual(found.partition(";--;")[2], upside_down)
                recording.host = "elsewhere"	# no names: all of it stays
                self.check(recording, {";".join(["[irq]", *["k"] * len(stack)]): 250}, "--type", "wakeup")

    def test_two_that_interrupted_one_place(self):
        """… and one place interrupted twice: nothing of it is left, and nothing is lost."""
        outside = ["sys_read", "do_syscall"]
        stacks = [["wakes", "timer", "asm_sysvec_apic_timer_interrupt", *outside],
                  ["wakes", "softirq", "asm_common_interrupt", *outside]]
        kernel = KernelNames(TMP / "kallsyms", sorted({name for stack in stacks for name in stack}))
        if not kernel.works():
            self.skipTest("no mounts here: nothing else can name a kernel's functions")
        recording = kernel.recorded(Switches(waking=True))
        for time, stack in (100, stacks[0]), (400, stacks[1]), (700, stacks[0][:3]):
            chain = [CONTEXT_KERNEL, *(kernel.at[name] for name in stack)]
            recording.leaves(time).wakes(time + 10, flags=self.HARD, chain=chain).returns(time + 50)
        self.check(recording, {"[irq];asm_sysvec_apic_timer_interrupt;timer;wakes": 100,
                               "[irq];asm_common_interrupt;softirq;wakes": 50},
                   "--type", "wakeup", kernel=kernel, waits=3, whole=3)

    def test_lost_records_hide_wakers(self):
        recording = Switches(waking=True).leaves(100).lost(7, time=150000).wakes(200).returns(350)
        recording.leaves(400).wakes(420).returns(430)
        counts = {"unreliable": 1, "unreliable_ns": 250000}
        self.check(recording, {"app-10/12;k": 30}, "--type", "wakeup", **counts)
        self.check(recording, {f"{self.WAIT};--;k;app-10/12": 30}, "--wakers", **counts)
        self.check(recording, {self.WAIT: 20, f"{self.WAIT};[runqueue]": 10}, "--runq", **counts)

    def test_back_before_it_left(self):
        recording = Switches(waking=True).leaves(500).round().leaves(510, RUNS, prev=12).round().round()
        recording.wakes(390).returns(400).leaves(600).wakes(640).returns(650)
        self.check(recording, {"app-10/12;k": 50}, "--type", "wakeup", negative=1)

    def test_fields_and_states_of_others(self):
        extra = (("int", "new_here", 4, 0), ("long", "and_this", 8, 1))
        for order in "<>":
            recording = Switches(order, {2: "S", 1: "D", 8: "X"}, extra, waking=True)
            recording.leaves(100, 2).wakes(300).returns(350).leaves(400, RUNS).returns(480)
            self.check(recording, {"app-10/12;k": 250}, "--type", "wakeup", preempted=1)


class Wall(Case):
    """Time on a CPU, blocked and waiting for one: what is not sure is none of them."""

    ON, BLOCKED, READY = "app-10/11;k", "app-10/11;k;[blocked]", "app-10/11;k;[runqueue]"

    def wall(self, recording, on, blocked, ready, **counts):
        expected = {self.ON: on, self.BLOCKED: blocked, self.READY: ready}
        self.check(recording, {stack: us for stack, us in expected.items() if us}, "--type", "wall",
                   **{"unmatched": 0, "unreliable": 0, "negative": 0, **counts})

    def test_parts(self):
        for extra in (), (("int", "new_here", 4, 0),):
            recording = Switches(extra=extra, waking=True, clock=True).returns(100).runs(150).leaves(200)
            recording.wakes(240).returns(300).leaves(310, RUNS).returns(330).leaves(400, DEAD)
            self.wall(recording, 180, 40, 80, began_before=1)

    def test_states_of_others(self):
        recording = Switches(states={2: "S", 1: "D", 8: "X"}, waking=True, clock=True)
        recording.returns(100).runs(150).leaves(200, 2).wakes(240).returns(300).leaves(400, 8)
        self.wall(recording, 200, 40, 60)

    def test_lost_while_it_ran(self):
        """It may have been away, and somebody else there."""
        recording = Switches(clock=True).returns(100).runs(110).lost(7, time=150000).leaves(200)
        self.wall(recording.returns(300).leaves(400, DEAD), 100, 100, 0, unreliable=1,
                  unreliable_ns=100000)

    def test_lost_while_it_slept(self):
        recording = Switches(clock=True).returns(100).runs(110).leaves(200).lost(7, time=250000)
        self.wall(recording.returns(300).leaves(400, DEAD), 200, 0, 0, unreliable=1,
                  unreliable_ns=100000)

    def test_lost_before_the_end(self):
        recording = Switches(clock=True).returns(100).runs(110).leaves(200).returns(250)
        recording.lost(7, time=300000).leaves(400, RUNS, prev=12, cpu=1)
        self.wall(recording, 100, 50, 0, unreliable=1, unreliable_ns=150000)

    def test_no_partners(self):
        recording = Switches(clock=True).returns(100).runs(110).returns(200).leaves(300, DEAD)
        self.wall(recording, 100, 0, 0, unmatched=1)
        recording = Switches(clock=True).returns(100).runs(110).leaves(150).leaves(200).returns(240)
        self.wall(recording.leaves(250, DEAD), 60, 40, 0, unmatched=1)

    def test_time_goes_backwards(self):
        recording = Switches(clock=True).returns(500).runs(505).round()
        recording.leaves(510, DEAD, prev=12, cpu=1).round().round().leaves(400).returns(600).leaves(650, DEAD)
        self.wall(recording, 50, 200, 0, negative=1)

    def test_lost_sample_but_not_the_record_of_the_end(self):
        recording = Switches(clock=True).returns(100).runs(110).switch(10, 11, 150000, out=True)
        run = Run(recording.returns(200).leaves(300, DEAD), "--type", "wall")
        self.assertEqual(run.stacks, {self.ON: 150, "app-10/11;[blocked]": 50})

    def test_ends_in_a_wait(self):
        """That cannot be: when it came back to end was not seen."""
        recording = Switches(clock=True).returns(100).runs(110).leaves(200).exit(10, 11, time=300000)
        self.wall(recording.leaves(900, RUNS, prev=12), 100, 0, 0, unmatched=1)

    def test_not_sampled(self):
        recording = Switches(clock=True).returns(100).leaves(200, DEAD).runs(300, tid=12)
        run = Run(recording, "--type", "wall")
        self.assertEqual(run.stacks.get("app-10/11;[not sampled]"), 100)


if __name__ == "__main__":
    unittest.main()
