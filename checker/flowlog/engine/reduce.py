"""From chunks to atoms: what the rules cannot tell apart is added up. Cost and memory follow the rejected records."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import ALSO, Chunk, Words
from checker.flowlog.engine.lines import add_count
from checker.flowlog.engine.mixing import WORDS, mixed_all
from checker.flowlog.engine.pair import NEAR, Pairing
from checker.flowlog.engine.question import V6, Question
from checker.flowlog.engine.sums import Sums
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

NOTHING, FIELD, ADDRESS, PATH, SUBNET = range(5)
"""What told the direction of a record."""

UNKNOWN, INGRESS, EGRESS = range(3)
"""Direction."""

NONE, SYN, SYN_ACK, OTHER = range(4)
"""What flags tell."""

_PORTS: Final = (6, 17)
_TCP: Final = 6

KEY: Final = (
    "eni", "also", "dir", "told", "proto", "local", "class", "atom", "port_atom", "service", "flags", "reverse", "same",
)  # fmt: skip
"""What makes two rejected records differ for the rules. -1 where a value is missing."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Chunks that were read together, until everything near them in time has been read."""

    chunks: tuple[Chunk, ...]
    first: int
    last: int
    """Seconds from the first start to the last start of their records."""


class Reduction:
    """Adds up chunks, given in any order; quick and lean where that is the order of time."""

    def __init__(self, question: Question, words: Words) -> None:
        self._question = question
        self._words = words
        self._pairing = Pairing()
        self._waiting: list[_Waiting] = []
        self._faces = _Faces(question, words)
        self.sums = Sums()
        self.counts: dict[tuple[int, int, int, int], tuple[int, int, int]] = {}
        """By flow log, interface, kind and slice: records, first start, last end."""
        self.odd = 0
        """Rejected records without an IP address."""
        self._seen: set[int] = set()

    def take(self, chunks: Iterable[Chunk]) -> None:
        """Add the chunks of one batch; what has all its neighbours in time is finished."""
        read = tuple(chunks)
        for chunk in read:
            for (eni, kind, slice_), more in chunk.counts.items():
                add_count(self.counts, (chunk.flow_log, eni, kind, slice_), more)
        first, last = _span(read)
        self._pairing.add(read, first, last)
        self._waiting.append(_Waiting(read, first, last))
        while self._waiting and self._waiting[0].last + NEAR < first:
            self._finish(self._waiting.pop(0))

    def finish(self) -> None:
        """Finish what still waited for neighbours."""
        while self._waiting:
            self._finish(self._waiting.pop(0))

    def _finish(self, done: _Waiting) -> None:
        chunks = [chunk for chunk in done.chunks if len(chunk.rejected["eni"])]
        reverse, same = self._pairing.sides(chunks, done.first, done.last)
        at = 0
        for chunk in chunks:
            count = len(chunk.rejected["eni"])
            self._add(chunk, reverse[at : at + count], same[at : at + count])
            at += count
        self._pairing.forget(min((each.first for each in self._waiting), default=done.last))

    def _add(self, chunk: Chunk, reverse: ndarray, same: ndarray) -> None:
        rows = {**chunk.rejected, "reverse": reverse, "same": same}
        rows = self._without_doubles(chunk, rows)
        placed = self._faces.place(rows)
        sound = placed["peer"] >= 0
        self.odd += int((~sound).sum())
        placed = {name: values[sound] for name, values in placed.items()}
        self.sums.add(placed, chunk.flow_log, chunk.line_at)

    def _without_doubles(self, chunk: Chunk, rows: dict[str, Any]) -> dict[str, Any]:
        """Leave out records that a file without a flow log's name repeats; elsewhere the name tells."""
        import numpy as np

        if chunk.flow_log:
            return rows
        mixed = rows["there"].copy()
        for number, name in enumerate(("start", "end", "packets", "bytes")):
            mixed = mixed * np.uint64(31) + rows[name].astype(np.uint64) * np.uint64(WORDS[number])
        keys = mixed_all(mixed).tolist()
        fresh = []
        for at, key in enumerate(keys):
            if key not in self._seen:
                self._seen.add(key)
                fresh.append(at)
        if len(fresh) == len(keys):
            return rows
        kept = np.array(fresh, dtype=np.int64)
        return {name: values[kept] for name, values in rows.items()}

    @property
    def repeated(self) -> int:
        """Rejected records that were left out because a file repeated them."""
        from checker.flowlog.engine.chunk import REJECTED

        counted = sum(n for (log, _, kind, _), (n, _, _) in self.counts.items() if kind == REJECTED and log == 0)
        return counted - len(self._seen)


def _span(chunks: Iterable[Chunk]) -> tuple[int, int]:
    starts = [values for chunk in chunks for values in (chunk.rejected["start"], chunk.accepted[1]) if len(values)]
    if not starts:
        return 0, 0
    return min(int(each.min()) for each in starts), max(int(each.max()) for each in starts)


class _Faces:
    """Where records stand: which side is the interface's, in which class, on which atoms."""

    def __init__(self, question: Question, words: Words) -> None:
        self._question = question
        self._words = words
        self._own: dict[int, list[int]] = {}
        self._own_keys: Any = None
        self._known = 0

    def place(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rows with direction, local side, peer, class and atoms."""
        import numpy as np

        enis, src, dst = rows["eni"], rows["src"], rows["dst"]
        self._learn()
        told = np.full(len(enis), NOTHING, dtype=np.int64)
        way = self._field(rows["also"])
        told[way != UNKNOWN] = FIELD
        mine, yours = self._owns(enis, src), self._owns(enis, dst)
        by_address = (way == UNKNOWN) & (mine != yours)
        way[by_address] = np.where(yours[by_address], INGRESS, EGRESS)
        told[by_address] = ADDRESS
        by_path = (way == UNKNOWN) & (rows["path"] >= 0)
        way[by_path], told[by_path] = EGRESS, PATH
        self._by_subnet(enis, src, dst, way, told)
        peer = np.where(way == EGRESS, dst, src)
        local = np.where(way == INGRESS, dst, np.where(way == EGRESS, src, -1))
        class_ = self._classes(enis, way)
        ported = np.isin(rows["proto"], _PORTS)
        service = self._service(rows["sport"], ported)
        return {
            "eni": enis, "also": rows["also"], "dir": way, "told": told, "proto": rows["proto"], "local": local,
            "class": class_, "atom": self._atoms(class_, peer),
            "port_atom": self._port_atoms(class_, rows["proto"], rows["dport"]), "service": service,
            "flags": _flags(rows["flags"], rows["proto"]), "reverse": rows["reverse"].astype(np.int64),
            "same": rows["same"].astype(np.int64), "peer": peer, "dport": rows["dport"], "packets": rows["packets"],
            "bytes": rows["bytes"], "start": rows["start"], "end": rows["end"], "line": rows["line"],
        }  # fmt: skip

    def _learn(self) -> None:
        """Put the addresses and classes of interfaces that were met since the last time into tables."""
        import numpy as np

        asked, enis = self._question, self._words.enis
        if self._own_keys is not None and self._known == len(enis):
            return
        keys = [
            (number << 40) + self._words.address(text)
            for number, eni in enumerate(enis)
            for text in asked.addresses.get(eni, ())
        ]
        self._own_keys = np.array(sorted(keys), dtype=np.int64)
        self._class_in = np.array([asked.ingress.get(eni, 0) for eni in enis], dtype=np.int64)
        self._class_out = np.array([asked.egress.get(eni, 0) for eni in enis], dtype=np.int64)
        self._known = len(enis)

    def _field(self, also: Any) -> Any:
        import numpy as np

        words = {"ingress": INGRESS, "egress": EGRESS}
        at = ALSO.index("flow-direction")
        table = np.array([words.get(str(values[at]), UNKNOWN) for values in self._words.also], dtype=np.int64)
        return table[also] if len(table) else np.zeros(len(also), dtype=np.int64)

    def _owns(self, enis: Any, addresses: Any) -> Any:
        import numpy as np

        if not len(self._own_keys):
            return np.zeros(len(enis), dtype=bool)
        keys = (enis << 40) + addresses
        at = np.minimum(np.searchsorted(self._own_keys, keys), len(self._own_keys) - 1)
        return (self._own_keys[at] == keys) & (addresses >= 0)

    def _by_subnet(self, enis: Any, src: Any, dst: Any, way: Any, told: Any) -> None:
        """Tell the direction by the subnet where exactly one side lies in it."""
        import numpy as np

        rows = np.flatnonzero(way == UNKNOWN)
        found: dict[tuple[int, int, int], int] = {}
        for at in rows.tolist():
            key = int(enis[at]), int(src[at]), int(dst[at])
            if key not in found:
                found[key] = self._way(*key)
            if found[key] != UNKNOWN:
                way[at], told[at] = found[key], SUBNET

    def _way(self, eni: int, src: int, dst: int) -> int:
        blocks = self._question.subnets.get(self._words.enis[eni], ())
        if not blocks or src < 0 or dst < 0:
            return UNKNOWN
        here, there = (
            any(ip_address(self._words.spelled(number)) in block for block in blocks) for number in (src, dst)
        )
        if here == there:
            return UNKNOWN
        return EGRESS if here else INGRESS

    def _classes(self, enis: Any, way: Any) -> Any:
        import numpy as np

        if not len(enis):
            return np.zeros(0, dtype=np.int64)
        return np.where(way == INGRESS, self._class_in[enis], np.where(way == EGRESS, self._class_out[enis], 0))

    def _atoms(self, class_: Any, peer: Any) -> Any:
        """Return the place of each peer among the cuts of its class; IPv6 one by one, as Python's long numbers."""
        import numpy as np

        atoms = np.full(len(peer), -1, dtype=np.int64)
        for number in np.unique(class_).tolist():
            cuts = self._question.classes[number].peers
            four = np.array([cut for cut in cuts if cut < V6], dtype=np.int64)
            rows = np.flatnonzero((class_ == number) & (peer >= 0))
            low = rows[peer[rows] < 1 << 32]
            atoms[low] = np.searchsorted(four, peer[low], side="right") - 1
            for at in rows[peer[rows] >= 1 << 32].tolist():
                atoms[at] = bisect_right(cuts, self._words.on_line(int(peer[at]))) - 1
        return atoms

    def _port_atoms(self, class_: Any, proto: Any, dport: Any) -> Any:
        import numpy as np

        atoms = np.full(len(proto), -1, dtype=np.int64)
        for number in np.unique(class_).tolist():
            for protocol, starts in self._question.classes[number].ports.items():
                rows = (class_ == number) & (proto == protocol) & (dport >= 0)
                atoms[rows] = np.searchsorted(np.array(starts, dtype=np.int64), dport[rows], side="right") - 1
        return atoms

    def _service(self, sport: Any, ported: Any) -> Any:
        import numpy as np

        ports = np.array(sorted(self._question.service_ports), dtype=np.int64)
        known = (sport >= 0) & ((sport < 1024) | np.isin(sport, ports))
        return np.where(ported & known, sport, -1)


def _flags(flags: Any, proto: Any) -> Any:
    import numpy as np

    both = flags & 18
    found = np.where(both == 2, SYN, np.where(both == 18, SYN_ACK, OTHER))
    return np.where((proto != _TCP) | (flags < 0), NONE, found)
