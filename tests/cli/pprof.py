# SPDX-License-Identifier: GPL-2.0-or-later
"""Profiles of pprof that others wrote, as folded stacks: what they hold, and damage."""
import gzip
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests/tools"))
from pprof import Profile, Writer, number, packed  # noqa: E402

FOLD = Path(os.environ["BIN"]) / "perf-fold"
FLAME = Path(os.environ["BIN"]) / "perf-flame"
TMP = Path(os.environ["TMP"])


def fold(data, *args, tool=FOLD):
    return subprocess.run([tool, "-", *args], input=data, capture_output=True)


def plain(*types):
    """main calls a, which has b inlined; c is of the kernel; 9 has no name."""
    w = Writer(*(types or [("samples", "count")]))
    w.mapping(7, "/bin/prog").mapping(8, "[kernel.kallsyms]")
    for id, name in enumerate(("main", "a", "b", "c"), 1):
        w.function(id, name)
    w.location(1 << 40, 1, mapping=7).location(2, 3, 2, mapping=7).location(3, 4, mapping=8)
    w.location(9, mapping=7)
    return w


MAIN = 1 << 40


class Reading(unittest.TestCase):
    def check(self, writer, want, *args, status=0, said=""):
        for data in writer.raw(), writer.gz():
            result = fold(data, *args)
            self.assertEqual(result.stdout.decode(), want, result.stderr)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertIn(said, result.stderr.decode())

    def test_frames(self):
        """Inlined functions stand below the one they are in; places without a name are their file."""
        w = plain().sample([2, MAIN], [3]).sample([3, 2, MAIN], [4]).sample([9, MAIN], [5])
        w.sample([2, MAIN], [10]).sample([], [1])
        self.check(w, "main;[prog] 5\nmain;a;b 13\nmain;a;b;c 4\n")
        result = fold(w.gz(), "--annotate")
        self.assertEqual(result.stdout, b"main;[prog] 5\nmain;a;b_[i] 13\nmain;a;b_[i];c_[k] 4\n")

    def test_numbers_one_by_one(self):
        """Repeated numbers need not be packed."""
        w = plain().add(2, number(1, 2) + number(1, MAIN) + number(2, 6))
        w.add(2, packed(1, [2]) + number(1, MAIN) + number(2, 1))
        self.check(w, "main;a;b 7\n")

    def test_values_by_name(self):
        types = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"),
                 ("inuse_space", "bytes")]
        w = plain(*types).sample([MAIN], [1, 2, 3, 4])
        self.check(w, "main 4\n")
        for n, (name, _) in enumerate(types, 1):
            result = fold(w.gz(), "--value", name)
            self.assertEqual(result.stdout, b"main %d\n" % n, result.stderr)
        self.check(w, "main 1\n", "--value", "count")
        w.number(14, w.string("alloc_space"))
        self.check(w, "main 2\n")
        result = fold(w.gz(), "--value", "bogus")
        self.assertEqual(result.returncode, 2)
        self.assertIn(b'--value: "bogus" must be count or alloc_space here', result.stderr)

    def test_times(self):
        """Kept in ns; of a type, folded in its unit."""
        for unit, factor in (("nanoseconds", 1), ("microseconds", 1000), ("seconds", 10**9)):
            w = plain(("cpu", unit)).sample([MAIN], [5])
            self.check(w, f"main {5 * factor}\n")
        w = plain(("delay", "milliseconds")).sample([MAIN], [5])
        self.check(w, "main 5000\n", "--type", "offcpu")
        out = fold(w.gz(), "--type", "offcpu", "--format", "svg", tool=FLAME).stdout.decode()
        self.assertIn("Off-CPU", out)
        self.assertIn("(5.0 ms, 100.00%)", out)

    def test_type_comes_along(self):
        w = plain(("time", "nanoseconds")).sample([MAIN], [5000])
        data = fold(w.gz(), "--type", "offcpu", "--format", "pprof").stdout
        self.assertEqual(Profile(data).types, [("time", "nanoseconds")])
        self.assertEqual(fold(data).stdout, b"main 5\n")
        self.assertIn("Off-CPU", fold(data, "--format", "svg", tool=FLAME).stdout.decode())

    def test_bad_samples(self):
        """They are counted and left out; the rest is there, and the exit status tells."""
        w = plain().sample([MAIN], [5]).sample([MAIN], [-5]).sample([MAIN], []).sample([4], [1])
        self.check(w, "main 5\n", status=1, said="3 samples left out")
        (TMP / "bad.pb.gz").write_bytes(w.gz())
        subprocess.run([FOLD, TMP / "bad.pb.gz", "-o", TMP / "x.folded", "--summary",
                        TMP / "x.json"])
        folded = json.loads((TMP / "x.json").read_text())["folded"]
        self.assertEqual((folded["lines"], folded["bad"]), (1, 3))

    def test_damage(self):
        w = plain().sample([2, MAIN], [3]).sample([3, 2, MAIN], [4])
        whole = fold(w.gz()).stdout
        for data in w.raw(), w.gz():
            for end in range(len(data)):
                result = fold(data[:end])
                self.assertIn(result.returncode, (0, 1), f"{end}: {result.stderr}")
        for end in range(3, len(w.gz())):
            self.assertEqual(fold(w.gz()[:end]).returncode, 1, end)
        for text, said in ((gzip.compress(b"a;b 3\n"), b"no pprof, or damaged"),
                           (gzip.compress(b""), b"no pprof, or damaged"),
                           (w.gz()[:50], b"its gzip is damaged"),
                           (plain().gz(), b"no samples in it")):
            result = fold(text)
            self.assertEqual(result.returncode, 1)
            self.assertIn(said, result.stderr)
        half = len(w.raw()) // 2
        self.assertEqual(fold(gzip.compress(w.raw()[:half]) + gzip.compress(w.raw()[half:])).stdout,
                         whole)

    def test_options_for_recordings(self):
        result = fold(plain().sample([MAIN], [1]).gz(), "--kernel")
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"--kernel needs a recording, and - is pprof", result.stderr)

    @unittest.skipUnless(shutil.which("go"), "go is not installed")
    def test_what_go_writes(self):
        """go tool pprof reads ours and writes it anew: nothing changes."""
        w = plain(("time", "nanoseconds")).sample([3, 2, MAIN], [4000]).sample([9, MAIN], [5])
        ours = fold(w.gz(), "--type", "offcpu", "--format", "pprof").stdout
        (TMP / "ours.pb.gz").write_bytes(ours)
        subprocess.run(["go", "tool", "pprof", "-proto", "-output", TMP / "go.pb.gz",
                        TMP / "ours.pb.gz"], check=True, capture_output=True)
        again = fold((TMP / "go.pb.gz").read_bytes(), "--annotate").stdout
        self.assertEqual(again, fold(ours, "--annotate").stdout)
        self.assertIn(b"main;a;b_[i];c_[k] 4\n", again)


unittest.main()
