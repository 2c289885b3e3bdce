# SPDX-License-Identifier: Apache-2.0
"""Transparent TLS below unmodified programs: both ends talk plain TCP, a relay between them sees TLS alone, and a peer
without a certificate of the mesh gets nothing."""
import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import textwrap
import threading
import time

import pytest

from processes import PATIENCE, mesh
import marble_lib
import test_marble_ttls as ttls
from test_marble_ttls import Relay, config, environment, m, stranger  # fixtures, too

PYTHON = "/usr/bin/python3"
SECRET = "a word that must not be on the wire"


def records_only(stream):
    """The stream is TLS records from the first byte to the last, which may be cut."""
    at = 0
    while at + 5 <= len(stream):
        kind, major, length = stream[at], stream[at + 1], int.from_bytes(stream[at + 3:at + 5], "big")
        if kind not in (20, 21, 22, 23) or major != 3 or length > 16384 + 2048:
            return False
        at += 5 + length
    return len(stream) > 0


class Recorder(Relay):
    """Keeps what each connection carried, a pair of streams each."""

    def __init__(self, target):
        self.connections = []
        super().__init__(target)

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            seen = [bytearray(), bytearray()]
            self.connections.append(seen)
            for source, sink, kept in ((near, far, seen[0]), (far, near, seen[1])):
                threading.Thread(target=self._copy, args=(source, sink, kept), daemon=True).start()

    @staticmethod
    def _copy(source, sink, kept):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                kept += data
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def assert_encrypted(self):
        assert self.connections
        for seen in self.connections:
            for way in seen:
                assert records_only(way)
                assert SECRET.encode() not in way


@contextlib.contextmanager
def running(command, ttls_config, tmp_path, port, **settings):
    with open(tmp_path / "log", "ab") as log:
        process = subprocess.Popen(command, env=environment(ttls_config), cwd=tmp_path, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, **settings)
    try:
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            assert process.poll() is None and time.monotonic() < end, (tmp_path / "log").read_text()[-2000:]
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(command, ttls_config, **settings):
    return subprocess.run(command, env=environment(ttls_config), capture_output=True, timeout=PATIENCE, check=False,
                          stdin=subprocess.DEVNULL if "input" not in settings else None, **settings)


def refuses_strangers(port, other, request=b"no TLS at all\r\n"):
    """Neither plain text nor a certificate of another mesh gets an answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        raw.sendall(request)
        seen = b""
        with contextlib.suppress(ConnectionError):
            while part := raw.recv(4096):
                seen += part
        assert len(seen) <= 7, seen  # an alert at most
    context = ttls.context(other)
    context.verify_mode = 0
    with pytest.raises((OSError, EOFError)):
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=20)) as tls:
            tls.sendall(request)
            if not tls.recv(1):
                raise EOFError


# --- PostgreSQL --------------------------------------------------------------------------------------------------

POSTGRES = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1:] if pathlib.Path("/usr/lib/postgresql").exists() else []


def as_postgres():
    """The server refuses to be root."""
    if os.getuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL is not installed")
def test_postgresql(m, stranger, tmp_path):
    """A process a connection: accepted in one, served in another."""
    port, data = mesh.free_port(), tmp_path / "data"
    data.mkdir(mode=0o700)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    library = tmp_path / "libmarblerun-ttls.so"  # where that user can read it
    shutil.copy(os.environ["MR_TTLS"], library)
    if as_postgres():
        os.chown(data, as_postgres()["user"], as_postgres()["group"])
    subprocess.run([POSTGRES[0] / "initdb", "-D", data, "-U", "mesh", "-A", "trust", "--no-sync"], check=True,
                   capture_output=True, cwd="/", **as_postgres())
    server = [POSTGRES[0] / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "", "-c", "fsync=off"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MR_TTLS", str(library))
        (tmp_path / "log").touch()
        with running(server, config(m.a, incoming=[port]), tmp_path, port, **as_postgres()), Recorder(port) as relay:
            def ask(statement):
                done = run(["psql", "-h", "localhost", "-p", str(relay.port), "-U", "mesh", "-d", "postgres", "-tA",
                            "-v", "ON_ERROR_STOP=1", "-c", statement],
                           config(m.b, outgoing=[f"localhost:{relay.port}"]))
                assert done.returncode == 0, done.stderr.decode()
                return done.stdout.decode().rstrip("\n")

            end = time.monotonic() + PATIENCE
            while True:  # the port is open before the server is ready
                with contextlib.suppress(AssertionError):
                    assert ask("select 1") == "1"
                    break
                assert time.monotonic() < end
            ask("create table t (word text)")
            ask(f"insert into t values ('{SECRET}')")
            assert ask("select word from t") == SECRET
            assert len(ask("select repeat('0123456789', 300000)")) == 3000000
            assert ask("select count(*) from generate_series(1, 100000)") == "100000"
            relay.assert_encrypted()
            refuses_strangers(port, stranger, b"\0\0\0\x08\x04\xd2\x16\x2f")


# --- memcached ---------------------------------------------------------------------------------------------------

@pytest.mark.skipif(not shutil.which("memcached"), reason="memcached is not installed")
def test_memcached(m, stranger, tmp_path):
    """Threads with an event loop each, over which connections are spread; a client that selects."""
    port = mesh.free_port()
    server = ["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "4", *(["-u", "root"] if os.getuid() == 0 else [])]
    client = f"""
        import select, socket, sys
        socks = [socket.create_connection(("localhost", int(sys.argv[1]))) for _ in range(16)]
        def ask(s, request, end):
            s.sendall(request)
            got = b""
            while not got.endswith(end):
                select.select([s], [], [])
                part = s.recv(1000)
                assert part
                got += part
            return got
        big = b"0123456789" * 50000
        for n, s in enumerate(socks):
            assert ask(s, b"set k%d 0 0 %d\\r\\n" % (n, len(big)) + big + b"\\r\\n", b"\\r\\n") == b"STORED\\r\\n"
        for n, s in enumerate(socks):
            assert big in ask(s, b"get k%d\\r\\n" % (15 - n), b"END\\r\\n")
        word = {SECRET!r}.encode()
        ask(socks[0], b"set w 0 0 %d\\r\\n" % len(word) + word + b"\\r\\n", b"\\r\\n")
        assert word in ask(socks[1], b"get w\\r\\n", b"END\\r\\n")
        print("done")
    """
    with running(server, config(m.a, incoming=[port]), tmp_path, port), Recorder(port) as relay:
        done = run([PYTHON, "-c", textwrap.dedent(client), str(relay.port)],
                   config(m.b, outgoing=[f"localhost:{relay.port}"]))
        assert done.stdout == b"done\n", done.stderr.decode()
        relay.assert_encrypted()
        refuses_strangers(port, stranger, b"get w\r\n")


# --- node and java -----------------------------------------------------------------------------------------------

NODE = """
    const http = require("http"), port = Number(process.argv[2]);
    if (process.argv[1] === "serve") {
        http.createServer((request, response) => {
            let got = 0;
            request.on("data", part => got += part.length);
            request.on("end", () => response.end(`${got} %s ` + "x".repeat(got)));
        }).listen(port, "127.0.0.1");
    } else {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
        let left = 20;
        for (let i = 0; i < 20; i++) {
            const request = http.request({ host: "localhost", family: 4, port, agent, method: "POST" }, response => {
                let got = "";
                response.on("data", part => got += part);
                response.on("end", () => {
                    if (got !== `${i * 10000} %s ` + "x".repeat(i * 10000)) process.exit(1);
                    if (--left === 0) { console.log("done"); agent.destroy(); }
                });
            });
            request.on("error", error => { console.error(error); process.exit(1); });
            request.end("y".repeat(i * 10000));
        }
    }
""" % (SECRET, SECRET)


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_node(m, stranger, tmp_path):
    """libuv: one event loop, sockets that do not block."""
    port = mesh.free_port()
    with running(["node", "-e", NODE, "serve", str(port)], config(m.a, incoming=[port]), tmp_path, port), \
            Recorder(port) as relay:
        done = run(["node", "-e", NODE, "ask", str(relay.port)], config(m.b, outgoing=[f"localhost:{relay.port}"]))
        assert done.stdout == b"done\n", done.stderr.decode()
        relay.assert_encrypted()
        refuses_strangers(port, stranger, b"GET / HTTP/1.0\r\n\r\n")


JAVA = """
    import java.io.*; import java.net.*; import java.nio.ByteBuffer; import java.nio.channels.*;
    class Mesh {
        static void serve(int port) throws Exception {
            var server = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", port));
            var selector = Selector.open();
            server.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
            var buffer = ByteBuffer.allocate(9000);
            while (true) {
                selector.select();
                for (var i = selector.selectedKeys().iterator(); i.hasNext(); i.remove()) {
                    var key = i.next();
                    if (key.isAcceptable()) {
                        server.accept().configureBlocking(false).register(selector, SelectionKey.OP_READ);
                        continue;
                    }
                    var channel = (SocketChannel) key.channel();
                    buffer.clear();
                    int n = -1;
                    try { n = channel.read(buffer); } catch (IOException e) { }
                    if (n < 0) { channel.close(); continue; }
                    buffer.flip();
                    while (buffer.hasRemaining()) channel.write(buffer);
                }
            }
        }
        public static void main(String[] arguments) throws Exception {
            int port = Integer.parseInt(arguments[1]);
            if (arguments[0].equals("serve")) serve(port);
            try (var socket = new Socket("localhost", port)) {
                byte[] sent = "%s".repeat(3000).getBytes();
                var sender = new Thread(() -> {
                    try { socket.getOutputStream().write(sent); } catch (IOException e) { throw new RuntimeException(e); }
                });
                sender.start();
                byte[] got = new DataInputStream(socket.getInputStream()).readNBytes(sent.length);
                sender.join();
                System.out.println(java.util.Arrays.equals(sent, got) ? "done" : "differs");
            }
        }
    }
""" % SECRET


@pytest.mark.skipif(not shutil.which("javac"), reason="a Java compiler is not installed")
def test_java(m, stranger, tmp_path):
    """The JVM's own selector over epoll, and its blocking sockets (which do not block below)."""
    port = mesh.free_port()
    (tmp_path / "Mesh.java").write_text(textwrap.dedent(JAVA))
    subprocess.run(["javac", "-d", tmp_path, tmp_path / "Mesh.java"], check=True, timeout=PATIENCE)
    java = ["java", "-Xshare:auto", "-Djava.net.preferIPv4Stack=true", "-cp", str(tmp_path), "Mesh"]
    with running([*java, "serve", str(port)], config(m.a, incoming=[port]), tmp_path, port), Recorder(port) as relay:
        done = run([*java, "ask", str(relay.port)], config(m.b, outgoing=[f"localhost:{relay.port}"]))
        assert done.stdout == b"done\n", done.stderr.decode()
        relay.assert_encrypted()
        refuses_strangers(port, stranger)


# --- what the library cannot reach -------------------------------------------------------------------------------

def test_a_static_program_is_not_reached(m, tmp_path):
    """It runs as it would, and talks plain: docs/ttls.md says so."""
    (tmp_path / "plain.c").write_text('#include <unistd.h>\nint main(void) { return write(1, "ran\\n", 4) != 4; }\n')
    built = subprocess.run(["cc", "-static", "-o", tmp_path / "plain", tmp_path / "plain.c"], check=False, capture_output=True)
    assert built.returncode == 0, built.stderr.decode()
    for text in (config(m.a, incoming=[1]), "{"):  # not even a broken configuration is seen
        done = run([tmp_path / "plain"], text)
        assert (done.returncode, done.stdout) == (0, b"ran\n")


@pytest.mark.skipif(os.getuid() != 0, reason="making a set-user-ID program needs root")
def test_a_set_user_id_program_is_not_reached(m, tmp_path):
    """The loader takes only set-user-ID libraries of trusted folders into it, and drops the variable."""
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    program = tmp_path / "environment"
    shutil.copy("/usr/bin/env", program)
    program.chmod(0o4755)
    done = run([program], "{", user=65534, group=65534, extra_groups=[])
    assert done.returncode == 0 and b"LD_PRELOAD" not in done.stdout, done


def test_a_started_program_has_its_own_configuration(m, tmp_path):
    """fork and exec: open connections end there, listening sockets go on, a broken configuration stops the new program."""
    port = mesh.free_port()
    inner = """
        import os, socket, sys
        listener = socket.socket(fileno=int(sys.argv[1]))
        for number in range(3, 200):
            if number != listener.fileno():
                try:
                    peer = socket.socket(fileno=os.dup(number)).getpeername()
                except OSError:
                    continue
                sys.exit(f"{number} is still connected to {peer}")
        conn, _ = listener.accept()
        conn.sendall(conn.recv(100).upper())
        conn.close()
    """
    outer = f"""
        import os, socket, sys
        listener = socket.create_server(("127.0.0.1", {port}))
        conn, _ = listener.accept()
        assert conn.recv(100) == b"first"
        os.set_inheritable(listener.fileno(), True)
        os.set_inheritable(conn.fileno(), True)
        os.execv({PYTHON!r}, [{PYTHON!r}, "-c", sys.argv[1], str(listener.fileno())])
    """
    command = [PYTHON, "-c", textwrap.dedent(outer), textwrap.dedent(inner)]
    process = subprocess.Popen(command, env=environment(config(m.a, incoming=[port])), stderr=subprocess.PIPE)
    try:
        def talk(word):
            end = time.monotonic() + PATIENCE
            while True:
                try:
                    raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
                    break
                except OSError:
                    assert time.monotonic() < end
                    time.sleep(0.05)
            return ttls.context(m.b).wrap_socket(raw)
        with talk(b"first") as first:
            first.sendall(b"first")
            with talk(b"second") as second:
                second.sendall(b"second")
                assert second.recv(100) == b"SECOND"
            first.settimeout(PATIENCE)
            with contextlib.suppress(OSError):  # ended by exec, without a word
                assert first.recv(1) == b""
        assert process.wait(PATIENCE) == 0, process.stderr.read().decode()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
