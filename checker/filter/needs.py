"""Where changes go: the ports of replies, and free numbers for network ACL entries."""

from __future__ import annotations

from typing import Final

from checker.filter.sketch import in_order
from checker.model.address import PortRange
from checker.model.firewall import Direction, NetworkAcl
from checker.model.known import Unknown

EPHEMERAL: Final = PortRange(1024, 65535)
"""Where replies go, whichever system asked. Source: VPC User Guide, "Ephemeral ports"."""

SYSTEMS: Final = {
    "Linux": PortRange(32768, 60999),
    "Windows": PortRange(49152, 65535),
    "NAT gateways, load balancers and Lambda": EPHEMERAL,
}
"""From which ports each opens connections. Source: the same."""
EPHEMERAL_WORDS: Final = ", ".join(f"{each.first}-{each.last} for {name}" for name, each in SYSTEMS.items())

LAST_NUMBER: Final = 32766
_STEP: Final = 10


def free_number(acl: NetworkAcl, direction: Direction, before: int | None) -> int | None:
    """Return a free rule number that stands before another one, or behind all entries; None: there is none.

    Each direction counts by itself. Round numbers are taken where they are free.
    """
    if any(isinstance(each.rule_number, Unknown) for each in acl.entries):
        return None
    taken = {each.rule_number for each in in_order(acl.entries, direction) if isinstance(each.rule_number, int)}
    if before is None:
        after = max(taken, default=0)
        round_ = (after // _STEP + 1) * _STEP
        choices = [round_, *range(after + 1, LAST_NUMBER + 1)[:1], *range(LAST_NUMBER, 0, -1)]
    else:
        below = range(before - 1, 0, -1)
        choices = [*(each for each in below if each % _STEP == 0), *(each for each in below if each % 5 == 0), *below]
    return next((each for each in choices if each not in taken and each <= LAST_NUMBER), None)
