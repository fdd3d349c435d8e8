"""The two statements that are asked: how many records of which kind, and what the rejected ones add up to.

A column that several parts of a statement use is computed once and its rows are read once: engines put a named query
in wherever its name stands, and read the table again for each. Hence one pass, one window and grouping sets.
"""

from __future__ import annotations

from typing import Final

from checker.flowlog.engine.chunk import ACCEPTED, LARGEST, REJECTED, SLICE
from checker.flowlog.engine.pair import NEAR
from checker.flowlog.engine.question import Question
from checker.flowlog.sql.keys import keys_sql
from checker.flowlog.sql.ranges import Ranges
from checker.flowlog.sql.table import Table

COUNTS: Final = ("what", "flow_log", "eni", "kind", "slice", "n", "first_s", "last_e", "files")
"""Columns of the answer to ``count_statement``; ``what`` 1: the row that tells the files of all."""

KEY: Final = (
    "eni", "resource", "account", "vpc", "subnet", "reason", "direction", "way", "told", "proto", "local", "class",
    "service", "flags", "reverse", "same",
)  # fmt: skip
ATOMS: Final = ("atom", "port_atom")
SUMS: Final = (
    "what", *KEY, *ATOMS, "peer", "port", "slice", "n", "packets", "bytes", "first_s", "last_e", "low", "high",
    "sample", "several", "limited",
)  # fmt: skip
"""Columns of the answer to ``sum_statement``."""

ALL, BY_PEER, BY_PORT, BY_SLICE, BY_HOUR, TOP = 7, 3, 5, 6, 22, 27
"""What a row adds up: a key; one of its peers, ports or hours; an hour of an interface; or a peer of any key."""
TOPS: Final = 8
SAMPLES: Final = 3
TOP_PEERS: Final = 200
"""Addresses among which the most rejected are looked for: those of equal number are put in order later."""

_COUNTS: Final = """
SELECT grouping(eni) AS what, flow_log, eni, kind, slice, count(*) AS n, min(s) AS first_s, max(e) AS last_e,
  count(DISTINCT path) AS files
FROM (
  SELECT flow_log, eni, kind, s - s % {slice} AS slice, s, e, path
  FROM (
    SELECT {flow_log} AS flow_log, {eni} AS eni, {kind} AS kind, {start} AS s, greatest({start}, {end}) AS e,
      {path} AS path
    FROM {source} WHERE NOT ({header}){pruned}
  ) records
) sliced
GROUP BY GROUPING SETS ((flow_log, eni, kind, slice), ())
"""

_RECORDS: Final = """
WITH {ranges},
records AS (
  SELECT {flow_log} AS flow_log, {eni} AS eni, {kind} AS kind, {start} AS s, greatest({start}, {end}) AS e,
    {src} AS src, {dst} AS dst, {sport} AS sport, {dport} AS dport, {proto} AS proto, {tcp_flags} AS tcp_flags,
    {traffic_path} AS traffic_path, {resource} AS resource, {account} AS account, {vpc} AS vpc, {subnet} AS subnet,
    {reason} AS reason, {direction} AS direction, least(greatest({packets}, 0), {largest}) AS packets,
    least(greatest({bytes}, 0), {largest}) AS bytes,
    CASE WHEN least({packets}, {bytes}) < 0 OR greatest({packets}, {bytes}) > {largest} THEN 1 ELSE 0 END AS limited,
    CASE WHEN {action} = 'REJECT' THEN {line} END AS line
  FROM {source} WHERE NOT ({header}){pruned}
),
sided AS (
  SELECT *, coalesce(src, '-') || ' ' || CAST(sport AS varchar) AS a,
    coalesce(dst, '-') || ' ' || CAST(dport AS varchar) AS b,
    CASE WHEN kind = {accepted} THEN s ELSE e + {near} END AS t
  FROM records WHERE kind IN ({accepted}, {rejected}){some}
),
met AS (
  SELECT *,
    max(CASE WHEN kind = {accepted} AND a <= b THEN s END) OVER (
      PARTITION BY eni, proto, least(a, b), greatest(a, b) ORDER BY t) AS up,
    max(CASE WHEN kind = {accepted} AND a >= b THEN s END) OVER (
      PARTITION BY eni, proto, least(a, b), greatest(a, b) ORDER BY t) AS down{copies}
  FROM sided
),
refused AS (
  SELECT met.*, {src_wide} AS src_wide, {dst_wide} AS dst_wide, s - s % {slice} AS slice,
    coalesce(CASE WHEN a <= b THEN up ELSE down END, -{near} - 1) >= s - {near} AS same_met,
    coalesce(CASE WHEN a <= b THEN down ELSE up END, -{near} - 1) >= s - {near} AS back_met
  FROM met WHERE kind = {rejected}{once}
),
keyed AS (
  SELECT *, {src_key} AS src_key, {dst_key} AS dst_key FROM refused
),
"""

_PLACED: Final = """
faced AS (
  SELECT k.*, coalesce(f.class_in, 0) AS class_in, coalesce(f.class_out, 0) AS class_out,
    coalesce(strpos(f.own, '|' || src_key || '|'), 0) > 0 AS mine,
    coalesce(strpos(f.own, '|' || dst_key || '|'), 0) > 0 AS yours,
    coalesce({inside_src}, false) AND dst_key IS NOT NULL AS here,
    coalesce({inside_dst}, false) AND src_key IS NOT NULL AS there
  FROM keyed k LEFT JOIN faces f ON f.eni = k.eni{chosen}
),
directed AS (
  SELECT *,
    CASE WHEN direction = 'ingress' THEN 1 WHEN direction = 'egress' THEN 2
      WHEN mine AND NOT yours THEN 2 WHEN yours AND NOT mine THEN 1 WHEN traffic_path >= 0 THEN 2
      WHEN here AND NOT there THEN 2 WHEN there AND NOT here THEN 1 ELSE 0 END AS way,
    CASE WHEN direction IN ('ingress', 'egress') THEN 1 WHEN mine <> yours THEN 2 WHEN traffic_path >= 0 THEN 3
      WHEN here <> there THEN 4 ELSE 0 END AS told
  FROM faced
),
summed AS (
  SELECT {key}, peer, dport, slice, count(*) AS n, sum(packets) AS packets, sum(bytes) AS bytes, min(s) AS first_s,
    max(e) AS last_e, min(line) AS sample, sum(limited) AS limited
  FROM (
    SELECT eni, resource, account, vpc, subnet, reason, direction, way, told, proto, slice, packets, bytes, s, e, line,
      limited,
      CASE way WHEN 1 THEN dst_key WHEN 2 THEN src_key END AS local,
      CASE way WHEN 1 THEN class_in WHEN 2 THEN class_out ELSE 0 END AS class,
      CASE WHEN proto IN (6, 17) AND sport >= 0 AND (sport < 1024{services}) THEN sport ELSE -1 END AS service,
      CASE WHEN proto <> 6 OR tcp_flags < 0 THEN 0 WHEN tcp_flags % 4 < 2 THEN 3
        WHEN tcp_flags % 32 >= 16 THEN 2 ELSE 1 END AS flags,
      CASE WHEN back_met THEN 1 ELSE 0 END AS reverse, CASE WHEN same_met THEN 1 ELSE 0 END AS same,
      CASE way WHEN 2 THEN dst_key ELSE src_key END AS peer, dport
    FROM directed
  ) turned
  GROUP BY {key}, peer, dport, slice
),
placed AS (
  SELECT {of_summed}, c.atom, coalesce(p.atom, -1) AS port_atom, peer,
    CASE WHEN p.atom IS NOT NULL THEN dport END AS port, slice, n, packets, bytes, first_s, last_e, sample,
    limited, CASE WHEN peer < 'x' THEN peer END AS four
  FROM summed x
  LEFT JOIN classes k ON k.class = x.class
  LEFT JOIN cuts c ON c.peers_of = k.peers_of AND peer >= c.lo AND peer < c.hi
  LEFT JOIN ports p ON p.ports_of = k.ports_of AND p.proto = x.proto AND dport >= p.lo AND dport < p.hi
),
grouped AS (
  SELECT 16 * grouping(atom) + 8 * grouping(eni) + 4 * grouping(peer) + 2 * grouping(port) + grouping(slice) AS what,
    {every}, peer, port, slice, sum(n) AS n, sum(packets) AS packets, sum(bytes) AS bytes, min(first_s) AS first_s,
    max(last_e) AS last_e, min(four) AS low, max(four) AS high, min(sample) AS sample,
    sum(limited) AS limited
  FROM placed
  GROUP BY GROUPING SETS (({every}), ({every}, peer), ({every}, port), ({every}, slice), (peer){hours})
)
SELECT {columns} FROM (
  SELECT *, count(*) OVER (PARTITION BY what, {every}) AS several,
    row_number() OVER (PARTITION BY what, {every} ORDER BY CASE WHEN what = {by_slice} THEN slice ELSE -n END,
      coalesce(peer, ''), coalesce(port, -1)) AS place
  FROM grouped
) ranked
WHERE place <= CASE what WHEN {all} THEN 1 WHEN {by_slice} THEN {samples} WHEN {by_hour} THEN place
  WHEN {top} THEN {top_peers} ELSE {tops} END
"""

_COPIES: Final = """,
    row_number() OVER (PARTITION BY flow_log, eni, proto, a, b, kind, s, e, packets, bytes ORDER BY line) AS copy"""

_HOURS: Final = ", (eni, slice)"

_CHOSEN: Final = """
  LEFT JOIN losers l ON l.flow_log = k.flow_log AND l.eni = k.eni AND k.slice >= l.lo AND k.slice <= l.hi
  WHERE l.eni IS NULL"""


def count_statement(table: Table, question: Question, pruned: str) -> str:
    """Return the statement that counts records by flow log, interface, kind and hour.

    ``pruned`` is the SQL condition on partitions, empty for none.
    """
    return _COUNTS.format(
        slice=SLICE, flow_log=table.flow_log(), eni=table.eni(), kind=table.kind(question), start=table.time("start"),
        end=table.time("end"), path=table.path(), source=table.source, header=table.is_header(),
        pruned=f" AND {pruned}" if pruned else "",
    ).strip()  # fmt: skip


def sum_statement(table: Table, question: Question, pruned: str, ranges: Ranges, *, nameless: bool) -> str:
    """Return the statement that adds up rejected records by atom.

    ``nameless``: some records do not tell their flow log, so that equal ones among these are counted once; how many
    are left, by interface and hour, is asked too.
    """
    every = ", ".join((*KEY, *ATOMS))
    (src_wide, src_key), (dst_wide, dst_key) = keys_sql("src"), keys_sql("dst")
    services = ", ".join(map(str, sorted(question.service_ports)))
    head = _RECORDS.format(
        ranges=ranges.sql(), accepted=ACCEPTED, rejected=REJECTED, near=NEAR, slice=SLICE, largest=LARGEST,
        **_columns(table),
        kind=table.kind(question), source=table.source, header=table.is_header(),
        pruned=f" AND {pruned}" if pruned else "",
        some=" AND eni IN (SELECT eni FROM faces)" if ranges.only else "",
        copies=_COPIES if nameless else "", once=" AND (flow_log <> '' OR copy = 1)" if nameless else "",
        src_wide=src_wide, dst_wide=dst_wide, src_key=src_key, dst_key=dst_key,
    )  # fmt: skip
    tail = _PLACED.format(
        key=", ".join(KEY), of_summed=", ".join(f"x.{name}" for name in KEY), every=every, columns=", ".join(SUMS),
        inside_src=_inside("src_key", ranges.blocks), inside_dst=_inside("dst_key", ranges.blocks),
        services=f" OR sport IN ({services})" if services else "", chosen=_CHOSEN if ranges.losers else "",
        hours=_HOURS if nameless else "", all=ALL, by_slice=BY_SLICE, by_hour=BY_HOUR, top=TOP, top_peers=TOP_PEERS,
        tops=TOPS, samples=SAMPLES,
    )  # fmt: skip
    return (head + tail.lstrip("\n")).strip()


def _columns(table: Table) -> dict[str, str]:
    return {
        "flow_log": table.flow_log(), "eni": table.eni(), "start": table.time("start"), "end": table.time("end"),
        "src": table.text("srcaddr"), "dst": table.text("dstaddr"), "sport": table.number("srcport"),
        "dport": table.number("dstport"), "proto": table.number("protocol"), "tcp_flags": table.number("tcp-flags"),
        "traffic_path": table.number("traffic-path"), "resource": table.text("resource-id"),
        "account": table.text("account-id"), "vpc": table.text("vpc-id"), "subnet": table.text("subnet-id"),
        "reason": table.text("reject-reason"), "direction": table.text("flow-direction"),
        "packets": table.number("packets", 0), "bytes": table.number("bytes", 0), "line": table.line(),
        "action": table.text("action"),
    }  # fmt: skip


def _inside(key: str, blocks: int) -> str:
    return " OR ".join(f"({key} >= f.lo{n} AND {key} <= f.hi{n})" for n in range(blocks)) or "false"
