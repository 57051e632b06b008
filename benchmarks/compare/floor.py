"""What is left to quotad on a machine: how much of it durability and gRPC take by themselves."""

import os

from measuring import bench, best_load, median, rate
from processes import Noop, Quotad, SyncingNoop
from rows import UNARY, at_best, p99, probe_syncs, session_loads


def durability(space, plan):
    """The no-op service, the same with one sync a group before its answers, and quotad."""
    servers = [space.start(Noop(space)), space.start(SyncingNoop(space)),
               space.start(Quotad(space))]
    lines = [f"{'':<39} {'no-op':>14} {'no-op with syncs':>23} {'quotad':>23}"]

    def add(what, unit, noop, syncing, ours):
        lines.append(f"{what:<39} {noop:>9,.0f} {unit:<4} "
                     f"{syncing:>11,.0f} {unit:<4} ({syncing / noop:.2f}) "
                     f"{ours:>11,.0f} {unit:<4} ({ours / noop:.2f})")

    for what, loads in (("unary Reserve, 64 in flight", [UNARY]),
                        ("unary reserve+commit at 64 connections",
                         [UNARY.but(mix="reserve+commit", connections=64)]),
                        ("Session, batches of 64, reserve+commit", session_loads(plan))):
        _, results = at_best(plan, servers, loads)
        add(what, "op/s", *[median(of_server) for of_server in results])
    _, (*results, syncs) = at_best(plan, servers, [UNARY.but(in_flight=16)],
                                   lambda: probe_syncs(space, plan))
    noop, syncing, ours = [median(of_server, p99) for of_server in results]
    add("unary Reserve p99, 16 in flight", "us", noop, syncing, ours)
    sync = median(syncs, lambda result: result["p99_us"])
    allowed = noop + 2 * sync
    lines.append("In parentheses: as a part of the no-op service's. The aim of the p99 was its "
                 f"p99 + 2 syncs of {sync:,.0f} us:")
    lines.append(f"{allowed:,.0f} us. Of that the no-op service with syncs takes "
                 f"{syncing / allowed:.2f}, quotad {ours / allowed:.2f}.")
    return "\n".join(lines)


def thread_seconds(server):
    """{thread: (name, seconds that it has run)}"""
    threads = {}
    folder = f"/proc/{server.process.pid}/task"
    for thread in os.listdir(folder):
        try:
            with open(f"{folder}/{thread}/comm", encoding="utf-8") as comm, \
                    open(f"{folder}/{thread}/schedstat", encoding="ascii") as stat:
                threads[thread] = (comm.read().strip(), int(stat.read().split()[0]) / 1e9)
        except FileNotFoundError:
            # It has ended.
            continue
    return threads


def cores_a_thread(server, run):
    """What `run` returns, and {name of threads: seconds that they ran in it}."""
    before = thread_seconds(server)
    result = run()
    spent = {}
    for thread, (name, seconds) in thread_seconds(server).items():
        spent[name] = spent.get(name, 0) + seconds - before.get(thread, (name, 0))[1]
    return result, spent


def cores(space, plan):
    """Where the cores' time goes, of Sessions, in microseconds of a core for each operation."""
    parts = []
    for server in (Noop(space), Quotad(space)):
        space.start(server)
        load = best_load(server, session_loads(plan), plan)
        result, spent = cores_a_thread(server, lambda server=server, load=load: bench(
            server, load, plan, seconds=4 * plan.seconds))
        operations = result["all_operations"]
        a_second = rate(result)
        whole = os.cpu_count() / a_second * 1e6
        lines = [("the generator", result["generator_cores"] / a_second * 1e6)]
        lines += [(f"its thread {name}", seconds / operations * 1e6)
                  for name, seconds in sorted(spent.items(), key=lambda each: -each[1])]
        lines = [(name, figure) for name, figure in lines if figure >= 0.01]
        lines.append(("other programs, interrupts, nobody",
                      max(0.0, whole - sum(figure for _, figure in lines))))
        parts.append(f"{server.name}: {a_second:,.0f} op/s; {whole:.2f} us of {os.cpu_count()} cores "
                     "for each operation, of that\n" + "\n".join(
                         f"  {name:<36} {figure:5.2f} us  {100 * figure / whole:3.0f} %"
                         for name, figure in lines))
        server.stop()
    return "\n\n".join(parts)
