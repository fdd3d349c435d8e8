"""Time ``flowcheck traffic`` beside plain DuckDB, zcat and flowlogs-reader: ``python -m benchmarks.traffic [RECORDS]``.

20,000,000 records unless told otherwise, made once below ``--folder`` and kept. All programs read the same files, turn
by turn, as whole processes. flowlogs-reader is timed on three files where the package is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from benchmarks.run import Cost, measure, median
from benchmarks.traffic.make import make_logs
from benchmarks.traffic.network import make_network

FLOWCHECK = str(Path(sys.executable).with_name("flowcheck"))

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
                 f"sum(packets), sum(bytes) FROM {source} GROUP BY ALL)").fetchone())
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
    """Make what is missing, run everything, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="?", type=int, default=20_000_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/traffic/.data"))
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    few, many = make_network(given.folder / "net5", 5), make_network(given.folder / "net500", 500)
    for kind in ("gz", "parquet"):
        logs = given.folder / f"{kind}-{given.records}"
        files = [str(path) for path in make_logs(logs, given.records, parquet=kind == "parquet")]
        commands = {
            "flowcheck traffic": [FLOWCHECK, "traffic", "--logs", str(logs), "--network", str(few), "--quiet"],
            "the same, 500 rules": [FLOWCHECK, "traffic", "--logs", str(logs), "--network", str(many), "--quiet"],
            "DuckDB GROUP BY": [sys.executable, "-c", _GROUP_BY, kind, *files],
        }
        if kind == "gz":
            commands["zcat"] = ["zcat", *files]
            if importlib.util.find_spec("flowlogs_reader"):
                commands["flowlogs-reader, 3 files"] = [sys.executable, "-c", _READER, *files[:3]]
        turns: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(given.turns):
            for name, command in commands.items():
                turns[name].append(measure(command))
        base = median(turns["DuckDB GROUP BY"])
        for name, costs in turns.items():
            cost = median(costs)
            times = f"{cost.wall:8.2f} s wall {cost.cpu:8.2f} s cpu {cost.memory:7.0f} MiB"
            ratios = f"{cost.wall / base.wall:6.2f} x wall {cost.cpu / base.cpu:6.2f} x cpu"
            print(f"{kind:8} {name:26} {times} {ratios}  exit {cost.code}")


if __name__ == "__main__":
    main()
