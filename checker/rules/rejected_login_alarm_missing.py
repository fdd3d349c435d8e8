"""Nobody is told when logins by SSH or RDP are rejected.

## What it checks

Each log group that flow logs deliver to, along the whole chain:

- A metric filter chooses the rejected TCP records to the ports (22 and 3389). A filter pattern in brackets is
  positional: names mean nothing, only the place counts. The pattern is tried on every class of records in the format
  of each flow log that delivers to the group, the default format of fourteen fields or a `log_format` of its own. A
  pattern with fewer fields than the records takes the rest of the line as its last field.
- The filter chooses nothing else: no accepted traffic, no other ports. Other protocols on the same ports (RDP also
  uses UDP) are noted, not failed.
- An alarm of the same account and region watches the metric: Sum (or another statistic that one match moves), rising,
  above a threshold that nothing alone does not meet, without dimensions that the filter does not publish, and not
  ringing while data is missing.
- The alarm tells an SNS topic, and somebody has confirmed a subscription of it.

Several filters may share the work, for instance one for each port. Flow logs that record accepted traffic only, and
those of transit gateways, which know no rejection, need no filter. A VPC whose logs go to S3 only is no subject here:
to demand a log group, allow only log groups under FL004.

## Why it matters

Rejected logins are the first trace of somebody trying doors. A filter on the wrong position counts nothing for years,
and the silence looks like peace.

## When it cannot tell

When a pattern, format, metric or action comes from an expression that cannot be evaluated; when the log group or the
topic is outside the input, so that what hangs on it is not known; when a pattern has several gaps or cannot be read;
when an alarm watches an expression over metrics. A subscription by mail or HTTP(S) that a plan creates is pending
until somebody opens the link: unknown, unless the policy says `assume_confirmed: true`. In an account, pending fails.

## Parameters

- `ports` ([22, 3389]): destination ports of the logins.
- `allow_wider` (false): whether a filter may count other ports too, such as all rejected traffic.
- `max_delay_seconds` (86400): the longest time, periods times datapoints, that an alarm may take.
- `assume_confirmed` (false): whether a plan's subscription by mail counts as confirmed.

## Remediation

Add the metric filter, alarm, topic and subscription that the finding shows; the pattern is made for this log's format.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/process-records-cwl.html
- https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
- https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
- https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Json, Severity
from checker.model.known import Unknown
from checker.rules._log_groups import not_to_be_judged, sinks, title_of
from checker.rules._login_alarm import Judged
from checker.rules._record import Layout, layout_of
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, name, not_applicable, unknown


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every log group that flow logs deliver to; the flow log where the group is not in the model."""
    return [sink.entity for _, sink in sorted(sinks(ctx).items())]


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the chain from one log group to a person."""
    sink = sinks(ctx)[entity.key]
    settled = not_to_be_judged(sink, ctx)
    if settled is not None:
        return settled
    ports = _ports(params)
    facts: dict[str, Json] = {"ports": list(ports), "logs": [log.key for log in sink.logs]}
    layouts: list[Layout] = []
    for log in sink.logs:
        layout = layout_of(log, ctx)
        if isinstance(layout, Unknown):
            message = f"{title_of(sink)}: what {name(log)} writes is not known ({layout.reason})."
            return unknown(message, [fact(layout.reason, log)], facts)
        layouts.append(layout)
    relevant = [at for at, layout in enumerate(layouts) if "REJECT" in layout.actions]
    if not relevant:
        reason = "no flow log records rejected traffic here"
        return not_applicable(f"{title_of(sink)}: {reason}.", [fact(reason, log) for log in sink.logs], facts)
    return Judged(sink, ctx, params, layouts, relevant, ports).outcome(facts)


def _ports(params: Params) -> tuple[int, ...]:
    found = params["ports"]
    return tuple(int(str(port)) for port in found) if isinstance(found, list) else ()


RULE: Final = Rule(
    id="DS001",
    name="rejected-login-alarm-missing",
    title="Rejected SSH and RDP logins raise no alarm",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="Rejected logins are the first trace of an intruder, and nobody is told.",
    default_params={"ports": [22, 3389], "allow_wider": False, "max_delay_seconds": 86400, "assume_confirmed": False},
    params_schema={
        "ports": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": 65535},
            "minItems": 1,
            "uniqueItems": True,
        },
        "allow_wider": {"type": "boolean"},
        "max_delay_seconds": {"type": "integer", "minimum": 10},
        "assume_confirmed": {"type": "boolean"},
    },
    enabled_by_default=False,
)
