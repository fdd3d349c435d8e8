"""Where rejected records stand: ``faces``, compiled for IPv4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any, Final, NamedTuple

import numpy as np

from checker.flowlog.engine.chunk import ALSO, Words
from checker.flowlog.engine.faces import (
    ADDRESS,
    EGRESS,
    FIELD,
    INGRESS,
    NONE,
    NOTHING,
    OTHER,
    PATH,
    PLACED,
    SUBNET,
    SYN,
    SYN_ACK,
    UNKNOWN,
    Faces,
)
from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.question import Question
from checker.model.address import V6

_FOUND: Final = ("dir", "told", "peer", "local", "class", "atom", "port_atom", "service", "flags")
_WAY, _TOLD, _PEER, _LOCAL, _CLASS, _ATOM, _PORT, _SERVICE, _FLAGS = range(9)
_GIVEN: Final = ("eni", "src", "dst", "sport", "dport", "proto", "flags", "path", "also")
_ENI, _SRC, _DST, _SPORT, _DPORT, _PROTO, _BITS, _PATH, _ALSO = range(9)
_TCP, _UDP = 6, 17


class Network(NamedTuple):
    """What the question tells, as arrays. Lists of lists: all values, and where each list begins."""

    ways: Any
    """By the number of ALSO: direction by its field."""
    own: Any
    own_at: Any
    nets: Any
    """Of each block of an interface's subnet: network and mask."""
    nets_at: Any
    class_in: Any
    class_out: Any
    peers: Any
    peers_at: Any
    ports: Any
    """By class and protocol (``protocols``)."""
    ports_at: Any
    protocols: Any
    """By IANA number: place among the protocols with ports; -1."""
    services: Any
    """By port: whether a service may listen on it."""


@compiled
def _has(values: Any, begin: Any, end: Any, wanted: Any) -> Any:
    for at in range(begin, end):  # noqa: SIM110 - compiled code has no generators
        if values[at] == wanted:
            return True
    return False


@compiled
def _covered(nets: Any, begin: Any, end: Any, address: Any) -> Any:
    for at in range(begin, end):  # noqa: SIM110
        if address & nets[at, 1] == nets[at, 0]:
            return True
    return False


@compiled
def _interval(starts: Any, begin: Any, end: Any, value: Any) -> Any:
    """Return the place of a value among the first values of intervals."""
    low, high = begin, end
    while low < high:
        middle = (low + high) >> 1
        if starts[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low - begin - 1


@compiled
def _way(network: Any, rows: Any, row: Any) -> Any:
    """Return the direction of a record, and what told it."""
    eni, src, dst = rows[_ENI, row], rows[_SRC, row], rows[_DST, row]
    way = network.ways[rows[_ALSO, row]]
    if way != UNKNOWN:
        return way, FIELD
    begin, end = network.own_at[eni], network.own_at[eni + 1]
    mine, yours = _has(network.own, begin, end, src), _has(network.own, begin, end, dst)
    if mine != yours:
        return INGRESS if yours else EGRESS, ADDRESS
    if rows[_PATH, row] >= 0:
        return EGRESS, PATH
    begin, end = network.nets_at[eni], network.nets_at[eni + 1]
    here, there = _covered(network.nets, begin, end, src), _covered(network.nets, begin, end, dst)
    if here == there:
        return UNKNOWN, NOTHING
    return EGRESS if here else INGRESS, SUBNET


@compiled
def _port_atom(network: Any, class_: Any, proto: Any, dport: Any) -> Any:
    if dport < 0 or proto < 0 or proto > 255 or network.protocols[proto] < 0:
        return -1
    at = class_ * network.protocols[256] + network.protocols[proto]
    return _interval(network.ports, network.ports_at[at], network.ports_at[at + 1], dport)


@compiled
def _flags(bits: Any, proto: Any) -> Any:
    if proto != _TCP or bits < 0:
        return NONE
    both = bits & 18
    return SYN if both == 2 else SYN_ACK if both == 18 else OTHER


@compiled
def _place(network: Any, rows: Any, found: Any) -> None:
    for row in range(rows.shape[1]):
        way, told = _way(network, rows, row)
        eni, src, dst = rows[_ENI, row], rows[_SRC, row], rows[_DST, row]
        peer = dst if way == EGRESS else src
        class_ = network.class_in[eni] if way == INGRESS else network.class_out[eni] if way == EGRESS else 0
        proto, sport = rows[_PROTO, row], rows[_SPORT, row]
        service = (proto in (_TCP, _UDP)) and 0 <= sport < len(network.services) and network.services[sport]
        found[_WAY, row], found[_TOLD, row], found[_PEER, row] = way, told, peer
        found[_LOCAL, row] = dst if way == INGRESS else src if way == EGRESS else -1
        found[_CLASS, row] = class_
        found[_ATOM, row] = _interval(network.peers, network.peers_at[class_], network.peers_at[class_ + 1], peer)
        found[_PORT, row] = _port_atom(network, class_, proto, rows[_DPORT, row])
        found[_SERVICE, row] = sport if service else -1
        found[_FLAGS, row] = _flags(rows[_BITS, row], proto)


class FastFaces:
    """Places records as ``faces.Faces`` does, which is left those without two IPv4 addresses."""

    def __init__(self, question: Question, words: Words) -> None:
        self._question = question
        self._words = words
        self._careful = Faces(question, words)
        self._known = -1, -1
        self._classes = _classes(question)
        self._network: Network | None = None

    def place(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rows with direction, local side, peer, class and atoms."""
        four = (rows["src"] >= 0) & (rows["src"] < 1 << 32) & (rows["dst"] >= 0) & (rows["dst"] < 1 << 32)
        if four.all():
            return self._quickly(rows)
        quick = self._quickly({name: values[four] for name, values in rows.items()})
        careful = self._careful.place({name: values[~four] for name, values in rows.items()})
        order = np.argsort(np.concatenate([np.flatnonzero(four), np.flatnonzero(~four)]))
        return {name: np.concatenate([quick[name], careful[name]])[order] for name in PLACED}

    def _quickly(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        found = np.empty((len(_FOUND), len(rows["eni"])), dtype=np.int64)
        _place(self._learnt(), np.stack([rows[name] for name in _GIVEN]), found)
        placed = dict(zip(_FOUND, found, strict=True))
        for name in ("reverse", "same"):
            placed[name] = rows[name].astype(np.int64)
        kept = ("eni", "also", "proto", "dport", "packets", "bytes", "start", "end", "line")
        return placed | {name: rows[name] for name in kept} | {"there": rows["there"].view(np.int64)}

    def _learnt(self) -> Network:
        """Return the arrays, with the interfaces and words that were met since the last time."""
        enis, also = list(self._words.enis), list(self._words.also)
        if self._network is None or self._known != (len(enis), len(also)):
            self._known = len(enis), len(also)
            self._network = self._made(enis, also)
        return self._network

    def _made(self, enis: Sequence[str], also: Iterable[tuple[str | None, ...]]) -> Network:
        asked, ways = self._question, {"ingress": INGRESS, "egress": EGRESS}
        at = ALSO.index("flow-direction")
        own = [[self._words.address(text) for text in asked.addresses.get(eni, ())] for eni in enis]
        nets = [[block for block in asked.subnets.get(eni, ()) if isinstance(block, IPv4Network)] for eni in enis]
        blocks = [(int(block.network_address), int(block.netmask)) for each in nets for block in each]
        return Network(
            np.array([ways.get(str(values[at]), UNKNOWN) for values in also], dtype=np.int64),
            *_flat(own),
            np.array(blocks, dtype=np.int64).reshape(-1, 2),
            _begins([len(each) for each in nets]),
            np.array([asked.ingress.get(eni, 0) for eni in enis], dtype=np.int64),
            np.array([asked.egress.get(eni, 0) for eni in enis], dtype=np.int64),
            *self._classes,
        )


def _classes(question: Question) -> tuple[Any, ...]:
    """Return the part of the network's arrays that does not depend on the records."""
    listed = sorted({protocol for cuts in question.classes for protocol in cuts.ports if 0 <= protocol < 256})
    protocols = np.full(257, -1, dtype=np.int64)
    protocols[listed] = np.arange(len(listed))
    protocols[256] = len(listed)
    services = np.zeros(1 << 16, dtype=np.bool_)
    services[:1024] = True
    services[[port for port in question.service_ports if 0 <= port < 1 << 16]] = True
    return (
        *_flat([[cut for cut in cuts.peers if cut < V6] for cuts in question.classes]),
        *_flat([cuts.ports.get(protocol, ()) for cuts in question.classes for protocol in listed]),
        protocols,
        services,
    )


def _flat(lists: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    return np.array([each for several in lists for each in several], dtype=np.int64), _begins([len(x) for x in lists])


def _begins(lengths: Sequence[int]) -> Any:
    return np.cumsum([0, *lengths], dtype=np.int64)
