# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorders of programs that run already."""
import os
import subprocess
import time
from pathlib import Path

BIN = Path(os.environ["BIN"])
POLLS = {"x86_64": ("7", "271"), "aarch64": ("73",)}[os.uname().machine]	# poll(2), ppoll(2)


def attach(tool, pid, *options):
    """A recorder of process @pid that has begun."""
    return begun(tool, "-p", str(pid), *options)


def begun(tool, *options):
    recorder = subprocess.Popen([BIN / tool, "-q", *options])
    wait_until_begun(recorder)
    return recorder


def wait_until_begun(recorder):
    syscall = Path(f"/proc/{recorder.pid}/syscall")
    while syscall.read_text().split()[0] not in POLLS:	# then all has been started
        assert recorder.poll() is None
        time.sleep(0.01)


def watch(workload, printed, start):
    """What start(its pid) returns, when @workload has run: it begins once its stdin ends."""
    with open(printed, "wb") as to:
        process = subprocess.Popen(workload, stdin=subprocess.PIPE, stdout=to)
    recorder = start(process.pid)
    process.stdin.close()
    assert process.wait() == 0, workload
    return recorder
