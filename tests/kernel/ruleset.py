"""Security groups and network ACLs of a simulated world, written as nftables rulesets.

A security group becomes a stateful ruleset in the interface's own namespace: the kernel's connection tracking admits
replies. A network ACL becomes a stateless ruleset in the router between the subnets: first match decides. Every line
logs which it is, so that the kernel tells by which line it decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tests.simulator.world import (
    ANY,
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Acl,
    Address,
    Eni,
    Entry,
    GroupRef,
    ListRef,
    Net,
    Rule,
    Source,
    Subnet,
    Way,
    World,
)

NONE: Final = "none"
"""In place of a line: no rule allows it, no entry matches."""
KNOWN: Final = "known"
"""In place of a line: the packet belongs to a connection."""

_SIDE: Final = {Way.IN: "saddr", Way.OUT: "daddr"}
_NEIGHBOURS: Final = "icmpv6 type { 133, 134, 135, 136, 137 } accept"
_HOOKS: Final = {Way.IN: "input", Way.OUT: "output"}


def log(point: str, line: str) -> str:
    return f'log prefix "{point} {line}" group 7 snaplen 128 queue-threshold 1'


def of_interface(world: World, eni: Eni) -> str:
    """Return the groups of an interface."""
    chains = []
    for way in Way:
        point = f"group-{way.value}"
        lines = [_NEIGHBOURS, f"ct state established {log(point, KNOWN)} accept"]
        for group in sorted(eni.groups):
            for rule in sorted(world.groups[group].rules, key=lambda each: each.id):
                if rule.way is way:
                    lines += [f"{match} {log(point, rule.id)} accept" for match in _rule(world, rule)]
        lines.append(f"{log(point, NONE)} drop")
        chains.append(_chain(way.value, f"type filter hook {_HOOKS[way]} priority 0; policy drop;", lines))
    return f"table inet groups {{\n{''.join(chains)}}}\n"


def of_router(world: World, subnets: Iterable[tuple[str, Subnet]]) -> str:
    """Return the ACLs of subnets, each behind the bridge that is named with it."""
    subnets = list(subnets)
    chains = []
    for acl in {subnet.acl: world.acls[subnet.acl] for _, subnet in subnets}.values():
        chains += [_chain(_name(acl, way), "", _acl(acl, way)) for way in Way]
    lines = []
    for way, side in ((Way.OUT, "iifname"), (Way.IN, "oifname")):
        lines += [f'{side} "{bridge}" jump {_name(world.acls[subnet.acl], way)}' for bridge, subnet in subnets]
    chains.append(_chain("forward", "type filter hook forward priority 0; policy accept;", lines))
    return f"table inet acls {{\n{''.join(chains)}}}\n"


def _chain(name: str, head: str, lines: Iterable[str]) -> str:
    return f"  chain {name} {{\n    {head}\n" + "".join(f"    {line}\n" for line in lines) + "  }\n"


def _name(acl: Acl, way: Way) -> str:
    return f"{acl.id.replace('-', '_')}_{way.value}"


def _acl(acl: Acl, way: Way) -> Iterator[str]:
    point = f"acl-{way.value}"
    for entry in sorted((each for each in acl.entries if each.way is way), key=lambda each: each.number):
        verdict = "return" if entry.allow else "drop"
        match = " ".join(part for part in (_net(entry.net, way), _service(entry, entry.net.version)) if part)
        yield f"{match} {log(point, str(entry.number))} {verdict}"
    yield f"{log(point, NONE)} drop"


def _rule(world: World, rule: Rule) -> Iterator[str]:
    """Yield the matches of a rule, one for each family of its peers."""
    for version, peer in _peers(world, rule.peer, rule.way):
        yield " ".join(part for part in (peer, _service(rule, version)) if part)


def _peers(world: World, peer: Source, way: Way) -> Iterator[tuple[int, str]]:
    if isinstance(peer, ListRef):
        yield from ((net.version, _net(net, way)) for net in world.lists[peer.list])
    elif isinstance(peer, GroupRef):
        carried = [address for eni in world.enis.values() if peer.group in eni.groups for address in eni.addresses]
        yield from ((address.version, _address(address, way)) for address in carried)
    else:
        yield peer.version, _net(peer, way)


def _net(net: Net, way: Way) -> str:
    if net.prefixlen == 0:
        return f"meta nfproto ipv{net.version}"
    return f"{'ip' if net.version == 4 else 'ip6'} {_SIDE[way]} {net}"


def _address(address: Address, way: Way) -> str:
    return f"{'ip' if address.version == 4 else 'ip6'} {_SIDE[way]} {address}"


def _service(line: Rule | Entry, version: int) -> str:
    if line.protocol == ANY:
        return ""
    protocol = f"meta l4proto {line.protocol}"
    if line.protocol in (TCP, UDP):
        return protocol if line.low is None else f"{protocol} th dport {line.low}-{line.high}"
    if line.protocol in (ICMP, ICMPV6) and line.low not in (None, ANY):
        return f"{protocol} {_type(line, version)}"
    return protocol


def _type(line: Rule | Entry, version: int) -> str:
    """Return ICMP type and code. A network ACL with ICMPv6 for IPv4 holds for all types; there are no such packets."""
    word = "icmp" if line.protocol == ICMP else "icmpv6"
    if (word == "icmp") != (version == 4):
        return ""
    code = "" if line.high in (None, ANY) else f" {word} code {line.high}"
    return f"{word} type {line.low}{code}"
