# SPDX-License-Identifier: Apache-2.0
"""Each sample runs by its one command, and says what it should."""
import os
import pathlib
import re
import subprocess
import tempfile

import pytest

from processes import PATIENCE, TOP

SAMPLES = {
    "hello": r"Hello, mesh!\nmy certificate and its issuer: 2\nstarts before this one: 0\n",
    "nginx": r"nginx, over TLSv1\.3\n",
    "redis": r"PONG\n",
    "postgresql": r"PostgreSQL, through Transparent TLS\n",
    "python": r"Python, to Marble [0-9a-f-]{36}\n",
}


def test_all_are_here():
    assert set(SAMPLES) == {p.parent.name for p in TOP.glob("samples/*/manifest.json")} - {"mesh"}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_sample(name):
    scratch = pathlib.Path(tempfile.mkdtemp())
    scratch.chmod(0o755)  # services that give up root read below it
    done = subprocess.run([TOP / "samples/run.sh", name, os.environ["MR_BUILD"]], capture_output=True, text=True, check=False,
                          timeout=3 * PATIENCE, env=os.environ | {"TMPDIR": str(scratch)}, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(SAMPLES[name], done.stdout), done.stdout
    scratch.rmdir()  # nothing has stayed


def test_an_unknown_sample():
    done = subprocess.run([TOP / "samples/run.sh", "nothing", os.environ["MR_BUILD"]], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "run.sh: there is no sample nothing\n")
