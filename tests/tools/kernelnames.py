# SPDX-License-Identifier: GPL-2.0-or-later
"""A recording of a kernel with symbols that were made up, and a place where that kernel runs.

Who reads it there sees them in /proc/kallsyms: it takes root, and mount namespaces."""
import os
import subprocess

from recording import KERNEL

TEXT = 0xffffffff81000000	# _text
APART = 0x100			# so many bytes has each function


class KernelNames:
    """.at[name]: an address inside of each of @functions; @data: (address, type, name) of its data."""

    def __init__(self, path, functions, data=()):
        self.path = path
        names = ["_text", *functions]
        self.at = {name: TEXT + number * APART + 8 for number, name in enumerate(names)}
        lines = [f"{TEXT + number * APART:x} T {name}\n" for number, name in enumerate(names)]
        lines.append(f"{TEXT + len(names) * APART:x} T _etext\n")
        lines += [f"{address:x} {kind} {name}\n" for address, kind, name in data]
        path.write_text("".join(lines))

    def recorded(self, recording):
        """@recording, as one that was made where this kernel runs."""
        recording.host, recording.release = os.uname().nodename, os.uname().release
        return recording.mmap2(-1, 0, TEXT, 0x1000000, TEXT, "[kernel.kallsyms]_text", misc=KERNEL)

    def command(self, *command):
        """@command, where this kernel runs."""
        return ["unshare", "--mount", "sh", "-ec",
                'mount --bind "$1" /proc/kallsyms; shift; exec "$@"', "sh", self.path, *command]

    def works(self):
        return not subprocess.run(self.command("true"), capture_output=True).returncode
