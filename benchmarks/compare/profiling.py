"""Where the instructions of a call go, by callgrind: counts, so a busy machine does not change them."""

import collections
import os
import re
import shutil
import subprocess

from measuring import bench
from processes import BenchError, Quotad
from rows import UNARY, session_loads

# Parts of a program by the library that the instructions are in, the first that fits.
PARTS = (("gRPC", r"lib(grpc|gpr|address_sorting|upb)"), ("protobuf", r"libprotobuf"),
         ("RocksDB", r"librocksdb"), ("Abseil", r"libabsl"), ("quotad", r"/quotad$"),
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


def self_costs(lines):
    """{(object, function): instructions} of a callgrind file: what calls cost is the callee's."""
    names = {"ob": {}, "fn": {}}
    costs = collections.Counter()
    here = {"ob": "?", "fn": "?"}
    skip = False
    for line in lines:
        named = re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?$", line)
        if named:
            called, kind, number, name = named.groups()
            if name:
                names[kind][number] = name.strip()
            if not called:
                here[kind] = names[kind][number]
        elif line.startswith("calls="):
            # The next line is the cost of the calls.
            skip = True
        elif re.match(r"[+\-*\d]", line):
            if not skip:
                costs[here["ob"], here["fn"]] += int(line.split()[1])
            skip = False
    return costs


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


def instructions(space, plan):
    """Of an operation, unary and in a batch."""
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
        files = [name for name in os.listdir(quotad.counts.parent) if name.startswith("counts")]
        costs = collections.Counter()
        for name in files:
            with open(quotad.counts.parent / name, encoding="utf-8", errors="replace") as lines:
                costs.update(self_costs(lines))
        if not costs:
            raise BenchError("callgrind counted nothing")
        parts.append(report(costs, result["all_operations"], title))
    return "\n\n".join(parts)
