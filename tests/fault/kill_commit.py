#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill_commit.py DRIVER: system calls of a commit, met by the kernel's own means (strace).

Before each system call on the seal directory the process is killed (SIGKILL), and in other runs the call fails with
an errno value. Afterwards the directory must load, to the old or the new state; what was acknowledged must be there,
and the next commit must work. test_store_calls.c does the same without strace, in more combinations, but knows only
the calls that it wraps.
"""
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = ("open,openat,creat,read,write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,link,linkat,"
         "unlink,unlinkat,ftruncate,fallocate,fchmod,close,fcntl,mkdir,mkdirat")
# A failed close cannot be told from an interrupted one, fcntl is the lock, and reading is no part of the commit:
# their errors may end the start instead.
NOT_OF_THE_COMMIT = ("read", "fcntl", "mkdir")
ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EINTR")
NAMES = [name + end for name in ("sealed_data", "sealed_key") for end in ("", ".tmp", ".old")] + ["lock", ""]

Scene = collections.namedtuple("Scene", "form dek old new")
SCENES = [Scene(form, dek, old, new) for form in ("raw", "simulation")
          for dek, old, new in (("new", "fresh", "1"), ("keep", "state 2", "3"), ("new", "state 2", "3"))]


class Failure(Exception):
    pass


def expect(good, text):
    if not good:
        raise Failure(text)


class Bench:
    def __init__(self, driver, folder):
        self.driver, self.folder, self.made = driver, pathlib.Path(folder), 0
        self.env = dict(os.environ)
        # the leak checker cannot work in a traced process
        self.env["ASAN_OPTIONS"] = self.env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        self.templates = {}

    def run(self, directory, form, *arguments, strace=()):
        command = [*strace, self.driver, str(directory), form, *arguments]
        return subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=120)

    def load(self, directory, form):
        done = self.run(directory, form, "load")
        expect(done.returncode == 0, f"load: {done.returncode} {done.stdout} {done.stderr}")
        return done.stdout.strip()

    def directory(self, scene):
        """A copy of the directory that a scene begins with."""
        self.made += 1
        target = self.folder / str(self.made)
        if scene.old == "fresh":
            target.mkdir()
            return target
        if scene.form not in self.templates:
            template = self.folder / f"template-{scene.form}"
            for number, dek in (("1", "new"), ("2", "keep")):
                done = self.run(template, scene.form, "commit", number, dek)
                expect(done.stdout == f"committed {number}\n", f"{done.stdout} {done.stderr}")
            self.templates[scene.form] = template
        shutil.copytree(self.templates[scene.form], target)
        return target

    def traced(self, scene, *options):
        """A commit under strace: the directory, the finished process, what was traced."""
        directory = self.directory(scene)
        trace = directory.with_suffix(".trace")
        paths = [part for name in NAMES for part in ("-P", str(directory / name) if name else str(directory))]
        strace = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={CALLS}", *options, *paths]
        done = self.run(directory, scene.form, "commit", scene.new, scene.dek, strace=strace)
        return directory, done, trace.read_text(errors="replace")

    def counts(self, scene):
        """{call: how often a commit makes it}, the load before it included."""
        directory, done, text = self.traced(scene)
        expect(done.stdout == f"committed {scene.new}\n", f"strace does not work here: {done.stdout} {done.stderr}")
        expect(self.load(directory, scene.form) == f"state {scene.new}", "the commit is not there")
        counts = collections.Counter(re.findall(r"^(?:\d+ +)?(\w+)\(", text, re.M))
        expect(counts["fsync"] >= 3 and counts["renameat"] + counts["rename"] >= 2, f"too few calls seen:\n{text}")
        return counts

    def next_commit(self, directory, scene):
        done = self.run(directory, scene.form, "commit", "9", "keep" if scene.old != "fresh" else "new")
        expect(done.stdout == "committed 9\n", f"the next commit: {done.stdout} {done.stderr}")
        expect(self.load(directory, scene.form) == "state 9", "the next commit is not there")
        shutil.rmtree(directory)

    def kill(self, scene, call, number):
        directory, done, text = self.traced(scene, "-e", f"inject={call}:signal=SIGKILL:when={number}")
        expect(done.returncode == -9 or done.returncode == 137, f"not killed: {done.returncode}\n{text}")
        acknowledged = done.stdout == f"committed {scene.new}\n"
        outcome = self.load(directory, scene.form)
        expect(outcome == f"state {scene.new}" or (outcome == scene.old and not acknowledged),
               f"{outcome}, acknowledged {acknowledged}\n{text}")
        self.next_commit(directory, scene)
        return outcome != scene.old

    def fail(self, scene, call, number, error):
        directory, done, text = self.traced(scene, "-e", f"inject={call}:error={error}:when={number}")
        expect("INJECTED" in text, f"nothing was injected\n{text}")
        lines = done.stdout.splitlines()
        if call in NOT_OF_THE_COMMIT or lines[-1:] == ["recovery "] or lines[0].startswith("error "):
            pass  # the start found no directory, lock or key that it could use
        elif error == "EINTR":
            expect(lines == [f"committed {scene.new}"], f"an interrupted call is repeated: {lines}\n{text}")
        else:
            expect(lines[-1] == f"committed {scene.new}", f"the second try: {lines}\n{text}")
            expect(len(lines) == 1 or re.match(r"failed writing (sealed data file|encrypted key to disk): ", lines[0]),
                   f"message: {lines}\n{text}")
        outcome = self.load(directory, scene.form)
        committed = lines[-1:] == [f"committed {scene.new}"]
        expect(outcome == (f"state {scene.new}" if committed else scene.old), f"{outcome}, {lines}\n{text}")
        self.next_commit(directory, scene)
        return len(lines) == 2


def main():
    driver = sys.argv[1]
    if not shutil.which("strace"):
        print("strace is not installed: nothing was tested")
        return 77
    kills = failures = repeated = 0
    outcomes = set()
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="mr-kill-", dir=base) as folder:
        bench = Bench(driver, folder)
        for scene in SCENES:
            for call, count in sorted(bench.counts(scene).items()):
                for number in range(1, count + 1):
                    try:
                        outcomes.add((scene, bench.kill(scene, call, number)))
                        kills += 1
                        for error in ERRORS:
                            repeated += bench.fail(scene, call, number, error)
                            failures += 1
                    except Failure as failure:
                        print(f"{scene}, {call} number {number}: {failure}")
                        return 1
    print(f"{kills} kills, {failures} failing calls, {repeated} commits that failed and were repeated")
    # both outcomes of each scene must have been seen, or the kills did not hit the commit
    return 0 if len(outcomes) == 2 * len(SCENES) and repeated > 100 else 1


if __name__ == "__main__":
    sys.exit(main())
