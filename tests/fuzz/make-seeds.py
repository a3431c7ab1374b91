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
from pprof import Writer  # noqa: E402
from recording import (CONTEXT_KERNEL, CONTEXT_USER, KERNEL, RAW, SAMPLE_TYPE,  # noqa: E402
                       Recording)

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
            self.put("recording", name + "-switches", switches(order).file())
            self.put("recording", name + "-locks", locks(order).pipe())
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

    def pprof(self):
        """Mappings, inlined and unnamed places, two values, a type of ours; and a difference."""
        w = Writer(("samples", "count"), ("time", "nanoseconds"))
        w.number(13, w.string("perflame profile type: offcpu")).number(14, w.string("time"))
        w.mapping(1, "/bin/a").mapping(2, "[kernel.kallsyms]").function(1, "f").function(2, "g")
        w.location(1, 1, 2, mapping=1).location(2, 2, mapping=2).location(3, mapping=1)
        w.location(4, 1).sample([2, 1], [1, 9]).sample([3, 4], [2, 1 << 62])
        self.put("pprof", "two", w.raw())
        self.put("pprof", "packed", w.gz())
        w = Writer(("before", "count"), ("after", "count")).function(1, "f").location(1, 1)
        self.put("pprof", "difference", w.sample([1], [3, 4]).raw())


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


def traced(order):
    recording = Recording(order, sample_type=SAMPLE_TYPE | RAW)
    recording.events[0].config = 9	# dummy, which no type asks for
    recording.mmap2(10, 10, 0x400000, 0x2000, 0, "/bin/program", time=2)
    for tid in (10, 11, 12):
        recording.comm(10, tid, f"t{tid}", time=3)
    return recording


def switches(order):
    """What off-CPU time, run queues and wakeups are made of."""
    recording = traced(order)
    switch = recording.tracepoint("sched:sched_switch", ("pid_t", "prev_pid", 4, 1),
                                  ("long", "prev_state", 8, 1), ("pid_t", "next_pid", 4, 1))
    waking = recording.tracepoint("sched:sched_waking", ("pid_t", "pid", 4, 1))
    ended = recording.tracepoint("sched:sched_process_exit", ("pid_t", "pid", 4, 1))
    chain = [CONTEXT_KERNEL, 2**63, CONTEXT_USER, TEXT + 1, TEXT + 0x30]
    for step in range(4):
        tid, other, now = 11 + step % 2, 12 - step % 2, 1000 * step
        recording.traced_sample(switch, (10, tid), now + 10, chain, prev_pid=tid,
                                prev_state=(0, 1, 2, 0x81)[step], next_pid=other)
        recording.traced_sample(waking, (10, other), now + 200, chain, pid=tid)
        recording.traced_sample(switch, (10, other), now + 300, chain, prev_pid=other,
                                prev_state=step & 1, next_pid=tid)
    recording.traced_sample(ended, (10, 12), 9000, chain, pid=12)
    return recording.lost(3, time=9500).exit(10, 12, time=9600).round()


def locks(order):
    """Waits in the kernel and for futexes, some of which never end."""
    recording = traced(order)
    pointer, number = ("void *", "lock_addr", 8, 0), ("int", "__syscall_nr", 4, 1)
    begin = recording.tracepoint("lock:contention_begin", pointer, ("unsigned int", "flags", 4, 0))
    end = recording.tracepoint("lock:contention_end", pointer, ("int", "ret", 4, 1))
    enter = recording.tracepoint("syscalls:sys_enter_futex", number, ("u32 *", "uaddr", 8, 0),
                                 ("int", "op", 8, 0))
    leave = recording.tracepoint("syscalls:sys_exit_futex", number, ("long", "ret", 8, 1))
    chain = [CONTEXT_KERNEL, 2**63, CONTEXT_USER, TEXT + 1]
    for step in range(4):
        now = 1000 * step
        recording.traced_sample(begin, (10, 11), now + 10, chain, lock_addr=0xabc0 + step,
                                flags=(1, 2, 4, 32)[step])
        recording.traced_sample(enter, (10, 12), now + 20, chain, uaddr=64 + step,
                                op=(128, 129, 6, 137)[step])
        recording.traced_sample(end, (10, 11), now + 500, lock_addr=0xabc0 + step)
        recording.traced_sample(leave, (10, 12), now + 600, ret=(0, -11, -110, 1)[step])
    recording.traced_sample(begin, (10, 10), 9000, chain, lock_addr=1, flags=32)
    return recording.lost(3, time=9500).exit(10, 12, time=9600).round()


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
        seeds.pprof()


if __name__ == "__main__":
    main()
