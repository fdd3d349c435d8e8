"""The way of a flow through the rules, drawn: both ends, the controls between them, and where it stops."""

from __future__ import annotations

from typing import Final

from checker.model.diagnosis import Cause, Diagnosis, Stage
from checker.model.firewall import Direction
from checker.report.html.markup import Child, Html, icon, tag

_NAMES: Final = {
    Stage.SG_INGRESS: "Security groups, inbound",
    Stage.SG_EGRESS: "Security groups, outbound",
    Stage.NACL_INGRESS: "Network ACL, inbound",
    Stage.NACL_EGRESS: "Network ACL, outbound",
}
_WAYS: Final = {
    Direction.INGRESS: (Stage.NACL_INGRESS, Stage.SG_INGRESS),
    Direction.EGRESS: (Stage.SG_EGRESS, Stage.NACL_EGRESS),
}
"""Controls in the order in which a packet meets them. Source: VPC User Guide, "Network ACLs"."""
_SETTLED: Final = frozenset({
    Cause.SG_NO_MATCH, Cause.SG_NO_RULES, Cause.NACL_DENY, Cause.NACL_IMPLICIT_DENY, Cause.CONTRADICTS_CONFIG,
    Cause.FIXED_SINCE, Cause.EXPECTED_DENIAL,
})  # fmt: skip
"""Causes with which every control that is not named as a blocker allows the packet."""
_ELSEWHERE: Final = {
    Cause.BPA: "VPC Block Public Access",
    Cause.ENCRYPTION_CONTROL: "VPC Encryption Controls",
}


def path(found: Diagnosis) -> Html | None:
    """Return the way as a list that is drawn as a chain of boxes; None where the direction is not known."""
    if found.direction is None:
        return None
    peer = tag("li", tag("b", "Peer"), tag("span", _peer(found), class_="mono"), class_="end")
    own = tag("li", tag("b", "Interface"), tag("span", found.interface_id, class_="mono"),
              tag("span", found.local, class_="mono") if found.local else None, class_="end")  # fmt: skip
    stages = [_stage(each, found) for each in _WAYS[found.direction]]
    if found.cause in _ELSEWHERE:
        beside = _box(_ELSEWHERE[found.cause], "denies", "Rejected here")
        stages = [beside, *stages] if found.direction is Direction.INGRESS else [*stages, beside]
    boxes = [peer, *stages, own] if found.direction is Direction.INGRESS else [own, *stages, peer]
    return tag("ol", boxes, class_="path", aria_label="Way of the packet through the rules")


def _peer(found: Diagnosis) -> str:
    first = found.peers.top[0] if found.peers.top else ", ".join(map(str, found.peers.prefixes)) or "not known"
    return f"{first} and {found.peers.count - 1:,} more" if found.peers.count > 1 else first


def _stage(stage: Stage, found: Diagnosis) -> Html:
    blocker = next((each for each in found.blockers if each.stage is stage), None)
    if blocker is not None or stage is found.stage:
        line = blocker.rule if blocker is not None else found.rule
        told = f"{line.id}: {line.says}" if line else "No line allows it."
        return _box(_NAMES[stage], "denies", told)
    if found.cause is Cause.REPLY_BLOCKED and stage in (Stage.SG_INGRESS, Stage.SG_EGRESS):
        return _box(_NAMES[stage], "allows", "Lets replies pass: it remembers the request.")
    if found.cause in _SETTLED:
        return _box(_NAMES[stage], "allows", None)
    return _box(_NAMES[stage], "untold", None)


_LOOKS: Final = {"denies": ("fail", "denies"), "allows": ("pass", "allows"), "untold": ("unknown", "not settled")}


def _box(name: str, look: str, told: str | None) -> Html:
    picture, word = _LOOKS[look]
    rest: Child = tag("span", told, class_="told") if told else None
    return tag("li", tag("b", name), tag("span", icon(picture), word, class_=f"badge s-{picture}"), rest, class_=look)
