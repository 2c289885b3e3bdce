# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments of a Coordinator that is written to: nothing that was acknowledged is lost, and it never asks
for recovery. `make kill-rounds` does it ten thousand times (MR_KILL_ROUNDS)."""
import os
import time

from processes import Coordinator
import test_state_crash

ROUNDS = int(os.environ.get("MR_KILL_ROUNDS", "200"))


def test_random_kills_lose_nothing():
    seed = int(os.environ.get("MR_KILL_SEED", time.time()))
    with Coordinator() as c:
        c.start()
        test_state_crash.kill_rounds(c, ROUNDS, seed)
        c.end_well()
