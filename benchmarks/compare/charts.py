"""Charts as text: how quotad behaves over a range of loads, shares and journal lengths."""

from floor import cores, durability
from measuring import bench, best_load, latency, median, rate
from processes import Quotad
from profiling import instructions
from rows import UNARY, session_loads
from scale import journalled_store, start_seconds

WIDTH = 40


def bars(lines, unit):
    """(label, figure) lines with bars as long as the figures."""
    most = max(figure for _, figure in lines)
    width = max(len(label) for label, _ in lines)
    return "\n".join(f"{label:>{width}}  {figure:>12,.2f} {unit}  "
                     f"{'#' * max(1, round(WIDTH * figure / most))}" for label, figure in lines)


def latency_against_load(space, plan):
    """Open loop, at parts of the highest rate of a closed loop."""
    quotad = space.start(Quotad(space))
    parts = []
    for name, loads in (("unary reserve+commit", [UNARY.but(mix="reserve+commit")]),
                        ("Session, batches of 64, reserve+commit", session_loads(plan))):
        load = best_load(quotad, loads, plan)
        # The median: one run has a merge of tables in it, the next has none.
        highest = median([bench(quotad, load, plan) for _ in range(plan.runs)])
        streams = load.settings.get("streams")
        load = load.but(in_flight=64 * streams if streams else 4096)
        lines = [f"{name}: highest rate {highest:,.0f} op/s",
                 f"{'load':>6} {'op/s':>12} {'p50':>10} {'p99':>10} {'p99.9':>10}  p99"]
        results = [(percent, bench(quotad, load.but(rate=round(highest * percent / 100)), plan))
                   for percent in (10, 25, 50, 70, 80, 90)]
        most = max(latency(result, "reserve") for _, result in results)
        for percent, result in results:
            figures = [latency(result, "reserve", p) / 1000 for p in ("p50", "p99", "p99.9")]
            bar = "#" * max(1, round(WIDTH * latency(result, "reserve") / most))
            lines.append(f"{percent:>5}% {rate(result):>12,.0f} " +
                         " ".join(f"{figure:>7,.2f} ms" for figure in figures) + f"  {bar}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def hot_organisation(space, plan):
    """Throughput against the share of one organisation."""
    quotad = space.start(Quotad(space))
    # An organisation may have 1,024 operations queued.
    load = best_load(quotad, [load for load in session_loads(plan)
                              if load.settings["in_flight"] * 64 <= 1024], plan)
    quotad.stop()
    lines = []
    for share in (0, 0.1, 0.25, 0.5, 0.75, 0.9, 1):
        # A new one each time: the ids of some runs would fill the memory for them within the 15
        # seconds for which they are kept in any case.
        quotad = space.start(Quotad(space))
        lines.append((f"{share:g}", rate(bench(quotad, load.but(keys=f"hot:{share:g}"), plan))))
        quotad.stop()
    return "share of one organisation, operations a second\n" + bars(lines, "op/s")


def recovery_time(space, plan):
    """Time until it serves, against what is in the journal."""
    orgs = plan.orgs
    lines = []
    for operations in ([0, 1_000_000, 2_500_000, 5_000_000, 10_000_000] if plan.full
                       else [0, 10 * orgs, 20 * orgs]):
        quotad, done = journalled_store(space, plan, orgs, operations)
        lines.append((f"{done:,.0f}", start_seconds(space, quotad.data)))
    return f"operations in the journal, {orgs:,} organisations: time until it serves\n" + bars(
        lines, "s")


CHARTS = {"load": latency_against_load, "hot": hot_organisation, "recovery": recovery_time,
          "durability": durability, "cores": cores, "instructions": instructions}
