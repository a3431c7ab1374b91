# SPDX-License-Identifier: GPL-2.0-or-later
"""Profiles of pprof, made and taken apart without perflame: profile.proto by hand."""
import gzip


def varint(value):
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def length(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def packed(field, values):
    return length(field, b"".join(map(varint, values)))


class Writer:
    """Collects messages; strings are numbered as they come."""

    def __init__(self, *types):
        self.strings = {"": 0}
        self.messages = [length(1, number(1, self.string(t)) + number(2, self.string(u)))
                         for t, u in types]

    def string(self, text):
        return self.strings.setdefault(text, len(self.strings))

    def add(self, field, data):
        self.messages.append(length(field, data))
        return self

    def number(self, field, value):
        self.messages.append(number(field, value))
        return self

    def mapping(self, id, filename):
        return self.add(3, number(1, id) + number(5, self.string(filename)))

    def function(self, id, name):
        return self.add(5, number(1, id) + number(2, self.string(name)))

    def location(self, id, *functions, mapping=0):
        """The innermost function first."""
        return self.add(4, number(1, id) + number(2, mapping) +
                        b"".join(length(4, number(1, f)) for f in functions))

    def sample(self, locations, values):
        """The innermost location first."""
        return self.add(2, packed(1, locations) + packed(2, values))

    def stacks(self, stacks):
        """(path from the root, value) each; a function, and a place in it, for each name."""
        ids = {}
        for path, value in stacks:
            for name in path:
                if name not in ids:
                    n = ids[name] = len(ids) + 1
                    self.function(n, name).location(n, n)
            self.sample([ids[name] for name in reversed(path)], [value])
        return self

    def raw(self):
        return b"".join(self.messages) + b"".join(
            length(6, text.encode(errors="surrogateescape")) for text in self.strings)

    def gz(self):
        return gzip.compress(self.raw(), mtime=0)


def take(data, at):
    """The varint at @at and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def numbers(data):
    """Of a packed field."""
    at, out = 0, []
    while at < len(data):
        value, at = take(data, at)
        out.append(value)
    return out


def fields(data):
    """(number, value) of each field: an int or bytes."""
    at = 0
    while at < len(data):
        tag, at = take(data, at)
        value, at = take(data, at)
        if tag & 7 == 2:
            assert at + value <= len(data)
            value, at = data[at:at + value], at + value
        else:
            assert tag & 7 == 0, f"wire type {tag & 7}"
        yield tag >> 3, value


class Profile:
    """types: [(type, unit)]; samples: [(frames from the root, values)]."""

    def __init__(self, data):
        top = list(fields(gzip.decompress(data)))
        strings = [value.decode() for field, value in top if field == 6]
        assert strings[0] == ""

        def messages(field):
            return [dict(fields(value)) for number, value in top if number == field]

        self.types = [(strings[m[1]], strings[m[2]]) for m in messages(1)]
        self.shown = next((strings[value] for field, value in top if field == 14), None)
        self.files = {m[1]: strings[m[5]] for m in messages(3)}
        names = {m[1]: strings[m[2]] for m in messages(5)}
        places = {m[1]: (names[dict(fields(m[4]))[1]], self.files.get(m.get(2)))
                  for m in messages(4)}
        self.samples = []
        for m in messages(2):
            path = [places[id] for id in reversed(numbers(m.get(1, b"")))]
            self.samples.append((tuple(name for name, _ in path), numbers(m[2])))
