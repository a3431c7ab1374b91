# SPDX-License-Identifier: GPL-2.0-or-later
"""Every format says the same numbers: those of a small model over the folded lines.

Frames, places, totals, selves, shares of text, SVG, nested set, pprof, speedscope and
folded stacks; of the page and of searches: tests/browser.
"""
import json
import os
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests/tools"))
from pprof import Profile  # noqa: E402
from stackmodel import Model, grow, parse  # noqa: E402

FLAME, FOLD = (Path(os.environ["BIN"]) / name for name in ("perf-flame", "perf-fold"))
TMP = Path(os.environ["TMP"])
SVG = "{http://www.w3.org/2000/svg}"
FG = "{http://github.com/jonhoo/inferno}"


def run(tool, *args, text=None):
    result = subprocess.run([tool, *map(str, args)], input=text, capture_output=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def of_nested(data, value="value", own="self"):
    """{path: (self, total)} of a nested set, as the panel's reader walks it."""
    fields = {field["name"]: field for field in json.loads(data)["fields"]}
    labels = fields["label"]["config"]["type"]["enum"]["text"]
    found, path = {}, []
    rows = zip(*(fields[name]["values"] for name in ("level", "label", value, own)))
    for i, (level, label, total, self_) in enumerate(rows):
        assert (level == 0) == (i == 0) and level <= len(path)
        path[level:] = [labels[label]]
        found[tuple(path[1:])] = (self_, total)
    return found


def of_samples(samples):
    model = Model(samples)
    return {path: (model.self[path], total) for path, total in model.total.items()}


def of_speedscope(data, number=0):
    file = json.loads(data)
    profile = file["profiles"][number]
    names = [frame["name"] for frame in file["shared"]["frames"]]
    assert len(profile["samples"]) == len(profile["weights"])
    assert sum(profile["weights"]) == profile["endValue"]
    return of_samples((tuple(names[i] for i in stack), weight)
                      for stack, weight in zip(profile["samples"], profile["weights"]))


def of_pprof(data, value=0):
    return of_samples((path, values[value]) for path, values in Profile(data).samples)


def of_svg(data):
    """Counter of (name, row, start, width, value, share) of all boxes; 0 is the root's row."""
    root = ElementTree.fromstring(data)
    boxes = [box for box in root.iter(f"{SVG}rect") if box.get(f"{FG}x")]
    bottom = max(int(box.get("y")) for box in boxes)
    found = Counter()
    for box in boxes:
        name, value, share = re.fullmatch(r"(.*) \(([\d,]+)(?: \w+)?, ([\d.]+%)\)",
                                          box.find(f"{SVG}title").text).groups()
        found[name, (bottom - int(box.get("y"))) // 16, int(box.get(f"{FG}x")),
              int(box.get(f"{FG}w")), int(value.replace(",", "")), share] += 1
    return found


class Numbers(unittest.TestCase):
    def setUp(self):
        self.text = grow(self.id())
        self.input = TMP / "in.folded"
        self.input.write_text(self.text)
        self.model = Model(parse(self.text))
        self.nodes = {path: (self.model.self[path], total)
                      for path, total in self.model.total.items()}

    def written(self, *args):
        return run(FLAME, self.input, "-o", "-", "--format", *args)

    def test_folded(self):
        self.assertEqual(of_samples(parse(self.written("folded").decode())), self.nodes)

    def test_nested(self):
        self.assertEqual(of_nested(self.written("nested")), self.nodes)

    def test_speedscope(self):
        self.assertEqual(of_speedscope(self.written("speedscope")), self.nodes)

    def test_pprof(self):
        self.assertEqual(of_pprof(self.written("pprof")), self.nodes)

    def test_pprof_comes_back(self):
        again = run(FLAME, "-", "--format", "folded", text=self.written("pprof"))
        self.assertEqual(again, self.written("folded"))
        self.assertEqual(run(FOLD, "-", text=self.written("pprof")), again)

    def test_svg(self):
        """Wide enough for each frame to be a box."""
        want = Counter()
        for path, (start, width) in self.model.places().items():
            want[path[-1] if path else "all", len(path), start, width, width,
                 f"{100 * width / self.model.whole:.2f}%"] += 1
        self.assertEqual(of_svg(self.written("svg", "--width", 100000, "--minwidth", .001)), want)

    def test_text(self):
        """Each row of the table, for every function."""
        text = self.written("txt", "--top", 1000, "--width", 200).decode()
        whole = self.model.whole
        rows = re.findall(r"^ *([\d,]+) +([\d.]+)% +([\d,]+) +([\d.]+)%  (.*)$", text, re.M)
        got = {name: (int(own.replace(",", "")), int(total.replace(",", "")), own_share, share)
               for own, own_share, total, share, name in rows}
        want = {name: (own, total, f"{100 * own / whole:.1f}", f"{100 * total / whole:.1f}")
                for name, (own, total) in self.model.by_name().items()}
        self.assertEqual(got, want)

    def test_go_tool_pprof(self):
        """The tool itself: flat is self, cum is total."""
        try:
            subprocess.run(["go", "version"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("go is not installed")
        path = TMP / "x.pb.gz"
        path.write_bytes(self.written("pprof"))
        top = run("go", "tool", "pprof", "-top", "-nodecount=1000", "-nodefraction=0",
                  "-edgefraction=0", path).decode()
        rows = re.findall(r"^ *(\d+) +[\d.]+% +[\d.]+% +(\d+) +[\d.]+%  (.*)$", top, re.M)
        got = {name: (int(flat), int(cum)) for flat, cum, name in rows}
        self.assertEqual(got, self.model.by_name())
        self.assertIn(f"of {self.model.whole} total", top)


class Differences(unittest.TestCase):
    """Both sides, where a format has them."""

    def setUp(self):
        self.paths = TMP / "before.folded", TMP / "after.folded"
        texts = grow("before"), grow("after")
        for path, text in zip(self.paths, texts):
            path.write_text(text)
        self.sides = [Model(parse(text)) for text in texts]
        paths = {path for model in self.sides for path in model.total}
        self.nodes = [{path: (model.self.get(path, 0), model.total.get(path, 0))
                       for path in paths} for model in self.sides]

    def written(self, *args):
        return run(FLAME, "--diff", *self.paths, "-o", "-", "--format", *args)

    def seen(self, side):
        """Formats of one side leave out what that side has not."""
        return {path: values for path, values in self.nodes[side].items() if values[1]}

    def test_folded(self):
        text = self.written("folded").decode()
        for side in range(2):
            got = of_samples((path, value) for path, value in parse(text, 2, side) if value)
            self.assertEqual(got, self.seen(side))

    def test_nested(self):
        data = self.written("nested")
        self.assertEqual(of_nested(data), self.nodes[0])
        self.assertEqual(of_nested(data, "valueRight", "selfRight"), self.nodes[1])

    def test_speedscope(self):
        data = self.written("speedscope")
        self.assertEqual([p["name"] for p in json.loads(data)["profiles"]], ["before", "after"])
        for side in range(2):
            self.assertEqual(of_speedscope(data, side), self.seen(side))

    def test_pprof(self):
        data = self.written("pprof")
        self.assertEqual([t for t, _ in Profile(data).types], ["before", "after"])
        for side in range(2):
            got = {path: values for path, values in of_pprof(data, side).items() if values[1]}
            self.assertEqual(got, self.seen(side))
        self.assertEqual(run(FLAME, "-", "--format", "folded", text=data), self.written("folded"))

    def test_svg_widths_are_those_after(self):
        want = Counter()
        for path, (start, width) in self.sides[1].places().items():
            want[path[-1] if path else "all", len(path), start, width] += 1
        root = ElementTree.fromstring(self.written("svg", "--width", 100000, "--minwidth", .001))
        boxes = [box for box in root.iter(f"{SVG}rect") if box.get(f"{FG}x")]
        bottom = max(int(box.get("y")) for box in boxes)
        got = Counter()
        for box in boxes:
            got[re.match(r"(.*) \(", box.find(f"{SVG}title").text)[1],
                (bottom - int(box.get("y"))) // 16, int(box.get(f"{FG}x")),
                int(box.get(f"{FG}w"))] += 1
        self.assertEqual(got, want)

    def test_from_itself_is_zero(self):
        data = run(FLAME, "--diff", self.paths[0], self.paths[0], "--format", "nested")
        self.assertEqual(of_nested(data), of_nested(data, "valueRight", "selfRight"))


unittest.main()
