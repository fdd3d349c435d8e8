"""Rejected conversations put on atoms one by one, plainly: for places that add up, but know no tables to join.

What comes out are the rows that the statements in ``sql`` give, so that one answer is made of both.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Final

from checker.flowlog.engine.chunk import SLICE
from checker.flowlog.engine.question import Question
from checker.flowlog.sql.keys import key_of, spelled
from checker.flowlog.sql.statements import ALL, ATOMS, BY_PEER, BY_PORT, BY_SLICE, KEY, SUMS, TOP
from checker.model.address import V6
from checker.model.record import dataclass, field

Value = str | int | None
_TCP: Final = 6
_PORTED: Final = (6, 17)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Rejected records of one conversation within some minutes."""

    values: Mapping[str, str]
    """By field, as AWS names it; ``-`` and missing ones left out."""
    records: int
    packets: int
    bytes: int
    first: int
    last: int
    sample: str
    reverse: bool = False
    same: bool = False

    def number(self, name: str) -> int:
        """Return a field that holds a whole number; -1 where it is missing."""
        text = self.values.get(name, "")
        return int(text) if text.isascii() and text.isdigit() else -1

    def key(self, name: str) -> str | None:
        """Return the key of an address; None for what is none."""
        try:
            return key_of(self.values.get(name, ""))
        except ValueError:
            return None


@dataclass(slots=True)
class _Total:
    n: int = 0
    packets: int = 0
    bytes: int = 0
    first: int = 1 << 62
    last: int = 0
    peers: dict[str | None, int] = field(default_factory=dict)
    ports: dict[int, int] = field(default_factory=dict)
    samples: dict[int, str] = field(default_factory=dict)

    def add(self, one: Refused, peer: str | None, port: int | None) -> None:
        self.n += one.records
        self.packets += one.packets
        self.bytes += one.bytes
        self.first, self.last = min(self.first, one.first), max(self.last, one.last)
        self.peers[peer] = self.peers.get(peer, 0) + one.records
        if port is not None:
            self.ports[port] = self.ports.get(port, 0) + one.records
        hour = one.first - one.first % SLICE
        self.samples[hour] = min(self.samples.get(hour, one.sample), one.sample)


def rows_of(found: Iterable[Refused], question: Question) -> list[tuple[Value, ...]]:
    """Return the rows that a sum statement would give for the same records."""
    totals: dict[tuple[Value, ...], _Total] = {}
    for one in found:
        key, peer, port = _place(one, question)
        totals.setdefault(key, _Total()).add(one, peer, port)
    rows: list[tuple[Value, ...]] = []
    top: dict[str, int] = {}
    for key, total in totals.items():
        named = dict(zip((*KEY, *ATOMS), key, strict=True))
        rows += (_row(named | each) for each in _rows(total))
        for peer, n in total.peers.items():
            if peer is not None:
                top[peer] = top.get(peer, 0) + n
    return [*rows, *(_row({"what": TOP, "peer": peer, "n": n}) for peer, n in top.items())]


def _rows(total: _Total) -> Iterable[dict[str, Value]]:
    four = sorted(peer for peer in total.peers if peer is not None and peer < "x")
    yield {
        "what": ALL, "n": total.n, "packets": total.packets, "bytes": total.bytes, "first_s": total.first,
        "last_e": total.last, "low": four[0] if four else None, "high": four[-1] if four else None,
    }  # fmt: skip
    for peer, n in total.peers.items():
        yield {"what": BY_PEER, "peer": peer, "n": n, "several": len(total.peers)}
    for port, n in total.ports.items():
        yield {"what": BY_PORT, "port": port, "n": n}
    for hour, sample in total.samples.items():
        yield {"what": BY_SLICE, "slice": hour, "sample": sample, "n": 1}


def _row(named: Mapping[str, Value]) -> tuple[Value, ...]:
    return tuple(named.get(name) for name in SUMS)


def _place(one: Refused, question: Question) -> tuple[tuple[Value, ...], str | None, int | None]:
    """Return what makes a conversation differ for the rules, its peer, and its port where it has one."""
    eni, src, dst = one.values.get("interface-id", "-"), one.key("srcaddr"), one.key("dstaddr")
    way, told = _way(one, question, eni, src, dst)
    peer, local = (dst, src) if way == 2 else (src, dst if way == 1 else None)
    class_ = {1: question.ingress, 2: question.egress}.get(way, {}).get(eni, 0)
    cuts, proto, port = question.classes[class_], one.number("protocol"), one.number("dstport")
    starts = cuts.ports.get(proto, ())
    sport = one.number("srcport")
    served = proto in _PORTED and sport >= 0 and (sport < 1024 or sport in question.service_ports)
    named: dict[str, Value] = {
        "eni": eni, "resource": one.values.get("resource-id"), "account": one.values.get("account-id"),
        "vpc": one.values.get("vpc-id"), "subnet": one.values.get("subnet-id"),
        "reason": one.values.get("reject-reason"), "direction": one.values.get("flow-direction"), "way": way,
        "told": told, "proto": proto, "local": local, "class": class_, "service": sport if served else -1,
        "flags": _flags(one.number("tcp-flags"), proto), "reverse": int(one.reverse), "same": int(one.same),
        "atom": None if peer is None else bisect_right(cuts.peers, _number(peer)) - 1,
        "port_atom": bisect_right(starts, port) - 1 if starts and port >= 0 else -1,
    }  # fmt: skip
    return tuple(named[name] for name in (*KEY, *ATOMS)), peer, port if starts and port >= 0 else None


def _number(key: str) -> int:
    return V6 + int(key[1:], 16) if key.startswith("x") else int(key)


def _way(one: Refused, question: Question, eni: str, src: str | None, dst: str | None) -> tuple[int, int]:
    """Return the direction, 1 in, 2 out, 0 unknown, and the number of what told it."""
    named = {"ingress": 1, "egress": 2}.get(one.values.get("flow-direction", ""), 0)
    own = {key_of(text) for text in question.addresses.get(eni, ())}
    if named:
        return named, 1
    if (src in own) != (dst in own):
        return (2 if src in own else 1), 2
    if one.number("traffic-path") >= 0:
        return 2, 3
    if src is not None and dst is not None:
        here, there = (_inside(question, eni, key) for key in (src, dst))
        if here != there:
            return (2 if here else 1), 4
    return 0, 0


def _inside(question: Question, eni: str, key: str) -> bool:
    address = ip_address(spelled(key))
    return any(address in block for block in question.subnets.get(eni, ()))


def _flags(flags: int, proto: int) -> int:
    if proto != _TCP or flags < 0:
        return 0
    return {2: 1, 18: 2}.get(flags & 18, 3)
