# SPDX-License-Identifier: GPL-2.0-or-later
"""What a terminal gets: text of its width, colours unless unwanted, a status line, Ctrl-C."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
from pathlib import Path

BIN = Path(os.environ["BIN"])
os.chdir(os.environ["TMP"])
Path("x.folded").write_text("".join(f"main;work;step{i} {i + 1}\n" for i in range(9)))


def on_terminal(*command, columns=80, env=None, answers=(), errors=True):
    """The exit status and what the terminal got. @answers: (what to wait for, what to type), one
    after the other."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        if not errors:
            os.dup2(os.open("err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
        for name in ("COLUMNS", "NO_COLOR"):
            os.environ.pop(name, None)
        os.environ.update({"TERM": "xterm-256color", **(env or {})})
        os.execv(BIN / command[0], command)
    got = b""
    while True:
        select.select([fd], [], [])
        try:
            piece = os.read(fd, 65536)
        except OSError:  # the other side is closed
            break
        got += piece
        if answers and re.search(answers[0][0], got):
            os.write(fd, answers[0][1])
            answers = answers[1:]
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    return status, got.decode().replace("\r\n", "\n")


def without_colors(text):
    return re.sub(r"\033\[[0-9;]*m", "", text)


def widest(text):
    return max(len(line) for line in without_colors(text).splitlines())


# Text by default, as wide as the terminal, or as COLUMNS says.
status, text = on_terminal("perf-flame", "x.folded")
assert status == 0 and "step8" in text and "<svg" not in text, text
assert "\033[" in text and widest(text) == 80, widest(text)
for columns, env, width in ((120, None, 120), (50, None, 50), (0, None, 80),
                            (120, {"COLUMNS": "100"}, 100), (90, {"COLUMNS": "0"}, 90),
                            (90, {"COLUMNS": "x"}, 90)):
    status, text = on_terminal("perf-flame", "x.folded", columns=columns, env=env)
    assert status == 0 and widest(text) == width, (columns, env, widest(text))
status, text = on_terminal("perf-flame", "x.folded", "--width", "60")
assert status == 0 and widest(text) == 60, widest(text)

# No colours for whom they are nothing, and the same text.
colored = on_terminal("perf-flame", "x.folded")[1]
for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}):
    status, text = on_terminal("perf-flame", "x.folded", env=env)
    assert status == 0 and text == without_colors(colored), (env, text)
assert "\033[" in on_terminal("perf-flame", "x.folded", env={"NO_COLOR": ""})[1]

# No UTF-8, no characters of it; a file has them all the same.
Path("wide.folded").write_text("日本;café 5\n")
for env, shown in (({"LC_ALL": "C"}, "????"), ({"LC_ALL": "", "LC_CTYPE": "", "LANG": ""}, "????"),
                   ({"LC_ALL": "", "LC_CTYPE": "de_DE.utf8", "LANG": "C"}, "日本"),
                   ({"LC_ALL": "C.UTF-8", "LANG": "C"}, "日本")):
    status, text = on_terminal("perf-flame", "wide.folded", env=env)
    assert status == 0 and shown in text and text.isascii() == (shown == "????"), (env, text)
status, text = on_terminal("perf-flame", "wide.folded", "-o", "wide.txt", env={"LC_ALL": "C"})
assert "日本" in Path("wide.txt").read_text()

# What was asked for by name comes as it is; a recording does not.
status, text = on_terminal("perf-flame", "x.folded", "--format", "folded")
assert status == 0 and text == Path("x.folded").read_text(), text
status, text = on_terminal("perf-flame", "x.folded", "-o", "-")
assert status == 0 and "<svg" in text
for args in (("--format", "data"), ("-o", "-", "--format", "data"),
             ("-o", "/dev/stdout", "--format", "data")):
    status, text = on_terminal("perf-oncpu", *args)
    assert status == 2 and "a recording is not for a terminal" in text, text

# A recorder: one line that is renewed and goes away, and Ctrl-C.
status, text = on_terminal("perf-oncpu", "-q", "-d", "100ms", "-o", "probe.data", "--", "true")
if status == 125 and re.search("perf_event_paranoid|not permitted", text):
    print(text)
    sys.exit(77)
assert status == 0 and "\033" not in text, text

LOAD = ("-F", "999", "--", "bash", "-c", "trap 'exit 5' INT TERM; while :; do :; done")
SEEN = rb"recording \d+ s, Ctrl-C ends it: [1-9][\d,]* samples, [\d,]+ lost, "
status, text = on_terminal("perf-oncpu", "-o", "x.svg", *LOAD, answers=[(SEEN, b"\x03")])
assert status == 5, (status, text)
assert "\r\033[Kperf-oncpu: " in text and text.rstrip().splitlines()[-1].startswith(
    "perf-oncpu: wrote x.svg, "), text
assert not re.search(r"recording \d+ s[^\r\n]*\n", text), text
assert "</svg>" in Path("x.svg").read_text()

# A command that does not go is waited for, unless Ctrl-C comes again.
status, text = on_terminal("perf-oncpu", "-o", "x.data", "--", "bash", "-c",
                           "trap '' INT TERM; while :; do :; done",
                           answers=[(SEEN, b"\x03"), (b"finishing", b"\x03")])
assert status == -signal.SIGINT, (status, text)

# The line ends a column before the edge, and is not there for a dumb terminal or -q.
status, text = on_terminal("perf-oncpu", "-o", "x.svg", *LOAD, columns=30,
                           answers=[(rb"recording .*\r", b"\x03")])
lines = re.findall(r"\r(recording [^\r\033]*)", text)
assert lines and all(len(line) <= 29 for line in lines), text
status, text = on_terminal("perf-oncpu", "-d", "1", "-o", "x.data", *LOAD, env={"TERM": "dumb"})
assert status == 5 and "recording " not in text and "\033" not in text, text
status, text = on_terminal("perf-oncpu", "-q", "-d", "1", "-o", "x.data", *LOAD)
assert status == 5 and text == "", text

# The result of a recorder that has no -o: only text on the terminal, nothing between.
status, text = on_terminal("perf-oncpu", "-d", "2", *LOAD, errors=False)
assert status == 5 and without_colors(text).startswith("On-CPU time: "), text
assert "bash" in text and "recording" not in text, text
assert "samples of" in Path("err").read_text()
