# SPDX-License-Identifier: Apache-2.0
"""What a Coordinator gave up is in its memory no more: a secret that was replaced, one that was handed to a Marble, a
recovery secret that was uploaded. Its memory is read through /proc, by a process that may."""
import base64
import contextlib
import os
import subprocess
import uuid

import pytest

from processes import PATIENCE, Coordinator, mesh, until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of a Coordinator")

CHUNK = 16 << 20


@pytest.fixture
def coordinator():
    with Coordinator() as c:
        yield c.start()
        c.end_well()


def spellings(secret):
    """As bytes, and in what they are encoded to on their way. Of base64 the middle, whatever stands before it."""
    yield secret
    yield secret.hex().encode()
    for lead in range(3):
        yield base64.b64encode(b"x" * lead + secret)[4:-4]


def found(c, secret):
    """The names of the mappings in which the secret lies."""
    wanted, names = list(spellings(secret)), []
    with open(f"/proc/{c.process.pid}/mem", "rb") as memory:
        for line in c.proc("maps").read_text().splitlines():
            fields = line.split()
            name = fields[5] if len(fields) > 5 else "anonymous"
            if not fields[1].startswith("rw") or name in ("[vvar]", "[vsyscall]"):
                continue
            start, end = (int(x, 16) for x in fields[0].split("-"))
            for at in range(start, end, CHUNK):
                with contextlib.suppress(OSError):
                    memory.seek(at)
                    content = memory.read(min(end, at + CHUNK + 256) - at)
                    names += [f"{name} {fields[0]} +{content.find(w):#x} as {w[:4]!r}" for w in wanted if w in content]
    return names


def gone(c, secret, what):
    """It may take until the last snapshot that holds it is dropped."""
    until(lambda: not found(c, secret), f"{what} is still in memory: {found(c, secret)}")


def manifest(writer, **sections):
    return mesh.marble_manifest(
        {"Env": {"OWN": "{{ hex .Secrets.own }}", "SHARED": "{{ base64 .Secrets.given }}"},
         "Files": {"/key": "{{ raw .Secrets.own }}"}},
        Secrets={"own": {"Type": "symmetric-key", "Size": 256},
                 "given": {"Type": "symmetric-key", "Size": 256, "UserDefined": True}},
        Users={"writer": mesh.user_entry(writer, "writer")},
        Roles={"writer": {"ResourceType": "Secrets", "ResourceNames": ["given"], "Actions": ["WriteSecret"]}}, **sections)


def upload(c, writer, secret):
    c.data(c.post("/api/v2/secrets", json={"secrets": {"given": {"Key": mesh.b64(secret)}}}, user=writer, timeout=PATIENCE))


def test_a_secret_that_was_replaced(coordinator):
    writer, first, second = mesh.Identity("writer"), os.urandom(32), os.urandom(32)
    coordinator.set_manifest(manifest(writer))
    upload(coordinator, writer, first)
    assert found(coordinator, first), "a secret in use is in memory, or it is not looked for well"
    upload(coordinator, writer, second)
    gone(coordinator, first, "the replaced secret")
    assert found(coordinator, second)


def test_a_secret_that_a_marble_got(coordinator):
    """A Marble's own key is derived for it and kept nowhere."""
    writer = mesh.Identity("writer")
    coordinator.set_manifest(manifest(writer))
    upload(coordinator, writer, os.urandom(32))
    own = [bytes.fromhex(mesh.activate(coordinator, "marble", uuid=str(uuid.uuid4())).env_text("OWN"))
           for _ in range(4)]
    assert len(set(own)) == 4
    for secret in own:
        gone(coordinator, secret, "a Marble's own key")


def test_a_recovery_secret(coordinator):
    party = mesh.RecoveryKey()
    secrets = coordinator.set_manifest(manifest(mesh.Identity("writer"), RecoveryKeys={"party": party.public_pem}))
    right = party.decrypt(secrets["party"])
    coordinator.kill()
    (coordinator.seal_dir / "sealed_key").unlink()
    coordinator.start()
    wrong = os.urandom(32)
    coordinator.post("/api/v2/recover", json={"recoverySecret": mesh.b64(wrong)}, timeout=PATIENCE)
    assert coordinator.data(coordinator.recover(right, party.sign(right)))["remaining"] == 0
    gone(coordinator, wrong, "a wrong recovery secret")


def test_no_dumps_and_no_debugger(coordinator):
    limits = coordinator.proc("limits").read_text()
    assert "Max core file size        0                    0 " in limits, limits
    # a process that may not be dumped belongs to root in /proc
    assert coordinator.proc("mem").stat().st_uid == 0


def locked_kib(c):
    return next(int(line.split()[1]) for line in c.proc("status").read_text().splitlines() if line.startswith("VmLck"))


@pytest.mark.parametrize("limit", ["8388608", "unlimited"])
def test_no_swap_where_locking_is_allowed(limit):
    if subprocess.run(["prlimit", f"--memlock={limit}", "--", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("the limit of locked memory cannot be raised here")
    with Coordinator(prefix=["prlimit", f"--memlock={limit}", "--"]) as c:
        c.start()
        assert (locked_kib(c) > 0) == (limit == "unlimited")
        c.set_manifest(mesh.manifest(Note="x" * (4 << 20)))
        c.end_well()
