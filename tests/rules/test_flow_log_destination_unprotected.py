from __future__ import annotations

import dataclasses

import pytest

from checker.model.absent import Absent
from checker.model.destination import AccountPublicAccessBlock, BucketEncryption
from checker.model.finding import Change, Confidence, Severity
from checker.model.flow_log import LogDestination, LogDestinationType
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, Loaded
from checker.model.model import Unread
from checker.model.origin import Origin, Source
from tests.rules.build import (
    ACCOUNT,
    BLOCKED,
    LATER,
    OTHER,
    bucket,
    change,
    common,
    delivery_policy,
    document,
    flow_log,
    kms_key,
    lifecycle,
    log_group,
    model,
    only,
    role,
    statement,
    stream,
    to_bucket,
    to_group,
    to_stream,
)

LOW, MEDIUM = Severity.LOW, Severity.MEDIUM


def to_logs(**over):
    return flow_log(**{"destination": to_group(), "role": "aws_iam_role.logs", **over})


def of(log, *entities, **params):
    return only("FL006", model(log, *entities), FL006=params)


GROUPS = {
    "protected": ({}, {}, "pass", MEDIUM),
    "never expires": ({"retention_days": None}, {}, "fail", MEDIUM),
    "too short": ({"retention_days": 364}, {}, "fail", MEDIUM),
    "just long enough": ({"retention_days": 365}, {}, "pass", MEDIUM),
    "the policy wants more": ({}, {"retention_days": 366}, "fail", MEDIUM),
    "not known": ({"retention_days": LATER}, {}, "unknown", MEDIUM),
    "not known beside a defect": ({"retention_days": LATER, "kms_key": None}, {}, "fail", LOW),
    "no key": ({"kms_key": None}, {}, "fail", LOW),
    "no key, short retention: the worst counts": ({"kms_key": None, "retention_days": 7}, {}, "fail", MEDIUM),
    "no key, none wanted": ({"kms_key": None}, {"require_customer_key": False}, "pass", MEDIUM),
    "key not known": ({"kms_key": LATER}, {}, "unknown", MEDIUM),
    "never expires, which is long enough": ({"retention_days": None}, {"endless": "pass"}, "pass", MEDIUM),
    "too short, where for ever would do": ({"retention_days": 30}, {"endless": "pass"}, "fail", MEDIUM),
    "only retention is asked for": ({"kms_key": None}, {"aspects": ["retention"]}, "pass", MEDIUM),
    "retention is not asked for": ({"retention_days": 7}, {"aspects": ["key"]}, "pass", MEDIUM),
    "the key is asked for": ({"retention_days": 7, "kms_key": None}, {"aspects": ["key"]}, "fail", LOW),
    "a doubt that nobody asks about": ({"retention_days": LATER}, {"aspects": ["key"]}, "pass", MEDIUM),
    "nothing that is asked for applies": ({"retention_days": 7}, {"aspects": ["public-access"]}, "pass", MEDIUM),
    "key made by this plan": ({"kms_key": Unknown("later", symbol="⟦module.k.aws_kms_key.x.arn⟧")}, {}, "pass", MEDIUM),
    "key of a variable may be null": ({"kms_key": Unknown("later", symbol="⟦var.key⟧")}, {}, "unknown", MEDIUM),
}


@pytest.mark.parametrize(("settings", "params", "status", "severity"), GROUPS.values(), ids=GROUPS.keys())
def test_a_log_group(settings, params, status, severity):
    finding = of(to_logs(), log_group(**settings), role(), **params)
    assert (finding.status, finding.severity) == (status, severity)


SSE = BucketEncryption(algorithm="AES256", kms_key=None)
PUBLIC = document(statement("s3:GetObject", "arn:aws:s3:::logs/*", principals=(("*", "*"),), sid="World"))
PUBLIC_IF = document(
    statement(
        "s3:GetObject",
        "*",
        principals=(("AWS", "*"),),
        conditions={"StringEquals": {"aws:PrincipalOrgID": ("o-1",)}},
    )
)
OFF = dataclasses.replace(BLOCKED, block_public_policy=False)
OPEN = dataclasses.replace(BLOCKED, restrict_public_buckets=False)
BUCKETS = {
    "protected": ({}, {}, "pass", MEDIUM),
    "one switch off": ({"public_access_block": OFF}, {}, "fail", MEDIUM),
    "one switch not known": (
        {"public_access_block": dataclasses.replace(BLOCKED, ignore_public_acls=LATER)},
        {},
        "unknown",
        MEDIUM,
    ),
    "block not known": ({"public_access_block": LATER}, {}, "unknown", MEDIUM),
    "no block in the configuration": ({"public_access_block": None}, {}, "pass", MEDIUM),
    "public policy, no block": ({"policy": PUBLIC, "public_access_block": None}, {}, "fail", MEDIUM),
    "public policy, restricted": ({"policy": PUBLIC}, {}, "pass", MEDIUM),
    "policy for an organization": ({"policy": PUBLIC_IF, "public_access_block": None}, {}, "pass", MEDIUM),
    "no lifecycle": ({"lifecycle_rules": ()}, {}, "fail", MEDIUM),
    "no lifecycle, which is long enough": ({"lifecycle_rules": ()}, {"endless": "pass"}, "pass", MEDIUM),
    "early, where for ever would do": ({"lifecycle_rules": (lifecycle(90),)}, {"endless": "pass"}, "fail", MEDIUM),
    "open, and only retention asked for": ({"public_access_block": OFF}, {"aspects": ["retention"]}, "pass", MEDIUM),
    "open, and access asked for": (
        {"public_access_block": OFF, "lifecycle_rules": ()},
        {"aspects": ["public-access"]},
        "fail",
        MEDIUM,
    ),
    "no lifecycle wanted": ({"lifecycle_rules": ()}, {"require_lifecycle": False}, "pass", MEDIUM),
    "lifecycle off": ({"lifecycle_rules": (lifecycle(enabled=False),)}, {}, "fail", MEDIUM),
    "lifecycle that does nothing": ({"lifecycle_rules": (lifecycle(None),)}, {}, "fail", MEDIUM),
    "lifecycle that moves": ({"lifecycle_rules": (lifecycle(None, transitions=True),)}, {}, "pass", MEDIUM),
    "expires early": ({"lifecycle_rules": (lifecycle(90),)}, {}, "fail", MEDIUM),
    "one of two expires early": ({"lifecycle_rules": (lifecycle(400), lifecycle(90))}, {}, "fail", MEDIUM),
    "an early one that is off": (
        {"lifecycle_rules": (lifecycle(400), lifecycle(90, enabled=False))},
        {},
        "pass",
        MEDIUM,
    ),
    "expiry not known": ({"lifecycle_rules": (lifecycle(LATER),)}, {}, "unknown", MEDIUM),
    "lifecycle not known": ({"lifecycle_rules": LATER}, {}, "unknown", MEDIUM),
    "no key of one's own": ({"encryption": SSE}, {}, "fail", LOW),
    "no encryption set": ({"encryption": None}, {}, "fail", LOW),
    "key of AWS": ({"encryption": BucketEncryption(algorithm="aws:kms", kms_key=None)}, {}, "fail", LOW),
    "encryption not known": ({"encryption": LATER}, {}, "unknown", MEDIUM),
    "for any account": ({"policy": delivery_policy(conditions={})}, {}, "fail", LOW),
    "for any account, allowed": (
        {"policy": delivery_policy(conditions={})},
        {"require_source_condition": False},
        "pass",
        MEDIUM,
    ),
    "by source ARN": (
        {"policy": delivery_policy(conditions={"ArnLike": {"AWS:SourceArn": ("arn:aws:logs:*:1:*",)}})},
        {},
        "pass",
        MEDIUM,
    ),
    "another condition is none": (
        {"policy": delivery_policy(conditions={"StringEquals": {"s3:x-amz-acl": ("bucket-owner-full-control",)}})},
        {},
        "fail",
        LOW,
    ),
    "no policy: AWS's own has the conditions": ({"policy": None}, {}, "pass", MEDIUM),
    "versioning wanted": ({}, {"require_versioning": True}, "fail", MEDIUM),
    "versioning suspended": ({"versioning": "Suspended"}, {"require_versioning": True}, "fail", MEDIUM),
    "versioning on": ({"versioning": "Enabled"}, {"require_versioning": True}, "pass", MEDIUM),
    "object lock wanted": ({}, {"require_object_lock": True}, "fail", MEDIUM),
    "object lock not known": ({"object_lock_enabled": LATER}, {"require_object_lock": True}, "unknown", MEDIUM),
}


@pytest.mark.parametrize(("settings", "params", "status", "severity"), BUCKETS.values(), ids=BUCKETS.keys())
def test_a_bucket(settings, params, status, severity):
    finding = of(flow_log(), bucket(**settings), kms_key(), **params)
    assert (finding.status, finding.severity) == (status, severity)


def test_one_finding_names_all_defects_the_worst_first():
    finding = of(flow_log(), bucket(encryption=None, public_access_block=OFF, lifecycle_rules=()))
    said = [each.statement for each in finding.evidence[:3]]
    assert "does not block public access" in said[0]
    assert "no lifecycle" in said[1]
    assert "customer managed key" in said[2]
    assert "(and 2 more)" in finding.message


def test_a_live_bucket_without_a_block_has_none():
    live = {"source": Source.ACCOUNT}
    assert of(flow_log(**live), bucket(public_access_block=None, **live), kms_key()).status == "fail"


def test_a_bucket_made_by_the_plan_has_the_default_block_and_says_so():
    after = model(flow_log(), bucket(public_access_block=None), kms_key())
    made = Loaded(before=model(), after=after, changes=(change(ChangeAction.CREATE, "aws_s3_bucket.logs"),))
    finding = only("FL006", made)
    assert (finding.status, finding.confidence) == ("pass", Confidence.MEDIUM)
    assert any("created by this plan" in each.statement for each in finding.evidence)


@pytest.mark.parametrize(("account", "status"), [(ACCOUNT, "pass"), (OTHER, "fail")])
def test_the_accounts_block_covers_its_buckets(account, status):
    block = AccountPublicAccessBlock(**common("aws_s3_account_public_access_block.a", account=account), block=BLOCKED)
    network = dataclasses.replace(
        model(flow_log(), bucket(public_access_block=OPEN), kms_key()), account_public_access_blocks=(block,)
    )
    assert only("FL006", network).status == status


def test_a_role_for_any_account_is_a_low_defect():
    loose = document(statement("sts:AssumeRole", service="vpc-flow-logs.amazonaws.com"))
    finding = of(to_logs(), log_group(), role(trust=loose))
    assert (finding.status, finding.severity) == ("fail", LOW)
    assert of(to_logs(), log_group(), role(trust=loose), require_source_condition=False).status == "pass"
    assert of(to_logs(), log_group(), role(trust=LATER)).status == "pass", "whether it can be assumed is FL005's to ask"


def test_a_group_destroyed_by_the_same_plan_is_not_protected_any_more():
    gone = Loaded(
        before=model(to_logs(), log_group(arn=f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/vpc"), role()),
        after=model(to_logs(destination=to_group(None)), role()),
        changes=(change(ChangeAction.DELETE, "aws_cloudwatch_log_group.logs"),),
    )
    assert only("FL006", gone).status == "not-applicable"
    assert only("FL005", gone).status == "fail"


STREAMS = {
    "protected": ({}, (), "pass"),
    "no key": ({"kms_key": None}, (), "fail"),
    "fills a protected bucket": ({"destination_bucket": "aws_s3_bucket.logs"}, (bucket(),), "pass"),
    "fills a bucket without lifecycle": (
        {"destination_bucket": "aws_s3_bucket.logs"},
        (bucket(lifecycle_rules=()),),
        "fail",
    ),
    "fills a bucket outside": ({"destination_bucket": "arn:aws:s3:::far"}, (), "unknown"),
}


@pytest.mark.parametrize(("settings", "extra", "status"), STREAMS.values(), ids=STREAMS.keys())
def test_a_stream(settings, extra, status):
    assert of(flow_log(destination=to_stream()), stream(**settings), *extra).status == status


EMPTY = LogDestination(type=LogDestinationType.S3, entity=None, arn=None, name=None, prefix=None)


@pytest.mark.parametrize(
    ("destination", "status"),
    [(to_bucket(None), "unknown"), (LATER, "unknown"), (EMPTY, "not-applicable")],
    ids=["outside", "not known", "empty"],
)
def test_without_a_destination_in_the_input(destination, status):
    assert of(flow_log(destination=destination)).status == status


def test_a_destination_kept_elsewhere_is_not_ours_to_judge():
    declared = [{"arn": "arn:aws:s3:::logs", "account": None, "owner": "platform", "checked_by": "them"}]
    finding = of(flow_log(destination=to_bucket(None)), managed_elsewhere=declared)
    assert finding.status == "not-applicable"
    assert of(flow_log(), bucket(managed=False, policy=LATER), managed_elsewhere=declared).status == "not-applicable"


def test_the_policys_severity_replaces_the_rules_but_does_not_raise_a_low_defect():
    from checker.rules.engine import PlainSetting, judge
    from tests.rules.build import settings as plain

    def high(rule_id, entity):
        return PlainSetting(enabled=True, params=plain()(rule_id, entity).params, severity=Severity.HIGH)

    def severity(network):
        found = judge(Loaded(after=network), high).findings
        return next(each.severity for each in found if each.rule_id == "FL006")

    assert severity(model(flow_log(), bucket(lifecycle_rules=()), kms_key())) is Severity.HIGH
    assert severity(model(flow_log(), bucket(encryption=None), kms_key())) is LOW


def test_change():
    before, after = (model(to_logs(), log_group(retention_days=days), role()) for days in (400, 30))
    assert only("FL006", Loaded(before=before, after=after)).change is Change.REGRESSION


ACCOUNT_BLOCK = Unread(
    types=("aws_s3_account_public_access_block",), root="", cause=Unknown("s3control:GetPublicAccessBlock was denied")
)
OFF = dataclasses.replace(BLOCKED, block_public_policy=False)


@pytest.mark.parametrize("block", [None, OFF], ids=["none", "off"])
def test_a_live_bucket_that_its_account_may_block_is_not_known(block):
    log, sink = flow_log(source=Source.ACCOUNT), bucket(public_access_block=block, source=Source.ACCOUNT)
    assert only("FL006", model(log, sink, kms_key())).status == "fail"
    finding = only("FL006", model(log, sink, kms_key(), unread=(ACCOUNT_BLOCK,)))
    assert finding.status == "unknown"
    assert "s3control:GetPublicAccessBlock was denied" in finding.message
    assert only("FL006", model(log, bucket(source=Source.ACCOUNT), kms_key(), unread=(ACCOUNT_BLOCK,))).status == "pass"


def test_a_key_that_aws_keeps_is_not_ones_own_whatever_it_is_called():
    theirs = kms_key(customer_managed=False)
    finding = only("FL006", model(flow_log(), bucket(), theirs))
    assert (finding.status, finding.severity) == ("fail", Severity.LOW)


def test_there_is_nothing_to_protect_in_a_destination_that_does_not_exist():
    gone = Absent(
        type="aws_s3_bucket", key="arn:aws:s3:::logs", origin=Origin(source=Source.ACCOUNT), says="NoSuchBucket"
    )
    network = dataclasses.replace(model(flow_log(destination=to_bucket(None))), absent=(gone,))
    assert only("FL006", Loaded(after=network)).status == "not-applicable"
