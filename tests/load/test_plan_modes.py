"""One applied network and its plans: real ones, each of another kind. What cannot be told is said aloud."""

from pathlib import Path
from typing import Any

import pytest

from checker.load.plan import PlanInput, load_plans
from checker.load.terraform.instance import TerraformRoot
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, ResourceChange
from tests.load.made import PLANS, Roots, change, document, resource, write

MODES = PLANS / "modes"
DATA = "data.aws_caller_identity.me"
ALL = {"aws_flow_log.a", "aws_flow_log.b", "aws_s3_bucket.logs", "aws_vpc.a", "aws_vpc.b", DATA}
MOVED = {name.replace("aws_flow_log.b", "aws_flow_log.moved") for name in ALL}

CASES: dict[str, tuple[str, set[str], set[str]]] = {
    "no_changes": ("normal", ALL, ALL),
    "targeted": ("targeted", ALL, ALL),
    "refresh_only": ("refresh-only", ALL, ALL),
    "destroy": ("destroy", ALL, {DATA}),
    "targeted_destroy": ("destroy, targeted", ALL, ALL - {"aws_flow_log.a"}),
    "replaced": ("normal", ALL, ALL),
    "deleted": ("normal", ALL, ALL - {"aws_flow_log.b"}),
    "forgotten": ("normal", ALL, ALL - {"aws_flow_log.b"}),
    "moved": ("normal", ALL, MOVED),
    "moved_and_replaced_create_first": ("normal", ALL, MOVED),
    "drifted": ("normal", ALL - {"aws_flow_log.a"}, ALL),
    "drifted_refresh_only": ("refresh-only", ALL - {"aws_flow_log.a"}, ALL - {"aws_flow_log.a"}),
    "deposed": ("normal", ALL - {"aws_flow_log.a"} | {"aws_flow_log.b (deposed deadbeef)"}, ALL),
}
"""Plan to its mode, and the addresses before and after."""


@pytest.mark.parametrize("case", CASES)
def test_before_is_the_refreshed_state_and_after_is_what_the_apply_leaves(roots: Roots, case: str) -> None:
    mode, before, after = CASES[case]
    root = roots.plan(MODES / f"{case}.json")
    assert root.input.facts["mode"] == mode
    assert root.before is not None
    assert {instance.address for instance in root.before} == before
    assert {instance.address for instance in root.after} == after
    assert len(root.after) == len(after)
    assert root.unread == ()


def told(root: TerraformRoot) -> set[tuple[Any, ...]]:
    return {(each.action.value, each.before_key, each.after_key) for each in root.changes}


CHANGES: dict[str, set[tuple[Any, ...]]] = {
    "no_changes": set(),
    "targeted": set(),
    "refresh_only": set(),
    "targeted_destroy": {("delete", "aws_flow_log.a", None)},
    "replaced": {("replace", "aws_flow_log.a", "aws_flow_log.a")},
    "deleted": {("delete", "aws_flow_log.b", None)},
    "forgotten": {("forget", "aws_flow_log.b", None)},
    "moved": {("no-op", "aws_flow_log.b", "aws_flow_log.moved")},
    "moved_and_replaced_create_first": {("replace-create-first", "aws_flow_log.b", "aws_flow_log.moved")},
    "drifted": {
        ("create", None, "aws_flow_log.a"),
        ("drift-delete", "aws_flow_log.a", None),
        ("drift-update", "aws_vpc.a", "aws_vpc.a"),
        ("update", "aws_vpc.a", "aws_vpc.a"),
    },
    "drifted_refresh_only": {
        ("drift-delete", "aws_flow_log.a", None),
        ("drift-update", "aws_vpc.a", "aws_vpc.a"),
    },
    "deposed": {
        ("create", None, "aws_flow_log.a"),
        ("delete", "aws_flow_log.b (deposed deadbeef)", None),
        ("drift-delete", "aws_flow_log.a", None),
        ("drift-update", "aws_vpc.a", "aws_vpc.a"),
        ("update", "aws_vpc.a", "aws_vpc.a"),
    },
}


@pytest.mark.parametrize("case", CHANGES)
def test_changes_are_told_with_both_keys(roots: Roots, case: str) -> None:
    assert told(roots.plan(MODES / f"{case}.json")) == CHANGES[case]


def only(root: TerraformRoot, action: ChangeAction) -> ResourceChange:
    found = [each for each in root.changes if each.action is action]
    assert len(found) == 1
    return found[0]


def test_reasons_name_terraforms_word_and_the_arguments(roots: Roots) -> None:
    replaced = only(roots.plan(MODES / "moved_and_replaced_create_first.json"), ChangeAction.REPLACE_CREATE_FIRST)
    assert replaced.reason == "replace_because_cannot_update: traffic_type"
    assert replaced.moved_from == "aws_flow_log.b"
    deleted = only(roots.plan(MODES / "deleted.json"), ChangeAction.DELETE)
    assert deleted.reason == "delete_because_no_resource_config"


def test_drift_names_what_changed_and_not_what_providers_normalise(roots: Roots) -> None:
    drift = only(roots.plan(MODES / "drifted.json"), ChangeAction.DRIFT_UPDATE)
    assert drift.reason is not None
    assert drift.reason.endswith(": tags, tags_all")  # resource_drift lists all five resources, tags null → {}


def test_a_deposed_flow_log_stands_beside_the_one_at_its_address_until_the_plan(roots: Roots) -> None:
    root = roots.plan(MODES / "deposed.json")
    deposed = only(root, ChangeAction.DELETE)
    assert deposed.deposed == "deadbeef"
    assert deposed.reason == "deposed object deadbeef of aws_flow_log.b"
    (found,) = (each for each in root.before or () if each.address == deposed.before_key)
    assert found.origin.address == "aws_flow_log.b"
    assert root.gaps == ()


@pytest.mark.parametrize(("case", "left"), [("targeted", "2 resources"), ("targeted_destroy", "4 resources")])
def test_a_limited_plan_is_a_gap_that_says_how_much_it_leaves(roots: Roots, case: str, left: str) -> None:
    gaps = roots.plan(MODES / f"{case}.json").gaps
    assert len(gaps) == 1
    assert "-target" in gaps[0].cause
    assert f"{left} of the state are left as they are" in gaps[0].cause


@pytest.mark.parametrize(
    ("case", "word"), [("destroy", "5 resources will be gone"), ("refresh_only", "nothing is changed")]
)
def test_destroy_and_refresh_only_are_noted(roots: Roots, case: str, word: str) -> None:
    assert word in roots.plan(MODES / f"{case}.json").input.facts["note"]


def test_account_and_region_of_an_applied_network_are_known(roots: Roots) -> None:
    root = roots.plan(MODES / "no_changes.json")
    assert {instance.provider_account for instance in root.after} == {"123456789012"}
    assert {instance.provider_region for instance in root.after} == {"eu-central-1"}


# Synthetic from here on: what the provider at hand cannot be made to plan.


def test_an_errored_plan_leaves_everything_open(tmp_path: Path, roots: Roots) -> None:
    content = document(errored=True, complete=False, resource_changes=[change("aws_vpc.a", after={})])
    root = roots.plan(write(tmp_path, content))
    assert root.input.facts["mode"] == "errored"
    assert [gap.cause for gap in root.gaps] == ["Terraform failed while it made this plan"]
    assert [each.types for each in root.unread] == [()]


def test_deferred_changes_leave_their_types_open(tmp_path: Path, roots: Roots) -> None:
    deferred = {"reason": "instance_count_unknown", "resource_change": change("aws_flow_log.a", after={})}
    content = document(
        complete=False, resource_changes=[change("aws_vpc.a", after={})], deferred_changes=[deferred, 1, {}]
    )
    root = roots.plan(write(tmp_path, content))
    assert root.input.facts["mode"] == "deferred"
    assert [each.types for each in root.unread] == [("aws_flow_log",)]
    assert [instance.address for instance in root.after] == ["aws_vpc.a"]


def test_an_import_is_told(tmp_path: Path, roots: Roots) -> None:
    row = change("aws_vpc.a", "no-op", before={"id": "vpc-1"}, after={"id": "vpc-1"}, importing={"id": "vpc-1"})
    changes = roots.plan(write(tmp_path, document(resource_changes=[row]))).changes
    assert [(each.action, each.imported) for each in changes] == [(ChangeAction.NO_OP, True)]


def test_a_plan_of_terraform_before_1_8_is_known_as_limited_by_what_it_leaves_out(tmp_path: Path, roots: Roots) -> None:
    state = {"address": "aws_vpc.old", "mode": "managed", "type": "aws_vpc", "name": "old", "values": {"id": "vpc-1"}}
    prior = {"format_version": "1.0", "values": {"root_module": {"resources": [state]}}}
    content = document(prior_state=prior, resource_changes=[change("aws_vpc.a", after={})])
    root = roots.plan(write(tmp_path, content))
    assert root.input.facts["mode"] == "targeted"
    assert [instance.address for instance in root.after] == ["aws_vpc.a", "aws_vpc.old"]


def test_terraform_0_12_leaves_module_and_index_out_of_addresses_in_the_state(tmp_path: Path, roots: Roots) -> None:
    row = {"mode": "managed", "type": "aws_vpc", "name": "a", "index": 0, "values": {"id": "vpc-1"}}
    module = {"address": "module.net", "resources": [{**row, "address": "aws_vpc.a"}]}
    prior = {"values": {"root_module": {"child_modules": [module]}}}
    value = {"id": "vpc-1"}
    same = change("aws_vpc.a[0]", "no-op", before=value, after=value)
    content = document(prior_state=prior, resource_changes=[{**same, "address": "module.net.aws_vpc.a[0]"}])
    root = roots.plan(write(tmp_path, content))
    assert root.input.facts["mode"] == "normal"
    untouched = roots.plan(write(tmp_path, document(prior_state=prior)))
    assert [instance.address for instance in untouched.after] == ["module.net.aws_vpc.a[0]"]
    assert untouched.after[0].values == {"id": "vpc-1"}


def test_planned_values_fill_in_where_a_plan_was_cut_to_them(tmp_path: Path, roots: Roots) -> None:
    state = {"address": "aws_vpc.a", "mode": "managed", "type": "aws_vpc", "name": "a", "values": {"id": "vpc-1"}}
    content = document(planned_values={"root_module": {"resources": [state]}}, resource_changes=None)
    root = roots.plan(write(tmp_path, content))
    assert told(root) == {("create", None, "aws_vpc.a")}
    assert root.after[0].values == {"id": "vpc-1"}


def planned(name: str, **more: Any) -> dict[str, Any]:
    """One object of planned_values."""
    return {"address": f"aws_vpc.{name}", "mode": "managed", "type": "aws_vpc", "name": name, "values": {}, **more}


@pytest.mark.parametrize(
    ("resources", "wanted", "gaps"),
    [
        ([planned("a")], {"aws_vpc.a"}, 0),
        ([planned("a"), planned("b")], {"aws_vpc.a", "aws_vpc.b"}, 0),
        ([planned("a", index=0)], {"aws_vpc.a", "aws_vpc.a[0]"}, 0),
        ([planned("b", deposed="1234")], {"aws_vpc.a"}, 0),
        ([planned("a"), planned("b", address=7)], {"aws_vpc.a"}, 1),
        ([planned("a"), "aws_vpc.a"], {"aws_vpc.a"}, 1),
        ([planned("a", mode="data", address="data.aws_vpc.a", values={"id": "vpc-1"})], {"aws_vpc.a"}, 0),
    ],
    ids=["told", "one untold", "index left out", "deposed", "odd", "no row", "data"],
)
def test_planned_values_add_what_no_change_tells(
    tmp_path: Path, roots: Roots, resources: list[Any], wanted: set[str], gaps: int
) -> None:
    rows = [change("aws_vpc.a", "create", after={})]
    below = {"child_modules": [{"resources": resources, "child_modules": [{"address": "module.x"}]}]}
    root = roots.plan(write(tmp_path, document(planned_values={"root_module": below}, resource_changes=rows)))
    assert ({each.address for each in root.after}, len(root.gaps)) == (wanted, gaps)


def test_a_deferred_data_source_is_open_in_part(tmp_path: Path, roots: Roots) -> None:
    row = change("data.aws_vpc.x", "read", after={"tags": {"a": "b"}}, after_unknown={"id": True})
    config = {"root_module": {"resources": [resource("data.aws_vpc.x", tags={"constant_value": {"a": "b"}})]}}
    root = roots.plan(write(tmp_path, document(resource_changes=[row], configuration=config)))
    assert [(each.address, each.managed, dict(each.values)) for each in root.after] == [
        ("data.aws_vpc.x", False, {"tags": {"a": "b"}})
    ]
    assert root.changes == ()


@pytest.mark.parametrize(
    ("registry", "kept"),
    [
        ("registry.terraform.io/hashicorp/aws", True),
        ("registry.opentofu.org/hashicorp/aws", True),
        ("mirror.example.com/hashicorp/aws", True),
        ("aws", True),
        ("registry.terraform.io/other/aws", False),
        ("registry.terraform.io/hashicorp/awscc", False),
    ],
)
def test_every_registry_of_the_provider_counts(tmp_path: Path, roots: Roots, registry: str, kept: bool) -> None:
    arn = "arn:aws-us-gov:ec2:us-gov-west-1:123456789012:vpc/vpc-1"
    value = {"id": "vpc-1", "arn": arn}
    row = {**change("aws_vpc.a", "no-op", before=value, after=value), "provider_name": registry}
    root = roots.plan(write(tmp_path, document(resource_changes=[row])))
    expected = ("us-gov-west-1", "123456789012") if kept else (None, None)
    seen = (root.after[0].provider_region, root.after[0].provider_account)
    assert tuple(None if isinstance(each, Unknown) else each for each in seen) == expected


def test_mode_facts_reach_the_loaded_network() -> None:
    loaded = load_plans([PlanInput(MODES / "targeted.json", None, "net")], find_source=False)
    assert loaded.inputs[0].facts["mode"] == "targeted"
    assert loaded.gaps
    assert not [vpc for vpc in loaded.after.vpcs if isinstance(vpc.id, Unknown)]
