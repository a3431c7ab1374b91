#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumped stacks of aarch64 programs, folded wherever this runs.

shapes.c is cross-compiled and runs under qemu-user, one instruction at a time, so that a
sample may be of any. tests/tools/sampler.c, linked to it, writes down its registers and
stack each 4 ms of CPU time. They become a recording here; what perf-fold makes of it is
held against what the program prints of itself.
"""
import concurrent.futures
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import unittest
from pathlib import Path

SRC, TMP = Path(os.environ["SRC"]), Path(os.environ["TMP"])
sys.path.insert(0, str(SRC / "tests" / "tools"))
from recording import Recording  # noqa: E402
from truth import Truth, load, some  # noqa: E402

BIN = Path(os.environ["BIN"])
GCC, QEMU, ROOT = "aarch64-linux-gnu-gcc", "qemu-aarch64", "/usr/aarch64-linux-gnu"
PLAIN = ["-O2", "-fomit-frame-pointer", "-fno-optimize-sibling-calls", "-pthread"]
KINDS = {
    "plain": [],
    # return addresses are signed
    "sealed": ["-mbranch-protection=standard", "-static"],
    "debug-frame": ["-O3", "-g", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"],
    "frame-pointers": ["-fno-omit-frame-pointer", "-static-pie"],
}
TURNS_PER_MS = 250000
# A place takes some 250 ms of CPU time, 60 samples, 25 where the kernel's ticks are of
# 10 ms, and half of that where two share it.
LEAST = 5
ALL_REGS = (1 << 33) - 1
PID = 10


def build_id(path):
    notes = subprocess.run(["readelf", "-nW", path], check=True, stdout=subprocess.PIPE).stdout
    return bytes.fromhex(re.search(rb"Build ID: ([0-9a-f]{40})", notes)[1].decode())


class Emulated:
    """A program, compiled and run: .truth, .stacks, .fold (of the summary)."""

    def __init__(self, kind):
        self.name, self.program = kind, TMP / f"shapes-{kind}"
        self.samples, self.data = TMP / f"{kind}.samples", TMP / f"{kind}.data"
        subprocess.run([GCC, "-w", *PLAIN, *KINDS[kind], f"-DTURNS_PER_MS={TURNS_PER_MS}",
                        "-Wl,--build-id=sha1", "-o", self.program,
                        SRC / "tests/known-answer/shapes.c", SRC / "tests/tools/sampler.c"],
                       check=True)
        self.run()
        self.record()
        self.read()

    def run(self):
        printed = TMP / f"{self.name}.truth"
        # the option's name before and since version 8.1
        each = {"QEMU_SINGLESTEP": "1", "QEMU_ONE_INSN_PER_TB": "1"}
        with open(printed, "wb") as out:
            subprocess.run([QEMU, "-L", ROOT, self.program], check=True, stdout=out,
                           stdin=subprocess.DEVNULL,
                           env={**os.environ, **each, "SAMPLES": str(self.samples)})
        self.truth = Truth(printed)

    def record(self):
        maps, taken = self.samples.read_bytes().split(b"\n\n", 1)
        recording = Recording(regs=ALL_REGS, arch="aarch64")
        recording.comm(PID, PID, self.name, time=1)
        for line in maps.decode().splitlines():
            words = line.split(None, 5)
            if "x" in words[1]:
                start, end = (int(word, 16) for word in words[0].split("-"))
                path = words[5] if words[5:] else "//anon"
                known = build_id(path) if path.startswith("/") and path != "//anon" else b""
                recording.mmap2(PID, PID, start, end - start, int(words[2], 16), path, time=2,
                                build_id=known)
        at, time = 0, 10
        while at < len(taken):
            *regs, size = struct.unpack_from("<34Q", taken, at)
            at += 34 * 8
            recording.dump(PID, PID, time, regs, taken[at:at + size])
            at, time = at + size, time + 1
        self.samples.unlink()
        self.data.write_bytes(recording.file())

    def read(self):
        out, summary = TMP / f"{self.name}.folded", TMP / f"{self.name}.json"
        subprocess.run([BIN / "perf-fold", "-q", "-i", self.data, "--no-inline", "-o", out,
                        "--summary", summary], check=True)
        self.stacks = load(out)
        self.fold = json.loads(summary.read_text())["fold"]


class Aarch64(unittest.TestCase):
    def check(self, emulated):
        truth, fold = emulated.truth, emulated.fold
        counts = truth.counts(emulated.stacks)
        wrong = truth.wrong(counts)
        print(f"{emulated.name}: {fold}, wrong {wrong}")
        self.assertEqual(fold["samples"], fold["unwound"])
        self.assertLessEqual(sum(wrong.values()), some(fold["samples"]), wrong)
        self.assertLessEqual(fold["truncated"] + fold["broken"], some(fold["samples"]))
        self.assertLessEqual(fold["stacks"] - fold["whole"], some(fold["stacks"]))
        for stack in truth.stacks:
            self.assertGreaterEqual(counts[stack], LEAST, stack)

    def test_all(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for emulated in pool.map(Emulated, KINDS):
                with self.subTest(emulated.name):
                    self.check(emulated)


if __name__ == "__main__":
    for needed in (GCC, QEMU):
        if not shutil.which(needed):
            print(f"{needed} is not installed")
            sys.exit(77)
    unittest.main()
