# SPDX-License-Identifier: GPL-2.0-or-later
"""Every format says the same numbers: those of a small model over the folded lines.

Frames, places, totals, selves, shares of text, SVG, nested set, pprof, speedscope, folded
stacks and HTML, of stacks at random, of a difference, and of a recording with two values. The
page is read by its own modules under Node.js; how it and the SVG show that: tests/browser.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

SRC = Path(os.environ["SRC"])
sys.path.insert(0, str(SRC / "tests/tools"))
from pprof import Profile  # noqa: E402
from stackmodel import Model, grow, parse, said  # noqa: E402

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
FLAME, FOLD = BIN / "perf-flame", BIN / "perf-fold"
WORKLOAD = Path(os.environ["BUILD"]) / "tests/known-answer/locks"
SVG = "{http://www.w3.org/2000/svg}"
FG = "{http://github.com/jonhoo/inferno}"
SVG_WIDTH, SVG_MARGINS = 100000, 20
TEXT_WIDTH = 1000
PATTERNS = "f1", "^f[0-4]$", "<b>", "other", "f3,f7", "none-such", "schedule", "futex|lock", "^locks$"


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
    return Model(samples).nodes()


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
        name, value, share = re.fullmatch(r"(.*) \((.*), ([\d.]+%)\)",
                                          box.find(f"{SVG}title").text).groups()
        found[name, (bottom - int(box.get("y"))) // 16, int(box.get(f"{FG}x")),
              int(box.get(f"{FG}w")), value, share] += 1
    return found


def svg_of(model, unit):
    """The boxes that it should have: of frames that are a pixel wide; others are lines."""
    least = model.whole / (SVG_WIDTH - SVG_MARGINS)
    return Counter((path[-1] if path else "all", len(path), start, width, said(width, unit),
                    f"{share(width, model.whole, 2)}%")
                   for path, (start, width) in model.places().items() if width >= least)


def share(value, whole, decimals):
    """In per cent, rounded half up, which a float does not do."""
    scaled = (2 * value * 100 * 10 ** decimals + whole) // (2 * whole)
    return f"{scaled // 10 ** decimals}.{scaled % 10 ** decimals:0{decimals}}"


def of_text(text):
    """{name: what the table says}."""
    rows = re.findall(r"^ *(\S+(?: \S+)?) +([\d.]+)% +(\S+(?: \S+)?) +([\d.]+)%  (.*)$", text, re.M)
    return {name: numbers for *numbers, name in rows}


def text_of(model, unit):
    """What the table should say; a plain unit stands above it."""
    unit = unit if unit in ("ns", "bytes") else ""
    return {name: [said(own, unit), share(own, model.whole, 1),
                   said(total, unit), share(total, model.whole, 1)]
            for name, (own, total) in model.by_name().items() if total}


def cells_of(text):
    """By row of the graph: {(first column, behind the last one)}."""
    found = []
    for line in text.splitlines()[1:]:
        if not line.endswith("|"):
            break
        bars = [at for at, letter in enumerate(line) if letter == "|"]
        found.append({(left, right) for left, right in zip(bars, bars[1:])
                      if line[left + 1:right].strip() or right == left + 1})
    return found


def cells_for(model):
    """Those that it should have, of frames that have room for their names."""
    found = {}
    for path, (start, width) in model.places().items():
        left, right = ((2 * at * (TEXT_WIDTH - 1) + model.whole) // (2 * model.whole)
                       for at in (start, start + width))
        if right - left > 4:
            found.setdefault(len(path), set()).add((left, right))
    return found


def read_page(data):
    """What the page says of each value, or of each side of a difference."""
    page = TMP / "page.html"
    page.write_bytes(data)
    modules = TMP / "modules"
    if not modules.exists():
        modules.mkdir()
        shutil.copytree(SRC / "lib/render/viewer", modules / "viewer",
                        ignore=lambda _, names: [n for n in names if not n.endswith(".js")])
        shutil.copy(SRC / "tests/tools/page.mjs", modules)
        (modules / "package.json").write_text('{ "type": "module" }')
    return json.loads(run("node", modules / "page.mjs", page, *PATTERNS))


def shown_in_page(value):
    """{path: (self, total)}, and the places of those that have a width."""
    nodes = {tuple(path): (own, total) for path, own, total, *_ in value["nodes"]}
    places = {tuple(path): at for path, _, _, *at in value["nodes"] if at}
    assert len(nodes) == len(value["nodes"])
    return nodes, places


def needs_node(test):
    return unittest.skipUnless(shutil.which("node"), "node is not installed")(test)


class Compared(unittest.TestCase):
    """Comparisons that concern one value."""
    maxDiff = None

    def check_page(self, value, model):
        nodes, places = shown_in_page(value)
        self.assertEqual({path: of for path, of in nodes.items() if of[1]}, model.nodes())
        self.assertEqual(places, {path: [len(path), start, width]
                                  for path, (start, width) in model.places().items() if width})
        self.assertEqual(value["whole"], model.whole)
        self.assertEqual({name: (own, total) for name, own, total in value["top"] if total},
                         {name: of for name, of in model.by_name().items() if of[1]})
        self.assertEqual(dict(zip(PATTERNS, value["found"])),
                         {pattern: model.matched(pattern) for pattern in PATTERNS})

    def check_text(self, text, model, unit):
        self.assertEqual(of_text(text), text_of(model, unit))
        cells = cells_of(text)
        for row, wanted in cells_for(model).items():
            self.assertEqual(wanted - cells[row], set(), f"row {row}")


class Numbers(Compared):
    def setUp(self):
        self.text = grow(self.id())
        self.input = TMP / "in.folded"
        self.input.write_text(self.text)
        self.model = Model(parse(self.text))
        self.nodes = self.model.nodes()

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
        boxes = of_svg(self.written("svg", "--width", SVG_WIDTH))
        self.assertEqual(boxes, svg_of(self.model, ""))
        self.assertEqual(boxes.total(), len(self.nodes))

    def test_text(self):
        """Each row of the table, for every function, and where each cell of the graph lies."""
        self.check_text(self.written("txt", "--top", 1000, "--width", TEXT_WIDTH).decode(),
                        self.model, "")

    @needs_node
    def test_html(self):
        value, = read_page(self.written("html"))
        self.check_page(value, self.model)

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


class Differences(Compared):
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
        boxes = of_svg(self.written("svg", "--width", SVG_WIDTH))
        self.assertEqual(Counter(box[:4] for box in boxes.elements()),
                         Counter(box[:4] for box in svg_of(self.sides[1], "").elements()))

    @needs_node
    def test_html(self):
        for value, model in zip(read_page(self.written("html")), self.sides, strict=True):
            self.check_page(value, model)

    def test_text(self):
        """Changes of self and of total, and what they are now."""
        text = self.written("txt", "--top", 1000, "--width", TEXT_WIDTH).decode()
        rows = re.findall(r"^ *([-+]?[\d,]+) +([\d,]+) +([-+]?[\d,]+) +([\d,]+) (?: new| gone|    )?  (.*)$",
                          text, re.M)
        before, after = (model.by_name() for model in self.sides)
        want = {}
        for name in {*before, *after}:
            was, now = (side.get(name, (0, 0)) for side in (before, after))
            if was[0] != now[0]:
                want[name] = [text for i in (0, 1)
                              for text in (f"{now[i] - was[i]:+,}".replace("+0", "0"), f"{now[i]:,}")]
        self.assertEqual({name: numbers for *numbers, name in rows}, want)
        cells = cells_of(text)
        for row, wanted in cells_for(self.sides[1]).items():
            self.assertEqual(wanted - cells[row], set(), f"row {row}")

    def test_from_itself_is_zero(self):
        data = run(FLAME, "--diff", self.paths[0], self.paths[0], "--format", "nested")
        self.assertEqual(of_nested(data), of_nested(data, "valueRight", "selfRight"))


class Recording(Compared):
    """Waits for locks, counted and timed: each value in every format.

    pprof has both as they were measured, and is what the others are compared with; folded
    stacks, which are rounded to microseconds at the end, stand in for a third party.
    """
    @classmethod
    def setUpClass(cls):
        if subprocess.run(["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
            raise unittest.SkipTest("perf_event_open is refused here")
        cls.data = TMP / "locks.data"
        run(BIN / "perf-locks", "-q", "--waits", "-o", cls.data, "--", WORKLOAD, TMP)
        cls.pprof = Profile(cls.written("pprof"))
        cls.units = [unit for _, unit in cls.pprof.types]
        cls.models = [Model((path, values[v]) for path, values in cls.pprof.samples) for v in (0, 1)]

    @classmethod
    def written(cls, *args):
        return run(FLAME, cls.data, "-q", "--waits", "-o", "-", "--format", *args)

    def each(self):
        """(number, option, model, unit) of both."""
        return [(v, ("--value", name), self.models[v], unit)
                for v, (name, unit) in enumerate((("count", "waits"), ("time", "ns")))]

    def test_there_is_something_to_compare(self):
        self.assertEqual(self.pprof.types, [("waits", "count"), ("time", "nanoseconds")])
        for _, _, model, _ in self.each():
            self.assertGreater(len(model.nodes()), 50)
            self.assertGreater(model.whole, 50)

    def test_folded(self):
        """Waits as they are; of time, each stack in whole microseconds."""
        for v, value, model, _ in self.each():
            unit = (1, 1000)[v]
            want = {path: (own + unit // 2) // unit for path, (own, _) in model.nodes().items()}
            got = dict(parse(self.written("folded", *value).decode()))
            self.assertEqual(got, {path: own for path, own in want.items() if own})

    def test_nested(self):
        for _, value, model, _ in self.each():
            self.assertEqual(of_nested(self.written("nested", *value)), model.nodes())

    def test_speedscope(self):
        for v, value, model, _ in self.each():
            data = self.written("speedscope", *value)
            self.assertEqual(json.loads(data)["profiles"][0]["unit"], ("none", "nanoseconds")[v])
            self.assertEqual(of_speedscope(data), model.nodes())

    def test_svg(self):
        for _, value, model, unit in self.each():
            boxes = of_svg(self.written("svg", *value, "--width", SVG_WIDTH))
            self.assertEqual(boxes, svg_of(model, unit))

    def test_text(self):
        for _, value, model, unit in self.each():
            text = self.written("txt", *value, "--top", 10000, "--width", TEXT_WIDTH).decode()
            self.check_text(text, model, unit)

    @needs_node
    def test_html(self):
        said_there = read_page(self.written("html"))
        self.assertEqual([value["name"] for value in said_there], ["count", "time"])
        for v, _, model, _ in self.each():
            self.check_page(said_there[v], model)

    @needs_node
    def test_threads(self):
        """What the page has beside its stacks is what folding by thread or process says."""
        for options in ((), ("--root", "pid")):
            page = read_page(self.written("html", *options))
            self.assertEqual(set(page[0]["roots"]), {"thread", "process", "none"} |
                             ({"name"} if options else set()))
            for root, option in ("thread", "tid"), ("process", "pid"), ("none", "none"), ("name", "comm"):
                samples = Profile(self.written("pprof", "--root", option)).samples
                for v in 0, 1:
                    if root not in page[v]["roots"]:
                        continue
                    nodes = {tuple(path): of for path, *of in page[v]["roots"][root]}
                    want = Model((path, values[v]) for path, values in samples).nodes()
                    self.assertEqual({path: tuple(of) for path, of in nodes.items() if of[1]}, want, root)
        for options in ("--root", "tid"), ("--reverse",), ("--root", "none"):
            self.assertIn('"tasks":[]', self.written("html", *options).decode())

    def test_difference(self):
        """With itself, by time: both sides of the nested set, and of the page."""
        args = "--diff", self.data, self.data, "-q", "--waits", "--value", "time", "-o", "-", "--format"
        nested = run(FLAME, *args, "nested")
        for columns in ((), ("valueRight", "selfRight")):
            self.assertEqual(of_nested(nested, *columns), self.models[1].nodes())
        if shutil.which("node"):
            for side in read_page(run(FLAME, *args, "html")):
                self.check_page(side, self.models[1])


unittest.main()
