# SPDX-License-Identifier: Apache-2.0
"""`--check-state` says what a seal directory holds and what a start would make of it, and changes nothing; a state whose
key is under a seal key starts with that key alone."""
import os
import subprocess

import pytest

from processes import Coordinator, mesh
import state_lib

LOADS, DOES_NOT_LOAD, NEEDS_RECOVERY = 0, 1, 3


def listing(folder):
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes()) for path in folder.iterdir()}


def check(c, *arguments, **environment):
    env = {"PATH": os.environ["PATH"], "EDG_COORDINATOR_SEAL_DIR": str(c.seal_dir), **environment}
    before = listing(c.seal_dir)
    done = subprocess.run([c.binary, "--check-state", *arguments], env=env, capture_output=True, text=True, check=False)
    assert listing(c.seal_dir) == before
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def stopped():
    """A Coordinator that has a state and does not run."""
    party = mesh.RecoveryKey()
    with Coordinator() as c:
        c.start().set_manifest(mesh.manifest(RecoveryKeys={"party": party.public_pem}))
        c.end_well()
        yield c


def test_a_state_that_loads(stopped):
    status, text = check(stopped)
    assert status == LOADS and text.endswith("result: loads\n")
    assert "sealed_key: 1088 bytes, SGX, 256 bits\n" in text
    assert "opened: sealed_data with sealed_key, data key of 32 bytes\n" in text
    assert "entries: packages 1, Marbles " in text


def test_a_directory_is_named(stopped, tmp_path):
    other = tmp_path / "empty"
    other.mkdir()
    assert check(stopped, str(other)) == (
        LOADS, f"directory: {other}\nresult: no state: a start begins a new mesh\n")
    assert list(other.iterdir()) == []


def test_a_running_coordinator():
    with Coordinator() as c:
        c.start().set_manifest(mesh.manifest())
        status, text = check(c)
        assert status == LOADS and "in use: by a running Coordinator" in text
        c.end_well()
        assert "in use" not in check(c)[1]


def test_a_lost_key(stopped):
    (stopped.seal_dir / "sealed_key").unlink()
    status, text = check(stopped)
    assert status == NEEDS_RECOVERY
    assert "result: needs recovery: cannot unseal encryption key: reading encrypted key from disk: " in text


def test_an_interrupted_commit(stopped):
    (stopped.seal_dir / "sealed_data").rename(stopped.seal_dir / "sealed_data.tmp")
    status, text = check(stopped)
    assert status == LOADS and "opened: sealed_data.tmp with sealed_key, " in text


def test_damaged_data(stopped):
    data = stopped.seal_dir / "sealed_data"
    data.write_bytes(b"\xff\xff\xff\xff" + data.read_bytes()[4:])
    status, text = check(stopped)
    assert status == DOES_NOT_LOAD
    assert "result: does not load: unsealing state: sealed state is corrupted, " in text


def test_what_cannot_be_looked_at(stopped):
    for arguments in (["--check-state", "/nowhere/at/all"], ["--check-state", "a", "b"], ["--check"]):
        done = subprocess.run([stopped.binary, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and done.stdout == "" and done.stderr != ""


def test_a_seal_key_from_a_file(tmp_path):
    key = tmp_path / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    source = {"EDG_COORDINATOR_SEAL_KEY": f"file:{key}"}
    with Coordinator(env=source) as c:
        c.start().set_manifest(mesh.manifest())
        assert "protected by a key in a file" in c.log
        c.kill()
        status, text = check(c, **source)
        assert status == LOADS and "under a seal key from a file (for tests)" in text
        assert check(c)[0] == NEEDS_RECOVERY
        c.start()
        assert c.status()["code"] == 3
        c.kill()
        # without the file the state is not given up
        key.rename(tmp_path / "elsewhere")
        status, text = check(c, **source)
        assert status == DOES_NOT_LOAD and "getting the seal key of file: open " in text
        (tmp_path / "elsewhere").rename(key)
        # another key: to be recovered
        key.write_bytes(os.urandom(32))
        c.start()
        assert c.status()["code"] == 1
        c.end_well()


def test_a_hostile_state_forges_no_finding(stopped):
    """What a state says is quoted in the line of its finding, without control characters."""
    sealed = state_lib.Sealed.read(stopped.seal_dir)
    sealed.state["user:\x1b[2Jeve\nresult: loads"] = b"{"
    sealed.write(stopped.seal_dir)
    status, text = check(stopped)
    assert status == DOES_NOT_LOAD
    findings = [line for line in text.splitlines() if line.startswith("result: ")]
    assert len(findings) == 1 and "?[2Jeve?result: loads" in findings[0], text
