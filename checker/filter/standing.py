"""The network ACL that stands at a subnet, or why it is not known which."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from checker.model.address import ALL_PROTOCOLS
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry, RuleAction
from checker.model.known import Maybe, Unknown
from checker.model.network import Vpc
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the ACL of one subnet."""

    acl: Maybe[NetworkAcl]
    assumed: str | None = None
    """What was taken for granted to know it."""


_EVERYTHING: Final = ((100, "0.0.0.0/0"), (101, "::/0"))
"""Entries of a default network ACL as AWS creates it. Source: VPC User Guide, "Default network ACL"."""


def default_as_created(vpc: Vpc) -> Standing:
    """Return the default ACL that a VPC gets which only comes with this configuration: it allows everything."""
    key = f"{vpc.key} default network ACL"
    acl = NetworkAcl(
        key=key,
        origin=vpc.origin,
        type="aws_default_network_acl",
        id=Unknown("known after apply"),
        arn=Unknown("known after apply"),
        account=vpc.account,
        region=vpc.region,
        tags={},
        vpc=vpc.key,
        is_default=True,
        entries=tuple(
            NetworkAclEntry(
                origin_key=key,
                rule_number=number,
                direction=direction,
                rule_action=RuleAction.ALLOW,
                protocol=ALL_PROTOCOLS,
                prefix=ip_network(prefix),
                ports=None,
                icmp=None,
            )
            for direction in Direction
            for number, prefix in _EVERYTHING
        ),
        subnets=(),
    )
    return Standing(acl, f"the default network ACL of {vpc.key} allows everything, as AWS creates it")
