"""The tree of modules, and calls of modules that are not at hand."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.expand import expand
from checker.load.terraform.source.modules import Module
from checker.model.known import Unknown
from tests.load.terraform.source.conftest import Source

VPC = 'resource "aws_vpc" "v" {}\noutput "id" { value = aws_vpc.v.id }'


def manifest(source: str, *, key: str = "net", folder: str = ".terraform/modules/net") -> str:
    root = {"Key": "", "Source": "", "Dir": "."}
    return json.dumps({"Modules": [root, {"Key": key, "Source": source, "Version": "1.0.0", "Dir": folder}]})


def addresses(tree: Module) -> list[str]:
    return sorted(module.static_address for module in tree.walk())


def test_local_modules_are_followed_without_init(tree: Callable[[Source], Module]) -> None:
    module = tree(
        {
            "main.tf": 'module "a" { source = "./a" }',
            "a/main.tf": 'module "b" { source = "../b" }',
            "b/main.tf": VPC,
        }
    )
    assert addresses(module) == ["", "module.a", "module.a.module.b"]


@pytest.mark.parametrize(
    ("source", "installed"),
    [
        ("terraform-aws-modules/vpc/aws", "registry.terraform.io/terraform-aws-modules/vpc/aws"),
        ("terraform-aws-modules/vpc/aws", "registry.opentofu.org/terraform-aws-modules/vpc/aws"),
        ("git::https://example.com/net.git?ref=v1", "git::https://example.com/net.git?ref=v1"),
        ("github.com/acme/net", "git::https://github.com/acme/net.git"),
    ],
)
def test_installed_modules_are_found_by_the_manifest(
    tree: Callable[[Source], Module], source: str, installed: str
) -> None:
    module = tree(
        {
            "main.tf": f'module "net" {{ source = "{source}" }}',
            ".terraform/modules/modules.json": manifest(installed),
            ".terraform/modules/net/main.tf": VPC,
        }
    )
    assert addresses(module) == ["", "module.net"]


@pytest.mark.parametrize(
    ("source", "manifest_text", "cause"),
    [
        ("acme/net/aws", "{}", "acme/net/aws is not installed"),
        ("acme/net/aws", "not json", "acme/net/aws is not installed"),
        ("acme/net/aws", '{"Modules": 7}', "acme/net/aws is not installed"),
        ("acme/net/aws", manifest("registry.terraform.io/other/net/aws"), "another source"),
        ("acme/net/aws", manifest("registry.terraform.io/acme/net/aws", folder="gone"), "not where modules.json says"),
        ("./gone", "{}", "./gone is no folder with Terraform source"),
        ("./", "{}", "the module calls itself"),
    ],
)
def test_a_module_that_is_not_at_hand_is_a_gap_with_its_cause(
    evaluate: Callable[..., Evaluation], source: str, manifest_text: str, cause: str
) -> None:
    evaluation = evaluate(
        {
            "main.tf": f'module "net" {{ source = "{source}" }}\nlocals {{\n  id = module.net.id\n}}',
            ".terraform/modules/modules.json": manifest_text,
            ".terraform/modules/net/main.tf": VPC,
        }
    )
    outcome = expand(evaluation)
    assert [gap.what for gap in outcome.gaps] == ["module.net (main.tf:1)"]
    assert cause in outcome.gaps[0].cause
    assert [part.types for part in outcome.unread] == [()]
    value = evaluation.local(evaluation.root, "id")
    assert isinstance(value, Unknown)
    assert cause in value.reason


def test_a_missing_module_that_is_not_called_is_no_gap(evaluate: Callable[..., Evaluation]) -> None:
    outcome = expand(evaluate('module "net" {\n  source = "acme/net/aws"\n  count  = 0\n}'))
    assert outcome.gaps == ()


def test_outputs_of_a_missing_module_with_instances_are_unknown(evaluate: Callable[..., Evaluation]) -> None:
    evaluation = evaluate(
        'module "net" {\n  source   = "acme/net/aws"\n  for_each = toset(["a"])\n}\n'
        'locals {\n  id = module.net["a"].id\n  ids = [for m in module.net : m.id]\n}'
    )
    one, many = (evaluation.local(evaluation.root, name) for name in ("id", "ids"))
    assert isinstance(one, Unknown)
    assert isinstance(many, list)
    assert isinstance(many[0], Unknown)


def test_modules_that_use_each_other_are_no_cycle(evaluate: Callable[..., Evaluation]) -> None:
    passing = 'variable "in" {}\noutput "out" { value = var.in }\noutput "const" { value = "c" }'
    evaluation = evaluate(
        {
            "main.tf": 'module "a" {\n  source = "./m"\n  in = module.b.const\n}\n'
            'module "b" {\n  source = "./m"\n  in = module.a.out\n}\nlocals {\n  x = module.b.out\n}',
            "m/main.tf": passing,
        }
    )
    assert evaluation.local(evaluation.root, "x") == "c"


def test_a_whole_module_can_be_passed_on(evaluate: Callable[..., Evaluation]) -> None:
    evaluation = evaluate(
        {
            "main.tf": 'module "a" { source = "./a" }\nmodule "b" {\n  source = "./b"\n  net = module.a\n}\n'
            "locals {\n  names = keys(module.a)\n}\n",
            "a/main.tf": VPC,
            "b/main.tf": 'variable "net" {}\nresource "aws_flow_log" "f" { vpc_id = var.net.id }',
        }
    )
    found = {instance.address: instance for instance in expand(evaluation).instances}
    assert str(found["module.b.aws_flow_log.f"].values["vpc_id"]) == str(
        evaluation.argument("module.a.aws_vpc.v", ["id"])
    )
    assert evaluation.local(evaluation.root, "names") == ["id"]
