# SPDX-License-Identifier: Apache-2.0
"""What the system tests of the Coordinator share: the harness of the end-to-end suite, made ready for processes under
strace, with few descriptors, with many peers."""
import contextlib
import os
import pathlib
import random
import resource
import signal
import socket
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/conformance"))
import mesh  # noqa: E402

PATIENCE = 60


def until(condition, what):
    """The first true value of condition()."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, f"{what}: not within {PATIENCE} s"
        time.sleep(0.01)
    return value


PORTS = iter(random.sample(range(12000, 32000), 2000))


def free_port():
    """One that no connection of a busy client gets meanwhile, as may happen to those of the system's choice."""
    for port in PORTS:
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port is left")


class Coordinator(mesh.Coordinator):
    """A Coordinator with a command in front of it, or with a low soft limit of descriptors."""

    def __init__(self, prefix=(), soft_limit=None, **kwargs):
        super().__init__(mesh_port=free_port(), client_port=free_port(), **kwargs)
        self.prefix, self.soft_limit = list(prefix), soft_limit

    def command(self):
        """The limit is set by a program in front: what runs between fork and exec would run with gRPC's threads."""
        if not self.soft_limit:
            return [*self.prefix, self.binary]
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return ["prlimit", f"--nofile={self.soft_limit}:{hard}", *self.prefix, self.binary]

    def environment(self):
        env = super().environment()
        env.setdefault("TSAN_OPTIONS", f"suppressions={TOP}/tests/tsan.supp")
        return env

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), env=self.environment(),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.workdir,
                                            start_new_session=True)
        return self

    def kill(self):
        """All that the command has started, too."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def end_well(self):
        """Ends it as a supervisor would: no report of a sanitizer, no leak, no error."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.log[-4000:]
        assert "Sanitizer" not in self.log, self.log[-4000:]

    # -- the running process; not through a prefix --

    def proc(self, name):
        return pathlib.Path(f"/proc/{self.process.pid}/{name}")

    def resident(self):
        """KiB."""
        return next(int(line.split()[1]) for line in self.proc("status").read_text().splitlines()
                    if line.startswith("VmRSS"))

    def descriptors(self):
        return len(list(self.proc("fd").iterdir()))
