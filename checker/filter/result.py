"""What the evaluation of one packet is made of: the packet, the doubts, and the answer of one control."""

from __future__ import annotations

from enum import IntEnum

from checker.filter.addresses import Address
from checker.model.address import IcmpTypeCode
from checker.model.diagnosis import CauseDetail, Dimension, Line, Stage, Verdict
from checker.model.firewall import Direction
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet as an interface sees it."""

    direction: Direction
    protocol: int
    """IANA number."""
    peer: Address
    port: int | None = None
    """Destination port; None where it is not known or the protocol has none."""
    icmp: IcmpTypeCode | None = None
    """None where it is not known: records do not tell."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that is not known and decides."""

    kind: CauseDetail
    """One of the details of ``Cause.UNDETERMINED``."""
    says: str
    """What is not known, in words that name it."""


@dataclass(frozen=True, slots=True)
class Note:
    """Why a rule that names a group does not hold although it may seem so."""

    line: Line
    kind: CauseDetail
    says: str


class Holds(IntEnum):
    """Whether something holds; ordered so that ``min`` is "and", ``max`` is "or" (Kleene)."""

    NO = 0
    PERHAPS = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Match:
    """How one rule or entry meets one packet."""

    holds: Holds
    differs: tuple[Dimension, ...] = ()
    """In what it certainly does not match."""
    doubts: tuple[Doubt, ...] = ()
    note: tuple[CauseDetail, str] | None = None
    via: str | None = None
    """The member interface by which a group was matched, or the entry by which a prefix list was."""
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """The answer of one control for one packet."""

    stage: Stage
    verdict: Verdict
    line: Line | None = None
    """The line that decided. None where the absence of a line decided, or several may be it."""
    candidates: tuple[Line, ...] = ()
    """Lines of which it is not known whether they match."""
    doubts: tuple[Doubt, ...] = ()
    """Why the verdict is open, or which line decided is."""
    no_rules: bool = False
    """There is no rule at all in this direction."""
    why: str | None = None
    """Why the control is not evaluated."""
    via: str | None = None
    """The interface that carries the group, or the entry of the prefix list, by which a rule matched."""
    notes: tuple[Note, ...] = ()
    assumed: tuple[str, ...] = ()
