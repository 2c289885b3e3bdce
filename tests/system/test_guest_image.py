# SPDX-License-Identifier: Apache-2.0
"""packaging/guest: the initial RAM disk of a confidential VM has what the Coordinator needs and no more, is the same from
the same inputs, and the Coordinator starts in it."""
import hashlib
import os
import pathlib
import shutil
import subprocess

import pytest

import docs

SCRIPT = pathlib.Path(docs.ROOT) / "packaging/guest/make-initrd.sh"
COORDINATOR = pathlib.Path(os.environ["MR_BUILD"]) / "marblerun-coordinator"
ENVIRONMENT = "EDG_COORDINATOR_DNS_NAMES=mesh.example.com\n"


def make(directory, name="initrd.img"):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "env").write_text(ENVIRONMENT)
    subprocess.run([SCRIPT, "-e", directory / "env", COORDINATOR, directory / name], check=True, timeout=120)
    return directory / name


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    directory = tmp_path_factory.mktemp("guest")
    image = make(directory)
    unpacked = directory / "root"
    unpacked.mkdir()
    subprocess.run(f"gzip -dc {image} | cpio --quiet -idm --no-preserve-owner", shell=True, check=True, cwd=unpacked,
                   timeout=60)
    return unpacked


def test_same_inputs_give_the_same_bytes(tmp_path):
    """Who verifies a guest can make the image, too, wherever and whenever."""
    os.umask(0o077)
    first = make(tmp_path / "one")
    os.umask(0o022)
    second = make(tmp_path / "another folder", "image")
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_only_what_is_needed(root):
    programs = {p.name for p in (root / "bin").iterdir()}
    assert programs == {"busybox", "ip", "marblerun-coordinator", "modprobe", "mount", "sh", "udhcpc"}
    assert {p.name for p in (root / "etc").iterdir()} <= {"coordinator.env", "modules", "resolv.conf", "ssl", "udhcpc"}
    assert (root / "etc/coordinator.env").read_text() == "EDG_COORDINATOR_SEAL_DIR=/state\n" + ENVIRONMENT
    for file in root.rglob("*"):
        if not file.is_symlink():
            assert not file.stat().st_mode & 0o6022, f"{file} is set-uid, or others may write it"


def test_scripts_use_what_is_there(root):
    """Every command of `init` is in the image, or built into its shell."""
    for script in ("init", "etc/udhcpc"):
        text = (root / script).read_text()
        subprocess.run(["busybox", "sh", "-n", root / script], check=True, timeout=20)
        for name in ("mount", "ip", "udhcpc", "modprobe", "marblerun-coordinator"):
            assert name not in text or (root / "bin" / name).exists()


def test_the_coordinator_starts_in_it(root):
    """In a root of its own, with the image's libraries alone."""
    command = ["unshare", "--user", "--map-root-user", "chroot", root, "/bin/marblerun-coordinator", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode and "unshare" in done.stderr and os.geteuid() == 0:
        done = subprocess.run(command[3:], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("marblerun-coordinator "), done


def test_usage(tmp_path):
    done = subprocess.run([SCRIPT], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and done.stderr.startswith("usage: ")
    done = subprocess.run([SCRIPT, tmp_path / "none", tmp_path / "out"], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and not (tmp_path / "out").exists()
    assert shutil.which("busybox")
