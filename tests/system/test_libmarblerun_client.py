# SPDX-License-Identifier: Apache-2.0
"""libmarblerun's client part from C, C++ and Python against a running Coordinator; keys behind callbacks."""
import base64
import ctypes
import json
import os
import pathlib
import subprocess
import types

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from processes import PATIENCE, mesh
import cli_lib
import rest_lib

BUILD = pathlib.Path(os.environ["MR_BUILD"])
TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["c", "c++"])
def program(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("program") / "client"
    compiler = ["cc", "-std=c99", "-D_GNU_SOURCE"] if request.param == "c" else ["c++", "-std=c++17", "-x", "c++"]
    done = subprocess.run([*compiler, "-Wall", "-Wextra", "-Werror", "-I", TOP / "include",
                           TOP / "tests/system/coordinator_client.c", "-x", "none", "-o", out, f"-L{BUILD}",
                           f"-Wl,-rpath,{BUILD}", "-lmarblerun", "-lcrypto"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


class World:
    def __init__(self, program, directory, coordinator):
        self.program, self.dir, self.c = program, directory, coordinator
        self.people = {name: rest_lib.Person() for name in ("anna", "bert")}
        self.recovery = mesh.RecoveryKey()
        for name, person in self.people.items():
            self.file(name + ".crt", person.cert_pem)
            self.file(name + ".key", person.key_pem)
        self.file("recovery.key", self.recovery.private_pem)

    def file(self, name, content):
        path = self.dir / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def manifest(self, **extra):
        roles = {"all": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
                 "secrets": {"ResourceType": "Secrets", "ResourceNames": ["key"], "Actions": ["ReadSecret", "WriteSecret"]}}
        users = {name: {"Certificate": person.cert_pem.decode(), "Roles": ["all", "secrets"]}
                 for name, person in self.people.items()}
        return json.dumps(mesh.manifest(Users=users, Roles=roles, RecoveryKeys={"r": self.recovery.public_pem},
                                        Secrets={"key": {"Type": "plain", "UserDefined": True}},
                                        Config={"UpdateThreshold": 2}, **extra))

    def run(self, *arguments, user="-", how="insecure", status=0):
        user = user if user == "-" else str(self.dir / user)
        done = subprocess.run([self.program, self.c.client, how, user, *map(str, arguments)], capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        assert done.returncode == status, (done.stdout, done.stderr)
        return done.stdout if status == 0 else done.stderr


@pytest.fixture
def world(program, tmp_path):
    with mesh.Coordinator() as c:
        yield World(program, tmp_path, c.start())


def test_the_life_of_a_manifest(world):
    first = world.file("first.json", world.manifest())
    given = world.run("set", first)
    assert given.startswith("missing -1\nsecret r ")
    assert world.run("show").startswith("status 3 ") and f"manifest {first.stat().st_size} " in world.run("show")
    world.run("verify", first)
    other = world.file("other.json", world.manifest(Infrastructures={}))
    assert "another manifest" in world.run("verify", other, status=1)
    assert "server is not in expected state" in world.run("set", first, status=1)
    # a change by two users
    assert world.run("update", other, user="anna") == "missing 1\nuser bert\n"
    assert world.run("pending") == f"pending {other.stat().st_size}\nuser bert\n"
    assert "1 " not in world.run("log")[:2]
    assert world.run("acknowledge", other, user="bert").startswith("missing 0\n")
    world.run("verify", other)
    world.run("update", first, user="anna")
    world.run("cancel", user="anna")
    assert "no update in progress" in world.run("pending", status=1)
    assert len(world.run("log").splitlines()) >= 3


def test_secrets(world):
    world.run("set", world.file("m.json", world.manifest()))
    value = base64.b64encode(b"a value").decode()
    world.run("secrets", json.dumps({"key": {"Key": value}}), user="anna")
    name, _, text = world.run("secrets", "key", "key", user="bert").strip().partition(" ")
    assert name == "key" and json.loads(text)["Public"] == value
    assert world.run("secrets", "key", "key", status=1).startswith("3 ")  # nobody in particular: MARBLERUN_DENIED


def test_recovery(world):
    given = world.run("set", world.file("m.json", world.manifest()))
    data = bytes.fromhex(next(line.split()[2] for line in given.splitlines() if line.startswith("secret r ")))
    world.c.kill()
    sealed = world.c.seal_dir / "sealed_key"
    sealed.write_bytes(bytes(len(sealed.read_bytes())))
    world.c.start()
    assert world.run("show", status=1)
    assert world.run("recover", world.dir / "recovery.key", world.file("data", data)).startswith("remaining 0, ")
    assert world.run("show").startswith("status 3 ")


@pytest.mark.parametrize("number", [2**32, -2**32, 2**31])
def test_numbers_are_not_cut(program, tmp_path, number):
    """2^32 acknowledgments that are missing are not none."""
    routes = {"POST /api/v2/update": cli_lib.success({"missingAcknowledgments": number, "missingUsers": []}),
              "GET /api/v2/status": cli_lib.success({"code": number, "message": "x"}),
              "POST /api/v2/recover": cli_lib.success({"remaining": number})}
    with cli_lib.Script(routes) as script:
        world = World(program, tmp_path, types.SimpleNamespace(client=script.host))
        public = world.recovery.key.public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        script.routes["GET /api/v2/recover/public-key"] = cli_lib.success(
            {"ephemeralPublicKey": base64.b64encode(der).decode()})
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        data = world.file("data", public.encrypt(bytes(16), oaep))
        for arguments in (["update", world.file("m.json", "{}")], ["show"],
                          ["recover", world.dir / "recovery.key", data]):
            told = world.run(*arguments, user="anna", status=1)
            assert f"a number out of range: {number}" in told, told


def test_trust(world, tmp_path):
    """A cache is trusted, and nothing else; a Coordinator in simulation is not verified."""
    world.run("save", tmp_path / "cache.pem")
    cache = f"cache:{tmp_path / 'cache.pem'}"
    world.run("set", world.file("m.json", world.manifest()), how=cache)
    policy = world.file("era.json", json.dumps({"UniqueID": "00" * 32}))
    assert "empty report" in world.run("show", how=str(policy), status=1)
    assert "InsecureSkipVerify" in world.run(
        "show", how=str(world.file("bad.json", json.dumps({"InsecureSkipVerify": True}))), status=1)
    with mesh.Coordinator() as other:
        stranger = World(world.program, tmp_path, other.start())
        assert stranger.run("show", how=cache, status=1).startswith("4 ")


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 512)]


class Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]


def test_python():
    library = ctypes.CDLL(str(BUILD / "libmarblerun.so"))
    for name in ("marblerun_policy_from_json", "marblerun_coordinator_verify", "marblerun_coordinator_trust",
                 "marblerun_coordinator_root"):
        getattr(library, name).restype = ctypes.c_void_p
    error = Error()
    with mesh.Coordinator() as c:
        c.start()
        policy = ctypes.c_void_p(library.marblerun_policy_from_json(b"{}", ctypes.byref(error)))
        library.marblerun_policy_skip_verification(policy)
        endpoint = c.client.encode()
        one = ctypes.c_void_p(library.marblerun_coordinator_verify(endpoint, policy, ctypes.byref(error)))
        assert one, error.message
        root = ctypes.cast(library.marblerun_coordinator_root(one), ctypes.c_char_p)
        two = ctypes.c_void_p(library.marblerun_coordinator_trust(endpoint, root, ctypes.byref(error)))
        code, text = ctypes.c_int(), Bytes()
        assert library.marblerun_status(two, ctypes.byref(code), ctypes.byref(text), ctypes.byref(error)) == 0
        assert code.value == 2 and b"ready to accept a manifest" in text.data
        library.marblerun_bytes_free(ctypes.byref(text))
        assert library.marblerun_manifest_get(two, None, None, None, ctypes.byref(error)) == -1 and error.message
        for thing in (one, two):
            library.marblerun_coordinator_free(thing)
        library.marblerun_policy_free(policy)
    assert library.marblerun_policy_from_json(b"{", ctypes.byref(error)) is None and error.code == 1
