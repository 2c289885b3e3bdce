# SPDX-License-Identifier: Apache-2.0
"""libmarblerun from C, C++ and Python against a running Coordinator, beside an OpenSSL of the application's own."""
import ctypes
import os
import pathlib
import stat
import subprocess
import time

import pytest

from processes import PATIENCE, mesh, until
import marble_lib

BUILD = pathlib.Path(os.environ["MR_BUILD"])
TOP = pathlib.Path(__file__).resolve().parents[2]
NAMES = ("MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", "MARBLE_PREDEFINED_PRIVATE_KEY", "MARBLE_PREDEFINED_ROOT_CA",
         "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA")


@pytest.fixture(scope="module")
def coordinator():
    with mesh.Coordinator() as c:
        c.start().set_manifest(mesh.manifest(Config={"FeatureGates": ["MonotonicCounter"]}))
        yield c


@pytest.fixture(scope="module", params=["c", "c++"])
def program(request, tmp_path_factory):
    """The user's way: public headers, the shared library, another TLS library in the same program."""
    out = tmp_path_factory.mktemp("program") / "marble"
    compiler = ["cc", "-std=c99", "-D_GNU_SOURCE"] if request.param == "c" else ["c++", "-std=c++17", "-x", "c++"]
    done = subprocess.run([*compiler, "-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations", "-I", TOP / "include",
                           TOP / "tests/system/marble_client.c", "-x", "none", "-o", out, f"-L{BUILD}",
                           f"-Wl,-rpath,{BUILD}", "-lmarblerun", "-lssl", "-lcrypto"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    return out


def marble(coordinator, *names):
    got = mesh.activate(coordinator, "marble", identity=mesh.Identity(dns=names or ("localhost",)))
    return got, {name: got.env_text(name) for name in NAMES}


def run(program, env, *arguments):
    return subprocess.run([program, *map(str, arguments)], env=env, capture_output=True, text=True, timeout=PATIENCE,
                          check=False)


def test_marbles_talk(coordinator, program):
    (_, one), (client, two), port = marble(coordinator, "one.mesh"), marble(coordinator, "two.mesh"), mesh.free_port()
    with subprocess.Popen([program, "serve", str(port)], env=one) as server:
        try:
            asked = until(lambda: (done := run(program, two, "ask", port, "one.mesh")).returncode == 0 and done, "the server")
            assert len(asked.stdout.strip()) == 36  # the client's UUID, as the server has seen it
            assert run(program, two, "ask", port, "other.mesh").returncode == 1
            with mesh.Coordinator() as other:  # a Marble of another mesh
                other.start().set_manifest(mesh.manifest())
                _, stranger = marble(other, "two.mesh")
                assert run(program, stranger, "ask", port, "one.mesh").returncode == 1
            assert run(program, two, "ask", port, "one.mesh").returncode == 0
        finally:
            server.kill()


def test_counters(coordinator, program):
    _, env = marble(coordinator)
    values = [(5, 0), (3, 5), (18446744073709551615, 5), (0, 18446744073709551615)]
    for value, before in values:
        done = run(program, env, "count", coordinator.client, 'a "name"', value)
        assert (done.returncode, done.stdout) == (0, f"{before}\n"), done.stderr
    with mesh.Coordinator() as other:  # the root is not that of this mesh
        other.start()
        done = run(program, env, "count", other.client, "x", 1)
        assert done.returncode == 1 and done.stderr.startswith("4 ") and "x509" in done.stderr
    done = run(program, env, "count", "127.0.0.1:1", "x", 1)
    assert done.returncode == 1 and done.stderr.startswith("4 ") and "connection refused" in done.stderr


def test_files(coordinator, program, tmp_path):
    _, env = marble(coordinator)
    assert run(program, env, "write", tmp_path).returncode == 0
    assert run(program, env, "write", tmp_path).returncode == 0  # again
    for name, variable in zip(("cert.pem", "key.pem", "ca.pem", "coordinator-ca.pem"), NAMES):
        assert (tmp_path / name).read_text() == env[variable]
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ca.pem", "cert.pem", "coordinator-ca.pem", "key.pem"]
    done = run(program, env, "write", tmp_path / "nowhere")
    assert done.returncode == 1 and "no such file or directory" in done.stderr


def test_what_was_handed_over_is_checked(coordinator, program):
    _, env = marble(coordinator)
    _, other = marble(coordinator)
    for name in NAMES:
        done = run(program, {k: v for k, v in env.items() if k != name}, "count", "x", "x", 1)
        assert (done.returncode, done.stderr) == (1, f"2 environment variable not set: {name}\n")
        done = run(program, env | {name: "no PEM"}, "count", "x", "x", 1)
        assert done.returncode == 1 and done.stderr.startswith("1 ")
    done = run(program, env | {NAMES[1]: other[NAMES[1]]}, "count", "x", "x", 1)
    assert done.stderr == "1 the key is not the certificate's\n"


def test_python(coordinator):
    """samples/python/marble.py: ctypes."""
    _, env = marble(coordinator)
    script = TOP / "samples/python/marble.py"
    done = subprocess.run(["/usr/bin/python3", script, coordinator.client], capture_output=True, text=True, check=False,
                          env=env | {"LD_LIBRARY_PATH": str(BUILD)}, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "counter starts: 0, then 1"
