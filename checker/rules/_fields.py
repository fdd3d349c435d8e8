"""Fields of a flow log record, as far as rules need them.

Source: VPC User Guide, "Flow log records"; Transit Gateway guide, "Transit gateway flow log records".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_DEFAULT: Final = """
version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
"""
_ANALYSIS: Final = """
version account-id interface-id vpc-id subnet-id srcaddr dstaddr srcport dstport protocol tcp-flags type pkt-srcaddr
pkt-dstaddr flow-direction traffic-path action reject-reason log-status start end packets bytes
"""
_TRANSIT: Final = """
version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id
tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id
tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end log-status
type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired tcp-flags
region flow-direction pkt-src-aws-service pkt-dst-aws-service
"""

DEFAULT_FIELDS: Final = tuple(_DEFAULT.split())
"""The default format of everything but transit gateways (version 2)."""

ANALYSIS_FIELDS: Final = tuple(_ANALYSIS.split())
"""What it takes to say which rule rejected a flow: who, where, which way, and the address before translation."""

TRANSIT_FIELDS: Final = frozenset(_TRANSIT.split())
"""All fields that a record of a transit gateway can have; its default format has them all."""

_FIELD: Final = re.compile(r"\$\{([^}]*)\}")


def fields_of(log_format: str) -> tuple[str, ...]:
    """Return the fields of a format like ``${version} ${account-id}``, in order."""
    return tuple(found.strip() for found in _FIELD.findall(log_format))


def hcl_format(fields: Sequence[str]) -> str:
    """Return a format as a quoted HCL string, where ``${`` must be written ``$${``."""
    return '"' + " ".join(f"$${{{field}}}" for field in fields) + '"'
