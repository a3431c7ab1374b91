#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Before and after of a program in which one function has changed: the difference shows
that function, what it calls and its callers, and nothing else.

Page faults are counted, which no load of the box changes: 100 pages become 500, of 650
and 1,050 in all, whose samples fit into the ring (512 KiB) however late it is read; what
else faults when a program starts is far below the threshold."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
WORKLOAD = Path(os.environ["BUILD"]) / "tests/known-answer/changed"
THRESHOLD = 20  # per cent of the whole


def record(pages):
    path = TMP / f"{pages}.folded"
    done = subprocess.run([BIN / "perf-faults", "-q", "--call-graph", "fp", "-o", path, "--",
                           WORKLOAD, str(pages)],
                          capture_output=True, text=True)
    if "permission" in done.stderr.lower():
        print(done.stderr)
        sys.exit(77)
    assert done.returncode == 0, done.stderr
    return path


def diff(*args):
    return subprocess.run([BIN / "perf-flame", "--diff", *args], capture_output=True, text=True,
                          check=True).stdout


class Changed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = record(100), record(500)

    def rows(self, before, after):
        """{path: (total before, after)}"""
        fields = {field["name"]: field for field in
                  json.loads(diff(before, after, "--format", "nested"))["fields"]}
        labels = fields["label"]["config"]["type"]["enum"]["text"]
        path, rows = [], {}
        for level, label, left, right in zip(*(fields[name]["values"] for name in (
                "level", "label", "value", "valueRight"))):
            path[level:] = [labels[label]]
            rows[tuple(path)] = left, right
        return rows

    def test_only_what_changed(self):
        rows = self.rows(*self.files)
        least = max(rows["total",]) * THRESHOLD / 100
        moved = [path for path, (left, right) in rows.items() if abs(right - left) >= least]
        longest = max(moved, key=len)
        self.assertEqual(sorted(moved, key=len), [longest[:n + 1] for n in range(len(longest))])
        self.assertEqual(longest[-5:-1], ("main", "calls_it", "changes", "touch"), moved)
        left, right = rows[longest[:-1]]
        self.assertEqual((left, right), (100, 500))

    def test_text(self):
        text = diff(*self.files, "--format", "txt", "--diff-by", "total", "--threshold",
                    str(THRESHOLD), "--width", "100")
        table = text[text.index("change"):].splitlines()[1:]
        names = {line.split()[-1] for line in table if line.startswith(" ")}
        self.assertLessEqual({"changes", "calls_it", "main"}, names)
        self.assertFalse({"stays", "stays_too"} & names, text)

    def test_other_way_round(self):
        rows = self.rows(*reversed(self.files))
        path = next(path for path in rows if path[-1] == "changes")
        self.assertEqual(rows[path], (500, 100))

    def test_nothing_from_itself(self):
        rows = self.rows(self.files[0], self.files[0])
        self.assertFalse([path for path, (left, right) in rows.items() if left != right])
        self.assertIn("No change that counts", diff(self.files[0], self.files[0], "--format", "txt"))


unittest.main()
