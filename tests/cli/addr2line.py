#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Inlined functions and lines of a recorded C++ program, against addr2line -i -f -C.

tests/known-answer/compiled.cc is recorded. Every address of it that a stack holds, where
the CPU stood and where calls return to, is then a sample of its own in a recording that
is put together here, so that what perf-fold makes of each can be told apart.
"""
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

SRC, TMP = Path(os.environ["SRC"]), Path(os.environ["TMP"])
sys.path.insert(0, str(SRC / "tests" / "tools"))
from recording import Recording  # noqa: E402

BIN = Path(os.environ["BIN"])
PROGRAM = Path(os.environ["BUILD"]) / "tests" / "known-answer" / "compiled"
PID = 10
NOWHERE = 0x7000_0000_0000
KERNEL = 1 << 63
# The program works the same way each time, for a second, and is seen a thousand times in
# it, at some 300 addresses; on a busy box, and under sanitizers, less often.
LEAST = 60


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL).stdout.decode()


class Segment:
    """Where the code of a program is that is mapped where it was linked to."""

    def __init__(self):
        loads = [line.split() for line in output("readelf", "-lW", PROGRAM).splitlines()
                 if line.split()[:1] == ["LOAD"] and " R E " in line]
        self.offset, self.start, _, self.size = (int(word, 16) for word in loads[0][1:5])

    def address(self, printed):
        """perf script prints addresses as they were, or, when asked for files, offsets in those."""
        for base in (self.start, self.offset):
            if base <= printed < base + self.size:
                return printed - base + self.start
        return None


def sampled():
    """The addresses of the program in what was recorded: where it stood, and callers."""
    data, segment = TMP / "x.data", Segment()
    output(BIN / "perf-oncpu", "-q", "-F", "1997", "-o", data, "--", PROGRAM)
    stood, callers, frames = set(), set(), 0
    for line in output("perf", "script", "-F", "ip,dso", "-i", data).splitlines():
        words = line.split()
        if words and words[1] == f"({PROGRAM})":
            (callers if frames else stood).add(segment.address(int(words[0], 16)))
        # what the kernel did for it is no caller
        frames += bool(words) and int(words[0], 16) < KERNEL
        if not words:
            frames = 0
    return stood, callers


class Addr2line:
    """What it says of each address: [(function, file, line)], the innermost first.

    It is asked twice: at first it takes the symbol around for the name of a function that
    the linker knows nothing of."""

    def __init__(self, addresses):
        text = subprocess.run(["addr2line", "-a", "-i", "-f", "-C", "-e", PROGRAM], check=True,
                              input="".join(f"{address:#x}\n" for address in 2 * addresses),
                              stdout=subprocess.PIPE, text=True).stdout
        self.of = {}
        for line in text.splitlines():
            if line.startswith("0x"):
                frames = self.of[int(line, 16)] = []
                name = None
            elif name is None:
                name = line
            else:
                place = re.sub(r" \(discriminator \d+\)$", "", line)
                frames.append((name, *place.rsplit("/", 1)[-1].rsplit(":", 1)))
                name = None

    def functions(self, address):
        return [name for name, _, _ in reversed(self.of[address])]

    def place(self, address):
        _, file, line = self.of[address][0]
        return f"({file}:{line})" if file != "??" and line not in "?0" else ""


def build_id():
    return bytes.fromhex(re.search("Build ID: ([0-9a-f]{40})", output("readelf", "-n", PROGRAM))[1])


def fold(chains, *options):
    """The user's frames of each chain, the outermost first."""
    segment, recording = Segment(), Recording()
    recording.mmap2(PID, PID, segment.start, segment.size, segment.offset, str(PROGRAM), time=2,
                    build_id=build_id())
    recording.mmap2(PID, PID, NOWHERE, 4096, 0, "/nowhere/callee", time=2, inode=2)
    for tid, chain in enumerate(chains, 1000):
        recording.comm(PID, tid, "a", time=3)
        recording.user(PID, tid, 10, *chain)
    (TMP / "made.data").write_bytes(recording.file())
    lines = output(BIN / "perf-fold", "-i", TMP / "made.data", "--root", "tid",
                   "--demangle", "full", "--inline", *options)
    stacks = dict(line.rsplit(" ", 1)[0].split(";", 1) for line in lines.splitlines())
    return [stacks[f"a-{PID}/{tid}"].split(";") for tid, _ in enumerate(chains, 1000)]


def same(ours, truth):
    """The outermost function is named by the symbol table, where addr2line may have no more
    than its plain name; it has none at all for the linker's stubs."""
    outermost = truth[0].split("<")[0]
    return ours[1:] == truth[1:] and (ours[0] == truth[0] or outermost in ours[0] or
                                      (outermost == "??" and ours[0].endswith("@plt")))


class Inlined(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stood, cls.callers = map(sorted, sampled())
        cls.truth = Addr2line([*cls.stood, *(address - 1 for address in cls.callers)])
        print(len(cls.stood), "addresses and", len(cls.callers), "callers; inlined:",
              sum(len(frames) > 1 for frames in cls.truth.of.values()))

    def check(self, addresses, stacks, functions):
        wrong = [f"{address:#x}: {functions(address)}, not {stack}"
                 for address, stack in zip(addresses, stacks)
                 if not same(stack, functions(address))]
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_enough_was_seen(self):
        self.assertGreaterEqual(len(self.stood) + len(self.callers), LEAST)
        inlined = [frames for frames in self.truth.of.values() if len(frames) > 1]
        self.assertGreaterEqual(len(inlined), LEAST / 2)

    def test_where_it_stood(self):
        stacks = fold([[address] for address in self.stood])
        self.check(self.stood, stacks, self.truth.functions)

    def test_callers(self):
        stacks = fold([[NOWHERE, address] for address in self.callers])
        self.assertEqual({stack.pop() for stack in stacks}, {"[callee]"})
        self.check(self.callers, stacks, lambda address: self.truth.functions(address - 1))

    def test_lines(self):
        addresses = list(self.truth.of)
        stacks = fold([[address] for address in addresses], "--srcline")
        wrong = [f"{address:#x}: {self.truth.place(address)}, not {stack[-1]}"
                 for address, stack in zip(addresses, stacks)
                 if not stack[-1].endswith(self.truth.place(address))]
        self.assertEqual(wrong, [], "\n".join(wrong))


if __name__ == "__main__":
    if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        sys.exit(77)
    unittest.main()
