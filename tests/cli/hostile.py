#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files and recordings that were made to cost memory or time."""
import gzip
import json
import os
import struct
import subprocess
import sys
import unittest
import zlib
from pathlib import Path

SRC, TMP = Path(os.environ["SRC"]), Path(os.environ["TMP"])
sys.path.insert(0, str(SRC / "tests" / "tools"))
from recording import CONTEXT_KERNEL, CONTEXT_USER_DEFERRED, RAW, SAMPLE_TYPE, Recording  # noqa: E402

FOLD = Path(os.environ["BIN"]) / "perf-fold"
FILES = 6
TEXT, TEXT_SIZE, PAGE = 0x1000, 32 << 20, 4096
SP, PC = 7, 8			# bits of the mask of registers
MASK = 0xff01ff			# all but segments and flags
STACK = 0x7fff00000000


def under_sanitizers():
    """Whose own memory, shadow and quarantine, is no measure."""
    return "asan" in subprocess.run(["ldd", FOLD], stdout=subprocess.PIPE, text=True,
                                    check=False).stdout


def measured(*args):
    """Folds. What it writes and says, and its peak in KiB."""
    with open(TMP / "out", "w+", encoding="utf-8") as out, \
            open(TMP / "err", "w+", encoding="utf-8") as err:
        child = subprocess.Popen([FOLD, *args], stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    said = (TMP / "err").read_text(encoding="utf-8")
    print(said, "peak:", usage.ru_maxrss, "KiB")
    if child.returncode:
        raise AssertionError(f"exit status {child.returncode}")
    return (TMP / "out").read_text(encoding="utf-8"), said, usage.ru_maxrss


def build_id(number):
    return struct.pack("<5I", *[number] * 5)


def frames(rows=TEXT_SIZE):
    """.debug_frame: functions that move SP with each byte. All are outermost ones."""
    cie = struct.pack("<IBBBBB", 0xffffffff, 3, 0, 1, 0x78, 16) + bytes([0x0c, 7, 8, 7, 16])
    cie += bytes(-len(cie) % 8)
    program = bytes([0x41, 0x0e, 0x10, 0x41, 0x0e, 0x18]) * (rows // 2)
    fde = struct.pack("<IQQ", 0, TEXT, TEXT_SIZE) + program
    return b"".join(struct.pack("<I", len(entry)) + entry for entry in (cie, fde))


def write_elf(path, number, contents):
    """One segment of code that is not there, a build-id, and sections: name, flags, bytes."""
    note = struct.pack("<III", 4, 20, 3) + b"GNU\0" + build_id(number)
    names = b"\0" + b"".join(name.encode() + b"\0" for name, _, _ in contents) + b".shstrtab\0"
    parts, at = [], 64 + 2 * 56
    for part in (note, *(data for _, _, data in contents), names):
        parts.append((at, part))
        at += len(part) + -len(part) % 8
    count = len(contents) + 2
    head = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, at, 0, 64, 56, 2, 64, count, count - 1)
    head += struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, TEXT + TEXT_SIZE, TEXT + TEXT_SIZE, PAGE)
    head += struct.pack("<IIQQQQQQ", 4, 4, parts[0][0], parts[0][0], 0, len(note), len(note), 4)
    sections = [(0,) * 10]
    for (name, flags, data), (start, _) in zip(contents, parts[1:]):
        sections.append((names.index(name.encode() + b"\0"), 1, flags, 0, start, len(data),
                         0, 0, 8, 0))
    sections.append((names.index(b".shstrtab"), 3, 0, 0, parts[-1][0], len(names), 0, 0, 1, 0))
    with open(path, "wb") as out:
        out.write(head)
        for start, part in parts:
            out.seek(start)
            out.write(part)
        out.seek(at)
        for section in sections:
            out.write(struct.pack("<IIQQQQIIQQ", *section))


COMPRESSED = 0x800


def compressed(data):
    """As a section that says so."""
    return struct.pack("<IIQQ", 1, 0, len(data), 8) + zlib.compress(data)


class UnwindData(unittest.TestCase):
    """One process maps many files of some 100 KB, which hold, compressed, CFI whose rules would
    take hundreds of megabytes. They cost their own stacks, and no more memory than is told."""

    def record(self):
        packed = compressed(frames())
        recording = Recording(regs=MASK, arch="x86_64")
        recording.comm(10, 10, "hostile", time=1)
        for number in range(1, FILES + 1):
            path, base = TMP / f"h{number}.so", number << 32
            write_elf(path, number, [(".debug_frame", COMPRESSED, packed)])
            recording.mmap2(10, 10, base, TEXT + TEXT_SIZE, 0, str(path), time=2,
                            build_id=build_id(number))
            words = [0] * bin(MASK).count("1")
            words[SP], words[PC] = STACK, base + TEXT + 0x100
            recording.dump(10, 10, 10 + number, words, bytes(64))
        return recording.file()

    def test_many_files(self):
        (TMP / "x.data").write_bytes(self.record())
        out, said, peak = measured("-i", TMP / "x.data")
        self.assertEqual(out.splitlines(),
                         [f"hostile;[h{number}.so] 1" for number in range(1, FILES + 1)])
        # the third or fourth that was read; which that is depends on who unwinds first
        self.assertRegex(said, r"h\d+\.so: its unwind data and what was read before would "
                         "take more than 256 MiB")
        self.assertEqual(said.count("its unwind data and"), 1)
        # Rules, and for a moment the 96 MiB that one file unpacks to, beside the usual.
        if not under_sanitizers():
            self.assertLess(peak, 512 << 10)


class DebugInfo(unittest.TestCase):
    """Units that all refer to the same hundred thousand ranges, in a file of two megabytes."""

    def test_shared_ranges(self):
        abbreviations = bytes([1, 0x11, 0, 0x55, 0x17, 0x11, 1, 0, 0, 0])
        unit = struct.pack("<IHIB", 20, 4, 0, 8) + b"\1" + struct.pack("<IQ", 0, 0)
        ranges = b"".join(struct.pack("<QQ", TEXT + 32 * i, TEXT + 32 * i + 16)
                          for i in range(1, 100001))
        path = TMP / "ranges.so"
        write_elf(path, 1, [(".debug_info", 0, unit * 200), (".debug_abbrev", 0, abbreviations),
                            (".debug_ranges", 0, ranges + bytes(16))])
        recording = Recording().comm(10, 10, "hostile", time=1)
        recording.mmap2(10, 10, 1 << 32, TEXT + TEXT_SIZE, 0, str(path), time=2,
                        build_id=build_id(1))
        (TMP / "r.data").write_bytes(recording.user(10, 10, 10, (1 << 32) + TEXT).file())
        _, said, peak = measured("-i", TMP / "r.data", "--inline")
        self.assertIn("ranges.so: inlined functions are left out where the debug information is "
                      "too large", said)
        # 8 million of them, and what they are sorted in; 20 million take 1.2 GiB
        if not under_sanitizers():
            self.assertLess(peak, 800 << 10)


    def test_long_name(self):
        abbreviations = bytes([1, 0x11, 1, 0x11, 1, 0x12, 7, 0, 0,
                               2, 0x2e, 0, 3, 0x0e, 0x11, 1, 0x12, 7, 0, 0, 0])
        entries = b"\1" + struct.pack("<QQ", TEXT, 4096)
        entries += b"\2" + struct.pack("<IQQ", 0, TEXT, 4096) + b"\0"
        info = struct.pack("<IHIB", 7 + len(entries), 4, 0, 8) + entries
        path = TMP / "named.so"
        write_elf(path, 1, [(".debug_info", 0, info), (".debug_abbrev", 0, abbreviations),
                            (".debug_str", 0, b"n" * 2**20 + b"\0")])
        recording = Recording().comm(10, 10, "hostile", time=1)
        recording.mmap2(10, 10, 1 << 32, TEXT + TEXT_SIZE, 0, str(path), time=2,
                        build_id=build_id(1))
        (TMP / "n.data").write_bytes(recording.user(10, 10, 10, (1 << 32) + TEXT).file())
        out, _, _ = measured("-i", TMP / "n.data", "--inline")
        self.assertEqual(out, f"hostile;{'n' * 8192} 1\n")


class Mappings(unittest.TestCase):
    """A process of many mappings, and children that have one of their own each."""

    def record(self, mappings, children):
        recording = Recording()
        recording.data = bytearray()	# grows in place
        recording.comm(10, 10, "hostile", time=1)
        for i in range(mappings):
            recording.mmap2(10, 10, (i + 1) << 16, PAGE, 0, "/x/all", time=2)
        for child in range(100, 100 + children):
            recording.fork(child, 10, child, 10, time=3)
            recording.mmap2(child, child, child % mappings << 16, PAGE, 0, "/x/own", time=4)
        for i, child in enumerate((100, 99 + children)):
            recording.user(child, child, 5 + i, (child % mappings << 16) + 8, mappings // 2 << 16)
        return recording.file()

    def fold(self, data):
        """What it says, what stands in its summary, and its peak in KiB."""
        (TMP / "m.data").write_bytes(data)
        out, said, peak = measured("-i", TMP / "m.data", "--summary", TMP / "m.json")
        return out + said, json.loads((TMP / "m.json").read_bytes())["fold"], peak

    def test_forks_share_them(self):
        text, fold, peak = self.fold(self.record(9000, 5000))
        self.assertIn("hostile;[all];[own] 2\n", text)
        self.assertEqual(fold["maps_left_out"], 0)
        # 32 MB; a copy for each child would take 1.4 GB
        if not under_sanitizers():
            self.assertLess(peak, 256 << 10)

    def test_more_than_there_is_room_for(self):
        """18 KB for each child, of which the room holds some 14,500; the others have nothing."""
        text, fold, peak = self.fold(self.record(60000, 16000))
        self.assertIn("hostile;[all];[own] 1\n", text)
        self.assertIn("hostile;[unknown];[unknown] 1\n", text)
        self.assertIn(fold["maps_left_out"], range(1000, 3000))
        self.assertIn(f"{fold['maps_left_out']:,} mappings would have taken too much memory", text)
        # 256 MiB of mappings, and the usual
        if not under_sanitizers():
            self.assertLess(peak, 512 << 10)


class Markers(unittest.TestCase):
    def test_code_where_chains_have_markers(self):
        """No address is so high, but a recording may say it; then no frame comes of it."""
        path = TMP / "high.so"
        write_elf(path, 99, [(".debug_frame", COMPRESSED, compressed(frames(rows=2)))])
        for marker in CONTEXT_USER_DEFERRED, CONTEXT_KERNEL, 2**64 - 512:
            recording = Recording(regs=MASK, arch="x86_64")
            recording.comm(10, 10, "hostile", time=1)
            recording.mmap2(10, 10, 2**64 - PAGE, PAGE - 1, TEXT, str(path), time=2,
                            build_id=build_id(99))
            words = [0] * bin(MASK).count("1")
            words[SP], words[PC] = STACK, marker
            recording.dump(10, 10, 10, words, bytes(64))
            (TMP / "high.data").write_bytes(recording.file())
            done = subprocess.run([FOLD, "-i", TMP / "high.data"], capture_output=True, text=True,
                                  check=True)
            self.assertEqual(done.stdout, "hostile;[deferred] 1\n" if
                             marker == CONTEXT_USER_DEFERRED else "hostile 1\n")


class Head(unittest.TestCase):
    def test_samples_at_no_offset(self):
        """Where they are said to be no file can reach: told, and no other error in its place."""
        data = bytearray(Recording().comm(10, 10, "app").user(10, 10, 1, 1).file())
        struct.pack_into("<Q", data, 40, 2**63 + 8)
        (TMP / "x.data").write_bytes(data)
        done = subprocess.run([FOLD, "-i", TMP / "x.data"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("x.data: its samples cannot be at offset 9223372036854775816", done.stderr)


def field(number, body):
    """Of a protobuf message."""
    size, head = len(body), bytes([number << 3 | 2])
    while size > 127:
        head += bytes([size & 127 | 128])
        size >>= 7
    return head + bytes([size]) + body


class Pprof(unittest.TestCase):
    """Small files that unpack to what would take gigabytes, or hours."""
    TYPE = field(1, b"\x08\1\x10\1")

    def refused(self, data, why):
        (TMP / "x.pb.gz").write_bytes(gzip.compress(data, 1))
        done = subprocess.run([FOLD.with_name("perf-flame"), TMP / "x.pb.gz", "-o", TMP / "x.svg"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"x.pb.gz: {why}", done.stderr)

    def test_millions_of_locations(self):
        self.refused(self.TYPE + field(4, b"") * (2**22 + 1),
                     "it has more places, functions or strings than any program")

    def test_millions_of_lines(self):
        self.refused(self.TYPE + field(4, field(4, b"") * (2**23 + 1)),
                     "it has more places, functions or strings than any program")

    def test_inlined_into_each_other(self):
        """20,000 functions in each of the 1,000 places of a stack."""
        location = field(4, b"\x08\1" + field(4, b"\x08\1") * 20000)
        function = field(5, b"\x08\1\x10\1")
        sample = field(2, field(1, b"\1" * 1000) + field(2, b"\1"))
        self.refused(self.TYPE + field(6, b"") + field(6, b"f") + location + function + sample,
                     "its stacks are out of all proportion to its size")


class Formats(unittest.TestCase):
    def test_a_field_of_a_million_words(self):
        """Which libtraceevent would put together for minutes."""
        recording = Recording(sample_type=SAMPLE_TYPE | RAW)
        recording.events[0].config = 9	# dummy
        event = recording.tracepoint("app:one", ("int", "here", 4, 1))
        text = event.format().replace(b"field:int here", b"field:" + b"a " * 2**22 + b"here")
        event.format = lambda: text
        recording.comm(10, 10, "app")
        recording.traced_sample(event, (10, 10), 10, [CONTEXT_KERNEL, 2**63], here=1)
        (TMP / "x.data").write_bytes(recording.file())
        done = subprocess.run([FOLD, "-i", TMP / "x.data", "--event", "app:one"],
                              capture_output=True, check=True)
        self.assertEqual(done.stdout, b"app;[kernel.kallsyms] 1\n")


if __name__ == "__main__":
    unittest.main()
