"""One network, indexed for single packets: what stands where, and what is not known of it.

Interfaces, groups and ACLs are found by id, ARN or Terraform address alike. What the input does not show is an
``Unknown`` with its reason, never an empty answer. Built once, read-only afterwards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from ipaddress import ip_address
from operator import itemgetter
from typing import Final, TypeVar

from checker.filter.addresses import (
    ALL_ADDRESSES,
    ALL_IPV4,
    ALL_IPV6,
    PUBLIC_IPV4,
    PUBLIC_IPV6,
    Address,
    address_number,
    addresses,
    ends,
    number_of,
)
from checker.filter.intervals import Intervals, union
from checker.filter.match import AddressBounds, prefix_list_addresses
from checker.filter.sketch import ANY, Sketch, in_order, sketches_of
from checker.filter.standing import Standing, default_as_created
from checker.model.address import Prefix
from checker.model.diagnosis import Line
from checker.model.entity import Entity
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry, PrefixList, SecurityGroup, SecurityGroupRule
from checker.model.known import Key, Maybe, Unknown
from checker.model.model import NetworkModel
from checker.model.network import NetworkInterface, RouteTable, Subnet, Vpc
from checker.model.origin import Source

E = TypeVar("E", bound=Entity)

LIVE: Final = (Source.ACCOUNT, Source.SNAPSHOT)
_RULE_TYPES: Final = (
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
)
_ACL_TYPES: Final = ("aws_network_acl", "aws_network_acl_association", "aws_default_network_acl")


class Index:
    """A NetworkModel by id, address and membership."""

    def __init__(self, model: NetworkModel) -> None:
        self.model = model
        self._keys: dict[str, Key] = {}
        for entity in model.entities():
            for text in (entity.key, entity.id, entity.arn):
                if isinstance(text, str):
                    self._keys.setdefault(text, entity.key)
        self._members: dict[Key, list[NetworkInterface]] = defaultdict(list)
        self._unsure: list[NetworkInterface] = []
        self._at: dict[tuple[Key, str], NetworkInterface] = {}
        self._public: dict[str, NetworkInterface] = {}
        self._groups: dict[Key, AddressBounds] = {}
        self._standing: dict[Key, Standing] = {}
        self._lists: dict[Key, AddressBounds] = {}
        self._blocks: dict[Key, AddressBounds] = {}
        self._tables: dict[Key, RouteTable | None] = {}
        self._rules: dict[Key, tuple[Sketch[SecurityGroupRule], ...]] = {}
        self._serving: dict[tuple[Key, Direction, int, int], tuple[Sketch[SecurityGroupRule], ...]] = {}
        self._entries: dict[tuple[Key, Direction], tuple[Sketch[NetworkAclEntry], ...]] = {}
        self.lines: dict[int, tuple[SecurityGroupRule, Line]] = {}
        """Rules in words, by ``id`` of the rule, which is kept here; filled by ``rule_line``."""
        self.reserved: dict[Key, dict[Address, str]] = {}
        """What AWS keeps for itself at each subnet; filled by ``unfiltered``."""
        for interface in model.network_interfaces:
            self._place(interface)
        self._acls: dict[Key, list[NetworkAcl]] = defaultdict(list)
        for acl in model.network_acls:
            for subnet in () if isinstance(acl.subnets, Unknown) else acl.subnets:
                if isinstance(subnet, str):
                    self._acls[self.key(subnet)].append(acl)

    def _place(self, interface: NetworkInterface) -> None:
        groups = interface.security_groups
        for group in () if isinstance(groups, Unknown) else groups:
            if isinstance(group, str):
                self._members[self.key(group)].append(interface)
        if isinstance(groups, Unknown) or any(isinstance(group, Unknown) for group in groups):
            self._unsure.append(interface)
        vpc = interface.vpc
        for text in own_addresses(interface)[0]:
            if isinstance(vpc, str):
                self._at.setdefault((self.key(vpc), text), interface)
        for public in (interface.public_ip, *interface.more_public_ips):
            if isinstance(public, str):
                self._public.setdefault(public, interface)

    # By key.

    def key(self, text: Key) -> Key:
        """Return the model's key for a key, an id or an ARN; the text itself where nothing has it."""
        return self._keys.get(text, text)

    def entity(self, kind: type[E], text: Maybe[Key | None]) -> E | None:
        """Return the entity of a key, id or ARN, if it is in the model and of that kind."""
        found = self.model.by_key.get(self.key(text)) if isinstance(text, str) else None
        return found if isinstance(found, kind) else None

    def interface(self, text: str) -> NetworkInterface | None:
        """Return an interface by ``eni-...`` or its key."""
        return self.entity(NetworkInterface, text)

    def subnet(self, text: Maybe[Key | None]) -> Subnet | None:
        """Return a subnet."""
        return self.entity(Subnet, text)

    def vpc(self, text: Maybe[Key | None]) -> Vpc | None:
        """Return a VPC."""
        return self.entity(Vpc, text)

    def group(self, text: Key) -> SecurityGroup | None:
        """Return a security group; None where it is not in the model, which says nothing of whether it exists."""
        return self.entity(SecurityGroup, text)

    # By address.

    def interface_at(self, vpc: Maybe[Key], address: Address) -> NetworkInterface | None:
        """Return the interface that has a private address in a VPC. Addresses of other VPCs may overlap."""
        if not isinstance(vpc, str):
            return None
        found = self._numbered.get(self.key(vpc), {}).get(address_number(address))
        return found if found is not None else self._delegated_at(self.key(vpc), address_number(address))

    def _delegated_at(self, vpc: Key, number: int) -> NetworkInterface | None:
        """Return the interface to which the prefix of an address is delegated. Prefixes do not overlap."""
        listed = self._delegations.get(vpc, [])
        at = bisect_right(listed, number, key=itemgetter(0)) - 1
        return listed[at][2] if at >= 0 and number <= listed[at][1] else None

    @cached_property
    def _delegations(self) -> dict[Key, list[tuple[int, int, NetworkInterface]]]:
        """First and last address of each delegated prefix and its interface, ascending, by VPC."""
        found: dict[Key, list[tuple[int, int, NetworkInterface]]] = defaultdict(list)
        for each in self.model.network_interfaces:
            for prefix in delegated_to(each):
                if isinstance(each.vpc, str):
                    found[self.key(each.vpc)].append((*ends(prefix), each))
        for listed in found.values():
            listed.sort(key=itemgetter(0, 1))
        return found

    def named_in(self, vpc: Maybe[Key]) -> Mapping[int, Key]:
        """Return the keys of a VPC's interfaces by their private addresses, as numbers."""
        return self._named.get(self.key(vpc), {}) if isinstance(vpc, str) else {}

    def namer(self, vpc: Maybe[Key]) -> Callable[[int], Key | None]:
        """Return what names the interface of a VPC that has an address, by itself or in a delegated prefix."""
        named = self.named_in(vpc)
        if not isinstance(vpc, str) or self.key(vpc) not in self._delegations:
            return named.get
        key = self.key(vpc)

        def told(number: int) -> Key | None:
            if number in named:
                return named[number]
            found = self._delegated_at(key, number)
            return None if found is None else found.key

        return told

    @cached_property
    def _named(self) -> dict[Key, dict[int, Key]]:
        return {vpc: {number: each.key for number, each in found.items()} for vpc, found in self._numbered.items()}

    @cached_property
    def _numbered(self) -> dict[Key, dict[int, NetworkInterface]]:
        found: dict[Key, dict[int, NetworkInterface]] = defaultdict(dict)
        for (vpc, text), interface in self._at.items():
            found[vpc].setdefault(number_of(text), interface)
        return dict(found)

    def interfaces_at(self, address: Address) -> tuple[NetworkInterface, ...]:
        """Return the interfaces of any VPC with a private address, in order of VPC; last those of VPCs not shown."""
        text = str(address)
        found = (self._at.get((vpc.key, text)) or self.interface_at(vpc.key, address) for vpc in self.model.vpcs)
        return (*(each for each in found if each is not None), *self._elsewhere.get(text, ()))

    @cached_property
    def _elsewhere(self) -> dict[str, list[NetworkInterface]]:
        """The interfaces of which the VPC is not in the model or not known, by private address."""
        found: dict[str, list[NetworkInterface]] = defaultdict(list)
        for interface in self.model.network_interfaces:
            if self.vpc(interface.vpc) is None:
                for text in own_addresses(interface)[0]:
                    found[text].append(interface)
        return found

    def hidden_place(self, address: Address) -> Unknown | None:
        """Return why an address that is in no known subnet may be in one that the model does not show."""
        number = address_number(address)
        for subnet in self.model.subnets:
            if number in self.subnet_addresses(subnet).most and self._may_hold(subnet, number):
                return Unknown(f"whether {address} lies in {subnet.key} is not known")
        for vpc in self.model.vpcs:
            if number not in self.vpc_addresses(vpc).least:
                continue
            unread = self.model.unread_for("aws_subnet", vpc.origin.root)
            if unread is not None:
                return Unknown(f"in which subnet of {vpc.key} {address} lies is not known: {unread.reason}")
            if vpc.origin.source not in LIVE:
                return Unknown(f"a configuration does not show every subnet of {vpc.key}, where {address} lies")
        return None

    def _may_hold(self, subnet: Subnet, number: int) -> bool:
        """Say whether the VPC of a subnet may hold an address; a public one only where its blocks are known to."""
        vpc = self.vpc(subnet.vpc)
        if number in PUBLIC_IPV4 or number in PUBLIC_IPV6:
            return vpc is not None and number in self.vpc_addresses(vpc).least
        return vpc is None or number in self.vpc_addresses(vpc).most

    def interface_of_public(self, address: Address) -> NetworkInterface | None:
        """Return the interface with a public IPv4 address."""
        return self._public.get(str(address))

    def vpc_addresses(self, vpc: Vpc) -> AddressBounds:
        """Return the addresses of a VPC's blocks."""
        if vpc.key not in self._blocks:
            self._blocks[vpc.key] = _bounds(vpc.cidrs)
        return self._blocks[vpc.key]

    def subnet_addresses(self, subnet: Subnet) -> AddressBounds:
        """Return the addresses of a subnet's blocks. It has one IPv4 block at most; others are IPv6."""
        if subnet.key not in self._blocks:
            found = _bounds(subnet.cidrs)
            if found.least & ALL_IPV4:
                found = AddressBounds(found.least, found.least | (found.most & ALL_IPV6))
            self._blocks[subnet.key] = found
        return self._blocks[subnet.key]

    @cached_property
    def vpc_space(self) -> Intervals:
        """The addresses that certainly lie in some VPC of the model; of one with unknown blocks its subnets tell."""
        blocks = (*(self.vpc_addresses(vpc).least for vpc in self.model.vpcs), self._subnet_space)
        return union((first, end - 1) for block in blocks for first, end in block)

    @cached_property
    def subnet_blocks(self) -> tuple[Intervals, ...]:
        """The known address blocks of all subnets, one by one."""
        found = (block for each in self.model.subnets if not isinstance(each.cidrs, Unknown) for block in each.cidrs)
        return tuple(addresses([block]) for block in found if not isinstance(block, Unknown))

    @cached_property
    def _subnet_space(self) -> Intervals:
        return union((first, end - 1) for block in self.subnet_blocks for first, end in block)

    def in_subnets(self, found: Intervals) -> bool:
        """Say whether every address of a set lies in some subnet."""
        return found <= self._subnet_space

    # Groups and lists.

    def member_interfaces(self, group: Key) -> tuple[NetworkInterface, ...]:
        """Return the interfaces that are known to carry a group."""
        return tuple(self._members.get(self.key(group), ()))

    def members(self, group: Key) -> AddressBounds:
        """Return the private addresses of the interfaces that carry a group, at least and at most."""
        key = self.key(group)
        if key not in self._groups:
            self._groups[key] = self._member_addresses(key)
        return self._groups[key]

    def members_unknown(self, group: Key) -> Unknown | None:
        """Return why a group may have members that the model does not show."""
        found = self.group(group)
        if found is None:
            return Unknown(f"{group} is not in the input: its members are not known")
        if found.origin.source not in LIVE:
            return Unknown(f"a configuration does not show every interface with {found.key}")
        more = self.model.unread_for("aws_network_interface", found.origin.root)
        if more is None and self._unsure:
            more = Unknown(f"the groups of {self._unsure[0].key} are not all known")
        if more is None:
            hidden = [each for each in self._members.get(found.key, ()) if not own_addresses(each)[1]]
            more = Unknown(f"the addresses of {hidden[0].key} are not all known") if hidden else None
        return more

    def _member_addresses(self, key: Key) -> AddressBounds:
        texts = [text for each in self._members.get(key, ()) for text in own_addresses(each)[0]]
        whole = (ends(prefix) for each in self._members.get(key, ()) for prefix in delegated_to(each))
        known = union([*((number, number) for number in map(_number, texts)), *whole])
        return AddressBounds(known, known if self.members_unknown(key) is None else ALL_ADDRESSES)

    def list_addresses(self, text: Key) -> AddressBounds | None:
        """Return the addresses in a prefix list; None where the list is not in the input."""
        found = self.entity(PrefixList, text)
        if found is None:
            return None
        if found.key not in self._lists:
            self._lists[found.key] = prefix_list_addresses(found)
        return self._lists[found.key]

    def rules_of(self, group: SecurityGroup) -> tuple[Sketch[SecurityGroupRule], ...]:
        """Return the rules of a group, of both directions, with their numbers."""
        if group.key not in self._rules:
            self._rules[group.key] = sketches_of(group.rules)
        return self._rules[group.key]

    def rules_for(
        self, group: SecurityGroup, direction: Direction, protocol: int, port: int
    ) -> tuple[Sketch[SecurityGroupRule], ...]:
        """Return the rules of one direction that may be for a service, whoever the peer; for every service with ANY."""
        memo = (group.key, direction, protocol, port)
        if memo not in self._serving:
            rules = (each for each in self.rules_of(group) if each.direction is direction)
            self._serving[memo] = tuple(each for each in rules if protocol == ANY or each.serves(protocol, port))
        return self._serving[memo]

    def entries_of(self, acl: NetworkAcl, direction: Direction) -> tuple[Sketch[NetworkAclEntry], ...]:
        """Return the entries of one direction in order of number, those of which it is not known last."""
        memo = (acl.key, direction)
        if memo not in self._entries:
            placed = in_order(acl.entries, direction)
            rest = [
                each for each in acl.entries if each.direction is direction and isinstance(each.rule_number, Unknown)
            ]
            self._entries[memo] = sketches_of([*placed, *rest])
        return self._entries[memo]

    def more_rules(self, group: SecurityGroup) -> Unknown | None:
        """Return why a group may have rules beside those of the model."""
        if group.unread is not None:
            return group.unread
        found = (self.model.unread_for(type_, group.origin.root) for type_ in _RULE_TYPES)
        return next((cause for cause in found if cause is not None), None)

    def more_entries(self, acl: NetworkAcl) -> Unknown | None:
        """Return why an ACL may have entries beside those of the model."""
        if acl.unread is not None:
            return acl.unread
        return self.model.unread_for("aws_network_acl_rule", acl.origin.root)

    # The ACL of a subnet.

    def acl_of(self, subnet: Subnet) -> Standing:
        """Return the network ACL that stands at a subnet: the one that names it, else its VPC's default."""
        if subnet.key not in self._standing:
            self._standing[subnet.key] = self._acl_of(subnet)
        return self._standing[subnet.key]

    def _acl_of(self, subnet: Subnet) -> Standing:
        named = self._acls.get(subnet.key, [])
        sure = [acl for acl in named if not isinstance(acl.exists, Unknown)]
        if len(sure) == 1 and len(named) == 1:
            return Standing(sure[0])
        if named:
            return Standing(Unknown(f"which of {' and '.join(acl.key for acl in named)} stands at {subnet.key}"))
        for type_ in _ACL_TYPES:
            cause = self.model.unread_for(type_, subnet.origin.root)
            if cause is not None:
                return Standing(cause)
        vpc = self.vpc(subnet.vpc)
        if vpc is None:
            return Standing(Unknown(f"the VPC of {subnet.key} is not in the input, nor its default network ACL"))
        loose = [acl for acl in self.model.network_acls if self._may_name(acl, vpc)]
        if loose:
            return Standing(Unknown(f"whether {loose[0].key} stands at {subnet.key} is not known"))
        return self._default(subnet, vpc)

    def _may_name(self, acl: NetworkAcl, vpc: Vpc) -> bool:
        """Say whether an ACL may stand at further subnets of a VPC than those it is known to name."""
        if isinstance(acl.vpc, str) and self.key(acl.vpc) != vpc.key:
            return False
        return isinstance(acl.subnets, Unknown) or any(isinstance(each, Unknown) for each in acl.subnets)

    def _default(self, subnet: Subnet, vpc: Vpc) -> Standing:
        for acl in self.model.network_acls:
            default = acl.is_default
            if isinstance(acl.vpc, str) and self.key(acl.vpc) == vpc.key:
                if isinstance(default, Unknown):
                    return Standing(Unknown(f"whether {acl.key} is the default network ACL of {vpc.key}"))
                if default:
                    return Standing(acl)
        if vpc.origin.source in LIVE or not vpc.origin.managed or isinstance(vpc.id, str):
            return Standing(Unknown(f"the default network ACL of {vpc.key}, which stands at {subnet.key}, "
                                    "is not in the input"))  # fmt: skip
        return default_as_created(vpc)

    # Routing.

    def route_table_of(self, subnet: Subnet) -> RouteTable | None:
        """Return the route table of a subnet, the main one of its VPC where none names it; None: not known."""
        if subnet.key not in self._tables:
            self._tables[subnet.key] = self._route_table_of(subnet)
        return self._tables[subnet.key]

    def _route_table_of(self, subnet: Subnet) -> RouteTable | None:
        main: RouteTable | None = None
        for table in self.model.route_tables:
            listed = () if isinstance(table.subnets, Unknown) else table.subnets
            if any(isinstance(each, str) and self.key(each) == subnet.key for each in listed):
                return table
            same = isinstance(table.vpc, str) and isinstance(subnet.vpc, str)
            if same and self.key(str(table.vpc)) == self.key(str(subnet.vpc)) and table.is_main is True:
                main = table
        return main

    @cached_property
    def transit_gateway_subnets(self) -> frozenset[Key]:
        """The subnets in which a transit gateway has an interface."""
        listed = [
            subnet
            for each in self.model.transit_gateway_attachments
            if not isinstance(each.subnets, Unknown)
            for subnet in each.subnets
        ]
        listed += [each.subnet for each in self.model.network_interfaces if is_transit_gateway(each)]
        return frozenset(self.key(subnet) for subnet in listed if isinstance(subnet, str))


def own_addresses(interface: NetworkInterface) -> tuple[tuple[str, ...], bool]:
    """Return the private addresses that are known, in canonical text, and whether they are all."""
    if isinstance(interface.private_ips, Unknown):
        return (), False
    known = tuple(str(ip_address(each)) for each in interface.private_ips if isinstance(each, str))
    listed = interface.delegated
    whole = not isinstance(listed, Unknown) and len(delegated_to(interface)) == len(listed)
    return known, whole and len(known) == len(interface.private_ips)


def delegated_to(interface: NetworkInterface) -> tuple[Prefix, ...]:
    """Return the prefixes that are known to be delegated to an interface."""
    listed = interface.delegated
    return () if isinstance(listed, Unknown) else tuple(each for each in listed if not isinstance(each, Unknown))


def has_address(interface: NetworkInterface, address: Address) -> bool:
    """Say whether a private address is known to be an interface's, by itself or in a delegated prefix."""
    return str(address) in own_addresses(interface)[0] or any(address in each for each in delegated_to(interface))


def is_transit_gateway(interface: NetworkInterface) -> bool:
    """Say whether an interface is known to be that of a transit gateway attachment."""
    kinds = [each for each in (interface.interface_type, interface.managed_by) if isinstance(each, str)]
    return "transit_gateway" in kinds or "transit-gateway" in kinds


def _number(text: str) -> int:
    return address_number(ip_address(text))


def _bounds(cidrs: Maybe[tuple[Maybe[Prefix], ...]]) -> AddressBounds:
    if isinstance(cidrs, Unknown):
        return AddressBounds(Intervals(), ALL_ADDRESSES)
    known = addresses(each for each in cidrs if not isinstance(each, Unknown))
    return AddressBounds(known, ALL_ADDRESSES if any(isinstance(each, Unknown) for each in cidrs) else known)
