"""Aggregates, made of columns: what makes them differ, what they add up, and which peers and ports were met most."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.amounts import Amounts
from checker.flowlog.engine.atoms import DIRECTIONS, FLAGS, SIGNALS, peer_interval, port_interval, time_of
from checker.flowlog.engine.chunk import ALSO, Words
from checker.flowlog.engine.faces import KEY
from checker.flowlog.engine.most import Tops
from checker.flowlog.engine.question import Question
from checker.model.later import later
from checker.model.record import fields
from checker.model.traffic import FlowAggregate, Traffic

if TYPE_CHECKING:
    from numpy import ndarray

_FOUR: Final = 1 << 32
"""Addresses from here on are no IPv4."""
_SLICE: Final = 1 << 12
"""Aggregates that are made at a time: their columns take as much memory as they do."""

Columns = dict[str, Sequence[Any]]
"""Fields of aggregates, by name."""


def aggregates(
    keys: ndarray, found: Amounts, tops: Callable[[], tuple[Tops, Tops]], words: Words, question: Question
) -> list[FlowAggregate]:
    """Return an aggregate for each row of ``found``.

    ``keys``: by number, what ``faces.KEY`` names; ``tops`` returns by the same number peers and ports; it is
    called when all else is done.
    """
    told, added, waiting = _telling(words, question), _adding(), deque[tuple[slice, Columns]]()
    for begin in range(0, len(found.keys), _SLICE):
        rows = slice(begin, begin + _SLICE)
        columns = told(keys[found.keys[rows]]) | added(*(each[rows].tolist() for each in found.added))
        waiting.append((rows, columns))
    met, made = _meeting(*tops(), words), list[FlowAggregate]()
    while waiting:
        rows, columns = waiting.popleft()
        columns |= met(found.keys[rows].tolist())
        columns["samples"] = [later(found.samples.later(row)) for row in range(len(found.keys))[rows]]
        made += map(FlowAggregate, *(columns[each.name] for each in fields(FlowAggregate)))
    return made


def _telling(words: Words, question: Question) -> Callable[[ndarray], Columns]:
    """Return what makes the fields that keys tell. Texts and intervals are made once for all that share them."""
    also = dict(zip(ALSO, zip(*words.also, strict=True), strict=True)) if words.also else dict.fromkeys(ALSO, ())
    local = cache(lambda number: words.spelled(number) if number >= 0 else None)
    peer = cache(lambda class_, at: peer_interval(question.classes[class_].peers, at))
    port = cache(lambda class_, proto, at: port_interval(question.classes[class_].ports.get(proto, ()), at))

    def told(keys: ndarray) -> Columns:
        key = dict(zip(KEY, keys.T.tolist(), strict=True))
        peers = [*map(peer, key["class"], key["atom"])]
        ports = [*map(port, key["class"], key["proto"], key["port_atom"])]
        return {
            "interface": _each(words.enis, key["eni"]),
            **{name: _each(also[f"{name}-id"], key["also"]) for name in ("resource", "account", "vpc", "subnet")},
            "direction": _each(DIRECTIONS, key["dir"]),
            "direction_signal": _each(SIGNALS, key["told"]),
            "protocol": key["proto"],
            "local": [*map(local, key["local"])],
            "peer_first": [first for first, _ in peers],
            "peer_last": [last for _, last in peers],
            "port_first": [first for first, _ in ports],
            "port_last": [last for _, last in ports],
            "source_port": [each if each >= 0 else None for each in key["service"]],
            "flags": _each(FLAGS, key["flags"]),
            "reject_reason": _each(also["reject-reason"], key["also"]),
            "reverse_accepted": [each != 0 for each in key["reverse"]],
            "same_accepted": [each != 0 for each in key["same"]],
        }

    return told


def _each(values: Sequence[Any], places: Iterable[int]) -> list[Any]:
    return [values[at] for at in places]


def _adding() -> Callable[..., Columns]:
    """Return what makes the fields that are added up, given in the order of ``sums.AMOUNTS``."""
    at = cache(time_of)

    def added(*amounts: list[int]) -> Columns:
        records, packets, octets, first, last, low, high = amounts
        parts = {
            "records": records,
            "packets": packets,
            "bytes": octets,
            "first": map(at, first),
            "last": map(at, last),
        }
        return {
            "traffic": [*map(Traffic, *(parts[each.name] for each in fields(Traffic)))],
            "peer_low": [each if each < _FOUR else None for each in low],
            "peer_high": [each if each >= 0 else None for each in high],
        }

    return added


def _meeting(peers: Tops, ports: Tops, words: Words) -> Callable[[list[int]], Columns]:
    """Return what makes the fields on peers and ports; peers as numbers on the line of both families."""
    line, shared = cache(words.on_line), dict[Any, Any]()

    def on_line(found: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
        """Peers of one aggregate are of one family."""
        return tuple((line(peer), n) for peer, n in found) if found and found[0][0] >= _FOUR else found

    def met(numbers: list[int]) -> Columns:
        found = [peers.of(number) for number in numbers]
        tops = [each for _, each in found]
        used = [ports.of(number)[1] for number in numbers]
        return {
            "peer_count": [count for count, _ in found],
            "top_peers": [*map(on_line, tops)] if words.addresses else tops,
            "top_ports": [shared.setdefault(each, each) if len(each) == 1 else each for each in used],
        }

    return met
