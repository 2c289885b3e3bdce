"""Documents of attestation services: attempts, configuration files, AMD's key service, quotes without certificates,
grace, roll-back, and what a Coordinator tells of it (chapter 70 §3.4, §11, §12, §16.2, §18)."""

import base64
import concurrent.futures
import hashlib
import http.server
import json
import os
import subprocess
import threading
import time

import pytest

import attest_quotes as aq
import mesh
from test_attest_activate import ONE, PACKAGES, UNIQUE, Kds, World, activate, manifest, now, refused

pytestmark = [pytest.mark.beyond, pytest.mark.needs("MR_COORDINATOR_TESTROOTS"), pytest.mark.needs("MR_CLI_TESTROOTS")]


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.close()


def refused_or_taken(world, c, package="unique", **options):
    """What the refusal says; empty: accepted."""
    try:
        assert activate(world, c, package, **options).argv == [package]
        return ""
    except mesh.grpc.RpcError as error:
        return error.details()


def soon_taken(attempt):
    """Good documents are there: they are loaded within seconds."""
    deadline = time.monotonic() + 20
    while (told := attempt()) and time.monotonic() < deadline:
        time.sleep(0.3)
    assert not told, told


def run_cli(world, evidence, tmp_path, **env):
    """`quote verify` with services of the environment."""
    (tmp_path / "evidence").write_bytes(evidence)
    settings = {k: v for k, v in os.environ.items() if not k.startswith(("EDG_", "MR_TEST_"))}
    settings.update({"MR_TEST_TRUST_ROOTS": str(world.roots), "EDG_AMD_KDS_URL": "", **env})
    return subprocess.run([mesh.program("MR_CLI_TESTROOTS"), "quote", "verify", tmp_path / "evidence", "--output", "json"],
                          env=settings, capture_output=True, timeout=60)


def cli_verify(world, evidence, tmp_path, config=None, **env):
    """`config`: members of sgx_default_qcnl.conf."""
    path = world.pccs.write_config(tmp_path, **(config or {}))
    done = run_cli(world, evidence, tmp_path, QCNL_CONF_PATH=path, **env)
    assert done.stdout, done
    return done.returncode, json.loads(done.stdout)


# --- attempts and configuration ------------------------------------------------------------------------------------

def test_a_service_that_is_busy_is_asked_again(world, tmp_path):
    """70 §12: retry_times, after 503."""
    world.pccs.fault("tcb", status=503, times=1)
    quote = world.intel.quote(world.pck).bytes
    status, got = cli_verify(world, quote, tmp_path, {"retry_times": 2, "retry_delay": 1})
    assert status == 0, got
    assert world.pccs.count("tcb") == 2


def test_other_failures_are_final(world, tmp_path):
    """70 §11: a 404 is not asked for again."""
    world.pccs.fault("tcb", status=404)
    status, got = cli_verify(world, world.intel.quote(world.pck).bytes, tmp_path, {"retry_times": 2, "retry_delay": 1})
    assert status == 1 and got["failure"]["code"] == "collateral-fetch"
    assert world.pccs.count("tcb") == 1


CONFIGS = [
    ("comments", lambda url: '/* site */\n{ // cache\n "pccs_url": "%s", /* with // in it */ "use_secure_cert": false }' % url, True),
    ("unknown and mistyped members", lambda url: json.dumps(
        {"pccs_url": url, "use_secure_cert": False, "retry_times": "many", "anything": [1]}), True),
    ("collateral service", lambda url: json.dumps(
        {"pccs_url": "https://127.0.0.1:9/sgx/certification/v4/", "collateral_service": url, "use_secure_cert": False}), True),
    ("lines", lambda url: "# site\nPCCS_URL = %s\nUSE_SECURE_CERT=FALSE\n" % url, True),
    ("3.0", lambda url: json.dumps({"pccs_url": url.rstrip("/"), "use_secure_cert": False, "pccs_api_version": "3.0"}), True),
    ("early", lambda url: json.dumps({"pccs_url": url, "use_secure_cert": False, "tcb_update_type": "EARLY"}), True),
    ("a certificate that nobody vouches for", lambda url: json.dumps({"pccs_url": url}), False),
    ("cut", lambda url: '{ "pccs_url": "%s", "use_secure_cert": false' % url, None),
    ("comment without an end", lambda url: '{ "pccs_url": "%s" /* }' % url, None),
    ("unknown update type", lambda url: json.dumps({"pccs_url": url, "tcb_update_type": "latest"}), None),
    ("plain http elsewhere", lambda url: json.dumps({"pccs_url": "http://pccs.invalid/sgx/certification/v4/"}), None),
    ("neither", lambda url: "pccs at %s" % url, None),
]


@pytest.mark.parametrize("what,make,good", CONFIGS, ids=[c[0] for c in CONFIGS])
def test_configuration_file(world, tmp_path, what, make, good):
    """70 §12: both forms; a file that is neither is an error and not another configuration."""
    path = tmp_path / "own.conf"
    path.write_text(make(world.pccs.url))
    done = run_cli(world, world.intel.quote(world.pck).bytes, tmp_path, QCNL_CONF_PATH=str(path))
    assert (done.returncode == 0) is bool(good), done
    if good is None:
        assert done.stdout == b"" and str(path).encode() in done.stderr, done
    if what == "early":
        assert any("update=early" in p for k, p in world.pccs.requests if k == "tcb"), world.pccs.requests


def test_a_broken_configuration_stops_a_coordinator(world, tmp_path):
    """70 §12: not another service instead."""
    (tmp_path / "own.conf").write_text('{ "pccs_url": ')
    c = world.coordinator(start=False, env={"QCNL_CONF_PATH": str(tmp_path / "own.conf")}).spawn()
    assert c.wait_exit() != 0 and "own.conf" in c.log


def test_configuration_that_is_missing(world, tmp_path):
    """The file that was named must be there."""
    done = run_cli(world, world.intel.quote(world.pck).bytes, tmp_path, QCNL_CONF_PATH=str(tmp_path / "none"))
    assert done.returncode == 1 and b"none" in done.stderr and done.stdout == b""


# --- AMD's key service, and quotes without certificates ---------------------------------------------------------------

def key_service(world, endorsement, crl):
    """With all that it has for one chip."""
    return Kds(crl, vcek=endorsement.der, cert_chain=(world.amd.ask.pem + world.amd.ark.pem).encode())


# A report of version 3 tells its line by CPUID (70 §16.1).
def bare_report(world, cert, **changes):
    return world.amd.report(cert, version=3, **changes)


def test_a_bare_report_is_completed(world, tmp_path):
    """70 §16.2: VCEK, ASK, ARK and the list from the service."""
    cert = world.amd.endorsement()
    with key_service(world, cert, world.amd_crl()) as kds:
        status, got = cli_verify(world, bare_report(world, cert), tmp_path, EDG_AMD_KDS_URL=kds.url)
        assert status == 0 and got["platform"]["product"] == "Milan", got
        assert sorted(p.split("?")[0].rsplit("/", 1)[-1] for p in kds.paths)[-2:] == ["cert_chain", "crl"]
        vcek = next(p for p in kds.paths if "blSPL" in p)
        assert vcek.endswith("?blSPL=04&teeSPL=01&snpSPL=23&ucodeSPL=213") and vcek.startswith("/vcek/v1/Milan/"), vcek


def test_nothing_is_asked_of_an_empty_service(world, tmp_path):
    """70 §16.2: set but empty: no request is made."""
    cert = world.amd.endorsement()
    status, got = cli_verify(world, bare_report(world, cert), tmp_path)
    assert status == 1 and got["failure"]["code"] == "collateral-fetch" and got["failure"]["step"] == "certificates"


def test_bare_reports_of_marbles_share_what_was_fetched(world):
    """70 §16.2: certificates are kept by address, the list by line."""
    cert = world.amd.endorsement()
    with key_service(world, cert, world.amd_crl()) as kds:
        c = world.coordinator(manifest({"guest": PACKAGES["guest"]}), env={"EDG_AMD_KDS_URL": kds.url})
        for _ in range(5):
            identity = mesh.Identity("marble")
            digest = hashlib.sha256(identity.cert.public_bytes(mesh.serialization.Encoding.DER)).digest()
            quote = aq.envelope(3, (1, bare_report(world, cert, report_data=digest)))
            assert activate(world, c, "guest", quote=quote, identity=identity).argv == ["guest"]
        assert len(kds.paths) == 3, kds.paths


class BusyService(http.server.ThreadingHTTPServer):
    """Says that it is asked too often."""

    def __init__(self):
        self.count = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.count += 1
                self.send_response(429)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


def test_a_service_that_is_asked_too_often_is_left_alone(world):
    """70 §16.2: back off."""
    busy = BusyService()
    url = f"http://127.0.0.1:{busy.server_address[1]}"
    c = world.coordinator(manifest({"guest": PACKAGES["guest"]}), env={"EDG_AMD_KDS_URL": url})
    for chip in range(5):
        cert = world.amd.endorsement(chip_id=bytes([chip + 1] * 64))
        identity = mesh.Identity("marble")
        table = aq.certificate_table(ask=world.amd.ask.der, ark=world.amd.ark.der, crl=world.amd_crl())
        quote = aq.envelope(3, (1, bare_report(world, cert, chip_id=bytes([chip + 1] * 64))), (2, table))
        refused(world, c, "guest", quote=quote, identity=identity)
    busy.shutdown()
    busy.server_close()
    assert busy.count == 1


def test_nothing_is_fetched_for_another_technology(world):
    """What cannot be the package's, whatever it proves, costs no request."""
    with key_service(world, world.amd.endorsement(), world.amd_crl()) as kds:
        c = world.coordinator(manifest(ONE), env={"EDG_AMD_KDS_URL": kds.url})
        quote = aq.envelope(3, (1, bare_report(world, world.amd.endorsement())))
        assert "PackageProperties not compliant" in refused(world, c, quote=quote, identity=mesh.Identity("marble"))
        refused(world, c, tee="TDX")
        assert kds.paths == [] and world.pccs.count() == 0


def test_of_two_lists_a_revocation_in_either_counts(world):
    """70 §16.3.2: the host chooses what it sends; what the service has said counts as well."""
    with key_service(world, world.amd.endorsement(), world.amd_crl([world.amd.ask])) as kds:
        c = world.coordinator(manifest({"guest": PACKAGES["guest"]}), env={"EDG_AMD_KDS_URL": kds.url})
        identity = mesh.Identity("marble")
        refused(world, c, "guest", quote=world.snp(identity, crl=False), identity=identity)
        refused(world, c, "guest", quote=world.snp(identity, crl=True), identity=identity)


def guest(world, c, crl=False, bare=None, **options):
    """What the refusal of an SNP Marble says; empty: accepted."""
    identity = mesh.Identity("marble")
    digest = hashlib.sha256(identity.cert.public_bytes(mesh.serialization.Encoding.DER)).digest()
    quote = world.snp(identity, crl=crl) if bare is None else aq.envelope(
        3, (1, bare_report(world, bare, report_data=digest, **options)))
    return refused_or_taken(world, c, "guest", quote=quote, identity=identity)


@pytest.mark.parametrize("what", ["forged", "another line's", "no list"])
def test_a_bad_list_of_the_service_is_not_kept(world, what):
    """70 §16.2, §18: what is not the ARK's sets no mark, and is replaced when there is a good one."""
    days = {"this_update": now() - aq.DAY, "next_update": now() + aq.DAY, "number": 1 << 40}
    bad = {"forged": aq.crl(world.amd.ark, signed_by=aq.rsa_key("other"), **days),
           "another line's": aq.crl(aq.Amd("Genoa", now()).ark, **days), "no list": b"<html>down</html>"}[what]
    with Kds(bad) as kds:
        c = world.coordinator(manifest({"guest": PACKAGES["guest"]}), env={"EDG_AMD_KDS_URL": kds.url})
        assert guest(world, c)
        kds.has["crl"] = world.amd_crl()
        soon_taken(lambda: guest(world, c))


@pytest.mark.parametrize("what", ["vcek", "cert_chain"])
def test_a_page_in_place_of_a_certificate_is_not_kept(world, what):
    """70 §16.2: an unusable answer is a failed fetch."""
    cert = world.amd.endorsement()
    with key_service(world, cert, world.amd_crl()) as kds:
        good, kds.has[what] = kds.has[what], b"<html>down</html>"
        c = world.coordinator(manifest({"guest": PACKAGES["guest"]}), env={"EDG_AMD_KDS_URL": kds.url})
        assert guest(world, c, bare=cert)
        kds.has[what] = good
        soon_taken(lambda: guest(world, c, bare=cert))


def test_lists_do_not_go_back(world):
    """70 §18: a list that is older than one that was seen, wherever that was, is none; a newer one is fetched for it."""
    new, old = world.amd_crl(number=7), world.amd_crl(number=6)
    c = world.coordinator(manifest({"guest": PACKAGES["guest"]}))
    assert not guest(world, c, crl=old) and not guest(world, c, crl=new)
    told = guest(world, c, crl=old)
    assert "revocation list is older than one that was seen before" in told, told
    with Kds(new) as kds:
        c = world.coordinator(manifest({"guest": PACKAGES["guest"]}), env={"EDG_AMD_KDS_URL": kds.url})
        assert not guest(world, c, crl=new) and not guest(world, c, crl=old)


def test_unproven_chips_keep_nobody_waiting(world):
    """70 §21.1: whoever connects may name any chip; what all need is fetched all the same."""
    with Kds(world.amd_crl(), cert_chain=(world.amd.ask.pem + world.amd.ark.pem).encode()) as kds:
        kds.hanging.add("vcek")
        c = world.coordinator(manifest({"guest": PACKAGES["guest"], "unique": PACKAGES["unique"]}),
                              env={"EDG_AMD_KDS_URL": kds.url})
        world.pccs.fault("pckcert", hang=True)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waiting = [pool.submit(guest, world, c, bare=world.amd.endorsement()),
                       pool.submit(refused_or_taken, world, c,
                                   quote=aq.report_header(with_platform_id(world).bytes))]
            deadline = time.monotonic() + 60
            while not (world.pccs.count("pckcert") and any("blSPL=" in p for p in kds.paths)):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert not guest(world, c)
            assert activate(world, c).argv == ["unique"]
            assert not any(w.done() for w in waiting)
            world.pccs.heal()
            world.pccs.stopping.set()
            kds.end.set()
            assert waiting[0].result() and waiting[1].result() is not None


def with_platform_id(world, **changes):
    """A quote of type 3: the platform's encrypted id in place of its certificates."""
    data = aq.tile("encrypted", 384) + world.pck.cpusvn + world.pck.pcesvn.to_bytes(2, "little") + world.pck.pceid
    return world.intel.quote(world.pck, cert_type=3, cert_data=data, **changes)


def test_quote_without_certificates(world, tmp_path):
    """70 §8.3, §11: the PCK certificate of types 1 to 3 comes from the PCCS."""
    status, got = cli_verify(world, with_platform_id(world).bytes, tmp_path)
    assert status == 0, got
    path = next(p for k, p in world.pccs.requests if k == "pckcert")
    assert f"encrypted_ppid={aq.tile('encrypted', 384).hex()}" in path and f"qeid={aq.tile('qe id', 16).hex()}" in path
    assert f"pcesvn={world.pck.pcesvn.to_bytes(2, 'little').hex()}" in path, path


def test_marbles_without_certificates_ask_once(world):
    """70 §11: kept, as all documents."""
    c = world.coordinator(manifest(ONE))
    for _ in range(3):
        identity = mesh.Identity("marble")
        digest = hashlib.sha256(identity.cert.public_bytes(mesh.serialization.Encoding.DER)).digest()
        quote = aq.report_header(with_platform_id(world, report_data=digest).bytes)
        assert activate(world, c, quote=quote, identity=identity).argv == ["unique"]
    assert world.pccs.count("pckcert") == 1


# --- what a Coordinator makes of it --------------------------------------------------------------------------------

def test_a_refresh_that_hangs_keeps_nobody_waiting(world):
    """70 §18: cached documents serve while they are fetched again."""
    c = world.coordinator(manifest(ONE), env={"EDG_COORDINATOR_COLLATERAL_REFRESH_SECONDS": "1"})
    activate(world, c)
    world.pccs.fault("all", hang=True)
    time.sleep(1.2)
    asked = world.pccs.count()
    for _ in range(20):
        assert activate(world, c).argv == ["unique"]
    assert asked <= world.pccs.count() <= asked + 1


def ended(world, seconds):
    """Collateral whose TCB info ends in so many seconds; when that is."""
    end = now() + seconds * aq.SECOND
    tcb = world.intel.tcb_info(world.pck, nextUpdate=aq.when(end))
    world.pccs.add(world.intel, world.pck, sgx=world.intel.collateral(world.pck, tcb=tcb))
    return end


@pytest.mark.parametrize("grace", [0, 3600])
def test_grace(world, grace):
    """70 §18: only the manifest gives it, only when nothing better can be had, and it is told."""
    c = world.coordinator(manifest(ONE, Config={"Attestation": {"CollateralGraceSeconds": grace}}))
    end = ended(world, 8)
    activate(world, c)
    world.pccs.fault("all", status=500)
    time.sleep(max(0, end.timestamp() + 1.2 - time.time()))
    if not grace:
        refused(world, c)
        return
    assert activate(world, c).argv == ["unique"]
    assert "collateral that has ended" in c.log and "expired collateral is accepted for 3600 seconds" in c.log


def test_documents_do_not_go_back(world):
    """70 §18: a lower evaluation number than was seen is refused, after a restart as well."""
    c = world.coordinator(manifest(ONE))
    sealed = c.seal_dir / "sealed_data"
    before = sealed.stat().st_mtime_ns
    activate(world, c)
    deadline = time.monotonic() + 60
    while sealed.stat().st_mtime_ns == before:  # what was seen is stored within seconds
        assert time.monotonic() < deadline
        time.sleep(0.1)
    tcb = world.intel.tcb_info(world.pck, tcbEvaluationDataNumber=19)
    world.pccs.add(world.intel, world.pck, sgx=world.intel.collateral(world.pck, tcb=tcb))
    c.restart()
    assert "is older than one that was seen before" in refused(world, c)
    world.pccs.add(world.intel, world.pck)
    soon_taken(lambda: refused_or_taken(world, c))


def test_a_document_of_another_platform_sets_no_mark(world):
    """70 §18: the highest number is kept per FMSPC of the document; one that was sent by mistake bars nobody."""
    other = world.intel.pck(fmspc=bytes.fromhex("00b06c3f0000"))
    ahead = world.intel.collateral(other, tcb=world.intel.tcb_info(other, tcbEvaluationDataNumber=99))
    world.pccs.add(world.intel, world.pck, sgx=ahead)
    c = world.coordinator(manifest(ONE))
    refused(world, c)
    world.pccs.add(world.intel, world.pck)
    soon_taken(lambda: refused_or_taken(world, c))


@pytest.mark.parametrize("least,good", [(20, True), (21, False)])
def test_least_evaluation_number(world, least, good):
    """70 §18: Config.Attestation.MinTCBEvaluationDataNumber."""
    c = world.coordinator(manifest(ONE, Config={"Attestation": {"MinTCBEvaluationDataNumber": least}}))
    if good:
        activate(world, c)
    else:
        assert "evaluation number 20" in refused(world, c)


def test_all_advisories(world):
    """70 §4: AdvisoryPolicy `all` looks at them with every status."""
    level = world.intel.level("OutOfDate", components=world.pck.components, advisories=["INTEL-SA-00615"])
    tcb = world.intel.tcb_info(world.pck, levels=[level])
    world.pccs.add(world.intel, world.pck, sgx=world.intel.collateral(world.pck, tcb=tcb))
    base = {"UniqueID": UNIQUE, "AcceptedTCBStatuses": ["OutOfDate"], "AcceptedAdvisories": ["INTEL-SA-00001"]}
    c = world.coordinator(manifest({"reference": base, "all": {**base, "AdvisoryPolicy": "all"}}))
    assert activate(world, c, "reference").argv == ["reference"]
    assert "[INTEL-SA-00615]" in refused(world, c, "all")


def test_extended_packages_survive_a_restart(world):
    """70 §17.2: the rules are in the state, not only in the manifest."""
    c = world.coordinator(manifest({"td": PACKAGES["td"], "guest": PACKAGES["guest"]}))
    c.restart()
    assert activate(world, c, "td", tee="TDX").argv == ["td"]
    refused(world, c, "td", tee="TDX", body={"mrtd": aq.tile("evil", 48)})
    refused(world, c, "td")


BROKEN = [({"TEE": "TDX"}, "no MRTD"), ({"UniqueID": UNIQUE, "TDX": {"MRTD": "00" * 48}}, "does not allow"),
          ({"TEE": "SNP", "SNP": {"Measurment": "00" * 48}}, "unknown key"), ({"TEE": "VM"}, "unknown TEE"),
          ({"TEE": "TDX", "TDX": {"MRTD": "00"}}, "invalid MRTD")]


@pytest.mark.parametrize("package,text", BROKEN, ids=[b[1] for b in BROKEN])
def test_extended_packages_that_are_wrong(world, package, text):
    """70 §17.1: a misspelt rule is not a rule that is missing."""
    c = world.coordinator()
    answer = c.post("/api/v2/manifest", json={"manifest": base64.b64encode(
        json.dumps(manifest({"p": package})).encode()).decode()})
    assert answer.status_code >= 400 and text in answer.text, answer.text


def test_weakness_is_told_when_set_and_at_every_start(world):
    """70 §18: one line that names it."""
    c = world.coordinator(manifest({"p": {"UniqueID": UNIQUE, "AcceptedTCBStatuses": ["Revoked"]},
                                    "guest": PACKAGES["waived"]}))
    def lines():
        return [r for r in c.log_records() if "weakened by the manifest" in json.dumps(r)]
    assert len(lines()) == 1 and "Revoked" in json.dumps(lines()) and "missing revocation lists" in json.dumps(lines())
    c.restart()
    assert len(lines()) == 2


def test_statuses_are_counted(world):
    """70 §4: statuses in the metrics."""
    c = world.coordinator(manifest(ONE), metrics=True)
    activate(world, c)
    text = mesh.requests.get(f"http://127.0.0.1:{c.metrics_port}/metrics", timeout=20).text
    assert 'coordinator_marble_tcb_status_total{status="UpToDate"} 1' in text
    assert "coordinator_simulation 0" in text


def sign(c, quote):
    return c.post("/api/v2/sign-quote", json={"sgxQuote": base64.b64encode(quote).decode()})


def test_sign_quote(world):
    """70 §5.3, 20 §6.14: any status, signed over the text as received; raw or with the header."""
    level = world.intel.level("Revoked", components=world.pck.components)
    tcb = world.intel.tcb_info(world.pck, levels=[level])
    world.pccs.add(world.intel, world.pck, sgx=world.intel.collateral(world.pck, tcb=tcb))
    c = world.coordinator(manifest(ONE, Config={"FeatureGates": ["SignQuoteEndpoint"]}))
    root = mesh.pem_certificates(c.data(c.get("/api/v2/quote"))["cert"])[-1]
    raw = world.intel.quote(world.pck).bytes
    for quote in (raw, aq.report_header(raw)):
        data = c.data(sign(c, quote))
        assert data["tcbStatus"] == "Revoked"
        text = base64.b64encode(quote) + b"Revoked"
        root.public_key().verify(base64.b64decode(data["verificationSignature"]), text,
                                 aq.ec.ECDSA(aq.hashes.SHA256()))


def test_sign_quote_refuses(world):
    """20 §6.14: nothing that is not verified is signed, and nothing that is no enclave."""
    c = world.coordinator(manifest(ONE, Config={"FeatureGates": ["SignQuoteEndpoint"]}))
    bad = [world.intel.quote(world.pck, body_key=aq.ec_key("thief")).bytes, b"", b"rubbish",
           world.intel.quote(world.pck, "TDX").bytes]
    for quote in bad:
        answer = sign(c, quote)
        assert answer.status_code == 400 and "quote verification failed" in answer.json()["data"]["sgxQuote"], answer.text
        assert answer.json()["message"] == "quote verification failed"


def test_equal_nonces_make_one_quote(world, tmp_path):
    """70 §2: quotes are made one at a time, equal ones once."""
    counter = tmp_path / "calls"
    script = world.command.read_text().replace("exec ", f"echo x >>{counter}\nexec ")
    world.command.write_text(script)
    c = world.coordinator(manifest(ONE))
    before = len(counter.read_text().splitlines())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: c.data(c.get("/api/v2/quote?nonce=YWJj"))["quote"], range(8)))
    assert len(set(answers)) == 1
    assert len(counter.read_text().splitlines()) - before == 1
    for _ in range(5):
        c.data(c.get("/api/v2/quote"))
    assert len(counter.read_text().splitlines()) - before == 1


def test_stopping_while_a_document_is_fetched(world):
    """Whoever waits is answered, and the process ends in time."""
    c = world.coordinator(manifest(ONE))
    world.pccs.fault("all", hang=True)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(activate, world, c) for _ in range(4)]
        time.sleep(1)
        began = time.monotonic()
        c.terminate()
        assert time.monotonic() - began < 25
        assert all(w.exception() is not None for w in waiting)
