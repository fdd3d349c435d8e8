from __future__ import annotations

from dataclasses import fields

import pytest

from checker.load.terraform.convert import WANTED_TYPES, build_model, to_loaded
from checker.load.terraform.convert.registry import CONVERTERS
from checker.load.terraform.instance import Ref
from checker.model.finding import Gap
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, ResourceChange
from checker.model.model import NetworkModel, Unread
from tests.load.terraform.convert.instances import instance, model, ref, root, symbol, template

LIVE_ONLY = {"logs_resource_policies", "vpc_block_public_access_exclusions", "vpc_encryption_controls"}
"""What only an account tells so far."""

VPC = instance("aws_vpc.main", {"cidr_block": "10.0.0.0/16"})
LOG = instance("aws_flow_log.a", {"vpc_id": ref("aws_vpc.main.id"), "traffic_type": "ALL"})


def test_every_part_of_the_model_has_one_converter():
    beside = {"unread", "absent"} | LIVE_ONLY
    assert sorted(item.part for item in CONVERTERS) == sorted({item.name for item in fields(NetworkModel)} - beside)
    types = [type_ for item in CONVERTERS for type_ in item.types]
    assert len(types) == len(set(types)) == len(WANTED_TYPES)


def test_types_that_nobody_converts_are_left_out():
    assert list(model(instance("aws_lambda_function.f", {"vpc_id": "vpc-1"})).entities()) == []


def test_before_and_after_are_two_models():
    change = ResourceChange(
        action=ChangeAction.DELETE, type="aws_flow_log", before_key="aws_flow_log.a", after_key=None
    )
    loaded = to_loaded([root(VPC, before=[VPC, LOG], changes=(change,))])
    assert (len(loaded.after.flow_logs), len(loaded.before.flow_logs)) == (0, 1)
    assert loaded.changes == (change,)


def test_without_any_before_there_is_no_model_before():
    assert to_loaded([root(VPC, LOG)]).before is None


def test_a_root_without_before_beside_one_with_counts_as_unchanged():
    loaded = to_loaded([root(VPC, label="a"), root(before=[LOG], label="b")])
    assert [vpc.key for vpc in loaded.before.vpcs] == ["a::aws_vpc.main"]
    assert [log.key for log in loaded.before.flow_logs] == ["b::aws_flow_log.a"]


def test_keys_of_changes_carry_the_label_only_where_several_roots_are_read():
    change = ResourceChange(
        action=ChangeAction.UPDATE, type="aws_vpc", before_key="aws_vpc.old", after_key="aws_vpc.main"
    )
    one = root(VPC, before=[VPC], changes=(change,), label="net")
    assert to_loaded([one]).changes[0].after_key == "aws_vpc.main"
    both = to_loaded([one, root(label="other")]).changes[0]
    assert (both.before_key, both.after_key) == ("net::aws_vpc.old", "net::aws_vpc.main")


def test_gaps_unread_parts_inputs_and_waivers_are_handed_on():
    gap = Gap(what="main.tf:3", cause="syntax", affects="one resource")
    unread = Unread(types=("aws_flow_log",), cause=Unknown("main.tf:3"))
    loaded = to_loaded([root(VPC, gaps=(gap,), unread=(unread,))])
    assert loaded.gaps == (gap,)
    assert loaded.after.unread_for("aws_flow_log").reason == "main.tf:3"
    assert [item.path for item in loaded.inputs] == ["plan.json"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_instances_does_not_matter(order):
    instances = [VPC, LOG, instance("aws_vpc.b", {}), instance("data.aws_vpc.c", {"id": "vpc-1"})]
    assert [item.key for item in model(*instances[::order]).vpcs] == ["aws_vpc.b", "aws_vpc.main", "data.aws_vpc.c"]


def test_references_in_a_circle_end():
    one = instance("aws_flow_log.a", {"vpc_id": ref("aws_flow_log.b.vpc_id")})
    two = instance("aws_flow_log.b", {"vpc_id": ref("aws_flow_log.a.vpc_id")})
    assert all(isinstance(log.target, Unknown) for log in model(one, two).flow_logs)


def test_a_long_chain_of_references_ends_without_exhausting_the_stack():
    chain = [instance(f"aws_flow_log.n{n}", {"vpc_id": ref(f"aws_flow_log.n{n + 1}.vpc_id")}) for n in range(3000)]
    found = model(*chain, instance("aws_flow_log.n3000", {"vpc_id": "vpc-1"}))
    assert found.flow_logs[0].target_type.name == "VPC"


def test_a_reference_into_a_block_or_list_is_followed():
    acl = instance("aws_network_acl.a", {"subnet_ids": ["subnet-7"], "vpc_id": "vpc-1"})
    log = instance("aws_flow_log.a", {"subnet_id": Ref("aws_network_acl.a", ("subnet_ids", 0))})
    gone = instance("aws_flow_log.b", {"subnet_id": Ref("aws_network_acl.a", ("subnet_ids", 5))})
    first, second = model(acl, log, gone).flow_logs
    assert first.target == "subnet-7"
    assert symbol(second.target) == "⟦aws_network_acl.a.subnet_ids.5⟧"


def test_a_template_with_an_unnamed_part_is_named_by_its_place():
    log = instance(
        "aws_flow_log.a",
        {
            "vpc_id": "v",
            "log_destination_type": "s3",
            "log_destination": template("arn:aws:s3:::", Unknown("local.b"), "/x"),
        },
    )
    found = model(log).flow_logs[0].destination
    assert symbol(found.arn) == "arn:aws:s3:::⟦aws_flow_log.a.log_destination#1⟧/x"
    assert found.prefix == "x"


def test_candidates_become_keys():
    log = instance("aws_flow_log.a", {"vpc_id": Unknown("element(...)", among=("aws_vpc.main", "data.aws_vpc.x"))})
    data = instance("data.aws_vpc.x", {"id": ref("aws_vpc.main.id")})
    one = build_model([root(VPC, log, data)], "after").flow_logs[0]
    assert one.target.among == ("aws_vpc.main",)
    two = build_model([root(VPC, log, data, label="a"), root(label="b")], "after").flow_logs[0]
    assert two.target.among == ("a::aws_vpc.main",)


def test_two_groups_of_one_name_leave_a_bare_name_open():
    groups = [instance(f"aws_cloudwatch_log_group.{n}", {"name": "g"}, region=Unknown("?")) for n in "ab"]
    filter_ = instance("aws_cloudwatch_log_metric_filter.f", {"log_group_name": "g"})
    assert model(*groups, filter_).metric_filters[0].log_group.among == (
        "aws_cloudwatch_log_group.a",
        "aws_cloudwatch_log_group.b",
    )
