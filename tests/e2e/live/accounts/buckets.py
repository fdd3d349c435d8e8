"""Everything that keeps a flow log from a bucket or a delivery stream, or leaves the bucket unprotected."""

from __future__ import annotations

from tests.e2e.live import pieces
from tests.e2e.live.pieces import delivery_policy
from tests.e2e.live.world import World
from tests.support import faults, scripts
from tests.support.moto_server import ACCOUNT

OTHER = "444455556666"
"""An account that is not audited."""


def build(world: World) -> None:
    world.words = ["--region", "us-east-1"]
    world.clear()
    _layouts(world)
    _policies(world)
    _protection(world)
    _streams(world)


def _log(world: World, name: str, destination: str, **more: object) -> None:
    pieces.flow_log(world, name, pieces.vpc(world, f"{name}.vpc"), destination, **more)  # type: ignore[arg-type]

    def without_status(log: dict[str, object]) -> None:
        log.pop("DeliverLogsStatus", None)

    edit = scripts.each("FlowLogs", without_status, FlowLogId=world.key(name))
    world.rules.append(scripts.edited("ec2", "DescribeFlowLogs", edit))


def _layouts(world: World) -> None:
    good = pieces.bucket(world, "logs-good")
    _log(world, "s3-good", good)
    _log(world, "s3-parquet", good, DestinationOptions={"FileFormat": "parquet", "PerHourPartition": True})
    _log(world, "s3-hive-refused", good, DestinationOptions={"HiveCompatiblePartitions": True})
    folder = pieces.bucket(world, "logs-folder", policy=delivery_policy("logs-folder", folder="team/"))
    _log(world, "s3-folder", f"{folder}/team/")
    _log(world, "s3-folder-other", f"{folder}/others/")
    _log(world, "s3-folder-none", folder)


def _policies(world: World) -> None:
    s3 = world.client("s3")
    _log(world, "s3-gone", pieces.bucket(world, "logs-gone"))
    s3.delete_bucket_policy(Bucket="logs-gone")
    s3.delete_bucket(Bucket="logs-gone")
    wrong = delivery_policy("logs-wrong").replace("delivery.logs", "logs")
    _log(world, "s3-wrong-principal", pieces.bucket(world, "logs-wrong", policy=wrong))
    name = "logs-denies"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/*"}
    _log(world, "s3-denies", pieces.bucket(world, name, policy=delivery_policy(name, more=(deny,))))
    name = "logs-tls"
    tls = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*",
           "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
    _log(world, "s3-tls-only", pieces.bucket(world, name, policy=delivery_policy(name, more=(tls,))))
    _log(
        world,
        "s3-other-source",
        pieces.bucket(world, "logs-source", policy=delivery_policy("logs-source", account=OTHER)),
    )
    _log(world, "s3-attached", pieces.bucket(world, "logs-attached", policy=""))
    # The policy is of one account, so no log of another one can be written; nobody but its owner can read it.
    theirs = pieces.bucket(
        world, "logs-theirs", account=OTHER, policy=delivery_policy("logs-theirs", of=(OTHER, ACCOUNT))
    )
    _log(world, "s3-theirs", theirs)
    world.rules.append(faults.denied(service="s3", about="logs-theirs"))


def _protection(world: World) -> None:
    _log(world, "s3-public", pieces.bucket(world, "logs-public", public=True))
    _log(world, "s3-kept-for-ever", pieces.bucket(world, "logs-for-ever", lifecycle=None))
    _log(world, "s3-kept-briefly", pieces.bucket(world, "logs-briefly", lifecycle=30))
    _log(world, "s3-no-key", pieces.bucket(world, "logs-no-key", key=""))
    _log(world, "s3-key-refuses", pieces.bucket(world, "logs-key", key=pieces.key(world)))
    gone = pieces.bucket_key(world)
    _log(world, "s3-key-disabled", pieces.bucket(world, "logs-key-off", key=gone))
    world.client("kms").disable_key(KeyId=gone.rpartition("/")[2])


def _streams(world: World) -> None:
    firehose = world.client("firehose")
    target = pieces.bucket(world, "stream-target")
    role = pieces.role(world, "firehose", allows=pieces.document({"Action": "s3:*", "Resource": "*"}))
    s3 = {"RoleARN": role, "BucketARN": target}

    def stream(name: str, *, tagged: bool, **more: object) -> str:
        tags = [{"Key": "LogDeliveryEnabled", "Value": "true"}] if tagged else [{"Key": "a", "Value": "b"}]
        arn: str = firehose.create_delivery_stream(
            DeliveryStreamName=name, ExtendedS3DestinationConfiguration=s3, Tags=tags, **more
        )["DeliveryStreamARN"]
        return arn

    _log(world, "firehose-good", stream("good", tagged=True))
    _log(world, "firehose-untagged", stream("untagged", tagged=False))
    kinesis = world.client("kinesis")
    kinesis.create_stream(StreamName="source", ShardCount=1)
    source = {"KinesisStreamARN": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/source", "RoleARN": role}
    fed = stream("fed", tagged=True, DeliveryStreamType="KinesisStreamAsSource",
                 KinesisStreamSourceConfiguration=source)  # fmt: skip
    _log(world, "firehose-fed-by-kinesis", fed)
    _log(world, "firehose-gone", stream("gone", tagged=True))
    firehose.delete_delivery_stream(DeliveryStreamName="gone")
