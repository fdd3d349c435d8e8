from __future__ import annotations

import pytest

from checker.load.terraform.convert import build_model
from checker.model.destination import BucketEncryption, LifecycleRule, PublicAccessBlock
from checker.model.known import Unknown
from tests.load.terraform.convert.instances import instance, model, ref, root, symbol, template

BUCKET = instance("aws_s3_bucket.b", {"bucket": "acme-logs"})
POLICY = (
    '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, '
    '"Action": "s3:PutObject", "Resource": "*"}]}'
)
BUCKET_ID = ref("aws_s3_bucket.b.id")


def bucket(*instances, key="aws_s3_bucket.b"):
    return next(item for item in model(*instances).buckets if item.key == key)


def setting(kind, target=BUCKET_ID, **values):
    return instance(f"aws_s3_bucket_{kind}.s", {"bucket": target, **values})


def test_a_new_bucket_without_settings_has_none():
    found = bucket(BUCKET)
    assert (found.policy, found.encryption, found.public_access_block, found.versioning) == (None, None, None, None)
    assert (found.lifecycle_rules, found.object_lock_enabled, found.object_lock_mode) == ((), False, None)
    assert (found.name, found.arn, found.id, found.force_destroy) == (
        "acme-logs",
        "arn:aws:s3:::acme-logs",
        "acme-logs",
        False,
    )


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(ref("aws_s3_bucket.b.id"), id="id"),
        pytest.param(ref("aws_s3_bucket.b.bucket"), id="bucket"),
        pytest.param("acme-logs", id="name"),
        pytest.param(ref("aws_s3_bucket_public_access_block.other.bucket"), id="through another setting"),
    ],
)
def test_settings_find_their_bucket(target):
    other = instance("aws_s3_bucket_public_access_block.other", {"bucket": ref("aws_s3_bucket.b.bucket")})
    assert bucket(BUCKET, other, setting("policy", target, policy=POLICY)).policy is not None


def test_settings_of_another_bucket_are_not_ours():
    assert bucket(BUCKET, setting("policy", "acme-logs-2", policy=POLICY)).policy is None


def test_a_bucket_without_known_name_has_its_settings_too():
    new = instance("aws_s3_bucket.b", {"bucket_prefix": "acme-"})
    assert bucket(new, setting("versioning", versioning_configuration=[{"status": "Enabled"}])).versioning == "Enabled"


def test_a_setting_of_an_unknown_bucket_leaves_every_bucket_in_doubt():
    assert isinstance(bucket(BUCKET, setting("policy", Unknown("var.b"), policy=POLICY)).policy, Unknown)
    elsewhere = Unknown("var.b", among=("aws_s3_bucket.c",))
    assert bucket(BUCKET, setting("policy", elsewhere, policy=POLICY)).policy is None


def test_a_setting_that_may_not_exist_is_unknown():
    unsure = instance(
        "aws_s3_bucket_policy.s", {"bucket": "acme-logs", "policy": POLICY}, exists=Unknown("count = var.n")
    )
    assert bucket(BUCKET, unsure).policy.reason == "count = var.n"


def test_public_access_block_encryption_and_lock_from_their_own_resources():
    key = instance("aws_kms_key.k", {})
    found = bucket(
        BUCKET,
        key,
        setting("public_access_block", block_public_acls=True, block_public_policy=True),
        setting(
            "server_side_encryption_configuration",
            rule=[
                {
                    "apply_server_side_encryption_by_default": [
                        {"sse_algorithm": "aws:kms", "kms_master_key_id": ref("aws_kms_key.k.arn")}
                    ]
                }
            ],
        ),
        setting("object_lock_configuration", rule=[{"default_retention": [{"mode": "COMPLIANCE", "years": 2}]}]),
    )
    assert found.public_access_block == PublicAccessBlock(
        block_public_acls=True, block_public_policy=True, ignore_public_acls=False, restrict_public_buckets=False
    )
    assert found.encryption == BucketEncryption(algorithm="aws:kms", kms_key="aws_kms_key.k")
    assert (found.object_lock_enabled, found.object_lock_mode, found.object_lock_days) == (True, "COMPLIANCE", 730)


def rule(**values):
    return LifecycleRule(
        **{
            "id": "r",
            "enabled": True,
            "prefix": None,
            "expiration_days": None,
            "noncurrent_expiration_days": None,
            "transitions": False,
            **values,
        }
    )


@pytest.mark.parametrize(
    ("block", "wanted"),
    [
        pytest.param({"expiration": [{"days": 400}]}, rule(expiration_days=400), id="expiration"),
        pytest.param(
            {"expiration": [{"days": 0, "expired_object_delete_marker": True}]}, rule(), id="delete markers only"
        ),
        pytest.param({"filter": [{"prefix": "AWSLogs/"}]}, rule(prefix="AWSLogs/"), id="filter"),
        pytest.param({"filter": [{"and": [{"prefix": "a/", "tags": {"x": "y"}}]}]}, rule(prefix="a/"), id="and"),
        pytest.param({"filter": [{}]}, rule(), id="empty filter"),
        pytest.param({"status": "Disabled", "prefix": "p"}, rule(enabled=False, prefix="p"), id="disabled"),
        pytest.param(
            {"noncurrent_version_expiration": [{"noncurrent_days": 30}]},
            rule(noncurrent_expiration_days=30),
            id="noncurrent",
        ),
        pytest.param(
            {"transition": [{"days": 30, "storage_class": "GLACIER"}]}, rule(transitions=True), id="transition"
        ),
    ],
)
def test_lifecycle_rules(block, wanted):
    found = bucket(BUCKET, setting("lifecycle_configuration", rule=[{"id": "r", "status": "Enabled", **block}]))
    assert found.lifecycle_rules == (wanted,)


def test_the_deprecated_arguments_of_the_bucket_count():
    found = bucket(
        instance(
            "aws_s3_bucket.b",
            {
                "bucket": "old",
                "policy": POLICY,
                "versioning": [{"enabled": True}],
                "lifecycle_rule": [
                    {
                        "id": "r",
                        "enabled": True,
                        "prefix": "x/",
                        "expiration": [{"days": 90}],
                        "noncurrent_version_expiration": [{"days": 7}],
                    }
                ],
                "server_side_encryption_configuration": [
                    {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]}
                ],
                "object_lock_configuration": [
                    {
                        "object_lock_enabled": "Enabled",
                        "rule": [{"default_retention": [{"mode": "GOVERNANCE", "days": 10}]}],
                    }
                ],
            },
        )
    )
    assert found.policy.statements[0].principals == (("Service", "delivery.logs.amazonaws.com"),)
    assert found.versioning == "Enabled"
    assert found.lifecycle_rules == (rule(prefix="x/", expiration_days=90, noncurrent_expiration_days=7),)
    assert found.encryption == BucketEncryption(algorithm="AES256", kms_key=None)
    assert (found.object_lock_enabled, found.object_lock_mode, found.object_lock_days) == (True, "GOVERNANCE", 10)


def test_a_policy_that_the_plan_removes_is_gone_although_the_state_repeats_it():
    computed = instance("aws_s3_bucket.b", {"bucket": "acme-logs", "policy": POLICY}, configured=None)
    ours = root(computed, before=[computed, setting("policy", policy=POLICY)])
    assert build_model([ours], "after").buckets[0].policy is None
    assert build_model([ours], "before").buckets[0].policy is not None
    assert build_model([root(computed, before=[computed])], "after").buckets[0].policy is not None


def test_a_bucket_read_as_data_does_not_tell_its_settings_but_ours_are_known():
    data = instance("data.aws_s3_bucket.b", {"bucket": "acme-logs"})
    found = bucket(data, setting("policy", "acme-logs", policy=POLICY), key="data.aws_s3_bucket.b")
    assert found.policy is not None and not isinstance(found.policy, Unknown)
    assert isinstance(found.versioning, Unknown)
    assert isinstance(found.object_lock_enabled, Unknown)


@pytest.mark.parametrize(
    ("region", "arn"),
    [
        ("cn-north-1", "arn:aws-cn:s3:::acme-logs"),
        ("us-gov-west-1", "arn:aws-us-gov:s3:::acme-logs"),
        ("us-east-1", "arn:aws:s3:::acme-logs"),
    ],
)
def test_the_partition_follows_from_the_region(region, arn):
    assert bucket(instance("aws_s3_bucket.b", {"bucket": "acme-logs"}, region=region)).arn == arn


def test_the_account_setting_lies_in_the_provider_account_unless_it_names_one():
    found = model(
        instance("aws_s3_account_public_access_block.a", {"block_public_acls": True}),
        instance("aws_s3_account_public_access_block.b", {"account_id": "999900001111"}),
    ).account_public_access_blocks
    assert [item.account for item in found] == ["111122223333", "999900001111"]
    assert found[0].block.block_public_acls is True


@pytest.mark.parametrize(
    ("days", "wanted"), [(0, None), (None, None), (365, 365), ("30", 30), (Unknown("var.d"), Unknown("var.d"))]
)
def test_a_retention_of_zero_or_none_keeps_events_for_ever(days, wanted):
    found = model(instance("aws_cloudwatch_log_group.g", {"name": "g", "retention_in_days": days})).log_groups[0]
    assert isinstance(found.retention_days, Unknown) == isinstance(wanted, Unknown)
    assert found.retention_days == wanted
    assert found.log_group_class == "STANDARD"


def test_a_log_group_with_a_generated_name_has_a_symbolic_arn():
    found = model(instance("aws_cloudwatch_log_group.g", {"name_prefix": "flow-"}, account=Unknown("?"))).log_groups[0]
    assert (
        symbol(found.arn)
        == "arn:aws:logs:eu-west-1:⟦aws_cloudwatch_log_group.g.account⟧:log-group:⟦aws_cloudwatch_log_group.g.name⟧"
    )


def test_a_log_group_read_as_data_does_not_know_an_absent_retention():
    found = model(instance("data.aws_cloudwatch_log_group.g", {"name": "g"})).log_groups[0]
    assert isinstance(found.retention_days, Unknown)
    assert isinstance(found.log_group_class, Unknown)
    assert isinstance(found.kms_key, Unknown)


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        pytest.param(ref("aws_kms_key.k.arn"), "aws_kms_key.k", id="arn"),
        pytest.param(ref("aws_kms_key.k.key_id"), "aws_kms_key.k", id="id"),
        pytest.param(ref("aws_kms_alias.a.arn"), "aws_kms_key.k", id="alias arn"),
        pytest.param(ref("aws_kms_alias.a.target_key_arn"), "aws_kms_key.k", id="through the alias"),
        pytest.param("alias/logs", "aws_kms_key.k", id="alias name"),
        pytest.param("alias/other", "alias/other", id="another alias"),
        pytest.param(None, None, id="none"),
    ],
)
def test_a_kms_key_is_found_in_every_spelling(key, wanted):
    found = model(
        instance("aws_kms_key.k", {}),
        instance("aws_kms_alias.a", {"name": "alias/logs", "target_key_id": ref("aws_kms_key.k.key_id")}),
        instance("aws_cloudwatch_log_group.g", {"name": "g", "kms_key_id": key}),
    )
    assert found.log_groups[0].kms_key == wanted
    assert found.kms_keys[0].aliases == ("alias/logs",)


def test_delivery_streams_tell_source_encryption_and_bucket():
    direct = instance(
        "aws_kinesis_firehose_delivery_stream.s",
        {
            "name": "s",
            "server_side_encryption": [{"enabled": True, "key_arn": "arn:aws:kms:eu-west-1:1:key/x"}],
            "extended_s3_configuration": [{"bucket_arn": ref("aws_s3_bucket.b.arn")}],
        },
    )
    fed = instance(
        "aws_kinesis_firehose_delivery_stream.t",
        {"name": "t", "kinesis_source_configuration": [{"kinesis_stream_arn": "x"}]},
    )
    one, two = model(BUCKET, direct, fed).delivery_streams
    assert (one.source_type, one.server_side_encryption, one.destination_bucket) == (
        "DirectPut",
        True,
        "aws_s3_bucket.b",
    )
    assert (two.source_type, two.server_side_encryption, two.destination_bucket) == (
        "KinesisStreamAsSource",
        False,
        None,
    )
    assert one.arn == "arn:aws:firehose:eu-west-1:111122223333:deliverystream/s"


def test_a_template_that_is_known_throughout_is_text():
    found = bucket(
        instance("aws_s3_bucket.b", {"bucket": template("acme-", ref("data.aws_region.r.name"))}),
        instance("data.aws_region.r", {}),
    )
    assert found.name == "acme-eu-west-1"
