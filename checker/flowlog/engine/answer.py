"""From the engine's tables to the answer: of flow logs that recorded the same one is chosen, then all is added up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.question import V6, Cuts, Question
from checker.flowlog.engine.reduce import NAMED
from checker.flowlog.engine.scan import ACCEPTED, NO_DATA, NO_VERDICT, OUTSIDE, REJECTED, SKIPPED, Scanned
from checker.model.finding import Gap
from checker.model.firewall import Direction
from checker.model.traffic import (
    DirectionSignal,
    FlagsClass,
    FlowAggregate,
    Hour,
    InterfaceSeen,
    LogFormat,
    Traffic,
    TrafficLog,
    TrafficSummary,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TOP: Final = 20

_CHOSEN: Final = """
CREATE TABLE chosen AS SELECT eni, slice, kind, flow_log FROM counts JOIN ranks USING (flow_log)
WHERE kind <= {skipped}
QUALIFY row_number() OVER (PARTITION BY eni, slice, kind ORDER BY rank DESC, n DESC, name) = 1
"""

_PARTS: Final = """
SELECT key, {named}, n, packets, bytes, first, last, samples, low, high FROM (
  SELECT key, sum(n) AS n, sum(packets) AS packets, sum(bytes) AS bytes, min(first) AS first, max(last) AS last,
    min(sample, 3) AS samples, min(low) AS low, max(high) AS high FROM parts {chosen} GROUP BY key
) JOIN keys USING (key) ORDER BY {named}
"""

_TOPS: Final = """
SELECT key, count(*), min({{'n': -n, 'v': {value}}}, {top})
FROM (SELECT key, {value}, sum(n)::BIGINT AS n FROM {table} {chosen} GROUP BY key, {value}) GROUP BY key
"""


def answer(connection: DuckDBPyConnection, question: Question, scanned: Scanned, ranks: Sequence[int]) -> TrafficLog:
    """Return what was recorded. ``ranks`` orders flow logs of equal interfaces, the greater the better."""
    several = _choose(connection, scanned, ranks)
    chosen = f"JOIN chosen USING (eni, slice, flow_log) WHERE kind = {REJECTED}" if several else ""
    by_key = "JOIN (SELECT DISTINCT key, flow_log, slice FROM parts " + chosen + ") USING (key, flow_log, slice)"
    peers = _tops(connection, "peers", "peer", by_key if several else "")
    ports = _tops(connection, "ports", "port", by_key if several else "")
    rows = connection.execute(_PARTS.format(named=", ".join(NAMED), chosen=chosen)).fetchall()
    aggregates = tuple(_aggregate(row, question.classes, peers, ports) for row in rows)
    counted = _counted(connection, several)
    kept = f"SELECT min(first), max(last) FROM counts WHERE kind <= {SKIPPED}"
    first, last = connection.execute(kept).fetchone() or (None, None)
    gaps = [*scanned.gaps, *_odd(connection, counted)]
    summary = TrafficSummary(
        records=sum(counted["kept"].get(kind, 0) for kind in (ACCEPTED, REJECTED, NO_DATA, SKIPPED)),
        accepted=counted["kept"].get(ACCEPTED, 0),
        rejected=sum(each.traffic.records for each in aggregates) + counted["odd"].get(0, 0),
        no_data=counted["kept"].get(NO_DATA, 0),
        skipped=counted["kept"].get(SKIPPED, 0),
        outside=counted["all"].get(OUTSIDE, 0),
        duplicates=sum(counted["all"].get(k, 0) - counted["kept"].get(k, 0) for k in (ACCEPTED, REJECTED)),
        unreadable=scanned.unreadable,
        files=scanned.files,
        bytes_read=scanned.size,
        first=_when(first),
        last=_when(last),
        timeline=_timeline(connection, several),
        formats=tuple(
            LogFormat(fields=tuple(name.replace("_", "-") for name in fields), told_by=told, files=files)
            for (fields, told), files in sorted(scanned.files_of.items())
        ),
        top_rejected=_top_rejected(connection, by_key if several else ""),
    )
    interfaces = _interfaces(connection, scanned, several)
    return TrafficLog(aggregates=aggregates, interfaces=interfaces, summary=summary, gaps=tuple(sorted(set(gaps))))


def _choose(connection: DuckDBPyConnection, scanned: Scanned, ranks: Sequence[int]) -> bool:
    """Choose one flow log for each interface, kind and slice of time; False where there is nothing to choose."""
    if len(scanned.flow_logs) < 3:  # the first is the nameless one
        return False
    connection.execute("CREATE TABLE ranks (flow_log USMALLINT, rank INTEGER, name VARCHAR)")
    for number, name in enumerate(scanned.flow_logs):
        connection.execute("INSERT INTO ranks VALUES (?, ?, ?)", [number, ranks[number], name])
    connection.execute(_CHOSEN.format(skipped=SKIPPED))
    return True


def _tops(connection: DuckDBPyConnection, table: str, value: str, chosen: str) -> dict[int, tuple[int, list[Any]]]:
    rows = connection.execute(_TOPS.format(table=table, value=value, chosen=chosen, top=_TOP)).fetchall()
    return {key: (count, [(each["v"], -each["n"]) for each in top]) for key, count, top in rows}


def _aggregate(
    row: tuple[Any, ...],
    classes: Sequence[Cuts],
    peers: dict[int, tuple[int, list[Any]]],
    ports: dict[int, tuple[int, list[Any]]],
) -> FlowAggregate:
    key = row[0]
    named = dict(zip(NAMED, row[1:], strict=False))
    records, packets, octets, first, last, samples, low, high = row[1 + len(NAMED) :]
    cuts = classes[named["class"]]
    peer_first, peer_last = _peer_interval(cuts.peers, named["atom"])
    starts = cuts.ports.get(named["proto"], ())
    at = named["port_atom"]
    count, top = peers.get(key, (0, []))
    return FlowAggregate(
        interface=named["eni"],
        resource=named["resource"] or None,
        account=named["account"] or None,
        vpc=named["vpc"] or None,
        subnet=named["subnet"] or None,
        direction=Direction(named["dir"]) if named["dir"] else None,
        direction_signal=DirectionSignal(named["told"]),
        protocol=named["proto"],
        local=named["local"] or None,
        peer_first=peer_first,
        peer_last=peer_last,
        peer_count=count,
        top_peers=tuple(top),
        port_first=starts[at] if at >= 0 else None,
        port_last=(starts[at + 1] - 1 if at + 1 < len(starts) else 65535) if at >= 0 else None,
        top_ports=tuple(ports.get(key, (0, []))[1]),
        source_port=named["service"] if named["service"] >= 0 else None,
        flags=FlagsClass(named["flags"]),
        reject_reason=named["reason"] or None,
        reverse_accepted=named["reverse"],
        same_accepted=named["same"],
        traffic=Traffic(
            records=int(records),
            packets=int(packets or 0),
            bytes=int(octets or 0),
            first=_at(first),
            last=_at(last),
        ),
        samples=tuple(dict.fromkeys(samples or ())),
        peer_low=None if low is None else str(IPv4Address(low)),
        peer_high=None if high is None else str(IPv4Address(high)),
    )


def _peer_interval(starts: Sequence[int], at: int) -> tuple[str, str]:
    first = starts[at]
    end = starts[at + 1] if at + 1 < len(starts) else 2 * V6
    if first < V6:
        return str(IPv4Address(first)), str(IPv4Address(min(end, 1 << 32) - 1))
    return str(IPv6Address(first - V6)), str(IPv6Address(end - 1 - V6))


def _counted(connection: DuckDBPyConnection, several: bool) -> dict[str, dict[int, int]]:
    every = {int(k): int(n) for k, n in connection.execute("SELECT kind, sum(n) FROM counts GROUP BY kind").fetchall()}
    kept = every
    if several:
        rows = connection.execute(
            "SELECT kind, sum(n) FROM counts JOIN chosen USING (eni, slice, kind, flow_log) GROUP BY kind"
        ).fetchall()
        kept = {int(kind): int(n) for kind, n in rows}
    (odd,) = connection.execute("SELECT coalesce(sum(n), 0) FROM odd").fetchone() or (0,)
    return {"all": every, "kept": kept, "odd": {0: int(odd)}}


def _odd(connection: DuckDBPyConnection, counted: dict[str, dict[int, int]]) -> list[Gap]:
    found = []
    if number := counted["odd"].get(0, 0):
        cause = f"{number} rejected record{'' if number == 1 else 's'} without an IP address (EFA, or fields missing)"
        found.append(Gap(what="flow log records", cause=cause, affects="why these were rejected"))
    if number := counted["all"].get(NO_VERDICT, 0):
        cause = f"{number} record{'' if number == 1 else 's'} say neither ACCEPT nor REJECT"
        found.append(Gap(what="flow log records", cause=cause, affects="whether they were rejected"))
    return found


def _interfaces(connection: DuckDBPyConnection, scanned: Scanned, several: bool) -> tuple[InterfaceSeen, ...]:
    chosen = "LEFT JOIN chosen c USING (eni, slice, kind, flow_log)" if several else ""
    number = "CASE WHEN c.eni IS NULL THEN 0 ELSE n END" if several else "n"
    rows = connection.execute(
        f"SELECT eni, {', '.join(f'sum(CASE WHEN kind = {kind} THEN {number} ELSE 0 END)' for kind in range(4))}, "
        f"min(first), max(last), list_sort(list(DISTINCT flow_log)) FROM counts {chosen} WHERE kind <= {SKIPPED} "
        "GROUP BY eni ORDER BY eni"
    ).fetchall()
    return tuple(
        InterfaceSeen(
            interface=eni,
            accepted=int(accepted),
            rejected=int(rejected),
            no_data=int(no_data),
            skipped=int(skipped),
            first=_at(first),
            last=_at(last),
            flow_logs=tuple(sorted(scanned.flow_logs[each] for each in logs if each)),
        )
        for eni, accepted, rejected, no_data, skipped, first, last, logs in rows
        if eni is not None
    )


def _timeline(connection: DuckDBPyConnection, several: bool) -> tuple[Hour, ...]:
    chosen = "JOIN chosen USING (eni, slice, kind, flow_log)" if several else ""
    rows = connection.execute(
        f"SELECT slice, sum(CASE WHEN kind = {ACCEPTED} THEN n ELSE 0 END), "
        f"sum(CASE WHEN kind = {REJECTED} THEN n ELSE 0 END) FROM counts {chosen} WHERE kind <= {REJECTED} "
        "GROUP BY slice ORDER BY slice"
    ).fetchall()
    return tuple(Hour(start=_at(slice_), accepted=int(yes), rejected=int(no)) for slice_, yes, no in rows)


def _top_rejected(connection: DuckDBPyConnection, chosen: str) -> tuple[tuple[str, int], ...]:
    rows = connection.execute(
        f"SELECT peer, sum(n) AS n FROM peers {chosen} GROUP BY peer ORDER BY n DESC, peer LIMIT 10"
    ).fetchall()
    return tuple((peer, int(number)) for peer, number in rows)


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _when(seconds: int | None) -> datetime | None:
    return None if seconds is None else _at(seconds)
