"""Values that are known after apply: what the source says of them, and what can only be null."""

from pathlib import Path
from typing import Any

import pytest

from checker.load.terraform.instance import Instance, Ref
from checker.model.known import Unknown
from tests.load.made import Roots, by_address, change, document, resource, write

LOG = "aws_flow_log.log"
LATER = {"id": True, "arn": True}


def loaded(roots: Roots, folder: Path, log: dict[str, Any], unknown: str, **settings: Any) -> Instance:
    """The flow log of a plan in which one of its arguments is not known."""
    rows = [
        change("aws_vpc.v", after={}, after_unknown=LATER),
        change(LOG, after={}, after_unknown={**LATER, unknown: True}),
        change("aws_ssm_parameter.p", after={}, after_unknown={"value": True}),
    ]
    resources = [resource("aws_vpc.v"), resource("aws_ssm_parameter.p"), resource(LOG, **log)]
    root = {"resources": resources, "variables": {"x": {"default": None}}}
    content = document(resource_changes=rows, configuration={"provider_config": {}, "root_module": root})
    return by_address(roots.plan(write(folder, content), **settings).after)[LOG]


@pytest.mark.parametrize(
    ("argument", "expression", "absent"),
    [
        ("log_format", "var.x", True),
        ("log_format", "var.x path.module", True),
        ("log_format", {"constant_value": None}, False),
        ("log_format", {}, False),
        ("log_format", "local.x", False),
        ("log_format", "var.x local.x", False),
        ("log_format", "var.x aws_ssm_parameter.p.value aws_ssm_parameter.p", False),
        ("log_format", "data.aws_ssm_parameter.gone.value", False),
        ("log_destination", "var.x", False),
        ("vpc_id", "var.x", False),
    ],
    ids=str,
)
def test_what_is_made_of_known_parts_and_not_known_is_null(
    tmp_path: Path, roots: Roots, argument: str, expression: Any, absent: bool
) -> None:
    found = loaded(roots, tmp_path, {argument: expression}, argument)
    assert found.configured is not None
    if absent:
        assert argument not in found.values
        assert argument not in found.configured
    else:
        assert isinstance(found.values[argument], Unknown)
        assert argument in found.configured


@pytest.mark.parametrize(
    ("argument", "text", "references", "expected"),
    [
        ("log_format", "local.x", "local.x", None),
        ("log_destination", "local.x", "local.x", None),
        ("vpc_id", "local.x", "local.x", Unknown),
        ("vpc_id", "local.x == null ? null : aws_vpc.v.id", "local.x aws_vpc.v.id aws_vpc.v", Unknown),
        ("vpc_id", "var.x == null ? null : aws_vpc.v.id", "var.x aws_vpc.v.id aws_vpc.v", Ref("aws_vpc.v", ("id",))),
    ],
    ids=["filled in", "a name that is filled in", "no such", "no such, by a condition", "the plan knows better"],
)
def test_null_in_the_source_is_not_the_value_of_what_is_known_after_apply(
    tmp_path: Path, roots: Roots, argument: str, text: str, references: str, expected: Any
) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "x" {\n  default = null\n}\nlocals {\n  x = null\n}\n'
        'resource "aws_vpc" "v" {}\nresource "aws_ssm_parameter" "p" {}\n'
        f'resource "aws_flow_log" "log" {{\n  {argument} = {text}\n}}\n'
    )
    settings = {"source": tmp_path, "resolve_by_uniqueness": False}
    found = loaded(roots, tmp_path, {argument: references}, argument, **settings)
    assert found.configured is not None
    if expected is None:
        assert argument not in found.values
        assert argument not in found.configured
    elif expected is Unknown:
        assert isinstance(found.values[argument], Unknown)
    else:
        assert found.values[argument] == expected


def test_templates_of_json_syntax_are_followed(tmp_path: Path, roots: Roots) -> None:
    template = {"constant_value": "${aws_vpc.v.id}", "references": ["aws_vpc.v.id", "aws_vpc.v"]}
    found = loaded(roots, tmp_path, {"vpc_id": template}, "vpc_id")
    assert found.values["vpc_id"] == Ref("aws_vpc.v", ("id",))
