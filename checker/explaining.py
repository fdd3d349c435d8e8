"""One flow through the rules of a network: the way that ``flowcheck explain`` prints. Called by commands only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from checker.filter.change import Change, Effect, change
from checker.filter.ends import Place
from checker.filter.explain import Explanation, Leg, Step, explain, parse_flow
from checker.filter.index import Index
from checker.filter.words import entity_name
from checker.flowlog.between import Heard as Recorded
from checker.hearing import Hearing, hear
from checker.model.diagnosis import Stage, Verdict
from checker.model.entity import Entity
from checker.model.loaded import Loaded
from checker.report.layout import hang, wrap
from checker.report.sanitize import json_text, plain
from checker.report.traffic_json import line_json
from checker.report.traffic_text import PATTERNS, ROUTES
from checker.settings import Settings

_SIGNS: Final = {
    Verdict.ALLOWED: "pass",
    Verdict.DENIED: "DENY",
    Verdict.UNKNOWN: "?",
    Verdict.NOT_EVALUATED: "-",
}

_HANGING: Final = 9
_ENDS: Final = 6
_DEPTH: Final = 6
_BLOCKED: Final = (Effect.WOULD_BREAK, Effect.STILL_BLOCKED)


def trace(flow: str, loaded: Loaded, settings: Settings, *, session: Callable[[], Any]) -> tuple[str, int]:
    """Return the path of one flow through the network as text or JSON, and the exit code.

    With a plan: the path after it, and what it changes. 0: allowed, 1: denied, or an end of it goes with the plan, 4:
    it depends on what is not known and ``--unknown fail``. Raises UsageError for a flow that cannot be read.
    """
    now = Index(loaded.after)
    explanation = explain(now, parse_flow(flow))
    before = loaded.before
    changed = None if before is None else change(Index(before), now, explanation, loaded.changes)
    hearing = hear(explanation, loaded, settings, session=session) if settings.logs else None
    if settings.format == "json":
        text = as_json(explanation, changed, hearing)
    else:
        text = as_text(explanation, settings.width, changed, hearing)
    verdict = explanation.verdict.value
    if verdict == "denied" or (changed is not None and changed.effect in _BLOCKED):
        return text, 1
    return text, 4 if verdict == "unknown" and settings.unknown == "fail" else 0


def as_text(found: Explanation, width: int, changed: Change | None = None, hearing: Hearing | None = None) -> str:
    """Return the way like a traceroute: one step a line, the deciding line beside it.

    ``changed`` is what a plan changes for the flow; None where there is no plan. The way is then that after the plan.
    ``hearing`` is what records tell of it; None where none were asked for.
    """
    width = max(width, 40)
    when = "" if changed is None else " after the plan"
    if changed is not None and changed.effect in _BLOCKED and found.verdict is not Verdict.DENIED:
        when += ", were its end still there"
    lines = wrap(plain(f"{found.flow!s}: {found.verdict.value.upper()}{when}"), width)
    lines += wrap(plain(found.says), width)
    lines += [""]
    kind = "; ".join([*([PATTERNS[found.pattern]] if found.pattern else []), ROUTES[found.route]])
    for label, text in (("from", _end(found.source)), ("to", _end(found.destination)), ("kind", kind)):
        lines += hang(label, plain(text), width, indent=0, hanging=_ENDS)
    lines += [] if changed is None else _changed(changed, width)
    before = _before(found, changed)
    for leg, title in ((Leg.REQUEST, "REQUEST"), (Leg.REPLY, "REPLY")):
        steps = [each for each in found.steps if each.leg is leg]
        if steps:
            lines += ["", title, ""]
        for number, step in enumerate(steps, 1):
            lines += hang(
                f"{number}. {_SIGNS[step.result.verdict]}", plain(_step(step)), width, indent=0, hanging=_HANGING
            )
            for text in (*_below(step), *before.get(step.place, ())):
                lines += hang("", plain(text), width, indent=0, hanging=_HANGING + 2)
    lines += [] if hearing is None else _heard(hearing, width)
    assumed = dict.fromkeys([*found.assumptions, *(() if hearing is None else hearing.assumptions)])
    if assumed:
        lines += ["", "ASSUMED", ""]
        for text in assumed:
            lines += hang("-", plain(text), width, indent=0, hanging=2)
    return "\n".join(lines)


def _end(place: Place) -> str:
    """Return where an end stands, with Terraform addresses beside ids."""
    if place.hidden is not None:
        return f"{place.text}: {place.hidden.reason}"
    if place.outside:
        placed = (text for text in place.assumed if text.endswith(("filters", "its subnets")))
        return next(placed, f"{place.text}, outside the network")
    within = f" in {_named(place.subnet)}" if place.subnet is not None else ""
    if place.interface is None:
        return f"{place.text}, an address{within} that no known interface has"
    return f"{place.text}, {_named(place.interface)}{within}"


def _named(entity: Entity) -> str:
    name, address = entity_name(entity), entity.origin.address
    return name if address is None or address == name else f"{name} ({address})"


def _changed(changed: Change, width: int) -> list[str]:
    lines = ["", "WHAT THE PLAN CHANGES", ""]
    lines += wrap(plain(f"{changed.effect.value}: {changed.says}"), width)
    for text in changed.because:
        lines += hang("-", plain(text), width, indent=0, hanging=2)
    return lines


def _heard(hearing: Hearing, width: int) -> list[str]:
    lines = ["", "WHAT THE RECORDS SAY", ""]
    lines += wrap(plain(f"{hearing.heard.arrival.value}: {hearing.heard.says}"), width)
    if hearing.heard.settled_by is not None:
        lines += hang("", plain(f"settled by {hearing.heard.settled_by}"), width, indent=0, hanging=2)
    lines += [""]
    for name, leg in _legs(hearing):
        times = leg.times()
        when = "" if times is None else f", {times[0]:%Y-%m-%d %H:%M} to {times[1]:%Y-%m-%d %H:%M} UTC"
        lines += hang(name, f"{leg.accepted} accepted, {leg.rejected} rejected{when}", width, indent=0, hanging=24)
        for sample in leg.samples[:1]:
            lines += hang("", plain(sample), width, indent=0, hanging=26)
    for gap in hearing.gaps:
        lines += hang("-", plain(f"{gap.what}: {gap.cause}; unknown: {gap.affects}"), width, indent=0, hanging=2)
    return lines


def _legs(hearing: Hearing) -> tuple[tuple[str, Recorded], ...]:
    records = hearing.records
    return (
        ("request leaving", records.source_request),
        ("request arriving", records.destination_request),
        ("reply leaving", records.destination_reply),
        ("reply arriving", records.source_reply),
    )


def _before(found: Explanation, changed: Change | None) -> dict[tuple[Leg, Stage, str | None], list[str]]:
    """Return what decided before the plan, for each step where something else decides after it."""
    if changed is None or changed.before is None or changed.effect is Effect.NEW:
        return {}
    was = {step.place: step for step in changed.before.steps}
    told: dict[tuple[Leg, Stage, str | None], list[str]] = {}
    for step in found.steps:
        place = step.place
        old = was.get(place)
        if old is not None and (_SIGNS[old.result.verdict], _decided(old)) != (
            _SIGNS[step.result.verdict],
            _decided(step),
        ):
            told[place] = [f"before the plan: {_SIGNS[old.result.verdict]}, {_decided(old)}"]
    return told


def _step(step: Step) -> str:
    where = "".join(f" {word}" for word in (step.interface, step.hop, step.control) if word)
    return f"{step.result.stage.value}{where}: {_decided(step)}"


def _decided(step: Step) -> str:
    result = step.result
    if result.line is not None:
        return f"{result.line.id}: {result.line.says}"
    if result.verdict is Verdict.DENIED and not result.candidates:
        return "no rule at all in this direction" if result.no_rules else "no line allows it"
    return result.why or "; ".join(doubt.says for doubt in result.doubts) or "no line decides"


def _below(step: Step) -> list[str]:
    result = step.result
    below = [f"written at {place}"] if result.line and (place := _place(result.line.origin)) else []
    if result.line is not None and result.verdict is Verdict.UNKNOWN:
        below += [doubt.says for doubt in result.doubts]
    below += [f"it depends on {line.id}: {line.says}" for line in result.candidates]
    below += [note.says for note in result.notes]
    if result.via:
        below.append(
            f"by {result.via}, " + ("an entry of that list" if "/" in result.via else "which carries that group")
        )
    if step.nearest_miss is not None:
        below.append(f"nearest: {step.nearest_miss.says}")
    return below


def _place(origin: Any) -> str | None:
    if origin is None or origin.path is None:
        return None
    return f"{origin.path}:{origin.line}" if origin.line else str(origin.path)


def as_json(found: Explanation, changed: Change | None = None, hearing: Hearing | None = None) -> str:
    """Return the way as JSON, indented; ``change`` is null without a plan, ``records`` without logs."""
    members = {
        "flow": str(found.flow),
        "verdict": found.verdict.value,
        "says": found.says,
        "pattern": found.pattern and found.pattern.value,
        "route": found.route.value,
        "source": found.source.text,
        "destination": found.destination.text,
        "source_place": _place_json(found.source),
        "destination_place": _place_json(found.destination),
        "steps": [_step_json(step) for step in found.steps],
        "assumptions": list(found.assumptions),
        "change": None if changed is None else _change_json(changed),
        "records": None if hearing is None else _records_json(hearing),
    }
    return json_text(members, depth=_DEPTH)


def _place_json(place: Place) -> dict[str, Any]:
    names = {"interface": place.interface, "subnet": place.subnet}
    return {
        name: None if entity is None else {"id": entity_name(entity), "address": entity.origin.address}
        for name, entity in names.items()
    }


def _change_json(changed: Change) -> dict[str, Any]:
    before = changed.before
    return {
        "effect": changed.effect.value,
        "existing_connections": None if changed.standing is None else changed.standing.value,
        "says": changed.says,
        "because": list(changed.because),
        "before": None
        if before is None
        else {
            "verdict": before.verdict.value,
            "says": before.says,
            "steps": [_step_json(step) for step in before.steps],
            "assumptions": list(before.assumptions),
        },
    }


def _records_json(hearing: Hearing) -> dict[str, Any]:
    legs = {name.replace(" ", "_"): _leg_json(leg) for name, leg in _legs(hearing)}
    return {
        "arrival": hearing.heard.arrival.value,
        "says": hearing.heard.says,
        "settled_by": hearing.heard.settled_by,
        **legs,
        "assumptions": list(hearing.assumptions),
        "gaps": [{"what": gap.what, "cause": gap.cause, "affects": gap.affects} for gap in hearing.gaps],
    }


def _leg_json(leg: Recorded) -> dict[str, Any]:
    times = leg.times()
    return {
        "accepted": leg.accepted,
        "rejected": leg.rejected,
        "first": None if times is None else f"{times[0]:%Y-%m-%dT%H:%M:%SZ}",
        "last": None if times is None else f"{times[1]:%Y-%m-%dT%H:%M:%SZ}",
        "samples": leg.samples,
    }


def _step_json(step: Step) -> dict[str, Any]:
    result, miss = step.result, step.nearest_miss
    return {
        "leg": step.leg.value,
        "stage": result.stage.value,
        "interface": step.interface,
        "hop": step.hop,
        "control": step.control,
        "verdict": result.verdict.value,
        "line": line_json(result.line),
        "candidates": [line_json(line) for line in result.candidates],
        "doubts": [doubt.says for doubt in result.doubts],
        "why": result.why,
        "via": result.via,
        "notes": [note.says for note in result.notes],
        "nearest_miss": None
        if miss is None
        else {"rule": line_json(miss.rule), "differs": [each.value for each in miss.differs], "says": miss.says},
    }
