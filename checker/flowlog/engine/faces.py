"""Where rejected records stand: which side is the interface's, in which class, on which atoms."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import ALSO, Words
from checker.flowlog.engine.question import Question
from checker.model.address import V6

if TYPE_CHECKING:
    pass

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

PLACED: Final = (*KEY, "peer", "dport", "packets", "bytes", "start", "end", "line", "there")
"""Columns of placed records; ``there`` as a signed number."""


class Faces:
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
        self.learn()
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
            "there": rows["there"].view(np.int64),
        }  # fmt: skip

    def learn(self) -> None:
        """Put the addresses and classes of interfaces that were met since the last time into tables."""
        import numpy as np

        asked, enis = self._question, list(self._words.enis)  # readers go on adding to them
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
