"""Flow logs by what they record and where to, so that each is compared with few others.

Logs that are alike in all that a comparison reads give one answer, so two of each kind are enough: the two that come
first, for one of them may be the log that is compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias, TypeVar

from checker.model.entity import Entity
from checker.model.flow_log import FlowLog, FlowLogTarget, LogDestination
from checker.model.known import Key, Maybe, Unknown
from checker.model.origin import Source
from checker.model.record import dataclass, field
from checker.rules._coverage import Scopes, chain_of, target_of, unknown_parent
from checker.rules._text import Tri, all_of, equal_maybe

Kind: TypeAlias = FlowLogTarget | None
"""What a log stands on; None where that is not known."""

AROUND: Final[dict[Kind, tuple[Kind, ...]]] = {
    FlowLogTarget.SUBNET: (FlowLogTarget.VPC,),
    FlowLogTarget.NETWORK_INTERFACE: (FlowLogTarget.SUBNET, FlowLogTarget.VPC),
    FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT: (FlowLogTarget.TRANSIT_GATEWAY,),
}
"""Kinds whose logs record what stands in them too."""


K = TypeVar("K")


def kind_of(log: FlowLog) -> Kind:
    """Return what a log stands on."""
    return None if isinstance(log.target_type, Unknown) else log.target_type


def same_place(one: Maybe[LogDestination], other: Maybe[LogDestination]) -> Tri:
    """Say whether two destinations are one: the same bucket and folder, log group or stream."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return None
    if one.type is not other.type:
        return False
    if one.entity is not None and other.entity is not None:
        return all_of(one.entity == other.entity, equal_maybe(one.prefix, other.prefix))
    if one.arn is None or other.arn is None:
        return False
    return equal_maybe(one.arn, other.arn)


def _text(value: Maybe[str | None]) -> str | None:
    return value.symbol if isinstance(value, Unknown) else value


def _told(value: object) -> object:
    """Return what two values must have in common to be read alike: the value, or its symbol."""
    return ("?", value.symbol) if isinstance(value, Unknown) else value


def _exact(destination: Maybe[LogDestination]) -> list[tuple[str, ...]]:
    """Return the names under which a destination is found by those that are certainly the same."""
    if isinstance(destination, Unknown):
        return []
    found: list[tuple[str, ...]] = []
    prefix, arn = _text(destination.prefix), _text(destination.arn)
    if destination.entity is not None and (destination.prefix is None or prefix is not None):
        found.append(("entity", destination.type.value, destination.entity, prefix or ""))
    if arn is not None:
        found.append(("arn", destination.type.value, arn))
    return found


@dataclass(slots=True)
class Shelf:
    """Logs of one scope, or of one kind, by what they record and where to."""

    anywhere: bool
    """Whether logs to different destinations are compared too."""
    exact: dict[tuple[str, ...], dict[object, list[FlowLog]]] = field(default_factory=lambda: defaultdict(dict))
    loose: dict[str, dict[object, list[FlowLog]]] = field(default_factory=lambda: defaultdict(dict))
    """Those of which it may remain open whether a place is theirs, by how they name it."""

    def add(self, log: FlowLog, failed: bool) -> None:
        """Put a log on the shelf; logs come in the order of their keys."""
        shown = (_told(log.traffic_type), _told(log.max_aggregation_interval), _told(log.log_format))
        alike: tuple[object, ...] = (*shown, kind_of(log), isinstance(log.exists, Unknown), failed)
        if self.anywhere:
            _put(self.exact[()], alike, log)
            return
        for name in _exact(log.destination):
            _put(self.exact[name], alike, log)
        _put(self.loose[_naming(log.destination)], (*alike, *_place(log.destination)), log)

    def certain(self, log: FlowLog) -> Iterator[FlowLog]:
        """Yield the logs that may certainly deliver to the place of a log; some more may be among them."""
        for name in [()] if self.anywhere else _exact(log.destination):
            for found in self.exact.get(name, {}).values():
                yield from found

    def open(self, log: FlowLog) -> Iterator[FlowLog]:
        """Yield the logs of which it may remain open whether they deliver to the place of a log."""
        if self.anywhere:
            return
        for naming in _OPEN[_naming(log.destination)]:
            for found in self.loose.get(naming, {}).values():
                yield from found


def _put(place: dict[object, list[FlowLog]], alike: object, log: FlowLog) -> None:
    found = place.setdefault(alike, [])
    if len(found) < 2:
        found.append(log)


def _place(destination: Maybe[LogDestination]) -> tuple[object, ...]:
    if isinstance(destination, Unknown):
        return ()
    return destination.type, destination.entity, _told(destination.prefix), _told(destination.arn)


def _naming(destination: Maybe[LogDestination]) -> str:
    """Return how a destination is named: by an entity, by an ARN, by both, or in a way that leaves it open."""
    if isinstance(destination, Unknown):
        return "open"
    if destination.entity is not None:
        if isinstance(destination.prefix, Unknown):
            return "open"
        return "entity" if isinstance(destination.arn, Unknown) else "both"
    return "open" if isinstance(destination.arn, Unknown) else "arn"


_OPEN: Final = {
    "open": ("entity", "both", "arn", "open"),
    "entity": ("arn", "open"),
    "both": ("open",),
    "arn": ("entity", "open"),
}
"""For each way to name a place, those that may or may not mean the same."""


@dataclass(frozen=True, slots=True)
class Shelves:
    """All flow logs of a model, by where they stand."""

    here: Scopes
    anywhere: bool
    on: dict[str, Shelf]
    """By identity of the scope, where it is known."""
    pinned: dict[str, Shelf]
    """By identity of each scope that a log may be for, where these are known."""
    adrift: dict[Kind, Shelf]
    """Logs that may be for anything, by what they stand on."""
    twins: dict[str, Shelf]
    """Logs of which nobody knows what they stand on, by the symbol of it."""
    every: dict[Kind, Shelf]
    standing: dict[Kind, Shelf]
    """Without those on what the plan creates: nothing that bears an id lies in it."""

    def places(self, log: FlowLog) -> Iterator[Shelf]:
        """Yield every shelf that a log belongs on."""
        kind, target = kind_of(log), target_of(self.here, log)
        yield self._at(self.every, kind)
        if target is None or not _is_new(target):
            yield self._at(self.standing, kind)
        if isinstance(log.target, Unknown) and len(log.target.among) != 1:
            for identity in dict.fromkeys(self.here.identity(key) for key in log.target.among):
                yield self._at(self.pinned, identity)
            if not log.target.among:
                yield self._at(self.adrift, kind)
            if not log.target.among and log.target.symbol is not None:
                yield self._at(self.twins, log.target.symbol)
        else:
            only = log.target.among[0] if isinstance(log.target, Unknown) else log.target
            yield self._at(self.on, self.here.identity(only))

    def _at(self, shelves: dict[K, Shelf], name: K) -> Shelf:
        return shelves.setdefault(name, Shelf(self.anywhere))

    def related(self, log: FlowLog) -> Iterator[tuple[Shelf, Tri, bool]]:
        """Yield shelves with logs that stand, or may stand, on or around what a log stands on.

        With each goes whether they do, and whether it is the same thing. What is certain comes first.
        """
        target = target_of(self.here, log)
        if target is not None:
            yield from self._of_entity(log, target)
        elif not isinstance(log.target, Unknown):
            yield from self._named(self.on, self.here.identity(log.target), True, True)
            yield from self._open(log, self.adrift, itself=True)
            yield from self._open(log, self.standing, itself=False)
        elif log.target.among:
            yield from self._of_several(log, log.target.among)
        else:
            yield from self._named(self.twins, log.target.symbol or "", True, True)
            yield from self._open(log, self.every, itself=True)

    def _of_entity(self, log: FlowLog, target: Entity) -> Iterator[tuple[Shelf, Tri, bool]]:
        chain = chain_of(self.here, target)
        for scope in chain:
            yield from self._named(self.on, self.here.identity(scope.key), True, scope is target)
        for scope in chain:
            yield from self._named(self.pinned, self.here.identity(scope.key), None, False)
        yield from self._open(log, self.adrift, itself=True)
        parent = unknown_parent(target)
        if parent is not None and parent.among:
            yield from self._of_several(log, parent.among)
        elif parent is not None:
            yield from self._open(log, self.every, itself=False)

    def _of_several(self, log: FlowLog, keys: Iterable[Key]) -> Iterator[tuple[Shelf, Tri, bool]]:
        found: dict[str, None] = {}
        for key in keys:
            entity = self.here.model.by_key.get(key)
            for scope in [] if entity is None else chain_of(self.here, entity):
                found[self.here.identity(scope.key)] = None
        for identity in found:
            yield from self._named(self.on, identity, None, False)
            yield from self._named(self.pinned, identity, None, False)
        yield from self._open(log, self.adrift, itself=True)

    def _open(self, log: FlowLog, shelves: dict[Kind, Shelf], *, itself: bool) -> Iterator[tuple[Shelf, Tri, bool]]:
        kind = kind_of(log)
        wanted = tuple(shelves) if kind is None else (*AROUND.get(kind, ()), *((kind,) if itself else ()), None)
        for each in dict.fromkeys(wanted):
            if each in shelves:
                yield shelves[each], None, False

    def _named(
        self, shelves: dict[str, Shelf], name: str, stands: Tri, same: bool
    ) -> Iterator[tuple[Shelf, Tri, bool]]:
        if name in shelves:
            yield shelves[name], stands, same


def _is_new(entity: Entity) -> bool:
    return isinstance(entity.id, Unknown) and entity.origin.source is Source.PLAN


def shelve(here: Scopes, failed: frozenset[Key], *, anywhere: bool) -> Shelves:
    """Return the logs of a model, sorted; ``failed`` are those that do not qualify."""
    made = Shelves(here, anywhere, {}, {}, {}, {}, {}, {})
    everything = {log.key: log for found in here.logs.values() for log in found}
    everything |= {log.key: log for log in here.floating}
    for log in sorted(everything.values(), key=lambda log: log.key):
        for shelf in made.places(log):
            shelf.add(log, log.key in failed)
    return made
