"""What FL004 and FL008 share: is a destination allowed, and does coverage depend on the log that uses it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Remediation
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from checker.model.network import Vpc
from checker.model.record import dataclass
from checker.rules._coverage import (
    BOTH,
    NOTHING,
    PRESENT,
    Captured,
    Level,
    bounds,
    captured,
    chain_of,
    scopes,
    target_of,
    traffic,
    types_of,
)
from checker.rules._destination import allow_list, allowed, arn_text, describe, owner_of
from checker.rules._fix import NEW_BUCKET, NEW_BUCKET_ARN, own_arguments
from checker.rules._rule import Context, Params
from checker.rules._say import assumed, fact
from checker.rules._text import Tri


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The answers for one flow log."""

    allowed: Tri
    depends: Tri
    """Whether coverage rests on this log. Asked only where it is not certainly allowed; True otherwise."""
    words: str
    evidence: tuple[Evidence, ...]
    facts: Mapping[str, Json]


def judge_destination(log: FlowLog, ctx: Context, params: Params) -> Allowance:
    """Answer for one flow log."""
    allow = allow_list(ctx, log, params)
    found = allowed(log, allow, owner_of(ctx, log))
    words = describe(log.destination)
    depends = True if found is True else _depends(log, ctx, allow)
    listed = ", ".join(_entry(entry) for entry in allow)
    evidence = (fact(f"delivers to {words}", log), fact(f"allowed: {listed}"), *assumed([log]))
    facts: dict[str, Json] = {"allow": [dict(entry) for entry in allow], "destination": _stable(log)}
    return Allowance(allowed=found, depends=depends, words=words, evidence=evidence, facts=facts)


def _entry(entry: Mapping[str, Json]) -> str:
    return " ".join(str(entry[key]) for key in ("type", "arn", "account", "region") if key in entry)


def _stable(log: FlowLog) -> Json:
    """Return the destination as a fact: its address in Terraform where it has one, for ARNs may not be known yet."""
    if isinstance(log.destination, Unknown):
        return "unknown"
    if log.destination.entity is not None:
        return log.destination.entity
    text = arn_text(log, log.destination)
    return None if text is None or "⟦" in text else text


def _depends(log: FlowLog, ctx: Context, allow: Sequence[Mapping[str, Json]]) -> Tri:
    """Say whether what the log records would be recorded without it and other logs that are not certainly allowed."""
    here = scopes(ctx)
    target = target_of(here, log)
    if target is None:
        return None
    need = _need(log, target, ctx)

    def reading(other: FlowLog) -> tuple[Captured, Captured]:
        if other.key == log.key:
            return NOTHING, NOTHING
        verdict = _approved(other, ctx, allow)
        low, high = (PRESENT, PRESENT) if need == PRESENT else traffic(other)
        return (low if verdict is True else NOTHING), (high if verdict is not False else NOTHING)

    low, high = captured(here, chain_of(here, target), reading)
    if need <= low:
        return False
    if isinstance(target, Vpc):
        levels = bounds(here, target, reading, need)
        if levels.worst >= Level.COVERED_BY_SUBNETS:
            return False
        return True if levels.best < Level.COVERED_BY_SUBNETS else None
    return None if need <= high else True


def _need(log: FlowLog, target: Entity, ctx: Context) -> Captured:
    """Return what of the log's recording the policy wants."""
    if isinstance(log.traffic_type, Unknown):
        return BOTH
    recorded = types_of(log.traffic_type)
    if not recorded:
        return PRESENT
    wanted = (ctx.params_for("FL002", target) or {}).get("need")
    return recorded & frozenset(str(each) for each in wanted) if isinstance(wanted, list) else recorded


def _approved(log: FlowLog, ctx: Context, allow: Sequence[Mapping[str, Json]]) -> Tri:
    memo = ("approved", log.key, repr(allow))
    if memo not in ctx.memory:
        ctx.memory[memo] = allowed(log, allow, owner_of(ctx, log))
    found = ctx.memory[memo]
    return found if isinstance(found, bool) else None


def allowed_fix(log: FlowLog, allow: Sequence[Mapping[str, Json]]) -> Remediation:
    """Return the argument that names the first allowed destination."""
    arn = next((str(entry["arn"]).removesuffix("/*") for entry in allow if "arn" in entry), None)
    kind = next((str(entry["type"]) for entry in allow if "type" in entry), None)
    rows = {"log_destination_type": f'"{kind}"'} if kind else {}
    rows["log_destination"] = f'"{arn}"' if arn and "*" not in arn else NEW_BUCKET_ARN
    beside = "" if rows["log_destination"] != NEW_BUCKET_ARN else f"\n# must be one that the policy allows{NEW_BUCKET}"
    replaced = " Terraform replaces the flow log." if log.origin.address else ""
    return own_arguments(log, f"Deliver to a destination that the policy allows.{replaced}", rows, beside)
