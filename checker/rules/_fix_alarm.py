"""Terraform for what hangs on a log group: metric filter, alarm, topic, insight rule, subscription filter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Json, Remediation
from checker.model.monitoring import MetricFilter, Topic
from checker.rules._fields import hcl_format
from checker.rules._fix import address_of, block_head, label, place, reference
from checker.rules._log_groups import Sink
from checker.rules._record import TCP

NAMESPACE: Final = "FlowLogs"
_NAMED: Final = 14
"""Fields up to which a pattern names all of them; the default format has so many."""


def login_pattern(fields: Sequence[str], ports: Sequence[int], *, rejects_only: bool = False) -> str:
    """Return the filter pattern that chooses rejected logins from records with these fields.

    ``rejects_only`` is for logs that record nothing else and have no field ``action``.
    """
    name = "dstport"
    wanted = {"dstport": " || ".join(f"{name} = {port}" for port in ports), "protocol": f"protocol = {TCP}"}
    if not rejects_only:
        wanted["action"] = "action = REJECT"
    last = max((at for at, field in enumerate(fields) if field in wanted), default=0)
    named = fields if len(fields) <= _NAMED else fields[: last + 1]
    words = [wanted.get(field) or field.replace("-", "_") for field in named]
    return f"[{', '.join([*words, *(['...'] if len(named) < len(fields) else [])])}]"


def group_name(sink: Sink) -> str:
    """Return the expression for the name of a log group."""
    if sink.group is not None:
        address = address_of(sink.group)
        return f"{address.local}.name" if address is not None else f'"{_plain_name(sink)}"'
    return f'"{_plain_name(sink)}"'


def _plain_name(sink: Sink) -> str:
    if sink.group is not None and isinstance(sink.group.name, str):
        return sink.group.name
    arn = sink.arn or ""
    return arn.partition(":log-group:")[2] or "NAME-OF-THE-LOG-GROUP"


def alarm_blocks(
    sink: Sink, patterns: Sequence[str], metric: MetricFilter | None, topic: Entity | None, summary: str
) -> Remediation:
    """Return what is missing of filter, alarm, topic and subscription.

    ``metric`` is a filter that fits and lacks the alarm; ``topic`` one that somebody hears.
    """
    own = f"{label(sink.entity)}_rejected_logins"
    text = place(sink.entity)
    namespace, called = f'"{NAMESPACE}"', f'"{own}"'
    if metric is not None:
        namespace, called = _text(metric.metric_namespace, NAMESPACE), _text(metric.metric_name, own)
    else:
        text += "\n".join(_filter(sink, pattern, own, number) for number, pattern in enumerate(patterns)) + "\n"
    told = f"aws_sns_topic.{own}.arn"
    if isinstance(topic, Topic) and address_of(topic) is not None and _same_module(topic, sink.entity):
        told = reference(topic, "arn")
    text += _alarm(own, namespace, called, told)
    if told == f"aws_sns_topic.{own}.arn":
        text += _TOPIC.format(name=own)
    return Remediation(summary=summary, terraform=text)


def _text(value: object, otherwise: str) -> str:
    return json.dumps(value if isinstance(value, str) else otherwise)


def _same_module(one: Entity, other: Entity) -> bool:
    first, second = address_of(one), address_of(other)
    return first is not None and second is not None and first.module == second.module


def _filter(sink: Sink, pattern: str, own: str, number: int) -> str:
    name = own if number == 0 else f"{own}_{number + 1}"
    return f"""resource "aws_cloudwatch_log_metric_filter" "{name}" {{
  name           = "{name}"
  log_group_name = {group_name(sink)}
  pattern        = {json.dumps(pattern)}

  metric_transformation {{
    namespace     = "{NAMESPACE}"
    name          = "{own}"
    value         = "1"
    default_value = "0"
  }}
}}
"""


def _alarm(name: str, namespace: str, metric: str, topic: str) -> str:
    return f"""resource "aws_cloudwatch_metric_alarm" "{name}" {{
  alarm_name          = "{name}"
  namespace           = {namespace}
  metric_name         = {metric}
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  threshold           = 10
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [{topic}]
}}
"""


_TOPIC: Final = """
resource "aws_sns_topic" "{name}" {{
  name = "{name}"
}}

# Somebody has to open the link in the mail; an HTTPS endpoint or a queue confirms by itself.
resource "aws_sns_topic_subscription" "{name}" {{
  topic_arn = aws_sns_topic.{name}.arn
  protocol  = "email"
  endpoint  = "security@example.com"
}}
"""


def wider_format(log: Entity, fields: Sequence[str], summary: str) -> Remediation:
    """Return a format with the fields that a flow log lacks; Terraform can only replace the log."""
    body = f"  log_format = {hcl_format(fields)}\n\n  lifecycle {{\n    create_before_destroy = true\n  }}"
    text = f"{block_head(log)}\n{body}\n}}\n"
    return Remediation(summary=f"{summary} Terraform replaces the flow log.", terraform=text)


STANDARD_GROUP: Final = Remediation(
    summary="Deliver to a log group of class STANDARD; the class of a group cannot change.",
    terraform="""resource "aws_cloudwatch_log_group" "flow_logs" {
  name              = "/vpc/flow-logs"
  log_group_class   = "STANDARD"
  retention_in_days = 365
}
""",
)
"""A group that metric filters and subscription filters can stand on."""


def insight_definition(groups: Sequence[str], fields: Sequence[str], keys: Sequence[str]) -> dict[str, Json]:
    """Return the definition of a Contributor Insights rule over records with these fields."""
    wanted = [field for field in (*keys, "bytes") if field in fields]
    value = "bytes" if "bytes" in fields else None
    contribution: dict[str, Json] = {"Keys": [key for key in keys if key in fields], "Filters": []}
    if value:
        contribution["ValueOf"] = value
    return {
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": list(groups),
        "LogFormat": "CLF",
        "Fields": {str(fields.index(field) + 1): field for field in wanted},
        "Contribution": contribution,
        "AggregateOn": "Sum" if value else "Count",
    }
