"""Seeded networks: small, and made so that most of what is refused is refused narrowly."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, ip_network
from random import Random
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
    Group,
    GroupRef,
    Link,
    ListRef,
    Net,
    Rule,
    Source,
    Subnet,
    Vpc,
    Way,
    World,
)

network = lru_cache(maxsize=None)(ip_network)

ALL_V4: Final = network("0.0.0.0/0")
ALL_V6: Final = network("::/0")
OFFICE: Final = network("192.168.40.0/22")
PARTNER: Final = network("198.18.7.0/24")
PUBLIC: Final = tuple(network(text) for text in ("52.95.0.0/20", "93.184.216.0/24", "8.8.8.8/32", "151.101.0.0/16"))
PUBLIC_V6: Final = tuple(network(text) for text in ("2a02:26f0::/32", "2001:4860:4860::8888/128"))
EXACT: Final = ((TCP, 22), (TCP, 443), (TCP, 80), (TCP, 5432), (TCP, 3306), (TCP, 3389), (TCP, 8080), (UDP, 53),
                (UDP, 123), (TCP, 6379))  # fmt: skip
RANGES: Final = ((TCP, 0, 65535), (TCP, 1024, 65535), (TCP, 8000, 8100), (UDP, 0, 65535), (UDP, 33434, 33534),
                 (TCP, 0, 0), (TCP, 30000, 32767), (UDP, 60000, 61000), (TCP, 20, 25))  # fmt: skip
TYPES: Final = ((8, -1), (8, 0), (-1, -1), (3, 4), (0, -1), (11, 0))
TYPES_V6: Final = ((128, -1), (-1, -1), (2, 0), (129, 0))
OTHERS: Final = (50, 47, 4, 89)
EPHEMERAL_RANGES: Final = ((1024, 65535), (32768, 60999), (49152, 65535), (32768, 65535))


def make(seed: int, *, plain: bool = False) -> World:
    """Make a network. Equal seeds make equal networks.

    ``plain``: interfaces, groups and ACLs only, without gateways, appliances and load balancers of a special kind.
    """
    return _Maker(Random(seed), seed, plain).world()  # noqa: S311 - seeded on purpose


class _Maker:
    def __init__(self, random: Random, seed: int, plain: bool) -> None:
        self.random = random
        self.plain = plain
        self.made = World(seed, {}, {}, {}, {}, {}, {})
        self.count = 0

    def id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}-{self.made.seed % 0x1000000:06x}{self.count:011x}"

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def world(self) -> World:
        number = 1 if self.chance(0.75) else 2
        overlap = self.chance(0.5)
        self._lists()
        for at in range(number):
            self._vpc(10 if overlap else 10 + at, six=self.chance(0.6), at=at)
        if number > 1 and not overlap:
            self._join()
        if self.chance(0.1) and not self.plain:
            self._appliance()
        for group in list(self.made.groups.values()):
            self._rules(group)
        for acl in self.made.acls.values():
            self._entries(acl)
        return self.made

    def _join(self) -> None:
        """Join the VPCs, by a transit gateway with an interface in some subnet of each, or by peering."""
        made = self.made
        if self.plain or self.chance(0.5):
            made.link = Link.PEERING
            return
        made.link = Link.TRANSIT
        made.keeps_groups = self.chance(0.5)
        for vpc in made.vpcs:
            subnet = self.random.choice([each for each in made.subnets.values() if each.vpc == vpc])
            for eni in made.enis.values():
                if eni.subnet == subnet.id and eni.kind == "classic":
                    eni.kind = "interface"  # no document says what holds for the two beside each other
            at = subnet.nets[0].network_address + 200
            eni = Eni(self.id("eni"), vpc, subnet.id, (at,), (), "transit_gateway")
            made.enis[eni.id] = eni
            made.gateways[vpc] = eni.id

    def _appliance(self) -> None:
        """Put an appliance between two subnets of a VPC."""
        one, other = self.random.choice(list(self.made.subnets)), self.random.choice(list(self.made.subnets))
        if one != other and self.made.subnets[one].vpc == self.made.subnets[other].vpc:
            self.made.middle.add(frozenset((one, other)))

    def _lists(self) -> None:
        for _ in range(self.random.randint(0, 2)):
            six = self.chance(0.25)
            pool = PUBLIC_V6 if six else (*PUBLIC, OFFICE, PARTNER)
            self.made.lists[self.id("pl")] = tuple(self.random.sample(pool, self.random.randint(1, 2)))

    def _vpc(self, second: int, *, six: bool, at: int) -> None:
        nets: list[Net] = [network(f"10.{second}.0.0/16")]
        if self.chance(0.2):
            nets.append(network(f"100.{64 + second}.0.0/20"))
        if six:
            nets.append(network(f"2600:1f18:{second:x}:{at:x}00::/56"))
        vpc = Vpc(self.id("vpc"), tuple(nets))
        self.made.vpcs[vpc.id] = vpc
        acls = [self._acl(vpc, default=True), *(self._acl(vpc) for _ in range(self.random.randint(0, 2)))]
        groups = [self._group(vpc, default=at == 0) for at in range(self.random.randint(2, 4))]
        for number in range(self.random.randint(1, 3)):
            self._subnet(vpc, number, acls, groups)

    def _acl(self, vpc: Vpc, *, default: bool = False) -> Acl:
        acl = Acl(self.id("acl"), vpc.id, default, [])
        self.made.acls[acl.id] = acl
        return acl

    def _group(self, vpc: Vpc, *, default: bool) -> Group:
        group = Group(self.id("sg"), vpc.id, default=default)
        self.made.groups[group.id] = group
        return group

    def _subnet(self, vpc: Vpc, number: int, acls: list[Acl], groups: list[Group]) -> None:
        first = vpc.nets[0]
        nets: list[Net] = [network(f"{first.network_address + number * 4096}/{24 - number % 2}")]
        six = next((net for net in vpc.nets if net.version == 6), None)
        if six is not None and self.chance(0.8):
            nets.append(network(f"{six.network_address + (number << 64)}/64"))
        acl = self.random.choice(acls)
        subnet = Subnet(self.id("subnet"), vpc.id, tuple(nets), acl.id, associated=not acl.default or self.chance(0.7))
        self.made.subnets[subnet.id] = subnet
        for at in range(self.random.randint(1, 3)):
            self._eni(subnet, at, groups)

    def _eni(self, subnet: Subnet, at: int, groups: list[Group]) -> None:
        base = subnet.nets[0].network_address + 10 + 7 * at
        addresses: list[Address] = [base]
        if self.chance(0.25):
            addresses.append(base + 3)
        if len(subnet.nets) > 1:
            addresses.append(subnet.nets[1].network_address + 16 + at)
        gateway = self.chance(0.06)
        classic = self.chance(0.04) and not self.plain
        carried = (
            () if gateway else tuple(group.id for group in self.random.sample(groups, self.random.choice((1, 1, 1, 2))))
        )
        public = IPv4Address(f"3.{self.random.randint(1, 250)}.{self.random.randint(1, 250)}.9")
        eni = Eni(
            self.id("eni"), subnet.vpc, subnet.id, tuple(addresses), carried,
            "nat_gateway" if gateway else "classic" if classic else "interface", public if self.chance(0.4) else None,
        )  # fmt: skip
        self.made.enis[eni.id] = eni

    def _rules(self, group: Group) -> None:
        for _ in range(self.random.choice((0, 1, 2, 3, 4, 5, 6))):
            self._rule(group, Way.IN, *self._service(), self._peer(group))
        if group.default and self.chance(0.7):
            self._rule(group, Way.IN, ANY, None, None, GroupRef(group.id))
        if self.chance(0.6):
            self._rule(group, Way.OUT, ANY, None, None, ALL_V4)
            if self.chance(0.7):
                self._rule(group, Way.OUT, ANY, None, None, ALL_V6)
        else:
            for _ in range(self.random.choice((0, 1, 2, 3))):
                self._rule(group, Way.OUT, *self._service(), self._peer(group))

    def _rule(self, group: Group, way: Way, protocol: int, low: int | None, high: int | None, peer: Source) -> None:
        if not isinstance(peer, GroupRef | ListRef) and protocol in (ICMP, ICMPV6):
            protocol = ICMPV6 if peer.version == 6 else ICMP
            low, high = self.random.choice(TYPES_V6 if peer.version == 6 else TYPES)
        group.rules.append(Rule(self.id("sgr"), way, protocol, low, high, peer))

    def _service(self) -> tuple[int, int | None, int | None]:
        roll = self.random.random()
        if roll < 0.5:
            protocol, port = self.random.choice(EXACT)
            return protocol, port, port
        if roll < 0.75:
            return self.random.choice(RANGES)
        if roll < 0.85:
            return (ICMP, *self.random.choice(TYPES)) if self.chance(0.7) else (ICMPV6, *self.random.choice(TYPES_V6))
        if roll < 0.92:
            return ANY, None, None
        # Ports of other protocols mean nothing, whatever stands there.
        return self.random.choice(OTHERS), *self.random.choice(((None, None), (0, 0), (443, 443)))

    def _peer(self, group: Group) -> Source:
        roll = self.random.random()
        if roll < 0.2:
            near = not self.made.link or self.chance(0.6)
            groups = [each.id for each in self.made.groups.values() if (each.vpc == group.vpc) is near]
            return GroupRef(self.random.choice(groups))
        if roll < 0.27 and self.made.lists:
            return ListRef(self.random.choice(list(self.made.lists)))
        return self._net(self.made.vpcs[group.vpc])

    def _net(self, vpc: Vpc) -> Net:
        """Return a prefix, of a kind that people write."""
        roll = self.random.random()
        if roll < 0.25:
            return ALL_V6 if self.chance(0.25) else ALL_V4
        if self.made.link and self.chance(0.3):
            vpc = self.random.choice(list(self.made.vpcs.values()))
        if roll < 0.45:
            return self.random.choice(vpc.nets)
        if roll < 0.65:
            subnet = self.random.choice([each for each in self.made.subnets.values() if each.vpc == vpc.id])
            return self.random.choice(subnet.nets)
        if roll < 0.8:
            eni = self.random.choice([each for each in self.made.enis.values() if each.vpc == vpc.id])
            return network(str(self.random.choice(eni.addresses)))
        return self.random.choice((*PUBLIC, OFFICE, PARTNER, *PUBLIC_V6))

    def _entries(self, acl: Acl) -> None:
        """Fill an ACL: open, open but for some denies before it, or a list of what is needed."""
        roll = self.random.random() + (0.3 if acl.default else 0)
        vpc = self.made.vpcs[acl.vpc]
        if roll > 0.4:
            self._open(acl)
        if roll > 0.9:
            return
        for way in Way:
            taken = {100, 101}
            for _ in range(self.random.randint(1, 6) if roll <= 0.4 else self.random.randint(0, 3)):
                number = self.random.choice((self.random.randint(1, 32766), self.random.randint(1, 99)))
                if number not in taken:
                    taken.add(number)
                    allow = self.chance(0.75 if roll <= 0.4 else 0.2)
                    acl.entries.append(self._entry(way, number, vpc, allow=allow))
        self.random.shuffle(acl.entries)

    @staticmethod
    def _open(acl: Acl) -> None:
        for way in Way:
            acl.entries.append(Entry(way, 100, True, ANY, None, None, ALL_V4))
            acl.entries.append(Entry(way, 101, True, ANY, None, None, ALL_V6))

    def _entry(self, way: Way, number: int, vpc: Vpc, *, allow: bool) -> Entry:
        if self.chance(0.45):
            protocol, ports = self.random.choice((TCP, TCP, UDP)), self.random.choice(EPHEMERAL_RANGES)
            return Entry(way, number, allow, protocol, *ports, self._net(vpc))
        protocol, low, high = self._service()
        net = self._net(vpc)
        if protocol == ICMPV6 and net.version == 4 and self.chance(0.5):
            protocol, (low, high) = ICMP, self.random.choice(TYPES)
        return Entry(way, number, allow, protocol, low, high, net)
