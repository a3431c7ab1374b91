# SPDX-License-Identifier: GPL-2.0-or-later
"""Collapses the text of perf script to folded stacks, and compares folded stacks.

It shares no code and no shortcuts with perf-fold: it believes what perf printed.
perf script must be called with

    perf script --no-inline -F comm,pid,tid,time,event,ip,sym,symoff,dso

Where perf 6.1 is known to be wrong in user space, a frame is ANY, and any name will do:

* A caller whose printed address is the first byte of a function. It is where the
  call returns to; the call is the last instruction of the function before, which
  never expected to be returned to. Or it is no call at all, but a word on the stack
  that a frame pointer chain ran into.
* The innermost frame of a thread that is inside execve(2) and has its new memory
  already: perf still looks it up in what was mapped before.

In the kernel, a caller that is the padding in front of a function, __pfx_NAME, is a call
that does not return, the last instruction of the function before; /proc/kallsyms says
which that is.

A frame that perf has no name for, shown as [FILE], may have one all the same, where no
stack of ours is like perf's: a call that its function does not outlive returns to where
no function is.

A stack of which perf printed nothing is ANYTHING: it gives up a call chain that
holds an address beyond -4096.
"""
import bisect
import functools
import re
from collections import Counter

FIELDS = "comm,pid,tid,time,event,ip,sym,symoff,dso"
ANY, ANYTHING = "*", "**"
HEAD = re.compile(r"\s*(?P<comm>\S.*?)\s+(?P<pid>-?\d+)/(?P<tid>-?\d+)\s+\d+\.\d+:\s+"
                  r"(?P<event>\S.*?):\s*$")
FRAME = re.compile(r"\s+(?P<ip>[0-9a-f]+) (?P<sym>.*?)(?:\+0x(?P<offset>[0-9a-f]+))? "
                   r"\((?P<dso>[/\[].*)\)$")
# "read@@GLIBC_2.2.5": ld's way to write a name and its version, which is no part of it
VERSION = re.compile(r"(?<=.)@@?[A-Z]\w*_[\w.]*$")


@functools.cache
def kernel():
    """Addresses of the kernel's functions and their names, in order."""
    with open("/proc/kallsyms", encoding="ascii") as lines:
        words = (line.split() for line in lines)
        code = sorted((int(address, 16), name) for address, kind, name, *_ in words if kind in "tTwW")
    return [address for address, _ in code], [name for _, name in code]


def kernel_function_before(address):
    addresses, functions = kernel()
    i = bisect.bisect_left(addresses, address)
    return functions[i - 1] if i and addresses[i - 1] else ANY


class Frame:
    def __init__(self, line):
        match = FRAME.match(line)
        if not match:
            raise ValueError(f"not a frame: {line!r}")
        self.sym, self.dso = match["sym"], match["dso"]
        self.at_start = match["offset"] == "0"
        self.address = int(match["ip"], 16)

    def name(self):
        if self.sym != "[unknown]":
            return VERSION.sub("", self.sym).replace(";", ":")
        if self.dso.startswith("["):
            return self.dso
        return "[" + self.dso.rsplit("/", 1)[-1] + "]"


def names(frames):
    """Of frames from the innermost to the outermost, as they are written in a folded stack."""
    user = next((i for i, frame in enumerate(frames) if frame.address < 1 << 63), len(frames))
    execs = any(frame.sym == "load_elf_binary" for frame in frames[:user])
    out = []
    for i, frame in enumerate(frames):
        wrong = execs if i == user else i > user and frame.at_start
        padding = 0 < i < user and frame.at_start and frame.sym.startswith("__pfx_")
        out.append(kernel_function_before(frame.address) if padding else
                   ANY if wrong else frame.name())
    return out[::-1] or [ANYTHING]


def fold(lines, tasks=False):
    """Counters of folded stacks, by event; with @tasks their roots are COMM-PID/TID."""
    events, head, frames = {}, None, []

    def end():
        if head:
            root = head["comm"].replace(" ", "_")
            if tasks:
                root += f"-{head['pid']}/{head['tid']}"
            stack = ";".join([root, *names(frames)])
            events.setdefault(head["event"], Counter())[stack] += 1

    for line in lines:
        line = line.rstrip("\n")
        match = HEAD.match(line)
        if match:
            end()
            head, frames = match, []
        elif line.strip():
            frames.append(Frame(line))
    end()
    return events


def load(lines):
    """A counter of the stacks of a folded file."""
    stacks = Counter()
    for line in lines:
        stack, count = line.rstrip("\n").rsplit(" ", 1)
        stacks[stack] += int(count)
    return stacks


BIRTH = re.compile(r"PERF_RECORD_FORK\((\d+):\d+\):\((\d+):\d+\)")
TASK = re.compile(r".*-(-?\d+)/-?\d+$")


def family(lines, *founders):
    """The processes that perf script --show-task-events says descend from these, and they."""
    pids = set(founders)
    for line in lines:
        match = BIRTH.search(line)
        if match and int(match[2]) in pids:
            pids.add(int(match[1]))
    return pids


def only(stacks, pids):
    """Of stacks whose roots are COMM-PID/TID, those of these processes."""
    return Counter({stack: count for stack, count in stacks.items()
                    if int(TASK.match(stack.split(";")[0])[1]) in pids})


def nameless(frame):
    return frame.startswith("[") and frame.endswith("]")


def fits(stack, pattern):
    """Whether a stack is what perf printed."""
    ours, theirs = stack.split(";"), pattern.split(";")
    if theirs[1:] == [ANYTHING]:
        return ours[0] == theirs[0]
    return len(ours) == len(theirs) and all(b in (a, ANY) or nameless(b)
                                            for a, b in zip(ours, theirs))


class Comparison:
    """.total, .same, .guessed (of same: with a frame that may have any name), .ours and
    .theirs: what is left of each."""

    def __init__(self, ours, theirs):
        self.total = sum(theirs.values())
        exact = ours & theirs
        self.ours, self.theirs = ours - exact, theirs - exact
        self.guessed = 0
        patterns = [p for p in self.theirs
                    if any(f in (ANY, ANYTHING) or nameless(f) for f in p.split(";"))]
        for pattern in sorted(patterns, key=lambda p: p.endswith(ANYTHING)):
            for stack in [s for s in self.ours if fits(s, pattern)]:
                count = min(self.ours[stack], self.theirs[pattern])
                self.ours[stack] -= count
                self.theirs[pattern] -= count
                self.guessed += count
        self.same = sum(exact.values()) + self.guessed

    def __str__(self):
        text = f"{self.same} of {self.total} agree, {self.guessed} of them by guess\n"
        for who, rest in (("perf-fold", self.ours), ("perf script", self.theirs)):
            for stack, count in (+rest).most_common(8):
                text += f"only {who}: {count} {stack}\n"
        return text
