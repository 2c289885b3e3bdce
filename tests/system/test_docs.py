# SPDX-License-Identifier: Apache-2.0
"""docs/manifest.md tells the truth: its examples are accepted, its templates give what they should, each of its
messages comes, and no field is missing."""
import json
import re

import pytest

import docs
import mesh
import rest_lib

PAGE = "docs/manifest.md"
MINIMAL = json.loads(docs.text("samples/manifests/minimal.json"))


def merged(base, part):
    """`part` laid over `base`, objects member by member."""
    if not isinstance(base, dict) or not isinstance(part, dict):
        return part
    return {**base, **{name: merged(base.get(name), value) for name, value in part.items()}}


def completed(value):
    """With real ones in place of IDs, certificates and keys that are cut short."""
    if isinstance(value, dict):
        return {name: completed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [completed(inner) for inner in value]
    if isinstance(value, str) and "…" in value:
        if "BEGIN CERTIFICATE" in value:
            return rest_lib.Person().cert_pem.decode()
        if "BEGIN PUBLIC KEY" in value:
            return mesh.RecoveryKey().public_pem
        return value.replace("…", "0" * (65 - len(value)))
    return value


def example(part):
    return merged(MINIMAL, completed(part))


@pytest.fixture
def coordinator():
    with rest_lib.Coordinator() as c:
        yield c.start()


@pytest.fixture(scope="module")
def idle():
    """A Coordinator that has no manifest and is given none that it accepts."""
    with rest_lib.Coordinator() as c:
        yield c.start()


def refusal(coordinator, manifest):
    reply = coordinator.try_set_manifest(manifest)
    assert reply.status_code == 500, (reply.text, manifest)
    return reply.json()["message"]


# --- examples ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("line, text", docs.blocks(PAGE, "json"))
def test_examples_are_accepted(coordinator, line, text):
    coordinator.set_manifest(example(json.loads(text)))
    warnings = [r for r in coordinator.log_records() if r["msg"] == "Manifest is odd"]
    assert not [r for r in warnings if "member" in r["remark"]], warnings


def test_all_code_is_json():
    """The indented examples, which are no manifests, at least parse."""
    assert len(docs.blocks(PAGE, "json")) == docs.text(PAGE).count("```") / 2 >= 7
    for _, text in docs.indented(PAGE):
        json.loads(text)


@pytest.mark.parametrize("path", sorted(str(p.relative_to(docs.ROOT)) for p in docs.ROOT.glob("samples/*/*.json")))
def test_samples_are_accepted(coordinator, path):
    sample = json.loads(docs.text(path))
    for user in sample.get("Users", {}).values():
        user["Certificate"] = user["Certificate"] or rest_lib.Person().cert_pem.decode()
    keys = sample.get("RecoveryKeys", {})
    keys.update({name: mesh.RecoveryKey().public_pem for name, key in keys.items() if not key})
    coordinator.set_manifest(sample)


def test_package_update(coordinator):
    """The example under Updates, and who may do it."""
    users = next(json.loads(text) for _, text in docs.blocks(PAGE, "json") if '"Users"' in text)
    bob = rest_lib.Person()
    manifest = example(merged(users, {"Users": {"bob": {"Certificate": bob.cert_pem.decode()}}}))
    coordinator.set_manifest(manifest)
    update = next(json.loads(text) for _, text in docs.indented(PAGE) if '"Packages"' in text)
    assert coordinator.data(coordinator.update_manifest(update, bob))["missingAcknowledgments"] == 0
    back = {"Packages": {"app": {"SecurityVersion": MINIMAL["Packages"]["app"]["SecurityVersion"]}}}
    assert "downgrade" in coordinator.update_manifest(back, bob).json()["message"]


# --- templates ---------------------------------------------------------------------------------------------------

TEMPLATES = [(docs.code(row[0])[0], row[1], row[2]) for row in docs.table(PAGE, "Template", "In", "Result")]
TEMPLATE_SECRETS = next(json.loads(text) for _, text in docs.blocks(PAGE, "json") if '"my-key"' in text)


def with_templates(rows):
    """A manifest whose Marble has all these, each named by its number."""
    parameters = {place: {} for place in ("Files", "Env")}
    for number, (template, place, _) in enumerate(rows):
        for kind in parameters:
            if place in ("both", kind):
                parameters[kind][f"/{number}" if kind == "Files" else f"E{number}"] = template
    return example(merged(TEMPLATE_SECRETS, {"Marbles": {"web": {"Parameters": parameters}}}))


def test_templates_give_their_results(coordinator):
    rows = [row for row in TEMPLATES if not row[2].startswith("refused")]
    writer = rest_lib.Person()
    values = {"key": b"\0\1\xfe", "token": b"s3cr3t", "my-key": b"Z"}
    people = {"Users": {"w": mesh.user_entry(writer, "w")},
              "Roles": {"w": {"ResourceType": "Secrets", "ResourceNames": list(values), "Actions": ["WriteSecret"]}}}
    coordinator.set_manifest(merged(with_templates(rows), people))
    upload = {"secrets": {name: {"Key": mesh.b64(value)} for name, value in values.items()}}
    assert coordinator.post("/api/v2/secrets", json=upload, user=writer).status_code == 200
    got = mesh.activate(coordinator, "web")
    assert len(rows) > 8
    for number, (template, place, result) in enumerate(rows):
        want = docs.code(result)[0].encode()
        assert place in ("both", "Files", "Env")
        assert place == "Env" or got.files[f"/{number}"] == want, template
        assert place == "Files" or got.env[f"E{number}"] == want, template


@pytest.mark.parametrize("row", [row for row in TEMPLATES if row[2].startswith("refused")], ids=lambda row: row[0])
def test_templates_are_refused(idle, row):
    for kind in ("Files", "Env") if row[1] == "both" else (row[1],):
        message = refusal(idle, with_templates([(row[0], kind, "")]))
        where = "file /0" if kind == "Files" else "env variable E0"
        assert message.startswith(f"running manifest template dry run: in Marble web: {where}: template: data:1:")
        assert message.endswith(docs.code(row[2])[0])


# --- checks ------------------------------------------------------------------------------------------------------

def tls(side, entry, **sections):
    return {"TLS": {"t": {side: [entry]}}, **sections}


def role(**members):
    return {"Roles": {"r": members}}


PERSON = rest_lib.Person().cert_pem.decode()
OWN = {"Secrets": {"s": {"Type": "symmetric-key", "Size": 128}}}
RSA = {"Type": "cert-rsa", "Size": 4096, "Shared": True}

# in the order of the page; None: the section goes
BAD = [
    {"Packages": None},
    {"Marbles": None},
    {"Marbles": {"web": {"Package": "none"}}},
    {"Packages": {"app": {"UniqueID": "0"}}},
    {"Packages": {"app": {"SignerID": ""}}},
    {"Marbles": {"web": {"TLS": ["none"]}}},
    tls("Incoming", {}),
    tls("Incoming", {"Port": "1", "Cert": "none", "DisableClientAuth": True}),
    tls("Incoming", {"Port": "1", "Cert": "s"}, Secrets={"s": {"Type": "cert-ed25519"}}),
    tls("Incoming", {"Port": "1", "DisableClientAuth": True}),
    tls("Incoming", {"Port": "1", "Cert": "s", "DisableClientAuth": True}, **OWN),
    tls("Outgoing", {"Port": "1"}),
    tls("Outgoing", {"Addr": "a"}),
    {"Users": {"u": {}}},
    {"Users": {"u": {"Certificate": PERSON, "Roles": ["none"]}}},
    {"Users": {"u": {"Certificate": PERSON}, "v": {"Certificate": PERSON.replace("\n", "\n\n", 1)}}},
    role(ResourceType="Packages", ResourceNames=["none"]),
    role(ResourceType="Packages", ResourceNames=["app"], Actions=["ReadSecret"]),
    {**role(ResourceType="Secrets", ResourceNames=["s"], Actions=["WriteSecret"]), **OWN},
    {**role(ResourceType="Secrets", ResourceNames=["s"], Actions=["ReadSecret"]), **OWN},
    role(ResourceType="Manifest", ResourceNames=["x"]),
    role(ResourceType="Users"),
    {"Secrets": {"s": {"Type": "key"}}},
    {"Secrets": {"s": {"Type": "cert-ed25519", "ValidFor": 1, "Cert": {"NotAfter": "2040-01-01T00:00:00Z"}}}},
    {"Secrets": {f"s{i}": RSA for i in range(129)}},
    {"Config": {"UpdateThreshold": 1}},
    {"Config": {"SealMode": "None"}},
    {"Config": {"FeatureGates": ["Magic"]}},
    {"Config": {"FeatureGates": ["AzureHSMSealing"]}},
    {"Config": {"RecoveryThreshold": 2}},
    {"Config": {"RecoveryThreshold": 1}, "RecoveryKeys": {"k": ""}},
    {"Config": {"Attestation": {"CollateralGraceSeconds": 604801}}},
]
MESSAGES = [docs.code(row[0])[0] for row in docs.table(PAGE, "Message", "When")]


def pattern(message):
    """Some words in capitals stand for anything."""
    places = "PACKAGE|FIELD|TAG|SECRET|USER|ROLE|NAME|TYPE|ACTION|RECORD|NUMBER|MODE|FEATURE|LIST"
    return re.sub(rf"\b({places})\b", ".+", re.escape(message))


def test_checks_are_complete():
    """Each message in the source is on the page."""
    assert len(MESSAGES) == len(BAD)
    ours = "".join(docs.text(f"src/manifest/{name}.c") for name in ("check", "check_config", "check_users"))
    formats = re.findall(r'mr_fail\(\s*err,\s*MR_CODE_\w+,\s*((?:(?:"[^"]*"|PRIu64)\s*)+)', ours)
    assert len(formats) > 20
    for text in formats:
        sample = "".join(re.findall(r'"([^"]*)"', text.replace("PRIu64", '"u"')))
        sample = re.sub(r"%(\.\*s|s|zu|u|d)", "128", sample)
        # one that has two rows, for Addr and for Port
        sample = sample.replace("misses 128", "misses Addr")
        assert [m for m in MESSAGES if re.fullmatch(pattern(m), sample)], sample


@pytest.mark.parametrize("bad, message", zip(BAD, MESSAGES), ids=MESSAGES)
def test_checks_have_their_messages(idle, bad, message):
    manifest = {k: v for k, v in merged(MINIMAL, bad).items() if v is not None}
    assert re.fullmatch("checking manifest: " + pattern(message), refusal(idle, manifest))


SECRETS = {"NAME: unsupported": {"Type": "cert-ecdsa", "Size": 100}, "none is": {"Type": "cert-ed25519", "Size": 256},
           "invalid secret size: NAME": {"Type": "symmetric-key", "Size": 12}, "unsupported secret": {"Type": "plain"}}


@pytest.mark.parametrize("part", SECRETS)
def test_secrets_have_their_messages(idle, part):
    section = docs.text(PAGE).split("\n## Secrets\n")[1].split("\n### Upload\n")[0]
    message = next(text for text in docs.code(section) if part in text).replace("NAME", "s")
    for shared, prefix in ((True, "generating secrets from manifest: "),
                           (False, "generating placeholder secrets from manifest: ")):
        got = refusal(idle, merged(MINIMAL, {"Secrets": {"s": {**SECRETS[part], "Shared": shared}}}))
        assert got == prefix + message


@pytest.mark.parametrize("part, sections", [
    ("Package.Debug", {"Packages": {"app": {"Debug": "x"}}}),
    ("unknown encoding type: X", {"Marbles": {"web": {"Parameters": {"Env": {"E": {"Encoding": "X"}}}}}}),
    ("not a public key", {"RecoveryKeys": {"k": "x"}}),
    ("unsupported type of public key", {"RecoveryKeys": {"k": "EC"}}),
    ("received invalid certificate for user", {"Users": {"NAME": {"Certificate": "x"}}}),
])
def test_other_messages(idle, part, sections):
    if sections.get("RecoveryKeys") == {"k": "EC"}:
        key = rest_lib.Person().key.public_key()
        sections = {"RecoveryKeys": {"k": key.public_bytes(
            mesh.serialization.Encoding.PEM, mesh.serialization.PublicFormat.SubjectPublicKeyInfo).decode()}}
    message = next(text for text in docs.code(docs.text(PAGE)) if part in text)
    assert message.strip("… ") in refusal(idle, merged(MINIMAL, sections))


# --- fields ------------------------------------------------------------------------------------------------------

def test_fields_are_complete():
    """Every field that is read is on the page, but for those that have no effect."""
    known = set(docs.code(docs.text(PAGE)))
    known |= {name for text in known for name in re.findall(r'"(\w+)"', text)}
    names = set()
    for file in ("manifest", "model", "content", "secret_record", "template_values", "cert_template_json"):
        source = re.sub(r"IGNORED\([^)]*\)|#define(?:.*\\\n)*.*", "", docs.text(f"src/manifest/{file}.c"))
        for kind in re.findall(r'CONSTRAINTS\("(\w+)"', source):
            names |= {"Permitted" + kind, "Excluded" + kind}
        source = re.sub(r'CONSTRAINTS\("\w+"', "", source)
        names |= set(re.findall(r'(?<!= \{ )"([A-Z]\w*)"', source))
    assert len(names) > 90
    without_effect = {"Issuer", "Extensions", "PolicyMappings", "Names", "IssuerDomainPolicy", "SubjectDomainPolicy"}
    assert names - known == without_effect - known


def test_limits():
    limits = {row[0]: row[1] for row in docs.table(PAGE, "What", "Limit")}
    header = docs.text("src/manifest/manifest.h")
    assert "16 MiB" in limits["the manifest"] and "MR_MANIFEST_MAX_SIZE ((size_t)16 << 20)" in header
    entries = int(limits["entries of one map, items of one list"].replace(",", ""))
    assert f"MR_MANIFEST_MAX_ENTRIES ((size_t){entries})" in header
    assert limits["nesting"] == "10,000 levels" and "MR_JSON_MAX_DEPTH 10000" in docs.text("src/codec/json.h")
