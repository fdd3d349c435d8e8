"""Where the answer for an interface may change from one peer or port to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_network
from typing import Final, TypeAlias

from checker.filter.addresses import NOT_PUBLIC, address_number, ends, parsed
from checker.filter.entries import is_classic_load_balancer
from checker.filter.groups import groups_of
from checker.filter.index import Index, own_addresses
from checker.filter.references import is_nat
from checker.filter.result import Doubt
from checker.filter.routes import destinations
from checker.filter.service import TCP, UDP
from checker.filter.unfiltered import DHCP_ADDRESSES, DHCP_PORTS, UNFILTERED, reserved
from checker.model.address import V6, PortRange, Prefix
from checker.model.firewall import Direction, GroupPeer, NetworkAcl, PrefixListPeer, SecurityGroup
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import NetworkInterface, Subnet

USUAL_PORTS: Final = (1024, 32768, 49152, 61000)
"""Where well-known ports end, and where the ports begin and end from which Linux and Windows open connections."""
_FEW: Final = 32
"""A range of more ports than this names no single service."""
_SPECIAL_IPV6: Final = ("::1/128", "fc00::/7", "fe80::/10", "ff00::/8", "2000::/3", "2001:db8::/32")


def prefix_cuts(prefixes: Iterable[Maybe[Prefix]]) -> Iterator[int]:
    """Yield where prefixes begin, and where what follows them begins."""
    for prefix in prefixes:
        if not isinstance(prefix, Unknown):
            first, last = ends(prefix)
            yield from (first, last + 1)


def _address_cuts(texts: Iterable[str]) -> Iterator[int]:
    for text in texts:
        number = address_number(parsed(text))
        yield from (number, number + 1)


def _addresses_of(interfaces: Iterable[NetworkInterface]) -> frozenset[int]:
    return frozenset(cut for each in interfaces for cut in _address_cuts(own_addresses(each)[0]))


def common_cuts(index: Index) -> frozenset[int]:
    """Return the cuts that every class has: families, special-purpose blocks, what nothing filters, VPCs."""
    made = {0, V6}
    made |= set(prefix_cuts(ip_network(text) for text in (*NOT_PUBLIC, *_SPECIAL_IPV6)))
    made |= set(_address_cuts(map(str, (*UNFILTERED, *DHCP_ADDRESSES))))
    for vpc in index.model.vpcs:
        made |= set(prefix_cuts(() if isinstance(vpc.cidrs, Unknown) else vpc.cidrs))
    made |= set(index.vpc_space.edges)
    return frozenset(made)


def port_cuts(ranges: Iterable[Maybe[PortRange | None]], protocol: int, sensitive: Collection[int]) -> tuple[int, ...]:
    """Return the first port of each interval."""
    made = {0, *USUAL_PORTS, *sensitive, *(port + 1 for port in sensitive)}
    if protocol == UDP:
        made |= {*DHCP_PORTS, *(port + 1 for port in DHCP_PORTS)}
    for ports in ranges:
        if isinstance(ports, PortRange):
            made |= {ports.first, ports.last + 1}
    return tuple(sorted(each for each in made if each <= 65535))


_Memo: TypeAlias = tuple[tuple[Key, ...], Key | None]
"""Groups and subnet, which decide all cuts."""


class Cuts:
    """Cuts of groups, ACLs and subnets, each worked out once."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.common = common_cuts(index)
        self._groups: dict[Key, frozenset[int]] = {}
        self._peers: dict[_Memo, tuple[int, ...]] = {}
        self._ports: dict[tuple[_Memo, Direction, int], tuple[int, ...]] = {}
        interfaces = index.model.network_interfaces
        self._everywhere = _addresses_of(interfaces)
        self._nat = _addresses_of(each for each in interfaces if is_nat(each))
        self._classic = _addresses_of(each for each in interfaces if is_classic_load_balancer(each))

    def of_interface(self, interface: NetworkInterface) -> tuple[int, ...]:
        """Return the peers at which something may change for an interface, in either direction, ascending."""
        groups, subnet, memo = self._of(interface)
        if memo not in self._peers:
            made = set(self.common).union(*map(self._of_group, groups))
            references = any(isinstance(rule.peer, GroupPeer) for group in groups for rule in group.rules)
            if subnet is not None:
                made |= self._of_subnet(subnet, references=references)
            self._peers[memo] = tuple(sorted(made))
        return self._peers[memo]

    def _of(self, interface: NetworkInterface) -> tuple[list[SecurityGroup], Subnet | None, _Memo]:
        groups = [each for each in groups_of(self._index, interface) if not isinstance(each, Doubt)]
        subnet = self._index.subnet(interface.subnet)
        return groups, subnet, (tuple(each.key for each in groups), subnet.key if subnet is not None else None)

    def _of_group(self, group: SecurityGroup) -> frozenset[int]:
        if group.key not in self._groups:
            made: set[int] = set()
            for rule in group.rules:
                if isinstance(rule.peer, GroupPeer):
                    made |= self._of_members(rule.peer.group)
                elif isinstance(rule.peer, PrefixListPeer):
                    listed = self._index.list_addresses(rule.peer.prefix_list)
                    made |= set(listed.least.edges) if listed is not None else set()
                elif not isinstance(rule.peer, Unknown):
                    made |= set(prefix_cuts([rule.peer]))
            self._groups[group.key] = frozenset(made)
        return self._groups[group.key]

    def _of_members(self, key: Key) -> frozenset[int]:
        """Return what a reference tells apart: members, their public addresses, NAT gateways.

        Where the members are not all known, also every interface that is known to be none.
        """
        index = self._index
        members = index.member_interfaces(key)
        public = [ip for each in members for ip in (each.public_ip, *each.more_public_ips) if isinstance(ip, str)]
        own = frozenset(index.members(key).least.edges) | frozenset(_address_cuts(public)) | self._nat
        return own if index.members_unknown(key) is None else own | self._everywhere

    def _of_subnet(self, subnet: Subnet, *, references: bool) -> set[int]:
        index = self._index
        made = set(prefix_cuts(() if isinstance(subnet.cidrs, Unknown) else subnet.cidrs))
        made |= set(_address_cuts(map(str, reserved(index, subnet))))
        standing = index.acl_of(subnet)
        if not isinstance(standing.acl, Unknown):
            made |= set(prefix_cuts(entry.prefix for entry in standing.acl.entries))
        if references or subnet.key in index.transit_gateway_subnets:
            made |= destinations(index, subnet)
        return made | self._classic

    def ports_of(
        self, interface: NetworkInterface, direction: Direction, protocol: int, sensitive: Collection[int]
    ) -> tuple[int, ...]:
        """Return the destination ports at which something may change for an interface in one direction."""
        groups, subnet, memo = self._of(interface)
        place = (memo, direction, protocol)
        if place not in self._ports:
            ranges = [rule.ports for group in groups for rule in group.rules if rule.direction is direction]
            acl = self._index.acl_of(subnet).acl if subnet is not None else None
            if isinstance(acl, NetworkAcl):
                ranges += [entry.ports for entry in acl.entries if entry.direction is direction]
            self._ports[place] = port_cuts(ranges, protocol, sensitive)
        return self._ports[place]


def named_ports(index: Index) -> frozenset[int]:
    """Return the ports that some rule or entry names, one by one or in a short range."""
    ranges = [rule.ports for group in index.model.security_groups for rule in group.rules]
    ranges += [entry.ports for acl in index.model.network_acls for entry in acl.entries]
    short = [each for each in ranges if isinstance(each, PortRange) and each.last - each.first < _FEW]
    return frozenset(port for each in short for port in range(each.first, each.last + 1))


PORTED: Final = (TCP, UDP)
