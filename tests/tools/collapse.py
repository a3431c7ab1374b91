#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Collapses the text of perf script to folded stacks, and compares two folded files.

collapse.py fold               perf script's text on stdin, folded stacks on stdout
collapse.py compare A B SHARE  exit 1 unless at least SHARE of the samples agree stack by stack

It shares no code and no shortcuts with perf-fold: it believes what perf printed.
perf script must be called with
    -F comm,pid,tid,time,event,ip,sym,dso
"""
import collections
import re
import sys

HEAD = re.compile(r"^(?P<comm>\S.*?)\s+(?P<pid>-?\d+)/(?P<tid>-?\d+)\s+[\d.]+:")
FRAME = re.compile(r"^\s+[0-9a-f]+ (?P<sym>.*?) \((?P<dso>(?:[/\[]|inlined).*)\)$")


def frame_name(line):
    match = FRAME.match(line)
    if not match:
        raise SystemExit(f"collapse.py: not a frame: {line!r}")
    if match["sym"] != "[unknown]":
        return match["sym"].replace(";", ":")
    dso = match["dso"]
    if dso == "[unknown]":
        return dso
    dso = dso.rsplit("/", 1)[-1] if not dso.startswith("[") else dso
    return dso if dso.startswith("[") else f"[{dso}]"


def fold(lines):
    stacks = collections.Counter()
    comm, frames = None, []

    def end():
        if comm is not None:
            stacks[";".join([comm.replace(" ", "_")] + frames[::-1])] += 1

    for line in lines:
        line = line.rstrip("\n")
        match = HEAD.match(line)
        if match:
            end()
            comm, frames = match["comm"], []
        elif line.strip():
            frames.append(frame_name(line))
    end()
    return stacks


def load(path):
    stacks = collections.Counter()
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            stack, count = line.rstrip("\n").rsplit(" ", 1)
            stacks[stack] += int(count)
    return stacks


def compare(path_a, path_b, share):
    a, b = load(path_a), load(path_b)
    total_a, total_b = sum(a.values()), sum(b.values())
    same = sum(min(count, b[stack]) for stack, count in a.items())
    agreed = same / max(total_a, total_b, 1)
    print(f"{total_a} and {total_b} samples, {same} agree: {agreed:.4%}")
    if total_a == total_b and agreed >= share and total_a:
        return 0
    for name, mine, other in ((path_a, a, b), (path_b, b, a)):
        rest = {stack: count - other[stack] for stack, count in mine.items()
                if count > other[stack]}
        for stack, count in sorted(rest.items(), key=lambda item: -item[1])[:8]:
            print(f"only in {name}: {count} {stack}")
    return 1


def main(argv):
    if argv[1:] == ["fold"]:
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        for stack, count in sorted(fold(sys.stdin).items()):
            print(f"{stack} {count}")
        return 0
    if len(argv) == 5 and argv[1] == "compare":
        return compare(argv[2], argv[3], float(argv[4]))
    raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
