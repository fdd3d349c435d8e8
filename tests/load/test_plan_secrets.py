"""A secret that a plan shows in clear never leaves the loader: real plan, secrets planted in every place."""

import json
from pathlib import Path

import pytest

from checker.load.plan import PlanInput, load_plans
from checker.load.terraform.instance import Instance
from checker.load.terraform.redact import SENSITIVE
from checker.model.known import Unknown
from tests.load.made import PLANS, Roots, by_address, change, document, resource, write

FOLDER = PLANS / "secrets"
PLAN = FOLDER / "plan.json"
PLANTED = [
    "planted-in-sensitive-variable",
    "planted-in-plain-variable",
    "planted-in-access-key",
    "planted-in-secret-key",
    "planted-in-token",
    "planted-in-sensitive-attribute",
    "planted-in-output",
]


def test_the_plan_itself_shows_them_in_clear() -> None:
    text = PLAN.read_text()
    assert [secret for secret in PLANTED if secret not in text] == []


@pytest.mark.parametrize("source", [None, FOLDER], ids=["plan alone", "with source"])
def test_nothing_planted_leaves_the_loader(roots: Roots, source: Path | None) -> None:
    root = roots.plan(PLAN, source=source)
    assert "planted" not in repr(root)


@pytest.mark.parametrize("source", [None, FOLDER], ids=["plan alone", "with source"])
def test_nothing_planted_reaches_the_network(source: Path | None) -> None:
    loaded = load_plans([PlanInput(PLAN, None, "")], source=source, find_source=False)
    assert "planted" not in repr(loaded)


def tags(instance: Instance, name: str) -> dict[str, object]:
    value = instance.values[name]
    assert isinstance(value, dict)
    return value


def test_what_is_not_secret_stays(roots: Roots) -> None:
    vpc = by_address(roots.plan(PLAN).after)["aws_vpc.a"]
    assert tags(vpc, "tags_all")["team"] == "net"
    assert tags(vpc, "tags_all")["known"] is SENSITIVE  # Terraform marks it in tags only
    assert vpc.values["cidr_block"] == "10.0.0.0/16"


def test_sensitive_values_before_the_plan_are_hidden_too(tmp_path: Path, roots: Roots) -> None:
    row = change(
        "aws_vpc.a", "update", before={"tags": {"a": "old-secret"}}, after={"tags": {"a": "new"}},
        before_sensitive={"tags": {"a": True}}, after_sensitive={"tags": {}},
    )  # fmt: skip
    root = roots.plan(write(tmp_path, document(resource_changes=[row])))
    assert root.before is not None
    assert tags(root.before[0], "tags")["a"] is SENSITIVE
    assert tags(root.after[0], "tags")["a"] == "new"


def test_sensitive_values_of_states_are_hidden(tmp_path: Path, roots: Roots) -> None:
    row = {
        "address": "aws_vpc.a", "mode": "managed", "type": "aws_vpc", "name": "a",
        "values": {"id": "vpc-1", "tags": {"a": "state-secret"}}, "sensitive_values": {"tags": {"a": True}},
    }  # fmt: skip
    state = {"format_version": "1.0", "values": {"outputs": {"x": {"value": "s"}}, "root_module": {"resources": [row]}}}
    root = roots.state(write(tmp_path, state))
    assert "state-secret" not in repr(root)
    assert root.after[0].values["id"] == "vpc-1"


def test_sensitive_root_variables_give_no_region(tmp_path: Path, roots: Roots) -> None:
    provider = {"name": "aws", "full_name": "hashicorp/aws", "expressions": {"region": {"references": ["var.r"]}}}
    for sensitive in (False, True):
        module = {"resources": [resource("aws_vpc.a")], "variables": {"r": {"sensitive": sensitive}}}
        content = document(
            variables={"r": {"value": "eu-west-3"}},
            resource_changes=[change("aws_vpc.a", after={})],
            configuration={"provider_config": {"aws": provider}, "root_module": module},
        )
        region = roots.plan(write(tmp_path, content)).after[0].provider_region
        assert isinstance(region, Unknown) is sensitive


def test_provider_configurations_are_copied_by_name(roots: Roots) -> None:
    provider = json.loads(PLAN.read_text())["configuration"]["provider_config"]["aws"]["expressions"]
    assert {"access_key", "secret_key", "token"} <= provider.keys()
    assert roots.plan(PLAN).default_tags == {"team": "net"}
