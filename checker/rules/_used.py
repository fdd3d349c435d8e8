"""Where a security group is used, and what the network ACLs there let through."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from checker.filter.addresses import ALL_ADDRESSES, addresses
from checker.filter.intervals import Intervals
from checker.filter.match import Bounds
from checker.filter.packets import EMPTY, EVERYTHING, PacketSet, box
from checker.filter.service import ALL_SERVICES
from checker.model.finding import Evidence, Json
from checker.model.firewall import Direction, NetworkAcl, SecurityGroup
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import NetworkInterface, Subnet, Vpc
from checker.model.record import dataclass
from checker.rules._coverage import scopes
from checker.rules._filters import decided, places, remembered
from checker.rules._live import is_live
from checker.rules._rule import Context
from checker.rules._say import fact, name


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The subnets in which a group is, or may be, used."""

    subnets: tuple[Subnet, ...]
    interfaces: int | None
    """How many interfaces carry it; None where a configuration does not show them all."""
    more: Unknown | None
    """Why it may be used in further subnets."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What the network ACL of a subnet lets through in one direction."""

    passes: Bounds
    acls: tuple[NetworkAcl, ...]
    """The one that stands there, or those that may."""
    assumed: str | None = None


_NOT_KNOWN: Final = Gate(Bounds(EMPTY, EVERYTHING), ())


def use_of(ctx: Context, group: SecurityGroup) -> Use:
    """Return where a group is used: live, where its interfaces are; in a configuration, in any subnet of its VPC."""
    return remembered(ctx, ("use", group.key), Use, lambda: _use(ctx, group))


def _use(ctx: Context, group: SecurityGroup) -> Use:
    return _live_use(ctx, group) if is_live(group) else _planned_use(ctx, group)


def _live_use(ctx: Context, group: SecurityGroup) -> Use:
    here = places(ctx)
    members = [each for each in here.members.get(group.key, []) if isinstance(each.in_use, Unknown) or each.in_use]
    more = ctx.model.unread_for("aws_network_interface", group.origin.root)
    found: dict[Key, Subnet] = {}
    for interface in members:
        subnet = _entity(ctx, interface.subnet)
        if isinstance(subnet, Subnet):
            found[subnet.key] = subnet
        elif more is None:
            more = Unknown(f"the subnet of {name(interface)} is not in the input")
    if more is None and here.unsure:
        more = Unknown(f"the groups of {name(here.unsure[0])} are not all known")
    return Use(subnets=tuple(found.values()), interfaces=len(members), more=more)


def _entity(ctx: Context, key: Maybe[Key | None]) -> object:
    return ctx.model.by_key.get(places(ctx).key(key)) if isinstance(key, str) else None


def _planned_use(ctx: Context, group: SecurityGroup) -> Use:
    vpc = _entity(ctx, group.vpc)
    if not isinstance(vpc, Vpc):
        reason = group.vpc.reason if isinstance(group.vpc, Unknown) else "its VPC is not in the input"
        return Use(subnets=(), interfaces=None, more=Unknown(reason))
    return remembered(ctx, ("subnets of", vpc.key), Use, lambda: _anywhere_in(ctx, vpc))


def _anywhere_in(ctx: Context, vpc: Vpc) -> Use:
    sure, maybe = scopes(ctx).members(vpc)
    more = ctx.model.unread_for("aws_subnet", vpc.origin.root)
    if more is None and not vpc.origin.managed:
        more = Unknown(f"{name(vpc)} is managed elsewhere, with subnets of its own (--live SNAPSHOT settles it)")
    if more is None and maybe:
        more = Unknown(f"whether {name(maybe[0])} lies in {name(vpc)} is not known")
    return Use(subnets=tuple(sure), interfaces=None, more=more)


def gate(ctx: Context, subnet: Subnet, direction: Direction) -> Gate:
    """Return what the network ACL of a subnet lets in or out."""
    return remembered(ctx, ("gate", subnet.key, direction.value), Gate, lambda: _gate(ctx, subnet, direction))


def _gate(ctx: Context, subnet: Subnet, direction: Direction) -> Gate:
    for type_ in ("aws_network_acl", "aws_network_acl_association", "aws_network_acl_rule"):
        if ctx.model.unread_for(type_, subnet.origin.root) is not None:
            return _NOT_KNOWN
    acls, assumed = _acls(ctx, subnet)
    if not acls and assumed is None:
        return _NOT_KNOWN
    allowed = [decided(ctx, acl, direction).allowed for acl in acls]
    allowed += [Bounds(EVERYTHING, EVERYTHING)] if assumed else []
    passes = allowed[0]
    for each in allowed[1:]:
        passes = Bounds(passes.least & each.least, passes.most | each.most)
    return Gate(passes, acls, assumed)


def _acls(ctx: Context, subnet: Subnet) -> tuple[tuple[NetworkAcl, ...], str | None]:
    """Return the ACLs that stand, or may stand, at a subnet; and what is assumed where none is in the input."""
    here = places(ctx)
    named = here.acls.get(subnet.key, [])
    if any(not isinstance(acl.exists, Unknown) for acl in named):
        return tuple(named), None
    vpc = _entity(ctx, subnet.vpc)
    if not isinstance(vpc, Vpc):
        return (), None
    floating = [acl for acl in here.floating if isinstance(acl.vpc, Unknown) or _entity(ctx, acl.vpc) is vpc]
    defaults = [*here.defaults.get(vpc.key, []), *here.loose_defaults]
    certain = any(not isinstance(acl.exists, Unknown) for acl in here.defaults.get(vpc.key, []))
    found = tuple({acl.key: acl for acl in (*named, *floating, *defaults)}.values())
    if certain:
        return found, None
    if is_live(subnet) or not vpc.origin.managed:
        return (), None
    return found, f"the default network ACL of {name(vpc)} allows everything, as AWS creates it"


def own_addresses(subnet: Subnet) -> tuple[Intervals, Intervals]:
    """Return the subnet's own addresses, at least and at most: traffic inside a subnet meets no ACL."""
    if isinstance(subnet.cidrs, Unknown):
        return Intervals(), ALL_ADDRESSES
    known = addresses(prefix for prefix in subnet.cidrs if not isinstance(prefix, Unknown))
    return known, ALL_ADDRESSES if any(isinstance(prefix, Unknown) for prefix in subnet.cidrs) else known


def reaches(ctx: Context, subnet: Subnet, direction: Direction) -> Bounds:
    """Return what may reach, or leave, an interface in a subnet: from inside all, from outside what the ACL allows."""
    return remembered(ctx, ("reaches", subnet.key, direction.value), Bounds, lambda: _reaches(ctx, subnet, direction))


def _reaches(ctx: Context, subnet: Subnet, direction: Direction) -> Bounds:
    passes = gate(ctx, subnet, direction).passes
    least, most = own_addresses(subnet)
    return Bounds(passes.least | box(ALL_SERVICES, least), passes.most | box(ALL_SERVICES, most))


def usage_facts(ctx: Context, group: SecurityGroup, wide: PacketSet) -> tuple[dict[str, Json], list[Evidence]]:
    """Return what is worth knowing of an open group and changes nothing: is it used, and what do the ACLs do?"""
    use = use_of(ctx, group)
    facts: dict[str, Json] = {}
    notes: list[Evidence] = []
    if use.interfaces is not None and use.more is None:
        facts["used"] = use.interfaces > 0
        if not use.interfaces:
            notes.append(fact("Note: no network interface uses the group at present", group))
    if use.subnets and use.more is None:
        gates = [gate(ctx, subnet, Direction.INGRESS).passes.most for subnet in use.subnets]
        if not any(most.meets(wide) for most in gates):
            facts["denied_by_network_acl"] = True
            notes.append(fact("Note: the network ACLs of all its subnets deny this traffic at present", group))
    return facts, notes


def member_addresses(ctx: Context, group: Key) -> tuple[Intervals, Intervals]:
    """Return the private addresses of a group's members, at least and at most."""
    found = _entity(ctx, group)
    if not isinstance(found, SecurityGroup) or not is_live(found) or use_of(ctx, found).more is not None:
        return Intervals(), ALL_ADDRESSES
    known, complete = _addresses(places(ctx).members.get(found.key, []))
    return known, known if complete else ALL_ADDRESSES


def _addresses(interfaces: list[NetworkInterface]) -> tuple[Intervals, bool]:
    found = []
    complete = True
    for interface in interfaces:
        listed: tuple[Maybe[str], ...] = ()
        if isinstance(interface.private_ips, Unknown):
            complete = False
        else:
            listed = interface.private_ips
        for text in listed:
            if isinstance(text, Unknown):
                complete = False
            else:
                found.append(ip_network(text))
    return addresses(found), complete
