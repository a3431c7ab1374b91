# SPDX-License-Identifier: GPL-2.0-or-later
"""What a profile must say, from its folded lines alone: sums over dictionaries."""
import random
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
