"""One packet at one interface: what its security groups and the network ACL of its subnet do, and by which line.

Plain and three-valued: a fact that the input does not tell leaves the verdict open and is named. This is what the
atoms are proved equal to.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.filter.entries import acl_stage
from checker.filter.groups import group_stage
from checker.filter.index import Index
from checker.filter.result import Packet, StageResult
from checker.model.diagnosis import Verdict
from checker.model.firewall import Direction
from checker.model.network import NetworkInterface
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Both controls for one packet."""

    packet: Packet
    groups: StageResult
    acl: StageResult

    @property
    def stages(self) -> tuple[StageResult, StageResult]:
        """The controls in the order in which the packet meets them."""
        return (self.acl, self.groups) if self.packet.direction is Direction.INGRESS else (self.groups, self.acl)

    @property
    def verdict(self) -> Verdict:
        """Denied if one control denies, else unknown if one is, else allowed."""
        found = [stage.verdict for stage in self.stages]
        for verdict in (Verdict.DENIED, Verdict.UNKNOWN):
            if verdict in found:
                return verdict
        return Verdict.ALLOWED

    def denying(self) -> Iterator[StageResult]:
        """Yield the controls that deny, the first one met first."""
        return (stage for stage in self.stages if stage.verdict is Verdict.DENIED)

    def open(self) -> Iterator[StageResult]:
        """Yield the controls of which the verdict is not known."""
        return (stage for stage in self.stages if stage.verdict is Verdict.UNKNOWN)


def evaluate(index: Index, interface: NetworkInterface, packet: Packet) -> Evaluation:
    """Return what the controls at an interface do with a packet that opens a conversation.

    Replies to what was admitted pass security groups; see ``acl_stage`` for those.
    """
    subnet = index.subnet(interface.subnet)
    return Evaluation(packet, group_stage(index, interface, packet), acl_stage(index, subnet, packet, interface))
