"""Coded records as they are read: a batch adds its counts, its accepted conversations, and its rejected records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from checker.flowlog.engine.chunk import ALSO, KINDS, LARGEST, REJECTED_COLUMNS, SLICE, Chunk, Words
from checker.flowlog.engine.fast.batch import MISSING, Batch, Text
from checker.flowlog.engine.fast.codes import CodeReader, Read, ipv4_numbers
from checker.flowlog.engine.fast.kinds import kinds
from checker.flowlog.engine.fast.spelled import Kept
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.rows import limited_amounts
from checker.model.record import dataclass, field

_ADDRESSES: Final = {"srcaddr": "src", "dstaddr": "dst"}
_NUMBERS: Final = {"srcport": "sport", "dstport": "dport", "protocol": "proto"}
_AMOUNTS: Final = ("packets", "bytes")
_OTHERS: Final = {"tcp-flags": "flags", "traffic-path": "path"}
_EMPTY: Final = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Reading:
    """What all files have in common."""

    question: Question
    words: Words
    codes: CodeReader = field(default_factory=CodeReader)
    enis: dict[int, int] = field(default_factory=dict)
    """Places of interfaces, by the numbers of their texts."""


class Coded:
    """What one file holds."""

    def __init__(self, reading: Reading, names: Sequence[str], account: str | None) -> None:
        """``names``: the fields of its columns; ``account``: whose records it holds, where they do not tell."""
        self._reading = reading
        self._words = reading.words
        self._names = names
        self._account = account
        self._counts: list[Any] = []
        self._accepted: list[tuple[Any, Any]] = []
        self._rejected: list[dict[str, Any]] = []
        self._kept = Kept()
        self._limited = 0

    def take(self, batch: Batch) -> None:
        """Add some records."""
        texts = [batch.text(name) for name in ("interface-id", "srcaddr", "dstaddr")]
        wholes = [batch.whole(name) for name in ("srcport", "dstport", "protocol", "start", "end")]
        found = self._reading.codes.read(texts, wholes, kinds(batch, self._reading.question, self._account))
        pairs, enis = found.counts[:, 0], self._enis(texts[0], found)
        found.counts[:, 0] = enis[pairs // KINDS] * KINDS + pairs % KINDS
        self._counts.append(found.counts)
        self._accepted.append(found.accepted)
        if len(found.places):
            self._take_rejected(batch, found, enis)

    def _enis(self, eni: Text, found: Read) -> Any:
        """Return the places of interfaces by their codes, of those that are used."""
        places = np.zeros(len(eni) + 1, dtype=np.int64)
        used = eni.used(found.counts[:, 0] // KINDS)
        for code, number in zip(used.tolist(), found.enis[used].tolist(), strict=True):
            place = self._reading.enis.get(number)
            if place is None:
                place = self._reading.enis[number] = self._words.eni(eni.at(code) or "-")
            places[code] = place
        return places

    def _take_rejected(self, batch: Batch, found: Read, enis: Any) -> None:
        at = found.places
        rows, kept = dict(found.rejected), {}
        for name, short in _ADDRESSES.items():
            rows[short], kept[name] = self._addresses(batch.text(name, at))
        for name, short in _NUMBERS.items():
            rows[short] = batch.whole(name, at).known(-1)
            kept[name] = np.where(rows[short] < 0, MISSING, rows[short])
        wholes = {name: batch.whole(name, at) for name in (*_AMOUNTS, *_OTHERS)}
        kept |= {name: whole.known(MISSING) for name, whole in wholes.items() if name in batch.arrays}
        amounts, limited = limited_amounts({name: wholes[name].known(0) for name in _AMOUNTS})
        rows |= amounts
        self._limited += limited
        rows |= {short: np.clip(wholes[name].known(-1), -1, LARGEST) for name, short in _OTHERS.items()}
        eni = batch.text("interface-id", at)
        rows["eni"], kept["interface-id"] = enis[eni.codes], self._kept.text(eni, eni.without_empty(eni.codes))
        rows["also"] = self._also({name: batch.text(name, at) for name in ALSO if name in batch.arrays}, len(at))
        self._rejected.append(rows)
        self._keep(batch, at, kept)

    def _addresses(self, text: Text) -> tuple[Any, Any]:
        """Return the numbers of addresses, and what is kept to spell them."""
        by_code = ipv4_numbers(text)
        numbers = by_code[text.codes]
        odd = np.flatnonzero(numbers < 0)
        if not len(odd):
            return numbers, numbers
        spelled, codes = numbers.copy(), text.codes[odd]
        spelled[odd] = self._kept.text(text, text.without_empty(codes))
        for code in text.used(codes).tolist():
            by_code[code] = self._words.address(text.at(code))
        return by_code[text.codes], spelled

    def _also(self, texts: Mapping[str, Text], count: int) -> Any:
        """Return the numbers of the texts of ALSO."""
        together, firsts = np.zeros(count, dtype=np.int64), np.zeros(1, dtype=np.int64)
        for text in texts.values():
            if text.codes.min() != text.codes.max():
                joined = together * (len(text) + 1) + text.codes
                _, firsts, together = np.unique(joined, return_index=True, return_inverse=True)
        codes = {name: text.codes[firsts].tolist() for name, text in texts.items()}
        said = [
            tuple(texts[name].at(codes[name][at]) if name in texts else None for name in ALSO)
            for at in range(len(firsts))
        ]
        return np.array([self._words.beside(each) for each in said], dtype=np.int64)[together]

    def _keep(self, batch: Batch, at: Any, kept: dict[str, Any]) -> None:
        """Keep what spells the records."""
        numeric = [batch.is_whole(name) for name in self._names]
        for name, whole in zip(self._names, numeric, strict=True):
            if name not in kept and whole:
                kept[name] = batch.whole(name, at).known(MISSING)
            elif name not in kept:
                text = batch.text(name, at)
                kept[name] = self._kept.text(text, text.codes)
        self._kept.add([kept[name] for name in self._names], numeric)

    def chunk(self, flow_log: int) -> Chunk:
        """Return everything."""
        count = sum(len(rows["eni"]) for rows in self._rejected)
        rejected = {
            name: _joined([rows[name] for rows in self._rejected]) for name in REJECTED_COLUMNS if name != "line"
        }
        rejected |= {name: rejected[name].astype(np.uint64, copy=False) for name in ("there", "back")}
        rejected["line"] = np.arange(count, dtype=np.int64)
        hashes, starts = (_joined([each[at] for each in self._accepted]) for at in range(2))
        lines_at = self._kept.done().lines_at if count else lambda _places: []
        accepted = hashes.astype(np.uint64, copy=False), starts
        return Chunk(rejected, accepted, self._counted(), lines_at, flow_log, limited=self._limited)

    def _counted(self) -> dict[tuple[int, int, int], tuple[int, int, int]]:
        """Return how many records there are, by interface, kind and slice."""
        rows = np.concatenate([*self._counts, np.zeros((0, 5), dtype=np.int64)])
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        new = np.append(True, (rows[1:, :2] != rows[:-1, :2]).any(axis=1))[: len(rows)]
        firsts = np.flatnonzero(new)
        if not len(firsts):
            return {}
        pairs, slices = rows[firsts, 0], rows[firsts, 1]
        keys = zip((pairs // KINDS).tolist(), (pairs % KINDS).tolist(), (slices * SLICE).tolist(), strict=True)
        sums = [
            how.reduceat(rows[:, at], firsts).tolist() for at, how in enumerate((np.add, np.minimum, np.maximum), 2)
        ]
        return dict(zip(keys, zip(*sums, strict=True), strict=True))


def _joined(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else _EMPTY
