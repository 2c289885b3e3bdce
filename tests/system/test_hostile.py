# SPDX-License-Identifier: Apache-2.0
"""Hostile load on the real Coordinator (20 §1, 30 §1.5): thousands of idle peers on both ports, stalled handshakes, bodies
that dribble, garbage and resets, all at once. Whoever behaves is served meanwhile; afterwards descriptors are closed and
memory is given back. net_load.py does the same to a server without a Coordinator behind it."""
import contextlib
import os
import resource
import socket
import ssl
import struct
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from processes import PATIENCE, Coordinator, mesh, until
import marble_lib

SANITIZED = bool(os.environ.get("MR_SANITIZED"))
IDLE = 200 if SANITIZED else 1000  # on each port
ROUNDS = 2
# KiB that may stay of 2,000 peers: the allocator gives whole pages back, and a few small things stay, such as what the
# event library keeps for every descriptor it has seen.
STAYS_MAX = 16 << 10
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
GARBAGE = [b"\0" * 100, b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x15\x03\x03\0\2\2\x28",
           b"\x16\x03\x01\xff\xff" + b"x" * 50]
STATUS = b"GET /api/v2/status HTTP/1.1\r\nHost: a\r\n\r\n"
SLOW = [b"GET / HT", b"POST /api/v2/manifest HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"{" * 100,
        b"POST /api/v2/manifest HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\nx"]

pytestmark = pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] not in (resource.RLIM_INFINITY,) and
                                resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 8192, reason="too few descriptors")


@pytest.fixture(autouse=True)
def many_descriptors():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def running():
    """It begins with the soft limit that a shell gives, which is too low for what comes."""
    with Coordinator(soft_limit=1024) as c:
        c.start()
        c.set_manifest(mesh.manifest(Marbles={"marble": {"Package": "pkg", "Parameters": {"Env": {
            "KEY": "{{ hex .Secrets.key }}"}}}}, Secrets={"key": {"Type": "symmetric-key", "Size": 128}}))
        yield c


class Peers:
    """What talks to a Coordinator, well or badly, and keeps its connections."""

    def __init__(self, c):
        self.c, self.open = c, []
        self.identity = mesh.Identity("peer", key=ec.generate_private_key(ec.SECP256R1()))
        self.h1 = marble_lib.tls_context(self.identity, alpn=("http/1.1",))
        self.h2 = marble_lib.tls_context(self.identity)

    def raw(self, port):
        return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)

    def tls(self, port):
        raw = self.raw(port)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return (self.h1 if port == self.c.client_port else self.h2).wrap_socket(raw)

    def keep(self, sock):
        self.open.append(sock)
        return sock

    def close(self):
        for sock in self.open:
            sock.close()
        self.open.clear()

    def ports(self):
        return self.c.client_port, self.c.mesh_port

    # -- well --

    def served(self):
        """Both APIs answer, on new connections."""
        with self.tls(self.c.client_port) as tls:
            tls.sendall(STATUS)
            assert tls.recv(65536).startswith(b"HTTP/1.1 200 OK")
        self.activated()

    def activated(self):
        with marble_lib.H2(self.c.mesh_port, self.identity) as h2:
            reply = h2.activate(marble_lib.request_bytes("marble", "5c1f9d0e-7a35-4b4e-9a3d-0f6a2c1b8e77",
                                                         self.identity.csr()))
        assert reply.grpc_status == 0 and len(reply.activation.env["KEY"]) == 32

    def idle(self, count):
        """Mutual TLS, once used, then silent."""
        for i in range(count):
            tls = self.keep(self.tls(self.c.client_port))
            tls.sendall(STATUS)
            assert tls.recv(65536).startswith(b"HTTP/1.1 200 OK")
            tls = self.keep(self.tls(self.c.mesh_port))
            tls.sendall(PREFACE)
            assert tls.recv(65536)[3] == 4, "SETTINGS"
            if i % 200 == 0:
                self.served()

    def still_there(self, every):
        """Nobody who was idle had to go."""
        for tls in self.open[::2 * every]:
            tls.sendall(STATUS)
            assert tls.recv(65536).startswith(b"HTTP/1.1 200 OK")

    # -- badly --

    def stall(self, count):
        for i in range(count):
            sock = self.keep(self.raw(self.ports()[i % 2]))
            if i % 3:
                sock.sendall(HELLO[:1 + i % len(HELLO)])

    def dribble(self, count):
        for i in range(count):
            self.keep(self.tls(self.c.client_port)).sendall(SLOW[i % len(SLOW)])
            self.keep(self.tls(self.c.mesh_port)).sendall(PREFACE[:10 + i % 20])

    def nonsense(self, count):
        for i in range(count):
            for port in self.ports():
                with self.raw(port) as sock, contextlib.suppress(OSError):
                    sock.sendall(GARBAGE[i % len(GARBAGE)])
            with self.tls(self.ports()[i % 2]) as tls, contextlib.suppress(OSError):
                tls.sendall(os.urandom(50))

    def reset(self, count):
        for i in range(count):
            sock = self.raw(self.ports()[i % 2])
            with contextlib.suppress(OSError):
                sock.sendall(HELLO[:i % len(HELLO)])
            abort(sock)
            if i % 5 == 0:
                tls = self.tls(self.ports()[i % 2])
                with contextlib.suppress(OSError):
                    tls.sendall(STATUS if i % 2 == 0 else PREFACE)
                abort(tls)


def abort(sock):
    """Ends the connection with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def attack(peers, count):
    peers.stall(count)
    peers.dribble(count // 5)
    peers.nonsense(count // 5)
    peers.reset(count)


def test_served_among_idle_and_rude_peers(running):
    c, good = running, Peers(running)
    good.served()
    descriptors, resident = c.descriptors(), c.resident()
    for _ in range(ROUNDS):
        idle, rude = Peers(c), Peers(c)
        idle.idle(IDLE)
        assert c.descriptors() >= 2 * IDLE
        failures = []

        def go(peers=rude, failures=failures):
            try:
                attack(peers, 200)
            except BaseException as failure:  # told below
                failures.append(failure)
        attackers = threading.Thread(target=go)
        attackers.start()
        served = 0
        while attackers.is_alive() or served < 20:
            good.served()
            served += 1
        attackers.join()
        assert not failures, failures
        idle.still_there(25)
        print(f"{c.resident() - resident} KiB more among {len(idle.open)} idle and {len(rude.open)} rude peers")
        idle.close()
        rude.close()
        until(lambda: c.descriptors() <= descriptors, "the descriptors of all peers are closed")
        good.served()
        if not SANITIZED:
            until(lambda: c.resident() <= resident + STAYS_MAX, "memory is given back")
        print(f"{c.resident() - resident} KiB more after them")
    c.end_well()


def test_ends_in_time_among_idle_and_rude_peers(running):
    """40 §2.7: it does not wait for those who will never finish."""
    peers = Peers(running)
    peers.idle(50)
    attack(peers, 100)
    peers.served()
    running.end_well()
    peers.close()
