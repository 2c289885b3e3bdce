#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""attested.py BUILD: latency of attested activations while collateral is fetched again, beside that of the same
activations while it is not. BUILD is one with test roots (-Dtest_roots=true); authority, evidence and collateral
service are those of tests/conformance.

The service takes half a second for each document, and the Coordinator fetches all of them anew every second. Rounds of
both kinds alternate; the figure is the ratio of the p99s, each the best of its rounds.
"""
import os
import pathlib
import sys
import tempfile
import time

ROUNDS, CALLS = 5, 400
SLOW_SECONDS, REFRESH_SECONDS = 0.5, 1
TARGET = 1.2


def p99(latencies):
    return sorted(latencies)[len(latencies) * 99 // 100]


class Side:
    """One Coordinator with its world, and a channel to it."""

    def __init__(self, activate, mesh, directory, refresh):
        self.mesh = mesh
        self.world = activate.World(directory)
        env = {"EDG_COORDINATOR_COLLATERAL_REFRESH_SECONDS": str(refresh)} if refresh else {}
        self.coordinator = self.world.coordinator(activate.manifest(activate.ONE), env=env)
        self.identity = mesh.Identity("marble")
        self.quote = self.world.quote(self.identity)
        self.channel = mesh.channel(self.coordinator, self.identity)
        self.activate_once()
        if refresh:
            self.world.pccs.fault("all", delay=SLOW_SECONDS)
        self.best = None

    def activate_once(self):
        began = time.perf_counter()
        self.mesh.activate(self.coordinator, "unique", identity=self.identity, quote=self.quote, chan=self.channel)
        return time.perf_counter() - began

    def round(self):
        worst = p99([self.activate_once() for _ in range(CALLS)])
        self.best = worst if self.best is None else min(self.best, worst)

    def close(self):
        self.channel.close()
        self.world.close()


def main(build):
    top = pathlib.Path(__file__).resolve().parents[1]
    os.environ["MR_COORDINATOR_TESTROOTS"] = str(pathlib.Path(build).resolve() / "marblerun-coordinator")
    sys.path.insert(0, str(top / "tests" / "conformance"))
    import mesh
    import test_attest_activate as activate
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        calm, refreshing = Side(activate, mesh, one, 0), Side(activate, mesh, other, REFRESH_SECONDS)
        try:
            for _ in range(ROUNDS):
                calm.round()
                refreshing.round()
            fetched = refreshing.world.pccs.count("tcb")
        finally:
            calm.close()
            refreshing.close()
    ratio = refreshing.best / calm.best
    print(f"attested activation, p99 of {CALLS}: {calm.best * 1e3:.2f} ms; while collateral is fetched again "
          f"({fetched} times): {refreshing.best * 1e3:.2f} ms; ratio {ratio:.2f} (target {TARGET}) "
          f"{'PASS' if ratio <= TARGET else 'short'}")
    return 0 if fetched > 2 else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: attested.py BUILD")
    sys.exit(main(sys.argv[1]))
