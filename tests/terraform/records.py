"""Records in any format, and what a filter pattern and a query should find among them, found without either."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from checker.model.log_format import DEFAULT_FIELDS
from tests.terraform.example import ROOT

DEMO: Final = ROOT / "checker" / "demo" / "traffic" / "flow-logs"
NOW: Final = datetime(2026, 1, 2, 6, 0, tzinfo=UTC)
"""The day after the demo's records."""

REAL: Final = Path(os.environ.get("FLOWCHECK_REAL_DATA", ROOT.parent / "shared" / "data")) / "flowlogs"
"""Samples of other projects, which are not part of the repository."""

Record = Mapping[str, str]


def demo() -> list[Record]:
    """Return the records of the embedded example, in the default format."""
    found: list[Record] = []
    for path in sorted(DEMO.rglob("*.log")):
        names, *lines = path.read_text(encoding="utf-8").splitlines()
        found += [dict(zip(names.split(), line.split(), strict=True)) for line in lines]
    return found


def real(folder: Path) -> list[Record]:
    """Return records in the default format that AWS wrote and others test with."""
    found = []
    for pattern in ("andyakins+VPCFlowReporter/data/*.dat", "open-telemetry*/**/valid_vpc_flow_log*.log"):
        for path in sorted(folder.glob(pattern)):
            words = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
            whole = [line for line in words if line[:1] == ["2"] and len(line) == len(DEFAULT_FIELDS)]
            found += [dict(zip(DEFAULT_FIELDS, line, strict=True)) for line in whole]
    return found


def made(count: int) -> list[Record]:
    """Return records with every value that matters to a pattern or a query, from a fixed seed."""
    chosen = random.Random(20)  # noqa: S311 - not for secrets
    start = int(NOW.timestamp())
    found = []
    for _ in range(count):
        begin = start - chosen.randrange(5 * 86400)
        found.append(
            {
                "version": "5", "account-id": "123456789012", "interface-id": f"eni-{chosen.randrange(4)}",
                "srcaddr": f"198.51.100.{chosen.randrange(6)}", "dstaddr": f"10.0.0.{chosen.randrange(4)}",
                "srcport": chosen.choice(["22", "3389", "443", "51515"]),
                "dstport": chosen.choice(["22", "3389", "8443", "443", "2222", "60000"]),
                "protocol": chosen.choice(["6", "6", "6", "17", "1"]), "packets": str(chosen.randrange(1, 40)),
                "bytes": str(chosen.choice([22, 6, 3389, 5000])), "start": str(begin), "end": str(begin + 59),
                "action": chosen.choice(["ACCEPT", "REJECT", "REJECT"]), "log-status": "OK", "vpc-id": "vpc-6",
                "subnet-id": "subnet-22", "tcp-flags": chosen.choice(["2", "6", "18"]), "type": "IPv4",
                "pkt-srcaddr": "198.51.100.22", "pkt-dstaddr": "10.0.0.6",
                "flow-direction": chosen.choice(["ingress", "egress"]), "traffic-path": "6", "reject-reason": "-",
            }
        )  # fmt: skip
    for status in ("NODATA", "SKIPDATA", "SKIPDATA"):
        empty = dict.fromkeys(found[0], "-")
        kept = {name: found[0][name] for name in ("version", "account-id", "interface-id")}
        found.append({**empty, **kept, "start": str(start - 90), "end": str(start - 31), "log-status": status})
    return found


def lines(records: Sequence[Record], fields: Sequence[str]) -> list[str]:
    """Return records as a log writes them."""
    return [" ".join(record.get(field, "-") for field in fields) for record in records]


def is_login(record: Record, port: int) -> bool:
    """Whether a record is of a rejected TCP connection to a port."""
    return (record["action"], record["protocol"], record["dstport"]) == ("REJECT", "6", str(port))


@dataclass(frozen=True, slots=True)
class Space:
    """A filter pattern in brackets, read anew: conditions by position, and whether lines may go on behind them."""

    conditions: Mapping[int, str]
    length: int
    open: bool

    @classmethod
    def parse(cls, text: str) -> Space:
        """Read ``[a, b = 22, ...]``; raises ValueError for anything that the modules do not write."""
        if not (text.startswith("[") and text.endswith("]")):
            raise ValueError(text)
        words = text[1:-1].split(", ")
        goes_on = words[-1] == "..."
        named = words[:-1] if goes_on else words
        conditions = {}
        for at, word in enumerate(named):
            name, equals, value = word.partition(" = ")
            if not name.replace("_", "").isalnum() or (equals and not value):
                raise ValueError(word)
            if equals:
                conditions[at] = value
        return cls(conditions, len(named), goes_on)

    def matches(self, line: str) -> bool:
        """Whether a line has the words that are asked for, and as many as are named."""
        words = line.split(" ")
        enough = len(words) > self.length if self.open else len(words) == self.length
        return enough and all(words[at] == value for at, value in self.conditions.items())
