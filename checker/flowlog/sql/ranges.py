"""The network as tables inside a statement: interfaces, intervals of peers and ports, flow logs that do not count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from checker.errors import UsageError
from checker.flowlog.engine.columns import literal
from checker.flowlog.engine.question import Question
from checker.flowlog.sql.keys import key_at, key_of
from checker.model.record import dataclass, field

LONGEST: Final = 262_144
"""Bytes of one statement. Source: Athena User Guide, service quotas."""
ROOM: Final = 200_000
"""Bytes of it for these tables; the rest is the statement itself, filters and partitions."""

Loser = tuple[str, str, int, int]
"""Flow log, interface, and the first and last hour in which another flow log of that interface counts."""

_END: Final = "y"
"""Stands behind every key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """What one statement needs of the network."""

    faces: tuple[tuple[str, ...], ...]
    """By interface: id, class in, class out, own addresses, and the ends of its subnet's blocks, as SQL."""
    classes: tuple[tuple[str, ...], ...]
    """By class: its number, and those of its cuts of peers and of ports; classes share them."""
    cuts: tuple[tuple[str, ...], ...]
    ports: tuple[tuple[str, ...], ...]
    losers: tuple[Loser, ...] = ()
    blocks: int = 0
    """Blocks of the subnet with most of them."""
    only: bool = False
    """Whether the statement asks for these interfaces only, and others for the rest."""
    interfaces: tuple[str, ...] = field(default=())

    def sql(self) -> str:
        """Return the named queries that hold these tables."""
        ends = "".join(f", lo{n}, hi{n}" for n in range(self.blocks))
        nobody = ("''", "0", "0", "''", *("''",) * (2 * self.blocks))
        tables = [
            f"faces (eni, class_in, class_out, own{ends}) AS (VALUES {_rows(self.faces or (nobody,))})",
            f"classes (class, peers_of, ports_of) AS (VALUES {_rows(self.classes)})",
            f"starts (peers_of, atom, lo) AS (VALUES {_rows(self.cuts)})",
            "cuts AS (SELECT peers_of, atom, lo, coalesce(lead(lo) OVER (PARTITION BY peers_of ORDER BY lo), "
            f"'{_END}') AS hi FROM starts)",
            f"port_starts (ports_of, proto, atom, lo) AS (VALUES {_rows(self.ports or (('-1',) * 4,))})",
            "ports AS (SELECT ports_of, proto, atom, lo, "
            "coalesce(lead(lo) OVER (PARTITION BY ports_of, proto ORDER BY lo), 65536) AS hi FROM port_starts)",
        ]
        if self.losers:
            rows = [(literal(log), literal(eni), str(lo), str(hi)) for log, eni, lo, hi in self.losers]
            tables.append(f"losers (flow_log, eni, lo, hi) AS (VALUES {_rows(rows)})")
        return ",\n".join(tables)


def ranges_of(
    question: Question, interfaces: Iterable[str], losers: Sequence[Loser] = (), *, room: int = ROOM
) -> list[Ranges]:
    """Return what the statements about some interfaces need: one, or several where one would be too long.

    ``interfaces`` are those with rejected records. Raises UsageError where one interface alone is too much.
    """
    by_eni: dict[str, list[Loser]] = {}
    for each in losers:
        by_eni.setdefault(each[1], []).append(each)
    packed = list(_packed(question, sorted(set(interfaces)), by_eni, room))
    return [_ranges(question, some, by_eni, only=len(packed) > 1) for some in packed]


def _packed(
    question: Question, interfaces: Sequence[str], losers: Mapping[str, Sequence[Loser]], room: int
) -> Iterator[list[str]]:
    """Put interfaces together, those of equal classes beside each other, as long as their tables have room."""
    ordered = sorted(interfaces, key=lambda eni: (*_classes(question, eni), eni))
    base = _size(_ranges(question, (), {}, only=False))
    some: list[str] = []
    classes: set[int] = {0}
    used = base
    for eni in ordered:
        new = set(_classes(question, eni)) - classes
        cost = _cost(question, eni, new, losers.get(eni, ()))
        if some and used + cost > room:
            yield some
            some, classes, used = [], {0}, base
            cost = _cost(question, eni, set(_classes(question, eni)) - classes, losers.get(eni, ()))
        if used + cost > room:
            raise UsageError(
                f"the rules of {eni} tell apart more peers and ports than one statement holds",
                hint="Read these logs as files: --logs s3://BUCKET/PREFIX.",
            )
        some.append(eni)
        classes |= new
        used += cost
    yield some


def _classes(question: Question, eni: str) -> tuple[int, int]:
    return question.ingress.get(eni, 0), question.egress.get(eni, 0)


def _cost(question: Question, eni: str, new: Iterable[int], losers: Sequence[Loser]) -> int:
    """Return the bytes that an interface adds at most, with classes that are not there yet."""
    face = len(_rows([_face(question, eni, _most(question, [eni]))]))
    made = _numbered(question, new)
    cuts = len(_rows(made.classes)) + len(_rows(_cuts(made.peers))) + len(_rows(_ports(made.ports)))
    return face + cuts + 8 + 70 * len(losers)


def _size(ranges: Ranges) -> int:
    return len(ranges.sql())


def _ranges(
    question: Question, interfaces: Sequence[str], losers: Mapping[str, Sequence[Loser]], *, only: bool
) -> Ranges:
    known = [eni for eni in interfaces if only or _knows(question, eni)]
    blocks = _most(question, known)
    made = _numbered(question, {0, *(number for eni in known for number in _classes(question, eni))})
    return Ranges(
        faces=tuple(_face(question, eni, blocks) for eni in known),
        classes=made.classes,
        cuts=tuple(_cuts(made.peers)),
        ports=tuple(_ports(made.ports)),
        losers=tuple(each for eni in interfaces for each in losers.get(eni, ())),
        blocks=blocks,
        only=only,
        interfaces=tuple(interfaces),
    )


def _knows(question: Question, eni: str) -> bool:
    return eni in question.ingress or eni in question.egress or eni in question.addresses or eni in question.subnets


def _most(question: Question, interfaces: Iterable[str]) -> int:
    return max((len(question.subnets.get(eni, ())) for eni in interfaces), default=0)


def _face(question: Question, eni: str, blocks: int) -> tuple[str, ...]:
    own = "".join(f"|{key}" for key in sorted({key_of(text) for text in question.addresses.get(eni, ())}))
    ends: list[str] = []
    for block in question.subnets.get(eni, ()):
        ends += (literal(key_of(str(block[0]))), literal(key_of(str(block[-1]))))
    ends += ["''"] * (2 * blocks - len(ends))
    class_in, class_out = _classes(question, eni)
    return literal(eni), str(class_in), str(class_out), literal(f"{own}|" if own else ""), *ends


@dataclass(frozen=True, slots=True)
class _Numbered:
    """The cuts of some classes, each kind kept once and numbered."""

    classes: tuple[tuple[str, ...], ...]
    peers: tuple[tuple[int, ...], ...]
    ports: tuple[tuple[tuple[int, tuple[int, ...]], ...], ...]


def _numbered(question: Question, classes: Iterable[int]) -> _Numbered:
    peers: dict[tuple[int, ...], int] = {}
    ports: dict[tuple[tuple[int, tuple[int, ...]], ...], int] = {}
    rows = []
    for number in sorted(classes):
        cuts = question.classes[number]
        of_peers = peers.setdefault(cuts.peers, len(peers))
        of_ports = ports.setdefault(tuple(sorted(cuts.ports.items())), len(ports))
        rows.append((str(number), str(of_peers), str(of_ports)))
    return _Numbered(tuple(rows), tuple(peers), tuple(ports))


def _cuts(peers: Iterable[Sequence[int]]) -> Iterator[tuple[str, ...]]:
    for number, starts in enumerate(peers):
        for atom, lo in enumerate(starts):
            yield str(number), str(atom), literal(key_at(lo))


def _ports(ports: Iterable[Sequence[tuple[int, Sequence[int]]]]) -> Iterator[tuple[str, ...]]:
    for number, by_protocol in enumerate(ports):
        for protocol, starts in by_protocol:
            for atom, lo in enumerate(starts):
                yield str(number), str(protocol), str(atom), str(lo)


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return ",".join(f"({','.join(row)})" for row in rows)


def losers_of(chosen: Mapping[tuple[str, int], str], present: Mapping[tuple[str, str], Sequence[int]]) -> list[Loser]:
    """Return for each flow log and interface the runs of hours in which another flow log counts.

    ``chosen``: by interface and hour, the flow log that counts. ``present``: by flow log and interface, the hours in
    which it has rejected records. Hours without records belong to the run that goes on behind them.
    """
    found: list[Loser] = []
    for (log, eni), hours in sorted(present.items()):
        run: list[int] = []
        for hour in sorted(hours):
            if chosen[eni, hour] != log:
                run.append(hour)
                continue
            found += [(log, eni, run[0], run[-1])] if run else []
            run = []
        found += [(log, eni, run[0], run[-1])] if run else []
    return found
