"""Does a flow log meet the demands on itself, so that it counts for effective coverage?

A log qualifies when it delivers, to an allowed destination, at an allowed interval, and has the fields where the
policy ties coverage to them. A log of which that is not known may qualify.
"""

from __future__ import annotations

from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Status
from checker.model.flow_log import FlowLog
from checker.model.record import dataclass
from checker.rules._coverage import NOTHING, Captured, traffic
from checker.rules._destination import allow_list, allowed, owner_of
from checker.rules._rule import Context, Outcome, Params

DEMANDS: Final = ("FL003", "FL005", "FL007")
"""Rules on the log itself; FL004 and FL008 together are asked through the allow-list."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Which rules a log fails and which of them cannot be told."""

    failed: tuple[str, ...]
    unsure: tuple[str, ...]


def status_of(rule_id: str, log: FlowLog, ctx: Context) -> str | None:
    """Return the status that a rule gives a log; None where the policy does not ask for the rule there."""
    params = ctx.params_for(rule_id, log)
    if params is None:
        return None
    memo = outcome_memo(rule_id, log)
    found = ctx.memory.get(memo)
    if not isinstance(found, Outcome):
        found = ctx.memory[memo] = _ask(rule_id, log, ctx, params)
    return found.status.value


def outcome_memo(rule_id: str, entity: Entity) -> tuple[str, ...]:
    """Return the place in the context's memory where the outcome of a rule on an entity is kept."""
    return ("outcome", rule_id, entity.key)


def _ask(rule_id: str, log: FlowLog, ctx: Context, params: Params) -> Outcome:
    from checker.rules import flow_log_fields_missing, flow_log_interval, flow_log_not_delivering

    checks = {
        "FL003": flow_log_interval.check,
        "FL005": flow_log_not_delivering.check,
        "FL007": flow_log_fields_missing.check,
    }
    return checks[rule_id](log, ctx, params)


def quality(log: FlowLog, ctx: Context) -> Quality:
    """Return what disqualifies a log; asked once for each."""
    found = ctx.memory.get(("quality", log.key))
    if not isinstance(found, Quality):
        found = ctx.memory[("quality", log.key)] = _quality(log, ctx)
    return found


def _quality(log: FlowLog, ctx: Context) -> Quality:
    failed: list[str] = []
    unsure: list[str] = []
    for rule_id in DEMANDS:
        if rule_id == "FL007" and not (ctx.params_for(rule_id, log) or {}).get("required_for_coverage"):
            continue
        status = status_of(rule_id, log, ctx)
        if status == Status.FAIL:
            failed.append(rule_id)
        elif status == Status.UNKNOWN:
            unsure.append(rule_id)
    allow = allow_list(ctx, log, {})
    if allow:
        answer = allowed(log, allow, owner_of(ctx, log))
        if answer is not True:
            (unsure if answer is None else failed).append("FL004")
    return Quality(tuple(sorted(failed)), tuple(sorted(unsure)))


def qualifying(ctx: Context, log: FlowLog) -> tuple[Captured, Captured]:
    """Read a log as the traffic that it captures as the policy demands: certainly, and at most."""
    low, high = traffic(log)
    found = quality(log, ctx)
    if found.failed:
        return NOTHING, NOTHING
    # Delivery that cannot be told is not known to fail: the log counts, as its verdict under FL005 says aloud.
    doubtful = [rule_id for rule_id in found.unsure if rule_id != "FL005"]
    return (NOTHING if doubtful else low), high
