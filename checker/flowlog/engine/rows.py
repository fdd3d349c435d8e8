"""Records in columns, as DuckDB gives them: conversations, counts, and what rejected ones hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from checker.flowlog.engine import mixing
from checker.flowlog.engine.arrow import Column
from checker.flowlog.engine.chunk import ACCEPTED, LARGEST, LATEST, MILLISECONDS, REJECTED, Words
from checker.flowlog.engine.filling import counted
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

PAD: Final = 8
"""Bytes before a text, so that eight can be read up to any place."""


class Rows(NamedTuple):
    """Columns of some records: four texts, whole numbers of 64 bits, and what a record counts for."""

    eni: Column
    src: Column
    dst: Column
    sport: Column
    dport: Column
    proto: Column
    start: Column
    end: Column
    kind: Column


@dataclass(frozen=True, slots=True)
class Taken:
    """What some records hold."""

    counts: Mapping[tuple[int, int, int], tuple[int, int, int]]
    """As ``Chunk.counts``."""
    accepted: tuple[ndarray, ndarray]
    """As ``Chunk.accepted``."""
    rejected: Mapping[str, ndarray]
    """By TAKEN, as ``Chunk.rejected``."""
    odd: Mapping[str, Mapping[int, str | None]]
    """Of ``src`` and ``dst``, by place among the rejected records: what is no IPv4 address, as it was logged."""


TAKEN: Final = ("eni", "src", "dst", "sport", "dport", "proto", "start", "end", "there", "back")


class Taking(Protocol):
    """Reads records in columns."""

    def take(self, rows: Rows) -> Taken:
        """Return what some records hold."""


class RowReader:
    """Reads columns in numpy."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._numbers = small_numbers()

    def take(self, rows: Rows) -> Taken:
        """Return what some records hold."""
        import numpy as np

        kinds, start = rows.kind.values, seconds(rows.start)
        end = np.maximum(start, seconds(rows.end))
        eni = text_numbers(rows.eni)
        enis = self._enis(rows.eni, eni)
        there, back = self._sides(rows, eni)
        accepted, rejected = np.flatnonzero(kinds == ACCEPTED), np.flatnonzero(kinds == REJECTED)
        found = {"eni": enis, "start": start, "end": end, "there": there, "back": back}
        found |= {name: numbers(getattr(rows, name), -1) for name in ("sport", "dport", "proto")}
        found = {name: values[rejected] for name, values in found.items()}
        odd: dict[str, dict[int, str | None]] = {}
        for name in ("src", "dst"):
            found[name], odd[name] = addresses(getattr(rows, name), rejected, self._words)
        return Taken(counted(kinds, enis, start, end), (there[accepted], start[accepted]), found, odd)

    def _enis(self, column: Column, numbers: ndarray) -> Any:
        import numpy as np

        _, firsts, inverse = np.unique(numbers, return_index=True, return_inverse=True)
        places = [self._words.eni(text or "-") for text in texts(column, firsts)]
        return np.array(places, dtype=np.int64)[inverse]

    def _sides(self, rows: Rows, eni: ndarray) -> tuple[ndarray, ndarray]:
        src, dst = text_numbers(rows.src), text_numbers(rows.dst)
        sport, dport, proto = (self._of_numbers(column) for column in (rows.sport, rows.dport, rows.proto))
        return mixing.conversations(eni, (src, dst), (sport, dport), proto)

    def _of_numbers(self, column: Column) -> Any:
        """Return the number of each whole number's text."""
        import numpy as np

        values = column.values
        small = (values >= 0) & (values < len(self._numbers))
        found = self._numbers[np.where(small, values, 0)]
        for at in np.flatnonzero(~small).tolist():
            found[at] = mixing.of_text(str(int(values[at])))
        found[~column.present()] = mixing.of_text("-")
        return found


def small_numbers() -> Any:
    """Return the numbers of the texts of all ports."""
    import numpy as np

    values = np.arange(1 << 16, dtype=np.uint64)
    word = np.zeros(len(values), dtype=np.uint64)
    rest = values
    for digit in range(5):
        told = (rest > 0) | (digit == 0)
        word |= np.where(told, (rest % np.uint64(10) + np.uint64(48)) << np.uint64(56 - 8 * digit), np.uint64(0))
        rest = rest // np.uint64(10)
    return mixing.mixed_all(word * np.uint64(mixing.WORDS[0]))


def numbers(column: Column, missing: int) -> Any:
    """Return whole numbers."""
    import numpy as np

    return np.where(column.present(), column.values, missing).astype(np.int64)


def limited_amounts(given: Mapping[str, ndarray]) -> tuple[dict[str, ndarray], int]:
    """Return packets and bytes from 0 to LARGEST, and how many records told others."""
    import numpy as np

    beyond = [
        (values < 0) | (values > LARGEST)
        for values in given.values()
        if values.min(initial=0) < 0 or values.max(initial=0) > LARGEST
    ]
    made = {name: np.clip(values, 0, LARGEST) for name, values in given.items()}
    return made, int(np.logical_or.reduce(beyond).sum()) if beyond else 0


def seconds(column: Column) -> Any:
    """Return times in seconds since 1970, 0 where they are missing."""
    import numpy as np

    found = np.maximum(numbers(column, 0), 0)
    return np.minimum(np.where(found > MILLISECONDS, found // 1000, found), LATEST)


def padded(column: Column) -> tuple[Any, Any]:
    """Return the bytes of texts, PAD before them, and the eight bytes from each place on as a number."""
    import numpy as np

    data = np.zeros(len(column.data) + 2 * PAD, dtype=np.uint8)
    data[PAD:-PAD] = column.data
    return data, np.ndarray(shape=(len(data) - 7,), dtype="<u8", buffer=data.data, strides=(1,))


def text_numbers(column: Column) -> Any:
    """Return the number of each text, that of ``-`` where it is missing or empty."""
    import numpy as np

    begins, ends = column.values[:-1].astype(np.int64), column.values[1:].astype(np.int64)
    lengths = ends - begins
    most = (int(lengths.max(initial=0)) + 7) // 8
    found = mixing.of_texts(padded(column)[1], ends + PAD, lengths, most)
    found[(lengths == 0) | ~column.present()] = mixing.of_text("-")
    return found


def texts(column: Column, places: ndarray) -> Iterable[str | None]:
    """Yield the texts at some places, None for those that are missing, empty or ``-``."""
    data = column.data.tobytes()
    begins, ends = column.values[places].tolist(), column.values[places + 1].tolist()
    for begin, end, there in zip(begins, ends, column.present()[places].tolist(), strict=True):
        text = str(data[begin:end], "utf-8", "replace") if there else ""
        yield None if text in ("", "-") else text


def addresses(column: Column, places: ndarray, words: Words) -> tuple[Any, dict[int, str | None]]:
    """Return the numbers of the addresses at some places, and by its place among them each text that is no IPv4."""
    import numpy as np

    known: dict[str | None, int] = {}
    found, odd = [], {}
    for at, text in enumerate(texts(column, places)):
        if text not in known:
            known[text] = words.address(text)
        found.append(known[text])
        if not 0 <= known[text] < 1 << 32:
            odd[at] = text
    return np.array(found, dtype=np.int64), odd


def together(columns: Sequence[Column], words: Words) -> Any:
    """Return for each record the number of its texts of ALSO, which ``columns`` hold."""
    import numpy as np

    mixed = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        mixed *= np.uint64(mixing.WORDS[1])
        if len(column.data):
            mixed ^= text_numbers(column)
    _, firsts, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    said = zip(*(texts(column, firsts) for column in columns), strict=True)
    return np.array([words.beside(each) for each in said], dtype=np.int64)[inverse]
