# SPDX-License-Identifier: GPL-2.0-or-later
"""What the programs of tests/known-answer print of themselves, and folded stacks beside it.

All that libc and the kernel have above, between and below a program's own functions is
left out of the comparison. A stack is
* right where it is one of those printed,
* passing where it is the beginning of one: on the way there, or back;
* wrong otherwise: the callers of its functions are missing, or are others.
"""
import re
from collections import Counter

import collapse

WRONG = 0.01	# of all samples, in the long run
SIGMAS = 5	# of the sampling error beyond that
SUFFIX = re.compile(r"(\.(cold|part|constprop|isra)(\.\d+)?| \[clone .*\])+$")


def some(total):
    """How many of so many samples may be wrong: chance exceeds it less than once in 100,000 runs."""
    return WRONG * total + SIGMAS * (WRONG * total) ** 0.5


def own(frames, names):
    """What is the program's own of @frames, the outermost first."""
    frames = [SUFFIX.sub("", frame).split("::")[-1] for frame in frames]
    return ";".join(frame for frame in frames if frame in names)


class Truth:
    def __init__(self, path):
        lines = [line.split(" ", 2) for line in path.read_text().splitlines()]
        self.stacks = {rest.split(";", 1)[1] for kind, _, rest in lines if kind == "expect"}
        self.names = {name for stack in self.stacks for name in stack.split(";")}

    def counts(self, stacks):
        """A counter of folded stacks with the task in front, by what is the program's own."""
        out = Counter()
        for stack, count in stacks.items():
            out[own(stack.split(";")[1:], self.names)] += count
        return out

    def wrong(self, counts):
        passing = {"", *self.stacks}
        for stack in self.stacks:
            frames = stack.split(";")
            passing |= {";".join(frames[:end]) for end in range(1, len(frames))}
        return {stack: count for stack, count in counts.items() if stack not in passing}


def load(path):
    return collapse.load(path.read_text().splitlines())
