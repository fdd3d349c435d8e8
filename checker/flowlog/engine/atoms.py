"""What the numbers of counted atoms stand for, whether the engine counted them or a statement of SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import IPv6Address
from typing import Final

from checker.flowlog.engine.chunk import LATEST, dotted
from checker.model.address import V6
from checker.model.firewall import Direction
from checker.model.traffic import DirectionSignal, FlagsClass

SIGNALS: Final = (DirectionSignal.NOTHING, DirectionSignal.FIELD, DirectionSignal.ADDRESS, DirectionSignal.PATH,
                  DirectionSignal.SUBNET)  # fmt: skip
DIRECTIONS: Final = (None, Direction.INGRESS, Direction.EGRESS)
FLAGS: Final = (FlagsClass.NONE, FlagsClass.SYN, FlagsClass.SYN_ACK, FlagsClass.OTHER)
"""By what told the direction, by the direction, and by what flags tell."""


def peer_interval(starts: Sequence[int], place: int) -> tuple[str, str]:
    """Return the first and the last address of an interval of peers; ``starts`` has the first of each as a number."""
    first = starts[place]
    end = starts[place + 1] if place + 1 < len(starts) else 2 * V6
    if first < V6:
        return dotted(first), dotted(min(end, 1 << 32) - 1)
    return str(IPv6Address(first - V6)), str(IPv6Address(end - 1 - V6))


def port_interval(starts: Sequence[int], place: int) -> tuple[int, int] | tuple[None, None]:
    """Return the first and the last port of an interval; none for place -1: the protocol has no ports."""
    if place < 0:
        return None, None
    return starts[place], starts[place + 1] - 1 if place + 1 < len(starts) else 65535


def time_of(seconds: int) -> datetime:
    """Return seconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(min(seconds, LATEST), UTC)
