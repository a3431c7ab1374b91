# SPDX-License-Identifier: GPL-2.0-or-later
"""What a profile must say, from its folded lines alone: sums over dictionaries."""
import random
import re
from collections import defaultdict


class Model:
    """self and total by path from the root, which is ()."""

    def __init__(self, stacks):
        self.self = defaultdict(int)
        self.total = defaultdict(int)
        for path, value in stacks:
            self.self[path] += value
            for depth in range(len(path) + 1):
                self.total[path[:depth]] += value

    @property
    def whole(self):
        return self.total[()]

    def nodes(self):
        """{path: (self, total)} of what is worth anything; the root always is there."""
        return {path: (self.self.get(path, 0), total) for path, total in self.total.items()
                if total or not path}

    def matched(self, pattern):
        """What the stacks are worth that have a matching name in them; a comma is "or"."""
        wanted = re.compile("|".join(pattern.split(",")), re.I)
        return sum(value for path, value in self.self.items() if any(map(wanted.search, path)))

    def by_name(self):
        """{name: (self, total)}; what is below itself counts once."""
        own, all_ = defaultdict(int), defaultdict(int)
        for path, value in self.self.items():
            if path:
                own[path[-1]] += value
            for name in set(path):
                all_[name] += value
        return {name: (own[name], all_[name]) for name in all_}

    def places(self):
        """{path: (start, width)}: siblings in the order of their bytes, from the left."""
        children = defaultdict(list)
        for path in self.total:
            if path:
                children[path[:-1]].append(path)
        at, open_ = {(): 0}, [()]
        while open_:
            path = open_.pop()
            start = at[path]
            for child in sorted(children[path], key=lambda p: p[-1].encode()):
                at[child] = start
                start += self.total[child]
                open_.append(child)
        return {path: (start, self.total[path]) for path, start in at.items()}


TIMES = (10**9, "s"), (10**6, "ms"), (10**3, "µs"), (1, "ns")


def said(value, unit):
    """A value as people read it: "1.5 s", "1,234 waits", "1 wait"."""
    def tenths(size):
        return (20 * value + size) // (2 * size)

    if unit != "ns":
        unit = unit[:-1] if value == 1 else unit
        return f"{value:,} {unit}".rstrip()
    for (size, name), (smaller, _) in zip(TIMES, TIMES[1:]):
        if (tenths(smaller) if smaller > 1 else 10 * value) >= 10 * size // smaller:
            return f"{tenths(size) // 10:,}.{tenths(size) % 10} {name}"
    return f"{value} ns"


def parse(text, columns=1, column=0):
    """(path, value) of folded lines of so many columns."""
    for line in text.splitlines():
        stack, *values = line.rsplit(" ", columns)
        yield tuple(stack.split(";")), int(values[column])


def grow(seed, lines=300, names=40, depth=12, largest=1000):
    """Folded text of stacks at random, with recursion, shared starts and wide ranges."""
    rng = random.Random(seed)
    pool = [f"f{i}" for i in range(names)] + ["operator new", "a<b>::c", "é—ü"]
    out = []
    for _ in range(lines):
        path = ["app" if rng.random() < .8 else "other"]
        for _ in range(rng.randrange(depth)):
            path.append(pool[min(int(rng.expovariate(.15)), len(pool) - 1)])
        out.append(f"{';'.join(path)} {int(largest ** rng.random())}\n")
    return "".join(out)
