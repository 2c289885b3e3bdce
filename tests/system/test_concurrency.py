# SPDX-License-Identifier: Apache-2.0
"""Many at once: 32 operators and 100 Marbles for some seconds. Every answer fits into some serial order, and a build with
ThreadSanitizer has nothing to report."""
import base64
import collections
import hashlib
import itertools
import json
import os
import pathlib
import tempfile
import threading

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from processes import Coordinator, mesh
import marble_lib

SECONDS = float(os.environ.get("MR_SYSTEM_SECONDS", "4"))
LIMIT = 60
COUNTERS = 4
OPERATORS = {"secrets": 10, "updates": 3, "packages": 3, "counters": 8, "readers": 8}
MARBLES = 100
UUID = "5c1f9d0e-7a35-4b4e-9a3d-0f6a2c1b8e77"


def person(name, made={}):
    if name not in made:
        made[name] = mesh.Identity(name, key=ec.generate_private_key(ec.SECP256R1()))
    return made[name]


def town(note):
    writers = [f"writer{i}" for i in range(OPERATORS["secrets"])]
    return mesh.manifest(
        Note=note,
        Packages={"pkg": mesh.PACKAGE, "signed": {"SignerID": "c1" * 32, "ProductID": 1, "SecurityVersion": 1}},
        Marbles={"free": {"Package": "pkg", "Parameters": {"Env": {
                     "KEY": "{{ hex .Secrets.key }}", "CERT": "{{ pem .Secrets.cert.Cert }}",
                     "ROOT": "{{ pem .MarbleRun.RootCA.Cert }}"}}},
                 "limited": {"Package": "signed", "MaxActivations": LIMIT}},
        Secrets={"key": {"Type": "symmetric-key", "Size": 128}, "cert": {"Type": "cert-ecdsa", "Size": 256, "Shared": True},
                 **{w: {"Type": "plain", "UserDefined": True} for w in writers}},
        Users={"admin": mesh.user_entry(person("admin"), "updater", "packer"),
               **{w: mesh.user_entry(person(w), w) for w in writers}},
        Roles={"updater": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
               "packer": {"ResourceType": "Packages", "ResourceNames": ["signed"], "Actions": ["UpdateSecurityVersion"]},
               **{w: {"ResourceType": "Secrets", "ResourceNames": [w], "Actions": ["ReadSecret", "WriteSecret"]}
                  for w in writers}},
        Config={"FeatureGates": ["MonotonicCounter"]})


def spki(certificate):
    return certificate.public_key().public_bytes(serialization.Encoding.DER,
                                                 serialization.PublicFormat.SubjectPublicKeyInfo)


class Crowd:
    """Threads that work until the time is over; the first that fails is the result."""

    def __init__(self):
        self.over = threading.Event()
        self.failures = []
        self.threads = []
        self.done = collections.Counter()

    def add(self, name, work):
        """work() again and again."""
        def run():
            try:
                while not self.over.is_set() and not self.failures:
                    work()
                    self.done[name] += 1
            except BaseException as failure:  # told by `run`
                self.failures.append((name, failure))
        self.threads.append(threading.Thread(target=run))

    def run(self, seconds):
        for thread in self.threads:
            thread.start()
        self.over.wait(seconds)
        self.over.set()
        for thread in self.threads:
            thread.join()
        for name, failure in self.failures:
            raise AssertionError(name) from failure
        return self.done


class Operator:
    """One connection, as a client's library keeps it."""

    def __init__(self, c, user=None, cert=None):
        self.url, self.session = c.url, requests.Session()
        self.session.cert = cert or (user.files if user else None)

    def __call__(self, method, path, expect=(200,), **kwargs):
        reply = self.session.request(method, self.url + path, timeout=120, verify=False, **kwargs)
        assert reply.status_code in expect, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json()["data"] if reply.status_code == 200 else None


@pytest.fixture
def running():
    with Coordinator() as c:
        c.start()
        c.set_manifest(town(0))
        yield c


def write_secrets(c, crowd, number, written):
    name = f"writer{number}"
    call, values = Operator(c, person(name)), itertools.count(1)

    def write():
        value = mesh.b64(f"{name} {next(values)}")
        call("POST", "/secrets", json={name: {"Key": value}})
        written[name] += 1
        assert call("GET", f"/api/v2/secrets?s={name}")["secrets"][name]["Private"] == value, "own write is not there"
    crowd.add("secret", write)


def read(c, crowd):
    call = Operator(c)

    def look():
        assert call("GET", "/api/v2/status")["code"] == 3
        shown = call("GET", "/api/v2/manifest")
        assert hashlib.sha256(base64.b64decode(shown["manifest"])).hexdigest() == shown["manifestFingerprint"]
        intermediate, root = mesh.pem_certificates(call("GET", "/api/v2/quote")["cert"])
        root.public_key().verify(intermediate.signature, intermediate.tbs_certificate_bytes, ec.ECDSA(hashes.SHA384()))
        root.public_key().verify(base64.b64decode(shown["manifestSignatureRootECDSA"]), base64.b64decode(shown["manifest"]),
                                 ec.ECDSA(hashes.SHA256()))
        for line in call("GET", "/api/v2/update")["updateLog"]:
            json.loads(line)
    crowd.add("look", look)


class Marble:
    """Activates over one connection, and verifies nothing of the Coordinator, as Marbles do."""

    def __init__(self, c, name, marble_type):
        self.c, self.identity, self.type = c, person(name), marble_type
        self.connection, self.files = None, None

    def activate(self):
        """Its parameters, or None when the limit is reached."""
        if not self.connection:
            self.connection = marble_lib.H2(self.c.mesh_port, self.identity)
            self.connection.socket.settimeout(120)
        reply = self.connection.activate(marble_lib.request_bytes(self.type, UUID, self.identity.csr()))
        if reply.grpc_status == 0:
            return reply.activation
        assert reply.grpc_status == 7 and "reached max activations" in reply.message, (reply, reply.message)
        return None

    def certificate(self):
        """Files for the client API."""
        got = self.activate()
        folder = tempfile.TemporaryDirectory()
        self.files = folder, [pathlib.Path(folder.name, name) for name in ("chain", "key")]
        for path, name in zip(self.files[1], ("MARBLE_CERTIFICATE_CHAIN", "PRIVATE_KEY")):
            path.write_bytes(got.env["MARBLE_PREDEFINED_" + name])
        return tuple(map(str, self.files[1]))


def activate(c, crowd, marble_type, counted):
    marble = Marble(c, f"marble{len(crowd.threads)}", marble_type)

    def once():
        got = marble.activate()
        counted[marble_type if got else "refused"] += 1
        if not got:
            return
        # all of one answer belongs to one state of the mesh
        leaf, intermediate = got.chain
        anchor, = got.root_ca
        assert leaf.issuer == anchor.subject and spki(anchor) == spki(intermediate)
        anchor.public_key().verify(leaf.signature, leaf.tbs_certificate_bytes, ec.ECDSA(hashes.SHA384()))
        if marble_type == "free":
            assert got.env["ROOT"] == got.env["MARBLE_PREDEFINED_ROOT_CA"]
            secret, = mesh.pem_certificates(got.env["CERT"])
            anchor.public_key().verify(secret.signature, secret.tbs_certificate_bytes, ec.ECDSA(hashes.SHA384()))
    crowd.add("activation", once)


def check_limited(c, counted):
    """Never more than allowed, and no place is lost: what is left can be had."""
    left, somebody = 0, Marble(c, "somebody", "limited")
    while somebody.activate():
        left += 1
    assert counted["limited"] + left == LIMIT, counted


def check_log(c, written, name, entry):
    lines = [json.loads(line) for line in c.data(c.get("/api/v2/update"))["updateLog"]]
    found = collections.Counter(line.get(name) for line in lines if line["update"] == entry)
    assert {key: found[key] for key in written} == dict(written)


def test_counters_secrets_and_activations(running):
    """Nothing that changes the mesh's certificates: every call has to succeed."""
    c, crowd = running, Crowd()
    written, counted, raises = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    unique = itertools.count(1)
    for i in range(OPERATORS["secrets"]):
        write_secrets(c, crowd, i, written)
    for _ in range(OPERATORS["readers"]):
        read(c, crowd)
    marble = Marble(c, "counter", "free")
    files = marble.certificate()
    for i in range(OPERATORS["counters"] + OPERATORS["updates"] + OPERATORS["packages"]):
        call, name = Operator(c, cert=files), f"c{i % COUNTERS}"

        def count(call=call, name=name):
            value = next(unique)
            before = call("POST", "/api/v2/monotonic-counter", json={"name": name, "value": value})["value"]
            raises[name].append((before, value))
        crowd.add("counter", count)
    for i in range(MARBLES):
        activate(c, crowd, "limited" if i % 4 == 0 else "free", counted)
    done = crowd.run(SECONDS)
    assert min(done[name] for name in ("secret", "look", "counter", "activation")) > 0, done
    # a raise finds what another one left: each value once, from 0 to the last one in a chain
    for name, all_of_it in raises.items():
        chain = dict((before, value) for before, value in all_of_it if before < value)
        assert len(chain) == sum(before < value for before, value in all_of_it), "two raises found the same value"
        at, steps = 0, 0
        while at in chain:
            at, steps = chain[at], steps + 1
        last = Operator(c, cert=files)("POST", "/api/v2/monotonic-counter", json={"name": name})["value"]
        assert steps == len(chain) and last == at == max(value for _, value in all_of_it)
    check_limited(c, counted)
    check_log(c, written, "secret", "Secret set")
    c.end_well()


def test_updates_among_all_others(running):
    """Updates change certificates, packages and secrets under the feet of all others."""
    c, crowd = running, Crowd()
    written, counted, versions = collections.Counter(), collections.Counter(), itertools.count(2)
    notes, updated, raised = itertools.count(1), [], []
    for i in range(OPERATORS["secrets"]):
        write_secrets(c, crowd, i, written)
    for _ in range(OPERATORS["readers"]):
        read(c, crowd)
    for _ in range(OPERATORS["updates"]):
        call = Operator(c, person("admin"))

        def update(call=call):
            note = next(notes)
            raw = json.dumps(town(note)).encode()
            # 500: too many others were faster, again and again
            if call("POST", "/api/v2/update", expect=(200, 500), json={"manifest": mesh.b64(raw)}):
                updated.append(note)
        crowd.add("update", update)
    for _ in range(OPERATORS["packages"]):
        call = Operator(c, person("admin"))

        def raise_version(call=call):
            version = next(versions)
            raw = json.dumps({"Packages": {"signed": {"SecurityVersion": version}}}).encode()
            # 500: another one has set a later version, or a full update waits
            if call("POST", "/api/v2/update", expect=(200, 500), json={"manifest": mesh.b64(raw)}):
                raised.append(version)
        crowd.add("package", raise_version)
    for i in range(OPERATORS["counters"]):
        marble = Marble(c, f"counter{i}", "free")

        def count(marble=marble):
            # with a certificate from before an update it is nobody
            files = marble.certificate()
            Operator(c, cert=files)("POST", "/api/v2/monotonic-counter", expect=(200, 401), json={"name": "n", "value": 1})
        crowd.add("counter", count)
    for i in range(MARBLES):
        activate(c, crowd, "limited" if i % 4 == 0 else "free", counted)
    done = crowd.run(SECONDS)
    assert min(done[name] for name in ("secret", "look", "counter", "activation", "update", "package")) > 0, done
    assert updated and raised
    check_limited(c, counted)
    check_log(c, written, "secret", "Secret set")
    shown = json.loads(base64.b64decode(c.data(c.get("/api/v2/manifest"))["manifest"]))
    assert shown["Note"] in updated
    lines = [json.loads(line) for line in c.data(c.get("/api/v2/update"))["updateLog"]]
    assert sum(line["update"] == "Complete Manifest updated" for line in lines) == len(updated)
    assert sorted(line["new version"] for line in lines if line["update"] == "SecurityVersion increased") == sorted(raised)
    root = c.root_and_intermediate()[0]
    c.end_well()
    c.start()
    assert c.root_and_intermediate()[0] == root
    c.end_well()


def test_recovery_among_strangers(running):
    """Anybody may upload: wrong secrets by the hundred do not keep the right one out, nor disturb what runs beside."""
    c, keys = running, [mesh.RecoveryKey(2048) for _ in range(2)]
    c.end_well()
    for path in c.seal_dir.iterdir():
        path.unlink()
    c.start()
    manifest = town(0)
    manifest["RecoveryKeys"] = {f"party{i}": key.public_pem for i, key in enumerate(keys)}
    secrets = [key.decrypt(sealed) for key, (_, sealed) in zip(keys, sorted(c.set_manifest(manifest).items()))]
    root = c.root_and_intermediate()[0]
    c.end_well()
    (c.seal_dir / "sealed_key").unlink()
    c.start()
    crowd, answers = Crowd(), collections.Counter()

    def strange():
        reply = c.recover(os.urandom(32), os.urandom(256))
        assert reply.status_code in (200, 500, 503), reply.text
        answers[reply.status_code] += 1

    def look(call=Operator(c)):
        assert call("GET", "/api/v2/status")["code"] in (1, 3)
        call("GET", "/api/v2/quote")
    for _ in range(OPERATORS["secrets"]):
        crowd.add("stranger", strange)
    for _ in range(OPERATORS["readers"]):
        crowd.add("look", look)

    def recover(done=[]):
        if not done:
            crowd.over.wait(SECONDS / 4)
            remaining = [c.data(c.recover(secret, key.sign(secret)))["remaining"] for secret, key in zip(secrets, keys)]
            assert remaining == [1, 0]
            done.append(True)
        crowd.over.wait(0.05)
    crowd.add("parties", recover)
    done = crowd.run(SECONDS)
    assert min(done[name] for name in ("stranger", "look", "parties")) > 0 and answers[500] > 0, (done, answers)
    assert c.status()["code"] == 3 and c.root_and_intermediate()[0] == root
    c.end_well()
    c.start()
    assert c.status()["code"] == 3 and c.root_and_intermediate()[0] == root
    c.end_well()
