"""One key has one entity, whatever names it: id, alias or ARN."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checker.load.aws.call import Reply
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from tests.load.aws.made import ACCOUNT, OTHER, REGION, failed, network, reply

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{ID}"
ALIAS = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/logs"
POLICY = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]})


def described(asked: str, *, account: str = ACCOUNT, **over: Any) -> Reply:
    members = {"Arn": ARN, "KeyId": ID, "KeyState": "Enabled", "KeyManager": "CUSTOMER", "Enabled": True, **over}
    return reply("kms:DescribeKey", asked, account=account, KeyMetadata=members)


def encrypted(named: str, *more: Reply, account: str = ACCOUNT) -> NetworkModel:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": named}}
    return network(
        reply("s3:ListBuckets", account=account, Buckets=[{"Name": "logs"}]),
        reply("s3:GetBucketLocation", "logs", LocationConstraint=REGION),
        reply("s3:GetBucketEncryption", "logs", ServerSideEncryptionConfiguration={"Rules": [rule]}),
        *more,
    )


def key_of(model: NetworkModel) -> object:
    (bucket,) = model.buckets
    assert bucket.encryption is not None
    assert not isinstance(bucket.encryption, Unknown)
    return bucket.encryption.kms_key


@pytest.mark.parametrize("named", [ID, ARN, "alias/logs", ALIAS], ids=["id", "arn", "alias", "alias-arn"])
def test_a_setting_names_the_key_by_its_arn_once_the_key_was_read(named: str) -> None:
    model = encrypted(named, described(named))
    assert key_of(model) == ARN
    assert [key.key for key in model.kms_keys] == [ARN]


@pytest.mark.parametrize(
    ("named", "key"),
    [(ID, ARN), (ARN, ARN), ("alias/logs", ALIAS), (ALIAS, ALIAS), ("alias/aws/s3", ALIAS.replace("logs", "aws/s3"))],
)
def test_a_key_that_could_not_be_read_keeps_the_name_as_an_arn_and_the_cause(named: str, key: str) -> None:
    model = encrypted(named, failed("kms:DescribeKey", named))
    assert key_of(model) == key
    (found,) = model.kms_keys
    assert found.key == key
    assert isinstance(found.policy, Unknown)
    assert "kms:DescribeKey was denied" in found.policy.reason


def test_the_alias_of_a_key_that_aws_manages_stays_for_rules_to_see() -> None:
    model = encrypted("alias/aws/s3", described("alias/aws/s3", KeyManager="AWS"))
    assert key_of(model) == ALIAS.replace("logs", "aws/s3")
    (key,) = model.kms_keys
    assert (key.customer_managed, key.rotation_enabled) == (False, True)


def test_a_key_named_in_four_ways_is_one_with_the_aliases_it_was_named_by() -> None:
    model = network(*(described(named) for named in (ID, ARN, "alias/logs", ALIAS)))
    (key,) = model.kms_keys
    assert key.id == ID
    assert key.aliases[0] == "alias/logs"
    assert isinstance(key.aliases[1], Unknown)


def test_the_owners_answer_counts_where_another_account_saw_the_key_too() -> None:
    model = network(
        described(ARN),
        described(ARN, account=OTHER),
        reply("kms:GetKeyPolicy", ARN, Policy=POLICY),
        failed("kms:GetKeyPolicy", ARN, account=OTHER),
        scopes=((ACCOUNT, REGION), ("000000000000", REGION), (OTHER, REGION)),
    )
    (key,) = model.kms_keys
    assert key.account == ACCOUNT
    assert not isinstance(key.policy, Unknown)


@pytest.mark.parametrize(("named", "key"), [(ID, ARN), (ARN, ARN), ("alias/logs", ALIAS)])
def test_a_key_that_does_not_exist_is_absent_under_its_arn(named: str, key: str) -> None:
    model = encrypted(named, failed("kms:DescribeKey", named, code="NotFoundException"))
    assert model.kms_keys == ()
    assert model.absent_for(key) is not None


@pytest.mark.parametrize("members", [{"KeyManager": None}, {"KeyState": None, "Enabled": None}, {"KeyState": 3}])
def test_what_aws_does_not_tell_of_a_key_is_unknown(members: dict[str, Any]) -> None:
    (key,) = network(described(ARN, **members)).kms_keys
    assert any(isinstance(fact, Unknown) for fact in (key.customer_managed, key.enabled))


def test_a_key_without_arn_lies_with_the_bucket_and_nowhere_where_that_is_not_known() -> None:
    assert key_of(encrypted(ID, account=OTHER)) == ARN.replace(ACCOUNT, OTHER)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": ID}}
    model = network(
        failed("s3:GetBucketLocation", "logs"),
        reply("s3:GetBucketEncryption", "logs", ServerSideEncryptionConfiguration={"Rules": [rule]}),
    )
    assert isinstance(key_of(model), Unknown)
