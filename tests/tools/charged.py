# SPDX-License-Identifier: GPL-2.0-or-later
"""What perf-offcpu and its like charged to the functions of a program that prints the truth."""
import os
import subprocess
from collections import Counter
from pathlib import Path

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
WORKLOADS = Path(os.environ["BUILD"]) / "tests/known-answer"
WITHIN = 0.02
# ns: a host that takes the CPU away in the middle of a switch makes that CPU time to the
# kernel's accounts, and time off the CPU to what the switches say
STOLEN = 4000000	# less than one of ten naps
STACKS = ("--root", "tid", "--annotate")
FIRSTS = ("main", "naps_too", "has_apples", "has_pears", "catches", "throws", "lives", "is_left",
          "is_cancelled", "becomes_another", "sleeps_beside")


def user_part(stack):
    """Root and functions of the program; "" where it is in none of them."""
    root, *frames = stack.split(";")
    frames = [frame for frame in frames if not frame.endswith("_[k]")]
    first = next((i for i, name in enumerate(frames) if name in FIRSTS), None)
    return None if first is None else ";".join([root, *frames[first:]])


def folded(text):
    """What was charged in each function of the program and below it, in ns."""
    found = Counter()
    for line in text.splitlines():
        stack, weight = line.rsplit(" ", 1)
        stack = user_part(stack)
        while stack:
            found[stack] += int(weight) * 1000
            stack = stack.rpartition(";")[0]
    return found


def fold(data, *options):
    done = subprocess.run([BIN / "perf-fold", "-q", "-i", data, *STACKS, *options],
                          capture_output=True, text=True, check=True)
    return folded(done.stdout)


def printed(path, wanted="off"):
    """{stack: (ns off the CPU, ns asked for)}; of other lines, the two numbers that they begin with."""
    truth = {}
    for line in path.read_text().splitlines():
        kind, ns, asked, stack = line.split(" ", 3)
        if kind == wanted:
            truth[stack] = int(ns), int(asked)
    return truth
