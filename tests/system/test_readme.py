# SPDX-License-Identifier: Apache-2.0
"""README.md: its first five minutes, as somebody would type them, but on free ports and in a folder of their own."""
import json
import os
import pathlib
import re
import subprocess

import docs
import mesh

PAGE = "README.md"
SECTION = "## First manifest in five minutes\n"
WAIT = "curl --silent --insecure --retry 60 --retry-connrefused --output ready https://{}/api/v2/status\n"


def code():
    """The three pieces: how to start, the manifest, how to use it."""
    section = docs.text(PAGE).split(SECTION)[1].split("\n## ")[0]
    pieces = [re.sub(r"(?m)^    ", "", piece) + "\n" for piece in re.findall(r"(?:^    .*(?:\n|\Z))+", section, re.M)]
    assert len(pieces) == 3
    return pieces


def test_first_manifest(tmp_path):
    start, manifest, use = code()
    (tmp_path / "build").symlink_to(pathlib.Path(os.environ["MR_BUILD"]).resolve())
    (tmp_path / "hello.json").write_text(manifest.replace("/tmp/", f"{tmp_path}/"))
    client, marbles = (f"localhost:{mesh.free_port()}" for _ in range(2))
    env = {k: v for k, v in os.environ.items() if not k.startswith("EDG_")}
    env |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "EDG_COORDINATOR_CLIENT_ADDR": client,
            "EDG_COORDINATOR_MESH_ADDR": marbles, "EDG_MARBLE_COORDINATOR_ADDR": marbles}

    def run(commands):
        """With the Coordinator, which is killed afterwards."""
        script = "trap 'kill -9 $!' EXIT\n" + start + WAIT.format(client) + commands
        script = script.replace("/tmp/", f"{tmp_path}/").replace("localhost:4433", client)
        done = subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        output = done.stdout.decode()
        assert done.returncode == 0, output
        (key,) = re.findall(r"^my key is ([0-9a-f]{32})$", output, re.M)
        assert re.search(r"^subject=", output, re.M) and "DNS:localhost" in output
        return output, key

    first, key = run(use)
    assert "Manifest successfully set" in first and "3: Coordinator is running correctly" in first
    last = "certificate root {} --insecure --output {}.crt\n"
    marble = use.rstrip().splitlines()[-1] + "\n"
    roots = []
    for name in ("once", "again"):
        output, key_now = run(marble + "build/marblerun " + last.format(client, name))
        assert key_now == key
        roots.append((tmp_path / f"{name}.crt").read_bytes())
    assert roots[0] == roots[1]


def test_manifest_is_json():
    assert list(json.loads(code()[1])) == ["Packages", "Marbles", "Secrets"]


def test_targets_exist():
    """What the pages tell to make."""
    makefile = docs.text("Makefile")
    for page in (PAGE, "docs/building.md", "CONTRIBUTING.md"):
        targets = set(re.findall(r"(?:^    |`)make (?:[A-Z]+=[^\s`]+ )?([a-z-]+)", docs.text(page), re.M))
        assert targets and all(re.search(rf"^{target}:", makefile, re.M) for target in targets), (page, targets)


def test_links_lead_somewhere():
    """Links within the repository, and the headings that they name."""
    for page in docs.ROOT.glob("**/*.md"):
        if any(part.startswith(("build", "deps", ".")) for part in page.relative_to(docs.ROOT).parts):
            continue
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" in target:
                continue
            path, _, heading = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            assert file.exists(), (page, target)
            if heading:
                headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.M)
                assert heading in {h.lower().replace(" ", "-") for h in headings}, (page, target)
