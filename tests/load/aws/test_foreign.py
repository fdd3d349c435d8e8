"""Folders that other programs saved: known by their content, never by their names."""

from __future__ import annotations

import gzip
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


def test_the_folder_above_the_given_one_may_tell_the_account(tmp_path: Path) -> None:
    write(tmp_path, f"{OTHER}/eu-west-1/subnets.json", {"Subnets": []})
    assert read_foreign(tmp_path / OTHER / "eu-west-1").store.scopes == ((OTHER, "eu-west-1"),)
    write(tmp_path, f"of-{OTHER}-and-more/eu-west-1/subnets.json", {"Subnets": []})
    assert read_foreign(tmp_path / f"of-{OTHER}-and-more" / "eu-west-1").store.scopes == (
        (UNKNOWN_ACCOUNT, "eu-west-1"),
    )


def vpcs(number: int, token: str | None = None) -> dict[str, Any]:
    rows = [{"VpcId": f"vpc-{number}", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16"}]
    return {"Vpcs": rows} if token is None else {"Vpcs": rows, "NextToken": token}


def test_pages_are_joined_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number, token in ((1, "a"), (2, "b"), (10, None)):
        write(tmp_path, f"eu-west-1/describe-vpcs-{number}.json", vpcs(number, token))
    loaded = load_snapshots([tmp_path], groups=EVERYTHING)
    assert [vpc.key for vpc in loaded.after.vpcs] == ["vpc-1", "vpc-10", "vpc-2"]
    assert not [gap for gap in loaded.gaps if "another answer" in gap.cause]


def test_half_a_listing_is_none(tmp_path: Path) -> None:
    write(tmp_path, "eu-west-1/describe-vpcs.json", vpcs(1, "more"))
    write(tmp_path, "eu-west-1/describe-flow-logs.json", {"FlowLogs": []})
    loaded = load_snapshots([tmp_path], groups=EVERYTHING)
    assert loaded.after.vpcs == ()
    why = loaded.after.unread_for("aws_vpc", f"{ACCOUNT}/eu-west-1")
    assert why is not None
    assert "describe-vpcs.json says that there are more pages" in why.reason


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_powershell_wrote_and_what_is_compressed_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "vpcs.json").write_text(json.dumps(VPCS), encoding=encoding)
    (tmp_path / "subnets.json.gz").write_bytes(gzip.compress(json.dumps({"Subnets": []}).encode()))
    assert read_foreign(tmp_path).read == 2


@pytest.mark.parametrize(
    ("content", "cause"),
    [("NaN", "NaN"), ('{"Vpcs": 1e999}', "beyond all measure"), ("[" * 100_000, "too deeply"), ("", "not JSON")],
)
def test_what_is_no_json_is_a_gap_that_names_the_file(tmp_path: Path, content: str, cause: str) -> None:
    write(tmp_path, "eu-west-1/odd.json", content)
    (gap,) = read_foreign(tmp_path).gaps
    assert gap.what.endswith("eu-west-1/odd.json")
    assert cause in gap.cause


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
    write(folder, "eu-west-1/readable.json", VPCS)
    loaded = load_snapshots([folder], groups=EVERYTHING)
    assert judge(loaded).crashed == ()


def test_numbers_that_json_does_not_have_are_a_gap_beside_what_is_readable(tmp_path: Path) -> None:
    write(tmp_path, "eu-west-1/x.json", {"Vpcs": [float("inf")]})
    write(tmp_path, "eu-west-1/readable.json", VPCS)
    loaded = load_snapshots([tmp_path], groups=EVERYTHING)
    assert [vpc.key for vpc in loaded.after.vpcs] == ["vpc-1"]
    assert any("Infinity, which is not JSON" in gap.cause for gap in loaded.gaps)


FOLDERS = sorted({path.parent for path in DATA.rglob("*.json")} - {DATA}) if DATA.is_dir() else []
KINDS = {"Vpcs": "vpcs", "Subnets": "subnets", "NetworkAcls": "network_acls", "FlowLogs": "flow_logs",
         "SecurityGroups": "security_groups", "NetworkInterfaces": "network_interfaces"}  # fmt: skip


def objects(path: Path) -> dict[str, Any]:
    """The response in a file, whoever wrote it."""
    content = json.loads(path.read_text(encoding="utf-8"))
    found: dict[str, Any] = content.get("data", content) if "status_code" in content else content
    return found


@pytest.mark.shared
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no dumps below {DATA}")
def test_every_file_that_others_published_is_read_or_named() -> None:
    assert len(FOLDERS) > 60
    for folder in FOLDERS:
        dump = read_foreign(folder)
        files = len(list(folder.rglob("*.json")))
        later = [gap for gap in dump.gaps if "another answer" in gap.cause]
        assert len(later) == len(dump.gaps), folder
        assert dump.read + len(dump.passed_over) == files, folder


@pytest.mark.shared
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no dumps below {DATA}")
def test_dumps_that_others_published_load_without_loss_and_are_judged() -> None:
    loads = 0
    for folder in FOLDERS:
        first: dict[str, set[str]] = {}
        for path in sorted(folder.glob("*.json")):
            for member in KINDS.keys() & objects(path).keys():
                first.setdefault(member, {json.dumps(row, sort_keys=True) for row in objects(path)[member]})
        if not first or any(path.is_dir() for path in folder.iterdir()):
            continue
        loads += 1
        loaded = load_snapshots([folder], groups=EVERYTHING)
        for member, rows in first.items():
            assert len(getattr(loaded.after, KINDS[member])) == len(rows), (folder, member)
        assert judge(loaded).crashed == ()
        assert not [gap for gap in loaded.gaps if "cannot be read" in gap.cause], folder
    assert loads > 60
