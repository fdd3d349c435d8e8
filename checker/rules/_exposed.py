"""What a group lets in from everybody: worked out once, so that any list of ports is quickly held against it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Final

from checker.filter.addresses import family
from checker.filter.intervals import NOTHING, Intervals
from checker.filter.service import services
from checker.model.finding import Status
from checker.model.firewall import Direction, GroupPeer, PrefixListPeer, SecurityGroup, SecurityGroupRule
from checker.model.known import Unknown
from checker.model.record import dataclass
from checker.rules._filters import list_addresses, more_rules, remembered
from checker.rules._ports import services_named
from checker.rules._rule import Context, Params
from checker.rules._world import FAMILIES, least_needed, public_addresses


@dataclass(frozen=True, slots=True)
class Exposed:
    """What the ingress rules of one group open, as far as that is simple."""

    simple: bool
    """Whether every rule is wholly known. If not, the rest says nothing."""
    to_all: tuple[Intervals, Intervals]
    """Services open to every address of IPv4 and of IPv6."""
    to_others: tuple[int, int]
    """How many addresses the other rules let in, at most, on any service."""
    complete: bool
    """Whether there can be no further rules."""


ALL: Final = -1
"""Stands for every address of a family."""

_NOT_SIMPLE: Final = Exposed(simple=False, to_all=(NOTHING, NOTHING), to_others=(0, 0), complete=False)


def exposed(ctx: Context, group: SecurityGroup) -> Exposed:
    """Return what a group opens, worked out once for a network."""
    return remembered(ctx, ("exposed", group.key), Exposed, lambda: _exposed(ctx, group))


def _exposed(ctx: Context, group: SecurityGroup) -> Exposed:
    to_all, to_others = [NOTHING, NOTHING], [0, 0]
    for rule in group.rules:
        if rule.direction is not Direction.INGRESS:
            continue
        opens, found = _opens(rule), _sizes(ctx, rule)
        if opens is None or found is None:
            return _NOT_SIMPLE
        for at, size in enumerate(found):
            if size == ALL:
                to_all[at] = to_all[at] | opens
            else:
                to_others[at] += size
    complete = more_rules(ctx, group) is None
    return Exposed(
        simple=True, to_all=(to_all[0], to_all[1]), to_others=(to_others[0], to_others[1]), complete=complete
    )


def _opens(rule: SecurityGroupRule) -> Intervals | None:
    """Return the services of a rule that certainly exists; None where they are not wholly known."""
    if isinstance(rule.exists, Unknown) or isinstance(rule.protocol, Unknown):
        return None
    if isinstance(rule.ports, Unknown) or isinstance(rule.icmp, Unknown):
        return None
    return services(rule.protocol, rule.ports, rule.icmp)


def _sizes(ctx: Context, rule: SecurityGroupRule) -> tuple[int, int] | None:
    """Return how many addresses of each family a rule lets in; None where a prefix list is not wholly known."""
    peer = rule.peer
    if isinstance(peer, GroupPeer):
        return 0, 0
    if isinstance(peer, PrefixListPeer):
        found = list_addresses(ctx, peer.prefix_list)
        if found.least.edges != found.most.edges:
            return None
        return family(found.most, 4).size(), family(found.most, 6).size()
    if isinstance(peer, IPv4Network):
        return (1 << (32 - peer.prefixlen) if peer.prefixlen else ALL), 0
    return (0, 1 << (128 - peer.prefixlen) if peer.prefixlen else ALL) if isinstance(peer, IPv6Network) else None


def status_of_group(ctx: Context, group: SecurityGroup, params: Params) -> Status | None:
    """Return whether the Internet gets in on some port; None where that takes counting addresses."""
    found = exposed(ctx, group)
    if not found.simple:
        return None
    ports = services_named(params["ports"])
    for at, version in enumerate(FAMILIES):
        need = least_needed(version, params)
        if need is None:
            continue
        if found.to_others[at] >= need:
            return None
        if need <= public_addresses(version) and found.to_all[at].meets(ports):
            return Status.FAIL
    return Status.PASS if found.complete else Status.UNKNOWN
