# SPDX-License-Identifier: Apache-2.0
"""libertmeshpremain.a in a program that calls it as EdgelessRT would: one name outside, nothing of it clashes, and the
premain does what chapter 30 says."""
import os
import pathlib
import re
import signal
import subprocess

import pytest

from processes import PATIENCE, mesh

BUILD = pathlib.Path(os.environ["MR_BUILD"])
ARCHIVE = BUILD / "libertmeshpremain.a"
HOST = pathlib.Path(os.environ["MR_ERT_HOST"])
PARAMETERS = {"Argv": ["app", "one", "two words"], "Env": {"ROLE": "tested", "KEY": "{{ hex .Secrets.key }}"},
              "Files": {}}


@pytest.fixture
def coordinator(tmp_path):
    with mesh.Coordinator() as c:
        parameters = PARAMETERS | {"Files": {str(tmp_path / "deep/file"): "from the manifest"}}
        c.start().set_manifest(mesh.manifest(Marbles={"marble": {"Package": "pkg", "Parameters": parameters},
                                                      "bare": {"Package": "pkg"}},
                                             Secrets={"key": {"Type": "symmetric-key", "Size": 128}}))
        yield c


def run(coordinator, tmp_path, marble="marble", **more):
    root = tmp_path / "host"
    root.mkdir(exist_ok=True)
    env = {"EDG_MARBLE_COORDINATOR_ADDR": coordinator.mesh, "EDG_MARBLE_TYPE": marble, "OE_IS_ENCLAVE": "1",
           "EDG_MARBLE_UUID_FILE": "../../uuid", "ERT_HOST": str(root), **more}
    done = subprocess.run([HOST], env={k: v for k, v in env.items() if v is not None}, capture_output=True, text=True,
                          timeout=PATIENCE, check=False, cwd=tmp_path)
    return done, root


def test_only_its_entry_point_is_global():
    names = subprocess.run(["nm", "-g", "--defined-only", ARCHIVE], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^[0-9a-f]+ \w (\S+)$", names, re.M) == ["ert_meshentry_premain"]
    assert len(re.findall(r"\.o:$", names, re.M)) == 1


def test_what_it_takes_from_outside():
    """libc's names and Open Enclave's three, which may be absent."""
    undefined = subprocess.run(["nm", "-u", ARCHIVE], capture_output=True, text=True, check=True).stdout
    libc = subprocess.run(["nm", "-D", "--defined-only", "/lib/x86_64-linux-gnu/libc.so.6"], capture_output=True, text=True,
                          check=True).stdout
    known = set(re.findall(r"^[0-9a-f]+ \w (\w+)@", libc, re.M))
    weak = set(re.findall(r"^\s+w (\S+)$", undefined, re.M))
    assert weak - known == {"oe_get_report_v2", "oe_free_report", "oe_result_str"}
    wanted = set(re.findall(r"^\s+U (\S+)$", undefined, re.M))
    assert wanted - known <= {"_GLOBAL_OFFSET_TABLE_", "atexit", "pthread_atfork", "__umodti3", "__udivti3", "__tls_get_addr", "_DYNAMIC"}


def test_activation(coordinator, tmp_path):
    done, root = run(coordinator, tmp_path, ERT_QUOTE="a quote")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:3] == ["mount / / edg_memfs 0 no data", "report 1 32 hash", "free"]
    assert [line for line in lines if line.startswith("argv ")] == ["argv app", "argv one", "argv two words"]
    env = dict(line[4:].split("=", 1) for line in lines if line.startswith("env ") and "=" in line)
    assert env["ROLE"] == "tested" and len(env["KEY"]) == 32
    assert env["MARBLE_PREDEFINED_ROOT_CA"].startswith("-----BEGIN CERTIFICATE-----")
    assert env["OE_IS_ENCLAVE"] == "1"  # what was there stays
    assert (tmp_path / "deep/file").read_text() == "from the manifest"
    # below the host's root, however the path tries to leave it
    assert len((root / "uuid").read_text()) == 36 and list(root.iterdir()) == [root / "uuid"]
    assert "simulation mode" not in done.stderr and "done with PreMain" in done.stderr
    again, _ = run(coordinator, tmp_path, ERT_QUOTE="a quote")
    assert "found UUID" in again.stderr


def test_without_quotes_it_is_simulation(coordinator, tmp_path):
    done, _ = run(coordinator, tmp_path, marble="bare")
    assert done.returncode == 0
    assert "failed to get quote: OE_UNSUPPORTED. Proceeding in simulation mode" in done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("argv ")] == ["argv ./marble"]
    done, _ = run(coordinator, tmp_path, ERT_QUOTE="fail")
    assert "failed to get quote: OE_FAILURE. Proceeding in simulation mode" in done.stderr


@pytest.mark.parametrize("settings, text", [
    (dict(EDG_MARBLE_TYPE=None), "environment variable not set: EDG_MARBLE_TYPE"),
    (dict(EDG_MARBLE_TYPE="nobody"), "unknown marble type requested"),
    (dict(EDG_MARBLE_COORDINATOR_ADDR="127.0.0.1:1"), "connection refused"),
    (dict(ERT_NO_MOUNT="1"), "mounting the enclave's file system"),
    (dict(EDG_MARBLE_UUID_FILE="/" + "x/" * 3000), "path of the UUID file is too long"),
], ids=["no type", "unknown type", "no Coordinator", "no mount", "long path"])
def test_failure_does_not_return(coordinator, tmp_path, settings, text):
    done, _ = run(coordinator, tmp_path, **settings)
    assert done.returncode == -signal.SIGABRT and text in done.stderr
    assert "argv" not in done.stdout and not (tmp_path / "deep").exists()
