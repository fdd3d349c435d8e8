"""Time ``flowcheck traffic`` beside plain DuckDB, zcat and flowlogs-reader: ``python -m benchmarks.traffic``.

2,000,000 and 20,000,000 records unless told otherwise, made once below ``--folder`` and kept. All programs read the
same files, turn by turn, as whole processes, on the cores that ``--cores`` leaves them; ratios are those of each turn,
their median. flowlogs-reader is timed on three files by the Python that ``--reader`` names, one that has it installed;
its time for all files follows from the records.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.run import Cost, measure, median
from benchmarks.traffic.make import RECORDS_PER_FILE, make_logs
from benchmarks.traffic.network import make_network

FLOWCHECK = str(Path(sys.executable).with_name("flowcheck"))
BASE = "DuckDB GROUP BY"
OURS = "flowcheck traffic"
MANY = "flowcheck traffic, 500 rules"
ZCAT = "zcat"
READER = "flowlogs-reader, 3 files"

_GROUP_BY = """
import sys, duckdb
files, packed = sorted(sys.argv[2:]), sys.argv[1] == "gz"
names = ("version account_id interface_id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
         "log_status").split()
whole = {"version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end"}
types = ", ".join(f"'{name}': '{'BIGINT' if name in whole else 'VARCHAR'}'" for name in names)
source = (f"read_csv({files}, delim=' ', header=false, skip=1, auto_detect=false, nullstr='-', quote='', escape='', "
          f"columns={{{types}}})" if packed else f"read_parquet({files})")
print(duckdb.sql(f"SELECT count(*) FROM (SELECT interface_id, srcaddr, dstaddr, dstport, protocol, action, count(*), "
                 f"sum(packets), sum(bytes) FROM {source} GROUP BY ALL)").fetchall())
"""

_READER = """
import sys, gzip, collections
from flowlogs_reader import FlowRecord
found = collections.Counter()
for name in sys.argv[1:]:
    with gzip.open(name, "rt") as file:
        fields = [each.replace("-", "_") for each in next(file).split()]
        for line in file:
            record = FlowRecord(dict(zip(fields, line.split())))
            if record.action == "REJECT":
                found[record.interface_id, record.dstaddr, record.dstport, record.protocol] += 1
print(len(found))
"""


def main() -> None:
    """Make what is missing, run everything, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="*", type=int, default=[2_000_000, 20_000_000])
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/traffic/.data"))
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2, help="cores that all programs share (0: as many as there are)")
    parser.add_argument("--reader", help="a Python with flowlogs-reader installed")
    parser.add_argument("--kinds", nargs="*", default=["gz", "parquet"], choices=["gz", "parquet"])
    given = parser.parse_args()
    few, many = make_network(given.folder / "net5", 5), make_network(given.folder / "net500", 500)
    pinned = ["taskset", "-c", f"0-{given.cores - 1}"] if given.cores else []
    for records in given.records:
        for kind in given.kinds:
            logs = given.folder / f"{kind}-{records}"
            files = [str(path) for path in make_logs(logs, records, parquet=kind == "parquet")]
            commands = {
                OURS: [FLOWCHECK, "traffic", "--logs", str(logs), "--network", str(few), "--quiet"],
                MANY: [FLOWCHECK, "traffic", "--logs", str(logs), "--network", str(many), "--quiet"],
                BASE: [sys.executable, "-c", _GROUP_BY, kind, *files],
            }
            if kind == "gz":
                commands[ZCAT] = ["zcat", *files]
            if kind == "gz" and given.reader:
                commands[READER] = [given.reader, "-c", _READER, *files[:3]]
            measure([*pinned, *commands[OURS]])  # compiles, once
            turns = [
                {name: measure([*pinned, *command]) for name, command in commands.items()} for _ in range(given.turns)
            ]
            show(f"{records:,} records, {kind}", turns)
            if READER in commands:
                read = min(3 * RECORDS_PER_FILE, records)
                times = [turn[READER].wall / read * records / turn[OURS].wall for turn in turns]
                print(f"flowlogs-reader / flowcheck: {statistics.median(times):.1f} x wall per record")


def show(title: str, turns: Sequence[Mapping[str, Cost]]) -> None:
    """Print medians, and medians of the ratios within each turn."""
    print(f"\n{title}, {len(turns)} turns")
    print("| program | wall s | CPU s | peak MiB | x GROUP BY, wall | x GROUP BY, CPU | x zcat, CPU | exit |")
    print("|---|---|---|---|---|---|---|---|")
    for name in turns[0]:
        cost = median([turn[name] for turn in turns])
        wall = statistics.median(turn[name].wall / turn[BASE].wall for turn in turns)
        cpu = statistics.median(turn[name].cpu / turn[BASE].cpu for turn in turns)
        packed = statistics.median(turn[name].cpu / turn[ZCAT].cpu for turn in turns) if ZCAT in turns[0] else None
        beside = f"{packed:.2f}" if packed is not None else ""
        figures = f"{cost.wall:.2f} | {cost.cpu:.2f} | {cost.memory:.0f} | {wall:.2f} | {cpu:.2f} | {beside}"
        print(f"| {name} | {figures} | {cost.code} |")
    rules = statistics.median(turn[MANY].cpu / turn[OURS].cpu for turn in turns)
    print(f"500 rules / 5 rules: {rules:.2f} x CPU", flush=True)


if __name__ == "__main__":
    main()
