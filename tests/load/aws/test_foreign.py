"""Folders that other programs saved: known by their content, never by their names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.load.aws.foreign import UNKNOWN_ACCOUNT, UNKNOWN_REGION, read_foreign
from checker.load.snapshot import load_snapshots
from checker.rules.engine import judge
from tests.load.aws.made import ACCOUNT, EVERYTHING, OTHER

VPCS = {"Vpcs": [{"VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16"}]}
DATA = Path(__file__).parents[4] / "shared" / "data" / "aws_api"


def write(folder: Path, name: str, content: Any) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "account", "region"),
    [
        ("eu-west-1/describe-vpcs.json", ACCOUNT, "eu-west-1"),
        (f"{OTHER}/us-east-1/ec2-describe-vpcs.json", OTHER, "us-east-1"),
        ("Vpcs-us-gov-west-1.json", ACCOUNT, "us-gov-west-1"),
        ("Vpcs.json", ACCOUNT, UNKNOWN_REGION),
        ("ec2.DescribeVpcs_1.json", ACCOUNT, UNKNOWN_REGION),
    ],
)
def test_account_and_region_come_from_folder_name_or_content(
    tmp_path: Path, name: str, account: str, region: str
) -> None:
    write(tmp_path, name, VPCS)
    assert read_foreign(tmp_path).store.scopes == ((account, region),)


def test_files_of_one_folder_tell_each_other_where_they_lie(tmp_path: Path) -> None:
    write(tmp_path, "Vpcs.json", VPCS)
    write(tmp_path, "Subnets.json", {"Subnets": [{"SubnetId": "subnet-1", "AvailabilityZone": "eu-west-1b"}]})
    assert read_foreign(tmp_path).store.scopes == ((ACCOUNT, "eu-west-1"),)
    write(tmp_path, "x/NetworkAcls.json", {"NetworkAcls": []})
    assert (UNKNOWN_ACCOUNT, UNKNOWN_REGION) in read_foreign(tmp_path).store.scopes


def test_a_recording_of_the_sdk_is_unwrapped_and_its_first_answer_counts(tmp_path: Path) -> None:
    when = {"__class__": "datetime", "year": 2020, "month": 3, "day": 16, "hour": 17}
    row = {"FlowLogId": "fl-1", "ResourceId": "vpc-1", "CreationTime": when}
    write(tmp_path, "ec2.DescribeFlowLogs_1.json", {"status_code": 200, "data": {"FlowLogs": [row]}})
    write(tmp_path, "ec2.DescribeFlowLogs_2.json", {"status_code": 200, "data": {"FlowLogs": []}})
    write(tmp_path, "ec2.DescribeVpcs_1.json", {"status_code": 200, "data": VPCS})
    loaded = load_snapshots([tmp_path], groups=EVERYTHING)
    (log,) = loaded.after.flow_logs
    assert str(log.created) == "2020-03-16 17:00:00+00:00"
    assert [gap.what for gap in loaded.gaps if "another answer" in gap.cause] == [
        (tmp_path / "ec2.DescribeFlowLogs_2.json").as_posix()
    ]


def test_what_was_never_called_is_a_gap_and_leaves_coverage_unknown(tmp_path: Path) -> None:
    write(tmp_path, "eu-west-1/describe-vpcs.json", VPCS)
    loaded = load_snapshots([tmp_path], groups=EVERYTHING)
    (missing,) = [gap for gap in loaded.gaps if gap.what == f"{ACCOUNT}/eu-west-1"]
    assert "ec2:DescribeFlowLogs" in missing.cause
    statuses = {each.status.value for each in judge(loaded).findings if each.rule_id == "FL001"}
    assert statuses == {"unknown"}


def test_what_is_not_needed_is_named_and_what_is_broken_is_a_gap(tmp_path: Path) -> None:
    write(tmp_path, "eu-west-1/vpcs.json", VPCS)
    write(tmp_path, "eu-west-1/addresses.json", {"Addresses": []})
    write(tmp_path, "eu-west-1/broken.json", '{"Subnets": [')
    write(tmp_path, "eu-west-1/list.json", "[1]")
    dump = read_foreign(tmp_path)
    assert dump.passed_over == ("addresses.json",)
    assert sorted(Path(gap.what).name for gap in dump.gaps) == ["broken.json", "list.json"]
    assert dump.read == 1


def test_links_that_leave_the_folder_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "outside/vpcs.json", VPCS)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "vpcs.json").symlink_to(tmp_path / "outside" / "vpcs.json")
    assert read_foreign(inside).read == 0


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["vpc-1", "eni-1", "0.0.0.0/0", "-1", "tcp", ACCOUNT, "arn:aws:s3:::b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["VpcId", "OwnerId", "CidrBlock", "Tags", "Key", "Value", "SubnetId", "GroupId", "Entries",
                         "IpPermissions", "RuleNumber", "Protocol", "FlowLogId", "ResourceId", "LogDestination",
                         "NetworkInterfaceId", "NetworkAclId", "Attachment", "Associations"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["Vpcs", "Subnets", "NetworkInterfaces", "SecurityGroups", "NetworkAcls",
                                        "FlowLogs", "RouteTables", "PrefixLists", "Reservations", "NatGateways"]),
                       st.lists(ODD, max_size=3) | ODD, min_size=1))  # fmt: skip
def test_no_response_whatever_it_holds_breaks_anything(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    folder = tmp_path_factory.mktemp("dump")
    write(folder, "eu-west-1/x.json", content)
    assert judge(load_snapshots([folder], groups=EVERYTHING)).crashed == ()


@pytest.mark.shared
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no dumps below {DATA}")
def test_dumps_that_others_published_load_without_loss_and_are_judged() -> None:
    folders = {path.parent for path in DATA.rglob("*.json") if path.stem.lower().endswith("vpcs")}
    assert len(folders) > 10
    for folder in sorted(folders):
        loaded = load_snapshots([folder], groups=EVERYTHING)
        rows = sum(len(json.loads(path.read_text(encoding="utf-8")).get("Vpcs", []))
                   for path in folder.glob("*pcs.json"))  # fmt: skip
        assert len(loaded.after.vpcs) == rows or "placebo" in folder.as_posix(), folder
        assert judge(loaded).crashed == ()
        assert not [gap for gap in loaded.gaps if "cannot be read" in gap.cause], folder
