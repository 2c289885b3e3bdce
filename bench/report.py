#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""report.py FIGURES.json...: the figures of measure.py beside their targets, a table a build.

`reach` is how many times a target is reached: 1.00 and more is enough.
"""
import json
import pathlib
import sys

OPERATIONS = ("p384_sign", "p384_verify", "csr_parse_verify", "p384_keygen", "leaf_issue")


class Row:
    """A figure, what it should be at most or at least (None: just told), and how it is written."""

    def __init__(self, label, value, target=None, at_least=False, form="{:.2f}", note=""):
        self.label, self.value, self.target, self.at_least = label, value, target, at_least
        self.form, self.note = form, note

    def reach(self):
        if self.target is None or self.value is None:
            return None
        if min(self.value, self.target) <= 0:
            return None
        return self.value / self.target if self.at_least else self.target / self.value

    def cells(self):
        reach = self.reach()
        target = "" if self.target is None else ("≥ " if self.at_least else "≤ ") + self.form.format(self.target) + self.note
        if reach is None:
            return self.label, self.form.format(self.value), target, "", ""
        return self.label, self.form.format(self.value), target, f"{reach:.2f}", "PASS" if reach >= 1 else "short"


class Figures:
    """Figures by name; a row whose figures are missing (the workload failed) is left out."""

    def __init__(self, figures):
        self.all, self.rows = figures, []

    def raw(self, *names):
        return sum(self.all[f"raw_{name}_us"] for name in names)

    def row(self, label, value, target=None, **settings):
        try:
            self.rows.append(Row(label, value(self.all), target(self.all) if callable(target) else target, **settings))
        except (KeyError, ZeroDivisionError):
            pass


def activation_rows(t, aws):
    raw = lambda f: t.raw(*OPERATIONS)
    kept_raw = lambda f: t.raw("csr_parse_verify", "p384_keygen", "leaf_issue")
    certs_raw = lambda f: raw(f) + 20 * t.raw("p384_keygen", "leaf_issue")
    t.row("raw P-384 of an activation: sign, 2 verify, key, leaf: µs", raw, form="{:.0f}")
    t.row("activation, new connection: CPU µs", lambda f: f["activate_us"],
          (lambda f: raw(f) + 350) if aws else (lambda f: raw(f) / 0.8), form="{:.0f}",
          note=" (raw + 350)" if aws else " (raw / 0.8)")
    t.row("  over raw: µs", lambda f: f["activate_us"] - raw(f), form="{:.0f}")
    t.row("activation, kept connection: CPU µs", lambda f: f["activate_kept_us"],
          625 if aws else (lambda f: kept_raw(f) / 0.8), form="{:.0f}", note="" if aws else " (raw / 0.8)")
    t.row("  latency of a new one, p50 of 2 Marbles: ms", lambda f: f["activate_p50_ms"])
    t.row("activation, unused RSA-4096 secret: × plain", lambda f: f["activate_rsa_us"] / f["activate_us"], 1.1)
    t.row("  its p99: × plain", lambda f: f["tail_rsa_p99_ms"] / f["tail_plain_p99_ms"], 1.2)
    t.row("activation, 10,000 Marbles + 10,000 secrets: × plain", lambda f: f["activate_big_us"] / f["activate_us"], 1.1)
    t.row("an SGX quote with collateral at hand: CPU × its five signatures",
          lambda f: f["verify_quote_us"] / f["verify_quote_raw_us"], 1.3)
    t.row("  CPU µs", lambda f: f["verify_quote_us"], form="{:.0f}")
    t.row("activation, 20 private P-384 certificates: CPU µs", lambda f: f["activate_certs_us"],
          lambda f: certs_raw(f) * 1.25, form="{:.0f}", note=" (raw × 1.25)")


def server_rows(t, aws):
    t.row("GET /api/v2/status, kept connection: CPU µs", lambda f: f["status_us"], 12, form="{:.1f}")
    t.row("GET /api/v2/status, new connection: CPU µs", lambda f: f["status_new_us"],
          450 if aws else None, form="{:.0f}")
    t.row("start to first answers of both APIs, fresh: ms", lambda f: f["ready_ms"], 15, form="{:.1f}")
    t.row("  least: ms", lambda f: f["ready_min_ms"], form="{:.1f}")
    t.row("  CPU: ms", lambda f: f["ready_cpu_ms"], form="{:.1f}")
    t.row("resident, idle with a manifest: MiB", lambda f: f["rss_kib"] / 1024, 8)
    t.row("idle mutual-TLS connection (of 1,000): KiB", lambda f: f["idle_kib"], 32, form="{:.1f}")
    t.row("resident, 10,000 Marbles + 10,000 secrets: MiB", lambda f: f["big_rss_kib"] / 1024, 60, form="{:.1f}")
    t.row("  peak while it is set: MiB", lambda f: f["big_peak_kib"] / 1024, form="{:.1f}")
    t.row("set that manifest: CPU s", lambda f: f["big_set_cpu_s"], 0.4)
    t.row("second core, kept connections: CPU × that on one", lambda f: f["scale_two_us"] / f["scale_one_us"], 1.1)
    if t.all.get("scale_cores", 0) > 2:
        t.row("  activations/s × those on one", lambda f: f["scale_gain"], 1.8, at_least=True)
    else:
        t.row("  machine busy: %", lambda f: f["scale_busy"] * 100, 95, at_least=True, form="{:.0f}")
    t.row("counter increments/s, 5 ms a sync, 64 clients: × one", lambda f: f["counter_many_rate"] / f["counter_one_rate"],
          16, at_least=True, form="{:.1f}")
    t.row("  of one client: 1/s", lambda f: f["counter_one_rate"], form="{:.0f}")
    t.row("  of 64 clients: 1/s", lambda f: f["counter_many_rate"], form="{:.0f}")
    t.row("  CPU µs each", lambda f: f["counter_cpu_us"], form="{:.0f}")


def print_table(rows):
    cells = [("what", "measured", "target", "reach", "")] + [row.cells() for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(5)]
    for label, value, target, reach, verdict in cells:
        print(f"{label:<{widths[0]}}  {value:>{widths[1]}}  {target:<{widths[2]}}  {reach:>{widths[3]}}  {verdict}".rstrip())


def print_report(result):
    machine = result["machine"]
    print(f"{result['build']}: {result['crypto']}{', quick' if result['quick'] else ''}; {machine['cpu']}, "
          f"{machine['cores']} cores, Linux {machine['kernel']}, load average {machine['load']}")
    t = Figures(result["figures"])
    activation_rows(t, result["crypto"] == "aws-lc")
    server_rows(t, result["crypto"] == "aws-lc")
    print_table(t.rows)
    for failure in result["failures"]:
        print("FAILED " + failure)
    reached = [row.reach() >= 1 for row in t.rows if row.reach() is not None]
    print(f"{sum(reached)} of {len(reached)} targets reached, {len(result['failures'])} workloads failed\n")


def main(names):
    for name in names:
        print_report(json.loads(pathlib.Path(name).read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(sys.argv[1:])
