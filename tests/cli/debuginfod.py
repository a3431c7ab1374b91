#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Symbols from debuginfod servers: asked for only if told to, and only where it pays."""
import ctypes
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import unittest
from pathlib import Path

SRC, TMP = Path(os.environ["SRC"]), Path(os.environ["TMP"])
sys.path.insert(0, str(SRC / "tests" / "tools"))
from recording import Recording  # noqa: E402

FOLD = str(Path(os.environ["BIN"]) / "perf-fold")
CODE = """
volatile int sink;
static inline __attribute__((always_inline)) void inlined(void) { sink++; }
__attribute__((noinline)) static void %s(void) { inlined(); sink += 2; }
int main(void) { %s(); return 0; }
"""
PAGES = 0x10_0000


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


class Program:
    """Stripped, as it is mapped, what was stripped from it, and as it was before."""

    def __init__(self, name):
        self.path, self.debug, self.whole = (TMP / f"{name}{end}" for end in ("", ".debug", ".whole"))
        source = TMP / f"{name}.c"
        source.write_text(CODE % (2 * (f"in_{name}",)))
        run(os.environ.get("CC", "cc"), "-O1", "-g", "-o", self.path, source)
        symbols = {line.split()[-1]: int(line.split()[0], 16)
                   for line in run("nm", self.path).splitlines() if len(line.split()) == 3}
        code = next(line.split() for line in run("readelf", "-lW", self.path).splitlines()
                    if line.split()[:1] == ["LOAD"] and " R E " in line)
        self.offset = symbols[f"in_{name}"] - int(code[2], 16) + int(code[1], 16)
        self.build_id = re.search("Build ID: ([0-9a-f]+)", run("readelf", "-n", self.path))[1]
        run("objcopy", "--only-keep-debug", self.path, self.debug)
        shutil.copy(self.path, self.whole)
        run("strip", self.path)


class Server(http.server.ThreadingHTTPServer):
    """debuginfod's way of asking: /buildid/ID/debuginfo, or executable. asked: of each request,
    its path."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            file = self.server.files.get(self.path)
            self.send_response(200 if file else 404)
            body = file.read_bytes() if file else b""
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.files = {f"/buildid/{name}": file for name, file in files.items()}
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/"


def setUpModule():
    global HOT, COLD, DATA
    try:
        ctypes.CDLL("libdebuginfod.so.1")
    except OSError:
        raise unittest.SkipTest("libdebuginfod is not installed")
    HOT, COLD = Program("hot"), Program("cold")
    DATA = TMP / "x.data"
    DATA.write_bytes(recording().file())


def recording(calls=False):
    """300 samples in HOT, 2 in COLD, which makes 0.7 percent; calls: HOT is called by COLD."""
    data = Recording()
    data.comm(10, 10, "app", time=1)
    for i, program in enumerate((HOT, COLD)):
        data.mmap2(10, 10, (i + 1) * PAGES, PAGES, 0, str(program.path), time=2, inode=i + 1,
                   build_id=bytes.fromhex(program.build_id))
    hot, cold = PAGES + HOT.offset, 2 * PAGES + COLD.offset
    for i in range(302):
        chain = [hot if i < 300 else cold, *([cold + 1] if calls else [])]
        data.user(10, 10, 10 + i, *chain)
    return data


class Fetching(unittest.TestCase):
    def setUp(self):
        self.server = Server({f"{program.build_id}/debuginfo": program.debug
                              for program in (HOT, COLD)})
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        shutil.rmtree(TMP / "cache", ignore_errors=True)

    def fold(self, *options, data=None, **environment):
        """{stack: weight}; what it says stays in .messages."""
        environment = {"DEBUGINFOD_URLS": self.server.url(), "DEBUGINFOD_TIMEOUT": "20",
                       "DEBUGINFOD_CACHE_PATH": str(TMP / "cache"),
                       "no_proxy": "127.0.0.1", **environment}
        done = subprocess.run([FOLD, "-i", str(data or DATA), *options], capture_output=True,
                              text=True, check=False, env={**os.environ, **environment})
        self.messages = done.stderr
        self.assertEqual(done.returncode, 0, done.stderr)
        return {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1])
                for line in done.stdout.splitlines()}

    def asked_for(self):
        return {path.split("/")[2] for path in self.server.asked}

    def test_not_asked_unless_told(self):
        self.assertEqual(self.fold("--inline"), {"app;[hot]": 300, "app;[cold]": 2})
        self.assertEqual(self.server.asked, [])

    def test_only_where_it_pays(self):
        self.assertEqual(self.fold("--debuginfod"), {"app;in_hot": 300, "app;[cold]": 2})
        self.assertEqual(self.asked_for(), {HOT.build_id})
        self.assertIn(self.server.url(), self.messages)

    def test_callers_count(self):
        path = TMP / "calls.data"
        path.write_bytes(recording(calls=True).file())
        self.assertEqual(self.fold("--debuginfod", data=path),
                         {"app;in_cold;in_hot": 300, "app;in_cold;in_cold": 2})
        self.assertEqual(self.asked_for(), {HOT.build_id, COLD.build_id})

    def test_inlines_and_lines(self):
        self.assertEqual(self.fold("--debuginfod", "--inline", "--srcline"),
                         {"app;in_hot;inlined (hot.c:3)": 300, "app;[cold]": 2})

    def test_kept(self):
        self.fold("--debuginfod")
        asked = len(self.server.asked)
        self.assertEqual(self.fold("--debuginfod"), {"app;in_hot": 300, "app;[cold]": 2})
        self.assertEqual(len(self.server.asked), asked)

    def test_another_file_is_not_believed(self):
        self.server.files[f"/buildid/{HOT.build_id}/debuginfo"] = COLD.debug
        self.assertEqual(self.fold("--debuginfod"), {"app;[hot]": 300, "app;[cold]": 2})

    def test_no_file(self):
        self.server.files.clear()
        self.assertEqual(self.fold("--debuginfod"), {"app;[hot]": 300, "app;[cold]": 2})
        self.assertEqual(self.asked_for(), {HOT.build_id})

    def test_no_server(self):
        nameless = {"app;[hot]": 300, "app;[cold]": 2}
        self.assertEqual(self.fold("--debuginfod", DEBUGINFOD_URLS=""), nameless)
        self.assertIn("DEBUGINFOD_URLS names none", self.messages)
        self.assertEqual(self.fold("--debuginfod", DEBUGINFOD_URLS="http://127.0.0.1:1/"),
                         nameless)
        self.assertIn("hot: asking for its symbols: ", self.messages)

    def lose(self):
        """HOT's file is gone, and no server has its debug file: it itself may be had, with a symtab."""
        HOT.path.rename(TMP / "lost")
        self.addCleanup((TMP / "lost").rename, HOT.path)
        self.server.files = {f"/buildid/{program.build_id}/executable": program.whole
                             for program in (HOT, COLD)}

    def test_gone(self):
        self.lose()
        self.assertEqual(self.fold(), {"app;[hot]": 300, "app;[cold]": 2})
        self.assertEqual(self.server.asked, [])
        self.assertEqual(self.fold("--debuginfod"), {"app;in_hot": 300, "app;[cold]": 2})
        self.assertEqual(self.server.asked, [f"/buildid/{HOT.build_id}/{what}"
                                             for what in ("debuginfo", "executable")])
        self.assertEqual(self.fold("--debuginfod", "--inline", "--srcline"),
                         {"app;in_hot;inlined (hot.c:3)": 300, "app;[cold]": 2})

    def test_gone_and_another_is_not_believed(self):
        self.lose()
        self.server.files[f"/buildid/{HOT.build_id}/executable"] = COLD.whole
        self.assertEqual(self.fold("--debuginfod"), {"app;[hot]": 300, "app;[cold]": 2})

    def test_gone_with_a_debug_file(self):
        """Which has all that is asked for."""
        self.lose()
        self.server.files[f"/buildid/{HOT.build_id}/debuginfo"] = HOT.debug
        self.assertEqual(self.fold("--debuginfod"), {"app;in_hot": 300, "app;[cold]": 2})
        self.assertEqual({path.split("/")[-1] for path in self.server.asked}, {"debuginfo"})

    def test_here_and_stripped(self):
        """Then the binary itself is not asked for."""
        self.server.files.clear()
        self.fold("--debuginfod")
        self.assertEqual({path.split("/")[-1] for path in self.server.asked}, {"debuginfo"})

    def test_here_already(self):
        """What has its symbols here is not asked for."""
        cache = TMP / "home" / ".debug" / ".build-id" / HOT.build_id[:2] / HOT.build_id[2:]
        cache.mkdir(parents=True, exist_ok=True)
        shutil.copy(HOT.debug, cache / "debug")
        self.assertEqual(self.fold("--debuginfod", HOME=str(TMP / "home")),
                         {"app;in_hot": 300, "app;[cold]": 2})
        self.assertEqual(self.server.asked, [])


if __name__ == "__main__":
    unittest.main()
