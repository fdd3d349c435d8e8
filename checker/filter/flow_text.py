"""One flow as a person writes it: ``tcp 10.0.1.5:51515 -> 10.0.2.7:5432``."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final

from checker.errors import UsageError
from checker.filter.addresses import Address
from checker.filter.service import ICMP, ICMPV6, TCP, UDP
from checker.model.address import PROTOCOL_NUMBERS, IcmpTypeCode
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a flow, as written."""

    address: Address | None
    """None where an interface is named instead."""
    interface: str | None
    """``eni-...`` or a Terraform address."""
    port: int | None

    def __str__(self) -> str:
        name = self.interface or str(self.address)
        if self.port is None:
            return name
        return (
            f"[{name}]:{self.port}" if self.address is not None and self.address.version == 6 else f"{name}:{self.port}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A conversation that the source opens."""

    protocol: int
    """IANA number."""
    icmp: IcmpTypeCode | None
    """None where it is not given, or the protocol is another."""
    source: End
    """Its port is None where any port that the system chooses is meant."""
    destination: End

    def __str__(self) -> str:
        name = _NAMES.get(self.protocol, str(self.protocol))
        icmp = f" {self.icmp.type}/{self.icmp.code}" if self.icmp is not None else ""
        return f"{name}{icmp} {self.source} -> {self.destination}"


_NAMES: Final = {number: name for name, number in PROTOCOL_NUMBERS.items() if number >= 0}
_SHAPE: Final = re.compile(
    r"(?P<protocol>[a-z0-9]+)(?:\s+(?P<icmp>\d+(?:/\d+)?))?\s+(?P<source>\S+)\s*(?:->|→|\bto\b)\s*(?P<destination>\S+)",
    re.IGNORECASE,
)
_BRACKETED: Final = re.compile(r"\[(?P<address>[^\]]+)\](?::(?P<port>\d+))?")
_PLAIN: Final = re.compile(r"(?P<name>[^\s:\[\]]+|[\w.]+\[[^\]]+\][\w.]*)(?::(?P<port>\d+))?")

_HINT: Final = (
    "Write it like 'tcp 10.0.1.5:51515 -> 10.0.2.7:5432', 'udp 10.0.1.5 -> 10.0.0.10:53', "
    "'icmp 8/0 10.0.1.5 -> 10.0.2.7' or 'tcp [2001:db8::1]:51515 -> [2001:db8::2]:443'; an interface (eni-...) "
    "may stand for an address."
)
ICMP_FAMILIES: Final = {ICMP: 4, ICMPV6: 6}
"""The only family in which each of them is spoken."""
_LAST_PORT: Final = 65535
_LAST_PROTOCOL: Final = 255
_DIGITS: Final = 9


def parse_flow(text: str) -> Flow:
    """Return the flow that a text means. Raises UsageError, with examples, for one that means none."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        raise _wrong(text, "it is no flow")
    protocol = _protocol(text, found["protocol"])
    flow = Flow(
        protocol=protocol,
        icmp=_icmp(text, protocol, found["icmp"]),
        source=_end(text, found["source"]),
        destination=_end(text, found["destination"]),
    )
    _check(text, flow)
    return flow


def _wrong(text: str, why: str) -> UsageError:
    return UsageError(f"{text[:100]!r}: {why}", hint=_HINT)


def _protocol(text: str, word: str) -> int:
    name = word.lower()
    if name.isdigit() and len(name) <= _DIGITS and int(name) <= _LAST_PROTOCOL:
        return int(name)
    number = PROTOCOL_NUMBERS.get({"icmp6": "icmpv6"}.get(name, name), -1)
    if number < 0:
        raise _wrong(text, f"{word} is no protocol")
    return number


def _icmp(text: str, protocol: int, word: str | None) -> IcmpTypeCode | None:
    if word is None:
        return None
    if protocol not in (ICMP, ICMPV6):
        raise _wrong(text, f"{word} would be an ICMP type, but the protocol is another")
    type_, _, code = word.partition("/")
    if len(word) > 2 * _DIGITS or int(type_) > _LAST_PROTOCOL or int(code or 0) > _LAST_PROTOCOL:
        raise _wrong(text, f"{word} is no ICMP type and code")
    return IcmpTypeCode(int(type_), int(code or 0))


def _end(text: str, word: str) -> End:
    address = _address(word)
    if address is not None:
        return End(address=address, interface=None, port=None)
    found = _BRACKETED.fullmatch(word)
    if found is not None:
        address = _address(found["address"])
        if address is None:
            raise _wrong(text, f"{found['address']} is no address")
        return End(address=address, interface=None, port=_port(text, found["port"]))
    named = _PLAIN.fullmatch(word)
    if named is None:
        raise _wrong(text, f"{word} is no address")
    address = _address(named["name"])
    if address is None and re.fullmatch(r"[\d.]+", named["name"]):
        raise _wrong(text, f"{named['name']} is no address")
    name = None if address is not None else named["name"]
    return End(address=address, interface=name, port=_port(text, named["port"]))


def _address(word: str) -> Address | None:
    try:
        return ip_address(word)
    except ValueError:
        return None


def _port(text: str, word: str | None) -> int | None:
    if word is not None and (len(word) > _DIGITS or int(word) > _LAST_PORT):
        raise _wrong(text, f"{word[:100]} is no port")
    return None if word is None else int(word)


def _check(text: str, flow: Flow) -> None:
    one, other = flow.source.address, flow.destination.address
    if one is not None and other is not None and one.version != other.version:
        raise _wrong(text, "one address is IPv4 and the other IPv6")
    if any(
        each is not None and each.version != ICMP_FAMILIES.get(flow.protocol, each.version) for each in (one, other)
    ):
        raise _wrong(text, "icmp is for IPv4 addresses and icmpv6 for IPv6 ones")
    ported = flow.protocol in (TCP, UDP)
    if ported and flow.destination.port is None:
        raise _wrong(text, "the destination port is missing")
    if not ported and (flow.source.port is not None or flow.destination.port is not None):
        raise _wrong(text, f"protocol {flow.protocol} has no ports")
