# SPDX-License-Identifier: Apache-2.0
"""docs/client-api/openapi.yaml tells the truth: every status of every operation is provoked on a running Coordinator
and the answer fits its description; nothing comes that is not described."""
import base64
import json
import pathlib
import shutil
import sys
import types

import jsonschema
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))
import mesh  # noqa: E402
import rest_lib  # noqa: E402
from openapi import METHODS, Document, Validator  # noqa: E402

BASE = "/api/v2"
DOCUMENT = Document()
DOCUMENTED = [(method, path, status) for method, path, operation in DOCUMENT.operations()
              for status in operation["responses"] if status != "default"]
# Only with hardware: a quote that cannot be made, a quote that is valid.
NOT_IN_SIMULATION = {("GET", "/quote", "500"), ("POST", "/sign-quote", "200")}
LARGE = 17 << 20


class Caller:
    """Sends requests and holds the answers against the document."""

    def __init__(self):
        self.seen = set()

    def __call__(self, coordinator, method, path, status, *, user=None, body=None, raw=None, params=None):
        if status == 200 and body is not None:
            DOCUMENT.check_request(method, path, body)
        data = json.dumps(body).encode() if body is not None else raw
        reply = coordinator.http(method, BASE + path, user=user, data=data, params=params)
        DOCUMENT.check(method, path, reply.status_code, reply.headers, reply.content)
        assert reply.status_code == status, (method, path, reply.status_code, reply.text)
        self.seen.add((method, path, str(status)))
        return reply.json().get("data")


def manifest_body(manifest):
    return {"manifest": mesh.b64(manifest if isinstance(manifest, bytes) else json.dumps(manifest))}


# --- the scenario ------------------------------------------------------------------------------------------------

def before_a_manifest(call, c, team):
    assert call(c, "GET", "/status", 200)["code"] == 2
    call(c, "GET", "/quote", 200)
    call(c, "GET", "/quote", 200, params={"nonce": "-_8AAQ=="})
    call(c, "GET", "/quote", 400, params={"nonce": "AAE"})
    call(c, "GET", "/manifest", 500)
    call(c, "GET", "/update", 500)
    call(c, "GET", "/update-manifest", 404)
    call(c, "GET", "/recover/public-key", 500)
    call(c, "POST", "/recover", 500, body={"recoverySecret": mesh.b64(bytes(32)), "recoverySecretSignature": ""})
    call(c, "POST", "/sign-quote", 403, body={"sgxQuote": ""})
    call(c, "POST", "/monotonic-counter", 403, body={"name": "n", "value": 0})
    call(c, "POST", "/manifest", 400, raw=b"{")
    call(c, "POST", "/manifest", 500, body=manifest_body({}))
    for path, method in (("/secrets", "GET"), ("/secrets", "POST"), ("/update", "POST"), ("/update-manifest", "POST"),
                         ("/update-cancel", "POST")):
        call(c, method, path, 401, raw=b"{}" if method == "POST" else None)
        call(c, method, path, 401, raw=b"{}" if method == "POST" else None, user=team.olga)


def secrets(call, c, team):
    unset = call(c, "GET", "/secrets", 200, user=team.vic, params={"s": ["token", "up_key", "up_cert"]})["secrets"]
    assert unset["token"]["Private"] is None and unset["up_cert"]["Cert"] is None
    made = call(c, "GET", "/secrets", 200, user=team.vic, params={"s": ["shared_key", "shared_cert"]})["secrets"]
    assert made["shared_cert"]["Cert"] and made["shared_key"]["Private"]
    call(c, "GET", "/secrets", 400, user=team.vic)
    call(c, "GET", "/secrets", 400, user=team.vic, params={"s": ""})
    call(c, "GET", "/secrets", 401, user=team.outsider, params={"s": "token"})
    call(c, "GET", "/secrets", 500, user=team.sam, params={"s": "token"})
    certificate = mesh.b64(rest_lib.der(team.sam.cert))
    upload = {"token": {"Key": mesh.b64("s3cr3t")}, "up_cert": {"Cert": certificate, "Private": None, "Key": None}}
    call(c, "POST", "/secrets", 200, user=team.sam, body={"secrets": upload})
    call(c, "POST", "/secrets", 400, user=team.sam, raw=b"")
    call(c, "POST", "/secrets", 400, user=team.sam, body={"secrets": {"up_cert": {"Cert": ""}}})
    call(c, "POST", "/secrets", 401, user=team.outsider, body={"secrets": upload})
    call(c, "POST", "/secrets", 500, user=team.rita, body={"secrets": upload})
    call(c, "POST", "/secrets", 500, user=team.sam, body={"secrets": {"up_key": {"Key": "AAAA"}}})
    stored = call(c, "GET", "/secrets", 200, user=team.rita, params={"s": ["token", "up_cert"]})["secrets"]
    assert stored["token"]["Public"] == mesh.b64("s3cr3t") and stored["up_cert"]["Cert"] == certificate


def updates(call, c, team, key, gates):
    pending = {"Config": gates, "RecoveryKeys": {"keeper": key.public_pem}}
    raw = json.dumps(team.manifest(**pending)).encode()
    call(c, "POST", "/update", 400, user=team.olga, raw=b"[]")
    call(c, "POST", "/update", 500, user=team.sam, body=manifest_body(raw))
    call(c, "POST", "/update", 500, user=team.olga, body=manifest_body(b"no JSON"))
    raised = manifest_body({"Packages": {"back": {"SecurityVersion": 4}}})
    done = call(c, "POST", "/update", 200, user=team.tess, body=raised)
    assert done == {"missingAcknowledgments": 0, "missingUsers": None}
    call(c, "POST", "/update-cancel", 404, user=team.olga)
    call(c, "POST", "/update-manifest", 404, user=team.olga, body=manifest_body(raw))
    waiting = call(c, "POST", "/update", 200, user=team.olga, body=manifest_body(raw))
    assert waiting == {"missingAcknowledgments": 2, "missingUsers": ["pavel", "quinn"]}
    call(c, "POST", "/update", 500, user=team.tess, body=manifest_body(raw))
    call(c, "POST", "/update-cancel", 500, user=team.sam)
    call(c, "POST", "/update-cancel", 200, user=team.pavel)
    call(c, "POST", "/update", 200, user=team.olga, body=manifest_body(raw))
    assert len(call(c, "GET", "/update-manifest", 200)["missingUsers"]) == 2
    call(c, "POST", "/update-manifest", 400, user=team.pavel, raw=b"{\"manifest\":1}")
    call(c, "POST", "/update-manifest", 401, user=team.outsider, body=manifest_body(raw))
    call(c, "POST", "/update-manifest", 500, user=team.pavel, body=manifest_body(raw + b" "))
    waiting = call(c, "POST", "/update-manifest", 200, user=team.pavel, body=manifest_body(raw))
    assert waiting["missingAcknowledgments"] == 1
    assert call(c, "GET", "/update-manifest", 200)["missingUsers"] == ["quinn"]
    last = call(c, "POST", "/update-manifest", 200, user=team.quinn, body=manifest_body(raw))
    assert last["missingUsers"] is None and list(last["recoverySecrets"]) == ["keeper"]
    log = [json.loads(line) for line in call(c, "GET", "/update", 200)["updateLog"]]
    assert {"Secret set", "SecurityVersion increased", "Complete Manifest updated"} < {entry["update"] for entry in log}
    return last["recoverySecrets"]


def features(call, c, team):
    call(c, "POST", "/sign-quote", 400, raw=b"")
    call(c, "POST", "/sign-quote", 400, body={"sgxQuote": "AQID"})
    got = mesh.activate(c, "web")
    marble = types.SimpleNamespace(cert_pem=got.env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"],
                                   key_pem=got.env["MARBLE_PREDEFINED_PRIVATE_KEY"])
    most = 2**64 - 1
    assert call(c, "POST", "/monotonic-counter", 200, user=marble, body={"name": "n", "value": most}) == {"value": 0}
    assert call(c, "POST", "/monotonic-counter", 200, user=marble, body={"name": "n", "value": 0}) == {"value": most}
    call(c, "POST", "/monotonic-counter", 400, user=marble, raw=b"{\"value\":-1}")
    call(c, "POST", "/monotonic-counter", 401, user=team.olga, body={"name": "n", "value": 1})
    # a state that cannot be written any more
    shutil.rmtree(c.seal_dir)
    call(c, "POST", "/monotonic-counter", 500, user=marble, body={"name": "other", "value": 1})


def too_large(call, c, team):
    for method, path, operation in DOCUMENT.operations():
        if "requestBody" not in operation:
            continue
        with rest_lib.Wire(c, user=team.olga) as wire:
            reply = wire.request(method, BASE + path, b"", [("Content-Length", str(LARGE))])
        DOCUMENT.check(method, path, reply.status, rest_lib.Answer(reply).headers, reply.body)
        assert reply.status == 413
        call.seen.add((method, path, "413"))


def recovery(call, team):
    keys = {"left": mesh.RecoveryKey(), "right": mesh.RecoveryKey()}
    with rest_lib.Coordinator() as c:
        c.start()
        body = manifest_body(team.manifest(RecoveryKeys={name: key.public_pem for name, key in keys.items()}))
        sealed = call(c, "POST", "/manifest", 200, body=body)["RecoverySecrets"]
        plain = {name: keys[name].decrypt(secret) for name, secret in sealed.items()}
        rest_lib.break_seal(c)
        assert call(c, "GET", "/status", 200)["code"] == 1
        ephemeral = call(c, "GET", "/recover/public-key", 200)["ephemeralPublicKey"]
        upload = {name: {"recoverySecret": mesh.b64(plain[name]),
                         "recoverySecretSignature": mesh.b64(key.sign(plain[name]))} for name, key in keys.items()}
        call(c, "POST", "/recover", 400, raw=b"null,")
        call(c, "POST", "/recover", 400, body={"recoverySecret": "AAAA"})
        assert call(c, "POST", "/recover", 200, body=upload["left"])["remaining"] == 1
        call(c, "POST", "/recover", 500, body=upload["left"])
        upload["right"]["recoverySecret"] = mesh.b64(encrypted(plain["right"], ephemeral))
        assert call(c, "POST", "/recover", 200, body=upload["right"])["remaining"] == 0
        assert call(c, "GET", "/status", 200)["code"] == 3


def encrypted(secret, key):
    public = serialization.load_der_public_key(base64.b64decode(key))
    return public.encrypt(secret, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))


@pytest.fixture(scope="module")
def seen():
    """What the scenario met: (method, path, status)."""
    call, team, gates = Caller(), rest_lib.Team(), {"FeatureGates": ["SignQuoteEndpoint", "MonotonicCounter"]}
    with rest_lib.Coordinator() as c:
        before_a_manifest(call, c.start(), team)
        first = manifest_body(team.manifest(Config=gates))
        assert call(c, "POST", "/manifest", 200, body=first) == {"RecoverySecrets": {}}
        assert call(c, "GET", "/status", 200)["code"] == 3
        call(c, "GET", "/manifest", 200)
        secrets(call, c, team)
        updates(call, c, team, mesh.RecoveryKey(), gates)
        too_large(call, c, team)
        features(call, c, team)
    recovery(call, team)
    return call.seen


@pytest.mark.parametrize("method, path, status", DOCUMENTED)
def test_documented_statuses_come(seen, method, path, status):
    assert ((method, path, status) in seen) is ((method, path, status) not in NOT_IN_SIMULATION)


# --- what the document says of itself ----------------------------------------------------------------------------

def test_routes_are_complete():
    ours = {}
    for method, path, _ in DOCUMENT.operations():
        ours.setdefault(BASE + path, []).append(method)
    assert ours == {path: list(methods) for path, methods in rest_lib.ROUTES.items() if path.startswith(BASE)}


def test_other_methods_are_not_allowed():
    refusal = {"$ref": "#/components/responses/MethodNotAllowed"}
    with rest_lib.Coordinator() as c:
        c.start()
        for path, item in DOCUMENT.root["paths"].items():
            for method in METHODS:
                if method in item:
                    continue
                reply = c.http(method.upper(), BASE + path)
                assert reply.status_code == 405, (method, path)
                if method != "head":
                    DOCUMENT.check_answer(refusal, reply.headers, reply.content)
        reply = c.http("GET", BASE + "/status%zz")
        assert (reply.status_code, reply.text) == (400, "400 Bad Request")


def test_authentication_is_documented():
    """Who gets a 401 is told to bring a certificate, and nobody else."""
    for method, path, operation in DOCUMENT.operations():
        assert ("401" in operation["responses"]) is bool(operation.get("security")), (method, path)


def nodes(node, path=""):
    yield path, node
    if isinstance(node, (dict, list)):
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield from nodes(inner, f"{path}/{key}")


def test_document_is_sound():
    names = [operation["operationId"] for _, _, operation in DOCUMENT.operations()]
    assert len(set(names)) == len(names) and DOCUMENT.root["openapi"] == "3.1.0"
    used = set()
    for path, node in nodes(DOCUMENT.open):
        if not isinstance(node, dict):
            continue
        if "$ref" in node:
            used.add(node["$ref"])
            DOCUMENT.resolve({"$ref": node["$ref"]})
        if "schema" in node:
            Validator.check_schema(node["schema"])
            if "example" in node:
                example = node["example"]
                DOCUMENT.validate(example.rstrip("\n") if isinstance(example, str) else example, node["schema"])
    for kind in ("schemas", "responses", "headers", "requestBodies"):
        for name, schema in DOCUMENT.root["components"][kind].items():
            if kind == "schemas":
                Validator.check_schema(schema)
            assert f"#/components/{kind}/{name}" in used or name == "MethodNotAllowed", name


READY = {"code": 2, "message": "Coordinator is ready to accept a manifest."}


@pytest.mark.parametrize("method, path, status, kind, body", [
    ("GET", "/status", 200, "application/json", {**READY, "message": "Coordinator is ready."}),
    ("GET", "/status", 200, "application/json", {**READY, "code": 3}),
    ("GET", "/status", 200, "application/json", {**READY, "x": 1}),
    ("GET", "/status", 200, "text/plain", READY),
    ("GET", "/status", 500, "application/json", READY),
    ("GET", "/recover/public-key", 200, "application/json", {"algorithm": "RSA", "ephemeralPublicKey": "*"}),
    ("GET", "/update", 200, "application/json", {"updateLog": ["{\"time\":\"today\",\"update\":\"Secret set\"}"]}),
    ("GET", "/update", 200, "application/json", {"updateLog": ["{"]}),
])
def test_the_judge_refuses(method, path, status, kind, body):
    """What is not described: another text, another member, type, status, form."""
    good = json.dumps({"status": "success", "data": READY}).encode() + b"\n"
    DOCUMENT.check("GET", "/status", 200, {"Content-Type": "application/json"}, good)
    envelope = json.dumps({"status": "success", "data": body}).encode() + b"\n"
    with pytest.raises((AssertionError, jsonschema.ValidationError)):
        DOCUMENT.check(method, path, status, {"Content-Type": kind}, envelope)
