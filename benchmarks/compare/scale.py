"""Rows about size: memory, recovery, and what runs in the background."""

import shutil
import signal
import time

from measuring import Load, alternate, bench, latency, median, rate
from processes import BenchError, Quotad
from rows import Row, micros, per_second, session_loads

SNAPSHOT_OPTION = "--snapshot-journal-bytes"
# The most that quotad takes: never during a run.
NO_SNAPSHOTS = 16 << 30
MIB = 1 << 20
# Until a server under half its highest rate does all that it does for days: at 500,000 operations a
# second its shards have their default of 256 MiB of journal after 14 seconds.
SETTLING_SECONDS = 30
# Nothing is measured: it only makes the organisations, and verifies that they are there.
CREATE = Load(transport="session", mix="usage", batch=64, in_flight=4)


# Aims of size are for the whole size.
def aim(plan):
    return 1.0 if plan.full else None


def idle(server):
    """Waits until it has done nothing for a while."""
    for _ in range(3):
        server.settle(60)
        time.sleep(0.3)


def memory(space, plan):
    orgs = 1_000_000 if plan.full else 5 * plan.orgs
    quotad = space.start(Quotad(space))
    bench(quotad, CREATE.but(orgs=orgs), plan, seconds=0.05, warmup=0)
    idle(quotad)
    created = quotad.resident_bytes()
    quotad.stop()
    quotad = space.start(Quotad(space, data=quotad.data))
    idle(quotad)
    restarted = quotad.resident_bytes()
    figure = max(created, restarted)
    limit = 600 * MIB
    return Row(f"{orgs:,} organisations: resident memory, idle", f"{figure / MIB:,.0f} MiB",
               f"{limit / MIB:,.0f} MiB", figure / limit, aim=aim(plan), at_most=True,
               notes=[f"{created / MIB:,.0f} MiB once they were created by a call each, "
                      f"{restarted / MIB:,.0f} MiB after a restart"],
               runs={"created_bytes": created, "restarted_bytes": restarted})


def journalled_store(space, plan, orgs, operations):
    """The folder of a quotad that was killed with `operations` in its journal, and how many."""
    quotad = Quotad(space)
    quotad.options = quotad.option(SNAPSHOT_OPTION, NO_SNAPSHOTS)
    space.start(quotad)
    bench(quotad, CREATE.but(orgs=orgs), plan, seconds=0.05, warmup=0)
    load = session_loads(plan)[-1].but(orgs=orgs)
    before = quotad.metric("quotad_journal_events_total")
    # What a second makes is known after the first; until then, no more than fits.
    done, pace = 0, operations
    while done < operations:
        result = bench(quotad, load, plan, warmup=0,
                       seconds=min(30.0, max(0.05, (operations - done) / pace)))
        pace = rate(result)
        done = quotad.metric("quotad_journal_events_total") - before
    quotad.stop(signal.SIGKILL)
    return quotad, done


def start_seconds(space, data):
    """From the start of the process until it serves, on a copy of `data`."""
    copy = space.new_folder("copy")
    shutil.copytree(data, copy, dirs_exist_ok=True)
    quotad = Quotad(space, data=copy)
    begin = time.monotonic()
    space.start(quotad)
    seconds = time.monotonic() - begin
    quotad.stop(signal.SIGKILL)
    shutil.rmtree(copy)
    return seconds


def recovery(space, plan):
    orgs, operations = (1_000_000, 10_000_000) if plan.full else (plan.orgs, 10 * plan.orgs)
    quotad, done = journalled_store(space, plan, orgs, operations)
    (runs,) = alternate(plan, lambda: start_seconds(space, quotad.data))
    figure = median(runs, float)
    limit = 10.0
    note = ("none of them trimmed by a snapshot" if quotad.options else
            "some of them trimmed: this quotad has no option to hold snapshots back")
    return Row(f"start with {orgs:,} organisations and {operations:,} journalled operations",
               f"{figure:,.2f} s", f"{limit:g} s", figure / limit, aim=aim(plan), at_most=True,
               notes=[f"{done:,.0f} operations, {note}; killed before; files in the page cache"],
               runs={"seconds": runs})


def background(space, plan):
    """p99 with snapshots, as often as they are by default, against none, in an open loop.

    The rate is half the highest. Before, both servers have the load for long enough that every
    shard has begun to store its accounts, each at a time of its own, and tables are merged.
    """
    busy, calm = Quotad(space), Quotad(space)
    if not busy.takes(SNAPSHOT_OPTION):
        raise BenchError(f"this quotad has no {SNAPSHOT_OPTION}, which the row needs")
    # A short run would see no snapshot at all: then they are far more often.
    busy.options = [] if plan.full else busy.option(SNAPSHOT_OPTION, 256 << 10)
    calm.options = calm.option(SNAPSHOT_OPTION, NO_SNAPSHOTS)
    space.start(busy)
    space.start(calm)
    load = session_loads(plan)[-1]
    highest = rate(bench(calm, load, plan))
    # Room in flight for what piles up while the device is busy.
    streams = load.settings["streams"]
    paced = load.but(rate=round(highest / 2), in_flight=64 * streams)
    if plan.full:
        for server in (busy, calm):
            bench(server, paced, plan, seconds=SETTLING_SECONDS)
    with_them, without = alternate(plan, lambda: bench(busy, paced, plan),
                                   lambda: bench(calm, paced, plan))
    def p99(result):
        return latency(result, "reserve")
    def snapshots(results):
        return sum(result["server"]["snapshots"] for result in results)
    if snapshots(without) > 0 or snapshots(with_them) == 0:
        raise BenchError("snapshots ran, or did not, where they should not, or should, have")
    a, b = median(with_them, p99), median(without, p99)
    return Row("snapshots in the background: p99 of batches, open loop at half the highest rate",
               micros(a), micros(b), a / b, aim=2.0, at_most=True,
               notes=[f"at {per_second(highest / 2)}; {snapshots(with_them):,.0f} slices of "
                      f"snapshots were stored meanwhile"],
               runs={"with": with_them, "without": without})
