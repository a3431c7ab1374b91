# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs run by somebody without rights, from a directory of his."""
import os
import shutil
import unittest
from pathlib import Path

BIN, TMP = Path(os.environ["BIN"]), Path(os.environ["TMP"])
WORKLOADS = Path(os.environ["BUILD"]) / "tests/known-answer"
NOBODY = 65534


class Nobody:
    """.home: his directory. With may=("perfmon",) he has this capability, and still no tracefs."""

    def __init__(self, may=()):
        if os.geteuid():
            raise unittest.SkipTest("only root can become somebody else")
        self.home = TMP / "-".join(["nobody", *may])
        self.home.mkdir(exist_ok=True)
        os.chown(self.home, NOBODY, NOBODY)
        caps = ",".join(f"+{cap}" for cap in may)
        self.prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                       *([f"--inh-caps={caps}", f"--ambient-caps={caps}"] if may else [])]

    def copy(self, program):
        """@program, where he may start it: the checkout may be where he may not look."""
        copy = self.home / program.name
        if not copy.exists():
            shutil.copy(program, copy)
        return copy

    def command(self, program, *arguments):
        return [*self.prefix, self.copy(program), *arguments]
