"""The rows of the comparison. Each measures what it compares, in one go, and returns a Row."""

from measuring import (Load, alternate, bench, best_load, best_of, latency, median, rate, run_json,
                       sync_facts)
from processes import BenchError, Noop, Postgres, Quotad, Redis


class Row:
    """One line of the table.

    `ratio` is compared with `aim`: at least as high, or at most as high if `at_most`. Without an aim
    it is shown only.
    """

    def __init__(self, what, ours, against, ratio, aim=None, at_most=False, notes=(), runs=None):
        self.what = what
        self.ours = ours
        self.against = against
        self.ratio = ratio
        self.aim = aim
        self.at_most = at_most
        self.notes = [note for note in notes if note]
        self.runs = runs or {}

    def reached(self):
        if self.aim is None:
            return None
        return self.ratio <= self.aim if self.at_most else self.ratio >= self.aim


def per_second(figure, unit="op/s"):
    return f"{figure:,.0f} {unit}"


def micros(figure):
    return f"{figure / 1000:,.2f} ms"


ID_OPTION = "--remembered-id-bytes"
HOT_ID_BYTES = 1 << 30
UNARY = Load(transport="unary", mix="reserve", connections=1, threads=1, in_flight=64)


def session_loads(plan, batch=64, **more):
    """Streams, batches in flight and threads: which are best differs between servers and machines.

    They come as connections (each with one stream), batches in flight on each, and threads. Of small
    batches more may be in flight: as many operations as of large ones.
    """
    settings = [(1, 16, 1), (2, 8, 1), (2, 16, 1), (2, 8, 2), (4, 8, 1), (4, 16, 1), (4, 8, 2),
                (8, 8, 1), (8, 16, 1)]
    if batch < 64:
        settings = [(2, 16, 1), (4, 16, 1), (8, 8, 1), (8, 16, 1), (8, 32, 1), (4, 64, 1),
                    (8, 64, 1)]
    if not plan.full:
        settings = [(1, 16, 1), (2, 16, 1), (4, 8, 1)]
    return [Load(transport="session", mix="reserve+commit", batch=batch, connections=connections,
                 streams=connections, in_flight=connections * each, threads=threads, **more)
            for connections, each, threads in settings]


def at_best(plan, servers, loads, *others):
    """Each server's best of `loads`; and the results of alternating runs of the servers, each with
    its best, and of whatever else is to be measured between them."""
    best = [best_load(server, loads, plan) for server in servers]
    runs = [lambda server=server, load=load: bench(server, load, plan)
            for server, load in zip(servers, best)]
    return best, alternate(plan, *runs, *others)


def unary(space, plan):
    quotad, noop = space.start(Quotad(space)), space.start(Noop(space))
    # More connections help no one on two cores; the number is the same for both.
    _, (ours, theirs) = at_best(plan, [quotad, noop], [UNARY])
    a, b = median(ours), median(theirs)
    return Row("unary Reserve, 64 in flight, against the no-op service", per_second(a),
               per_second(b), a / b, aim=0.75, notes=[sync_facts(ours)],
               runs={"quotad": ours, "noop": theirs})


def probe_syncs(space, plan):
    """Appends and syncs, one after the other, and how long they take."""
    return run_json([space.program("sync_probe"), str(space.folder),
                     str(max(0.1, plan.seconds / 2))])


def p99(result):
    return latency(result, "reserve")


def unary_p99(space, plan):
    quotad, noop = space.start(Quotad(space)), space.start(Noop(space))
    _, (ours, theirs, syncs) = at_best(plan, [quotad, noop], [UNARY.but(in_flight=16)],
                                       lambda: probe_syncs(space, plan))
    a, b = median(ours, p99), median(theirs, p99)
    sync = median(syncs, lambda result: result["p99_us"])
    return Row("unary Reserve p99, 16 in flight, against the no-op service's p99 + 2 syncs",
               micros(a), f"{micros(b)} + 2 x {micros(sync)}", a / (b + 2 * sync), aim=1.0,
               at_most=True, notes=["a sync: p99 of append + fdatasync", sync_facts(ours)],
               runs={"quotad": ours, "noop": theirs, "syncs": syncs})


def session(space, plan):
    quotad, noop = space.start(Quotad(space)), space.start(Noop(space))
    (our_load, their_load), (ours, theirs) = at_best(plan, [quotad, noop], session_loads(plan))
    a, b = median(ours), median(theirs)
    notes = [f"quotad: {our_load.text()}", f"no-op: {their_load.text()}", sync_facts(ours),
             f"{a / 2:,.0f} pairs/s; the aim of 500,000 holds where the no-op stream reaches "
             f"2,500,000 op/s"]
    return Row("Session, batches of 64, reserve+commit, against the no-op stream", per_second(a),
               per_second(b), a / b, aim=0.40, notes=notes, runs={"quotad": ours, "noop": theirs})


def peer(server, program, plan, connections, depth, seconds=None):
    return run_json([server.space.program(program), "--port", str(server.port),
                     "--connections", str(connections), "--depth", str(depth),
                     "--orgs", str(plan.orgs), "--duration", str(seconds or plan.seconds),
                     "--warmup", str(plan.warmup)])


def best_connections(server, program, plan, depth, more=()):
    """Peers run at their best of 4, 16, 64 and `more`."""
    return best_of([4, 16, 64, *more], lambda connections: rate(
        peer(server, program, plan, connections, depth, plan.sweep_seconds)), both_ways=plan.full)


def against_redis(depth, appendfsync, aim):
    def measure(space, plan):
        quotad, redis = space.start(Quotad(space)), space.start(Redis(space, appendfsync))
        loads = session_loads(plan, batch=depth)
        our_load = best_load(quotad, loads, plan)
        # With 256 the operations in flight are of the order of ours.
        connections = best_connections(redis, "redis_bench", plan, depth, more=[256])
        ours, theirs = alternate(plan, lambda: bench(quotad, our_load, plan),
                                 lambda: peer(redis, "redis_bench", plan, connections, depth))
        a, b = median(ours), median(theirs)
        return Row(f"Session, batches of {depth}, against Redis Lua at depth {depth}, "
                   f"appendfsync {appendfsync}", per_second(a), per_second(b), a / b, aim=aim,
                   notes=[f"quotad: {our_load.text()}", f"Redis: {connections} connections",
                          sync_facts(ours)], runs={"quotad": ours, "redis": theirs})
    return measure


def against_postgres(loads_of, what, aim):
    def measure(space, plan):
        quotad, postgres = space.start(Quotad(space)), space.start(Postgres(space))
        our_load = best_load(quotad, loads_of(plan), plan)
        connections = best_connections(postgres, "postgres_bench", plan, 1)
        ours, theirs = alternate(plan, lambda: bench(quotad, our_load, plan),
                                 lambda: peer(postgres, "postgres_bench", plan, connections, 1))
        a, b = median(ours), median(theirs)
        return Row(f"{what}, against PostgreSQL, one UPDATE ... RETURNING a call", per_second(a),
                   per_second(b), a / b, aim=aim,
                   notes=[f"quotad: {our_load.text()}", f"PostgreSQL: {connections} connections",
                          sync_facts(ours)], runs={"quotad": ours, "postgres": theirs})
    return measure


def hot(space, plan):
    quotad = Quotad(space)
    # A single organisation for run after run: its ids must be remembered for 15 s, and by default
    # it may have little more than half of the memory for ids.
    quotad.options = quotad.option(ID_OPTION, HOT_ID_BYTES)
    space.start(quotad)
    # An organisation may have 1,024 operations queued.
    load = best_load(quotad, [load for load in session_loads(plan)
                              if load.settings["in_flight"] * 64 <= 1024], plan)
    ours, theirs = alternate(plan, lambda: bench(quotad, load.but(keys="hot:1"), plan),
                             lambda: bench(quotad, load, plan))
    a, b = median(ours), median(theirs)
    return Row(f"one hot organisation, against uniform load over {plan.orgs:,}", per_second(a),
               per_second(b), a / b, aim=0.9,
               notes=[load.text(), " ".join(quotad.options), sync_facts(ours)],
               runs={"hot": ours, "uniform": theirs})


def ledger(space, plan):
    """The ledger alone, from its micro-benchmark."""
    name = "BM_LedgerPair/100000"
    if not (space.bin / "quota_micro").exists():
        raise BenchError("build/release/bin/quota_micro is not there: the row of the ledger alone "
                         "needs the micro-benchmarks")
    result = run_json([space.program("quota_micro"), f"--benchmark_filter=^{name}/",
                       f"--benchmark_min_time={max(0.1, plan.seconds / 2)}",
                       "--benchmark_format=json"])
    figures = [each["items_per_second"] for each in result["benchmarks"]
               if each["name"].startswith(f"{name}/")]
    if not figures:
        raise BenchError(f"quota_micro has no benchmark {name}")
    figure = max(figures)
    return Row("ledger alone (decide + apply), one core", per_second(figure),
               per_second(5_000_000), figure / 5_000_000, aim=1.0, runs={"micro": result})


def wal(space, plan):
    quotad = space.start(Quotad(space))
    load = Load(transport="session", mix="reserve+commit", batch=64, connections=1, streams=1,
                in_flight=16)
    # Creates the organisations, and their first day.
    bench(quotad, load, plan, seconds=0.1, warmup=0)
    # Not for long: a full memtable begins another log, and the one before is removed.
    before = quotad.wal_bytes()
    result = bench(quotad, load, plan, seconds=min(0.3, plan.seconds), warmup=0)
    after = quotad.wal_bytes()
    if not set(before) <= set(after):
        raise BenchError("a write-ahead log was removed meanwhile; measure again")
    written = sum(after.values()) - sum(before.values())
    # GetUsage, which verifies, writes nothing.
    figure = written / (result["all_operations"] / 2)
    group = result["server"]["calls_a_group"]
    note = f"{group:,.1f} operations a group" + ("" if group >= 64 else ": the aim is for 64 or more")
    return Row("journal: WAL bytes of one reserve+commit pair, 16-byte ids", f"{figure:,.1f} bytes",
               "80 bytes", figure / 80, aim=1.0, at_most=True, notes=[note], runs={"quotad": [result]})


def sleep_until_idle(server):
    server.settle(60)
    time.sleep(0.2)
    server.settle(60)
