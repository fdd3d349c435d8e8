"""Aggregates, made of columns: what makes them differ, what they add up, and which peers and ports were met most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.amounts import Amounts
from checker.flowlog.engine.atoms import DIRECTIONS, FLAGS, SIGNALS, peer_interval, port_interval, time_of
from checker.flowlog.engine.chunk import ALSO, Words
from checker.flowlog.engine.faces import KEY
from checker.flowlog.engine.most import Tops
from checker.flowlog.engine.question import Question
from checker.model.record import fields
from checker.model.traffic import FlowAggregate, Traffic

if TYPE_CHECKING:
    from numpy import ndarray

_FOUR: Final = 1 << 32
"""Addresses from here on are no IPv4."""


def aggregates(
    keys: ndarray, found: Amounts, tops: Callable[[], tuple[Tops, Tops]], words: Words, question: Question
) -> list[FlowAggregate]:
    """Return an aggregate for each row of ``found``.

    ``keys``: by number, what ``faces.KEY`` names; ``tops`` returns by the same number peers and ports; it is
    called when all else is done.
    """
    columns = _told(keys[found.keys], words, question)
    columns |= _added(*(each.tolist() for each in found.added))
    columns |= _met(*tops(), found.keys.tolist(), words)
    columns["samples"] = found.samples
    return [*map(FlowAggregate, *(columns[each.name] for each in fields(FlowAggregate)))]


def _told(keys: ndarray, words: Words, question: Question) -> dict[str, Sequence[Any]]:
    """Return the fields that keys tell, by column. Texts and intervals are made once for all that share them."""
    key = dict(zip(KEY, keys.T.tolist(), strict=True))
    also = dict(zip(ALSO, zip(*words.also, strict=True), strict=True)) if words.also else dict.fromkeys(ALSO, ())
    local = cache(lambda number: words.spelled(number) if number >= 0 else None)
    peer = cache(lambda class_, at: peer_interval(question.classes[class_].peers, at))
    port = cache(lambda class_, proto, at: port_interval(question.classes[class_].ports.get(proto, ()), at))
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


def _each(values: Sequence[Any], places: Iterable[int]) -> list[Any]:
    return [values[at] for at in places]


def _added(*amounts: list[int]) -> dict[str, Sequence[Any]]:
    """Return the fields that are added up, by column; given in the order of ``sums.AMOUNTS``."""
    records, packets, octets, first, last, low, high = amounts
    at = cache(time_of)
    added = {"records": records, "packets": packets, "bytes": octets, "first": map(at, first), "last": map(at, last)}
    return {
        "traffic": [*map(Traffic, *(added[each.name] for each in fields(Traffic)))],
        "peer_low": [each if each < _FOUR else None for each in low],
        "peer_high": [each if each >= 0 else None for each in high],
    }


def _met(peers: Tops, ports: Tops, numbers: Sequence[int], words: Words) -> dict[str, Sequence[Any]]:
    """Return the fields on peers and ports, by column; peers as numbers on the line of both families."""
    met = [peers.of(number) for number in numbers]
    top_peers = [tuple(found) for _, found in met]
    if words.addresses:
        line = cache(words.on_line)
        top_peers = [
            tuple((line(peer), n) for peer, n in each) if each and each[0][0] >= _FOUR else each for each in top_peers
        ]  # the peers of one aggregate are of one family
    return {
        "peer_count": [count for count, _ in met],
        "top_peers": top_peers,
        "top_ports": [tuple(ports.of(number)[1]) for number in numbers],
    }
