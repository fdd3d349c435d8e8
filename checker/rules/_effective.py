"""Effective coverage: what remains when only flow logs without a defect of their own count."""

from __future__ import annotations

from functools import partial

from checker.model.finding import Evidence, Json
from checker.model.flow_log import FlowLog
from checker.model.network import Vpc
from checker.rules._coverage import NOTHING, PRESENT, Captured, Scopes, bounds
from checker.rules._qualify import qualifying, quality
from checker.rules._rule import Context
from checker.rules._say import fact, name


def effective_facts(vpc: Vpc, ctx: Context, here: Scopes) -> tuple[dict[str, Json], list[Evidence]]:
    """Return the level that qualifying logs reach, and which logs do not qualify by which rule."""
    need = _need(vpc, ctx)
    reading = partial(qualifying, ctx)
    found = bounds(here, vpc, reading if need is not None else partial(_present, ctx), need or PRESENT)
    level = found.worst.name if found.worst is found.best else f"{found.worst.name} to {found.best.name}"
    facts: dict[str, Json] = {"effective_coverage": level}
    disqualified: dict[str, Json] = {}
    evidence = []
    sure, _ = here.members(vpc)
    for log in sorted((log for scope in [vpc, *sure] for log in here.certain(scope)), key=lambda log: log.key):
        failed = quality(log, ctx).failed
        if failed:
            disqualified[log.key] = list(failed)
            evidence.append(
                fact(f"{name(log)} does not count for effective coverage: it fails {', '.join(failed)}", log)
            )
    if disqualified:
        facts["disqualified"] = disqualified
    return facts, evidence


def _need(vpc: Vpc, ctx: Context) -> Captured | None:
    """Return the traffic that the policy wants recorded; None where it does not ask."""
    wanted = (ctx.params_for("FL002", vpc) or {}).get("need")
    return frozenset(str(each) for each in wanted) if isinstance(wanted, list) else None


def _present(ctx: Context, log: FlowLog) -> tuple[Captured, Captured]:
    found = quality(log, ctx)
    if found.failed:
        return NOTHING, NOTHING
    return (NOTHING if [each for each in found.unsure if each != "FL005"] else PRESENT), PRESENT
