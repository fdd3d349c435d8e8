"""A simulated VPC built of network namespaces: one for each interface, one router, one for the rest of the world.

Interfaces of a subnet hang on one bridge of the router, so that what stays in the subnet never meets the rules of
forwarding, which is where the network ACLs stand. The router remembers nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

from tests.kernel.namespaces import ip, nft, setting
from tests.kernel.ruleset import of_interface, of_router
from tests.simulator.world import Address, Eni, Subnet, World

OUTSIDE: Final = "outside"
_NUMBERS: Final = count()
_BRIDGED: Final = ("bridge__bridge-nf-call-iptables", "bridge__bridge-nf-call-ip6tables")
_ANYWHERE: Final = {4: "0.0.0.0/0", 6: "::/0"}
_BRIDGE: Final = "type bridge forward_delay 0 mcast_snooping 0"
_LINKS: Final = (("169.254.100.1/30", "169.254.100.2", "169.254.100.1"),
                 ("fd00:ffff::1/64", "fd00:ffff::2", "fd00:ffff::1"))  # fmt: skip


class Wiring:
    """One VPC, wired up. ``outside`` are the addresses of the world that somebody talks to."""

    def __init__(self, world: World, vpc: str, outside: Iterable[Address]) -> None:
        self.world = world
        self.enis = [eni for eni in world.enis.values() if eni.vpc == vpc]
        self.subnets = {each.id: each for each in world.subnets.values() if each.vpc == vpc}
        self._stem = f"fc{os.getpid()}-{next(_NUMBERS)}-"
        self._outside = sorted(set(outside), key=lambda each: (each.version, each))
        self.router = f"{self._stem}router"

    def name(self, eni: Eni | None) -> str:
        """Return the namespace of an interface; of None the rest of the world."""
        return f"{self._stem}{OUTSIDE if eni is None else self.enis.index(eni)}"

    def names(self) -> list[str]:
        return [self.router, self.name(None), *map(self.name, self.enis)]

    def build(self) -> None:
        ip(f"netns add {name}" for name in self.names())
        for name in self.names():
            _settings(name)
        setting(self.router, ipv4__ip_forward="1", ipv6__conf__all__forwarding="1")
        # What stays in a subnet is no matter of the router's rules, also where the kernel shows them bridged packets.
        setting(self.router, optional=True, **dict.fromkeys(_BRIDGED, "0"))
        ip(self._router(), self.router)
        ip(self._world(), self.name(None))
        for eni in self.enis:
            ip(self._eni(eni), self.name(eni))
            if eni.groups:
                nft(of_interface(self.world, eni), self.name(eni))
        nft(of_router(self.world, ((self._bridge(each), each) for each in self.subnets.values())), self.router)

    def remove(self) -> None:
        ip(f"netns del {name}" for name in self.names())

    def _bridge(self, subnet: Subnet) -> str:
        return f"br{list(self.subnets).index(subnet.id)}"

    def _router(self) -> Iterator[str]:
        yield "link set lo up"
        for subnet in self.subnets.values():
            bridge = self._bridge(subnet)
            yield f"link add {bridge} {_BRIDGE}"
            yield f"link set {bridge} up"
            for net in subnet.nets:
                yield f"addr add {net.network_address + 1}/{net.prefixlen} dev {bridge}{_now(net.version)}"
        for at, eni in enumerate(self.enis):
            yield f"link add p{at} type veth peer name eth0 netns {self.name(eni)}"
            yield f"link set p{at} master {self._bridge(self.subnets[eni.subnet])} up"
        yield f"link add world type veth peer name eth0 netns {self.name(None)}"
        yield "link set world up"
        for near, far, _ in _LINKS:
            version = 6 if ":" in far else 4
            yield f"addr add {near} dev world{_now(version)}"
            yield f"route add {_ANYWHERE[version]} via {far}"

    def _eni(self, eni: Eni) -> Iterator[str]:
        yield "link set lo up"
        yield "link set eth0 up"
        for net in self.subnets[eni.subnet].nets:
            own = [address for address in eni.addresses if address in net]
            for address in own:
                yield f"addr add {address}/{net.prefixlen} dev eth0{_now(net.version)}"
            if own:
                yield f"route add {_ANYWHERE[net.version]} via {net.network_address + 1}"

    def _world(self) -> Iterator[str]:
        yield "link set lo up"
        yield "link set eth0 up"
        for near, far, router in _LINKS:
            version = 6 if ":" in far else 4
            yield f"addr add {far}/{near.partition('/')[2]} dev eth0{_now(version)}"
            yield f"route add {_ANYWHERE[version]} via {router}"
        for address in self._outside:
            yield f"addr add {address}/{address.max_prefixlen} dev lo{_now(address.version)}"


def _now(version: int) -> str:
    """Return what makes an IPv6 address usable at once."""
    return " nodad" if version == 6 else ""


def _settings(name: str) -> None:
    setting(
        name,
        ipv4__conf__all__rp_filter="0",
        ipv4__conf__default__rp_filter="0",
        ipv6__conf__all__accept_dad="0",
        ipv6__conf__default__accept_dad="0",
        ipv6__conf__default__accept_ra="0",
        ipv6__conf__default__router_solicitations="0",
    )
