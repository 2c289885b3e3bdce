#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ttls.py BUILD [--quick]: nginx and redis under Transparent TLS beside their own TLS, the same clients, certificates and
suites; rounds in turn, the best of each. Fails when a program fails, not when the target (0.9 x own TLS) is missed.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 30
TARGET = 0.9


def run(*command, **settings):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **settings).stdout


def credentials(folder):
    """One certificate for all, P-256 as its key, under itself."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out",
        folder / "cert.pem")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def transparent(build, folder, port):
    own = {"cacrt": (folder / "cert.pem").read_text(), "clicrt": (folder / "cert.pem").read_text(),
           "clikey": (folder / "key.pem").read_text(), "clientAuth": False}
    return {"LD_PRELOAD": str(build / "libmarblerun-ttls.so"),
            "MARBLE_TTLS_CONFIG": json.dumps({"tls": {"Incoming": {f"*:{port}": own}, "Outgoing": {}}})}


@contextlib.contextmanager
def server(command, port, folder, more):
    with open(folder / f"log-{port}", "wb") as log:
        process = subprocess.Popen([str(word) for word in command], env=os.environ | more, stdout=log, stderr=log)
    try:
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((folder / f"log-{port}").read_text()[-500:])
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def nginx(folder, port, own):
    place = folder / f"nginx-{port}"
    place.mkdir()
    ssl = f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; ssl_session_cache off; ssl_session_tickets off;"
    temporary = " ".join(f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (place / "conf").write_text(f"""daemon off; user root; worker_processes 1; pid {place}/pid; events {{ }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; {temporary}
server {{ listen 127.0.0.1:{port} {'ssl' if own else ''}; {ssl if own else ''} root {folder}/www;
location /text {{ return 200 "{'x' * 100}"; }} }} }}""")
    return ["/usr/sbin/nginx", "-e", "stderr", "-c", place / "conf"]


def redis(folder, port, own):
    tls = ["--port", "0", "--tls-port", port, "--tls-cert-file", folder / "cert.pem", "--tls-key-file", folder / "key.pem",
           "--tls-ca-cert-file", folder / "cert.pem", "--tls-auth-clients", "no"]
    return ["redis-server", "--bind", "127.0.0.1", "--save", "", "--dir", folder, *(tls if own else ["--port", port])]


def wrk(port, path, seconds, connections):
    out = run("wrk", "-t1", f"-c{connections}", f"-d{seconds}", f"https://127.0.0.1:{port}{path}")
    if "Socket errors" in out or "Non-2xx" in out:
        raise RuntimeError(out)
    return float(re.search(r"Requests/sec: +([0-9.]+)", out)[1])


def redis_benchmark(port, folder, requests, pipeline):
    out = run("redis-benchmark", "-h", "localhost", "-p", port, "--tls", "--cacert", folder / "cert.pem", "-n", requests, "-c", "20",
              "-P", pipeline, "-d", "100", "-t", "get", "--csv")
    return float(out.splitlines()[-1].split('","')[1])


def workloads(folder, quick):
    seconds, requests = (1, 20000) if quick else (3, 100000)
    if shutil.which("wrk") and pathlib.Path("/usr/sbin/nginx").exists():
        yield "nginx, 100 bytes of text", nginx, lambda port: wrk(port, "/text", seconds, 16)
        yield "nginx, 100 bytes of a file", nginx, lambda port: wrk(port, "/small", seconds, 16)
        yield "nginx, 1 MiB of a file", nginx, lambda port: wrk(port, "/large", seconds, 8)
    if shutil.which("redis-benchmark"):
        yield "redis GET", redis, lambda port: redis_benchmark(port, folder, requests, 1)
        yield "redis GET, 16 in a pipeline", redis, lambda port: redis_benchmark(port, folder, requests * 4, 16)


def measure(build, folder, name, command, load, rounds):
    """The best rates of the program's own TLS and of Transparent TLS."""
    ports = {True: free_port(), False: free_port()}
    best = {True: 0.0, False: 0.0}
    with server(command(folder, ports[True], True), ports[True], folder, {}), \
            server(command(folder, ports[False], False), ports[False], folder, transparent(build, folder, ports[False])):
        for _ in range(rounds):
            for own in (True, False):
                best[own] = max(best[own], load(ports[own]))
    ratio = best[False] / best[True]
    print(f"{name:<30}  own TLS {best[True]:>9.0f}/s  transparent {best[False]:>9.0f}/s  x {ratio:.2f}  "
          f"{'PASS' if ratio >= TARGET else 'short'}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mr-bench-") as scratch:
        folder = pathlib.Path(scratch)
        folder.chmod(0o755)
        credentials(folder)
        (folder / "www").mkdir()
        (folder / "www/small").write_bytes(b"x" * 100)
        (folder / "www/large").write_bytes(os.urandom(1 << 20))
        for name, command, load in workloads(folder, options.quick):
            measure(pathlib.Path(options.build).resolve(), folder, name, command, load, 2 if options.quick else 5)


if __name__ == "__main__":
    sys.exit(main())
