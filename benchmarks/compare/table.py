"""The comparison's table, for people, as JSON, and in docs/performance.md."""

import datetime
import json
import os
import re
import subprocess


def machine(space):
    """What it was measured on."""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = re.search(r"model name\s*: (.*)", info.read())
    with open("/etc/os-release", encoding="utf-8") as release:
        system = re.search(r'PRETTY_NAME="(.*)"', release.read())
    with open("/proc/meminfo", encoding="ascii") as memory:
        kib = int(re.search(r"MemTotal:\s+(\d+)", memory.read()).group(1))
    return {"date": datetime.date.today().isoformat(), "cores": os.cpu_count(),
            "processor": model.group(1).strip() if model else "unknown",
            "memory_gib": round(kib / 2**20), "system": system.group(1) if system else "unknown",
            "filesystem": space.filesystem()}


def commit():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.stdout.strip() or "unknown"


def machine_text(facts):
    return (f"{facts['date']}, {facts['cores']} cores of {facts['processor']}, "
            f"{facts['memory_gib']} GiB, {facts['system']}, {facts['filesystem']}")


def verdict(row):
    return {None: "", True: "yes", False: "NO"}[row.reached()]


def aim(row):
    if row.aim is None:
        return ""
    return f"{'at most' if row.at_most else 'at least'} {row.aim:g}"


HEADINGS = ("what", "quotad", "against", "ratio", "aim", "reached")


def cells(row):
    return (row.what, row.ours, row.against, f"{row.ratio:.2f}", aim(row), verdict(row))


def print_table(rows, out):
    lines = [HEADINGS] + [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    for number, line in enumerate(lines):
        parts = [f"{cell:<{width}}" if i in (0, 5) else f"{cell:>{width}}"
                 for i, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(parts).rstrip(), file=out)
        if number == 0:
            print("  ".join("-" * width for width in widths), file=out)
    print(file=out)
    for row in rows:
        if row.notes:
            print(f"{row.what}:\n  " + "\n  ".join(row.notes), file=out)


def as_json(rows, facts, failures):
    return json.dumps({"machine": facts, "commit": commit(), "failures": failures, "rows": [
        {"what": row.what, "quotad": row.ours, "against": row.against, "ratio": row.ratio,
         "aim": row.aim, "at_most": row.at_most, "reached": row.reached(), "notes": row.notes,
         "runs": row.runs} for row in rows]}, indent=1)


def markdown(rows, failures):
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|--:|--:|--:|--:|---|"]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    notes = [f"* {row.what}: {'; '.join(row.notes)}" for row in rows if row.notes]
    # The first lines are commands, with paths of this machine.
    notes += [f"* not measured: {key}: {reason.splitlines()[-1]}"
              for key, reason in failures.items()]
    return "\n".join(lines + [""] + notes)


def replace_section(document, name, text):
    """Puts `text` between the markers <!-- begin NAME --> and <!-- end NAME -->."""
    pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    if not pattern.search(document):
        raise ValueError(f"the document has no section {name}")
    return pattern.sub(lambda found: f"{found.group(1)}{text}\n{found.group(2)}", document)
