"""Fields of a flow log record, as far as rules need them.

Source: VPC User Guide, "Flow log records"; Transit Gateway guide, "Transit gateway flow log records".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from checker.model import log_format

_ANALYSIS: Final = """
version account-id interface-id vpc-id subnet-id srcaddr dstaddr srcport dstport protocol tcp-flags type pkt-srcaddr
pkt-dstaddr flow-direction traffic-path action reject-reason log-status start end packets bytes
"""
DEFAULT_FIELDS: Final = log_format.DEFAULT_FIELDS
TRANSIT_DEFAULT_FIELDS: Final = log_format.TRANSIT_DEFAULT_FIELDS

ANALYSIS_FIELDS: Final = tuple(_ANALYSIS.split())
"""What it takes to say which rule rejected a flow: who, where, which way, and the address before translation."""

TRANSIT_FIELDS: Final = frozenset(TRANSIT_DEFAULT_FIELDS)
"""All fields that a record of a transit gateway can have; its default format has them all."""

_BY_VERSION: Final = {
    2: " ".join(DEFAULT_FIELDS),
    3: "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr",
    4: "region az-id sublocation-type sublocation-id",
    5: "pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path",
    6: """resource-type tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id
        tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id
        tgw-pair-attachment-id packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded
        packets-lost-ttl-expired""",
    7: """ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id
        ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id""",
    8: "reject-reason",
    9: "resource-id",
    10: "encryption-status",
    11: """instance-tag instance-tag-2 interface-tag interface-tag-2 asg-tag asg-tag-2 interface-type
        next-hop-interface-id next-hop-subnet-id next-hop-az-id next-hop-vpc-id next-hop-interface-type""",
}

VERSION_OF: Final = {field: version for version, fields in _BY_VERSION.items() for field in fields.split()}
"""Format version by which each field came; ``version`` in a record is the highest of its fields."""

SHORT_NUMBERS: Final = frozenset(
    ["version", "srcport", "dstport", "protocol", "tcp-flags", "traffic-path", "encryption-status"]
)
"""Fields that Parquet files hold as 32-bit numbers."""

LONG_NUMBERS: Final = frozenset(
    [
        "packets",
        "bytes",
        "start",
        "end",
        "packets-lost-no-route",
        "packets-lost-blackhole",
        "packets-lost-mtu-exceeded",
        "packets-lost-ttl-expired",
    ]
)
"""Fields that Parquet files hold as 64-bit numbers; all others are texts."""

_ALIASES: Final[Mapping[str, str]] = {
    "account": "account-id",
    "interface": "interface-id",
    "eni": "interface-id",
    "eniid": "interface-id",
    "source": "srcaddr",
    "src": "srcaddr",
    "sourceaddress": "srcaddr",
    "sourceaddr": "srcaddr",
    "sourceip": "srcaddr",
    "srcip": "srcaddr",
    "destination": "dstaddr",
    "dst": "dstaddr",
    "destinationaddress": "dstaddr",
    "destinationip": "dstaddr",
    "destaddr": "dstaddr",
    "dstip": "dstaddr",
    "sourceport": "srcport",
    "destinationport": "dstport",
    "destport": "dstport",
    "numpackets": "packets",
    "numbytes": "bytes",
    "starttime": "start",
    "endtime": "end",
    "windowstart": "start",
    "windowend": "end",
    "logstatus": "log-status",
    "flowlogstatus": "log-status",
    "vpc": "vpc-id",
    "subnet": "subnet-id",
    "instance": "instance-id",
}
"""Names by which people and AWS's own samples call fields, without separators."""
_BY_PLAIN_NAME: Final = {**_ALIASES, **{field.replace("-", ""): field for field in VERSION_OF}}

_FIELD: Final = re.compile(r"\$\{([^}]*)\}")


@lru_cache(maxsize=1024)  # one format for most logs, asked for by several rules
def fields_of(log_format: str) -> tuple[str, ...]:
    """Return the fields of a format like ``${version} ${account-id}``, in order."""
    return tuple(found.strip() for found in _FIELD.findall(log_format))


def hcl_format(fields: Sequence[str]) -> str:
    """Return a format as a quoted HCL string, where ``${`` must be written ``$${``."""
    return '"' + " ".join(f"$${{{field}}}" for field in fields) + '"'


def field_called(alias: str) -> str | None:
    """Return the field that a name means; None for a name that says nothing."""
    return _BY_PLAIN_NAME.get(re.sub(r"[^0-9a-z]", "", alias.lower()))
