#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what test runners report: `PASSED FAILED SKIPPED`, and on stderr what failed or was skipped.

tally.py meson TESTLOG.json             the log of `meson test`; a cmocka program counts by its cases, and a skipped one
                                        is a failure, but of test_vectors* where there are no vectors
tally.py junit RESULTS.xml [CLAIMS]     pytest's --junit-xml; a skip counts as a failure unless a line
                                        `may-skip CASE REASON` of CLAIMS (shell pattern, text) allows it
tally.py logs FOLDER                    reports of sanitizers: each file is a failure

A runner that ran nothing is a failure, and so is a test program that ran no case.
"""
import fnmatch
import json
import os
import pathlib
import re
import sys
import xml.etree.ElementTree

CMOCKA = re.compile(r"^\[  (PASSED|FAILED|SKIPPED) \s*\] (\d+) test\(s\)", re.M)
CMOCKA_VECTORS = re.compile(r"^\[  SKIPPED \s*\] (test_vectors\w*)$", re.M)
CMOCKA_RUNS = re.compile(r"^\[==========\] (?:[^:\n]*: )?Running (\d+) test\(s\)", re.M)


def meson(path):
    passed = failed = skipped = 0
    for line in pathlib.Path(path).read_text().splitlines():
        test = json.loads(line)
        output = (test.get("stdout") or "") + (test.get("stderr") or "")
        counts = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
        for kind, number in CMOCKA.findall(output):
            counts[kind] += int(number)
        is_cmocka = CMOCKA_RUNS.search(output) is not None
        if test["result"] in ("OK", "EXPECTEDFAIL") and counts["FAILED"] == 0:
            passed += counts["PASSED"] if is_cmocka else 1
            skipped += counts["SKIPPED"]
            if is_cmocka and counts["PASSED"] == 0:
                failed += 1
                print(f"ran no case: {test['name']}", file=sys.stderr)
            without = set() if os.environ.get("MR_VECTORS") else set(CMOCKA_VECTORS.findall(output))
            if without:
                print(f"without vectors: {test['name']} {' '.join(sorted(without))}", file=sys.stderr)
            if counts["SKIPPED"] > len(without):
                failed += counts["SKIPPED"] - len(without)
                print(f"skipped cases: {test['name']}", file=sys.stderr)
        elif test["result"] == "SKIP":
            skipped += 1
            failed += 1
            print(f"skipped: {test['name']}", file=sys.stderr)
        else:
            passed += counts["PASSED"]
            failed += max(1, counts["FAILED"])
            print(f"{test['result']}: {test['name']}\n{output[-6000:]}", file=sys.stderr)
    return passed, failed, skipped


def allowed_skips(claims):
    for line in pathlib.Path(claims).read_text().splitlines() if claims else []:
        words = line.split(None, 2)
        if words and words[0] == "may-skip":
            yield words[1], words[2]


def junit(path, claims=None):
    may_skip = list(allowed_skips(claims))
    passed = failed = skipped = 0
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname', '').split('.')[-1]}.py::{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            print(f"FAIL: {name}", file=sys.stderr)
        elif skip is None:
            passed += 1
        else:
            skipped += 1
            reason = skip.get("message", "")
            if not any(fnmatch.fnmatchcase(name, case) and text in reason for case, text in may_skip):
                failed += 1
                print(f"skipped but claimed: {name}: {reason}", file=sys.stderr)
    return passed, failed, skipped


def logs(folder):
    reports = sorted(path for path in pathlib.Path(folder).glob("*") if path.stat().st_size > 0)
    for path in reports:
        print(f"{path.name}:\n{path.read_text(errors='replace')[:6000]}", file=sys.stderr)
    return 0, len(reports), 0


def main():
    mode, arguments = sys.argv[1], sys.argv[2:]
    if not pathlib.Path(arguments[0]).exists():
        passed, failed, skipped = 0, 0, 0
    else:
        passed, failed, skipped = {"meson": meson, "junit": junit, "logs": logs}[mode](*arguments)
    if mode != "logs" and passed + failed == 0:
        print("no test ran", file=sys.stderr)
        failed = 1
    print(passed, failed, skipped)
    return 0


if __name__ == "__main__":
    sys.exit(main())
