"""The default formats of flow log records: what ``log_format`` is when nobody sets one.

Source: VPC User Guide, "Flow log records"; Transit Gateway guide, "Transit gateway flow log records".
"""

from __future__ import annotations

from typing import Final

_DEFAULT: Final = """
version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
"""
_TRANSIT: Final = """
version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id
tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id
tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end log-status
type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired tcp-flags
region flow-direction pkt-src-aws-service pkt-dst-aws-service
"""

DEFAULT_FIELDS: Final = tuple(_DEFAULT.split())
"""The default format of everything but transit gateways (version 2), in order."""

TRANSIT_DEFAULT_FIELDS: Final = tuple(_TRANSIT.split())
"""The default format of transit gateways, in order."""


def is_default_format(text: str, *, transit: bool) -> bool:
    """Say whether a format, ``${version} ${account-id} ...``, is what AWS takes when none is given."""
    wanted = TRANSIT_DEFAULT_FIELDS if transit else DEFAULT_FIELDS
    return text.split() == [f"${{{field}}}" for field in wanted]
