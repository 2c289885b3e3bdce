#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/tally.py counts what ran, and takes nothing that did not run for passed."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TALLY = pathlib.Path(__file__).parents[2] / "tools" / "tally.py"

THREE = "[==========] Running 3 test(s).\n[==========] 3 test(s) run.\n[  PASSED  ] 3 test(s).\n"
TWO = "[==========] group: Running 2 test(s).\n[==========] 2 test(s) run.\n[  PASSED  ] 2 test(s).\n"
MIXED = ("[==========] Running 3 test(s).\n[  PASSED  ] 1 test(s).\n[  FAILED  ] 2 test(s), listed below:\n"
         "[  FAILED  ] a\n[  FAILED  ] b\n\n 2 FAILED TEST(S)\n")
SKIPPING = ("[==========] Running 2 test(s).\n[  PASSED  ] 1 test(s).\n[  SKIPPED ] 1 test(s), listed below:\n"
            "[  SKIPPED ] a\n")

NO_VECTORS = SKIPPING.replace("] a", "] test_vectors")

MESON = [
    ([("OK", THREE)], "3 0 0"),
    ([("OK", THREE + TWO), ("OK", "a script's words\n")], "6 0 0"),
    ([("FAIL", MIXED)], "1 2 0"),
    ([("OK", MIXED)], "1 2 0"),
    ([("FAIL", THREE + "killed by a signal")], "3 1 0"),
    ([("TIMEOUT", "")], "0 1 0"),
    ([("EXPECTEDFAIL", "")], "1 0 0"),
    ([("UNEXPECTEDPASS", "")], "0 1 0"),
    ([("OK", "[==========] Running 0 test(s).\n[  PASSED  ] 0 test(s).\n")], "0 1 0"),
    ([("OK", SKIPPING)], "1 1 1"),
    ([("OK", NO_VECTORS)], "1 0 1"),
    ([("SKIP", "")], "0 1 1"),
    ([], "0 1 0"),
]

PASS, FAIL, ERROR = "", "<failure message='m'/>", "<error message='m'/>"
SKIP = "<skipped message='fish is not installed'/>"
JUNIT = [
    ([PASS, PASS], "", "2 0 0"),
    ([PASS, FAIL, ERROR], "", "1 2 0"),
    ([PASS, SKIP], "", "1 1 1"),
    ([PASS, SKIP], "may-skip test_x.py::case* fish is not", "1 0 1"),
    ([PASS, SKIP], "may-skip test_x.py::case* zsh is not", "1 1 1"),
    ([PASS, SKIP], "may-skip test_y.py::case* fish is not", "1 1 1"),
    ([], "", "0 1 0"),
]


def tally(*arguments, vectors=None):
    environment = {name: value for name, value in os.environ.items() if name != "MR_VECTORS"}
    if vectors:
        environment["MR_VECTORS"] = vectors
    done = subprocess.run([sys.executable, TALLY, *arguments], capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip()


def main():
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        log, claims, reports = (pathlib.Path(folder) / name for name in ("log", "claims", "reports"))
        for results, expected in MESON:
            log.write_text("".join(json.dumps({"name": "n", "result": r, "stdout": out}) + "\n" for r, out in results))
            found = tally("meson", log)
            if found != expected:
                failed.append(f"meson {results}: {found}, expected {expected}")
        log.write_text(json.dumps({"name": "n", "result": "OK", "stdout": NO_VECTORS}))
        if tally("meson", log, vectors=folder) != "1 1 1":
            failed.append("meson: vectors are at hand, and a case that needs them was not run")
        for cases, lines, expected in JUNIT:
            log.write_text("<testsuites><testsuite>" + "".join(
                f"<testcase classname='test_x' name='case{i}'>{case}</testcase>" for i, case in enumerate(cases)
            ) + "</testsuite></testsuites>")
            claims.write_text(lines)
            found = tally("junit", log, claims)
            if found != expected:
                failed.append(f"junit {cases} {lines}: {found}, expected {expected}")
        if tally("junit", reports / "none") != "0 1 0":
            failed.append("junit: a report that is missing counts as passed")
        reports.mkdir()
        (reports / "empty").write_text("")
        if tally("logs", reports) != "0 0 0":
            failed.append("logs: an empty report counts")
        (reports / "report.1").write_text("ERROR: AddressSanitizer\n")
        if tally("logs", reports) != "0 1 0":
            failed.append("logs: a report does not count")
    for text in failed:
        print(text)
    print(f"{len(MESON) + len(JUNIT) + 3} cases, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
