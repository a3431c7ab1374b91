# SPDX-License-Identifier: GPL-2.0-or-later
"""--summary: valid JSON whatever the names, with the keys that perflame(7) lists."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

SRC, BIN = Path(os.environ["SRC"]), Path(os.environ["BIN"])
os.chdir(os.environ["TMP"])


def run(tool, *args, status=0):
    Path("s.json").unlink(missing_ok=True)
    result = subprocess.run([BIN / tool, "--summary", "s.json", *args], capture_output=True)
    assert result.returncode == status, result
    return json.loads(Path("s.json").read_bytes())


def documented():
    """{object: keys} of the page's section; the top level is ""."""
    text = (SRC / "Documentation/man/perflame.7").read_text()
    section = text.split("\n.Sh SUMMARY\n")[1].split("\n.Sh ")[0]
    keys, depth, last = {"": set()}, 0, ""
    for line in section.splitlines():
        if line.startswith(".Bl"):
            depth += 1
        elif line.startswith(".El"):
            depth -= 1
        elif line.startswith(".It Li"):
            names = line[7:].split(" , ")
            if depth == 1:
                last = names[0]
            keys.setdefault(last if depth == 2 else "", set()).update(names)
    return keys


def check_keys(summary, objects):
    page = documented()
    always = {"tool", "version", "complete"}
    assert set(summary) == always | set(objects), summary
    assert set(summary) <= page[""], page
    for name in objects:
        assert set(summary[name]) == page[name], (name, set(summary[name]) ^ page[name])


Path("x.folded").write_text("a;b 3\na;c 1\n")
summary = run("perf-flame", "x.folded", "-o", "x.svg")
check_keys(summary, ["folded", "profile", "output"])
assert summary["folded"] == {"lines": 2, "bad": 0}
assert summary["complete"] is True and summary["tool"] == "perf-flame"
assert summary["profile"]["total"] == 4 and summary["profile"]["type"] is None
assert summary["output"] == {"path": "x.svg", "format": "svg",
                             "bytes": Path("x.svg").stat().st_size}
assert os.stat("s.json").st_mode & 0o777 == 0o600

Path("x.folded").write_text("a;b 3\nbad\na;c 1\n")
summary = run("perf-flame", "x.folded", "-o", "-", "--type", "oncpu", status=1)
assert summary["folded"] == {"lines": 2, "bad": 1}
assert summary["complete"] is False
assert summary["profile"]["type"] == "oncpu" and summary["profile"]["unit"] == "samples"
assert summary["output"]["path"] == "-" and summary["output"]["bytes"] > 0

# Names that JSON, or UTF-8, does not know as they are.
Path("x.folded").write_text("a 1\n")
for name, shown in ((b'"\\\n\t\x01', '"\\\n\t\x01'), ("é€😀".encode(), "é€😀"),
                    (b"\xff\xc0\xaf\xed\xa0\x80\xf5\xe2\x82", "\ufffd" * 9),
                    (b"\xf0\x8f\xbf\xbf\xe0\x9f\xbf\xf4\x90\x80\x80", "\ufffd" * 11)):
    path = name + b".folded"
    summary = run("perf-flame", "x.folded", "-o", path)
    assert summary["output"]["path"] == shown + ".folded", (summary["output"], shown)
    assert os.path.exists(path)

# A real recording, where one can be made.
spin = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done"
probe = subprocess.run([BIN / "perf-oncpu", "-q", "-F", "999", "-o", "r.data", "--", "sh", "-c",
                        spin], capture_output=True, text=True)
if probe.returncode and re.search("perf_event_paranoid|not permitted", probe.stderr):
    print(probe.stderr)
    sys.exit(77)
summary = run("perf-oncpu", "-q", "-F", "999", "-o", "r.folded", "--", "sh", "-c", spin)
check_keys(summary, ["record", "fold", "coverage", "profile", "output"])
record, fold = summary["record"], summary["fold"]
assert record["samples"] == fold["samples"] > 0 and record["lost"] == fold["lost"]
lines = Path("r.folded").read_text().splitlines()
assert sum(int(line.rsplit(" ", 1)[1]) for line in lines) == fold["folded"]
assert summary["profile"]["total"] == fold["folded"]

summary = run("perf-oncpu", "-q", "-F", "999", "-o", "r.data", "--", "sh", "-c", spin)
check_keys(summary, ["record", "output"])
assert summary["output"]["bytes"] == Path("r.data").stat().st_size
samples = summary["record"]["samples"]
summary = run("perf-fold", "r.data", "-o", "r.folded")
check_keys(summary, ["fold", "coverage", "profile", "output"])
fold = summary["fold"]
assert fold["samples"] == samples
assert fold["samples"] == sum(fold[k] for k in ("folded", "filtered", "other_event",
                                                 "bad_samples"))
