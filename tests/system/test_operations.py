# SPDX-License-Identifier: Apache-2.0
"""docs/operations.md tells the truth: its commands work one after another, its log lines and metrics come, and it has
all variables of the environment."""
import os
import re
import shutil
import socket
import subprocess

import grpc
import pytest

import docs
import mesh
import rest_lib

PAGE = "docs/operations.md"
STATE = "/var/lib/marblerun-coordinator"
METRICS = "127.0.0.1:9944"

# What the host of the page has, made of a process: the unit's file of settings is ./env.
PRELUDE = """
marblerun() { "$MR_CLI" "$@" --insecure; }
marblerun-coordinator() { "$MR_COORDINATOR" "$@"; }
systemctl() {
	case $1 in
	start)
		(set -a; . ./env; exec "$MR_COORDINATOR") </dev/null >>log 2>&1 &
		echo $! >pid ;;
	stop)
		kill "$(cat pid)"
		while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.02; done ;;
	esac
}
"""


class Host:
    """A folder in which the commands of the page run."""

    def __init__(self, folder):
        self.folder = folder
        ports = [mesh.free_port() for _ in range(3)]
        self.coordinator = f"localhost:{ports[0]}"
        self.places = {STATE: str(folder / "state"), METRICS: f"127.0.0.1:{ports[2]}", "mesh.example.com": "localhost"}
        shutil.copy(docs.ROOT / "samples/manifests/team.json", folder)
        settings = {"OE_SIMULATION": 1, "EDG_COORDINATOR_SEAL_DIR": folder / "state",
                    "EDG_COORDINATOR_CLIENT_ADDR": self.coordinator,
                    "EDG_COORDINATOR_MESH_ADDR": f"localhost:{ports[1]}"}
        (folder / "env").write_text(self.here(docs.blocks(PAGE, "ini")[0][1])
                                    + "".join(f"{name}={value}\n" for name, value in settings.items()))
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith("EDG_")}, "HOME": str(folder),
                    "XDG_CONFIG_HOME": str(folder / "config"), "COORDINATOR": self.coordinator}

    def here(self, text):
        for place, mine in self.places.items():
            text = text.replace(place, mine)
        return text

    def run(self, commands):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", PRELUDE + self.here(commands)], cwd=self.folder,
                              env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=300)
        output = done.stdout.decode()
        assert done.returncode == 0, f"{commands}\n{output}\n{(self.folder / 'log').read_text()}"
        return output


# What a block of commands must have said: a part of the commands, and of the output.
SAID = [
    ("/api/v2/status", '"code":'),
    ("manifest set", "Manifest successfully set"),
    ("manifest log", "Initial manifest set"),
    ("echo '{\"Packages\"", "Update"),
    ("--missing", "bob"),
    ("secret get token", "czNjcjN0"),
    ("--check-state", "result: loads"),
    ("rm ", '"code":1'),
    ("recover alice-secret", "1"),
    ("recover-with-signature bob-sealed", "3: Coordinator is running correctly"),
    ("RotateRootSecret", "Recovery data saved to: recovery-3.json"),
    ("/metrics", "coordinator_state 3"),
]


def test_commands_work(tmp_path):
    host = Host(tmp_path)
    blocks = [text for _, text in docs.blocks(PAGE, "sh")]
    said = set()
    try:
        for block in blocks:
            output = host.run(block)
            for part, wanted in SAID:
                if part in block:
                    said.add(part)
                    assert wanted in output, (block, output)
    finally:
        host.run("systemctl stop")
    assert said == {part for part, _ in SAID} and len(blocks) > 12
    assert docs.text(PAGE).count("```") == 2 * (len(blocks) + 1)


# --- the log -----------------------------------------------------------------------------------------------------

MINIMAL = str(docs.ROOT / "samples/manifests/minimal.json")


def last_words(c):
    """The last line of a Coordinator that does not stay."""
    c.spawn()
    assert c.wait_exit() == 1
    record = c.log_records()[-1]
    assert record["level"] == "fatal"
    return record


def without_tee(c):
    c.extra_env["OE_SIMULATION"] = "0"


def other_store(c):
    c.extra_env |= {"EDG_DISTRIBUTED_COORDINATOR": "1", "EDG_STORE_BACKEND": "k8s-secret"}


def port_in_use(c):
    c.taken = socket.create_server(("127.0.0.1", c.client_port))


def bad_address(c):
    c.extra_env["EDG_COORDINATOR_MESH_ADDR"] = "localhost:99999"


def bad_host(c):
    c.extra_env["EDG_COORDINATOR_CLIENT_ADDR"] = "nowhere.invalid:4433"


def bad_directory(c):
    c.seal_dir.write_text("a file")


def directory_in_use(c):
    c.other = rest_lib.Coordinator(seal_dir=c.seal_dir).start()


def damaged(c):
    c.seal_dir.mkdir()
    (c.seal_dir / "sealed_data").write_bytes(b"")


def no_startup_manifest(c):
    c.extra_env["EDG_STARTUP_MANIFEST"] = str(c.workdir / "none.json")


def bad_startup_manifest(c):
    c.extra_env["EDG_STARTUP_MANIFEST"] = str(c.workdir / "bad.json")
    (c.workdir / "bad.json").write_text("{}")


def old_secrets_file(c):
    c.extra_env |= {"EDG_STARTUP_MANIFEST": MINIMAL, "EDG_STARTUP_RECOVERY_SECRETS_FILE": MINIMAL}


def key_lost(c):
    c.start().set_manifest(docs.text("samples/manifests/minimal.json"))
    c.terminate()
    (c.seal_dir / "sealed_key").unlink()


def startup_in_recovery(c):
    key_lost(c)
    c.extra_env["EDG_STARTUP_MANIFEST"] = MINIMAL


# in the order of the page
FATAL = [without_tee, other_store, port_in_use, bad_address, bad_host, bad_directory, directory_in_use, damaged,
         no_startup_manifest, bad_startup_manifest, old_secrets_file, startup_in_recovery]
FATAL_ROWS = docs.table(PAGE, "`msg`", "`error` contains", "Do")


def test_fatal_lines_are_complete():
    assert len(FATAL) == len(FATAL_ROWS)
    source = docs.text("src/coordinator/main.c")
    assert set(re.findall(r'fatal\(log, "([^"]+)"', source)) <= {docs.code(row[0])[0] for row in FATAL_ROWS}


@pytest.mark.parametrize("arrange, row", zip(FATAL, FATAL_ROWS), ids=[arrange.__name__ for arrange in FATAL])
def test_fatal_lines_come(arrange, row):
    with rest_lib.Coordinator() as c:
        try:
            arrange(c)
            record = last_words(c)
        finally:
            for thing in ("taken", "other"):
                if hasattr(c, thing):
                    getattr(c, thing).close() if thing == "taken" else getattr(c, thing).cleanup()
    assert record["msg"] == docs.code(row[0])[0]
    assert all(text in record["error"] for text in docs.code(row[1]))


def test_other_lines_come():
    """A life with everything that the second table names."""
    person = rest_lib.Person()
    manifest = mesh.manifest(Users={"u": mesh.user_entry(person)})
    manifest["Packages"]["unused"] = {"Debug": True}
    with rest_lib.Coordinator() as c:
        c.start().set_manifest(manifest)
        c.update_manifest(manifest, person)
        assert mesh.activation_error(c, "none").code() == grpc.StatusCode.PERMISSION_DENIED
        c.terminate()
        # as after a crash before the last rename
        (c.seal_dir / "sealed_data").rename(c.seal_dir / "sealed_data.tmp")
        c.extra_env["EDG_STARTUP_MANIFEST"] = MINIMAL
        c.start().terminate()
        (c.seal_dir / "sealed_data.tmp").rename(c.seal_dir / "sealed_data")
        (c.seal_dir / "sealed_key").unlink()
        del c.extra_env["EDG_STARTUP_MANIFEST"]
        c.start()
        assert c.status()["code"] == 1
        levels = {record["msg"]: record["level"] for record in c.log_records()}
    for row in docs.table(PAGE, "`msg`", "Level", "Meaning"):
        assert levels.get(docs.code(row[0])[0]) == row[1], row


# --- metrics, environment ----------------------------------------------------------------------------------------

def test_metrics_come():
    with rest_lib.Coordinator(metrics=True) as c:
        c.start().set_manifest(docs.text("samples/manifests/minimal.json"))
        mesh.activate(c, "web")
        request = b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        text = rest_lib.plain_exchange(c.metrics_port, request)
    for name, *_ in docs.table(PAGE, "Metric", "Watch"):
        assert f"# TYPE {docs.code(name)[0]} " in text.decode(), name
    assert 'grpc_server_handled_total{grpc_code="OK"' in text.decode()


def test_environment_is_complete():
    """All variables, with their defaults; "0" is one that is only looked at for a 1."""
    source = docs.text("src/coordinator/config.c")
    used = dict(re.findall(r'mr_env_(?:get|is_one)\("(\w+)"(?:, "?([^")]*)"?)?\)', source))
    assert len(used) > 10
    rows = {docs.code(row[0])[0]: row for row in docs.table(PAGE, "Variable", "Default", "Meaning")}
    named = {name for row in rows.values() for name in docs.code("".join(row)) if name.isupper()}
    assert set(used) == {name for name in named if name.startswith(("EDG_", "OE_"))}
    for name, row in rows.items():
        default = {"NULL": None, "": None}.get(used[name], used[name])
        stated = docs.code(row[1])[0] if docs.code(row[1]) else None
        assert stated == default or stated == "0" or name == "EDG_COORDINATOR_SEAL_DIR", row
