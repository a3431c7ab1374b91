# SPDX-License-Identifier: GPL-2.0-or-later
"""A PostgreSQL server, as the distribution packages it, and what its clients do to it."""
import os
import pwd
import signal
import subprocess
import time
from pathlib import Path


def title(pid):
    """What a process of it says that it does; "" of one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Server:
    """It refuses to run as root. Nothing of it leaves @home: no port, a socket there.

    .process: the postmaster. @settings are as in its configuration: "fsync = off"."""

    def __init__(self, home, *settings):
        self.bin = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.stat().st_mtime)
        self.home = home
        self.home.mkdir()
        os.chown(self.home, pwd.getpwnam("postgres").pw_uid, -1)
        self.prefix = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        self.run("initdb", "-D", self.home / "data", "-A", "trust", "-U", "postgres", "-N")
        self.configure(*settings)
        self.process = self.start("postgres", "-D", self.home / "data", "-k", self.home,
                                  "-c", "listen_addresses=")
        while not self.serves():
            time.sleep(0.05)
        self.bench("-i", "-s", "1", "-q")

    def configure(self, *settings):
        with open(self.home / "data" / "postgresql.conf", "a", encoding="ascii") as conf:
            conf.writelines(f"{setting}\n" for setting in settings)

    def change(self, *settings):
        self.configure(*settings)
        self.process.send_signal(signal.SIGHUP)

    def start(self, program, *arguments):
        return subprocess.Popen([*self.prefix, self.bin / program, *arguments], cwd=self.home,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self, program, *arguments, check=True):
        status = self.start(program, *arguments).wait()
        assert not check or not status, (program, status)
        return status

    def serves(self):
        assert self.process.poll() is None
        return not self.run("pg_isready", "-h", self.home, check=False)

    def bench(self, *arguments):
        self.run("pgbench", "-h", self.home, "-U", "postgres", *arguments, "postgres")

    def start_bench(self, *arguments):
        return self.start("pgbench", "-n", "-h", self.home, "-U", "postgres", *arguments, "postgres")

    def sessions(self):
        """The processes that serve a client."""
        return [pid for pid in self.children() if title(pid).startswith("postgres: postgres postgres ")]

    def children(self):
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}")
        return [int(pid) for pid in (task / "children").read_text().split()]

    def stop(self):
        self.process.send_signal(signal.SIGINT)	# "fast": whoever is connected is cut off
        self.process.wait()
