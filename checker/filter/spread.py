"""Replies to a port that the system chose: what a network ACL does with all of them."""

from __future__ import annotations

from typing import Final

from checker.filter.entries import acl_stage
from checker.filter.index import Index
from checker.filter.needs import EPHEMERAL, SYSTEMS
from checker.filter.result import Doubt, Packet, StageResult
from checker.model.address import PortRange
from checker.model.diagnosis import CauseDetail, Verdict
from checker.model.firewall import NetworkAcl
from checker.model.network import NetworkInterface, Subnet
from checker.model.record import dataclass, replace


@dataclass(frozen=True, slots=True)
class Share:
    """Ports that get one answer."""

    ports: PortRange
    result: StageResult


def shares(index: Index, subnet: Subnet, packet: Packet, interface: NetworkInterface | None) -> tuple[Share, ...]:
    """Return what the ACL does with a packet to each port that a system may choose (1024 to 65535)."""
    starts = sorted(each for each in _starts(index, subnet) if EPHEMERAL.first <= each <= EPHEMERAL.last)
    found: list[Share] = []
    for first, last in zip(starts, [*(each - 1 for each in starts[1:]), EPHEMERAL.last], strict=True):
        result = acl_stage(index, subnet, replace(packet, port=first), interface)
        if found and (found[-1].result.verdict, found[-1].result.line) == (result.verdict, result.line):
            found[-1] = Share(PortRange(found[-1].ports.first, last), result)
        else:
            found.append(Share(PortRange(first, last), result))
    return tuple(found)


def over_ports(index: Index, subnet: Subnet, packet: Packet, interface: NetworkInterface | None) -> StageResult:
    """Return the one answer for all such ports; where they differ, the verdict is open and the denied share named.

    Where they differ in the line that decides alone, all these lines are candidates.
    """
    found = shares(index, subnet, packet, interface)
    if all(replace(each.result, assumed=()) == replace(found[0].result, assumed=()) for each in found):
        return found[0].result
    verdicts = {each.result.verdict for each in found}
    doubts = [doubt for each in found for doubt in each.result.doubts]
    if Verdict.ALLOWED in verdicts and Verdict.DENIED in verdicts:
        doubts.insert(0, Doubt(CauseDetail.CONFIG, f"it depends on the port that the system chooses: {_lost(found)}"))
    elif len(verdicts) == 1:
        doubts.append(Doubt(CauseDetail.CONFIG, "which line decides depends on the port that the system chooses"))
    lines = [line for each in found for line in (each.result.line, *each.result.candidates) if line is not None]
    return StageResult(
        stage=found[0].result.stage,
        verdict=verdicts.pop() if len(verdicts) == 1 else Verdict.UNKNOWN,
        candidates=tuple({each.id: each for each in lines}.values()),
        doubts=tuple(dict.fromkeys(doubts)),
        assumed=found[0].result.assumed,
    )


def _lost(found: tuple[Share, ...]) -> str:
    """Return which ports certainly do not pass, and how much that is of what each system chooses."""
    denied = [each for each in found if each.result.verdict is Verdict.DENIED]
    ranges = ", ".join(f"{each.ports.first}-{each.ports.last}" for each in denied)
    parts = ", ".join(f"{_part(denied, of)} of those that {name} choose{'s' * (name in _ONE)}"
                      for name, of in SYSTEMS.items())  # fmt: skip
    return f"{ranges} do not pass: {parts}"


_ONE: Final = ("Linux", "Windows")


def _part(denied: list[Share], of: PortRange) -> str:
    """Return how much of a range is denied: none, all, or per cent that are neither 0 nor 100."""
    width = of.last - of.first + 1
    lost = sum(max(0, min(each.ports.last, of.last) - max(each.ports.first, of.first) + 1) for each in denied)
    return "none" if not lost else "all" if lost == width else f"{min(max(round(100 * lost / width), 1), 99)} %"


def _starts(index: Index, subnet: Subnet) -> set[int]:
    acl = index.acl_of(subnet).acl
    made = {EPHEMERAL.first}
    for entry in acl.entries if isinstance(acl, NetworkAcl) else ():
        if isinstance(entry.ports, PortRange):
            made |= {entry.ports.first, entry.ports.last + 1}
    return made
