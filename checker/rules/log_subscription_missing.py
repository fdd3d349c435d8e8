"""Flow log records in CloudWatch Logs are not streamed on to Kinesis, Firehose or Lambda.

## What it checks

Each log group that flow logs deliver to: a subscription filter sends the records on, and

- its filter pattern is empty or lets every record of the traffic in `need` through. The pattern is tried on every
  class of records in the format of each flow log that delivers to the group;
- it sends to one of the `kinds` that the policy allows;
- the destination is not known to be gone, and a stream has a role that CloudWatch Logs may assume and that may put
  records into it.

Flow logs that record none of the traffic in `need` do not count.

## Why it matters

Kinesis Data Streams is no destination of flow logs: a subscription filter is the only way from a log group to a
stream that is analysed as it flows. A pattern written for another record format lets nothing through, silently.

## When it cannot tell

When pattern, format, destination or role come from an expression that cannot be evaluated, or the log group or the
role is outside the input; when a policy of the role is not in it.

## Parameters

- `need` ([REJECT]): traffic of which every record must go through.
- `kinds` ([kinesis, firehose, lambda, destination]): what counts; a `destination` is a logs destination, which stands
  for a stream of another account.

## Remediation

Add the subscription filter that the finding shows, with an empty pattern. A log group takes two of them at most.

## References

- https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
- https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Severity
from checker.model.known import Unknown
from checker.model.monitoring import SubscriptionFilter
from checker.rules._filter_pattern import Everything, Unreadable, parse_pattern
from checker.rules._fix_alarm import STANDARD_GROUP, subscription_block
from checker.rules._log_groups import Sink, attached, not_to_be_judged, sinks, title_of
from checker.rules._pattern_fit import lets_through
from checker.rules._point import Point
from checker.rules._record import Layout, layout_of
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import assumed, confidence_of, fact, failed, name, not_applicable, passed, unknown
from checker.rules._stream import KINDS, arrives, kind_of, shown_target
from checker.rules._text import Tri, all_of, any_of

FILTER: Final = "aws_cloudwatch_log_subscription_filter"


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every log group that flow logs deliver to; the flow log where the group is not in the model."""
    return [sink.entity for _, sink in sorted(sinks(ctx).items())]


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the subscription filters of one log group."""
    sink = sinks(ctx)[entity.key]
    settled = not_to_be_judged(sink, ctx)
    if settled is not None:
        return settled
    facts: dict[str, Json] = {"need": params["need"], "logs": [log.key for log in sink.logs]}
    layouts: list[Layout] = []
    for log in sink.logs:
        layout = layout_of(log, ctx)
        if isinstance(layout, Unknown):
            message = f"{title_of(sink)}: what {name(log)} writes is not known ({layout.reason})."
            return unknown(message, [fact(layout.reason, log)], facts)
        if layout.actions & _need(params):
            layouts.append(layout)
    if not layouts:
        reason = f"no flow log records {' or '.join(sorted(_need(params)))} traffic here"
        return not_applicable(f"{title_of(sink)}: {reason}.", [fact(reason, log) for log in sink.logs], facts)
    group = sink.group
    if group is not None and not isinstance(group.log_group_class, Unknown) and group.log_group_class != "STANDARD":
        says = f"subscription filters need a log group of class STANDARD, and this one is {group.log_group_class}"
        return failed(f"{title_of(sink)}: {says}.", [fact(says, group)], facts, STANDARD_GROUP)
    return _judge(sink, layouts, ctx, params, facts)


def _need(params: Params) -> frozenset[str]:
    found = params["need"]
    return frozenset(str(each) for each in found) if isinstance(found, list) else frozenset()


def _judge(sink: Sink, layouts: list[Layout], ctx: Context, params: Params, facts: dict[str, Json]) -> Outcome:
    sure, maybe = attached(ctx, ctx.model.subscription_filters, sink)
    points = {one.key: _points(one, layouts, ctx, params) for one in [*sure, *maybe]}
    facts["filters"] = list[Json](sorted(points))
    evidence = [point.evidence() for found in points.values() for point in found]
    for one in sure:
        if _ok(points[one.key]) is True:
            own = [point.evidence() for point in points[one.key]]
            message = f"Records in {title_of(sink)} go on to {shown_target(one)}."
            return passed(message, [*own, *assumed([one])], facts, confidence=confidence_of(one, *sink.logs))
    doubt = _doubt(sink, ctx)
    open_ = any_of(*(_ok(points[one.key]) for one in sure), *(_possible(points[one.key]) for one in maybe))
    if open_ is None or doubt is not None:
        unsure = [point.says for found in points.values() for point in found if point.ok is None]
        says = next(iter([*unsure, *([doubt] if doubt else [])]), "which log group a filter is on is not known")
        message = f"{title_of(sink)}: whether its records are streamed on is not known: {says}."
        return unknown(message, [fact(says, sink.entity), *evidence], facts)
    return _failed(sink, [points[one.key] for one in sure], evidence, facts)


def _failed(sink: Sink, found: list[list[Point]], evidence: list[Evidence], facts: dict[str, Json]) -> Outcome:
    nearest = max(found, key=lambda points: sum(point.ok is True for point in points), default=[])
    wrong = next((point for point in nearest if point.ok is False), None)
    says = wrong.says if wrong is not None else "it has no subscription filter"
    message = f"Records in {title_of(sink)} are not streamed on: {says}."
    fix = wrong.fix() if wrong is not None and wrong.fix is not None else subscription_block(sink)
    return failed(message, [fact(says, sink.entity), *evidence], facts, fix)


def _ok(points: list[Point]) -> Tri:
    return all_of(*(point.ok for point in points))


def _possible(points: list[Point]) -> Tri:
    """Return the answer for a filter that may be on the group."""
    return None if _ok(points) is not False else False


def _points(one: SubscriptionFilter, layouts: list[Layout], ctx: Context, params: Params) -> list[Point]:
    kinds = params["kinds"]
    kind = kind_of(one, ctx)
    found = [_pattern_point(one, layouts, _need(params))]
    if kind is None:
        return [
            *found,
            Point(ok=None, says=f"what {name(one)} sends to is not known ({shown_target(one)})", entity=one),
        ]
    if isinstance(kinds, list) and kind not in kinds:
        says = f"{name(one)} sends to {kind} {shown_target(one)}; the policy wants {', '.join(map(str, kinds))}"
        return [*found, Point(ok=False, says=says, entity=one)]
    return [*found, *arrives(one, kind, ctx)]


def _pattern_point(one: SubscriptionFilter, layouts: list[Layout], need: frozenset[str]) -> Point:
    text = one.pattern
    pattern = Unreadable(text.reason) if isinstance(text, Unknown) else parse_pattern(text)
    if isinstance(pattern, Everything):
        return Point(ok=True, says=f"the pattern of {name(one)} is empty: every record goes through", entity=one)
    answers = [lets_through(pattern, layout, need) for layout in layouts]
    words = "/".join(sorted(need))
    for answer in (False, None):
        for each in answers:
            if each.answer is answer:
                verb = "holds back" if answer is False else "may hold back"
                return Point(ok=answer, says=f"{name(one)} {verb} {words} records: {each.why}", entity=one)
    return Point(ok=True, says=f"the pattern of {name(one)} lets every {words} record through", entity=one)


def _doubt(sink: Sink, ctx: Context) -> str | None:
    unread = ctx.model.unread_for(FILTER, sink.entity.origin.root)
    if unread is not None:
        return f"not every subscription filter could be read ({unread.reason})"
    return "the log group is kept elsewhere, and so may be its subscription filters" if sink.outside else None


RULE: Final = Rule(
    id="DS004",
    name="log-subscription-missing",
    title="Records in CloudWatch Logs not streamed on",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="Whatever analyses the stream of rejected traffic sees none of it.",
    default_params={"need": ["REJECT"], "kinds": list(KINDS)},
    params_schema={
        "need": {"type": "array", "items": {"enum": ["ACCEPT", "REJECT"]}, "minItems": 1, "uniqueItems": True},
        "kinds": {"type": "array", "items": {"enum": list(KINDS)}, "minItems": 1, "uniqueItems": True},
    },
    enabled_by_default=False,
)
