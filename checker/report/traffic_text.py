"""Words for recorded traffic that all formats share. Texts here are not yet escaped."""

from __future__ import annotations

from collections import Counter
from typing import Final

from checker.model.address import ALL_PROTOCOLS, PROTOCOL_NUMBERS, PortRange
from checker.model.diagnosis import Cause, Diagnosis, Pattern, TrafficRoute
from checker.model.firewall import Direction
from checker.model.traffic import FILES_AGAIN, TrafficSummary
from checker.report import say

_DIGITS: Final = 19
"""No count has so many."""

PATTERNS: Final = {
    Pattern.INBOUND_REJECT: "inbound reject",
    Pattern.INBOUND_ACCEPT_OUTBOUND_REJECT: "inbound accept with outbound reject",
    Pattern.OUTBOUND_REJECT: "outbound reject",
    Pattern.OUTBOUND_ACCEPT_INBOUND_REJECT: "outbound accept with inbound reject",
}

ROUTES: Final = {
    TrafficRoute.SUBNET_TO_INTERNET: "subnet to internet",
    TrafficRoute.SUBNET_TO_SUBNET: "subnet to subnet",
    TrafficRoute.INTERNET_TO_SUBNET: "internet to subnet",
}

CAUSES: Final = {
    Cause.SG_NO_MATCH: "no security group rule allows it",
    Cause.SG_NO_RULES: "the security groups have no rule in this direction",
    Cause.NACL_DENY: "a network ACL entry denies it",
    Cause.NACL_IMPLICIT_DENY: "no network ACL entry allows it",
    Cause.REPLY_BLOCKED: "the network ACL rejects the reply",
    Cause.BPA: "VPC Block Public Access",
    Cause.ENCRYPTION_CONTROL: "VPC encryption controls",
    Cause.LATE_PACKET: "late packet of a closed connection",
    Cause.CONTRADICTS_CONFIG: "the rules allow it: another blocker, or drift",
    Cause.FIXED_SINCE: "allowed by now",
    Cause.EXPECTED_DENIAL: "background noise, denied as intended",
    Cause.UNDETERMINED: "cannot be told",
    Cause.NOT_ANALYSABLE: "the format lacks fields",
}

_NAMES: Final = {number: word for word, number in PROTOCOL_NUMBERS.items() if number != ALL_PROTOCOLS}


def service(protocol: int, ports: PortRange | None) -> str:
    """Return ``tcp/5432``, ``udp/1024-65535``, ``icmp`` or ``protocol 50``."""
    word = _NAMES.get(protocol, f"protocol {protocol}")
    if ports is None:
        return word
    return f"{word}/{ports.first}" if ports.first == ports.last else f"{word}/{ports.first}-{ports.last}"


def headline(found: Diagnosis) -> str:
    """Return who wanted what of whom: ``tcp/5432 from 10.0.1.5 and 3 more to eni-1 (10.0.2.7)``."""
    first = found.peers.top[0] if found.peers.top else ", ".join(map(str, found.peers.prefixes)) or "unknown"
    more = f" and {found.peers.count - 1:,} more" if found.peers.count > 1 else ""
    own = f"{found.interface_id} ({found.local})" if found.local else found.interface_id
    who = f"{first}{more}"
    outward = found.direction is Direction.EGRESS
    ends = f"from {own} to {who}" if outward else f"from {who} to {own}"
    if found.direction is None:
        ends = f"between {own} and {who}"
    return f"{service(found.protocol, found.service_ports)} {ends}"


def kind(found: Diagnosis) -> str:
    """Return pattern and route in the words that people learn by heart."""
    words = [PATTERNS[found.pattern]] if found.pattern else []
    words += [ROUTES[found.route]] if found.route else []
    return "; ".join(words)


def weight(found: Diagnosis) -> str:
    """Return how much was rejected, and when."""
    traffic = found.traffic
    return (
        f"{say.number(traffic.records, 'record')}, {say.number(traffic.packets, 'packet')}, "
        f"{say.number(traffic.bytes, 'byte')}; {traffic.first:%Y-%m-%d %H:%M} to {traffic.last:%Y-%m-%d %H:%M} UTC"
    )


def read_line(found: TrafficSummary) -> str:
    """Return what was read, in one sentence."""
    window = ""
    if found.first is not None and found.last is not None:
        window = f", {found.first:%Y-%m-%d %H:%M} to {found.last:%Y-%m-%d %H:%M} UTC"
    return (
        f"{say.number(found.records, 'record')} in {say.number(found.files, 'file')}{window}: {found.accepted:,} "
        f"accepted, {found.rejected:,} rejected, {found.no_data:,} NODATA, {found.skipped:,} SKIPDATA"
    )


def left_out(found: TrafficSummary) -> str:
    """Return what was read and not used; empty where everything was."""
    lines = "unreadable line" if found.unreadable == 1 else "unreadable lines"
    told = found.facts.get(FILES_AGAIN, "")
    again = int(told) if told.isascii() and told.isdigit() and len(told) < _DIGITS else 0
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (again, "file that was found again" if again == 1 else "files that were found again"),
            (found.outside, "outside the window or filters"),
            (found.duplicates, "recorded twice"),
            (found.unreadable, lines),
        )
        if number
    ]
    return ", ".join(parts)


def by_kind(diagnoses: tuple[Diagnosis, ...]) -> list[tuple[str, int, int]]:
    """Return the four cases and the three routes with their diagnoses and rejected records, the most frequent first.

    Background noise is left out: it is counted by cause.
    """
    records: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for each in diagnoses:
        word = kind(each)
        if word and not each.expected:
            records[word] += each.traffic.records
            kinds[word] += 1
    return sorted(((word, kinds[word], number) for word, number in records.items()), key=lambda row: (-row[2], row[0]))


def talkers(found: TrafficSummary, most: int) -> str:
    """Return the addresses with most rejected records in one line; empty where none is known."""
    return ", ".join(f"{address} ({records:,})" for address, records in found.top_rejected[:most])


def by_cause(diagnoses: tuple[Diagnosis, ...]) -> list[tuple[Cause, int]]:
    """Return causes with their rejected records, the most frequent first."""
    counted: Counter[Cause] = Counter()
    for each in diagnoses:
        counted[each.cause] += each.traffic.records
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0].value))
