# SPDX-License-Identifier: Apache-2.0
"""Gramine's rules: Coordinator and premain use only system calls that it has, and whatever is newer may be missing."""
import os
import re
import shutil
import subprocess
import tomllib

import pytest

from processes import PATIENCE, TOP, mesh, until
import marble_lib

# what Gramine implements, of what we or libc could want
IMPLEMENTED = set("""
    accept accept4 access arch_prctl bind brk chdir chmod clock_getres clock_gettime clock_nanosleep clone clone3 close connect
    creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd eventfd2 execve exit exit_group
    faccessat fallocate fchdir fchmod fchmodat fcntl fdatasync flock fork fstat fstatfs fsync ftruncate futex getcwd getdents
    getdents64 getegid geteuid getgid getgroups getpeername getpid getppid getrandom getrlimit getsockname getsockopt gettid
    gettimeofday getuid ioctl kill listen lseek lstat madvise mkdir mkdirat mmap mprotect mremap munmap nanosleep newfstatat
    open openat pipe pipe2 poll ppoll pread64 prlimit64 pselect6 pwrite64 read readlink readlinkat readv recvfrom recvmmsg
    recvmsg rename renameat restart_syscall rmdir rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigtimedwait
    rt_sigsuspend sched_getaffinity sched_setaffinity sched_yield select sendfile sendmmsg sendmsg sendto set_robust_list
    set_tid_address setgid setrlimit setsockopt setuid shutdown sigaltstack socket socketpair stat statfs sysinfo tgkill time
    truncate umask uname unlink unlinkat vfork wait4 waitid write writev
""".split())

# newer ones and hints: may fail with ENOSYS
OPTIONAL = {"close_range", "copy_file_range", "faccessat2", "linkat", "link", "membarrier", "mlock", "mlock2", "mlockall", "munlock",
            "prctl", "renameat2", "rseq", "seccomp", "statx", "getcpu", "getpriority", "setpriority"}

needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


def wrapper(tmp_path, name, program, *options):
    """A program that runs another under strace, and where its system calls are written."""
    script, trace = tmp_path / name, tmp_path / f"{name}.trace"
    script.write_text(f'#!/bin/sh\nexec strace -D -f -qq --seccomp-bpf -o {trace} {" ".join(options)} {program} "$@"\n')
    script.chmod(0o755)
    return str(script), trace


def calls(trace):
    return set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(errors="replace"), re.M))


def whole_life(monkeypatch, tmp_path, *options):
    """A Coordinator from an empty folder to its end, with a Marble; the traces of both."""
    monkeypatch.setenv("OE_SIMULATION", "1")
    coordinator, coordinator_trace = wrapper(tmp_path, "coordinator", os.environ["MR_COORDINATOR"], *options)
    premain, premain_trace = wrapper(tmp_path, "premain", os.environ["MR_PREMAIN"], *options)
    monkeypatch.setenv("MR_COORDINATOR", coordinator)
    monkeypatch.setenv("MR_PREMAIN", premain)
    with mesh.Coordinator() as c:
        c.start().set_manifest(mesh.manifest(
            Marbles={"marble": {"Package": "pkg", "Parameters": {"Argv": ["/bin/true"], "Files": {
                str(tmp_path / "deep/file"): "{{ hex .Secrets.key }}"}}}},
            Secrets={"key": {"Type": "symmetric-key", "Size": 128, "Shared": True}}))
        done = marble_lib.premain(c.mesh, tmp_path, libos="plain", marble_type="marble")
        assert done.code == 0, done
        assert len((tmp_path / "deep/file").read_text()) == 32
        c.terminate()
        until(lambda: "exit_group" in coordinator_trace.read_text(errors="replace"), "the Coordinator's end")
    return coordinator_trace, premain_trace


@needs_strace
def test_only_what_gramine_has(monkeypatch, tmp_path):
    for trace in whole_life(monkeypatch, tmp_path):
        used = calls(trace)
        assert {"read", "mmap", "connect" if "premain" in trace.name else "listen"} <= used
        assert used - IMPLEMENTED - OPTIONAL == set(), trace.name


@needs_strace
def test_what_is_newer_may_be_missing(monkeypatch, tmp_path):
    missing = ",".join(sorted(OPTIONAL - {"rseq"}))  # libc asks for that one before main
    traces = whole_life(monkeypatch, tmp_path, f"-e inject={missing}:error=ENOSYS")
    assert any("(INJECTED)" in trace.read_text(errors="replace") for trace in traces)


@pytest.mark.parametrize("name", ["marble", "coordinator"])
def test_the_templates_are_toml(name):
    """What gramine-manifest fills in is text; the rest has to be right."""
    text = (TOP / f"samples/gramine/{name}.manifest.template").read_text()
    manifest = tomllib.loads(re.sub(r"\{\{ *([\w.()]+) *\}\}", lambda m: "/" + m[1].strip("()").replace(".", "/"), text))
    assert manifest["sgx"]["debug"] is False and manifest["sgx"]["remote_attestation"] == "dcap"
    mounts = [m["path"] for m in manifest["fs"]["mounts"]]
    assert manifest["libos"]["entrypoint"] in mounts
    trusted = manifest["sgx"]["trusted_files"]
    for mount in manifest["fs"]["mounts"]:
        if mount["path"] == manifest["libos"]["entrypoint"]:
            assert mount["uri"] in trusted
    passed = [k for k, v in manifest["loader"]["env"].items() if v == {"passthrough": True}]
    assert all(k.startswith("EDG_") for k in passed) and "LD_PRELOAD" not in manifest["loader"]["env"]
