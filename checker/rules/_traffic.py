"""What the rules on recorded traffic share: who is blamed for which diagnoses, and how a diagnosis becomes evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Final, cast

from checker.filter.index import Index
from checker.model.diagnosis import Cause, Diagnosis, NeedKind, Recorded
from checker.model.entity import Entity
from checker.model.finding import Confidence, Evidence, Json, Severity
from checker.model.firewall import NetworkAcl, SecurityGroup
from checker.model.known import Key, Unknown
from checker.model.network import NetworkInterface
from checker.rules._rule import Context

WRONG: Final = (Cause.SG_NO_MATCH, Cause.SG_NO_RULES, Cause.NACL_DENY, Cause.NACL_IMPLICIT_DENY)
"""Causes by which a rule, or the lack of one, rejected a request."""

REPLIES: Final = (Cause.REPLY_BLOCKED,)
"""The cause by which an ACL rejected replies."""

MOST_EVIDENCE: Final = 5

Blamed = Mapping[Key, tuple[Diagnosis, ...]]


def blamed(ctx: Context, causes: tuple[Cause, ...]) -> Blamed:
    """Return the diagnoses of some causes by the group or ACL that has to change first; background noise left out."""
    memory = ("traffic", "blamed", *causes)
    if memory not in ctx.memory:
        ctx.memory[memory] = held_to_account(ctx.recorded.diagnoses if ctx.recorded else (), causes)
    return cast("Blamed", ctx.memory[memory])


def held_to_account(diagnoses: Iterable[Diagnosis], causes: Sequence[Cause]) -> Blamed:
    """Return what ``blamed`` does, of some diagnoses."""
    found: dict[Key, list[Diagnosis]] = {}
    for each in diagnoses:
        if each.cause in causes and not each.expected and each.needs:
            found.setdefault(_first_to_change(each), []).append(each)
    return {key: tuple(several) for key, several in found.items()}


def _first_to_change(found: Diagnosis) -> Key:
    """Return the group or ACL of the control that rejected it; another one may reject it too."""
    at_group = found.stage is not None and found.stage.value.startswith("sg")
    wanted = NeedKind.SG_RULE if at_group else NeedKind.NACL_ENTRY
    return next((need.key for need in found.needs if need.kind is wanted), found.needs[0].key)


def of_interface(ctx: Context, entity: Entity) -> tuple[Diagnosis, ...]:
    """Return the diagnoses of one interface, those to look at first before the others."""
    if ("traffic", "interfaces") not in ctx.memory:
        found: dict[str, list[Diagnosis]] = {}
        for each in ctx.recorded.diagnoses if ctx.recorded else ():
            found.setdefault(each.interface_id, []).append(each)
        ctx.memory[("traffic", "interfaces")] = {name: tuple(several) for name, several in found.items()}
    return cast("Mapping[str, tuple[Diagnosis, ...]]", ctx.memory[("traffic", "interfaces")]).get(id_of(entity), ())


def standing(ctx: Context) -> list[Entity]:
    """Return the groups and ACLs that stood before recorded interfaces, and those that are blamed."""
    if ctx.recorded is None:
        return []
    if ("traffic", "standing") not in ctx.memory:
        ctx.memory[("traffic", "standing")] = _standing(ctx, ctx.recorded)
    return cast("list[Entity]", ctx.memory[("traffic", "standing")])


def _standing(ctx: Context, recorded: Recorded) -> list[Entity]:
    seen = {each.interface for each in recorded.log.interfaces}
    keys: set[Key] = {need.key for each in recorded.diagnoses for need in each.needs}
    keys |= {key for each in recorded.diagnoses for key in (*each.groups, *((each.acl,) if each.acl else ()))}
    index = Index(ctx.model)
    for interface in (each for each in ctx.model.network_interfaces if id_of(each) in seen):
        if not isinstance(interface.security_groups, Unknown):
            keys |= {group for group in interface.security_groups if isinstance(group, str)}
        subnet = index.subnet(interface.subnet)
        acl = index.acl_of(subnet).acl if subnet is not None else None
        keys |= {acl.key} if isinstance(acl, NetworkAcl) else set()
    found = (ctx.model.by_key.get(key) for key in sorted(keys))
    return [each for each in found if isinstance(each, SecurityGroup | NetworkAcl)]


def id_of(entity: Entity) -> str:
    """Return the AWS id of an entity, its key before it has one."""
    return entity.id if isinstance(entity.id, str) else entity.key


def interfaces(ctx: Context) -> list[NetworkInterface]:
    """Return the interfaces of the network that records may speak of."""
    return [each for each in ctx.model.network_interfaces if ctx.recorded is not None]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 record``, ``2 records``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def evidence(found: Diagnosis) -> Evidence:
    """Return what a diagnosis says, with its weight and a record."""
    traffic = found.traffic
    much = f"{counted(traffic.records, 'record')}, {counted(traffic.packets, 'packet')}"
    sample = f"; for example: {found.evidence[0]}" if found.evidence else ""
    says = f"{found.says} {much}, last {traffic.last:%Y-%m-%d %H:%M}{sample}"
    return Evidence(statement=says, origin=found.location)


def facts(several: Iterable[Diagnosis]) -> dict[str, Json]:
    """Return what holds still from one run to the next: not the counts."""
    flows = sorted(
        {
            f"{each.interface_id} {each.direction or 'unknown'} {each.protocol}"
            f" {each.service_ports.first if each.service_ports else '-'} {each.cause.value}"
            for each in several
        }
    )
    return {"flows": list(flows)}


def weakest(several: Iterable[Diagnosis]) -> Confidence:
    """Return the lowest confidence among diagnoses."""
    order = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
    return min((each.confidence for each in several), key=order.index, default=Confidence.HIGH)


def weight(several: Iterable[Diagnosis]) -> Severity | None:
    """Return a lower severity where every peer is outside the network: it may be meant; None for the rule's own."""
    inside = any(is_inside(each) for each in several)
    return None if inside else Severity.MEDIUM


def is_inside(found: Diagnosis) -> bool:
    """Say whether some of the other ends have private addresses."""
    return any(_is_private(prefix) for prefix in found.peers.prefixes)


_is_private = lru_cache(maxsize=1 << 14)(attrgetter("is_private"))
