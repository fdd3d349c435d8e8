"""A masked snapshot names nobody, and gives the same verdicts."""

from __future__ import annotations

import json
from pathlib import Path

from checker.load.aws.mask import Mask
from checker.load.snapshot import load_snapshots
from checker.rules.engine import judge
from tests.load.aws.made import ACCOUNT, EVERYTHING, OTHER, REGION, failed, flow_log, reply, to_group
from tests.load.aws.test_directory import saved

REPLIES = (
    reply("sts:GetCallerIdentity", Account=ACCOUNT, Arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/Audit/jane@example.com"),
    reply("ec2:DescribeVpcs", Vpcs=[
        {"VpcId": "vpc-0123456789abcdef0", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16",
         "Tags": [{"Key": "owner", "Value": "jane"}]},
        {"VpcId": "vpc-0aaaaaaaaaaaaaaa1", "OwnerId": OTHER, "CidrBlock": "10.1.0.0/16"}]),
    reply("ec2:DescribeFlowLogs", FlowLogs=[
        flow_log(FlowLogId="fl-0123456789abcdef0", ResourceId="vpc-0123456789abcdef0", **to_group())]),
    reply("ec2:DescribeNetworkInterfaces", NetworkInterfaces=[
        {"NetworkInterfaceId": "eni-0123456789abcdef0", "VpcId": "vpc-0123456789abcdef0", "OwnerId": ACCOUNT,
         "Description": "jane's machine", "Association": {"PublicIp": "203.0.113.77"}}]),
    reply("logs:DescribeLogGroups", "/vpc", logGroups=[
        {"logGroupName": "/vpc", "retentionInDays": 400, "arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc:*"}]),
    failed("iam:GetRole", "flow"),
)  # fmt: skip
SECRET = (ACCOUNT, OTHER, "0123456789abcdef0", "0aaaaaaaaaaaaaaa1", "jane", "203.0.113.77")


def test_nothing_that_names_the_account_is_in_any_file_or_file_name(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", *REPLIES, mask=True)
    written = [path.relative_to(folder).as_posix() + path.read_text(encoding="utf-8")
               for path in folder.rglob("*") if path.is_file()]  # fmt: skip
    assert len(written) == len(REPLIES) + 1
    assert [word for word in SECRET if any(word in text for text in written)] == []


def test_the_verdicts_are_those_of_the_unmasked_snapshot(tmp_path: Path) -> None:
    def verdicts(*, mask: bool) -> list[tuple[str, str, str]]:
        folder = saved(tmp_path / str(mask), *REPLIES, mask=mask)
        found = judge(load_snapshots([folder], groups=EVERYTHING)).findings
        return sorted((each.rule_id, each.resource.type, each.status.value) for each in found)

    plain = verdicts(mask=False)
    assert plain
    assert verdicts(mask=True) == plain


def test_the_same_thing_has_the_same_mask_and_another_snapshot_another() -> None:
    one, two = Mask(b"1" * 32), Mask(b"2" * 32)
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-0123456789abcdef0"
    assert one.text(arn) == one.text(arn)
    assert one.text(arn) != two.text(arn)
    assert one.text(ACCOUNT) in one.text(arn)
    assert one.value({"a": [ACCOUNT, 3, None, True]}) == {"a": [one.text(ACCOUNT), 3, None, True]}


def test_what_verdicts_hang_on_is_kept() -> None:
    kept = {"CidrBlock": "10.0.0.0/16", "FromPort": 22, "GroupName": "default", "RegionName": "eu-west-1",
            "LogFormat": "${version} ${account-id}", "Key": "env"}  # fmt: skip
    assert Mask.new().value(kept) == kept
    assert json.loads(json.dumps(Mask.new().value(kept))) == kept
