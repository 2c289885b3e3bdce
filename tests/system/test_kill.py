# SPDX-License-Identifier: Apache-2.0
"""kill -9 before every system call of a commit (40 §6.4): the real Coordinator, started under strace, which kills it
before the n-th call on its sealed files. Then it starts again to the old or the new state, never to none; what was
acknowledged is kept; the next change works. The end-to-end suite does the same for other changes by attaching."""
import collections
import concurrent.futures
import contextlib
import itertools
import re
import shutil
import threading

import grpc
import pytest
import requests

from processes import Coordinator, mesh
import state_lib

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

# Those that change something. Before opening and closing the directory looks as before one of these, and they are made
# by the start, too, while strace counts for each thread from 1.
CALLS = ("write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,ftruncate,"
         "fallocate,fchmod")
NAMES = [name + end for name in ("sealed_data", "sealed_key") for end in ("", ".tmp", ".old")] + [""]
LIMIT = 30
UUID = "5c1f9d0e-7a35-4b4e-9a3d-0f6a2c1b8e77"
BROKEN = (requests.RequestException, grpc.RpcError, OSError)


def town(keys, **config):
    return mesh.manifest(
        Marbles={"free": {"Package": "pkg"}, "limited": {"Package": "pkg", "MaxActivations": LIMIT}},
        Users={name: mesh.user_entry(state_lib.person(name), "updater") for name in ("alice", "bob")},
        Roles={"updater": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}},
        RecoveryKeys=state_lib.recovery_section(keys), Config={"FeatureGates": ["MonotonicCounter"], **config})


class Traced(Coordinator):
    """Under strace, which sees the sealed files alone."""

    def __init__(self, seal_dir, inject=None):
        super().__init__(seal_dir=seal_dir)
        self.trace = self.workdir / "trace"
        paths = [part for name in NAMES for part in ("-P", str(self.seal_dir / name) if name else str(self.seal_dir))]
        self.prefix = ["strace", "-f", "-qq", "-o", str(self.trace), "-e", f"trace={CALLS}",
                       *(["-e", f"inject={inject}"] if inject else []), *paths]

    def calls(self):
        """[(thread, call), …]"""
        return re.findall(r"^(\d+) +(\w+)\(", self.trace.read_text(errors="replace"), re.M)


class Stage:
    """A seal directory to begin with: copies of it, and what a client needs there."""

    def __init__(self, folder):
        self.folder, self.numbers = folder, itertools.count()
        self.template = folder / "template"
        self.lock = threading.Lock()
        self.counter = None

    def copy(self):
        with self.lock:
            target = self.folder / str(next(self.numbers))
        shutil.copytree(self.template, target)
        return target


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    stage = Stage(tmp_path_factory.mktemp("fresh"))
    stage.template.mkdir()
    return stage


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """A manifest is set, a Marble has been activated and has counted to 1, and an update waits for Bob."""
    stage = Stage(tmp_path_factory.mktemp("settled"))
    with Coordinator() as c:
        c.start()
        c.set_manifest(town(state_lib.parties(1)))
        stage.counter = state_lib.CounterClient(c, "free", UUID)
        assert stage.counter.set("n", 1) == 0
        mesh.activate(c, "limited")
        stage.update = town(state_lib.parties(2, first=1), SealMode="UniqueKey")
        assert c.data(c.update_manifest(stage.update, state_lib.person("alice")))["missingAcknowledgments"] == 1
        c.kill()
        state_lib.clone(c.seal_dir, stage.template)
    return stage


# --- one change at a time ---------------------------------------------------------------------------------------------

def set_manifest(c, stage):
    c.set_manifest(town(state_lib.parties(1)))


def is_set(c, stage):
    return c.status()["code"] == 3


def count(c, stage):
    stage.counter.set("n", 2, c)


def has_counted(c, stage):
    value = stage.counter.set("n", 0, c)
    assert value in (1, 2)
    return value == 2


def activate(c, stage):
    mesh.activate(c, "limited")


def activations_left(c):
    """How many are left tells how many were counted."""
    left, somebody = 0, mesh.Identity("somebody")
    with contextlib.closing(mesh.channel(c, somebody)) as channel, contextlib.suppress(grpc.RpcError):
        while True:
            mesh.activate(c, "limited", identity=somebody, chan=channel)
            left += 1
    return left


def was_activated(c, stage):
    left = activations_left(c)
    assert left in (LIMIT - 1, LIMIT - 2)
    return left == LIMIT - 2


def acknowledge(c, stage):
    c.data(c.post("/api/v2/update-manifest", json={"manifest": mesh.b64(state_lib.encoded(stage.update))},
                  user=state_lib.person("bob")))


def is_updated(c, stage):
    pending = c.get("/api/v2/update-manifest").status_code
    assert pending in (200, 404)
    assert ("UniqueKey" in state_lib.base64.b64decode(c.data(c.get("/api/v2/manifest"))["manifest"]).decode()) == \
        (pending == 404)
    return pending == 404


CHANGES = {
    "manifest": ("fresh", set_manifest, is_set),
    "counter": ("settled", count, has_counted),
    "activation": ("settled", activate, was_activated),
    "acknowledgement": ("settled", acknowledge, is_updated),
}


def calls_of(stage, change):
    """[(call, number), …] that one change makes."""
    with Traced(stage.copy()) as c:
        c.start()
        change(c, stage)
        c.kill()
        made = c.calls()
    assert len({thread for thread, _ in made}) == 1, f"all of them by the thread that commits: {made}"
    totals = collections.Counter(call for _, call in made)
    assert totals["fsync"] >= 3 and totals["write"] >= 2 and len(made) >= 9, made
    return [(call, number) for call, total in sorted(totals.items()) for number in range(1, total + 1)]


def killed(stage, change, done, call, number):
    """(acknowledged, new) of a change that is killed before that call."""
    seal, acknowledged = stage.copy(), False
    with Traced(seal, f"{call}:signal=SIGKILL:when={number}") as c:
        c.start()
        with contextlib.suppress(*BROKEN):
            change(c, stage)
            acknowledged = True
        c.process.wait(20)
    where = f"killed before {call} number {number}"
    with Coordinator(seal_dir=seal) as c:
        c.start()
        assert c.status()["code"] in ((2, 3) if stage.counter is None else (3,)), where
        new = done(c, stage)
        assert new or not acknowledged, f"{where}: lost although it was acknowledged"
        if not new and change is not activate:
            change(c, stage)
            assert done(c, stage), where
    return acknowledged, new


@pytest.mark.parametrize("name", CHANGES)
def test_killed_before_every_call(name, request):
    fixture, change, done = CHANGES[name]
    stage = request.getfixturevalue(fixture)
    calls = calls_of(stage, change)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda call: killed(stage, change, done, *call), calls))
    assert {new for _, new in outcomes} == {True, False}, list(zip(calls, outcomes))


# --- many at once -------------------------------------------------------------------------------------------------------

class Client(threading.Thread):
    """Goes on until the Coordinator is gone."""

    def __init__(self, work):
        super().__init__()
        self.work, self.tried, self.acknowledged = work, 0, 0

    def run(self):
        with contextlib.suppress(*BROKEN):
            while self.tried < 1000:
                self.tried += 1
                self.work(self.tried)
                self.acknowledged = self.tried


def commit_together(stage, call, number):
    """Counters and activations of many until they are killed; the number of changes that were acknowledged."""
    seal = stage.copy()
    with Traced(seal, f"{call}:signal=SIGKILL:when={number}") as c:
        c.start()
        counters = [Client(lambda n, name=f"c{i}": stage.counter.set(name, n, c)) for i in range(5)]
        marbles = [Client(lambda n, m=mesh.Identity("marble"): mesh.activate(c, "limited", identity=m)) for _ in range(3)]
        for client in counters + marbles:
            client.start()
        for client in counters + marbles:
            client.join()
        c.process.wait(20)
    with Coordinator(seal_dir=seal) as c:
        c.start()
        assert c.status()["code"] == 3
        for i, client in enumerate(counters):
            assert client.acknowledged <= stage.counter.set(f"c{i}", 0, c) <= client.tried
        left = activations_left(c)
        # one was before; whoever got an answer has been counted, and nobody twice
        acknowledged = sum(client.acknowledged for client in marbles)
        assert LIMIT - 1 - acknowledged - len(marbles) <= left <= LIMIT - 1 - acknowledged
    return acknowledged + sum(client.acknowledged for client in counters)


def test_killed_while_many_commit(settled):
    kills = [(call, number) for call in ("fsync", "renameat", "linkat", "write") for number in (6, 15)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        acknowledged = list(pool.map(lambda kill: commit_together(settled, *kill), kills))
    assert max(acknowledged) > 5, acknowledged
