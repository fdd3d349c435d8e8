"""VPC Block Public Access: it may reject traffic with the Internet whatever groups and network ACLs allow.

Source: Amazon VPC User Guide, Block public access to VPCs and subnets.
"""

from __future__ import annotations

from typing import Final

from checker.filter.index import Index
from checker.model.known import Unknown, may_equal
from checker.model.network import Subnet

_OFF: Final = "off"
_ANY_WAY: Final = "allow-bidirectional"
_OUTWARD: Final = "allow-egress"


def block_mode(index: Index, subnet: Subnet, *, inward: bool) -> str | None:
    """Return the mode in which the block holds for a subnet's traffic with the Internet; None where none is known to.

    ``inward``: the Internet opens it. The setting is that of the account that owns the VPC.
    """
    model = index.model
    owner = subnet.account if isinstance(subnet.owner, Unknown) else subnet.owner
    set_here = {
        each.internet_gateway_block_mode
        for each in model.vpc_block_public_access
        if isinstance(each.internet_gateway_block_mode, str)
        and may_equal(each.account, owner)
        and may_equal(each.region, subnet.region)
    }
    if len(set_here) != 1 or set_here == {_OFF}:
        return None
    around = [key for key in (subnet.key, subnet.vpc) if isinstance(key, str)]
    free = (_ANY_WAY,) if inward else (_ANY_WAY, _OUTWARD)
    excluded = any(
        isinstance(each.target, str) and each.target in around and isinstance(each.mode, str) and each.mode in free
        for each in model.vpc_block_public_access_exclusions
    )
    return None if excluded else next(iter(set_here))
