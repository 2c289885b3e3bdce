#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A server among many peers, most of them rude (20 §1, 30 §1.5).

net_load.py SERVICE [--memory]: thousands of idle connections, stalled handshakes, bodies that dribble, garbage and
resets at once; every well-behaved client is served meanwhile. With --memory the resident size is looked at: at most
32 KiB for an idle connection, and no more for a second crowd than for the first.
"""
import resource
import socket
import ssl
import struct
import subprocess
import sys
import time

PATIENCE = 60
IDLE_MAX = 32  # KiB resident for each
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
GARBAGE = [b"\0" * 100, b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x15\x03\x03\0\2\2\x28", b"\x16\x03\x01\xff\xff" + b"x" * 50]


class Service:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().decode().rsplit(":", 1)[1])
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    def raw(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def tls(self):
        # as clients do: what they send goes out at once
        raw = self.raw()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.context.wrap_socket(raw)

    def get(self, path="/", connection=None):
        """The body of a whole exchange, on a connection of its own if none is given."""
        with (Borrowed(connection) if connection else self.tls()) as peer:
            peer.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += received(peer)
            head, body = answer.split(b"\r\n\r\n", 1)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
            while len(body) < length:
                body += received(peer)
            return body

    def resident(self):
        """KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def wait_for_connections(self, most):
        """Until only so many are left, the asking one not counted."""
        until = time.monotonic() + PATIENCE
        while (count := int(self.get("/connections")) - 1) > most:
            assert time.monotonic() < until, f"{count} connections are left"
            time.sleep(0.05)

    def stop(self):
        self.process.stdin.close()
        return self.process.wait(PATIENCE)


class Borrowed:
    def __init__(self, connection):
        self.connection = connection

    def __enter__(self):
        return self.connection

    def __exit__(self, *exc):
        pass


def received(peer):
    data = peer.recv(65536)
    assert data, "the connection was closed"
    return data


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def crowd(service, count):
    """Idle connections that have been served; others get their turn meanwhile."""
    idle = []
    for i in range(count):
        idle.append(service.tls())
        assert service.get(connection=idle[-1]) == b"ok"
        if i % 100 == 0:
            assert service.get() == b"ok"
    return idle


def rude(service):
    """All that goes wrong at once; returns the connections that stay."""
    stay = []
    for i in range(300):
        stay.append(service.raw())
        if i % 2:
            stay[-1].sendall(HELLO)
    for i in range(60):
        peer = service.tls()
        peer.sendall([b"GET / HT", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"x" * i][i % 2])
        stay.append(peer)
    for i in range(100):
        with service.raw() as sock:
            sock.sendall(GARBAGE[i % len(GARBAGE)])
    for i in range(500):
        sock = service.raw()
        if i % 3:
            sock.sendall(HELLO[:i % 12])
        reset(sock)
        if i % 50 == 0:
            assert service.get() == b"ok"
    for i in range(100):
        peer = service.tls()
        peer.sendall(REQUEST * (i % 4))
        reset(peer)
    return stay


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4000:
        print("too few descriptors are allowed here")
        return 77
    resource.setrlimit(resource.RLIMIT_NOFILE, (4000 if soft != resource.RLIM_INFINITY and soft < 4000 else soft, hard))
    look_at_memory = "--memory" in sys.argv[2:]
    service = Service(sys.argv[1])
    for sock in crowd(service, 64):
        sock.close()
    service.wait_for_connections(0)
    before = service.resident()
    peaks = []
    for _ in range(2):
        idle = crowd(service, 2000)
        each = (service.resident() - before) / len(idle)
        print(f"{each:.1f} KiB resident for an idle connection")
        assert not look_at_memory or each <= IDLE_MAX
        stay = rude(service)
        for _ in range(20):
            assert service.get() == b"ok"
        # nobody who was idle had to go
        for sock in idle[::40]:
            assert service.get(connection=sock) == b"ok"
        peaks.append(service.resident())
        for sock in stay + idle:
            sock.close()
        service.wait_for_connections(0)
        assert service.get() == b"ok"
    print(f"{before} KiB at first, {peaks} among all of them, {service.resident()} after them")
    assert not look_at_memory or peaks[1] <= peaks[0] * 1.15 + 2048
    assert service.stop() == 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
