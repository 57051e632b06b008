"""Where the instructions of a call go, by callgrind: counts, so a busy machine does not change them."""

import collections
import os
import re
import shutil
import subprocess

from measuring import bench, run_json
from processes import BenchError, Quotad
from rows import UNARY, session_loads

# Parts of a program by the library that the instructions are in, the first that fits.
PARTS = (("gRPC", r"lib(grpc|gpr|address_sorting|upb)"), ("protobuf", r"libprotobuf"),
         ("RocksDB", r"librocksdb"), ("Abseil", r"libabsl"), ("quotad", r"/(quotad|quota_micro)$"),
         ("C and C++ libraries", r"(libc\.|libstdc\+\+|libm\.|libgcc|ld-linux|libpthread|vgpreload)"))


class ProfiledQuotad(Quotad):
    """quotad under callgrind, which counts only between count(True) and count(False)."""

    name = "quotad-profiled"

    def launch(self, command, **options):
        if shutil.which("valgrind") is None:
            raise BenchError("valgrind is not installed; run scripts/prepare bench")
        self.counts = self.space.new_folder("callgrind") / "counts"
        super().launch(["valgrind", "--tool=callgrind", "--instr-atstart=no",
                        f"--callgrind-out-file={self.counts}", *command], **options)

    def count(self, on):
        subprocess.run(["callgrind_control", "-i", "on" if on else "off", str(self.process.pid)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def read_counts(lines):
    """Of a callgrind file: {(object, function): instructions}, what calls cost being the callee's;
    and {function: how often it was called}."""
    names = {"ob": {}, "fn": {}}
    costs, calls = collections.Counter(), collections.Counter()
    here = {"ob": "?", "fn": "?"}
    callee = "?"
    skip = False
    for line in lines:
        named = re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?$", line)
        if named:
            called, kind, number, name = named.groups()
            if name:
                names[kind][number] = name.strip()
            if not called:
                here[kind] = names[kind][number]
            elif kind == "fn":
                callee = names[kind][number]
        elif line.startswith("calls="):
            calls[callee] += int(line[len("calls="):].split()[0])
            # The next line is the cost of the calls.
            skip = True
        elif re.match(r"[+\-*\d]", line):
            if not skip:
                costs[here["ob"], here["fn"]] += int(line.split()[1])
            skip = False
    return costs, calls


def part_of(library):
    for name, pattern in PARTS:
        if re.search(pattern, library):
            return name
    return "others"


def report(costs, calls, title):
    by_part = collections.Counter()
    for (library, _), cost in costs.items():
        by_part[part_of(library)] += cost
    total = sum(by_part.values())
    lines = [f"{title}: {total / calls:,.0f} instructions each, by the library that they are in"]
    lines += [f"  {cost / calls:>9,.0f}  {100 * cost / total:>5.1f} %  {name}"
              for name, cost in by_part.most_common()]
    lines.append("  the functions of quotad itself with the most:")
    ours = collections.Counter({function: cost for (library, function), cost in costs.items()
                                if part_of(library) == "quotad"})
    lines += [f"  {cost / calls:>9,.0f}  {100 * cost / total:>5.1f} %  {function[:90]}"
              for function, cost in ours.most_common(12)]
    return "\n".join(lines)


def counted(folder):
    """What read_counts tells of all callgrind files in the folder, of which there is one at least."""
    costs, calls = collections.Counter(), collections.Counter()
    for name in os.listdir(folder):
        if not name.startswith("counts"):
            continue
        with open(folder / name, encoding="utf-8", errors="replace") as lines:
            for into, more in zip((costs, calls), read_counts(lines)):
                into.update(more)
    if not costs:
        raise BenchError("callgrind counted nothing")
    return costs, calls


def ledger_report(space):
    """The ledger alone, in the loop of its micro-benchmark."""
    folder = space.new_folder("callgrind")
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder / 'counts'}",
               "--toggle-collect=*BusyLedger::RunGroup*",
               space.program("quota_micro"), "--benchmark_filter=^BM_LedgerPair/100000/512$",
               "--benchmark_min_time=0.01", "--benchmark_format=json"]
    run_json(command)
    costs, calls = counted(folder)
    executed = sum(count for name, count in calls.items() if "::Ledger::Execute(" in name)
    return report(costs, executed, "A Reserve or Commit of the ledger alone")


def instructions(space, plan):
    """Of an operation: unary, in a batch, and of the ledger alone."""
    parts = []
    unary = ("A unary Reserve or Commit, 16 in flight", UNARY.but(mix="reserve+commit",
                                                                 in_flight=16))
    batch = ("A Reserve or Commit in a Session's batch of 64", session_loads(plan)[0])
    for title, load in (unary, batch):
        quotad = space.start(ProfiledQuotad(space))
        # The organisations are there before it is counted, and few, as each is asked at the end.
        load = load.but(orgs=16)
        bench(quotad, load, plan, seconds=0.5, warmup=0)
        quotad.count(True)
        result = bench(quotad, load, plan, seconds=max(2 * plan.seconds, 1.0), warmup=0)
        quotad.count(False)
        quotad.stop()
        costs, _ = counted(quotad.counts.parent)
        parts.append(report(costs, result["all_operations"], title))
    parts.append(ledger_report(space))
    return "\n\n".join(parts)
