"""The fields of flow log records: one table, from which formats, checks of records and the reference page come.

Source: VPC User Guide, "Flow log records"; Transit Gateway guide, "Transit gateway flow log records".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from checker.model.record import dataclass

_TABLE: Final = """
version | 2 | INT_32 | version of the record: the highest among the versions of its fields
account-id | 2 | STRING | account that owns the interface; `unknown` for some interfaces that AWS services made
interface-id | 2 | STRING | network interface that recorded; `-` for a regional NAT gateway
srcaddr | 2 | STRING | source; for what leaves the interface its primary private address
dstaddr | 2 | STRING | destination; for what arrives the primary private address of the interface
srcport | 2 | INT_32 | source port
dstport | 2 | INT_32 | destination port
protocol | 2 | INT_32 | IANA protocol number: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6
packets | 2 | INT_64 | packets in the aggregation interval
bytes | 2 | INT_64 | bytes in the aggregation interval; absent where Block Public Access rejected
start | 2 | INT_64 | first packet, seconds since 1970; up to 60 s off
end | 2 | INT_64 | last packet, seconds since 1970; up to 60 s off
action | 2 | STRING | `ACCEPT` or `REJECT`; a packet after the end of its connection is rejected too
log-status | 2 | STRING | `OK`, `NODATA` (nothing passed) or `SKIPDATA` (AWS lost records)
vpc-id | 3 | STRING | VPC of the interface
subnet-id | 3 | STRING | subnet of the interface
instance-id | 3 | STRING | instance of the interface; `-` for interfaces that AWS services made
tcp-flags | 3 | INT_32 | TCP flags of the interval or-ed: FIN 1, SYN 2, RST 4, SYN-ACK 18; 0 for ACK or PSH alone
type | 3 | STRING | `IPv4`, `IPv6` or `EFA`
pkt-srcaddr | 3 | STRING | source in the packet, where a NAT gateway, transit gateway or pod stands between
pkt-dstaddr | 3 | STRING | destination in the packet
region | 4 | STRING | region of the interface
az-id | 4 | STRING | availability zone id of the interface
sublocation-type | 4 | STRING | `wavelength`, `outpost` or `localzone`
sublocation-id | 4 | STRING | id of the sublocation
pkt-src-aws-service | 5 | STRING | AWS service that owns the source address in the packet
pkt-dst-aws-service | 5 | STRING | AWS service that owns the destination address in the packet
flow-direction | 5 | STRING | `ingress` or `egress`, seen from the interface
traffic-path | 5 | INT_32 | way out: 1 same VPC, 2 internet or gateway endpoint, 3 VPN, 4, 5 peering, 8 internet
ecs-cluster-arn | 7 | STRING | ECS cluster, by ARN
ecs-cluster-name | 7 | STRING | ECS cluster, by name
ecs-container-instance-arn | 7 | STRING | ECS container instance, by ARN; `-` on Fargate
ecs-container-instance-id | 7 | STRING | ECS container instance, by id; `-` on Fargate
ecs-container-id | 7 | STRING | runtime id of the first container of the task
ecs-second-container-id | 7 | STRING | runtime id of the second container of the task
ecs-service-name | 7 | STRING | ECS service that started the task
ecs-task-definition-arn | 7 | STRING | ECS task definition, by ARN
ecs-task-arn | 7 | STRING | ECS task, by ARN
ecs-task-id | 7 | STRING | ECS task, by id
reject-reason | 8 | STRING | `BPA` Block Public Access, `EC` encryption controls; `-` for groups and network ACLs
resource-id | 9 | STRING | regional NAT gateway
encryption-status | 10 | INT_32 | 0 none, 1 by Nitro, 2 by the application, 3 by both
instance-tag | 11 | STRING | first chosen tag of the instance, percent-encoded
instance-tag-2 | 11 | STRING | second chosen tag of the instance
interface-tag | 11 | STRING | first chosen tag of the interface
interface-tag-2 | 11 | STRING | second chosen tag of the interface
asg-tag | 11 | STRING | first chosen tag of the auto scaling group
asg-tag-2 | 11 | STRING | second chosen tag of the auto scaling group
interface-type | 11 | STRING | service that the interface belongs to
next-hop-interface-id | 11 | STRING | interface that gets what leaves, or sent what arrives
next-hop-subnet-id | 11 | STRING | subnet of the next hop
next-hop-az-id | 11 | STRING | availability zone id of the next hop
next-hop-vpc-id | 11 | STRING | VPC of the next hop
next-hop-interface-type | 11 | STRING | service that the next hop belongs to
resource-type | 6 | STRING | transit gateway or attachment that the flow log is on
tgw-id | 6 | STRING | transit gateway
tgw-attachment-id | 6 | STRING | attachment that recorded
tgw-src-vpc-account-id | 6 | STRING | account of the source VPC
tgw-dst-vpc-account-id | 6 | STRING | account of the destination VPC
tgw-src-vpc-id | 6 | STRING | source VPC
tgw-dst-vpc-id | 6 | STRING | destination VPC
tgw-src-subnet-id | 6 | STRING | source subnet
tgw-dst-subnet-id | 6 | STRING | destination subnet
tgw-src-eni | 6 | STRING | interface of the source attachment
tgw-dst-eni | 6 | STRING | interface of the destination attachment
tgw-src-az-id | 6 | STRING | availability zone id of the source
tgw-dst-az-id | 6 | STRING | availability zone id of the destination
tgw-pair-attachment-id | 6 | STRING | attachment at the other end
packets-lost-no-route | 6 | INT_64 | packets dropped for want of a route
packets-lost-blackhole | 6 | INT_64 | packets dropped by a blackhole route
packets-lost-mtu-exceeded | 6 | INT_64 | packets dropped because they were too large
packets-lost-ttl-expired | 6 | INT_64 | packets dropped because their time to live ended
"""
"""Version 6 is that of transit gateways."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of records."""

    name: str
    """As AWS writes it, with hyphens; Parquet columns have underscores."""
    version: int
    type: str
    """Of the Parquet column: STRING, INT_32 or INT_64. In plain text all is text, and ``-`` is nothing."""
    meaning: str

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers."""
        return self.type != "STRING"


def _rows() -> tuple[Field, ...]:
    cells = (line.split(" | ", 3) for line in _TABLE.strip().splitlines())
    return tuple(Field(name, int(version), kind, meaning) for name, version, kind, meaning in cells)


FIELDS: Final = _rows()
"""All fields of all versions, those of transit gateways last."""

BY_NAME: Final = {field.name: field for field in FIELDS}

NEEDED: Final = ("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "action", "start", "end")
"""Without these no rejected record can be joined with the rules that rejected it."""

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_IN_BRACES: Final = re.compile(r"\$\{([^{}\s]+)\}")
_LONGEST: Final = 8192
"""A format of all fields has some 900 characters."""

_NUMBER: Final = r"\d{1,18}"
_ADDRESS: Final = r"[0-9A-Fa-f.:]{2,45}"
_SHAPES: Final = {
    "version": r"\d{1,2}",
    "account-id": r"\d{6,12}|unknown",
    "interface-id": r"eni-[0-9A-Za-z]+",
    **dict.fromkeys(("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr"), _ADDRESS),
    **dict.fromkeys(("srcport", "dstport"), r"\d{1,5}"),
    "protocol": r"\d{1,3}",
    "action": "ACCEPT|REJECT",
    "log-status": "OK|NODATA|SKIPDATA",
    "flow-direction": "ingress|egress",
    "vpc-id": r"vpc-\w+",
    "subnet-id": r"subnet-\w+",
}
"""What values look like, as far as it tells one format from another; all may be ``-``."""

_ALWAYS: Final = frozenset(("version", "start", "end"))
"""Fields that even a record without traffic fills."""


def canonical(name: str) -> str:
    """Return the name of a field with hyphens and in small letters, as AWS writes it."""
    return name.strip().strip('"').lower().replace("_", "-")


def fields_of(text: str) -> tuple[str, ...] | None:
    """Return the fields that a format or a header line names; None where it is neither.

    ``${version} ${interface-id}``, ``version interface-id`` and ``version,interface_id`` are read alike. Fields that
    are not known are kept, as long as half of them are known.
    """
    if len(text) > _LONGEST:
        return None
    words = [word for word in re.split(r"[\s,;]+", text.strip("\ufeff \t\r\n")) if word]
    braced = [_IN_BRACES.fullmatch(word) for word in words]
    if any(braced) and not all(braced):
        return None
    names = [canonical(found[1] if found else word) for word, found in zip(words, braced, strict=True)]
    if not all(_NAME.fullmatch(name) for name in names) or len(set(names)) != len(names):
        return None
    known = sum(name in BY_NAME for name in names)
    return tuple(names) if known >= (1 if all(braced) else 2) and known * 2 >= len(names) else None


def missing_for_analysis(fields: Iterable[str]) -> tuple[str, ...]:
    """Return the fields that a format, however it spells them, lacks for the analysis of rejects."""
    have = {canonical(name) for name in fields}
    return tuple(name for name in NEEDED if name not in have)


@lru_cache(maxsize=256)
def record_pattern(fields: tuple[str, ...]) -> re.Pattern[str]:
    """Return what a record of a format looks like: its values, separated by single spaces."""
    return re.compile(" ".join(_shape(canonical(name)) for name in fields), re.ASCII)


@lru_cache(maxsize=512)
def _shape(name: str) -> str:
    known = BY_NAME.get(name)
    shape = _SHAPES.get(name) or (_NUMBER if known is not None and known.whole else r"[^ ]+")
    return f"(?:{shape})" if name in _ALWAYS else f"(?:-|{shape})"


def misfit(fields: Sequence[str], values: Sequence[str]) -> str | None:
    """Return why values are no record of a format, in a few words; None where they are one."""
    if len(values) != len(fields):
        return f"{len(values)} value{'' if len(values) == 1 else 's'} for {len(fields)} fields"
    for name, value in zip(fields, values, strict=True):
        if not re.fullmatch(_shape(canonical(name)), value, re.ASCII):
            return f"{canonical(name)} holds {value[:40]!a}"
    return None
