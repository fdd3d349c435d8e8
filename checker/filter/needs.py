"""Where changes go: the ports of replies, and free numbers for network ACL entries."""

from __future__ import annotations

from collections.abc import Iterator
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
    """Return the best free rule number before another one, or behind all entries; None: there is none."""
    return next(free_numbers(acl, direction, before), None)


def free_numbers(acl: NetworkAcl, direction: Direction, before: int | None, above: int = 0) -> Iterator[int]:
    """Yield the free rule numbers before another one and above a lower one, the best first.

    Where ``before`` is None, numbers behind all entries come first. Each direction counts by itself. Round numbers are
    taken where they are free.
    """
    if any(isinstance(each.rule_number, Unknown) for each in acl.entries):
        return
    taken = {each.rule_number for each in in_order(acl.entries, direction) if isinstance(each.rule_number, int)}
    yield from (each for each in _choices(max(taken, default=0), before, above) if each not in taken)


def _choices(last: int, before: int | None, above: int) -> Iterator[int]:
    """Yield each number once. ``last`` is the highest that is taken."""
    if before is None:
        behind = range(max(last, above) + 1, LAST_NUMBER + 1)
        yield from (each for each in behind if each % _STEP == 0)
        yield from (each for each in behind if each % _STEP)
        yield from range(behind.start - 1, above, -1)
        return
    below = range(min(before - 1, LAST_NUMBER), above, -1)
    yield from (each for each in below if each % _STEP == 0)
    yield from (each for each in below if each % _STEP == _STEP // 2)
    yield from (each for each in below if each % (_STEP // 2))
