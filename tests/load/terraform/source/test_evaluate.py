"""Expressions evaluated to values, references and unknowns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.values import plain
from checker.model.known import Unknown

Make = Callable[..., Evaluation]

WORLD = """
variable "nothing" {}
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
variable "no" { default = false }
variable "cidrs" {
  type    = set(string)
  default = ["10.2.0.0/16", "10.1.0.0/16", "10.2.0.0/16"]
}
variable "conf" {
  type = object({
    name  = string
    days  = optional(number, 365)
    extra = optional(string)
  })
  default = { name = "logs", ignored = 1 }
}
variable "confs" {
  type    = map(object({ all = optional(bool, true) }))
  default = { a = {}, b = { all = false } }
}
variable "days" {
  type    = number
  default = "30"
}
variable "inner" {
  type    = object({ a = optional(object({ b = optional(number, 5), c = optional(string) }), {}) })
  default = {}
}
variable "inner_null" {
  type    = object({ a = optional(object({ b = optional(number, 5) }), { b = 7 }) })
  default = { a = null }
}
variable "numbers" {
  type    = set(number)
  default = [10, 9, 100, 9]
}
variable "pair" {
  type    = tuple([string, number])
  default = [1, "2"]
}
variable "texts" {
  type    = map(string)
  default = { a = 1, b = true }
}
variable "filled" {
  default  = "default"
  nullable = false
}
variable "bad_type" {
  type    = number
  default = "many"
}
resource "aws_vpc" "one" { cidr_block = "10.0.0.0/16" }
resource "aws_vpc" "two" {
  count      = 2
  cidr_block = "10.${count.index}.0.0/16"
}
resource "aws_vpc" "none" {
  count      = 0
  cidr_block = "10.0.0.0/16"
}
resource "aws_vpc" "named" {
  for_each   = { a = "10.1.0.0/16", b = "10.2.0.0/16" }
  cidr_block = each.value
  tags       = { Name = each.key }
}
resource "aws_vpc" "maybe" {
  count      = var.nothing ? 1 : 0
  cidr_block = "10.0.0.0/16"
}
resource "aws_vpc" "any" {
  for_each   = var.nothing
  cidr_block = each.value
}
resource "aws_s3_bucket" "b" { bucket = "acme-logs" }
resource "aws_s3_bucket" "x" { bucket = "logs-${aws_vpc.one.id}" }
resource "aws_s3_bucket" "u" { bucket = var.nothing }
data "aws_availability_zones" "z" {}
locals {
  map  = { b = 2, a = 1 }
  list = ["x", "y", "z"]
  loop = local.pool
  pool = local.loop
}
"""

ONE = Ref("aws_vpc.one", ("id",))


def value_of(evaluate: Make, expression: str) -> Value:
    evaluation = evaluate(f"{WORLD}\nlocals {{\n  result = {expression}\n}}\n")
    return plain(evaluation.local(evaluation.root, "result"))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("7 % 3 == 1 && !false", True),
        ("-7 % 3", -1),
        ("10 / 4", 2.5),
        ("8 / 4", 2),
        ('"${1 + 1}-${true}"', "2-true"),
        ('"${local.list}"', ["x", "y", "z"]),
        ("null", None),
        ("1 == 1.0", True),
        ('1 == "1"', False),
        ("[1, 2] == [1, 2]", True),
        ("{ a = 1 } == { a = 2 }", False),
        ('true ? "yes" : 1', "yes"),
        ('"true" ? 1 : 2', 1),
        ("local.list[1]", "y"),
        ("local.map.a", 1),
        ('local.map["b"]', 2),
        ("[for v in local.list : upper(v)]", ["X", "Y", "Z"]),
        ('[for i, v in local.list : i if v != "y"]', [0, 2]),
        ('[for k, v in local.map : "${k}${v}"]', ["a1", "b2"]),
        ("{ for k, v in local.map : v => k }", {"1": "a", "2": "b"}),
        ('{ for v in ["aa", "ab", "b"] : substr(v, 0, 1) => v... }', {"a": ["aa", "ab"], "b": ["b"]}),
        ("[for k, v in var.cidrs : k]", ["10.1.0.0/16", "10.2.0.0/16"]),
        ('[for k, v in tolist(toset(["b", "a"])) : k]', [0, 1]),
        ('[for k, v in toset(["b", "a"]) : k]', ["a", "b"]),
        ("var.cidrs", ["10.1.0.0/16", "10.2.0.0/16"]),
        ("var.conf", {"name": "logs", "days": 365, "extra": None}),
        ("var.confs", {"a": {"all": True}, "b": {"all": False}}),
        ("var.days", 30),
        ("var.filled", "default"),
        ("var.inner", {"a": {"b": 5, "c": None}}),
        ("var.inner_null", {"a": {"b": 7}}),
        ("var.numbers", [9, 10, 100]),
        ("var.pair", ["1", 2]),
        ("var.texts", {"a": "1", "b": "true"}),
        ('local.list["1"]', "y"),
        ("local.list.1", "y"),
        ("[[1, 2], [3]][*][0]", [1, 3]),
        ('1 < "2" && !"false"', True),
        ("local.list.*", ["x", "y", "z"]),
        ("[{ a = 1 }, { a = 2 }][*].a", [1, 2]),
        ("null[*]", []),
        ('"solo"[*]', ["solo"]),
        ("max(local.map.a, [5, 7]...)", 7),
        ("path.module", "."),
        ("path.root", "."),
        ("terraform.workspace", "default"),
        ("(true || var.nothing)", True),
        ("(var.nothing || true)", True),
        ("(var.nothing && false)", False),
        ('var.nothing ? "same" : "same"', "same"),
        ('try(local.map.c, local.list[7], "found")', "found"),
        ("can(local.map.a)", True),
        ("can(local.map.c)", False),
        ('try(aws_vpc.none[0].id, aws_vpc.one.id, "")', ONE),
        ('try(aws_vpc.none[0].id, "")', ""),
        ("one(aws_vpc.none[*].id)", None),
    ],
)
def test_expression_has_the_value_that_terraform_gives_it(evaluate: Make, expression: str, expected: Value) -> None:
    assert value_of(evaluate, expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("aws_vpc.one.id", ONE),
        ("aws_vpc.one.cidr_block", "10.0.0.0/16"),
        ("aws_vpc.one.tags_all.Name", Ref("aws_vpc.one", ("tags_all", "Name"))),
        ("aws_vpc.two[1].id", Ref("aws_vpc.two[1]", ("id",))),
        ("aws_vpc.two[1].cidr_block", "10.1.0.0/16"),
        ("aws_vpc.two[*].id", [Ref("aws_vpc.two[0]", ("id",)), Ref("aws_vpc.two[1]", ("id",))]),
        ("aws_vpc.two.*.id", [Ref("aws_vpc.two[0]", ("id",)), Ref("aws_vpc.two[1]", ("id",))]),
        ("element(aws_vpc.two[*].id, 3)", Ref("aws_vpc.two[1]", ("id",))),
        ("aws_vpc.one[*].id", [ONE]),
        ("one(aws_vpc.one[*].id)", ONE),
        ("length(aws_vpc.two)", 2),
        ('aws_vpc.named["b"].id', Ref('aws_vpc.named["b"]', ("id",))),
        ('aws_vpc.named["b"].tags.Name', "b"),
        ("keys(aws_vpc.named)", ["a", "b"]),
        ('{ for k, v in aws_vpc.named : k => v.id }["a"]', Ref('aws_vpc.named["a"]', ("id",))),
        ("values(aws_vpc.named)[*].cidr_block", ["10.1.0.0/16", "10.2.0.0/16"]),
        ("aws_s3_bucket.b.bucket", "acme-logs"),
        ("aws_s3_bucket.b.arn", Ref("aws_s3_bucket.b", ("arn",))),
        ('"${aws_s3_bucket.b.arn}/logs"', Text((Ref("aws_s3_bucket.b", ("arn",)), "/logs"))),
        ("aws_s3_bucket.x.bucket", Text(("logs-", ONE))),
        ('"a/${aws_s3_bucket.x.bucket}/${1}"', Text(("a/logs-", ONE, "/1"))),
        ("aws_s3_bucket.u.bucket", Ref("aws_s3_bucket.u", ("bucket",))),
        ('aws_vpc.one.id == null ? "none" : aws_vpc.one.id', ONE),
        ('aws_vpc.one.id != "" ? aws_vpc.one.id : "none"', ONE),
        ("coalesce(null, aws_vpc.one.id)", ONE),
        ("var.nothing ? aws_vpc.one.id : aws_vpc.one.id", ONE),
        (
            "slice(data.aws_availability_zones.z.names, 0, 2)",
            [Ref("data.aws_availability_zones.z", ("names", number)) for number in (0, 1)],
        ),
        ("length(slice(data.aws_availability_zones.z.names, 0, 3))", 3),
        ("data.aws_availability_zones.z.names[0]", Ref("data.aws_availability_zones.z", ("names", 0))),
    ],
)
def test_what_is_known_after_apply_is_a_reference(evaluate: Make, expression: str, expected: Value) -> None:
    assert value_of(evaluate, expression) == expected


@pytest.mark.parametrize(
    ("expression", "cause"),
    [
        ("var.nothing", "var.nothing (main.tf:2) has no value"),
        ("var.secret", "sensitive variable var.secret (main.tf:3)"),
        ('"x" == var.nothing', "var.nothing"),
        ("var.nothing[*]", "var.nothing"),
        ("[for v in var.nothing : v]", "var.nothing"),
        ("{ (var.nothing) = 1 }", "var.nothing"),
        ("var.nothing + 1", "var.nothing"),
        ("var.nothing ? 1 : 2", "var.nothing"),
        ("try(var.nothing.x, 1)", "var.nothing"),
        ("var.bad_type", "a number is required"),
        ("local.map.c", "there is no attribute c"),
        ("1 / 0", "division by zero"),
        ("local.loop", "refers to itself"),
        ("local.missing", "local.missing is not declared"),
        ("aws_vpc.missing.id", "aws_vpc.missing is not declared"),
        ("module.missing.id", "module.missing is not declared"),
        ("self.id", "self.id is not known here"),
        ("each.key", "each.key is not known here"),
        ("aws_vpc.maybe[0].id", "var.nothing"),
        ("aws_vpc.maybe[*].id", "var.nothing"),
        ('try(aws_vpc.maybe[0].id, "")', "var.nothing"),
        ("length(aws_vpc.maybe) > 0", "var.nothing"),
        ('aws_vpc.any["a"].id', "var.nothing"),
        ("[for v in data.aws_availability_zones.z.names : v]", "data.aws_availability_zones.z.names is known after"),
        ('aws_vpc.one.ipv6_cidr_block == ""', "aws_vpc.one.ipv6_cidr_block is known after apply"),
        ("aws_vpc.one.id == aws_vpc.two[0].id", "aws_vpc.one.id is known after apply"),
    ],
)
def test_what_cannot_be_told_is_unknown_and_says_why(evaluate: Make, expression: str, cause: str) -> None:
    value = value_of(evaluate, expression)
    assert isinstance(value, Unknown)
    assert cause in value.reason


def test_a_choice_between_two_references_remembers_both(evaluate: Make) -> None:
    value = value_of(evaluate, "var.nothing ? aws_vpc.one.id : aws_vpc.two[0].id")
    assert isinstance(value, Unknown)
    assert value.among == ("aws_vpc.one", "aws_vpc.two[0]")


def test_a_choice_between_a_reference_and_text_names_no_candidates(evaluate: Make) -> None:
    value = value_of(evaluate, 'var.nothing ? aws_vpc.one.id : "vpc-1"')
    assert isinstance(value, Unknown)
    assert value.among == ()


def test_an_instance_in_doubt_is_named_as_the_only_candidate(evaluate: Make) -> None:
    value = value_of(evaluate, "aws_vpc.maybe[0].id")
    assert isinstance(value, Unknown)
    assert (value.symbol, value.among) == ("⟦aws_vpc.maybe[0].id⟧", ("aws_vpc.maybe[0]",))


def test_an_instance_in_doubt_that_try_may_replace_is_no_candidate(evaluate: Make) -> None:
    value = value_of(evaluate, 'try(aws_vpc.maybe[0].id, "")')
    assert isinstance(value, Unknown)
    assert (value.symbol, value.among) == (None, ())


def test_the_reason_of_an_argument_names_expression_file_and_line(evaluate: Make) -> None:
    evaluation = evaluate('variable "v" {}\nresource "aws_flow_log" "f" {\n  vpc_id = lookup(var.v, "id")\n}\n')
    value = evaluation.argument("aws_flow_log.f", ("vpc_id",))
    assert isinstance(value, Unknown)
    assert value.reason == 'lookup(var.v, "…") (main.tf:3): var.v (main.tf:1) has no value'


def test_a_secret_is_in_no_reason(evaluate: Make) -> None:
    value = value_of(evaluate, 'tonumber("${var.secret}x")')
    assert isinstance(value, Unknown)
    assert "hunter2" not in value.reason


def test_long_chains_of_locals_are_evaluated(evaluate: Make) -> None:
    links = "\n".join(f"  l{number} = local.l{number + 1}" for number in range(3000))
    evaluation = evaluate(f"locals {{\n{links}\n  l3000 = 42\n}}\n")
    assert evaluation.local(evaluation.root, "l0") == 42


def test_long_cycles_end_as_unknown(evaluate: Make) -> None:
    links = "\n".join(f"  l{number} = local.l{(number + 1) % 500}" for number in range(500))
    evaluation = evaluate(f"locals {{\n{links}\n}}\n")
    value = evaluation.local(evaluation.root, "l0")
    assert isinstance(value, Unknown)
    assert "refers to itself" in value.reason


@pytest.mark.parametrize(
    ("environment", "files", "expected"),
    [
        ({}, {}, "default"),
        ({"TF_VAR_v": "env"}, {}, "env"),
        ({"TF_VAR_v": "env"}, {"terraform.tfvars": 'v = "tfvars"'}, "tfvars"),
        ({}, {"terraform.tfvars": 'v = "tfvars"', "terraform.tfvars.json": '{"v": "json"}'}, "json"),
        ({}, {"terraform.tfvars": 'v = "tfvars"', "a.auto.tfvars": 'v = "auto"'}, "auto"),
        ({}, {"b.auto.tfvars": 'v = "b"', "a.auto.tfvars": 'v = "a"'}, "b"),
    ],
    ids=["default", "environment", "tfvars", "tfvars.json", "auto", "auto in order"],
)
def test_variables_take_the_value_of_the_last_source(
    evaluate: Make, environment: dict[str, str], files: dict[str, str], expected: str
) -> None:
    source = {"main.tf": 'variable "v" { default = "default" }', **files}
    evaluation = evaluate(source, environment=environment)
    assert evaluation.variable(evaluation.root, "v") == expected


def test_environment_variables_are_parsed_by_their_type(evaluate: Make) -> None:
    source = 'variable "on" { type = bool }\nvariable "names" { type = list(string) }\nvariable "text" {}'
    given = {"TF_VAR_on": "true", "TF_VAR_names": '["a", "b"]', "TF_VAR_text": "[1]", "TF_VAR_other": "x"}
    evaluation = evaluate(source, environment=given)
    values = [evaluation.variable(evaluation.root, name) for name in ("on", "names", "text")]
    assert values == [True, ["a", "b"], "[1]"]


def test_a_variable_file_that_cannot_be_read_makes_every_variable_unknown(evaluate: Make) -> None:
    evaluation = evaluate({"main.tf": 'variable "v" { default = 1 }', "terraform.tfvars": "v = = 2"})
    value = evaluation.variable(evaluation.root, "v")
    assert isinstance(value, Unknown)
    assert value.reason == "terraform.tfvars cannot be read"


def test_the_workspace_is_what_is_told(evaluate: Make) -> None:
    evaluation = evaluate("locals {\n  w = terraform.workspace\n}", workspace="prod")
    assert evaluation.local(evaluation.root, "w") == "prod"


def test_files_are_read_inside_the_module_folders_only(evaluate: Make) -> None:
    source = {
        "main.tf": 'locals {\n  a = file("${path.module}/a.json")\n  b = file("/etc/hostname")\n  c = file("c")\n}',
        "a.json": "{}",
    }
    evaluation = evaluate(source)
    read, outside, missing = (evaluation.local(evaluation.root, name) for name in "abc")
    assert read == "{}"
    assert isinstance(outside, Unknown)
    assert "outside the module folders" in outside.reason
    assert isinstance(missing, Unknown)
    assert "no such file" in missing.reason


def test_template_files_are_filled(evaluate: Make) -> None:
    source = {
        "main.tf": 'resource "aws_s3_bucket" "b" {}\nlocals {\n'
        '  t = templatefile("${path.module}/p.json", { arn = aws_s3_bucket.b.arn, names = ["x", "y"] })\n}',
        "p.json": '{"Resource": "${arn}", "Names": "%{ for n in names }${n},%{ endfor }"}',
    }
    evaluation = evaluate(source)
    value = plain(evaluation.local(evaluation.root, "t"))
    assert value == Text(('{"Resource": "', Ref("aws_s3_bucket.b", ("arn",)), '", "Names": "x,y,"}'))


@pytest.mark.parametrize(
    "link",
    [
        "[local.l{0}]",
        "[local.l{0}, local.l{0}]",
        pytest.param('"${{local.l{0}}}${{local.l{0}}}"', marks=pytest.mark.slow),
        "{{ a = local.l{0}, b = local.l{0} }}",
    ],
    ids=["nested", "doubled list", "doubled text", "doubled object"],
)
def test_values_that_grow_with_every_step_end_as_unknown(evaluate: Make, link: str) -> None:
    links = "\n".join(f"  l{number} = {link.format(number - 1)}" for number in range(1, 400))
    evaluation = evaluate(f'locals {{\n  l0 = "x"\n{links}\n}}\n')
    last = evaluation.local(evaluation.root, "l399")
    while isinstance(last, list | dict):
        last = last[0] if isinstance(last, list) else last["a"]
    text = repr(last)
    assert "too large to be worked with" in text


def test_a_deeply_nested_expression_is_unknown_and_no_crash(evaluate: Make) -> None:
    evaluation = evaluate("locals {\n  x = " + "[" * 150 + "1" + "]" * 150 + "\n}")
    value = evaluation.local(evaluation.root, "x")
    while isinstance(value, list):
        (value,) = value
    assert isinstance(value, Unknown)
    assert "nested too deeply" in value.reason


def test_sensitive_outputs_are_unknown(evaluate: Make) -> None:
    evaluation = evaluate(
        {
            "main.tf": 'module "m" { source = "./m" }\nlocals {\n  x = module.m.key\n}',
            "m/main.tf": 'output "key" {\n  value = "hunter2"\n  sensitive = true\n}',
        }
    )
    value = evaluation.local(evaluation.root, "x")
    assert isinstance(value, Unknown)
    assert "hunter2" not in repr(value)


def test_the_reason_of_a_long_chain_names_both_ends(evaluate: Make) -> None:
    source = (
        'variable "v" {}\nresource "aws_vpc" "a" {\n  count = var.v\n}\n'
        'resource "aws_vpc" "b" {\n  count = length(aws_vpc.a)\n}\n'
        'resource "aws_flow_log" "f" {\n  vpc_id = aws_vpc.b[0].id\n}\n'
    )
    value = evaluate(source).argument("aws_flow_log.f", ["vpc_id"])
    assert isinstance(value, Unknown)
    assert value.reason == "aws_vpc.b[0].id (main.tf:9): var.v (main.tf:3): var.v (main.tf:1) has no value"
