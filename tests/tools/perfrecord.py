# SPDX-License-Identifier: GPL-2.0-or-later
"""perf record of what runs already, known to record from a certain moment on.

Left to itself it forgets the names of threads that are born between its opening
events and starting them.
"""
import os
import subprocess


class PerfRecord:
    """Records from when the constructor returns; the box until .stop(), tasks to their end."""

    def __init__(self, data, *options, rate=("-F", "997"), prefix=()):
        control, self.control = os.pipe()
        ack, acked = os.pipe()
        self.command = [*prefix, "perf", "record", "-q", *rate, "-g", "-D", "-1", "--control",
                        f"fd:{control},{acked}", "-o", data, *options]
        self.process = subprocess.Popen(self.command, pass_fds=(control, acked))
        os.close(control)
        os.close(acked)
        self.acks = open(ack, encoding="ascii")
        self.tell("enable\n")

    def tell(self, what):
        os.write(self.control, what.encode())
        if self.acks.readline().strip("\0") != "ack\n":
            raise AssertionError(f"exit status {self.process.wait()}: {self.command}")

    def stop(self):
        if "-a" in self.command:
            self.tell("stop\n")
        status = self.process.wait()
        self.acks.close()
        os.close(self.control)	# not earlier: perf takes its end for an error
        if status:
            raise AssertionError(f"exit status {status}: {self.command}")
