"""The way of a flow through the rules, drawn: both ends, the controls between them, and where it stops.

A list of steps that is laid out as a chain: its words can be read aloud, searched and copied, and wrap on a phone and
on paper. Arrows are drawn; what they show is said in the step that they lead to.
"""

from __future__ import annotations

from typing import Final

from checker.model.diagnosis import Cause, Diagnosis, Stage
from checker.model.firewall import Direction
from checker.model.record import dataclass
from checker.report.html.markup import Html, icon, tag

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


_ARROW: Final = Html(
    '<svg class="way" viewBox="0 0 28 12" aria-hidden="true" focusable="false"><path d="M0 6h19"/>'
    '<path d="M18 1.5L27 6l-9 4.5z" class="tip"/></svg>'
)
_STOPPED: Final = Html(
    '<svg class="way" viewBox="0 0 28 12" aria-hidden="true" focusable="false">'
    '<path d="M2 2l8 8M10 2L2 10" class="cross"/><path d="M13 6h15" class="dashes"/></svg>'
)
_LOST: Final = Html(
    '<svg class="way" viewBox="0 0 28 12" aria-hidden="true" focusable="false"><path d="M0 6h28" class="dashes"/></svg>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One control on the way."""

    name: str
    look: str
    """denies, allows or untold."""
    told: tuple[tuple[str | None, str], ...] = ()
    """Pairs of a heading and what is said under it."""


def path(found: Diagnosis) -> Html | None:
    """Return the way as a list that is drawn as a chain of boxes; None where the direction is not known."""
    if found.direction is None:
        return None
    inward = found.direction is Direction.INGRESS
    steps = [_step(each, found) for each in _WAYS[found.direction]]
    if found.cause in _ELSEWHERE:
        beside = _Step(name=_ELSEWHERE[found.cause], look="denies")
        steps = [beside, *steps] if inward else [*steps, beside]
    stop = next((at for at, each in enumerate(steps) if each.look == "denies"), None)
    boxes = [_box(each, at, stop) for at, each in enumerate(steps)]
    arrow = _arrow(len(steps), stop)
    first, last = (_peer, _own) if inward else (_own, _peer)
    ends = [first(found, None), *boxes, last(found, arrow)]
    return tag("ol", ends, class_="path", aria_label="Way of the packet through the rules")


def _arrow(at: int, stop: int | None) -> Html:
    """Return what leads to the step at a place: the packet, where it was stopped, or where it never came."""
    if stop is None or at <= stop:
        return _ARROW
    return _STOPPED if at == stop + 1 else _LOST


def _end(name: str, words: list[str], arrow: Html | None) -> Html:
    """Return one end of the way, with what leads there; None where the packet starts."""
    rest = tag("span", "the packet does not come here", class_="told") if arrow in (_LOST, _STOPPED) else None
    return tag("li", arrow, tag("b", name), [tag("span", word, class_="mono") for word in words], rest, class_="end")


def _own(found: Diagnosis, arrow: Html | None) -> Html:
    return _end("Interface", [found.interface_id, *([found.local] if found.local else [])], arrow)


def _peer(found: Diagnosis, arrow: Html | None) -> Html:
    first = found.peers.top[0] if found.peers.top else ", ".join(map(str, found.peers.prefixes)) or "not known"
    return _end("Peer", [f"{first} and {found.peers.count - 1:,} more" if found.peers.count > 1 else first], arrow)


def _step(stage: Stage, found: Diagnosis) -> _Step:
    name = _NAMES[stage]
    blocker = next((each for each in found.blockers if each.stage is stage), None)
    if blocker is not None or stage is found.stage:
        line = blocker.rule if blocker is not None else found.rule
        told: list[tuple[str | None, str]] = (
            [("Deciding line", f"{line.id}: {line.says}")] if line else [("Deciding line", "none: no line allows it")]
        )
        if stage is found.stage and found.nearest_miss is not None:
            told.append(("Nearest miss", found.nearest_miss.says))
        return _Step(name=name, look="denies", told=tuple(told))
    if found.cause is Cause.REPLY_BLOCKED and stage in (Stage.SG_INGRESS, Stage.SG_EGRESS):
        return _Step(name=name, look="allows", told=((None, "Lets replies pass: it remembers the request."),))
    return _Step(name=name, look="allows" if found.cause in _SETTLED else "untold")


_SIGNS: Final = {"denies": "fail", "allows": "pass", "untold": "unknown"}


def _box(step: _Step, at: int, stop: int | None) -> Html:
    """Return one control; ``stop`` is the place of the first that denies."""
    behind = stop is not None and at > stop
    word = {
        "denies": "would deny it, too" if behind else "rejected here",
        "allows": "would allow it" if behind else "allows",
        "untold": "not settled",
    }[step.look]
    sign = _SIGNS[step.look]
    told = [
        tag("span", tag("span", heading, class_="what") if heading else None, " " if heading else None, says,
            class_="told")
        for heading, says in step.told
    ]  # fmt: skip
    badge = tag("span", icon(sign), word, class_=f"badge s-{sign}")
    return tag("li", _arrow(at, stop), tag("b", step.name), badge, told, class_=step.look)
