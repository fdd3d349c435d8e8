"""What becomes of the logs: filters, alarms, subscriptions, insight rules, tables; right ones and near misses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.e2e.live import pieces
from tests.e2e.live.world import World
from tests.support import scripts
from tests.support.moto_server import ACCOUNT

PATTERN: Final = (
    '[version, account, eni, source, destination, srcport, destport={port}, protocol="6", packets, bytes, '
    'windowstart, windowend, action="REJECT", flowlogstatus]'
)
"""The published pattern, which fits the default format."""
COLUMNS: Final = (
    "version account_id interface_id srcaddr dstaddr srcport dstport protocol packets bytes start end action log_status"
)
NUMBERS: Final = {
    **dict.fromkeys(("version", "srcport", "dstport"), "int"),
    **dict.fromkeys(("protocol", "packets", "bytes", "start", "end"), "bigint"),
}
BOTH: Final = PATTERN.format(port='"22" || destport="3389"')


def build(world: World) -> None:
    world.words = ["--region", "us-east-1", "--policy", str(Path(__file__).with_suffix(".policy.yaml"))]
    world.clear()
    role = pieces.role(world, "flow-logs")
    topic = _topic(world, "confirmed")
    pending = _topic(world, "pending")
    silent = _topic(world, "silent", subscribed=False)
    confirmed = scripts.edited("sns", "ListSubscriptionsByTopic", _pending, about=pending)
    world.rules.append(confirmed)

    def logged(name: str, *, fields: str | None = None) -> str:
        arn = world.name(f"{name}.group", pieces.group(world, f"/{name}"))
        pieces.flow_log(world, name, pieces.vpc(world, f"{name}.vpc"), arn, role=role, fields=fields)
        return f"/{name}"

    _watch(world, logged("alarmed"), BOTH, topic)
    _watch(world, logged("alarm-wrong-positions", fields=pieces.FIELDS), BOTH, topic)
    _watch(world, logged("alarm-only-ssh"), PATTERN.format(port='"22"'), topic)
    _watch(world, logged("alarm-accepted"), BOTH.replace("REJECT", "ACCEPT"), topic)
    _watch(world, logged("alarm-pending"), BOTH, pending)
    _watch(world, logged("alarm-nobody"), BOTH, silent)
    _watch(world, logged("filter-alone"), BOTH, None)
    logged("nothing")
    _insight(world, "insight", logged("insight"))
    _insight(world, "insight-wrong-positions", logged("insight-wrong-positions", fields=pieces.FIELDS))
    _insight(world, "insight-disabled", logged("insight-disabled"), enabled=False)
    _streamed(world, logged("streamed"))
    _streamed(world, logged("streamed-wrong-positions", fields=pieces.FIELDS), BOTH)
    _streamed(world, logged("streamed-may-not-write"), action="kinesis:DescribeStream")
    _tables(world)
    world.rules.extend(scripts.telemetry_rules(scripts.telemetry_rule("vpc-flow-logs"), region="us-east-1"))


def _topic(world: World, name: str, *, subscribed: bool = True) -> str:
    sns = world.client("sns")
    arn: str = sns.create_topic(Name=name)["TopicArn"]
    if subscribed:
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="security@example.com")
    return arn


def _pending(result: dict[str, Any]) -> None:
    for one in result.get("Subscriptions", ()):
        one["SubscriptionArn"] = "PendingConfirmation"


def _watch(world: World, group: str, pattern: str, topic: str | None) -> None:
    """Put a metric filter on a group, with an alarm on its metric where there is a topic."""
    metric = group.strip("/")
    transformation = {"metricName": metric, "metricNamespace": "FlowLogs", "metricValue": "1"}
    world.client("logs").put_metric_filter(
        logGroupName=group, filterName="rejected", filterPattern=pattern, metricTransformations=[transformation]
    )
    if topic is not None:
        world.client("cloudwatch").put_metric_alarm(
            AlarmName=metric, Namespace="FlowLogs", MetricName=metric, Statistic="Sum", Period=3600,
            EvaluationPeriods=1, Threshold=10, ComparisonOperator="GreaterThanOrEqualToThreshold", AlarmActions=[topic],
        )  # fmt: skip


def _insight(world: World, name: str, group: str, *, enabled: bool = True) -> None:
    """Put a Contributor Insights rule on rejected connections that fits the default format."""
    definition = {
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": [group],
        "LogFormat": "CLF",
        "Fields": {"3": "interfaceID", "4": "sourceAddress", "8": "protocol", "13": "action"},
        "Contribution": {
            "Keys": ["interfaceID", "sourceAddress"],
            "Filters": [{"Match": "protocol", "EqualTo": 6}, {"Match": "action", "In": ["REJECT"]}],
        },
        "AggregateOn": "Count",
    }
    state = "ENABLED" if enabled else "DISABLED"
    world.client("cloudwatch").put_insight_rule(RuleName=name, RuleState=state, RuleDefinition=json.dumps(definition))


def _streamed(world: World, group: str, pattern: str = "", *, action: str = "kinesis:PutRecord") -> None:
    """Subscribe a Kinesis stream to a group, by a role that is allowed this action on it."""
    stream = group.strip("/")
    world.client("kinesis").create_stream(StreamName=stream, ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{stream}"
    allows = pieces.document({"Action": action, "Resource": arn})
    service = pieces.document({"Principal": {"Service": "logs.amazonaws.com"}, "Action": "sts:AssumeRole"})
    world.client("logs").put_subscription_filter(
        logGroupName=group, filterName="rejected", filterPattern=pattern,
        roleArn=pieces.role(world, stream, trusts=service, allows=allows),
        destinationArn=arn,
    )  # fmt: skip


def _tables(world: World) -> None:
    """Log two VPCs to buckets: one with a table that fits, one with a table that misses a column."""
    glue = world.client("glue")
    glue.create_database(DatabaseInput={"Name": "flow"})
    for name, columns in (("table", _columns()), ("table-short", _columns()[:-2])):
        bucket = world.name(f"{name}.bucket", pieces.bucket(world, f"logs-{name}"))
        pieces.flow_log(world, name, pieces.vpc(world, f"{name}.vpc"), bucket, fields=None)
        place = f"s3://logs-{name}/AWSLogs/{ACCOUNT}/vpcflowlogs/us-east-1"
        glue.create_table(DatabaseName="flow", TableInput=_table(name.replace("-", "_"), place, columns))


def _columns() -> list[dict[str, str]]:
    return [{"Name": name, "Type": NUMBERS.get(name, "string")} for name in COLUMNS.split(" ")]


def _table(name: str, place: str, columns: list[dict[str, str]]) -> dict[str, Any]:
    projected = {
        "skip.header.line.count": "1",
        "projection.enabled": "true",
        "projection.day.type": "date",
        "projection.day.range": "2021/01/01,NOW",
        "projection.day.format": "yyyy/MM/dd",
        "storage.location.template": place + "/${day}",
    }
    serde = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
             "Parameters": {"field.delim": " ", "serialization.format": " "}}  # fmt: skip
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": projected,
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": {
            "Columns": columns,
            "Location": place + "/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": serde,
        },
    }
