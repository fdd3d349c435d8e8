"""Where the ends of a flow stand in a network."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from checker.errors import UsageError
from checker.filter.addresses import Address, address_number
from checker.filter.flow_text import ICMP_FAMILIES, End, Flow
from checker.filter.index import LIVE, Index, own_addresses
from checker.filter.subject import is_public
from checker.filter.unfiltered import reserved_for
from checker.filter.words import entity_name
from checker.model.known import Maybe, Unknown
from checker.model.network import NetworkInterface, Subnet
from checker.model.record import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One end: an interface of the network, an address in one of its subnets, or somewhere outside."""

    text: str
    """As the flow names it."""
    interface: NetworkInterface | None
    subnet: Subnet | None
    seen_by_other: Maybe[Address]
    """The address under which the other end sees it."""
    assumed: tuple[str, ...] = ()
    hidden: Unknown | None = None
    """Why it may stand in a subnet that the input does not show; None where it stands in one, or in none."""

    @property
    def name(self) -> str | None:
        """Id of the interface."""
        return entity_name(self.interface) if self.interface is not None else None

    @property
    def outside(self) -> bool:
        """Whether the network shows none of its rules."""
        return self.subnet is None and self.interface is None and self.hidden is None


_UNFILTERED: Final = ", which nothing filters"


def places(index: Index, flow: Flow) -> tuple[Place, Place]:
    """Return where source and destination stand. Raises UsageError where that is ambiguous or nowhere."""
    family = ICMP_FAMILIES.get(flow.protocol)
    sources = _found(index, flow.source, flow.destination, family)
    destinations = _found(index, flow.destination, flow.source, family)
    source, destination = _pair(flow, sources, destinations)
    if source.outside and destination.outside:
        kept = [text for place in (source, destination) for text in place.assumed if text.endswith(_UNFILTERED)]
        raise UsageError(
            "; ".join([f"neither {source.text} nor {destination.text} is in the network", *kept]),
            hint="Give an address of an interface or subnet, or the id of an interface (eni-...), that it holds.",
        )
    if _one(index, source, destination):
        raise UsageError(
            f"{source.text} and {destination.text} are one end: what it sends to itself never leaves it, unfiltered",
            hint="Name two ends.",
        )
    return _as_seen(index, source, destination, opens=True), _as_seen(index, destination, source, opens=False)


def _one(index: Index, source: Place, destination: Place) -> bool:
    """Say whether both ends are the same; a public address is reached over the Internet also from behind it."""
    there = destination.seen_by_other
    if isinstance(there, Unknown) or is_public(index, there):
        return source.interface is destination.interface is not None and source.text == destination.text
    if source.interface is None or destination.interface is None:
        return source.interface is destination.interface and source.seen_by_other == there
    return source.interface is destination.interface


def _found(index: Index, end: End, beside: End, family: int | None) -> list[Place]:
    """Return every place that an end may mean; one outside where there is none. ``family``: the protocol's only one."""
    if end.address is None:
        return [_named(index, end, {family} if family is not None else _versions(index, beside))]
    by_public = index.interface_of_public(end.address)
    interfaces = [by_public] if by_public is not None else list(index.interfaces_at(end.address))
    if interfaces:
        return [_at(index, end, each, end.address) for each in interfaces]
    within = [each for each in index.model.subnets if address_number(end.address) in index.subnet_addresses(each).least]
    around = within or index.model.subnets
    whats = [reserved_for(index, each, end.address) for each in around]
    kept = next((what for what in whats if what), None)
    if kept is not None and (not within or all(whats)):  # another VPC may have a host there
        note = f"{end.address} is {kept}{_UNFILTERED}"
        return [Place(text=str(end.address), interface=None, subnet=None, seen_by_other=end.address, assumed=(note,))]
    if within:
        return [Place(text=str(end.address), interface=None, subnet=each, seen_by_other=end.address) for each in within]
    found = Place(text=str(end.address), interface=None, subnet=None, seen_by_other=end.address)
    hidden = index.hidden_place(end.address)
    if hidden is not None:
        return [replace(found, hidden=hidden)]
    vpc = next(
        (each for each in index.model.vpcs if address_number(end.address) in index.vpc_addresses(each).least), None
    )
    if vpc is not None:
        return [replace(found, assumed=(f"{end.address} lies in {entity_name(vpc)}, but in none of its subnets",))]
    return [replace(found, assumed=(f"{end.address} is outside the network: rules at its side are not looked at",))]


def _named(index: Index, end: End, versions: set[int]) -> Place:
    """Return an interface by its id or name, with its address of one of some families; of any where there are none."""
    name = end.interface or ""
    interface = index.interface(name) or index.interface(f"{name}#primary")  # of an instance that the state tells
    if interface is None:
        of_instance = "aws_instance." in name
        raise UsageError(
            f"{name} is no interface of the network" + (": the input does not show that of the instance" * of_instance),
            hint="Give its id (eni-...), its Terraform address (aws_network_interface...) or an address.",
        )
    known = [each for each in own_addresses(interface)[0] if not versions or ip_address(each).version in versions]
    address: Maybe[Address] = ip_address(known[0]) if known else Unknown(_no_address(interface, end, versions))
    return _at(index, end, interface, address)


def _no_address(interface: NetworkInterface, end: End, versions: set[int]) -> str:
    known, whole = own_addresses(interface)
    if known and whole:
        return f"{end.interface} has no {' or '.join(f'IPv{each}' for each in sorted(versions))} address in the input"
    return f"the address of {end.interface} is not known"


def _versions(index: Index, end: End) -> set[int]:
    """Return the families in which an end has addresses; empty where none is known."""
    if end.address is not None:
        return {end.address.version}
    interface = index.interface(end.interface or "") or index.interface(f"{end.interface}#primary")
    return {ip_address(each).version for each in own_addresses(interface)[0]} if interface is not None else set()


def _at(index: Index, end: End, interface: NetworkInterface, address: Maybe[Address]) -> Place:
    return Place(
        text=str(end.address or end.interface),
        interface=interface,
        subnet=index.subnet(interface.subnet),
        seen_by_other=address,
    )


def _pair(flow: Flow, sources: list[Place], destinations: list[Place]) -> tuple[Place, Place]:
    """Choose among VPCs with equal addresses: ends of one VPC belong together."""
    if len(sources) == 1 and len(destinations) == 1:
        return sources[0], destinations[0]
    pairs = [(one, other) for one in sources for other in destinations if _vpc(one) == _vpc(other) is not None]
    if len(pairs) == 1:
        return pairs[0]
    several = sources if len(sources) > 1 else destinations
    names = ", ".join(sorted(each.name or (each.subnet.key if each.subnet else "") for each in several))
    raise UsageError(f"{flow}: {several[0].text} is in several places: {names}", hint="Name the interface (eni-...).")


def _vpc(place: Place) -> str | None:
    found = place.interface.vpc if place.interface is not None else place.subnet.vpc if place.subnet else None
    return found if isinstance(found, str) else None


def _as_seen(index: Index, place: Place, other: Place, *, opens: bool) -> Place:
    """Return a place with the address by which the other end sees it: to a public address one comes by a public one.

    ``opens``: it is the source. Who has no public address opens connections through a NAT gateway, and is reached by
    none.
    """
    interface = place.interface
    if interface is None or isinstance(other.seen_by_other, Unknown) or not is_public(index, other.seen_by_other):
        return place
    shown = place.seen_by_other
    if isinstance(shown, Unknown) or shown.version == 6 or is_public(index, shown):
        return place
    if interface.more_public_ips and str(shown) != own_addresses(interface)[0][0]:
        note = f"which public address {place.text} has, by which the other end sees it, is not known"
        return replace(place, seen_by_other=Unknown(note), assumed=(*place.assumed, note))
    if isinstance(interface.public_ip, str):
        return replace(place, seen_by_other=ip_address(interface.public_ip))
    if isinstance(interface.public_ip, Unknown) or interface.origin.source not in LIVE:  # Terraform names it elsewhere
        note = f"whether {place.text} has a public address, by which the other end sees it, is not known"
    elif opens:
        note = f"{place.text} reaches the Internet through a NAT gateway, whose address the other end sees"
    else:
        note = (
            f"{place.text} has no public address: from the Internet it is reached only through something that has one"
        )
    return replace(place, seen_by_other=Unknown(note), assumed=(*place.assumed, note))
