"""The order of aggregates: one for all that answer, so that equal answers are equal lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from checker.model.traffic import FlowAggregate

if TYPE_CHECKING:
    from numpy import ndarray

_MOST: Final = 1 << 62
"""Numbers that are packed into one stay below."""


def _text(value: Any) -> Any:
    return value or ""


def _port(value: Any) -> Any:
    return -1 if value is None else value


def _address(value: Any) -> Any:
    return ":" in value, value


def _itself(value: Any) -> Any:
    return value


_ORDER: Final[Mapping[str, Callable[[Any], Any]]] = {
    "interface": _itself, "resource": _text, "direction": _text, "protocol": _itself, "local": _text,
    "peer_first": _address, "port_first": _port, "source_port": _port, "flags": _itself, "reject_reason": _text,
    "reverse_accepted": _itself, "same_accepted": _itself, "direction_signal": _itself, "account": _text,
    "vpc": _text, "subnet": _text,
}  # fmt: skip
"""What aggregates are put in order by: all that makes them differ, and what its values are compared by."""

_AMOUNTS: Final = ("first", "last", "records", "packets", "bytes")
"""What decides between those that are equal in all that."""


def in_order(found: Sequence[FlowAggregate]) -> tuple[FlowAggregate, ...]:
    """Return aggregates in order. Columns of ranks are sorted: many times as fast as comparing one with another."""
    import numpy as np

    if len(found) < 2:
        return tuple(found)
    columns = zip(*map(attrgetter(*_ORDER), found), strict=True)
    keys = _packed([_ranks(column, by) for column, by in zip(columns, _ORDER.values(), strict=True)])
    order = np.lexsort(keys[::-1])
    if np.all([key[order[1:]] == key[order[:-1]] for key in keys], axis=0).any():
        added = zip(*map(attrgetter(*_AMOUNTS), map(attrgetter("traffic"), found)), strict=True)
        keys += [_ranks(column, _itself) for column in added]
        order = np.lexsort(keys[::-1])
    return tuple(map(found.__getitem__, order.tolist()))


def _ranks(column: Sequence[Any], by: Callable[[Any], Any]) -> ndarray:
    """Return the place of each value among all of its column."""
    import numpy as np

    compared = {value: by(value) for value in set(column)}
    places = {key: place for place, key in enumerate(sorted(set(compared.values())))}
    ranks = {value: places[key] for value, key in compared.items()}
    return np.fromiter(map(ranks.__getitem__, column), dtype=np.int64, count=len(column))


def _packed(ranks: Iterable[ndarray]) -> list[ndarray]:
    """Return fewer columns that stand in the same order, each with several of the given ones in one number."""
    packed: list[ndarray] = []
    size = _MOST
    for column in ranks:
        more = int(column.max()) + 1
        if size * more < _MOST:
            packed[-1] = packed[-1] * more + column
            size *= more
        else:
            packed.append(column)
            size = more
    return packed
