"""States: everything is known, there is no before; real ones from a moto server, odd ones synthetic."""

import json
from pathlib import Path

import pytest

from checker.errors import PlanError
from checker.load.plan import PlanInput
from checker.load.state import load_states
from checker.model.known import Unknown
from checker.model.origin import Source
from tests.load.made import PLANS, Roots, by_address, write

MODES = PLANS / "modes"


def test_a_real_state_is_known_throughout(roots: Roots) -> None:
    root = roots.state(MODES / "state.json")
    assert root.before is None
    assert root.changes == ()
    assert {instance.address for instance in root.after} == {
        "aws_flow_log.a", "aws_flow_log.b", "aws_s3_bucket.logs", "aws_vpc.a", "aws_vpc.b",
        "data.aws_caller_identity.me",
    }  # fmt: skip
    log, vpc = (by_address(root.after)[name] for name in ("aws_flow_log.a", "aws_vpc.a"))
    assert log.values["vpc_id"] == vpc.values["id"]
    assert str(vpc.values["id"]).startswith("vpc-")
    assert (vpc.provider_region, vpc.provider_account) == ("eu-central-1", "123456789012")
    assert vpc.origin.source is Source.STATE
    assert vpc.configured is None
    assert root.input.facts == {"format_version": "1.0", "terraform_version": "1.11.4"}


def test_each_log_of_a_real_state_records_its_vpc() -> None:
    loaded = load_states([PlanInput(MODES / "state.json", None, "")], find_source=False)
    assert {log.key: log.target for log in loaded.after.flow_logs} == {
        "aws_flow_log.a": "aws_vpc.a",
        "aws_flow_log.b": "aws_vpc.b",
    }
    assert loaded.before is None


def test_deposed_objects_stand_nowhere(roots: Roots) -> None:
    text = (MODES / "state_deposed.json").read_text()
    assert '"deposed_key":"deadbeef"' in text
    addresses = [instance.address for instance in roots.state(MODES / "state_deposed.json").after]
    assert addresses.count("aws_flow_log.b") == 1


def test_the_source_beside_a_state_gives_file_and_line(roots: Roots) -> None:
    root = roots.state(MODES / "state.json", source=MODES)
    origin = by_address(root.after)["aws_flow_log.b"].origin
    assert origin.line is not None
    assert (MODES / "main.tf").read_text().splitlines()[origin.line - 1] == 'resource "aws_flow_log" "b" {'
    assert origin.source is Source.STATE


@pytest.mark.parametrize(
    "content",
    [
        {"format_version": "1.0", "terraform_version": "1.11.4"},
        {"format_version": "1.0", "values": {"root_module": {}}},
        {"format_version": "1.0", "values": None, "terraform_version": "1.0.0"},
        {"format_version": "1.0", "values": {"root_module": {"resources": None, "child_modules": [None, 1]}}},
    ],
)
def test_an_empty_state_is_an_empty_network(tmp_path: Path, content: object) -> None:
    loaded = load_states([PlanInput(write(tmp_path, json.dumps(content)), None, "")], find_source=False)
    assert not list(loaded.after.entities())
    assert loaded.gaps == ()


def test_modules_are_read_at_any_depth(tmp_path: Path, roots: Roots) -> None:
    def row(address: str, **values: object) -> dict[str, object]:
        return {"address": address, "mode": "managed", "type": "aws_vpc", "name": "v", "values": values}

    inner = {"address": "module.a[0].module.b", "resources": [row('module.a[0].module.b.aws_vpc.v["x.y"]', id="vpc-2")]}
    outer = {
        "address": "module.a[0]",
        "child_modules": [inner],
        "resources": [row("module.a[0].aws_vpc.v", id="vpc-1")],
    }
    state = {"format_version": "1.0", "values": {"root_module": {"child_modules": [outer]}}}
    after = roots.state(write(tmp_path, state)).after
    assert [(each.address, each.module, each.index) for each in after] == [
        ("module.a[0].aws_vpc.v", "module.a[0]", None),
        ('module.a[0].module.b.aws_vpc.v["x.y"]', "module.a[0].module.b", "x.y"),
    ]


def test_objects_of_several_regions_have_the_region_of_their_own_arn(tmp_path: Path) -> None:
    rows = [
        {
            "address": f"aws_vpc.{region.replace('-', '_')}",
            "mode": "managed",
            "type": "aws_vpc",
            "name": region.replace("-", "_"),
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "values": {"id": f"vpc-{number}", "arn": f"arn:aws:ec2:{region}:123456789012:vpc/vpc-{number}"},
        }
        for number, region in enumerate(["eu-west-1", "us-east-1"])
    ]
    state = {"format_version": "1.0", "values": {"root_module": {"resources": rows}}}
    loaded = load_states([PlanInput(write(tmp_path, state), None, "")], find_source=False)
    assert [vpc.region for vpc in loaded.after.vpcs] == ["eu-west-1", "us-east-1"]
    assert [vpc.account for vpc in loaded.after.vpcs] == ["123456789012"] * 2


def test_a_row_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    good = {"address": "aws_vpc.a", "mode": "managed", "type": "aws_vpc", "name": "a", "values": {"id": "vpc-1"}}
    state = {"format_version": "1.0", "values": {"root_module": {"resources": [7, {**good, "address": "?"}, good]}}}
    loaded = load_states([PlanInput(write(tmp_path, state), None, "")], find_source=False)
    assert [vpc.id for vpc in loaded.after.vpcs] == ["vpc-1"]
    assert sorted(gap.cause for gap in loaded.gaps) == ["it is no resource", "its address cannot be read"]


def test_an_unknown_major_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"format_version": "2.1", "values": {}})
    with pytest.raises(PlanError, match=r"format_version '2\.1' is not supported"):
        load_states([PlanInput(path, None, "")])


def test_values_of_types_nobody_reads_are_dropped(tmp_path: Path, roots: Roots) -> None:
    rows = [
        {"address": "random_password.p", "mode": "managed", "type": "random_password", "name": "p",
         "values": {"result": "hunter2-hunter2"}},
        {"address": "aws_vpc.a", "mode": "managed", "type": "aws_vpc", "name": "a", "values": {}},
    ]  # fmt: skip
    root = roots.state(write(tmp_path, {"format_version": "1.0", "values": {"root_module": {"resources": rows}}}))
    assert [each.address for each in root.after] == ["aws_vpc.a"]
    assert not isinstance(root.after[0].values.get("result"), Unknown)
    assert "hunter2" not in repr(root)
