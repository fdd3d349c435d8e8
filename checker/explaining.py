"""The way of one flow through the rules, as text or JSON. Called by tracing only."""

from __future__ import annotations

import json
from typing import Any, Final

from checker.filter.explain import Explanation, Leg, Step
from checker.model.diagnosis import Verdict
from checker.report.layout import hang, wrap
from checker.report.sanitize import plain
from checker.report.traffic_json import line_json

_SIGNS: Final = {
    Verdict.ALLOWED: "pass",
    Verdict.DENIED: "DENY",
    Verdict.UNKNOWN: "?",
    Verdict.NOT_EVALUATED: "-",
}

_HANGING: Final = 9


def as_text(found: Explanation, width: int) -> str:
    """Return the way like a traceroute: one step a line, the deciding line beside it."""
    width = max(width, 40)
    lines = wrap(plain(f"{found.flow!s}: {found.verdict.value.upper()}"), width)
    lines += wrap(plain(found.says), width)
    for leg, title in ((Leg.REQUEST, "REQUEST"), (Leg.REPLY, "REPLY")):
        steps = [each for each in found.steps if each.leg is leg]
        if steps:
            lines += ["", title, ""]
        for number, step in enumerate(steps, 1):
            lines += hang(
                f"{number}. {_SIGNS[step.result.verdict]}", plain(_step(step)), width, indent=0, hanging=_HANGING
            )
            for text in _below(step):
                lines += hang("", plain(text), width, indent=0, hanging=_HANGING + 2)
    if found.assumptions:
        lines += ["", "ASSUMED", ""]
        for text in found.assumptions:
            lines += hang("-", plain(text), width, indent=0, hanging=2)
    return "\n".join(lines)


def _step(step: Step) -> str:
    result = step.result
    where = " ".join(word for word in (step.interface, step.control) if word)
    if result.line is not None:
        decided = f"{result.line.id}: {result.line.says}"
    elif result.verdict is Verdict.DENIED:
        decided = "no rule at all in this direction" if result.no_rules else "no line allows it"
    else:
        decided = result.why or "; ".join(doubt.says for doubt in result.doubts) or "no line decides"
    return f"{result.stage.value} {where}: {decided}"


def _below(step: Step) -> list[str]:
    result = step.result
    below = [f"written at {place}"] if result.line and (place := _place(result.line.origin)) else []
    if result.line is not None and result.verdict is Verdict.UNKNOWN:
        below += [doubt.says for doubt in result.doubts]
    below += [f"it depends on {line.id}: {line.says}" for line in result.candidates]
    below += [note.says for note in result.notes]
    if result.via:
        below.append(f"by {result.via}, which carries that group")
    if step.nearest_miss is not None:
        below.append(f"nearest: {step.nearest_miss.says}")
    return below


def _place(origin: Any) -> str | None:
    if origin is None or origin.path is None:
        return None
    return f"{origin.path}:{origin.line}" if origin.line else str(origin.path)


def as_json(found: Explanation) -> str:
    """Return the way as JSON, sorted and indented."""
    members = {
        "flow": str(found.flow),
        "verdict": found.verdict.value,
        "says": found.says,
        "source": found.source.text,
        "destination": found.destination.text,
        "steps": [_step_json(step) for step in found.steps],
        "assumptions": list(found.assumptions),
    }
    return json.dumps(members, indent=2, ensure_ascii=False)


def _step_json(step: Step) -> dict[str, Any]:
    result, miss = step.result, step.nearest_miss
    return {
        "leg": step.leg.value,
        "stage": result.stage.value,
        "interface": step.interface,
        "control": step.control,
        "verdict": result.verdict.value,
        "line": line_json(result.line),
        "candidates": [line_json(line) for line in result.candidates],
        "doubts": [doubt.says for doubt in result.doubts],
        "why": result.why,
        "notes": [note.says for note in result.notes],
        "nearest_miss": None
        if miss is None
        else {"rule": line_json(miss.rule), "differs": [each.value for each in miss.differs], "says": miss.says},
    }
