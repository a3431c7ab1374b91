#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the seeds that are checked in: small files that hold one of everything.

Usage: make-seeds.py [DIRECTORY]    needs gcc, aarch64-linux-gnu-gcc, objcopy, xz, zstd

They are kept, not made for each run: what the fuzzers start from must not depend
on the compiler of the day. The elf seed "program" is also the one file that
recordings can name (tests/fuzz/box.c).
"""
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))
from recording import CONTEXT_KERNEL, CONTEXT_USER, KERNEL, Recording  # noqa: E402

OUT = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "seeds"
PROGRAM = r"""
static volatile int sink;
int other(int);
static inline __attribute__((always_inline)) int inner(int n)
{
	while (n--)
		sink += n;
	return sink;
}
static inline __attribute__((always_inline)) int middle(int n)
{
	return inner(n) + inner(2 * n);
}
__attribute__((noinline)) int outer(int n)
{
	_Alignas(64) volatile char room[n * 8 + 64];

	room[n] = middle(n);
	OTHER
	return room[n];
}
void _start(void)
{
	outer(5);
	__builtin_trap();
}
"""
PLAIN = ["-O1", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-Wl,--build-id=sha1",
         "-Wl,-z,noseparate-code", "-Wl,-z,max-page-size=4096", "-Wl,-Ttext=0x1000"]
X86_REGS = 0xff0fff
TEXT, STACK = 0x401000, 0x7ffe0000


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


def section(path, name, objcopy="objcopy"):
    with tempfile.TemporaryDirectory() as tmp:
        run(objcopy, f"--dump-section={name}={tmp}/section", path, f"{tmp}/rest")
        return Path(tmp, "section").read_bytes()


class Seeds:
    def __init__(self, tmp):
        self.tmp = Path(tmp)
        (self.tmp / "program.c").write_text(PROGRAM)

    def put(self, kind, name, data):
        path = OUT / kind / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def build(self, name, *flags, cc="gcc", calls=False):
        out = self.tmp / name
        other = "room[0] += other(n);" if calls else ""
        run(cc, *PLAIN, f"-DOTHER={other}", *flags, "-o", out, self.tmp / "program.c")
        return out

    def elf(self):
        program = self.build("program", "-static", "-g0")
        library = self.build("library", "-shared", "-fPIC", "-g0", "-fcf-protection", calls=True)
        arm = self.build("arm", "-static", "-g0", "-mbranch-protection=standard",
                         cc="aarch64-linux-gnu-gcc")
        frames = self.build("debug-frame", "-static", "-g1", "-fno-asynchronous-unwind-tables")
        mini = self.tmp / "mini"
        run("objcopy", "-S", "--keep-symbol=outer", program, self.tmp / "names")
        run("xz", "-f", self.tmp / "names")
        run("objcopy", "-S", f"--add-section=.gnu_debugdata={self.tmp / 'names.xz'}", program, mini)
        for path in (program, library, arm, frames, mini):
            self.put("elf", path.name, path.read_bytes())
        for how, path, name in ((2, program, ".eh_frame"), (6, library, ".eh_frame"),
                                (0, frames, ".debug_frame")):
            self.put("cfi", path.name, bytes([how]) + section(path, name))
        self.put("cfi", "arm", b"\3" + section(arm, ".eh_frame", "aarch64-linux-gnu-objcopy"))

    def inlines(self):
        for name, *flags in (("dwarf5", "-gdwarf-5"), ("dwarf4", "-gdwarf-4"),
                             ("gz", "-gdwarf-5", "-gz=zlib"),
                             ("types", "-gdwarf-4", "-fdebug-types-section")):
            path = self.build(name, "-static", "-O2", *flags)
            self.put("inlines", name, path.read_bytes())

    def recordings(self):
        for order, name in (("<", "little"), (">", "big")):
            self.put("recording", name, chains(order).file())
            self.put("recording", name + "-pipe", chains(order).pipe())
        self.put("recording", "dumps", dumps().file())
        self.put("recording", "compressed", self.compressed(chains("<")))

    def compressed(self, recording):
        packed = subprocess.run(["zstd", "-q", "-c"], input=recording.data, check=True,
                                stdout=subprocess.PIPE).stdout
        packed += b"\0" * (-len(packed) % 8)
        recording.data = b""
        return recording.record(81, 0, packed).pipe()

    def texts(self):
        self.put("perfmap", "map", b"1000 20 one\n0x1010 8 two words\r\nffffffffffffff00 f0 last\n"
                                   b"1000 20 one again\nnot a line\n3000 0 nothing\n")
        self.put("folded", "plain", b"# a comment\nmain;run;work 12\nmain;run 3\n\nmain;a b;c_[k] 1\n")
        self.put("folded", "two", b"a;b_[i];c_[j] 1 2\na;b 3 4.5\nx 1\n")

    def jitdumps(self):
        for order, name in (("<", "little"), (">", "big")):
            self.put("jitdump", name, jitdump(order))


def chains(order):
    """Every record that a reader takes, and names in the program of the box."""
    recording = Recording(order)
    switch = recording.event("sched:sched_switch", 2, 300)
    recording.comm(10, 10, "app", time=1)
    recording.mmap2(10, 10, 0x400000, 0x2000, 0, "/bin/program", time=2)
    recording.mmap2(10, 10, 0x600000, 0x1000, 0, "//anon", time=2)
    recording.mmap2(-1, 0, 2**63, 2**40, 0, "[kernel.kallsyms]_text", misc=KERNEL)
    recording.fork(11, 10, 11, 10, time=3).comm(11, 11, "a b;c", time=4, execed=True)
    recording.user(10, 10, 10, TEXT + 1, TEXT + 0x30, period=7)
    recording.sample(11, 11, 11, [CONTEXT_KERNEL, 2**63, CONTEXT_USER, TEXT], misc=KERNEL)
    recording.user(10, 10, 12, 0x600010, event=switch)
    return recording.lost(5, time=13).exit(11, 11, time=14).round()


def dumps():
    recording = Recording(regs=X86_REGS, arch="x86_64")
    recording.comm(10, 10, "app", time=1)
    recording.mmap2(10, 10, 0x400000, 0x2000, 0, "/bin/program", time=2)
    for step in range(0, 0x60, 8):
        words = [STACK] * 20
        words[6], words[7], words[8] = STACK + 64, STACK, TEXT + step
        stack = struct.pack("<32Q", *[TEXT + 0x44 if i % 2 else STACK + 8 * i for i in range(32)])
        recording.dump(10, 10, 10 + step, words, stack, [CONTEXT_USER, TEXT + step])
    return recording


def jitdump(order):
    def pack(form, *values):
        return struct.pack(order + form, *values)

    def record(kind, body):
        return pack("IIQ", kind, 16 + len(body), 1) + body

    def load(addr, index, name):
        return record(0, pack("IIQQQQ", 7, 7, addr, addr, 16, index) + name + b"\0" + b"\xc3" * 16)

    lines = pack("QQ", 0x1000, 2) + pack("Qii", 0x1000, 3, 0) + b"a.js\0"
    lines += pack("Qii", 0x1008, 4, 0) + b"\xff\0"
    return (pack("IIIIIIQQ", 0x4a695444, 1, 40, 62, 0, 7, 1, 0) +
            record(2, lines) + load(0x1000, 1, b"one") + load(0x2000, 2, b"two") +
            record(1, pack("IIQQQQQ", 7, 7, 0x3000, 0x1000, 0x3000, 16, 1)) + record(3, b""))


def main():
    with tempfile.TemporaryDirectory() as tmp:
        seeds = Seeds(tmp)
        seeds.elf()
        seeds.inlines()
        seeds.recordings()
        seeds.texts()
        seeds.jitdumps()


if __name__ == "__main__":
    main()
