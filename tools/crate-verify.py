#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Verify a vendored crate: crate-verify.py FOLDER SHA256

The package checksum must be the pinned one, and every file must be listed with the hash it has:
cargo has compared the package with the checksum when it unpacked it, this compares the rest.
"""
import hashlib
import json
import pathlib
import sys


def problems(folder, package):
    checksums = json.loads((folder / ".cargo-checksum.json").read_text())
    if checksums["package"] != package:
        yield f"package checksum is {checksums['package']}, pinned is {package}"
    files = {
        str(path.relative_to(folder)): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    files.pop(".cargo-checksum.json", None)
    for name in sorted(files.keys() ^ checksums["files"].keys()):
        yield f"{name}: {'not listed' if name in files else 'missing'}"
    for name in sorted(files.keys() & checksums["files"].keys()):
        path = files[name]
        if path.is_symlink() or hashlib.sha256(path.read_bytes()).hexdigest() != checksums["files"][name]:
            yield f"{name}: differs from its checksum"


def main():
    folder, package = pathlib.Path(sys.argv[1]), sys.argv[2]
    found = list(problems(folder, package)) if folder.is_dir() else ["no such folder"]
    for problem in found:
        print(f"{folder.name}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
