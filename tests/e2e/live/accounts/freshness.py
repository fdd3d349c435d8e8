"""What really arrived, and when: in log groups and in buckets, of logs that AWS calls healthy."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.live import pieces
from tests.e2e.live.world import World
from tests.support import scripts
from tests.support.moto_server import ACCOUNT

OLD = timedelta(hours=3)
"""How long ago what is called old arrived; longer than any delay."""


def build(world: World) -> None:
    world.words = ["--region", "us-east-1", "--freshness"]
    world.clear()
    role = pieces.role(world, "flow-logs")

    def to_group(name: str, *, used: bool = True, **more: Any) -> str:
        group = pieces.group(world, f"/{name}")
        pieces.flow_log(world, name, _vpc(world, name, used=used), group, role=role, **more)
        return f"/{name}"

    _event(world, to_group("group-fresh"), "eni-new-all")
    _event(world, to_group("group-stale"), "eni-old-all")
    _event(world, to_group("group-stale-unused", used=False), "eni-old-all")
    _event(world, to_group("group-stale-rejects", traffic="REJECT"), "eni-old-all")
    to_group("group-silent")
    to_group("group-young")

    anywhere = {"Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::fresh-logs/*",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}  # fmt: skip
    policy = pieces.delivery_policy("fresh-logs", more=(anywhere,))
    bucket = pieces.bucket(world, "fresh-logs", policy=policy)
    for name in ("bucket-fresh", "bucket-stale", "bucket-silent", "bucket-hive", "bucket-young"):
        hive = {"HiveCompatiblePartitions": True}
        folder = f"{bucket}/hive/" if name == "bucket-hive" else bucket
        options = {"DestinationOptions": hive} if name == "bucket-hive" else {}
        pieces.flow_log(world, name, _vpc(world, name), folder, **options)
    _object(world, "bucket-fresh", "new")
    _object(world, "bucket-stale", "old")
    _object(world, "bucket-hive", "new", hive=True)

    young = {world.key("group-young"), world.key("bucket-young")}
    world.rules += [
        scripts.edited("ec2", "DescribeFlowLogs", scripts.each("FlowLogs", lambda log: _age(log, young))),
        scripts.edited("logs", "DescribeLogStreams", scripts.each("logStreams", _old_stream)),
        scripts.edited("s3", "ListObjectsV2", scripts.each("Contents", _old_object)),
    ]


def _vpc(world: World, name: str, *, used: bool = True) -> str:
    """Make a VPC, with an instance in it where it is to be used."""
    vpc = pieces.vpc(world, f"{name}.vpc")
    if used:
        ec2 = world.client("ec2")
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        ec2.run_instances(ImageId=image, SubnetId=world.key(f"{name}.vpc.subnet0"), MinCount=1, MaxCount=1)
    return vpc


def _event(world: World, group: str, stream: str) -> None:
    logs = world.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(datetime.now(UTC).timestamp() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now, "message": "2"}])


def _object(world: World, log: str, age: str, *, hive: bool = False) -> None:
    """Put an object where AWS would, with a flow log's id in its name."""
    now = datetime.now(UTC)
    folder = f"AWSLogs/{ACCOUNT}/vpcflowlogs/us-east-1/{now:%Y/%m/%d}/"
    if hive:
        folder = (
            f"hive/AWSLogs/aws-account-id={ACCOUNT}/aws-service=vpcflowlogs/aws-region=us-east-1/"
            f"year={now:%Y}/month={now:%m}/day={now:%d}/"
        )
    name = f"{ACCOUNT}_vpcflowlogs_us-east-1_{world.key(log)}_{now:%Y%m%dT%H%MZ}_{age}.log.gz"
    world.client("s3").put_object(Bucket="fresh-logs", Key=f"{folder}{name}", Body=gzip.compress(b"version\n"))


def _age(log: dict[str, Any], young: set[str]) -> None:
    """Let a flow log be two days old: AWS gives a new one time."""
    if log["FlowLogId"] not in young:
        log["CreationTime"] -= timedelta(days=2)


def _old_stream(stream: dict[str, Any]) -> None:
    if "old" in stream["logStreamName"]:
        for member in ("lastEventTimestamp", "lastIngestionTime"):
            stream[member] -= int(OLD.total_seconds() * 1000)


def _old_object(found: dict[str, Any]) -> None:
    if found["Key"].endswith("_old.log.gz"):
        found["LastModified"] -= OLD
