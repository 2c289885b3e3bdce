#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""measure.py BUILD FIGURES.json [--quick]: runs the workloads of docs/benchmarks.md on one build.

The Coordinators run in simulation on loopback, each with a fresh seal directory. Figures of CPU
time are the best of some rounds, since other load on the machine only ever adds. The exit status is
1 when a workload failed; whether a figure is good is for report.py to say.
"""
import argparse
import contextlib
import json
import os
import pathlib
import platform
import socket
import subprocess
import sys
import tempfile
import time

STOP_SECONDS = 20
READY_SECONDS = 30
SYNC_MS = 5
EVIDENCE = pathlib.Path(__file__).resolve().parents[1] / "tests" / "unit" / "attest" / "data"
PACKAGE = {"UniqueID": "0b" * 32, "Debug": False}


def manifest(parameters=None, **sections):
    marble = {"Package": "pkg", "Parameters": parameters or {"Env": {"ROLE": "bench"}}}
    return {"Packages": {"pkg": PACKAGE}, "Marbles": {"marble": marble}, **sections}


def with_unused_rsa():
    secret = {"Type": "cert-rsa", "Size": 4096, "ValidFor": 30, "Cert": {"Subject": {"CommonName": "rsa"}}}
    return manifest(Secrets={"rsa": secret})


def with_certificates(count):
    secrets = {f"c{i}": {"Type": "cert-ecdsa", "Size": 384, "ValidFor": 30, "Cert": {"Subject": {"CommonName": f"c{i}"}}}
               for i in range(count)}
    files = {f"/run/{name}": "{{ pem .Secrets.%s.Cert }}{{ pem .Secrets.%s.Private }}" % (name, name) for name in secrets}
    return manifest({"Files": files}, Secrets=secrets)


def big(count):
    out = manifest(Secrets={f"s{i}": {"Type": "symmetric-key", "Size": 128, "Shared": i % 2 == 0} for i in range(count)})
    out["Marbles"] |= {f"m{i}": {"Package": "pkg", "Parameters": {"Env": {"ROLE": f"bench{i}"}}} for i in range(count)}
    return out


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


class Bench:
    def __init__(self, build, scratch, quick):
        self.build, self.scratch, self.quick = pathlib.Path(build).resolve(), pathlib.Path(scratch), quick
        self.coordinator = str(self.build / "marblerun-coordinator")
        self.rounds = 4 if quick else 10
        self.figures, self.failures = {}, []

    def count(self, number):
        return max(20, number // 3) if self.quick else number

    def best(self, name, value):
        """Takes a figure of which less is better: the least of all rounds stays."""
        self.figures[name] = min(value, self.figures.get(name, value))

    def run(self, *command, **settings):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **settings)
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or f"{command[0]} ended with {done.returncode}")
        return json.loads(done.stdout)


class Server:
    """One Coordinator process under measurement."""

    def __init__(self, bench, content=None, cores=None, **environment):
        self.bench, self.content, self.cores = bench, content, cores
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=bench.scratch))
        client, mesh = free_ports(2)
        self.addresses = {"client": f"127.0.0.1:{client}", "mesh": f"127.0.0.1:{mesh}"}
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("EDG_")}
        self.environment |= {"OE_SIMULATION": "1", "EDG_COORDINATOR_CLIENT_ADDR": self.addresses["client"],
                             "EDG_COORDINATOR_MESH_ADDR": self.addresses["mesh"], "EDG_COORDINATOR_DNS_NAMES": "localhost",
                             "EDG_COORDINATOR_SEAL_DIR": str(self.folder / "seal")} | environment
        self.process = None

    def __enter__(self):
        with open(self.folder / "log", "wb") as log:
            where = ["taskset", "-c", ",".join(map(str, self.cores))] if self.cores else []
            self.process = subprocess.Popen(where + [self.bench.coordinator], env=self.environment, cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stderr=log)
        try:
            self.wait()
            self.set = self.set_manifest() if self.content else None
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait(self):
        end = time.monotonic() + READY_SECONDS
        for address in self.addresses.values():
            host, port = address.split(":")
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection((host, int(port)), timeout=1).close()
                    break
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("the Coordinator did not come up: " + (self.folder / "log").read_text()[-500:])
                time.sleep(0.01)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def load(self, *words, **options):
        command = [self.bench.build / "bench" / "load", "--pid", self.process.pid]
        for name, value in (self.addresses | options).items():
            command += ["-" + name if len(name) == 1 else "--" + name] + ([] if value is True else [value])
        return self.bench.run(*command, *words)

    def set_manifest(self):
        path = self.folder / "manifest.json"
        path.write_text(json.dumps(self.content))
        return self.load("set-manifest", path)


# --- workloads: each takes figures, in µs of CPU time or in KiB where nothing else is said ---------

def activations(bench):
    """What Marbles and people ask for, in turn on Coordinators that differ in their manifests."""
    entries = 10000
    with contextlib.ExitStack() as stack:
        plain, rsa, large, certificates = [stack.enter_context(Server(bench, content)) for content in (
            manifest(), with_unused_rsa(), big(entries), with_certificates(20))]
        bench.figures["big_set_cpu_s"] = large.set["cpu_s"]
        bench.figures["big_set_wall_s"] = large.set["wall_s"]
        bench.figures["big_rss_kib"] = large.set["rss_kib"]
        bench.figures["big_peak_kib"] = large.set["peak_kib"]
        bench.figures["rss_kib"] = plain.set["rss_kib"]
        bench.figures["pss_kib"] = plain.set["pss_kib"]
        plain.load("activate", n=50)
        for _ in range(bench.rounds):
            for name, value in bench.run(bench.build / "bench" / "crypto_raw").items():
                bench.best("raw_" + name, value)
            for name, value in bench.run(bench.build / "bench" / "verify_quote", EVIDENCE).items():
                bench.best(name, value)
            new = plain.load("activate", n=bench.count(200), c=2)
            bench.best("activate_us", new["cpu_us"])
            bench.best("activate_client_us", new["client_cpu_us"])
            bench.best("activate_p50_ms", new["p50_ms"])
            bench.best("activate_kept_us", plain.load("activate", n=bench.count(200), c=2, kept=True)["cpu_us"])
            bench.best("activate_rsa_us", rsa.load("activate", n=bench.count(200), c=2)["cpu_us"])
            bench.best("activate_big_us",
                       large.load("activate", n=bench.count(200), c=2, type=f"m{entries * 7 // 9}")["cpu_us"])
            bench.best("activate_certs_us", certificates.load("activate", n=bench.count(40), c=2, files=20)["cpu_us"])
            bench.best("status_us", plain.load("get", "/api/v2/status", n=bench.count(10000), c=4, kept=True)["cpu_us"])
            bench.best("status_new_us", plain.load("get", "/api/v2/status", n=bench.count(200), c=4)["cpu_us"])


def tail(bench):
    """How long the slowest of a hundred Marbles waits, beside a secret that none of them uses."""
    with Server(bench, manifest()) as plain, Server(bench, with_unused_rsa()) as rsa:
        for _ in range(bench.rounds):
            for name, server in (("plain", plain), ("rsa", rsa)):
                bench.best(f"tail_{name}_p99_ms", server.load("activate", n=bench.count(600), c=2)["p99_ms"])


def idle(bench):
    with Server(bench, manifest()) as server:
        server.load("idle", n=50, hold=500)
        held = server.load("idle", n=1000, c=4, hold=1000 if bench.quick else 3000)
        bench.figures["idle_kib"] = held["rss_kib_per_connection"]
        bench.figures["idle_pss_kib"] = held["pss_kib_per_connection"]


def start(bench):
    server = Server(bench)  # only for its environment
    command = [bench.build / "bench" / "load", "-n", 7 if bench.quick else 21]
    for name, address in server.addresses.items():
        command += ["--" + name, address]
    times = bench.run(*command, "start", bench.coordinator, cwd=server.folder, env=server.environment)
    bench.figures |= {"ready_ms": times["ready_ms"], "ready_min_ms": times["ready_min_ms"],
                      "ready_cpu_ms": times["ready_cpu_ms"]}


def scaling(bench):
    """One server on one core and one on two, which are all on a machine that has no third."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return
    with Server(bench, manifest(), cores[:1]) as one, Server(bench, manifest(), cores[:2]) as two:
        rates = {}
        for _ in range(bench.rounds):
            for name, server in (("one", one), ("two", two)):
                run = server.load("activate", n=bench.count(600), c=8, kept=True)
                bench.best(f"scale_{name}_us", run["cpu_us"])
                rates[name] = max(rates.get(name, 0), run["rate"])
                if name == "two":
                    bench.figures["scale_busy"] = max(bench.figures.get("scale_busy", 0), run["machine_busy"])
        bench.figures |= {"scale_cores": len(cores), "scale_gain": rates["two"] / rates["one"]}


def counters(bench):
    """Durable increments where a sync takes long: what commits in groups give."""
    shim = {"LD_PRELOAD": str(bench.build / "bench" / "slow_sync.so"), "BENCH_SYNC_MS": str(SYNC_MS)}
    with Server(bench, manifest(Config={"FeatureGates": ["MonotonicCounter"]}), **shim) as server:
        one = server.load("counter", n=bench.count(150))
        many = server.load("counter", n=bench.count(6000), c=64)
        bench.figures |= {"counter_one_rate": one["rate"], "counter_many_rate": many["rate"],
                          "counter_cpu_us": many["cpu_us"], "counter_one_p50_ms": one["p50_ms"]}


WORKLOADS = (start, activations, tail, idle, scaling, counters)


def crypto_of(build):
    options = json.loads((pathlib.Path(build) / "meson-info" / "intro-buildoptions.json").read_text())
    return next(option["value"] for option in options if option["name"] == "crypto")


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "load": round(os.getloadavg()[0], 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("figures")
    parser.add_argument("--quick", action="store_true", help="fewer operations and rounds")
    parser.add_argument("--only", help="workloads: " + ",".join(w.__name__ for w in WORKLOADS))
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [w.__name__ for w in WORKLOADS]
    with tempfile.TemporaryDirectory(prefix="mr-bench-") as scratch:
        bench = Bench(options.build, scratch, options.quick)
        began = machine()
        for workload in WORKLOADS:
            if workload.__name__ not in wanted:
                continue
            print(f"{options.build}: {workload.__name__}", file=sys.stderr, flush=True)
            try:
                workload(bench)
            except (RuntimeError, OSError) as error:
                bench.failures.append(f"{workload.__name__}: {error}")
    result = {"build": options.build, "crypto": crypto_of(options.build), "quick": options.quick, "machine": began,
              "figures": bench.figures, "failures": bench.failures}
    pathlib.Path(options.figures).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
