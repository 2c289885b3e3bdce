# SPDX-License-Identifier: Apache-2.0
"""Transparent TLS over a bad network: what the program sees is what plain sockets would show it, but for a cut, which is no
end of the stream. Nothing stays behind: no descriptor, no memory."""
import contextlib
import os
import signal
import socket
import struct
import subprocess
import textwrap
import threading
import time

import pytest

from processes import PATIENCE, mesh
from test_marble_ttls import Echo, config, environment, m  # a fixture, too

PYTHON = "/usr/bin/python3"


class Proxy:
    """Forwards one connection after the other, as badly as it is told to."""

    def __init__(self, target, *, piece=65536, delay=0.0, cut_after=None, reset=False):
        self.target, self.piece, self.delay, self.cut_after, self.reset = target, piece, delay, cut_after, reset
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            for sock in (near, far):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.forward, args=(near, far, None), daemon=True).start()
            threading.Thread(target=self.forward, args=(far, near, self.cut_after), daemon=True).start()

    def forward(self, source, sink, cut_after):
        moved = 0
        with contextlib.suppress(OSError):
            while data := source.recv(self.piece):
                if cut_after is not None and moved + len(data) > cut_after:
                    sink.sendall(data[:cut_after - moved])
                    self.cut(sink)
                    return
                time.sleep(self.delay)
                sink.sendall(data)
                moved += len(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def cut(self, sink):
        if self.reset:
            sink.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sink.shutdown(socket.SHUT_RD)  # the other thread lets go of it
            sink.close()
        else:
            sink.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.listener.close()


CLIENT = """
    import os, socket, sys
    port, size = int(sys.argv[1]), int(sys.argv[2])
    data = bytes(i * 7 % 251 for i in range(size))
    got = b""
    try:
        s = socket.create_connection(("127.0.0.1", port))
        s.sendall(data)
        while len(got) < size:
            part = s.recv(10000)
            if not part:
                print("end", len(got) < size)
                break
            got += part
        else:
            s.shutdown(socket.SHUT_WR)
            rest = b""
            while part := s.recv(100):
                rest += part
            print("whole", got == data.upper(), rest)
    except OSError as error:
        print(type(error).__name__)
"""


def client(port, size, ttls):
    done = subprocess.run([PYTHON, "-c", textwrap.dedent(CLIENT), str(port), str(size)], env=environment(ttls),
                          capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def both(m, size, **faults):
    """What the program sees over plain TCP, and over TLS."""
    seen = []
    for plain in (True, False):
        with Echo(m.a, plain=plain) as echo, Proxy(echo.port, **faults) as proxy:
            seen.append(client(proxy.port, size, None if plain else config(m.b, outgoing=[f"127.0.0.1:{proxy.port}"])))
    return seen


@pytest.mark.parametrize("faults", [dict(piece=1), dict(piece=3, delay=0.0005), dict(delay=0.05), dict()],
                         ids=["one byte", "slowly", "late", "good"])
def test_what_comes_slowly_comes(m, faults):
    plain, tls = both(m, 3000, **faults)
    assert plain == tls == "whole True b'END'"


def test_a_reset_is_a_reset(m):
    plain, tls = both(m, 200000, cut_after=50000, reset=True)
    assert plain == tls == "ConnectionResetError"


@pytest.mark.parametrize("after", [20, 500, 3000, 50000])
def test_a_cut_is_no_end(m, after):
    """Plain sockets cannot tell; TLS can, and has to."""
    plain, tls = both(m, 200000, cut_after=after)
    assert plain in ("end True", "BrokenPipeError", "ConnectionResetError")
    assert tls in ("ConnectionAbortedError", "ConnectionResetError", "BrokenPipeError"), tls


LOOP = """
    import os, resource, socket, sys
    port, rounds = int(sys.argv[1]), int(sys.argv[2])
    def state():
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
        return len(os.listdir("/proc/self/fd")), pages * resource.getpagesize() // 1024
    def one(n):
        s = socket.create_connection(("127.0.0.1", port))
        if n % 3:
            s.sendall(b"x")
            assert s.recv(1) == b"X"
        s.close()
    for n in range(rounds // 10):
        one(n)
    before = state()
    for n in range(rounds):
        one(n)
    after = state()
    print(after[0] - before[0], after[1] - before[1])
"""

SERVER = """
    import asyncio, sys
    async def serve(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data.upper())
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()
    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=100)
        await server.serve_forever()
    asyncio.run(main())
"""


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def test_ten_thousand_connections_leave_nothing(m, tmp_path):
    """In the client and in the server: as many descriptors as before, and no growing memory."""
    port, rounds = mesh.free_port(), 10000
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen([PYTHON, "-c", textwrap.dedent(SERVER), str(port)], stderr=log,
                                  env=environment(config(m.a, incoming=[port])))
    try:
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            assert time.monotonic() < end
            time.sleep(0.05)
        ttls = config(m.b, outgoing=[f"127.0.0.1:{port}"])

        def loop(count):
            done = subprocess.run([PYTHON, "-c", textwrap.dedent(LOOP), str(port), str(count)], env=environment(ttls),
                                  capture_output=True, timeout=500, check=False)
            assert done.returncode == 0, done.stderr.decode()
            return map(int, done.stdout.split())

        list(loop(1000))
        descriptors = len(os.listdir(f"/proc/{server.pid}/fd"))
        before = resident(server.pid)
        more_descriptors, more_memory = loop(rounds)
        assert more_descriptors == 0 and more_memory < 1024, (more_descriptors, more_memory)
        end = time.monotonic() + PATIENCE
        while len(os.listdir(f"/proc/{server.pid}/fd")) > descriptors and time.monotonic() < end:
            time.sleep(0.05)
        assert len(os.listdir(f"/proc/{server.pid}/fd")) == descriptors
        assert resident(server.pid) - before < 2048
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()


def test_who_says_nothing_holds_up_nobody(m, tmp_path):
    """A connect that does not block goes on by itself: the program serves others while a peer is silent."""
    silent = socket.create_server(("127.0.0.1", 0))
    script = """
        import errno, select, socket, sys, time
        s = socket.socket()
        s.setblocking(False)
        assert s.connect_ex(("127.0.0.1", int(sys.argv[1]))) == errno.EINPROGRESS
        began = time.monotonic()
        assert select.select([s], [s], [], 0.3) == ([], [], [])
        assert time.monotonic() - began < 30
        try:
            s.send(b"x")
        except BlockingIOError:
            print("waits")
        t = socket.socket()
        t.settimeout(0.3)
        try:
            t.connect(("127.0.0.1", int(sys.argv[1])))
        except socket.timeout:
            print("timeout")
    """
    port = silent.getsockname()[1]
    done = subprocess.run([PYTHON, "-c", textwrap.dedent(script), str(port)], capture_output=True, check=False,
                          env=environment(config(m.b, outgoing=[f"127.0.0.1:{port}"])), timeout=PATIENCE)
    silent.close()
    assert done.stdout == b"waits\ntimeout\n", done.stderr.decode()
