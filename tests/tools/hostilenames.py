# SPDX-License-Identifier: GPL-2.0-or-later
"""Files whose every name is an attack on whoever shows it: hostilenames.py DIRECTORY writes them.

What runs sets window.pwned in a browser; what stays text is harmless.
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pprof import Writer  # noqa: E402
from recording import CONTEXT_KERNEL, CONTEXT_USER, KERNEL, Recording  # noqa: E402

NAMES = [
    b"<script>window.pwned=1</script>",
    b"</script><script>window.pwned=2</script>",
    b"]]><script>window.pwned=3</script>",
    b"--><img src=x onerror=window.pwned=4>",
    b"\" onload=\"window.pwned=5\" '",
    b"\\\"}]};window.pwned=6;//",
    b"&lt;&#60;script&#62;&amp;",
    b"`${window.pwned=7}`",
    b"</title></style></svg></text><svg onload=window.pwned=8>",
    b"javascript:window.pwned=9",
    b"\x1b[2J\x1b]0;title\x07\x1b[31m",
    b"\x9b31m\xc2\x9b31m\x90\xc2\x9d",
    "\u202eesrever\u2066\u200f\u061c".encode(),
    b"\xff\xfe\xc0\x80\xed\xa0\x80\xf5",
    b"tab\tnewline\nreturn\rback\x08nul;semicolon",
    b"%s%n%1$s",
    b"\xef\xbf\xbe\xef\xbf\xbf",
    b"constructor __proto__ toString",
    b"ends in a number 12",
    b"l" * 65536,
]


def folded():
    """Names with separators in them make more frames, and numbers columns: that is the format."""
    return b"".join(b"%s;%s %d\n" % (name.replace(b"\n", b" "), name.replace(b"\n", b" "), n)
                    for n, name in enumerate(NAMES, 1) if not name.endswith(b" 12"))


def pprof():
    """Functions, files, the names of types and units, and comments."""
    text = [name.decode(errors="surrogateescape") for name in NAMES]
    w = Writer((text[0], text[10]), (text[1], "nanoseconds"))
    w.number(13, w.string(text[2])).number(14, w.string(text[1]))
    for n, name in enumerate(text, 1):
        w.mapping(n, name).function(n, name).location(n, n, mapping=n).location(100 + n, mapping=n)
        w.sample([100 + n, n], [n, 1000 * n])
    return w.gz()


def recording():
    """Names of tasks (at most 15 bytes) and of files, of programs and of the kernel's modules."""
    r = Recording()
    for n, name in enumerate(NAMES, 1):
        start = 0x400000 + n * 0x10000
        path = b"/" + name.replace(b"\0", b"")[:4000]
        r.comm(n, n, name[:15], time=1)
        r.mmap2(n, n, start, 0x1000, 0, path, time=2)
        r.mmap2(-1, 0, 2**63 + start, 0x1000, 0, b"[" + path[1:2000] + b"]", misc=KERNEL)
        r.sample(n, n, 10 + n, [CONTEXT_KERNEL, 2**63 + start + 16, CONTEXT_USER, start + 16])
    return r.round().file()


def write(directory):
    for name, data in (("hostile.folded", folded()), ("hostile.pb.gz", pprof()),
                       ("hostile.data", recording())):
        (Path(directory) / name).write_bytes(data)


if __name__ == "__main__":
    write(sys.argv[1])
