"""From the rejected records of a batch to atoms: what the rules cannot tell apart is added up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from ipaddress import AddressValueError, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from checker.flowlog.engine.columns import Columns
from checker.flowlog.engine.question import V6, Question
from checker.model.record import dataclass

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SLICE: Final = 3600
"""Seconds of one step of the timeline, and of the choice among flow logs that record the same interface."""

_NEAR: Final = 660
"""Seconds within which two records belong to one conversation: one aggregation interval of 600 and its delay."""

_PENDING: Final = 256
"""Batches that may wait for their neighbours in time. Only logs that are not in the order of time reach this."""

KEY: Final = (
    "eni", "resource", "dir", "told", "proto", "local", "class", "atom", "port_atom", "service", "flags", "reason",
    "reverse", "same",
)  # fmt: skip
"""What makes two rejected records differ for the rules. Missing values are '' and -1."""

NAMED: Final = (*KEY, "account", "vpc", "subnet")
"""The same, and what the interface decides."""

_TABLES: Final = """
CREATE TABLE faces (eni VARCHAR, ingress INTEGER, egress INTEGER);
CREATE TABLE own (eni VARCHAR, address VARCHAR);
CREATE TABLE cut4 (class INTEGER, lo UBIGINT, atom INTEGER);
CREATE TABLE cut_port (class INTEGER, proto BIGINT, lo BIGINT, atom INTEGER);
CREATE TABLE services (port BIGINT);
CREATE TABLE counts (eni VARCHAR, flow_log USMALLINT, kind UTINYINT, slice UINTEGER, n BIGINT, first UINTEGER,
  last UINTEGER);
CREATE TABLE seen (h UBIGINT);
CREATE TABLE keys (key UBIGINT, eni VARCHAR, resource VARCHAR, dir VARCHAR, told VARCHAR, proto BIGINT, local VARCHAR,
  class INTEGER, atom INTEGER, port_atom INTEGER, service BIGINT, flags VARCHAR, reason VARCHAR, reverse BOOLEAN,
  same BOOLEAN, account VARCHAR, vpc VARCHAR, subnet VARCHAR);
CREATE TABLE parts (key UBIGINT, flow_log USMALLINT, slice UINTEGER,
  n BIGINT, packets HUGEINT, bytes HUGEINT, first UINTEGER, last UINTEGER, sample VARCHAR, low UBIGINT, high UBIGINT);
CREATE TABLE peers (key UBIGINT, flow_log USMALLINT, slice UINTEGER, peer VARCHAR, n BIGINT);
CREATE TABLE ports (key UBIGINT, flow_log USMALLINT, slice UINTEGER, port BIGINT, n BIGINT);
CREATE TABLE odd (n BIGINT);
"""

_COUNT: Final = f"""
INSERT INTO counts SELECT eni, flow_log, kind, s // {SLICE} * {SLICE}, count(*), min(s), max(s + d)
FROM raw_{{batch}} GROUP BY ALL
"""

_REJECTED: Final = """
SELECT flow_log, s, s + d AS e, line, eni, {resource} AS resource, {account} AS account, {vpc} AS vpc,
  {subnet} AS subnet, {src} AS src, {dst} AS dst, {sport} AS sport, {dport} AS dport, {proto} AS proto,
  {packets} AS packets, {bytes} AS bytes, {flags} AS flags, {direction} AS direction, {path} AS path, {reason} AS reason
FROM (SELECT *, string_split(line, ' ') AS f FROM raw_{batch} WHERE kind = 1 AND format = {format})
"""

_DIRECTED: Final = """
CREATE TABLE rejected_{batch} AS
SELECT *, hash(eni, src, dst, sport, dport, proto) AS h, hash(eni, dst, src, dport, sport, proto) AS back,
  CASE dir WHEN 'egress' THEN dst ELSE src END AS peer,
  CASE dir WHEN 'ingress' THEN dst WHEN 'egress' THEN src ELSE '' END AS local,
  coalesce(CASE dir WHEN 'ingress' THEN ingress WHEN 'egress' THEN egress END, 0) AS class
FROM (
  SELECT r.*, faces.ingress, faces.egress,
    CASE WHEN direction IN ('ingress', 'egress') THEN direction
         WHEN od.address IS NOT NULL AND os.address IS NULL THEN 'ingress'
         WHEN os.address IS NOT NULL AND od.address IS NULL THEN 'egress'
         WHEN path IS NOT NULL THEN 'egress' ELSE '' END AS dir,
    CASE WHEN direction IN ('ingress', 'egress') THEN 'flow-direction'
         WHEN (od.address IS NULL) <> (os.address IS NULL) THEN 'own-address'
         WHEN path IS NOT NULL THEN 'traffic-path' ELSE 'nothing' END AS told
  FROM ({records}) r LEFT JOIN own od ON od.eni = r.eni AND od.address = dst
  LEFT JOIN own os ON os.eni = r.eni AND os.address = src LEFT JOIN faces ON faces.eni = r.eni
)
"""

_ACCEPTED: Final = """
CREATE TABLE accepted_{batch} AS SELECT h, s, s + d AS e FROM raw_{batch} WHERE kind = 0
"""

_SPAN: Final = "SELECT min(s), max(s + d) FROM raw_{batch} WHERE kind <= 1"

_UNNAMED: Final = """
DELETE FROM rejected_{batch} WHERE flow_log = 0 AND rowid NOT IN (
  SELECT min(rowid) FROM rejected_{batch} WHERE flow_log = 0
  AND hash(h, s, e, packets, bytes) NOT IN (SELECT h FROM seen) GROUP BY h, s, e, packets, bytes);
INSERT INTO seen SELECT DISTINCT hash(h, s, e, packets, bytes) FROM rejected_{batch} WHERE flow_log = 0;
"""

_ATOMS4: Final = """
CREATE OR REPLACE TABLE atoms AS
SELECT p.class, p.peer, c.atom, p.number FROM (
  SELECT class, peer, CASE WHEN len(f) = 4 THEN
    TRY_CAST(f[1] AS UTINYINT)::UBIGINT * 16777216 + TRY_CAST(f[2] AS UTINYINT)::UBIGINT * 65536
    + TRY_CAST(f[3] AS UTINYINT)::UBIGINT * 256 + TRY_CAST(f[4] AS UTINYINT)::UBIGINT END AS number
  FROM (SELECT class, peer, string_split(peer, '.') AS f
        FROM (SELECT DISTINCT class, peer FROM {placed} WHERE NOT contains(peer, ':')))
) p ASOF JOIN cut4 c ON p.class = c.class AND p.number >= c.lo
"""

_PORTS: Final = """
CREATE OR REPLACE TABLE port_atoms AS
SELECT p.class, p.proto, p.dport, c.atom
FROM (SELECT DISTINCT class, proto, dport FROM {placed} WHERE proto IN (6, 17)) p
ASOF JOIN cut_port c ON p.class = c.class AND p.proto = c.proto AND p.dport >= c.lo
"""

_HITS: Final = """
CREATE OR REPLACE TABLE hits AS SELECT DISTINCT c.h FROM ({accepted}) a JOIN (
  SELECT h, min(s) AS s, max(e) AS e FROM (SELECT h, s, e FROM rejected_{batch}
    UNION ALL SELECT back AS h, s, e FROM rejected_{batch}) GROUP BY h
) c ON a.h = c.h AND a.s <= c.e + {near} AND a.e + {near} >= c.s
"""

_KEYED: Final = """
CREATE OR REPLACE TABLE keyed AS SELECT *, hash({key}) AS key FROM (
  SELECT r.flow_log, r.s // {slice} * {slice} AS slice, r.s, r.e, r.line, r.packets, r.bytes, r.peer, r.dport,
    r.eni, coalesce(resource, '') AS resource, account, vpc, subnet, dir, told, coalesce(r.proto, -1) AS proto,
    coalesce(local, '') AS local, r.class, a.atom, a.number, coalesce(p.atom, -1) AS port_atom,
    CASE WHEN r.proto IN (6, 17) AND (sport < 1024 OR services.port IS NOT NULL) THEN sport ELSE -1 END AS service,
    CASE WHEN r.proto <> 6 OR r.flags IS NULL THEN 'none' WHEN r.flags & 18 = 2 THEN 'syn'
         WHEN r.flags & 18 = 18 THEN 'syn-ack' ELSE 'other' END AS flags,
    coalesce(reason, '') AS reason, back.h IS NOT NULL AS reverse, forth.h IS NOT NULL AS same
  FROM rejected_{batch} r JOIN atoms a ON a.class = r.class AND a.peer = r.peer
  LEFT JOIN port_atoms p ON p.class = r.class AND p.proto = r.proto AND p.dport = r.dport
  LEFT JOIN services ON services.port = sport
  LEFT JOIN hits back ON back.h = r.back LEFT JOIN hits forth ON forth.h = r.h
)
"""

_ADD_UP: Final = """
INSERT INTO parts SELECT key, flow_log, slice, count(*), sum(packets), sum(bytes), min(s), max(e), min(line),
  min(number), max(number)
FROM keyed GROUP BY key, flow_log, slice;
INSERT INTO keys SELECT key, {named}, min(account), min(vpc), min(subnet)
FROM keyed WHERE key NOT IN (SELECT key FROM keys) GROUP BY key;
INSERT INTO peers SELECT key, flow_log, slice, peer, count(*) FROM keyed GROUP BY ALL;
INSERT INTO ports SELECT key, flow_log, slice, dport, count(*) FROM keyed WHERE port_atom >= 0 GROUP BY ALL;
INSERT INTO odd SELECT (SELECT count(*) FROM rejected_{batch}) - (SELECT count(*) FROM keyed);
"""


@dataclass(frozen=True, slots=True)
class _Span:
    """A batch, and the seconds from the first start to the last end of its records."""

    batch: int
    first: int
    last: int


class Reduction:
    """Adds up batches in tables of one connection. A batch is done when its neighbours in time have been read."""

    def __init__(self, connection: DuckDBPyConnection, question: Question) -> None:
        self._connection = connection
        self._question = question
        self._accepted: list[_Span] = []
        self._pending: list[_Span] = []
        connection.execute(_TABLES)
        self._fill()

    def take(self, batch: int, formats: Sequence[Columns]) -> None:
        """Count a batch that was read into ``raw_N``, set its rejected records apart, finish those that can be."""
        run = self._connection.execute
        run(_COUNT.format(batch=batch))
        run(_DIRECTED.format(batch=batch, records=" UNION ALL ".join(_records(batch, formats))))
        run(_UNNAMED.format(batch=batch))
        self._direct_by_subnet(batch)
        run(_ACCEPTED.format(batch=batch))
        first, last = run(_SPAN.format(batch=batch)).fetchone() or (None, None)
        run(f"DROP TABLE raw_{batch}")
        span = _Span(batch, first or 0, last or 0)
        self._accepted.append(span)
        self._pending.append(span)
        while len(self._pending) > _PENDING or (self._pending and self._pending[0].last + _NEAR < span.first):
            self._finish(self._pending.pop(0))

    def finish(self) -> None:
        """Finish what still waited for its neighbours."""
        while self._pending:
            self._finish(self._pending.pop(0))

    def _finish(self, done: _Span) -> None:
        run = self._connection.execute
        batch = done.batch
        near = [each for each in self._accepted if each.first <= done.last + _NEAR and each.last + _NEAR >= done.first]
        accepted = " UNION ALL ".join(f"SELECT h, s, e FROM accepted_{each.batch}" for each in near)
        run(_HITS.format(batch=batch, accepted=accepted, near=_NEAR))
        placed = f"rejected_{batch}"
        run(_ATOMS4.format(placed=placed))
        self._atoms6(placed)
        run(_PORTS.format(placed=placed))
        run(_KEYED.format(batch=batch, slice=SLICE, key=", ".join(KEY)))
        run(_ADD_UP.format(batch=batch, named=", ".join(f"any_value({name})" for name in KEY)))
        run(f"DROP TABLE rejected_{batch}")
        oldest = min((each.first for each in self._pending), default=done.last)
        for each in [span for span in self._accepted if span.last + _NEAR < oldest and span not in self._pending]:
            run(f"DROP TABLE accepted_{each.batch}")
            self._accepted.remove(each)

    def _fill(self) -> None:
        asked = self._question
        faces = sorted({*asked.ingress, *asked.egress})
        self._insert("faces", [(eni, asked.ingress.get(eni, 0), asked.egress.get(eni, 0)) for eni in faces])
        self._insert("own", [(eni, text) for eni, several in sorted(asked.addresses.items()) for text in several])
        self._insert("services", [(port,) for port in sorted(asked.service_ports)])
        self._insert(
            "cut4",
            [(number, lo, at) for number, cuts in enumerate(asked.classes)
             for at, lo in enumerate(cuts.peers) if lo < V6],
        )  # fmt: skip
        self._insert(
            "cut_port",
            [(number, proto, lo, at) for number, cuts in enumerate(asked.classes)
             for proto, starts in sorted(cuts.ports.items()) for at, lo in enumerate(starts)],
        )  # fmt: skip

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        for start in range(0, len(rows), 1000):
            some = rows[start : start + 1000]
            marks = f"({', '.join('?' * len(some[0]))})"
            values = [value for row in some for value in row]
            self._connection.execute(f"INSERT INTO {table} VALUES {', '.join([marks] * len(some))}", values)

    def _direct_by_subnet(self, batch: int) -> None:
        """Tell the direction by the subnet where neither side is an address of the interface."""
        blocks = self._question.subnets
        if not blocks:
            return
        rows = self._connection.execute(
            f"SELECT DISTINCT r.eni, src, dst FROM rejected_{batch} r JOIN faces USING (eni) "
            "WHERE dir = '' AND src <> dst"
        ).fetchall()
        found = [(eni, src, dst, way) for eni, src, dst in rows if (way := _way(blocks.get(eni, ()), src, dst))]
        self._connection.execute("CREATE OR REPLACE TABLE ways (eni VARCHAR, src VARCHAR, dst VARCHAR, way VARCHAR)")
        self._insert("ways", found)
        self._connection.execute(
            f"UPDATE rejected_{batch} AS r SET dir = way, told = 'subnet', "
            "peer = CASE way WHEN 'egress' THEN r.dst ELSE r.src END, "
            "local = CASE way WHEN 'egress' THEN r.src ELSE r.dst END, "
            "class = CASE way WHEN 'egress' THEN r.egress ELSE r.ingress END "
            "FROM ways w WHERE r.eni = w.eni AND r.src = w.src AND r.dst = w.dst AND r.dir = ''"
        )

    def _atoms6(self, placed: str) -> None:
        rows = self._connection.execute(
            f"SELECT DISTINCT class, peer FROM {placed} WHERE contains(peer, ':') ORDER BY ALL"
        ).fetchall()
        classes = self._question.classes
        found = [
            (number, peer, bisect_right(classes[number].peers, at) - 1, None) for number, peer, at in _numbers6(rows)
        ]
        self._insert("atoms", found)


def _records(batch: int, formats: Sequence[Columns]) -> Iterable[str]:
    for number, columns in enumerate(formats):
        names = {
            "resource": "resource-id", "account": "account-id", "vpc": "vpc-id", "subnet": "subnet-id",
            "src": "srcaddr", "dst": "dstaddr", "sport": "srcport", "dport": "dstport", "proto": "protocol",
            "packets": "packets", "bytes": "bytes", "flags": "tcp-flags", "direction": "flow-direction",
            "path": "traffic-path", "reason": "reject-reason",
        }  # fmt: skip
        yield _REJECTED.format(batch=batch, format=number, **{key: columns.again(name) for key, name in names.items()})


def _numbers6(rows: Iterable[tuple[int, str]]) -> Iterable[tuple[int, str, int]]:
    for number, peer in rows:
        try:
            yield number, peer, V6 + int(IPv6Address(peer))
        except AddressValueError:
            continue  # a MAC address of an EFA record; counted as odd


def _way(blocks: Sequence[object], src: str, dst: str) -> str | None:
    """Return the direction where exactly one side lies in the interface's subnet."""
    try:
        here, there = (any(ip_address(text) in block for block in blocks) for text in (src, dst))  # type: ignore[operator]
    except ValueError:
        return None
    if here == there:
        return None
    return "egress" if here else "ingress"
