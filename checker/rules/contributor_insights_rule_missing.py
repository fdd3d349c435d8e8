"""No Contributor Insights rule shows who causes the traffic in flow logs.

## What it checks

Each log group that flow logs deliver to: an enabled Contributor Insights rule of the same account and region reads it,
and fits the records of every flow log that delivers there:

- the group is in `LogGroupNames` or `LogGroupARNs` (a `*` at the end stands for any rest);
- `LogFormat` is `CLF`, the format of words between spaces;
- each position in `Fields`, counted from 1, holds the field that its name means;
- the keys are among the fields, and one of them is a contributor that the policy names; `ValueOf` is a number;
- each filter can be met: a rule on rejected traffic finds nothing where only accepted traffic is recorded.

## Why it matters

Contributor Insights names the top talkers and the sources of rejected traffic while it happens. A rule with positions
of another record format ranks ports as addresses, or nothing at all.

## When it cannot tell

When the definition, the state or the record format comes from an expression that cannot be evaluated, or the log group
is kept elsewhere.

## Parameters

- `contributors` ([srcaddr, dstaddr, pkt-srcaddr, pkt-dstaddr]): fields of which one has to be a key.

## Remediation

Add the rule that the finding shows; its positions are made for this log's format.

## References

- https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContributorInsights-RuleSyntax.html
- https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContributorInsights-Rule-Examples.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Severity
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from checker.model.monitoring import InsightRule
from checker.rules._destination import arn_text
from checker.rules._fields import VERSION_OF
from checker.rules._fix_alarm import insight_block
from checker.rules._insight import defects, parse_definition, position_of
from checker.rules._log_groups import Sink, not_to_be_judged, same_place, sinks, title_of
from checker.rules._point import Point
from checker.rules._record import Layout, layout_of
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import assumed, confidence_of, fact, failed, name, passed, unknown
from checker.rules._text import Tri, all_of, text_of

RULES_TYPE: Final = "aws_cloudwatch_contributor_insight_rule"
CONTRIBUTORS: Final = ("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr")


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every log group that flow logs deliver to; the flow log where the group is not in the model."""
    return [sink.entity for _, sink in sorted(sinks(ctx).items())]


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the Contributor Insights rules on one log group."""
    sink = sinks(ctx)[entity.key]
    settled = not_to_be_judged(sink, ctx)
    if settled is not None:
        return settled
    facts: dict[str, Json] = {"contributors": params["contributors"], "logs": [log.key for log in sink.logs]}
    layouts: list[tuple[FlowLog, Layout]] = []
    for log in sink.logs:
        layout = layout_of(log, ctx)
        if isinstance(layout, Unknown):
            message = f"{title_of(sink)}: what {name(log)} writes is not known ({layout.reason})."
            return unknown(message, [fact(layout.reason, log)], facts)
        layouts.append((log, layout))
    judged = [(one, _points(one, sink, layouts, _contributors(params))) for one in ctx.model.insight_rules]
    near = [(one, points) for one, points in judged if points[0].ok is not False]
    facts["rules"] = [one.key for one, _ in near]
    evidence = [point.evidence() for _, points in near for point in points]
    for one, points in near:
        if _ok(points, one) is True:
            own = [point.evidence() for point in points]
            message = f"{name(one)} shows who causes the traffic in {title_of(sink)}."
            return passed(message, [*own, *assumed([one])], facts, confidence=confidence_of(one, *sink.logs))
    return _not_passed(sink, near, layouts, evidence, facts, ctx)


def _not_passed(
    sink: Sink,
    near: list[tuple[InsightRule, list[Point]]],
    layouts: list[tuple[FlowLog, Layout]],
    evidence: list[Evidence],
    facts: dict[str, Json],
    ctx: Context,
) -> Outcome:
    unread = ctx.model.unread_for(RULES_TYPE, sink.entity.origin.root)
    doubts = [f"not every Contributor Insights rule could be read ({unread.reason})"] if unread is not None else []
    if sink.outside:
        doubts.append("the log group is kept elsewhere, and so may be its Contributor Insights rules")
    for one, points in near:
        if _ok(points, one) is None:
            doubts += [point.says for point in points if point.ok is None] or [f"whether {name(one)} exists"]
    if doubts:
        message = f"{title_of(sink)}: whether a Contributor Insights rule reads it is not known: {doubts[0]}."
        return unknown(message, [fact(doubts[0], sink.entity), *evidence], facts)
    bad = next((point for _, points in near for point in points if point.ok is False), None)
    says = bad.says if bad is not None else "no Contributor Insights rule reads it"
    message = f"{title_of(sink)}: nobody sees who causes the traffic: {says}."
    log, layout = layouts[0]
    writes = fact(f"{name(log)} writes {len(layout.fields)} fields: {' '.join(layout.fields)}", log)
    keys: list[str] = [field for field in CONTRIBUTORS[:2] if field in layout.fields]
    fix = insight_block(sink, layout.fields, keys or layout.fields[:1])
    return failed(message, [fact(says, sink.entity), *evidence, writes], facts, fix)


def _contributors(params: Params) -> list[str]:
    found = params["contributors"]
    return [str(field) for field in found] if isinstance(found, list) else []


def _ok(points: list[Point], one: InsightRule) -> Tri:
    return all_of(*(point.ok for point in points), None if isinstance(one.exists, Unknown) else True)


def _points(
    one: InsightRule, sink: Sink, layouts: list[tuple[FlowLog, Layout]], contributors: Sequence[str]
) -> list[Point]:
    """Return whether a rule reads the group (first), is enabled, and fits each log."""
    here = same_place(one, sink.entity)
    if isinstance(one.definition, Unknown):
        says = f"the definition of {name(one)} is not known ({one.definition.reason})"
        return [Point(ok=None if here is not False else False, says=says, entity=one)]
    found = parse_definition(one.definition)
    if isinstance(found, str):
        return [Point(ok=False, says=f"{name(one)}: {found}", entity=one)]
    reads = all_of(found.names_group(*_names(sink)), here)
    verb = {True: "reads", False: "does not read", None: "may read"}[reads]
    points = [Point(ok=reads, says=f"{name(one)} {verb} {title_of(sink)}", entity=one)]
    if isinstance(one.enabled, Unknown):
        points.append(Point(ok=None, says=f"whether {name(one)} is enabled ({one.enabled.reason})", entity=one))
    else:
        state = "enabled" if one.enabled else "disabled"
        points.append(Point(ok=one.enabled, says=f"{name(one)} is {state}", entity=one))
    for log, layout in layouts:
        wrong = defects(found, layout, contributors)
        says = f"{name(one)} does not fit {name(log)}: {wrong[0]}" if wrong else f"{name(one)} fits {name(log)}"
        places = ", ".join(f"{alias} = field {at}" for at, alias in sorted(found.fields.items(), key=_by_number))
        points.append(Point(ok=not wrong, says=says if wrong else f"{says}: {places}", entity=one))
    return points


def _by_number(item: tuple[str, str]) -> tuple[int, str]:
    return (position_of(item[0]) or 0, item[0])


def _names(sink: Sink) -> tuple[str, str]:
    """Return name and ARN of the group, with ``⟦…⟧`` for what is not known."""
    if sink.group is not None:
        called = text_of(sink.group.name, f"name of {sink.group.key}")
        log = sink.logs[0]
        arn = sink.group.arn
        if isinstance(arn, str):
            return called, arn.removesuffix(":*")
        destination = log.destination
        text = None if isinstance(destination, Unknown) else arn_text(log, destination)
        return called, text or f"⟦arn of {sink.group.key}⟧"
    arn_of = sink.arn or f"⟦arn of {sink.entity.key}⟧"
    return arn_of.partition(":log-group:")[2] or f"⟦name of {sink.entity.key}⟧", arn_of


RULE: Final = Rule(
    id="DS002",
    name="contributor-insights-rule-missing",
    title="No Contributor Insights rule that fits the flow logs",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="Nobody sees which addresses cause the traffic, or most of the rejections, while it happens.",
    default_params={"contributors": list(CONTRIBUTORS)},
    params_schema={
        "contributors": {
            "type": "array",
            "items": {"enum": list[Json](sorted(VERSION_OF))},
            "minItems": 1,
            "uniqueItems": True,
        },
    },
    enabled_by_default=False,
)
