"""What every reader of stored records hands to the reduction: columns of numbers, and words that are kept once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

from checker.errors import InputError
from checker.model.address import V6
from checker.model.record import dataclass, field

if TYPE_CHECKING:
    from numpy import ndarray

ACCEPTED: Final = 0
REJECTED: Final = 1
NO_DATA: Final = 2
SKIPPED: Final = 3
OUTSIDE: Final = 4
NO_VERDICT: Final = 5
"""What a record counts for."""

KINDS: Final = 6
SLICE: Final = 3600
"""Seconds of one step of the timeline, and of the choice among flow logs that record the same interface."""

MILLISECONDS: Final = 100_000_000_000
"""Times above are milliseconds: some deliveries write these."""
LATEST: Final = (1 << 33) - 1
"""The last second that a record may have, in 2242; later ones, which are garbage, count as this one: a time shares 64
bits with the number of a conversation."""

LARGEST: Final = 1 << 48
"""Packets or bytes of one rejected record, at most; more is garbage, and sums must not leave 64 bits: a line of text is
no record then, since its fields may stand elsewhere; a row of columns counts as this many, and a gap says so."""

ALSO: Final = ("resource-id", "account-id", "vpc-id", "subnet-id", "reject-reason", "flow-direction")
"""Text fields of rejected records that are kept as they are, together as one word."""

REJECTED_COLUMNS: Final = (
    "eni", "src", "dst", "sport", "dport", "proto", "flags", "path", "also", "packets", "bytes", "start", "end",
    "there", "back", "line",
)  # fmt: skip
"""Numbers of each rejected record: places in ``Words`` (eni, src and dst where they are no IPv4, also, line), values,
-1 where the field is missing, and two numbers of the conversation: the same for both sides, turned round."""


class Words:
    """Texts that records repeat, each kept once. Numbers are places in these lists."""

    def __init__(self) -> None:
        self.enis: list[str] = []
        self.also: list[tuple[str | None, ...]] = []
        self.addresses: list[str] = []
        """Addresses other than IPv4; number 2**32 stands for the first."""
        self._places: dict[object, int] = {}
        self._lock = threading.Lock()

    def eni(self, text: str) -> int:
        """Return the number of an interface."""
        return self._place(self.enis, text, ("eni", text))

    def beside(self, values: tuple[str | None, ...]) -> int:
        """Return the number of the values of ALSO."""
        return self._place(self.also, values, values)

    def address(self, text: str | None) -> int:
        """Return an IPv4 address as its number, another one as its place behind them; -1 for what is none."""
        if text is None:
            return -1
        try:
            return int(IPv4Address(text))
        except AddressValueError:
            pass
        try:
            canonical = str(IPv6Address(text))
        except AddressValueError:
            return -1
        return (1 << 32) + self._place(self.addresses, canonical, canonical)

    def spelled(self, number: int) -> str:
        """Return an address as text."""
        return dotted(number) if number < 1 << 32 else self.addresses[number - (1 << 32)]

    def on_line(self, number: int) -> int:
        """Return an address on the line of both families (IPv6 from V6)."""
        return number if number < 1 << 32 else V6 + int(IPv6Address(self.addresses[number - (1 << 32)]))

    def _place(
        self, values: list[object] | list[str] | list[tuple[str | None, ...]], value: object, key: object
    ) -> int:
        place = self._places.get(key)
        if place is None:
            with self._lock:
                place = self._places.get(key)
                if place is None:
                    values.append(value)  # type: ignore[arg-type]
                    place = self._places[key] = len(values) - 1
        return place


@dataclass(slots=True)
class Chunk:
    """The records of one file, or of a part of one."""

    rejected: Mapping[str, ndarray]
    """By REJECTED_COLUMNS, int64 (``there`` and ``back`` uint64), one value for each rejected record."""
    accepted: tuple[ndarray, ndarray]
    """Of each accepted record: the number of its conversation (uint64), and its start (int64 seconds)."""
    counts: Mapping[tuple[int, int, int], tuple[int, int, int]]
    """By place of the interface, kind and start of the slice: records, first start, last end."""
    lines_at: Callable[[Sequence[int]], list[str]]
    """Rejected records as they were logged, by their numbers in ``line``."""
    flow_log: int = 0
    """Place in the list of flow logs; 0 where it is not told."""
    unreadable: list[int] = field(default_factory=list)
    """Numbers of lines that are no record, from 1."""
    limited: int = 0
    """Rejected records whose packets or bytes are below 0 or above LARGEST, and count as that many."""


class FormatChanges(InputError):
    """A file names its fields anew in its middle."""


def dotted(number: int) -> str:
    """Return an IPv4 address as text, four times as fast as ipaddress does."""
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def is_header(line: str) -> bool:
    """Say whether a line names fields."""
    return "srcaddr" in line.replace("-", "").replace("_", "").lower()
