"""Flow logs and destinations as rows: what is not known is None, never a guess."""

from typing import Any

import pytest

from checker.assessment import destination_rows, flow_log_rows
from checker.model.assessment import DestinationRow, FlowLogRow
from checker.model.destination import AccountPublicAccessBlock, BucketEncryption, PublicAccessBlock
from checker.model.entity import Entity
from checker.model.flow_log import FlowLogTarget, LogDestinationType
from checker.model.known import Unknown
from checker.model.origin import Source
from checker.model.record import replace
from tests.rules.build import (
    bucket,
    common,
    flow_log,
    lifecycle,
    log_group,
    model,
    stream,
    to_bucket,
    to_group,
    to_stream,
    transit_gateway,
    vpc,
)

LATER = Unknown("known after apply")


def log_row(**over: Any) -> FlowLogRow:
    (found,) = flow_log_rows(model(vpc(), bucket(), flow_log(**over)))
    return found


def place(*entities: Entity) -> DestinationRow:
    (found,) = destination_rows(model(vpc(), *entities))
    return found


def test_a_flow_log_is_told_as_it_is() -> None:
    found = log_row(id="fl-1", log_format="${version} ${action}", status="ACTIVE", deliver_status="FAILED",
                    deliver_error="Access error")  # fmt: skip
    assert found == FlowLogRow(
        account="111122223333", region="eu-west-1", id="fl-1", address="aws_flow_log.a", subject="aws_vpc.a",
        traffic_type="ALL", interval=60, destination="arn:aws:s3:::logs", destination_type="s3",
        file_format="plain-text", fields=2, status="ACTIVE, FAILED: Access error",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("over", "part", "value"),
    [
        ({"on": LATER}, "subject", None),
        ({"on": "vpc-0abc"}, "subject", "vpc-0abc"),
        ({"traffic_type": LATER}, "traffic_type", None),
        ({"traffic_type": None}, "traffic_type", None),
        ({"max_aggregation_interval": LATER}, "interval", None),
        ({"destination": LATER}, "destination", None),
        ({"destination": LATER}, "destination_type", None),
        ({"log_format": None}, "fields", 14),
        ({"log_format": LATER}, "fields", None),
        ({"log_format": None, "target_type": FlowLogTarget.TRANSIT_GATEWAY}, "fields", 36),
        ({"log_format": None, "target_type": LATER}, "fields", None),
        ({"status": None}, "status", None),
        ({"status": LATER}, "status", None),
        ({"file_format": LATER}, "file_format", None),
        ({"account": LATER}, "account", None),
    ],
)
def test_what_is_not_known_is_none(over: dict[str, Any], part: str, value: object) -> None:
    assert getattr(log_row(**over), part) == value


def test_a_bucket_is_told_with_its_protection() -> None:
    found = place(bucket(object_lock_enabled=True), flow_log("aws_flow_log.a"), flow_log("aws_flow_log.b"))
    assert (found.type, found.flow_logs, found.public_access) == ("s3", 2, "blocked")
    assert found.retention == "400 days"
    assert "object lock is on" in found.notes


@pytest.mark.parametrize(
    ("over", "part", "value"),
    [
        ({"lifecycle_rules": ()}, "retention", "no expiry"),
        ({"lifecycle_rules": LATER}, "retention", None),
        ({"lifecycle_rules": (lifecycle(90, prefix="AWSLogs"), lifecycle(30, enabled=False))}, "retention",
         "90 days below AWSLogs"),
        ({"lifecycle_rules": (lifecycle(90), lifecycle(10))}, "retention", "10 days, 90 days"),
        ({"encryption": None}, "encryption", "SSE-S3 by default"),
        ({"encryption": LATER}, "encryption", None),
        ({"encryption": BucketEncryption(algorithm="aws:kms", kms_key="k")}, "encryption", "aws:kms, key k"),
        ({"encryption": BucketEncryption(algorithm="AES256", kms_key=None)}, "encryption", "AES256"),
        ({"public_access_block": None}, "public_access", "no block set: AWS's default holds"),
        ({"public_access_block": LATER}, "public_access", None),
        ({"public_access_block": PublicAccessBlock(block_public_acls=True, block_public_policy=False,
                                                   ignore_public_acls=True, restrict_public_buckets=True)},
         "public_access", "off: block_public_policy"),
        ({"public_access_block": PublicAccessBlock(block_public_acls=True, block_public_policy=LATER,
                                                   ignore_public_acls=True, restrict_public_buckets=True)},
         "public_access", None),
        ({"managed": False}, "notes", ("managed elsewhere",)),
    ],
)  # fmt: skip
def test_parts_of_a_bucket(over: dict[str, Any], part: str, value: object) -> None:
    assert getattr(place(bucket(**over), flow_log()), part) == value


@pytest.mark.parametrize(("account", "said"), [("111122223333", "blocked by the account"),
                                               ("444455556666", "no block set")])  # fmt: skip
def test_the_account_may_block_for_its_own_buckets(account: str, said: str) -> None:
    whole = PublicAccessBlock(block_public_acls=True, block_public_policy=True, ignore_public_acls=True,
                              restrict_public_buckets=True)  # fmt: skip
    block = AccountPublicAccessBlock(block=whole, **common("aws_s3_account_public_access_block.a", account=account))
    open_ = bucket(public_access_block=None, source=Source.SNAPSHOT, id="logs", arn="arn:aws:s3:::logs")
    network = model(vpc(), open_, flow_log(destination=to_bucket(open_.key)))
    (found,) = destination_rows(replace(network, account_public_access_blocks=(block,)))
    assert found.public_access == said


def test_a_log_group_is_told() -> None:
    found = place(log_group(retention_days=None, kms_key=None), flow_log(destination=to_group()))
    assert (found.type, found.retention, found.encryption) == ("cloud-watch-logs", "never expires", "AWS owned key")
    found = place(log_group(retention_days=LATER, kms_key="k"), flow_log(destination=to_group()))
    assert (found.retention, found.encryption, found.public_access) == (None, "KMS key k", None)


def test_a_stream_is_told() -> None:
    found = place(stream(status="ACTIVE", destination_bucket="arn:aws:s3:::lake"), flow_log(destination=to_stream()))
    assert found.type == LogDestinationType.FIREHOSE.value
    assert found.notes == ("status ACTIVE", "delivers to arn:aws:s3:::lake")


def test_a_place_that_is_not_in_the_input_has_a_row_that_says_so() -> None:
    found = place(flow_log(destination=to_bucket(None, "elsewhere")))
    assert found.id == "arn:aws:s3:::elsewhere"
    assert found.notes == ("not read in this run: its settings are not known",)
    assert (found.retention, found.encryption, found.public_access) == (None, None, None)


def test_a_destination_that_is_not_known_has_no_row() -> None:
    assert destination_rows(model(vpc(), flow_log(destination=LATER))) == ()


def test_rows_are_sorted() -> None:
    logs = [flow_log(f"aws_flow_log.{name}") for name in "cab"]
    assert [each.address for each in flow_log_rows(model(transit_gateway(), *logs))] == [
        "aws_flow_log.a", "aws_flow_log.b", "aws_flow_log.c",
    ]  # fmt: skip
