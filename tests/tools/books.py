# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel's books (/proc/PID/task/TID/schedstat) say of processes, before and after."""
import array
import fcntl
import subprocess
import termios
import time
from pathlib import Path


class Books:
    """.on: what each of these processes of one thread was on a CPU, in ns; read while they rest.

    Read so before a recording begins and before it ends, all that the books have gained was in
    the recording, however long it takes to begin and to end. The rest of that was off the CPU."""

    def __init__(self, pids, rests):
        """@rests: how the line of /proc/PID/syscall begins where one rests."""
        self.on, before = self.read(pids), None
        while not before or self.on != before:	# nobody ran from one look to the next
            resting = all(Path(f"/proc/{pid}/syscall").read_text().startswith(rests) for pid in pids)
            before = self.read(pids) if resting else None
            time.sleep(0.02)
            self.on = self.read(pids)

    @staticmethod
    def read(pids):
        return {pid: int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0])
                for pid in pids}


class Sleeper:
    """A shell that sleeps for as many seconds as a line says, and rests in between: .pid."""

    RESTS = ("0 0x0 ", "63 0x0 ")	# read(2) of the standard input
    # The outer one is whom a prefix such as unshare(1) starts; the inner one says its number.
    LOOP = ("mkfifo -m 666 never 2>&-; echo $$; "
            "while read -r nap; do read -r -t $nap <&3; done 3<>never")

    def __init__(self, cwd, prefix=()):
        self.process = subprocess.Popen([*prefix, "bash", "-c", self.LOOP], cwd=cwd,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = int(self.process.stdout.readline())

    def on(self):
        """How long it was on a CPU so far; when it has slept as often as it was told."""
        left = array.array("i", [1])
        while left[0]:
            fcntl.ioctl(self.process.stdin, termios.FIONREAD, left)
            time.sleep(0.01)
        return Books([self.pid], self.RESTS).on[self.pid]

    def sleep(self, *naps):
        self.process.stdin.write("".join(f"{nap}\n" for nap in naps).encode())
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
