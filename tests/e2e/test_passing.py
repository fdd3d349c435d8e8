"""Terraform told of a shortened schema makes the plan that it makes of the whole one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.case import all_cases
from tests.e2e.passing import shortened
from tests.e2e.planning import Planner, apply, lay_out
from tests.e2e.provider import several, types_named
from tests.e2e.terraform import Terraform

CASES = {case.name: case for case in all_cases()}


def field(number: int, content: bytes) -> bytes:
    """A field of a message that has a length, below 16,384."""
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    return bytes([number << 3 | 2]) + length + content


def entry(name: str, content: bytes) -> bytes:
    """An entry of a map from a text to a message."""
    return field(1, name.encode()) + field(2, content)


PROVIDER = field(1, b"arguments of the provider block")
VPC = entry("aws_vpc", b"v" * 300)
ROUTE = entry("aws_vpc_route", b"r")


@pytest.mark.parametrize(
    ("names", "left"),
    [
        pytest.param(["aws_vpc"], [PROVIDER, field(2, VPC), field(3, VPC), field(7, ROUTE)], id="one"),
        pytest.param(
            ["aws_vpc_route"], [PROVIDER, field(2, ROUTE), field(8, ROUTE), field(7, ROUTE)], id="longer-name"
        ),
        pytest.param(["aws_vp", "vpc", ""], [PROVIDER, field(7, ROUTE)], id="parts-of-a-name"),
    ],
)
def test_only_types_that_are_named_are_left(names: list[str], left: list[bytes]) -> None:
    whole = [PROVIDER, field(2, VPC), field(2, ROUTE), field(3, VPC), field(8, ROUTE), field(7, ROUTE)]
    assert shortened(b"".join(whole), names) == b"".join(left)
    assert shortened(b"".join(whole), ["aws_vpc", "aws_vpc_route", "more"]) == b"".join(whole)


def test_what_is_no_such_message_is_refused() -> None:
    with pytest.raises(ValueError, match="field 1 has wire type 0"):
        shortened(b"\x08\x01", [])


def test_types_are_found_in_modules_and_in_the_state(tmp_path: Path) -> None:
    root, module = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root / ".terraform" / "modules", root / ".terraform" / "providers", module):
        folder.mkdir(parents=True)
    (root / "main.tf").write_text('resource "aws_vpc" "a" {}\ndata "aws_region" "b" {}\n')
    (root / "terraform.tfstate").write_text('{"type": "aws_eip"}')
    (root / ".terraform" / "providers" / "program").write_text("aws_simpledb_domain")
    (module / "main.tf").write_text('resource "aws_flow_log" "a" {}\n')
    manifest = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "logs", "Dir": "../elsewhere"}]}
    alone = types_named(root)
    (root / ".terraform" / "modules" / "modules.json").write_text(json.dumps(manifest))
    assert alone == {"aws_vpc", "aws_region", "aws_eip"}
    assert types_named(root) == alone | {"aws_flow_log"}


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize("name", ["removed_forgets", "nested_modules"])
def test_the_plan_is_that_of_the_whole_schema(name: str, planner: Planner, tmp_path: Path) -> None:
    """Compared with what Terraform makes with a provider that it starts itself."""
    case, attached, server = CASES[name], planner.terraform, planner.endpoint()
    server.reset()
    if case.stateful:
        lay_out(case, "before", tmp_path)
        inputs = apply(tmp_path, attached, server)
        for path in tmp_path.glob("*.tf"):
            path.unlink()
        (tmp_path / "before.auto.tfvars.json").write_text(json.dumps(inputs))
    lay_out(case, "after", tmp_path)
    attached.prepare(tmp_path)
    assert not several(tmp_path)

    def shown(terraform: Terraform) -> dict[str, Any]:
        words = ("plan", "-no-color", "-lock=false", "-out=tf.plan")
        terraform.run(tmp_path, server.environment, *words)
        plan = terraform.show(tmp_path, server.environment, "tf.plan")
        del plan["timestamp"]
        plan.get("relevant_attributes", []).sort(key=str)  # Terraform lists them in no order
        return plan

    whole = shown(replace(attached, providers=None))
    assert shown(attached) == whole
    assert whole["resource_changes"]
