# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever names hold, every format is valid and no terminal obeys them (see also
tests/browser/exchange.js, which opens the pages)."""
import json
import os
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["SRC"]) / "tests/tools"))
import hostilenames  # noqa: E402
from pprof import Profile  # noqa: E402

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
INPUTS = "hostile.folded", "hostile.data", "hostile.pb.gz"
# Controls of ASCII and of ISO 6429, and what turns text round.
OBEYED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Hostile(unittest.TestCase):
    def each(self, form, *args, allowed=""):
        """(input, output as text), which holds nothing that a terminal would obey."""
        for name in INPUTS:
            with self.subTest(input=name, form=form):
                result = subprocess.run([BIN / "perf-flame", TMP / name, "--format", form, *args],
                                        capture_output=True)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.check_text(result.stderr.decode())
                yield result.stdout

    def check_text(self, text, allowed=""):
        found = {c for c in OBEYED.findall(text)} - set(allowed)
        self.assertEqual(found, set())

    def test_folded(self):
        for out in self.each("folded", "--annotate"):
            self.check_text(out.decode())
            for line in out.decode().splitlines():
                self.assertRegex(line, r"^.+ \d+$")

    def test_text(self):
        for out in self.each("txt", "--top", "100", "--width", "300"):
            self.check_text(out.decode())

    def test_svg(self):
        for out in self.each("svg", "--title", "]]></title><script>", "--notes", "\x1b</desc>",
                             "--nametype", "<&", "--countname", "\">"):
            self.check_text(out.decode())
            root = ElementTree.fromstring(out)
            kinds = {element.tag.split("}")[1] for element in root.iter()}
            self.assertLessEqual(kinds, {"svg", "title", "desc", "rect", "text", "g", "path",
                                         "script", "style", "linearGradient", "stop", "clipPath",
                                         "defs", "a"})
            self.assertEqual(sum(e.get("class") is None for e in root.iter(
                "{http://www.w3.org/2000/svg}script")), 1)
            self.assertFalse([e for e in root.iter() for key in e.keys() if key.startswith("on")])

    def test_html(self):
        for out in self.each("html"):
            text = out.decode()
            self.check_text(text)
            self.assertEqual(len(re.findall("<script>", text)), 1)
            self.assertNotRegex(text, r"<(img|svg)[^>]*(onerror|onload)")

    def test_json(self):
        for form in "nested", "speedscope":
            for out in self.each(form):
                self.check_text(out.decode())
                file = json.loads(out)
                names = ([frame["name"] for frame in file["shared"]["frames"]]
                         if form == "speedscope" else
                         file["fields"][3]["config"]["type"]["enum"]["text"])
                self.assertTrue(names)
                for name in names:
                    self.check_text(name)

    def test_pprof(self):
        for out in self.each("pprof"):
            profile = Profile(out)
            for path, _ in profile.samples:
                for name in path:
                    self.check_text(name)

    def test_terminal(self):
        """On a terminal with colours, only ours are there."""
        for name in INPUTS:
            out = subprocess.run(
                ["script", "-qec", f"{BIN}/perf-flame -i {TMP}/{name}", "/dev/null"],
                capture_output=True, env=dict(os.environ, TERM="xterm-256color", COLUMNS="200"))
            text = re.sub(r"\x1b\[[\d;]*m", "", out.stdout.decode()).replace("\r\n", "\n")
            self.assertIn("title", text)
            self.check_text(text)

    def test_difference(self):
        for form in "svg", "txt", "folded", "nested", "speedscope", "html":
            result = subprocess.run([BIN / "perf-flame", "--diff", TMP / INPUTS[0], TMP / INPUTS[0],
                                     "--format", form], capture_output=True)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.check_text(result.stdout.decode())


hostilenames.write(TMP)
unittest.main()
