#!/usr/bin/env python3
"""The comparison of scripts/bench: see docs/performance.md."""

import argparse
import signal
import sys
import time

import charts
import measuring
import rows
import scale
import table
from processes import PROJECT, BenchError, Workspace

ROWS = {
    "unary": rows.unary,
    "unary-p99": rows.unary_p99,
    "session": rows.session,
    "redis-1": rows.against_redis(1, "always", None),
    "redis-16": rows.against_redis(16, "always", 2),
    "redis-64": rows.against_redis(64, "always", 4),
    "everysec-1": rows.against_redis(1, "everysec", None),
    "everysec-16": rows.against_redis(16, "everysec", None),
    "everysec-64": rows.against_redis(64, "everysec", None),
    "postgres-unary": rows.against_postgres(
        lambda plan: [rows.UNARY.but(mix="reserve+commit", connections=64)],
        "unary reserve+commit at 64 connections", 3),
    "postgres-session": rows.against_postgres(
        rows.session_loads, "Session, batches of 64, reserve+commit", 50),
    "hot": rows.hot,
    "ledger": rows.ledger,
    "memory": scale.memory,
    "start": scale.recovery,
    "background": scale.background,
    "wal": rows.wal,
}
# quotad and the no-op service alone: what CI has.
SMOKE_ROWS = ("unary", "unary-p99", "session", "hot", "wal", "memory", "start")
DOCUMENT = PROJECT / "docs" / "performance.md"


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures quotad against "
                                     "its peers and prints one table of ratios.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs, all rows; "
                        "under two minutes")
    parser.add_argument("--rows", help="these rows alone, of: " + ", ".join(ROWS))
    parser.add_argument("--charts", nargs="?", const=",".join(charts.CHARTS), default="",
                        help="measures the charts, too, or those named: " +
                        ", ".join(charts.CHARTS))
    parser.add_argument("--output", choices=("text", "json"), default="text")
    parser.add_argument("--write", action="store_true",
                        help="measures rows and charts and writes them to docs/performance.md")
    parser.add_argument("--smoke", action="store_true", help="for tests: only that it works")
    parser.add_argument("--bin", default=str(PROJECT / "build" / "release" / "bin"),
                        help="the folder of the programs")
    parser.add_argument("--data-parent", default="/var/tmp",
                        help="the folder in which data is kept meanwhile; on a disk")
    options = parser.parse_args()
    known = {"rows": ROWS, "charts": charts.CHARTS}
    for kind, names in known.items():
        for name in filter(None, (getattr(options, kind) or "").split(",")):
            if name not in names:
                parser.error(f"--{kind}: there is no {name}; there are: {', '.join(names)}")
    if options.write and options.quick:
        parser.error("--write takes the whole measurement, not --quick")
    return options


def progress(text):
    print(text, file=sys.stderr, flush=True)


def measure_each(options, plan, names, table_of):
    """Each in a workspace of its own. A failure leaves the others."""
    results, failures = {}, {}
    for name in names:
        progress(f"{name} ...")
        begin = time.monotonic()
        try:
            with Workspace(options.bin, options.data_parent) as space:
                results[name] = table_of[name](space, plan)
        except BenchError as error:
            failures[name] = str(error)
            progress(f"{name}: {error}")
        else:
            progress(f"{name}: {time.monotonic() - begin:.0f} s")
    return results, failures


def write_document(facts, row_results, chart_results, failures):
    text = DOCUMENT.read_text()
    what = f"Measured by `scripts/bench --write` at {table.commit()}: {table.machine_text(facts)}."
    text = table.replace_section(text, "table", f"{what}\n\n" + table.markdown(
        row_results.values(), failures))
    for name, chart in chart_results.items():
        text = table.replace_section(text, f"chart {name}", f"```\n{chart}\n```")
    DOCUMENT.write_text(text)
    progress(f"written to {DOCUMENT.relative_to(PROJECT)}")


def main():
    options = arguments()
    # Ends through the workspaces, which stop what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    plan = measuring.FULL
    if options.quick:
        plan = measuring.QUICK
    names = options.rows.split(",") if options.rows else list(ROWS)
    if options.smoke:
        plan = measuring.SMOKE
        names = names if options.rows else list(SMOKE_ROWS)
    chart_names = list(charts.CHARTS) if options.write else list(
        filter(None, options.charts.split(",")))

    with Workspace(options.bin, options.data_parent) as space:
        facts = table.machine(space)
    if facts["filesystem"] in ("tmpfs", "ramfs") and not options.smoke:
        progress(f"{options.data_parent} is in memory: nothing there is durable, and no figure "
                 "means anything. Give --data-parent a folder on a disk.")
        return 1
    results, failures = measure_each(options, plan, names, ROWS)
    drawn, chart_failures = measure_each(options, plan, chart_names, charts.CHARTS)
    failures |= {f"chart {name}": reason for name, reason in chart_failures.items()}

    if options.output == "json":
        print(table.as_json(list(results.values()), facts, failures))
    else:
        print(table.machine_text(facts))
        table.print_table(list(results.values()), sys.stdout)
        for chart in drawn.values():
            print(f"\n{chart}")
    if options.write:
        write_document(facts, results, drawn, failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
