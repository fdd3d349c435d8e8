"""Rule numbers for new network ACL entries: in one report an entry has one number, and no two entries have the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from checker.filter.addresses import ends
from checker.filter.needs import LAST_NUMBER, free_numbers
from checker.filter.sketch import ANY, Sketch, sketches_of
from checker.model.address import Prefix
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry, RuleAction
from checker.model.known import Key, Unknown
from checker.model.model import NetworkModel

BEHIND_ALL: Final = LAST_NUMBER + 1
"""Stands for the number of the final deny."""


class NewEntry(NamedTuple):
    """An entry that is to allow something."""

    acl: Key
    direction: Direction
    protocol: int
    first: int
    last: int
    prefix: Prefix


class Numbers:
    """The numbers of new entries. Who asks first is served first."""

    def __init__(self, model: NetworkModel) -> None:
        self._model = model
        self._given: dict[NewEntry, int | None] = {}
        self._rooms: dict[tuple[Key, Direction], _Room] = {}

    def give(self, entry: NewEntry, before: int) -> None:
        """Give an entry a free number before that of another one, and behind all others that deny some of it.

        An entry that has been asked for keeps what it got.
        """
        if entry not in self._given:
            room = self._room(entry)
            self._given[entry] = room.take(entry, before) if room is not None else None

    def of(self, entry: NewEntry) -> int | None:
        """Return the number of an entry; None where it got none."""
        return self._given.get(entry)

    def taken_by_others(self, entry: NewEntry, before: int) -> bool:
        """Say whether there are free numbers for an entry, and other new entries have got them."""
        room = self._room(entry)
        return room is not None and room.had_one(entry, before)

    def _room(self, entry: NewEntry) -> _Room | None:
        place = (entry.acl, entry.direction)
        if place not in self._rooms:
            acl = self._model.by_key.get(entry.acl)
            if not isinstance(acl, NetworkAcl):
                return None
            self._rooms[place] = _Room(acl, entry.direction)
        return self._rooms[place]


class _Room:
    """The free numbers of one direction of an ACL."""

    def __init__(self, acl: NetworkAcl, direction: Direction) -> None:
        self._acl = acl
        self._direction = direction
        self._denies = [
            each
            for each in sketches_of(acl.entries)
            if each.direction is direction and each.of.rule_action is not RuleAction.ALLOW
        ]
        self._free: dict[tuple[int, int], Iterator[int]] = {}
        self._given: set[int] = set()

    def take(self, entry: NewEntry, before: int) -> int | None:
        """Return a number that is nobody's yet; None where none is left."""
        limits = (before, self._above(entry, before))
        if limits not in self._free:
            self._free[limits] = self._numbers(*limits)
        found = next((each for each in self._free[limits] if each not in self._given), None)
        if found is not None:
            self._given.add(found)
        return found

    def had_one(self, entry: NewEntry, before: int) -> bool:
        """Say whether some number was free before new entries got any."""
        return next(self._numbers(before, self._above(entry, before)), None) is not None

    def _numbers(self, before: int, above: int) -> Iterator[int]:
        return free_numbers(self._acl, self._direction, None if before == BEHIND_ALL else before, above)

    def _above(self, entry: NewEntry, before: int) -> int:
        """Return the last number, of those before the one that has to be overridden, that denies some of it too."""
        low, high = ends(entry.prefix)
        numbers = (
            each.of.rule_number
            for each in self._denies
            if not isinstance(each.of.rule_number, Unknown)
            and each.of.rule_number < before
            and _meets(each, entry, low, high)
        )
        return max(numbers, default=0)


def _meets(deny: Sketch[NetworkAclEntry], entry: NewEntry, low: int, high: int) -> bool:
    """Say whether an entry may match some packets of a new one."""
    return (
        (deny.protocol in (ANY, entry.protocol) or entry.protocol == ANY)
        and deny.first <= entry.last
        and entry.first <= deny.last
        and (deny.low == ANY or (deny.low <= high and low <= deny.high))
    )
