"""Cases that Cloud Custodian recorded from real accounts: what its policies match is what the model and the rules say.

Each case has a policy, recorded responses, and how many resources of which ids the policy matches. Here each one is
asked of flowcheck: of the verdicts of its rules, or of the facts of its model; or it says why it cannot be.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from checker.filter.acl import decide
from checker.filter.addresses import addresses
from checker.filter.packets import box
from checker.filter.service import services
from checker.load.snapshot import load_snapshots
from checker.load.terraform.convert.values import as_prefix
from checker.model.address import Prefix
from checker.model.entity import Entity
from checker.model.firewall import Direction
from checker.model.known import Key, Unknown
from checker.model.model import NetworkModel
from checker.rules.engine import judge
from tests.load.aws.made import EVERYTHING

DATA: Final = Path(__file__).parents[4] / "shared" / "data" / "aws_api"
EXPECTED: Final = DATA / "c7n_expected.json"
RECORDED: Final = DATA / "cloud-custodian+cloud-custodian" / "tests" / "data" / "placebo"
TCP: Final = 6

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXPECTED.is_file(), reason=f"no recorded cases below {DATA}"),
]

NOT_RECORDED: Final = "the resource that the policy is about is of a service that flowcheck does not read"
NO_GROUP: Final = "the recorded groups are only a step on the way to a resource of another service"
NOT_COMPARABLE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("test_asg_invalid_third_ami", "test_asg_invalid_filter_good", "test_asg_invalid_filter_bad"),
        "the policy is about launch templates and images of scaling groups",
    ),
    **dict.fromkeys(
        (
            "test_asg_security_group", "test_dax_security_group_filter", "test_dax_update_security_groups",
            "test_efs_mount_secgroup", "test_elasticache_remove_matched_security_groups", "test_emr_sg",
            "test_elb_add_security_group", "test_elb_remove_security_groups", "test_memorydb_security_group",
            "test_ecs_service_sg_filter", "test_ecs_task_sg_filter", "test_eks_query",
        ),
        NO_GROUP,
    ),
    **dict.fromkeys(
        (
            "test_ecs_service_network_location_filter_subnet", "test_ecs_service_network_location_filter_sg",
            "test_ecs_task_network_location_filter_subnet", "test_ecs_task_network_location_filter_sg",
            "test_eks_network_location_filter", "test_memorydb_network_location_filter",
        ),
        NOT_RECORDED,
    ),
    "test_ec2_security_group_filter": "the instances that the policy is about are not among the recorded responses",
    "test_ec2_add_by_tag": "the policy changes an instance, which is not among the recorded responses",
    "test_network_interface_detach": "which interface and instance the policy asks for is not told",
    "test_eni_public_subnet": "the route tables by which a subnet is public are not among the recorded responses",
}  # fmt: skip

BY_RULES: Final = (
    "test_vpc_flow_logs", "test_vpc_flow_logs_absent", "test_vpc_create_flow_logs",
    "test_vpc_flow_filter_destination", "test_vpc_set_flow_logs_maxaggrinterval",
    "test_network_acl_s3_present", "test_network_acl_s3_missing", "ec2_security_group_filter_multi_enis",
)  # fmt: skip
"""Cases that the verdict of a rule, or the evaluator of ACLs, answers."""

BY_GROUPS: Final = ("test_glue_sg_filter", "test_aws_lambda_sg")


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(EXPECTED.read_bytes()) if EXPECTED.is_file() else []
    return found


def asserted(flight: str) -> str:
    """Return what a case asserts, as one text."""
    return "\n".join(next(each for each in cases() if each["flight"] == flight)["asserts"])


def counts(flight: str, of: str = "resources") -> list[int]:
    """Return the numbers of matched resources, policy by policy."""
    return [int(number) for number in re.findall(rf"len\({of}\)(?:,| ==) (\d+)\)?", asserted(flight))]


def ids(flight: str) -> list[str]:
    """Return the ids that are asserted."""
    return re.findall(r"""["']((?:vpc|eni|sg)-[0-9a-f]+)["']""", asserted(flight))


def laid_out(flight: str, folder: Path, **answer: int) -> Path:
    """Copy a recording: the first answer to each call, or the one of this number (``FlowLogs=2``)."""
    for path in sorted((RECORDED / flight).glob("ec2.Describe*.json")):
        operation, _, number = path.stem.removeprefix("ec2.Describe").partition("_")
        if int(number) == answer.get(operation, 1):
            shutil.copy(path, folder)
    return folder


def model_of(flight: str, folder: Path, **answer: int) -> NetworkModel:
    return load_snapshots([laid_out(flight, folder, **answer)], groups=EVERYTHING).after


def verdicts(flight: str, rule: str, folder: Path, **answer: int) -> dict[str, str]:
    """Return the status that a rule gives to each id."""
    loaded = load_snapshots([laid_out(flight, folder, **answer)], groups=EVERYTHING)
    found = judge(loaded).findings
    return {str(each.resource.id): each.status.value for each in found if each.rule_id == rule}


def test_every_case_is_compared_or_says_why_not() -> None:
    listed = [each["flight"] for each in cases()]
    compared = {*BY_RULES, *BY_GROUPS, *FACTS}
    assert len(listed) == len(set(listed)) > 40
    assert compared | set(NOT_COMPARABLE) == set(listed)
    assert not compared & set(NOT_COMPARABLE)


# Flow logs: Custodian's filter "flow-logs" matches VPCs without an active one; with ``enabled``, those that have one.


def without(found: Mapping[str, str]) -> list[str]:
    return sorted(name for name, status in found.items() if status == "fail")


def test_vpcs_with_and_without_flow_logs_are_told_apart(tmp_path: Path) -> None:
    found = verdicts("test_vpc_flow_logs", "FL001", tmp_path)
    absent, present = counts("test_vpc_flow_logs")
    assert len(without(found)) == absent
    assert sum(status == "pass" for status in found.values()) == present


def test_a_vpc_beside_logged_ones_is_found_to_be_dark(tmp_path: Path) -> None:
    flight = "test_vpc_flow_logs_absent"
    model = model_of(flight, tmp_path)
    found = verdicts(flight, "FL001", tmp_path)
    asked = [vpc.key for vpc in model.vpcs if tag(vpc, "Name") == "no-flow-logs"]
    assert [name for name in asked if found[name] == "fail"] == asked
    assert [len(asked)] == counts(flight)
    assert {log.target for log in model.flow_logs} & set(found) == set(found) - set(without(found))


@pytest.mark.parametrize(("turn", "name"), [(0, "FlowLogTest"), (1, "testing-vpc")])
def test_a_vpc_is_dark_until_its_log_is_made(turn: int, name: str, tmp_path: Path) -> None:
    flight = "test_vpc_create_flow_logs"
    wanted = ids(flight)[turn]
    model = model_of(flight, tmp_path)
    assert [vpc.key for vpc in model.vpcs if tag(vpc, "Name") == name] == [wanted]
    numbers = (1, 2) if turn == 0 else (3, 4)
    before, after = (verdicts(flight, "FL001", _empty(tmp_path), FlowLogs=number) for number in numbers)
    assert before[wanted] == "fail"
    assert after[wanted] == "pass"


def test_a_log_that_delivers_to_a_bucket_is_found_by_where_it_delivers(tmp_path: Path) -> None:
    flight = "test_vpc_flow_filter_destination"
    model = model_of(flight, tmp_path)
    found = verdicts(flight, "FL001", tmp_path)
    to_bucket = [
        (log, log.destination.arn)
        for log in model.flow_logs
        if not isinstance(log.destination, Unknown) and log.destination.type == "s3"
    ]
    matched = [(log.target, arn) for log, arn in to_bucket if log.deliver_status == "SUCCESS"]
    assert [found[str(target)] for target, _ in matched] == ["pass"] * counts(flight)[0]
    assert [arn for _, arn in matched] == re.findall(r"arn:aws:s3:::[\w-]+", asserted(flight))


def test_a_log_of_a_minute_is_made_for_a_vpc_that_has_none(tmp_path: Path) -> None:
    flight = "test_vpc_set_flow_logs_maxaggrinterval"
    before = verdicts(flight, "FL001", tmp_path)
    assert without(before) == ids(flight)
    assert [len(without(before))] == counts(flight)
    model = model_of(flight, _empty(tmp_path), FlowLogs=2)
    (log,) = model.flow_logs
    assert log.target == ids(flight)[0]
    assert log.max_aggregation_interval == int(re.findall(r'MaxAggregationInterval"\], (\d+)', asserted(flight))[0])
    assert verdicts(flight, "FL001", tmp_path, FlowLogs=2)[ids(flight)[0]] == "pass"
    assert set(verdicts(flight, "FL003", tmp_path, FlowLogs=2).values()) == {"pass"}


def _empty(folder: Path) -> Path:
    for path in folder.iterdir():
        path.unlink()
    return folder


# Network ACLs: Custodian's filter "s3-cidr" matches ACLs that do not let S3 through; with ``present``, those that do.


@pytest.mark.parametrize(
    ("flight", "answer", "let_through"),
    [("test_network_acl_s3_present", 1, True), ("test_network_acl_s3_missing", 2, False)],
)
def test_an_acl_lets_the_prefixes_of_s3_through_or_not(
    flight: str, answer: int, let_through: bool, tmp_path: Path
) -> None:
    model = model_of(flight, tmp_path, NetworkAcls=answer)
    lists = json.loads((RECORDED / flight / "ec2.DescribePrefixLists_1.json").read_bytes())["data"]["PrefixLists"]
    prefixes = [as_prefix(text) for each in lists if each["PrefixListName"].endswith(".s3") for text in each["Cidrs"]]
    to_s3 = box(services(TCP), addresses(each for each in prefixes if isinstance(each, Prefix)))
    found = [
        acl.key for acl in model.network_acls if (to_s3 <= decide(acl, Direction.EGRESS).allowed.least) is let_through
    ]
    assert to_s3
    assert [len(found)] == counts(flight)


# Interfaces and groups: the facts that Custodian's filters read.


def tag(entity: Entity, name: str) -> object:
    return None if isinstance(entity.tags, Unknown) else entity.tags.get(name)


def of_vpc(model: NetworkModel) -> list[Key]:
    named = {vpc.key for vpc in model.vpcs if tag(vpc, "Name") == "FlowLogTest"}
    return [each.key for each in model.network_interfaces if each.vpc in named]


def in_subnet(model: NetworkModel) -> list[Key]:
    return [each.key for each in model.network_interfaces if each.subnet == "subnet-55061130"]


def public(model: NetworkModel) -> list[Key]:
    return [each.key for each in model.network_interfaces
            if isinstance(each.public_ip, str) and each.in_use is True and each.managed_by is None]  # fmt: skip


def detached(model: NetworkModel) -> list[Key]:
    return [each.key for each in model.network_interfaces if each.in_use is False]


def places(model: NetworkModel) -> Iterator[tuple[Key, list[object]]]:
    """Yield each interface that is placed, with the tags Location of itself, its subnet and its groups."""
    for each in model.network_interfaces:
        groups = () if isinstance(each.security_groups, Unknown) else each.security_groups
        around = [model.by_key[key] for key in (each.subnet, *groups) if isinstance(key, str) and key in model.by_key]
        if tag(each, "Location") is not None and around:
            yield each.key, [tag(entity, "Location") for entity in (each, *around)]


def of_two_places(model: NetworkModel) -> list[Key]:
    return [key for key, found in places(model) if len(set(map(str, found))) > 1]


def all_in(*allowed: str) -> Callable[[NetworkModel], list[Key]]:
    return lambda model: [key for key, found in places(model) if set(map(str, found)) <= set(allowed)]


FACTS: Final[Mapping[str, Callable[[NetworkModel], list[Key]]]] = {
    "test_eni_vpc_filter": of_vpc,
    "test_network_interface_nested_block_filter": in_subnet,
    "test_interface_detach_primary_nic_2": public,
    "test_network_interface_delete": detached,
    "test_network_location_intersection": of_two_places,
    "test_network_location_match_in_mismatch_subnet": all_in("web1", "web2"),
    "test_network_location_match_in_mismatch_sg": all_in("web1", "web2"),
    "test_network_location_match_in_subnet_missing_ok": all_in("web"),
}


@pytest.mark.parametrize("flight", sorted(FACTS))
def test_as_many_interfaces_have_the_fact_as_custodian_matches(flight: str, tmp_path: Path) -> None:
    model = model_of(flight, tmp_path)
    assert len(FACTS[flight](model)) == counts(flight)[0]
    assert model.network_interfaces


@pytest.mark.parametrize("flight", BY_GROUPS)
def test_the_default_groups_are_the_ones_that_custodian_names(flight: str, tmp_path: Path) -> None:
    groups = [group.key for group in model_of(flight, tmp_path).security_groups if group.name == "default"]
    assert set(ids(flight)) <= set(groups)


def test_the_group_that_is_open_to_the_world_is_told_from_the_one_that_is_not(tmp_path: Path) -> None:
    found = verdicts("ec2_security_group_filter_multi_enis", "SG001", tmp_path)
    model = model_of("ec2_security_group_filter_multi_enis", tmp_path)
    names = {group.key: str(group.name) for group in model.security_groups}
    assert {names[key]: status for key, status in found.items()} == {
        "public-sg-example": "fail",
        "private-sg-example": "pass",
    }
