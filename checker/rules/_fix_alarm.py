"""Terraform for what hangs on a log group: metric filter, alarm, topic, insight rule, subscription filter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Remediation
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


def insight_block(sink: Sink, fields: Sequence[str], keys: Sequence[str]) -> Remediation:
    """Return a Contributor Insights rule over records with these fields."""
    name = f"{label(sink.entity)}_contributors"
    value = next((field for field in ("bytes", "packets") if field in fields), None)
    wanted = [*keys, *([value] if value else [])]
    places = "\n".join(f'      "{fields.index(field) + 1}" = "{field}"' for field in wanted)
    contribution = [f"      Keys    = {json.dumps(list(keys))}", "      Filters = []"]
    contribution += [f'      ValueOf = "{value}"'] if value else []
    inner = "\n".join(contribution)
    text = f"""{place(sink.entity)}resource "aws_cloudwatch_contributor_insight_rule" "{name}" {{
  rule_name  = "{name}"
  rule_state = "ENABLED"

  rule_definition = jsonencode({{
    Schema        = {{ Name = "CloudWatchLogRule", Version = 1 }}
    LogGroupNames = [{group_name(sink)}]
    LogFormat     = "CLF"
    AggregateOn   = "{"Sum" if value else "Count"}"
    Fields = {{
{places}
    }}
    Contribution = {{
{inner}
    }}
  }})
}}
"""
    return Remediation(summary="Add a Contributor Insights rule with the positions of this format.", terraform=text)


def subscription_block(sink: Sink) -> Remediation:
    """Return a Kinesis stream and a subscription filter that sends it every record, with the role it needs."""
    name = f"{label(sink.entity)}_stream"
    text = f"""{place(sink.entity)}resource "aws_kinesis_stream" "{name}" {{
  name = "{name}"

  stream_mode_details {{
    stream_mode = "ON_DEMAND"
  }}
}}

data "aws_caller_identity" "{name}" {{}}

resource "aws_iam_role" "{name}" {{
  name_prefix = "flow-log-stream-"

  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = {{ Service = "logs.amazonaws.com" }}
      Condition = {{
        StringEquals = {{ "aws:SourceAccount" = data.aws_caller_identity.{name}.account_id }}
      }}
    }}]
  }})
}}

resource "aws_iam_role_policy" "{name}" {{
  role = aws_iam_role.{name}.id

  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect   = "Allow"
      Action   = ["kinesis:PutRecord", "kinesis:PutRecords"]
      Resource = aws_kinesis_stream.{name}.arn
    }}]
  }})
}}

resource "aws_cloudwatch_log_subscription_filter" "{name}" {{
  name            = "{name}"
  log_group_name  = {group_name(sink)}
  filter_pattern  = ""
  destination_arn = aws_kinesis_stream.{name}.arn
  role_arn        = aws_iam_role.{name}.arn
  depends_on      = [aws_iam_role_policy.{name}]
}}
"""
    return Remediation(summary="Send every record on to a stream.", terraform=text)
