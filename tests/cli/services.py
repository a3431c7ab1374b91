#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real services, as the distribution packages them: their dumped stacks reach the root.

Each is started, watched from when it serves (perf record of on-CPU samples and context
switches; perf-oncpu live) to its end, and given an amount of work that is always the
same. Of the stacks of each kind WHOLE must reach main or the thread's start:
* in perf-fold's own account, and
* by the names that the outermost frames have, which its account does not use.

What no unwinder can do is kept out of the work: node's event loop lays 12 KiB of events
on the stack, so that 16 KiB do not reach from a callback to main; the AVX2 code for
SHA-512 keeps the way back below SP, where nobody dumps.
"""
import json
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

SRC, TMP = Path(os.environ["SRC"]), Path(os.environ["TMP"])
sys.path.insert(0, str(SRC / "tests" / "tools"))
import collapse  # noqa: E402
from perfrecord import PerfRecord  # noqa: E402
from postgres import Server  # noqa: E402

BIN = Path(os.environ["BIN"])
WHOLE = 0.98
LEAST = 100		# samples of each kind; the work makes some 400 of them
DUMP = "dwarf,16384"
RECORD = ["-e", "cpu-clock/freq=997/", "-e", "context-switches/period={}/",
          "--call-graph", DUMP, "-m", "4M"]
# How stacks begin, where files are stripped as well: main's callers and a thread's are
# libc's, which may have no names for them. What the kernel starts by itself has none.
ROOTS = {"_start", "_dl_start_user", "__libc_start_main", "clone", "clone3", "__clone",
         "__clone3", "start_thread", "ret_from_fork_asm"}

PYTHON = r"""
import hashlib, json, re, sqlite3, sys, threading, time, zlib

def query(count):
    db = sqlite3.connect(":memory:")
    db.execute("create table t (a, b)")
    for i in range(count):
        db.execute("insert into t values (?, ?)", (i, json.dumps({"a": list(range(20))})))
        zlib.compress(hashlib.sha256(bytes(1000)).digest() * 50)
        if i % 20 == 0:
            time.sleep(0.0005)
    return db.execute("select count(*), max(length(b)) from t group by a % 7").fetchall()

def rewrite(count):
    for i in range(count):
        re.sub("[0-9]+", lambda match: match[0] * 2, "12 ab 34 " * 300)
    return sorted(str(i * 7919 % 10007) for i in range(40000))

sys.stdin.read()
threads = [threading.Thread(target=query, args=(5000,)) for _ in range(3)]
for thread in threads:
    thread.start()
rewrite(500)
for thread in threads:
    thread.join()
query(5000)
"""

NODE = r"""
"use strict";
const fs = require("fs");

function fib(n) {
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
function parse(count) {
	let sum = 0;
	for (let i = 0; i < count; i++)
		sum += JSON.parse(JSON.stringify({ a: [1, 2, i], b: "x".repeat(20) })).a.length;
	return sum;
}
class Shape {
	constructor(n) { this.n = n; }
	area() { return this.n * this.n; }
}
function objects(count) {
	const all = new Map();
	for (let i = 0; i < count; i++)
		all.set("k" + i % 1000, new Shape(i).area());
	return [...all.values()].sort((a, b) => a - b).length;
}
function rewrite(count) {
	let found = 0;
	for (let i = 0; i < count; i++)
		found += ("foo" + i + "bar").replace(/[0-9]+/g, x => x + x).match(/o+\d*b/) ? 1 : 0;
	return found;
}
function wait(count) {
	const shared = new Int32Array(new SharedArrayBuffer(4));
	for (let i = 0; i < count; i++) {
		Atomics.wait(shared, 0, 0, 0.5);
		fs.readFileSync("/etc/hostname");
	}
}
function all() {
	for (let round = 0; round < 3; round++) {
		fib(30);
		parse(90000);
		objects(200000);
		rewrite(90000);
		wait(60);
	}
}
fs.readFileSync(0);
all();
"""


def wait_for(check):
    while not check():
        time.sleep(0.05)


class Service:
    """.process; .serves(): whether it does; .work(): to its end; .switches: one in so many."""

    switches = 1

    def start(self, *command, **more):
        self.process = subprocess.Popen([str(word) for word in command], cwd=TMP, **more)
        wait_for(self.serves)

    def serves(self):
        assert self.process.poll() is None, self.process.args
        return True

    def end(self):
        self.process.kill()
        self.process.wait()


class Script(Service):
    """Waits for the end of its standard input."""

    def start(self, *command):
        super().start(*command, stdin=subprocess.PIPE)

    def serves(self):
        """Blocked in read(2), behind all that it loads."""
        syscall = Path(f"/proc/{self.process.pid}/syscall").read_text().split()
        return super().serves() and syscall[:2] == ["0", "0x0"]

    def work(self):
        self.process.communicate()


class Python(Script):
    def __init__(self):
        # not a wrapper that somebody has put before it
        python = os.path.realpath(sys.executable)
        (TMP / "service.py").write_text(PYTHON)
        self.start(python, TMP / "service.py")


class Node(Script):
    def __init__(self):
        (TMP / "service.js").write_text(NODE)
        self.start(shutil.which("node"), "--perf-basic-prof", "--interpreted-frames-native-stack",
                   TMP / "service.js")

    def end(self):
        super().end()
        Path(f"/tmp/perf-{self.process.pid}.map").unlink(missing_ok=True)


class Redis(Service):
    switches = 20

    def __init__(self):
        self.socket = TMP / "redis.sock"
        self.start("redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "",
                   "--dir", TMP, stdout=subprocess.DEVNULL)

    def serves(self):
        return super().serves() and not self.run("redis-cli", "ping", check=False)

    def run(self, program, *arguments, check=True):
        return subprocess.run([program, "-s", self.socket, *arguments], check=check,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def work(self):
        self.run("redis-benchmark", "-q", "-c", "3", "-n", "6000", "-t", "set,lpush,lrange_300")
        self.run("redis-benchmark", "-q", "-c", "3", "-n", "60000", "-P", "16", "-t",
                 "set,get,sadd,zadd")
        self.run("redis-cli", "shutdown", "nosave", check=False)
        self.process.wait()


class Postgres(Service):
    switches = 10

    def __init__(self):
        self.server = Server(TMP / "postgres", "fsync = off", "autovacuum = off")
        self.process = self.server.process

    def work(self):
        self.server.bench("-n", "-b", "tpcb-like", "-b", "select-only", "-c", "2", "-t", "1200")
        self.server.stop()


def has_root(stack):
    """Whether the outermost frames, behind the task, are where a thread begins. A libc without
    names begins threads as well; of a program without names main's caller in libc has one."""
    frames = stack.split(";")[1:]
    return bool(ROOTS & set(frames[:2]) or "main" in frames or frames[0].startswith("[libc"))


class Services(unittest.TestCase):
    def check(self, what, folded, summary):
        fold = json.loads(summary.read_text())["fold"]
        stacks = collapse.load(folded.read_text().splitlines())
        total = sum(stacks.values())
        named = sum(count for stack, count in stacks.items() if has_root(stack))
        rest = [stack for stack, _ in stacks.most_common() if not has_root(stack)]
        print(f"{what}: {total} stacks, whole {fold['whole']}, by name {named}", *rest[:5], sep="\n  ")
        self.assertGreaterEqual(total, LEAST)
        self.assertGreaterEqual(fold["whole"], WHOLE * fold["stacks"], what)
        self.assertGreaterEqual(named, WHOLE * total, what)

    def watch(self, kind):
        name, service = kind.__name__, kind()
        data, live = TMP / f"{name}.data", TMP / f"{name}-live.folded"
        try:
            pid = str(service.process.pid)
            options = [option.format(service.switches) for option in RECORD]
            perf = PerfRecord(data, *options, "-p", pid)
            oncpu = subprocess.Popen([BIN / "perf-oncpu", "-q", "-p", pid, "-F", "997",
                                      "--call-graph", DUMP, "--no-inline", "-o", live,
                                      "--summary", live.with_suffix(".json")])
            wait_for(lambda: any("perf_event" in os.readlink(fd) for fd in
                                 Path(f"/proc/{oncpu.pid}/fd").iterdir()))
            service.work()
            perf.stop()
            self.assertEqual(oncpu.wait(), 0)
            for event in (option for option in options if "=" in option):
                folded, summary = TMP / f"{name}.folded", TMP / f"{name}.json"
                subprocess.run([BIN / "perf-fold", "-q", "-i", data, "--event", event,
                                "--no-inline", "-o", folded, "--summary", summary], check=True)
                self.check(f"{name}, {event}", folded, summary)
            self.check(f"{name}, live", live, live.with_suffix(".json"))
        finally:
            service.end()

    def test_python(self):
        self.watch(Python)

    def test_node(self):
        self.watch(Node)

    def test_redis(self):
        self.watch(Redis)

    def test_postgres(self):
        self.watch(Postgres)


if __name__ == "__main__":
    if os.geteuid() or subprocess.run(
            ["bash", "-c", '. "$SRC/tests/cli/expect.bash"; needs_sampling']).returncode:
        print("other users' processes are root's")
        sys.exit(77)
    unittest.main()
