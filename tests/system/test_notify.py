# SPDX-License-Identifier: Apache-2.0
"""The supervisor is told when the Coordinator serves and when it stops (sd_notify)."""
import socket

import pytest

from processes import PATIENCE, Coordinator, until


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_ready_and_stopping(tmp_path, kind):
    name = str(tmp_path / "notify") if kind == "path" else f"@{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(name.replace("@", "\0", 1) if kind == "abstract" else name)
        supervisor.settimeout(PATIENCE)
        with Coordinator(env={"NOTIFY_SOCKET": name}) as c:
            c.spawn()
            assert supervisor.recv(100) == b"READY=1"
            assert c.status()["code"] == 2  # at once: it serves
            c.end_well()
            assert supervisor.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("name", ["relative", "/nowhere/notify", "/" + "x" * 200])
def test_a_supervisor_that_is_not_there(name):
    with Coordinator(env={"NOTIFY_SOCKET": name}) as c:
        c.start()
        # it serves before it says so
        until(lambda: "cannot be told" in c.log, "the warning")
        c.end_well()
