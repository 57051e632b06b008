"""Runs of the load generators, alternating between servers, and their medians."""

import json
import statistics
import subprocess

from processes import BenchError, Quotad


class Plan:
    """How long and how often is measured."""

    def __init__(self, runs, seconds, warmup, orgs, sweep_seconds, full):
        self.runs = runs
        self.seconds = seconds
        self.warmup = warmup
        self.orgs = orgs
        # Of each try of a setting, before the runs.
        self.sweep_seconds = sweep_seconds
        # Whether all settings are tried, and rows have their full size.
        self.full = full


FULL = Plan(runs=5, seconds=3.0, warmup=0.8, orgs=100_000, sweep_seconds=1.0, full=True)
QUICK = Plan(runs=3, seconds=0.4, warmup=0.15, orgs=20_000, sweep_seconds=0.2, full=False)
SMOKE = Plan(runs=1, seconds=0.1, warmup=0.05, orgs=200, sweep_seconds=0.05, full=False)


def run_json(command):
    """What a program prints, as JSON; an error with its own words where it fails."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command)}\nfailed: {done.stderr.strip()}")
    return json.loads(done.stdout)


class Load:
    """Settings of quotabench. Immutable."""

    def __init__(self, **settings):
        self.settings = settings

    def but(self, **settings):
        return Load(**{**self.settings, **settings})

    def arguments(self):
        return [part for name, value in self.settings.items() if value is not None
                for part in (f"--{name.replace('_', '-')}", str(value))]

    def text(self):
        names = ("connections", "streams", "in_flight", "threads")
        return ", ".join(f"{name.replace('_', '-')} {self.settings[name]}" for name in names
                         if name in self.settings)


def bench(server, load, plan, seconds=None, warmup=None):
    """One run of quotabench. quotad is verified; the no-op service can't be."""
    command = [server.space.program("quotabench"), "--server", f"127.0.0.1:{server.port}",
               "--output", "json", "--quiet", "--create", "calls", *load.arguments(),
               "--duration", str(seconds or plan.seconds),
               "--warmup", str(plan.warmup if warmup is None else warmup)]
    if "orgs" not in load.settings:
        command += ["--orgs", str(plan.orgs)]
    if isinstance(server, Quotad):
        command += ["--metrics", f"127.0.0.1:{server.http_port}"]
    else:
        command += ["--no-verify"]
    result = run_json(command)
    if isinstance(server, Quotad):
        server.settle()
    return result


def rate(result):
    return result["operations_per_second"]


def latency(result, operation, percentile="p99"):
    return result["by_operation"][operation]["latency"][f"{percentile}_us"]


def best_of(settings, measure, both_ways=True):
    """The setting for which measure(setting) gives the highest rate.

    Each is measured twice, the second time in the other order: a server may become slower while it
    is measured, as its tables and what it remembers grow, and the first setting would win by that.
    Once where `both_ways` is not wanted, for a quick look.
    """
    rates = [0] * len(settings)
    forwards = list(range(len(settings)))
    for index in forwards + (forwards[::-1] if both_ways else []):
        rates[index] += measure(settings[index])
    return settings[rates.index(max(rates))]


def best_load(server, loads, plan):
    if len(loads) == 1:
        return loads[0]
    return best_of(loads, lambda load: rate(bench(server, load, plan, plan.sweep_seconds)),
                   both_ways=plan.full)


def alternate(plan, *measures):
    """A B A B ...: the results of each, in order."""
    results = [[] for _ in measures]
    for _ in range(plan.runs):
        for measure, into in zip(measures, results):
            into.append(measure())
    return results


def median(results, figure=rate):
    return statistics.median(figure(result) for result in results)


def sync_facts(results):
    """Syncs and group sizes of quotad's runs, for people."""
    servers = [result["server"] for result in results if "server" in result]
    if not servers:
        return ""
    syncs = statistics.median(server["syncs"] for server in servers)
    group = statistics.median(server["calls_a_group"] for server in servers)
    return f"{syncs / results[0]['seconds']:,.0f} syncs/s, {group:,.1f} operations a group"
