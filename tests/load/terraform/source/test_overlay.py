"""A plan's facts laid over the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from checker.load.terraform.instance import InstanceKey, Ref, Text, Value
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.overlay import MISSING, MISSING_UNKNOWN, Untold
from checker.model.known import Unknown

Make = Callable[..., Evaluation]


@dataclass
class Plan:
    """What a plan may tell."""

    keys: Mapping[str, Sequence[InstanceKey]] = field(default_factory=dict)
    modules: Mapping[str, Sequence[InstanceKey]] = field(default_factory=dict)
    values: Mapping[tuple[str, str], Value | Untold] = field(default_factory=dict)
    variables: Mapping[str, Value] = field(default_factory=dict)

    def instance_keys(self, module_address: str, mode: str, type_: str, name: str) -> Sequence[InstanceKey] | None:
        return self.keys.get(".".join(part for part in (module_address, type_, name) if part))

    def module_keys(self, module_address: str, call_name: str) -> Sequence[InstanceKey] | None:
        return self.modules.get(call_name)

    def value(self, address: str, attribute: str) -> Value | Untold:
        return self.values.get((address, attribute), MISSING)

    def root_variable(self, name: str) -> Value | Untold:
        return self.variables.get(name, MISSING)


SOURCE = """
variable "names" {}
variable "create" {}
resource "aws_vpc" "v" {
  for_each   = var.names
  cidr_block = "10.0.0.0/16"
}
resource "aws_flow_log" "f" {
  for_each        = aws_vpc.v
  vpc_id          = each.value.id
  log_destination = local.destination
}
resource "aws_s3_bucket" "b" {
  count  = var.create ? 1 : 0
  bucket = "logs"
}
locals {
  destination = "${aws_s3_bucket.b[0].arn}/vpc"
  first       = try(aws_vpc.v["x"].id, aws_vpc.v["a"].id)
  both        = [for k, v in aws_vpc.v : v.id]
}
"""
KEYS = {"aws_vpc.v": ["a", "b"], "aws_flow_log.f": ["a", "b"], "aws_s3_bucket.b": [0]}


def test_instances_of_the_plan_replace_what_the_source_cannot_tell(evaluate: Make) -> None:
    evaluation = evaluate(SOURCE, overlay=Plan(keys=KEYS))
    assert evaluation.argument('aws_flow_log.f["b"]', ["vpc_id"]) == Ref('aws_vpc.v["b"]', ("id",))
    assert evaluation.local(evaluation.root, "first") == Ref('aws_vpc.v["a"]', ("id",))
    assert evaluation.local(evaluation.root, "both") == [Ref(f'aws_vpc.v["{key}"]', ("id",)) for key in "ab"]
    assert evaluation.argument('aws_flow_log.f["a"]', ["log_destination"]) == Text(
        (Ref("aws_s3_bucket.b[0]", ("arn",)), "/vpc")
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("arn:aws:s3:::logs", "arn:aws:s3:::logs/vpc"),
        (MISSING, Text((Ref("aws_s3_bucket.b[0]", ("arn",)), "/vpc"))),
        (MISSING_UNKNOWN, Text((Ref("aws_s3_bucket.b[0]", ("arn",)), "/vpc"))),
        (Unknown("sensitive"), Text((Ref("aws_s3_bucket.b[0]", ("arn",)), "/vpc"))),
    ],
    ids=["known", "missing", "after apply", "sensitive"],
)
def test_values_the_plan_knows_are_taken_from_it(evaluate: Make, told: Value | Untold, expected: Value) -> None:
    plan = Plan(keys=KEYS, values={("aws_s3_bucket.b[0]", "arn"): told})
    evaluation = evaluate(SOURCE, overlay=plan)
    assert evaluation.argument('aws_flow_log.f["a"]', ["log_destination"]) == expected


def test_an_argument_unknown_in_the_plan_is_evaluated_from_source(evaluate: Make) -> None:
    plan = Plan(values={("aws_vpc.v", "cidr_block"): MISSING_UNKNOWN})
    evaluation = evaluate(
        'resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }\nlocals {\n  c = aws_vpc.v.cidr_block\n}', overlay=plan
    )
    assert evaluation.local(evaluation.root, "c") == "10.0.0.0/16"


def test_root_variables_of_the_plan_win(evaluate: Make) -> None:
    source = 'variable "v" { default = "default" }\nvariable "n" { type = number }\nvariable "w" { default = "w" }'
    evaluation = evaluate(source, overlay=Plan(variables={"v": "plan", "n": "7"}), environment={"TF_VAR_v": "env"})
    assert [evaluation.variable(evaluation.root, name) for name in ("v", "n", "w")] == ["plan", 7, "w"]


def test_module_instances_of_the_plan_are_used(evaluate: Make) -> None:
    source = {
        "main.tf": 'variable "names" {}\nmodule "net" {\n  source   = "./net"\n  for_each = var.names\n'
        '  name     = each.key\n}\nresource "aws_flow_log" "f" { vpc_id = module.net["a"].id }',
        "net/main.tf": 'variable "name" {}\nresource "aws_vpc" "v" { tags = { Name = var.name } }\n'
        'output "id" { value = aws_vpc.v.id }',
    }
    evaluation = evaluate(source, overlay=Plan(modules={"net": ["a", "b"]}))
    assert evaluation.argument("aws_flow_log.f", ["vpc_id"]) == Ref('module.net["a"].aws_vpc.v', ("id",))
    assert evaluation.argument('module.net["b"].aws_vpc.v', ["tags", "Name"]) == "b"


def test_each_value_comes_from_the_source_where_it_can_be_told(evaluate: Make) -> None:
    source = (
        'resource "aws_vpc" "v" {\n  for_each = { a = "10.1.0.0/16", b = "10.2.0.0/16" }\n  cidr_block = each.value\n}'
    )
    evaluation = evaluate(source, overlay=Plan(keys={"aws_vpc.v": ["a", "gone"]}))
    assert evaluation.argument('aws_vpc.v["a"]', ["cidr_block"]) == "10.1.0.0/16"
    assert isinstance(evaluation.argument('aws_vpc.v["gone"]', ["cidr_block"]), Unknown)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (["ingress", 0, "from_port"], 22),
        (["ingress", 1], Unknown),
        (["ingress"], [{"from_port": 22}]),
        (["id"], Ref("aws_security_group.g", ("id",))),
        (["egress", 0, "from_port"], Ref("aws_security_group.g", ("egress", 0, "from_port"))),
        ([], Unknown),
    ],
    ids=["nested", "outside", "whole", "computed", "not set", "no path"],
)
def test_one_argument_is_evaluated_by_its_path(evaluate: Make, path: list[str | int], expected: object) -> None:
    value = evaluate('resource "aws_security_group" "g" {\n  ingress {\n    from_port = 22\n  }\n}').argument(
        "aws_security_group.g", path
    )
    assert isinstance(value, Unknown) if expected is Unknown else value == expected


def test_an_undeclared_instance_is_unknown(evaluate: Make) -> None:
    assert isinstance(evaluate("").argument("aws_vpc.gone", ["id"]), Unknown)


def test_configured_names_what_the_source_sets(evaluate: Make) -> None:
    evaluation = evaluate('resource "aws_vpc" "v" {\n  count      = 1\n  cidr_block = "x"\n  tags = {}\n}')
    assert evaluation.configured("aws_vpc.v[0]") == frozenset({"cidr_block", "tags"})
