# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes small perf.data recordings of known content, in either byte order, as file or pipe.

It is written from the format's description and shares nothing with the reader
under test. Numbers that matter to a test are arguments; all else is plain.
"""
import struct

KERNEL, USER, MMAP_BUILD_ID = 1, 2, 1 << 14
CONTEXT_KERNEL, CONTEXT_USER = 2**64 - 128, 2**64 - 512
CONTEXT_USER_DEFERRED = 2**64 - 640	# since 6.18
IP, TID, TIME, CALLCHAIN, CPU, PERIOD, IDENTIFIER = 1, 2, 4, 32, 128, 256, 65536
RAW, BRANCH_STACK, REGS_USER, STACK_USER = 1024, 2048, 4096, 8192
SAMPLE_TYPE = IP | TID | TIME | CALLCHAIN | CPU | PERIOD | IDENTIFIER
BRANCH_COUNTERS = 1 << 19	# of branch_sample_type, since 6.8
TRACING_DATA, HOSTNAME, OSRELEASE, ARCH, EVENT_DESC = 1, 3, 4, 6, 12
TRACEPOINT = 2


class Event:
    def __init__(self, name, kind, config, ids):
        self.name, self.kind, self.config, self.ids = name, kind, config, ids
        self.lacks = 0		# of the recording's sample_type
        self.fields = ()	# of a tracepoint: (type, name, size, signed)
        self.printed = '"%d", REC->common_pid'

    def layout(self):
        """(type, name, offset, size, signed) of each, aligned as the kernel does it."""
        common = (("unsigned short", "common_type", 2, 0), ("unsigned char", "common_flags", 1, 0),
                  ("unsigned char", "common_preempt_count", 1, 0), ("int", "common_pid", 4, 1))
        at = 0
        for kind, name, size, signed in (*common, *self.fields):
            at += -at % size
            yield kind, name, at, size, signed
            at += size

    def format(self):
        lines = [f"\tfield:{kind} {name};\toffset:{at};\tsize:{size};\tsigned:{signed};\n"
                 for kind, name, at, size, signed in self.layout()]
        lines.insert(4, "\n")	# behind what all have
        return (f"name: {self.name.split(':')[1]}\nID: {self.config}\nformat:\n{''.join(lines)}"
                f"\nprint fmt: {self.printed}\n").encode()


class Recording:
    """Records are kept in the order of the calls; file() and pipe() put a head in front.

    With a mask of registers its samples are dumps of user stacks: see dump()."""

    def __init__(self, order="<", sample_type=SAMPLE_TYPE, regs=0, arch=None):
        self.order = order
        self.traced = sample_type & RAW
        self.sample_type = sample_type | (REGS_USER | STACK_USER if regs else 0)
        self.regs, self.arch = regs, arch
        self.read_format = self.branch_type = 0
        self.host, self.release = "elsewhere", "0.0.0-none"
        self.events = []
        self.data = b""
        self.tracking = self.event("cpu-clock", 1, 0)	# tells of tasks and mappings

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def event(self, name, kind, config):
        self.events.append(Event(name, kind, config, [100 + len(self.events)]))
        return self.events[-1]

    def tracepoint(self, name, *fields):
        """One with these fields, (type, name, size, signed), in a recording with RAW."""
        event = self.event(name, TRACEPOINT, 500 + len(self.events))
        event.fields = fields
        return event

    def traced_sample(self, event, task, time, chain=(), cpu=0, **values):
        """Of a tracepoint. task: pid and tid, which is common_pid unless that is told."""
        pid, tid = task
        values = {"common_type": event.config, "common_pid": tid, **values}
        layout = list(event.layout())
        raw = bytearray(layout[-1][2] + layout[-1][3])
        for _, name, at, size, signed in layout:
            form = {1: "b", 2: "h", 4: "i", 8: "q"}[size]
            struct.pack_into(self.order + (form if signed else form.upper()), raw, at,
                             values.pop(name, 0))
        assert not values, values
        return self.sample(pid, tid, time, chain, cpu, event=event, misc=KERNEL, raw=bytes(raw))

    def marked(self, kind):
        """As a recorder of this type of profile marks its own: see marker()."""
        return self.event(f"perflame:{kind}", 1, 10)

    def marker(self, event, task, time, *lines, chain=()):
        """What the recorder says itself, of task: pid and tid."""
        text = "".join(f"{line}\n" for line in lines)
        return self.sample(*task, time, chain, event=event, misc=KERNEL, raw=f"perflame {text}".encode())

    def record(self, kind, misc, body):
        self.data += self.pack("IHH", kind, misc, 8 + len(body)) + body
        return self

    def compressed(self, data):
        """COMPRESSED: a frame of zstd's, of one block that is as it was. Up to 255 bytes."""
        return self.record(81, 0, b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) +
                           (len(data) << 3 | 1).to_bytes(3, "little") + data)

    def raw(self, data):
        self.data += data
        return self

    def string(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        return data + b"\0" * (8 - len(data) % 8)

    def trailer(self, pid, tid, time, cpu, event):
        """sample_id_all: TID, TIME, CPU, IDENTIFIER."""
        where = b"" if event.lacks & CPU else self.pack("II", cpu, 0)
        return self.pack("iiQ", pid, tid, time) + where + self.pack("Q", event.ids[0])

    def kernel_record(self, kind, misc, body, pid=0, tid=0, time=0, cpu=0, event=None):
        event = event or self.tracking
        return self.record(kind, misc, body + self.trailer(pid, tid, time, cpu, event))

    def comm(self, pid, tid, name, time=0, execed=False):
        body = self.pack("ii", pid, tid) + self.string(name)
        return self.kernel_record(3, 1 << 13 if execed else 0, body, pid, tid, time)

    def fork(self, pid, ppid, tid, ptid, time=0):
        return self.kernel_record(7, 0, self.pack("iiiiQ", pid, ppid, tid, ptid, time),
                                  pid, tid, time)

    def exit(self, pid, tid, time=0):
        return self.kernel_record(4, 0, self.pack("iiiiQ", pid, pid, tid, tid, time),
                                  pid, tid, time)

    def mmap2(self, pid, tid, start, size, offset, path, time=0, prot=5, misc=USER, inode=1,
              build_id=b""):
        file = self.pack("IIQQ", 8, 1, inode, 0)
        if build_id:
            file = bytes([len(build_id), 0, 0, 0]) + build_id.ljust(20, b"\0")
            misc |= MMAP_BUILD_ID
        body = self.pack("iiQQQ", pid, tid, start, size, offset) + file + self.pack("II", prot, 2)
        return self.kernel_record(10, misc, body + self.string(path), pid, tid, time)

    def lost(self, count, time=0, event=None):
        event = event or self.events[0]
        return self.kernel_record(2, 0, self.pack("QQ", event.ids[0], count), time=time)

    def read(self, event, *words, pid=-1, time=0):
        """READ: words as read_format says; of all tasks, as our recorders tell counts."""
        return self.kernel_record(8, 0, self.pack(f"ii{len(words)}Q", pid, pid, *words), time=time,
                                  event=event)

    def switch(self, pid, tid, time, out, preempted=False, cpu=0):
        return self.kernel_record(14, out << 13 | preempted << 14, b"", pid, tid, time, cpu)

    def sample(self, pid, tid, time, chain, cpu=0, period=1, event=None, misc=USER, dumped=b"",
               raw=b""):
        """chain: the innermost frame first, with CONTEXT_ markers."""
        event = event or self.events[0]
        leaf = next((word for word in chain if word < 2**64 - 4096), 0)
        body = self.pack("QQiiQIIQQ", event.ids[0], leaf, pid, tid, time, cpu, 0, period,
                         len(chain))
        if self.traced:
            raw += b"\0" * (-(len(raw) + 4) % 8)
            dumped = self.pack("I", len(raw)) + raw + dumped
        return self.record(9, misc, body + self.pack(f"{len(chain)}Q", *chain) + dumped)

    def dump(self, pid, tid, time, words, stack, chain=(), **more):
        """words: a register for each bit of the mask; stack: the bytes from SP on."""
        room = stack + b"\0" * (-len(stack) % 8)
        dumped = self.pack(f"Q{len(words)}QQ", 2, *words, len(room)) + room
        return self.sample(pid, tid, time, chain, dumped=dumped + self.pack("Q", len(stack)),
                           **more)

    def user(self, pid, tid, time, *addresses, **more):
        return self.sample(pid, tid, time, [CONTEXT_USER, *addresses], **more)

    def round(self):
        return self.record(68, 0, b"")

    def attr(self, event):
        # sample_id_all (bit 18) counts from the end that the machine fills first
        flags = 1 << 18
        packed = flags if self.order == "<" else self.mirror(flags)
        return self.pack("IIQQQQQIIQQQQIiQIHHII", event.kind, 120, event.config, 1000000,
                         self.sample_type & ~event.lacks, self.read_format, packed, *[0] * 4,
                         self.branch_type, self.regs, 8192 if self.regs else 0, *[0] * 7)

    @staticmethod
    def mirror(flags):
        """A bit field of 64 bits, filled from the other end."""
        return int(f"{flags:064b}"[::-1], 2)

    def feature_string(self, text):
        data = self.string(text)
        return self.pack("I", len(data)) + data

    def event_desc(self):
        out = self.pack("II", len(self.events), 120)
        for event in self.events:
            out += self.attr(event) + self.pack("I", len(event.ids))
            out += self.feature_string(event.name) + self.pack(f"{len(event.ids)}Q", *event.ids)
        return out

    def tracing_data(self):
        """As perf's util/trace-event-info.c writes it."""
        points = [event for event in self.events if event.kind == TRACEPOINT]
        out = b"\x17\x08\x44tracing" + b"0.6\0" + bytes([self.order == ">", 8])
        out += self.pack("I", 4096)
        for name in (b"header_page\0", b"header_event\0"):
            out += name + self.pack("Q", 0)
        out += self.pack("II", 0, len(points))
        for event in points:
            text = event.format()
            out += event.name.split(":")[0].encode() + b"\0" + self.pack("IQ", 1, len(text)) + text
        return out + self.pack("IIQ", 0, 0, 0)

    def features(self):
        tracing = [(TRACING_DATA, self.tracing_data())] if self.traced else []
        arch = [(ARCH, self.feature_string(self.arch))] if self.arch else []
        return [*tracing, (HOSTNAME, self.feature_string(self.host)),
                (OSRELEASE, self.feature_string(self.release)),
                *arch, (EVENT_DESC, self.event_desc())]

    def magic(self):
        return b"PERFILE2" if self.order == "<" else b"2ELIFREP"

    def file(self, data_size=None):
        """The bytes of a file; data_size overrides what the header says of the records."""
        ids_at = 104
        ids = b"".join(self.pack("Q", event.ids[0]) for event in self.events)
        attrs = b"".join(self.attr(event) + self.pack("QQ", ids_at + 8 * i, 8)
                         for i, event in enumerate(self.events))
        data_at = ids_at + len(ids) + len(attrs)
        features = self.features() if data_size is None else []
        bits = sum(1 << bit for bit, _ in features)
        out = self.magic() + self.pack("12Q", 104, 120 + 16,
                                       ids_at + len(ids), len(attrs), data_at,
                                       len(self.data) if data_size is None else data_size,
                                       0, 0, bits, 0, 0, 0)
        out += ids + attrs + self.data
        where = len(out) + 16 * len(features)
        for _, data in features:
            out += self.pack("QQ", where, len(data))
            where += len(data)
        return out + b"".join(data for _, data in features)

    def pipe(self):
        out = self.magic() + self.pack("Q", 16)
        for event in self.events:
            body = self.attr(event) + self.pack("Q", event.ids[0])
            out += self.pack("IHH", 64, 0, 8 + len(body)) + body
        for bit, data in self.features():
            body = self.pack("Q", bit) + data
            out += self.pack("IHH", 80, 0, 8 + len(body)) + body
        return out + self.data
