"""Which flow logs record what: the coverage lattice per interface and subnet, reported per VPC.

A scope is anything a flow log can be attached to. Each scope has logs that certainly stand on it and logs that may,
when their target or their existence is not known. From those follow two bounds: the worst level that the facts allow
and the best. Where both fail or both pass, the verdict is certain; between them it is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Final, TypeAlias

from checker.model.entity import Entity
from checker.model.flow_log import FlowLog, FlowLogTarget, TrafficType
from checker.model.known import Key, Maybe, Unknown
from checker.model.loaded import ChangeAction
from checker.model.model import NetworkModel
from checker.model.network import (
    NatGateway,
    NetworkInterface,
    Subnet,
    TransitGateway,
    TransitGatewayAttachment,
    Vpc,
)
from checker.model.origin import Source
from checker.model.record import dataclass, field, replace
from checker.rules._live import is_live
from checker.rules._rule import Context

Captured: TypeAlias = frozenset[str]
"""What is recorded: ACCEPT, REJECT, or the one word of PRESENT."""

NOTHING: Final[Captured] = frozenset()
BOTH: Final[Captured] = frozenset({"ACCEPT", "REJECT"})
PRESENT: Final[Captured] = frozenset({"any"})
"""The need "some log, whatever it records"."""

Reading: TypeAlias = Callable[[FlowLog], tuple[Captured, Captured]]
"""What a log certainly captures and what it may capture at most."""

_TARGETS: Final[dict[type[Entity], FlowLogTarget]] = {
    Vpc: FlowLogTarget.VPC,
    Subnet: FlowLogTarget.SUBNET,
    NetworkInterface: FlowLogTarget.NETWORK_INTERFACE,
    TransitGateway: FlowLogTarget.TRANSIT_GATEWAY,
    TransitGatewayAttachment: FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT,
    NatGateway: FlowLogTarget.REGIONAL_NAT_GATEWAY,
}


class Level(IntEnum):
    """How far a VPC is recorded; ordered."""

    NONE = 0
    PARTIAL = 1
    """Some subnet or interface is."""
    COVERED_BY_SUBNETS = 2
    """Every subnet is, the VPC as a whole is not."""
    COVERED = 3
    """Logs on the VPC suffice."""


@dataclass(frozen=True)
class Scopes:
    """The index of one model: who stands on what. Built once by ``scopes``."""

    model: NetworkModel
    logs: dict[str, list[FlowLog]] = field(default_factory=lambda: defaultdict(list))
    """By identity of the scope: logs whose target is known."""
    floating: list[FlowLog] = field(default_factory=list)
    """Logs whose target is not known: those of ``pinned`` and ``anywhere``."""
    pinned: dict[str, list[FlowLog]] = field(default_factory=lambda: defaultdict(list))
    """By identity of each scope that a log may be for, where these are known."""
    anywhere: list[FlowLog] = field(default_factory=list)
    """Logs that may be for anything."""
    outside: list[FlowLog] = field(default_factory=list)
    """Logs whose target is an id that no entity has."""
    forgotten: frozenset[Key] = frozenset()
    """Keys of logs that leave the state with this plan but stay in AWS: they record on."""
    identities: dict[Key, str] = field(default_factory=dict)
    """Key, id or ARN of a scope to its identity: the id where it is known, else the key."""
    subnets: dict[str, list[Subnet]] = field(default_factory=lambda: defaultdict(list))
    """By identity of the VPC."""
    loose_subnets: list[Subnet] = field(default_factory=list)
    """Subnets whose VPC is not known."""
    interfaces: dict[str, list[NetworkInterface]] = field(default_factory=lambda: defaultdict(list))
    """By identity of the subnet and of the VPC."""
    strays: list[NetworkInterface] = field(default_factory=list)
    """Interfaces of which it is not known where they stand."""

    def identity(self, key: Key) -> str:
        """Return what equal scopes have in common; a key of something outside stands for itself."""
        return self.identities.get(key, key)

    def certain(self, scope: Entity) -> list[FlowLog]:
        """Return the logs that certainly stand on a scope."""
        on = self.logs.get(self.identity(scope.key), [])
        return [log for log in on if not isinstance(log.exists, Unknown)]

    def possible(self, scope: Entity) -> list[FlowLog]:
        """Return the logs that may stand on a scope, without those that certainly do."""
        on = self.logs.get(self.identity(scope.key), [])
        found = [log for log in on if isinstance(log.exists, Unknown)]
        found += [log for log in self.pinned.get(self.identity(scope.key), []) if _kind_fits(log, scope)]
        found += [log for log in self.anywhere if _kind_fits(log, scope)]
        return sorted(found, key=lambda log: log.key)

    def any(self, scope: Entity) -> list[FlowLog]:
        """Return all logs that stand or may stand on a scope."""
        return self.certain(scope) + self.possible(scope)

    def members(self, vpc: Vpc) -> tuple[list[Subnet], list[Subnet]]:
        """Return the subnets that certainly lie in a VPC and those that may."""
        inside = self.subnets.get(self.identity(vpc.key), [])
        sure = [subnet for subnet in inside if not isinstance(subnet.exists, Unknown)]
        maybe = [subnet for subnet in inside if isinstance(subnet.exists, Unknown)]
        maybe += [subnet for subnet in self.loose_subnets if self._may_be(subnet.vpc, vpc)]
        return sure, maybe

    def _may_be(self, value: Maybe[Key | None], scope: Entity) -> bool:
        if not isinstance(value, Unknown) or not value.among:
            return True
        return any(self.identity(key) == self.identity(scope.key) for key in value.among)


def _kind_fits(log: FlowLog, scope: Entity) -> bool:
    return isinstance(log.target_type, Unknown) or log.target_type is _TARGETS.get(type(scope))


def _may_be_on_subnet(log: FlowLog) -> bool:
    return isinstance(log.target_type, Unknown) or log.target_type is FlowLogTarget.SUBNET


def scopes(ctx: Context) -> Scopes:
    """Return the index of the context's model, built on first use."""
    found = ctx.memory.get(("scopes",))
    if not isinstance(found, Scopes):
        found = ctx.memory[("scopes",)] = index(ctx.model, _forgotten(ctx))
    return found


def _forgotten(ctx: Context) -> list[FlowLog]:
    """Return the logs that Terraform stops managing and does not destroy, with the keys that their targets have now."""
    if ctx.before is None:
        return []
    if not any(change.action is ChangeAction.FORGET for change in ctx.changes):
        return []
    now = {change.before_key: change.after_key for change in ctx.changes if change.before_key and change.after_key}
    found = []
    for change in ctx.changes:
        log = ctx.before.by_key.get(change.before_key or "") if change.action is ChangeAction.FORGET else None
        if isinstance(log, FlowLog) and log.key not in ctx.model.by_key:
            target = log.target if isinstance(log.target, Unknown) else now.get(log.target) or log.target
            found.append(replace(log, target=target))
    return found


def index(model: NetworkModel, forgotten: Iterable[FlowLog] = ()) -> Scopes:
    """Build the index of a model, and of logs beside it that record on."""
    beside = tuple(forgotten)
    made = Scopes(model, forgotten=frozenset(log.key for log in beside))
    kinds: Iterable[tuple[Entity, ...]] = (
        model.vpcs,
        model.subnets,
        model.network_interfaces,
        model.transit_gateways,
        model.transit_gateway_attachments,
        model.nat_gateways,
    )
    for entity in (each for kind in kinds for each in kind):
        identity = entity.id if isinstance(entity.id, str) else entity.key
        for text in (entity.key, entity.id, entity.arn):
            if isinstance(text, str):
                made.identities[text] = identity
    for log in (*model.flow_logs, *beside):
        _place(made, log)
    for subnet in model.subnets:
        vpc = _settled(subnet.vpc)
        (made.loose_subnets if isinstance(vpc, Unknown) else made.subnets[made.identity(vpc)]).append(subnet)
    for interface in model.network_interfaces:
        for parent in (interface.subnet, interface.vpc):
            if not isinstance(parent, Unknown):
                made.interfaces[made.identity(parent)].append(interface)
        if isinstance(interface.subnet, Unknown) or isinstance(interface.vpc, Unknown):
            made.strays.append(interface)
    return made


def _place(made: Scopes, log: FlowLog) -> None:
    target = _settled(log.target)
    if isinstance(target, Unknown):
        made.floating.append(log)
        for identity in dict.fromkeys(made.identity(key) for key in target.among):
            made.pinned[identity].append(log)
        if not target.among:
            made.anywhere.append(log)
        return
    made.logs[made.identity(target)].append(log)
    if target not in made.identities:
        made.outside.append(log)


def _settled(value: Maybe[Key]) -> Maybe[Key]:
    """Return the only candidate of an unknown key where there is just one."""
    return value.among[0] if isinstance(value, Unknown) and len(value.among) == 1 else value


def presence(_log: FlowLog) -> tuple[Captured, Captured]:
    """Read a log as "there is one", whatever it records."""
    return PRESENT, PRESENT


def traffic(log: FlowLog) -> tuple[Captured, Captured]:
    """Read a log as the traffic types that it records."""
    if isinstance(log.traffic_type, Unknown):
        return NOTHING, BOTH
    recorded = types_of(log.traffic_type)
    return recorded, recorded


def types_of(traffic_type: TrafficType | None) -> Captured:
    """Return ACCEPT, REJECT, both or nothing."""
    if traffic_type is TrafficType.ALL:
        return BOTH
    return NOTHING if traffic_type is None else frozenset({traffic_type.value})


def captured(here: Scopes, chain: Iterable[Entity], reading: Reading) -> tuple[Captured, Captured]:
    """Return what is certainly and what is at most captured on a scope, given it and all scopes around it."""
    low: set[str] = set()
    high: set[str] = set()
    for scope in chain:
        for log in here.certain(scope):
            sure, most = reading(log)
            low |= sure
            high |= most
        for log in here.possible(scope):
            high |= reading(log)[1]
    return frozenset(low), frozenset(high)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The worst and the best level that the facts allow, and who makes the difference."""

    worst: Level
    best: Level
    lit: tuple[Subnet, ...]
    """Subnets that are certainly recorded."""
    dark: tuple[Subnet, ...]
    """Subnets that are not, as far as is known."""


def bounds(here: Scopes, vpc: Vpc, reading: Reading, need: Captured) -> Bounds:
    """Return the bounds of the lattice for one VPC.

    Logs on single interfaces never lift a VPC above PARTIAL. A subnet counts even when it is empty. The best level
    ignores that one unknown log cannot stand on two subnets: where a ``for_each`` is not known, one entity stands for
    many. Where none of its subnets is in the input, those that logs name by their ids may be its only ones.
    """
    low, high = captured(here, [vpc], reading)
    sure, maybe = here.members(vpc)
    around = {subnet.key: captured(here, [vpc, subnet], reading) for subnet in [*sure, *maybe]}
    lit = tuple(subnet for subnet in sure if need <= around[subnet.key][0])
    dark = tuple(subnet for subnet in sure if not need <= around[subnet.key][0])
    unread = here.model.unread_for("aws_subnet", vpc.origin.root) is not None
    strange = any(need <= high | reading(log)[1] for log in strangers(here, vpc))
    closed = bool(sure) and not dark and not unread and all(need <= around[each.key][0] for each in maybe)
    possible = all(need <= around[each.key][1] for each in sure) and (
        bool(sure)
        or any(need <= around[each.key][1] for each in maybe)
        or (unread and any(_may_be_on_subnet(log) for log in (*here.floating, *here.outside)))
        or strange
    )
    some_low = bool(lit) or _interface_lit(here, vpc, reading, need, best=False)
    some_high = strange or any(need <= most for _, most in around.values())
    some_high = some_high or _interface_lit(here, vpc, reading, need, best=True)
    return Bounds(
        worst=_level(need <= low, closed, some_low),
        best=_level(need <= high, possible, some_high),
        lit=lit,
        dark=dark,
    )


def _level(whole: bool, composed: bool, some: bool) -> Level:
    if whole:
        return Level.COVERED
    if composed:
        return Level.COVERED_BY_SUBNETS
    return Level.PARTIAL if some else Level.NONE


def _interface_lit(here: Scopes, vpc: Vpc, reading: Reading, need: Captured, *, best: bool) -> bool:
    inside = here.interfaces.get(here.identity(vpc.key), [])
    return any(need <= captured(here, [vpc, interface], reading)[best] for interface in inside)


def strangers(here: Scopes, vpc: Vpc) -> list[FlowLog]:
    """Return the logs on subnets outside the input that may lie in a VPC of which the input shows no subnet.

    A VPC that the plan creates has no subnet that bears an id already, and a live account shows all that it has.
    """
    new = isinstance(vpc.id, Unknown) and vpc.origin.source is Source.PLAN
    whole = is_live(vpc) and here.model.unread_for("aws_subnet", vpc.origin.root) is None
    if new or whole or here.subnets.get(here.identity(vpc.key)):
        return []
    return [log for log in here.outside if log.target_type is FlowLogTarget.SUBNET]


def unread_logs(here: Scopes, scope: Entity) -> Unknown | None:
    """Return why flow logs may be missing from the model where this scope was read."""
    return here.model.unread_for("aws_flow_log", scope.origin.root)


def chain_of(here: Scopes, scope: Entity) -> list[Entity]:
    """Return a scope and the known scopes around it whose logs record it too, innermost first."""
    around: list[Maybe[Key | None]] = []
    if isinstance(scope, NetworkInterface):
        around = [scope.subnet, scope.vpc]
        subnet = _find(here, scope.subnet)
        if isinstance(subnet, Subnet) and isinstance(scope.vpc, Unknown):
            around.append(subnet.vpc)
    elif isinstance(scope, Subnet):
        around = [scope.vpc]
    elif isinstance(scope, TransitGatewayAttachment):
        around = [scope.transit_gateway]
    found = (_find(here, key) for key in around)
    return [scope, *(entity for entity in found if entity is not None)]


def unknown_parent(scope: Entity) -> Unknown | None:
    """Return why the scope around this one is not known, where it is not."""
    parents: tuple[Maybe[Key], ...] = ()
    if isinstance(scope, NetworkInterface):
        parents = (scope.subnet, scope.vpc)
    elif isinstance(scope, Subnet):
        parents = (scope.vpc,)
    elif isinstance(scope, TransitGatewayAttachment):
        parents = (scope.transit_gateway,)
    return next((parent for parent in parents if isinstance(parent, Unknown)), None)


def _find(here: Scopes, key: Maybe[Key | None]) -> Entity | None:
    if isinstance(key, Unknown) or key is None:
        return None
    return here.model.by_key.get(key) or here.model.by_key.get(here.identity(key))


def target_of(here: Scopes, log: FlowLog) -> Entity | None:
    """Return the entity that a log stands on; None when it is not in the model or not known."""
    return _find(here, _settled(log.target))
