# SPDX-License-Identifier: Apache-2.0
"""What strangers, and a Marble that was taken over, may not do to others: take all workers, all memory, or the process
with them (SECURITY.md). Each case failed once."""
import concurrent.futures
import contextlib
import json
import os
import ssl
import socket

import grpc
import pytest
import requests

from processes import PATIENCE, Coordinator, mesh

MANIFEST_MAX = 16 << 20
BROKEN = (requests.RequestException, OSError)


@pytest.fixture
def coordinator():
    with Coordinator() as c:
        yield c.start()
        c.end_well()


def writer():
    return mesh.Identity("writer")


def with_writer(identity, **sections):
    """A manifest under which somebody may upload the secret `given`."""
    sections["Secrets"] = {**sections.get("Secrets", {}), "given": {"Type": "plain", "UserDefined": True}}
    return mesh.manifest(Users={"writer": mesh.user_entry(identity, "writer")}, Roles={"writer": {
        "ResourceType": "Secrets", "ResourceNames": ["given"], "Actions": ["WriteSecret"]}}, **sections)


def upload(c, identity, size=10):
    c.data(c.post("/api/v2/secrets", json={"secrets": {"given": {"Key": mesh.b64(b"x" * size)}}}, user=identity,
                  timeout=PATIENCE))


def tls(c):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", c.client_port), timeout=PATIENCE))


def test_activations_that_make_rsa_keys(coordinator):
    """However many wait for workers, users go on; and when the Coordinator ends, those that run come to nobody."""
    me = writer()
    names = [f"rsa{i}" for i in range(4)]
    coordinator.set_manifest(with_writer(
        me, Secrets={name: {"Type": "cert-rsa", "Size": 3072} for name in names},
        Marbles={"slow": {"Package": "pkg", "Parameters": {
            "Files": {name: "{{ pem .Secrets.%s.Private }}" % name for name in names}}}}))
    someone = mesh.Identity("marble")
    with contextlib.closing(mesh.channel(coordinator, someone)) as channel:
        call = channel.unary_unary("/rpc.Marble/Activate",
                                   request_serializer=mesh.marblepb.ActivationReq.SerializeToString)
        request = mesh.marblepb.ActivationReq(CSR=someone.csr(), MarbleType="slow",
                                              UUID="5c1f9d0e-7a35-4b4e-9a3d-0f6a2c1b8e77")
        running = [call.future(request) for _ in range(40)]
        upload(coordinator, me)
        assert not all(one.done() for one in running)
    for one in running:
        with contextlib.suppress(grpc.RpcError, grpc.FutureCancelledError):
            one.result(PATIENCE)


RSA = {"Type": "cert-rsa", "Size": 4096}
GREEDY = {
    "many RSA keys": mesh.manifest(Secrets={f"s{i}": RSA for i in range(20000)}),
    "large RSA keys": mesh.manifest(Secrets={f"s{i}": {**RSA, "Size": 16384} for i in range(10)}),
    "long templates": mesh.marble_manifest({"Files": {
        f"f{i}": "{{range 2000000}}{{end}}" for i in range(5000)}}),
    "large output": mesh.marble_manifest({"Files": {
        f"f{i}": '{{range 6000}}{{printf "%9999d" 1}}{{end}}' for i in range(5000)}}),
    "large keys": mesh.manifest(Secrets={
        f"s{i}": {"Type": "symmetric-key", "Size": 1 << 31, "Shared": True} for i in range(100)}),
}


@pytest.mark.parametrize("name", GREEDY)
def test_manifests_that_ask_for_too_much(coordinator, name):
    """The first manifest may come from anybody: one that is refused at last must not keep the good one waiting."""
    raw = json.dumps({"manifest": mesh.b64(json.dumps(GREEDY[name]))})
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        refused = [pool.submit(coordinator.post, "/api/v2/manifest", data=raw, timeout=PATIENCE) for _ in range(4)]
        assert [one.result().status_code for one in refused] == [500] * 4
    coordinator.set_manifest(mesh.manifest())


def test_bodies_and_answers_of_strangers(coordinator):
    """Bodies that never end and answers that are not taken fill no more than the strangers' half of the memory."""
    me = writer()
    coordinator.set_manifest(with_writer(me, Note="x" * (6 << 20)))
    with contextlib.ExitStack() as stack:
        for i in range(40):
            peer = stack.enter_context(tls(coordinator))
            if i % 2:
                peer.sendall(b"GET /manifest HTTP/1.1\r\nHost: a\r\n\r\n")
                assert peer.recv(10)
                continue
            with contextlib.suppress(OSError):
                peer.sendall(b"POST /manifest HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % MANIFEST_MAX)
                for _ in range(15):
                    peer.sendall(b"x" * (1 << 20))
        upload(coordinator, me, 4 << 20)
        assert coordinator.status()["code"] == 3


def lose_key(c):
    c.kill()
    (c.seal_dir / "sealed_key").unlink()
    c.start()
    assert c.status()["code"] == 1


def test_wrong_secrets_for_a_large_state(coordinator):
    """Without a map each upload is tried with all before it: that must not mean to decrypt the state each time."""
    party = mesh.RecoveryKey()
    secrets = coordinator.set_manifest(mesh.manifest(RecoveryKeys={"party": party.public_pem}, Note="x" * (8 << 20)))
    right = party.decrypt(secrets["party"])
    lose_key(coordinator)
    for _ in range(20):
        response = coordinator.post("/api/v2/recover", json={"recoverySecret": mesh.b64(os.urandom(32))}, timeout=PATIENCE)
        assert coordinator.data(response)["remaining"] == 1
    assert coordinator.data(coordinator.recover(right, party.sign(right)))["remaining"] == 0


def test_a_manifest_ends_recovery_while_others_try(coordinator):
    """What is tried beside it must not vanish under the hands of who tries."""
    coordinator.set_manifest(mesh.manifest(Note="x" * (4 << 20)))
    lose_key(coordinator)

    def attempt(_):
        with contextlib.suppress(*BROKEN):
            return coordinator.post("/api/v2/recover", json={"recoverySecret": mesh.b64(os.urandom(32))},
                                    timeout=PATIENCE).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(attempt, i) for i in range(60)]
        coordinator.set_manifest(mesh.manifest())
        assert {one.result() for one in tries} <= {200, 500, 503}
    assert coordinator.status()["code"] == 3
