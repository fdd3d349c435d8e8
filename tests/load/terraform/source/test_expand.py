"""Instances made of source: which exist, and what their arguments are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checker.load.terraform.instance import Instance, Ref, Text, Value
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.expand import expand
from checker.load.terraform.source.modules import Module, Reading, load_tree
from checker.model.known import Unknown
from tests.load.terraform.source.conftest import Source

Make = Callable[..., Evaluation]


def instances(evaluation: Evaluation) -> dict[str, Instance]:
    return {instance.address: instance for instance in expand(evaluation).instances}


def logged(evaluation: Evaluation) -> dict[str, Value]:
    """Return the target of every flow log."""
    return {
        address: next((item.values[name] for name in ("vpc_id", "subnet_id") if name in item.values), None)
        for address, item in instances(evaluation).items()
        if item.type == "aws_flow_log"
    }


def vpc(address: str) -> Ref:
    return Ref(address, ("id",))


VPC = 'resource "aws_vpc" "a" { cidr_block = "10.0.0.0/16" }\n'
LOGS_MODULE = """
variable "vpc_id" {}
resource "aws_flow_log" "this" { vpc_id = var.vpc_id }
"""
NET_MODULE = """
variable "enable" { default = true }
resource "aws_vpc" "this" { cidr_block = "10.0.0.0/16" }
resource "aws_flow_log" "this" {
  count  = var.enable ? 1 : 0
  vpc_id = aws_vpc.this.id
}
output "vpc_id" { value = aws_vpc.this.id }
"""
PUBLIC_MODULE = """
variable "create_vpc" { default = true }
variable "enable_flow_log" { default = false }
variable "secondary_cidr_blocks" {
  type    = list(string)
  default = []
}
locals {
  create_vpc      = var.create_vpc
  vpc_id          = try(aws_vpc_ipv4_cidr_block_association.this[0].vpc_id, aws_vpc.this[0].id, "")
  enable_flow_log = var.create_vpc && var.enable_flow_log
}
resource "aws_vpc" "this" {
  count      = local.create_vpc ? 1 : 0
  cidr_block = "10.0.0.0/16"
}
resource "aws_vpc_ipv4_cidr_block_association" "this" {
  count      = local.create_vpc && length(var.secondary_cidr_blocks) > 0 ? length(var.secondary_cidr_blocks) : 0
  vpc_id     = aws_vpc.this[0].id
  cidr_block = element(var.secondary_cidr_blocks, count.index)
}
resource "aws_flow_log" "this" {
  count  = local.enable_flow_log ? 1 : 0
  vpc_id = local.vpc_id
}
"""

CASES: dict[str, tuple[Source, dict[str, Value]]] = {
    "01 direct reference": (
        VPC + 'resource "aws_flow_log" "f" { vpc_id = aws_vpc.a.id }',
        {"aws_flow_log.f": vpc("aws_vpc.a")},
    ),
    "02 no flow log": (VPC, {}),
    "03 a log of accepted traffic only": (
        VPC + 'resource "aws_flow_log" "f" {\n  vpc_id = aws_vpc.a.id\n  traffic_type = "ACCEPT"\n}',
        {"aws_flow_log.f": vpc("aws_vpc.a")},
    ),
    "04 a log on every subnet": (
        VPC
        + 'resource "aws_subnet" "s" {\n  count  = 2\n  vpc_id = aws_vpc.a.id\n}\n'
        + 'resource "aws_flow_log" "f" {\n  count     = 2\n  subnet_id = aws_subnet.s[count.index].id\n}',
        {f"aws_flow_log.f[{n}]": Ref(f"aws_subnet.s[{n}]", ("id",)) for n in (0, 1)},
    ),
    "05 for_each over a map of references": (
        VPC
        + 'resource "aws_vpc" "b" { cidr_block = "10.1.0.0/16" }\n'
        + 'resource "aws_flow_log" "f" {\n  for_each = { a = aws_vpc.a.id, b = aws_vpc.b.id }\n'
        + "  vpc_id   = each.value\n}",
        {f'aws_flow_log.f["{key}"]': vpc(f"aws_vpc.{key}") for key in "ab"},
    ),
    "06 count = 0": (VPC + 'resource "aws_flow_log" "f" {\n  count  = 0\n  vpc_id = aws_vpc.a.id\n}', {}),
    "07 three VPCs by count, log on the first": (
        'resource "aws_vpc" "v" {\n  count = 3\n}\nresource "aws_flow_log" "f" { vpc_id = aws_vpc.v[0].id }',
        {"aws_flow_log.f": vpc("aws_vpc.v[0]")},
    ),
    "08 local with try": (
        {
            "main.tf": 'module "x" {\n  source = "./public"\n  enable_flow_log = true\n}',
            "public/main.tf": PUBLIC_MODULE,
        },
        {"module.x.aws_flow_log.this[0]": vpc("module.x.aws_vpc.this[0]")},
    ),
    "08b local with try over a secondary CIDR": (
        {
            "main.tf": 'module "x" {\n  source = "./public"\n  enable_flow_log = true\n'
            '  secondary_cidr_blocks = ["100.64.0.0/16", "100.65.0.0/16"]\n}',
            "public/main.tf": PUBLIC_MODULE,
        },
        {"module.x.aws_flow_log.this[0]": vpc("module.x.aws_vpc.this[0]")},
    ),
    "09 log at root, VPC in a module": (
        {
            "main.tf": 'module "net" {\n  source = "./net"\n  enable = false\n}\n'
            'resource "aws_flow_log" "f" { vpc_id = module.net.vpc_id }',
            "net/main.tf": NET_MODULE,
        },
        {"aws_flow_log.f": vpc("module.net.aws_vpc.this")},
    ),
    "10 VPC in one module, log in another": (
        {
            "main.tf": 'module "net" {\n  source = "./net"\n  enable = false\n}\n'
            'module "fl" {\n  source = "./fl"\n  vpc_id = module.net.vpc_id\n}',
            "net/main.tf": NET_MODULE,
            "fl/main.tf": LOGS_MODULE,
        },
        {"module.fl.aws_flow_log.this": vpc("module.net.aws_vpc.this")},
    ),
    "11 one module switched on and off": (
        {
            "main.tf": 'module "on" {\n  source = "./net"\n}\nmodule "off" {\n  source = "./net"\n  enable = false\n}',
            "net/main.tf": NET_MODULE,
        },
        {"module.on.aws_flow_log.this[0]": vpc("module.on.aws_vpc.this")},
    ),
    "12 default VPC": ('resource "aws_default_vpc" "d" {}', {}),
    "13 data source": (
        'data "aws_vpc" "d" { default = true }\nresource "aws_flow_log" "f" { vpc_id = data.aws_vpc.d.id }',
        {"aws_flow_log.f": vpc("data.aws_vpc.d")},
    ),
    "14 for_each over VPCs with for_each": (
        'resource "aws_vpc" "v" {\n  for_each = toset(["a", "b"])\n}\n'
        'resource "aws_flow_log" "f" {\n  for_each = aws_vpc.v\n  vpc_id   = each.value.id\n}',
        {f'aws_flow_log.f["{key}"]': vpc(f'aws_vpc.v["{key}"]') for key in "ab"},
    ),
    "15 module for_each": (
        {
            "main.tf": 'module "net" {\n  source = "./net"\n  for_each = { a = true, b = false }\n'
            "  enable = each.value\n}",
            "net/main.tf": NET_MODULE,
        },
        {'module.net["a"].aws_flow_log.this[0]': vpc('module.net["a"].aws_vpc.this')},
    ),
    "15b logs over module instances": (
        {
            "main.tf": 'module "net" {\n  source = "./net"\n  for_each = toset(["a", "b"])\n  enable = false\n}\n'
            'resource "aws_flow_log" "f" {\n  for_each = { for k, m in module.net : k => m.vpc_id }\n'
            "  vpc_id = each.value\n}",
            "net/main.tf": NET_MODULE,
        },
        {f'aws_flow_log.f["{key}"]': vpc(f'module.net["{key}"].aws_vpc.this') for key in "ab"},
    ),
    "16 one module called with and without logs": (
        {
            "main.tf": 'module "a" {\n  source = "./net"\n  enable = true\n}\n'
            'module "b" {\n  source = "./net"\n  enable = false\n}',
            "net/main.tf": NET_MODULE,
        },
        {"module.a.aws_flow_log.this[0]": vpc("module.a.aws_vpc.this")},
    ),
    "20 module with flow logs off": (
        {"main.tf": 'module "x" {\n  source = "./public"\n}', "public/main.tf": PUBLIC_MODULE},
        {},
    ),
    "22 modules counted": (
        {
            "main.tf": 'module "net" {\n  source = "./net"\n  count = 2\n  enable = false\n}\n'
            'resource "aws_flow_log" "f" {\n  count  = length(module.net)\n'
            "  vpc_id = element(module.net[*].vpc_id, count.index)\n}",
            "net/main.tf": NET_MODULE,
        },
        {f"aws_flow_log.f[{n}]": vpc(f"module.net[{n}].aws_vpc.this") for n in (0, 1)},
    ),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_each_flow_log_points_at_its_vpc(evaluate: Make, source: Source, expected: dict[str, Value]) -> None:
    assert logged(evaluate(source)) == expected


def test_23_an_unknown_count_gives_one_instance_that_may_not_exist(evaluate: Make) -> None:
    source = VPC + 'variable "n" {}\nresource "aws_flow_log" "f" {\n  count  = var.n\n  vpc_id = aws_vpc.a.id\n}'
    found = instances(evaluate(source))["aws_flow_log.f"]
    assert found.index is None
    assert isinstance(found.exists, Unknown)
    assert found.exists.reason == "var.n (main.tf:4): var.n (main.tf:2) has no value"


def test_23_a_switch_without_value_leaves_only_existence_open(evaluate: Make) -> None:
    source = VPC + (
        'variable "enable" {}\nresource "aws_flow_log" "f" {\n  count  = var.enable ? 1 : 0\n  vpc_id = aws_vpc.a.id\n}'
    )
    found = instances(evaluate(source))["aws_flow_log.f[0]"]
    assert isinstance(found.exists, Unknown)
    assert found.exists.reason == "var.enable ? 1 : 0 (main.tf:4): var.enable (main.tf:2) has no value"
    assert found.values["vpc_id"] == vpc("aws_vpc.a")


def test_keys_common_to_both_branches_of_an_unknown_for_each_exist(evaluate: Make) -> None:
    source = (
        'variable "more" {}\nresource "aws_vpc" "v" {\n'
        '  for_each = var.more ? toset(["a", "b"]) : toset(["a"])\n}\n'
        'resource "aws_flow_log" "f" {\n  for_each = aws_vpc.v\n  vpc_id = each.value.id\n}'
    )
    found = instances(evaluate(source))
    assert found['aws_vpc.v["a"]'].exists is True
    assert isinstance(found['aws_vpc.v["b"]'].exists, Unknown)
    assert found['aws_flow_log.f["a"]'].values["vpc_id"] == vpc('aws_vpc.v["a"]')
    assert isinstance(found['aws_flow_log.f["b"]'].exists, Unknown)


def test_an_unknown_for_each_leaves_key_and_value_unknown(evaluate: Make) -> None:
    source = 'variable "v" {}\nresource "aws_vpc" "v" {\n  for_each = var.v\n  cidr_block = each.value\n}'
    found = instances(evaluate(source))["aws_vpc.v"]
    assert isinstance(found.exists, Unknown)
    assert isinstance(found.values["cidr_block"], Unknown)


def test_a_module_in_doubt_puts_everything_in_it_in_doubt(evaluate: Make) -> None:
    source = {
        "main.tf": 'variable "on" {}\nmodule "net" {\n  source = "./net"\n  count  = var.on ? 1 : 0\n}',
        "net/main.tf": NET_MODULE,
    }
    found = instances(evaluate(source))
    assert isinstance(found["module.net[0].aws_vpc.this"].exists, Unknown)
    assert isinstance(found["module.net[0].aws_flow_log.this[0]"].exists, Unknown)
    assert found["module.net[0].aws_flow_log.this[0]"].values["vpc_id"] == vpc("module.net[0].aws_vpc.this")


def test_blocks_and_attributes_as_blocks_have_one_shape(evaluate: Make) -> None:
    source = """
resource "aws_security_group" "blocks" {
  ingress {
    from_port = 22
  }
  ingress {
    from_port = 80
  }
}
resource "aws_security_group" "attribute" { ingress = [{ from_port = 22 }, { from_port = 80 }] }
resource "aws_security_group" "dynamic" {
  dynamic "ingress" {
    for_each = toset([22, 80])
    iterator = port
    content { from_port = port.value }
  }
}
resource "aws_security_group" "none" {
  dynamic "ingress" {
    for_each = []
    content { from_port = ingress.value }
  }
}
"""
    found = instances(evaluate(source))
    rules = [{"from_port": 22}, {"from_port": 80}]
    assert [found[f"aws_security_group.{name}"].values["ingress"] for name in ("blocks", "attribute")] == [rules] * 2
    dynamic = found["aws_security_group.dynamic"].values["ingress"]
    assert isinstance(dynamic, list)
    assert [str(item["from_port"]) for item in dynamic if isinstance(item, dict)] == ["22", "80"]
    assert "ingress" not in found["aws_security_group.none"].values
    assert found["aws_security_group.none"].configured == frozenset()


def test_nested_dynamic_blocks_see_the_outer_iterator(evaluate: Make) -> None:
    source = """
resource "aws_s3_bucket_lifecycle_configuration" "l" {
  dynamic "rule" {
    for_each = { logs = [30, 60] }
    content {
      id = rule.key
      dynamic "transition" {
        for_each = rule.value
        content { days = transition.value + length(rule.value) }
      }
    }
  }
}
"""
    found = instances(evaluate(source))["aws_s3_bucket_lifecycle_configuration.l"]
    assert found.values["rule"] == [{"id": "logs", "transition": [{"days": 32}, {"days": 62}]}]


def test_a_dynamic_block_over_an_unknown_makes_all_its_blocks_unknown(evaluate: Make) -> None:
    source = """
variable "ports" {}
resource "aws_security_group" "g" {
  ingress { from_port = 22 }
  dynamic "ingress" {
    for_each = var.ports
    content { from_port = ingress.value }
  }
}
"""
    found = instances(evaluate(source))["aws_security_group.g"]
    value = found.values["ingress"]
    assert isinstance(value, Unknown)
    assert "var.ports (main.tf:6)" in value.reason
    assert found.configured == frozenset({"ingress"})


def test_json_syntax_has_the_same_shape(evaluate: Make) -> None:
    source = {
        "main.tf.json": """{"resource": {"aws_flow_log": {"f": {
            "vpc_id": "${aws_vpc.a.id}",
            "destination_options": {"file_format": "parquet"},
            "tags": {"Name": "logs"}}},
            "aws_vpc": {"a": {"cidr_block": "10.0.0.0/16"}}}}"""
    }
    found = instances(evaluate(source))["aws_flow_log.f"]
    assert found.values["vpc_id"] == vpc("aws_vpc.a")
    assert found.values["destination_options"] == [{"file_format": "parquet"}]
    assert found.values["tags"] == {"Name": "logs"}


def test_meta_arguments_are_no_values(evaluate: Make) -> None:
    source = (
        'resource "aws_vpc" "v" {\n  count = 1\n  cidr_block = "10.0.0.0/16"\n  provider = aws.x\n'
        "  depends_on = [aws_vpc.w]\n  lifecycle {\n    prevent_destroy = true\n  }\n}"
    )
    found = instances(evaluate(source))["aws_vpc.v[0]"]
    assert found.values == {"cidr_block": "10.0.0.0/16"}
    assert found.configured == frozenset({"cidr_block"})


def test_an_argument_that_is_null_is_as_good_as_not_written(evaluate: Make) -> None:
    source = (
        'resource "aws_iam_role" "r" {\n  name = null\n  name_prefix = "logs-"\n}\n'
        'resource "aws_iam_role_policy_attachment" "a" { role = aws_iam_role.r.name }'
    )
    found = instances(evaluate(source))
    assert found["aws_iam_role.r"].values == {"name_prefix": "logs-"}
    assert found["aws_iam_role.r"].configured == frozenset({"name_prefix"})
    assert found["aws_iam_role_policy_attachment.a"].values["role"] == Ref("aws_iam_role.r", ("name",))


def test_the_origin_names_file_and_lines(evaluate: Make) -> None:
    source = '\nresource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n  timeouts {\n  }\n}\ndata "aws_vpc" "d" {}\n'
    found = instances(evaluate(source, label="net"))
    origin = found["aws_vpc.v"].origin
    assert (origin.source, origin.root, origin.address) == ("hcl", "net", "aws_vpc.v")
    assert (origin.path, origin.line, origin.end_line) == ("main.tf", 2, 6)
    assert origin.attribute_lines["cidr_block"] == 3
    assert [found[address].origin.managed for address in ("aws_vpc.v", "data.aws_vpc.d")] == [True, False]


def test_wanted_types_limit_what_is_returned(evaluate: Make) -> None:
    source = 'resource "aws_vpc" "v" {}\ndata "aws_vpc" "v" {}\nresource "aws_eip" "e" {}'
    found = expand(evaluate(source), frozenset({"data.aws_vpc", "aws_eip"})).instances
    assert [instance.address for instance in found] == ["aws_eip.e", "data.aws_vpc.v"]


def test_of_types_that_nobody_wants_only_the_instances_are_known(
    tmp_path: Path, tree: Callable[[Source], Module]
) -> None:
    source = (
        'resource "aws_lambda_function" "f" {\n  count = 2\n  function_name = "f"\n}\n'
        'resource "aws_vpc" "v" {\n  count = length(aws_lambda_function.f)\n'
        "  tags = { Name = aws_lambda_function.f[count.index].function_name }\n}"
    )
    tree(source)
    wanted = frozenset({"aws_vpc"})
    module = load_tree(tmp_path, Reading(wanted=wanted, cache=None, jobs=1, display_root=tmp_path))
    found = expand(Evaluation(module), wanted).instances
    assert [(item.address, item.values["tags"]) for item in found] == [
        (f"aws_vpc.v[{n}]", {"Name": Ref(f"aws_lambda_function.f[{n}]", ("function_name",))}) for n in (0, 1)
    ]


PROVIDERS = """
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
  default_tags {
    tags = { Owner = "net", Env = "dev" }
  }
}
provider "aws" {
  alias  = "gov"
  region = "us-gov-west-1"
  assume_role {
    role_arn = "arn:aws-us-gov:iam::444455556666:role/x"
  }
}
provider "aws" {
  alias  = "open"
  region = var.region
}
variable "region" {}
"""
REGION_MODULE = """
data "aws_region" "r" {}
data "aws_caller_identity" "c" {}
data "aws_partition" "p" {}
resource "aws_vpc" "v" {
  tags = { Env = "prod", Where = data.aws_region.r.name, Who = data.aws_caller_identity.c.account_id }
}
resource "aws_s3_bucket" "b" { bucket = "arn:${data.aws_partition.p.partition}:x" }
"""


@pytest.mark.parametrize(
    ("call", "address", "region", "account"),
    [
        ("", "aws_vpc.v", "eu-west-1", "111122223333"),
        ('module "m" {\n  source = "./m"\n}', "module.m.aws_vpc.v", "eu-west-1", "111122223333"),
        (
            'module "m" {\n  source = "./m"\n  providers = { aws = aws.gov }\n}',
            "module.m.aws_vpc.v",
            "us-gov-west-1",
            "444455556666",
        ),
    ],
    ids=["root", "inherited", "passed"],
)
def test_region_and_account_come_from_the_provider_configuration(
    evaluate: Make, call: str, address: str, region: str, account: str
) -> None:
    root = PROVIDERS + (call or REGION_MODULE)
    found = instances(evaluate({"main.tf": root, "m/main.tf": REGION_MODULE}))[address]
    assert (found.provider_region, found.provider_account) == (region, account)
    tags = found.values["tags"]
    assert isinstance(tags, dict)
    assert (tags["Where"], tags["Who"]) == (region, account)


def test_the_partition_follows_from_the_region(evaluate: Make) -> None:
    root = PROVIDERS + 'module "m" {\n  source = "./m"\n  providers = {\n    aws = aws.gov\n  }\n}'
    found = instances(evaluate({"main.tf": root, "m/main.tf": REGION_MODULE}))
    assert found["module.m.aws_s3_bucket.b"].values["bucket"] == "arn:aws-us-gov:x"


@pytest.mark.parametrize(
    ("call", "child", "region"),
    [
        ("providers = { aws.peer = aws.gov }", 'resource "aws_vpc" "v" { provider = aws.peer }', "us-gov-west-1"),
        ("", 'provider "aws" { region = "ap-south-1" }\nresource "aws_vpc" "v" {}', "ap-south-1"),
        ("providers = { aws = aws.gov }", 'provider "aws" {}\nresource "aws_vpc" "v" {}', "us-gov-west-1"),
        ("", 'resource "aws_vpc" "v" { provider = "aws" }', "eu-west-1"),
    ],
    ids=["passed alias", "own configuration", "empty proxy", "quoted name"],
)
def test_modules_find_the_provider_that_is_meant(evaluate: Make, call: str, child: str, region: str) -> None:
    root = f'{PROVIDERS}\nmodule "m" {{\n  source = "./m"\n  {call}\n}}'
    found = instances(evaluate({"main.tf": root, "m/main.tf": child}))["module.m.aws_vpc.v"]
    assert found.provider_region == region


@pytest.mark.parametrize(
    ("call", "child"),
    [
        ("providers = { aws.peer = aws.gov }", 'resource "aws_vpc" "v" {}'),
        ("", 'resource "aws_vpc" "v" { provider = aws.gov }'),
    ],
    ids=["not among those passed", "aliases are not inherited"],
)
def test_a_provider_that_no_configuration_reaches_tells_nothing(evaluate: Make, call: str, child: str) -> None:
    root = f'{PROVIDERS}\nmodule "m" {{\n  source = "./m"\n  {call}\n}}'
    found = instances(evaluate({"main.tf": root, "m/main.tf": child}))["module.m.aws_vpc.v"]
    assert isinstance(found.provider_region, Unknown)


def test_default_tags_that_are_not_known_leave_all_tags_unknown(evaluate: Make) -> None:
    source = 'variable "t" {}\nprovider "aws" {\n  default_tags {\n    tags = var.t\n  }\n}\nresource "aws_vpc" "v" {}'
    found = instances(evaluate(source))["aws_vpc.v"]
    assert isinstance(found.values["tags_all"], Unknown)


def test_default_tags_lie_under_the_tags_of_the_resource(evaluate: Make) -> None:
    found = instances(evaluate(PROVIDERS + 'resource "aws_vpc" "v" { tags = { Env = "prod" } }'))["aws_vpc.v"]
    assert found.values["tags"] == {"Env": "prod"}
    assert found.values["tags_all"] == {"Owner": "net", "Env": "prod"}


def test_providers_that_say_nothing_give_equal_symbols_to_their_instances(evaluate: Make) -> None:
    source = (
        PROVIDERS + 'resource "aws_vpc" "v" { provider = aws.open }\nresource "aws_vpc" "w" { provider = aws.open }'
    )
    found = instances(evaluate(source))
    first, second = found["aws_vpc.v"].provider_region, found["aws_vpc.w"].provider_region
    assert isinstance(first, Unknown)
    assert isinstance(second, Unknown)
    assert "var.region" in first.reason
    assert first.symbol == second.symbol == "⟦provider.aws.open.region⟧"


def test_what_the_provider_does_not_tell_stays_a_reference(evaluate: Make) -> None:
    source = 'data "aws_caller_identity" "c" {}\nresource "aws_s3_bucket" "b" {\n'
    source += '  bucket = "logs-${data.aws_caller_identity.c.account_id}"\n}'
    found = instances(evaluate(source))["aws_s3_bucket.b"]
    assert found.values["bucket"] == Text(("logs-", Ref("data.aws_caller_identity.c", ("account_id",))))


def test_a_policy_document_is_a_reference_and_keeps_its_statements(evaluate: Make) -> None:
    source = """
data "aws_iam_policy_document" "p" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.b.arn}/*"]
    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }
  }
}
resource "aws_s3_bucket" "b" {}
resource "aws_s3_bucket_policy" "p" {
  bucket = aws_s3_bucket.b.id
  policy = data.aws_iam_policy_document.p.json
}
"""
    found = instances(evaluate(source))
    assert found["aws_s3_bucket_policy.p"].values["policy"] == Ref("data.aws_iam_policy_document.p", ("json",))
    assert found["data.aws_iam_policy_document.p"].values["statement"] == [
        {
            "actions": ["s3:PutObject"],
            "resources": [Text((Ref("aws_s3_bucket.b", ("arn",)), "/*"))],
            "principals": [{"type": "Service", "identifiers": ["delivery.logs.amazonaws.com"]}],
        }
    ]


def test_an_unreadable_file_leaves_the_rest_and_a_gap(evaluate: Make) -> None:
    evaluation = evaluate({"main.tf": VPC, "bad.tf": 'resource "aws_flow_log" "f" {\n  vpc_id = = 1\n}\n'})
    outcome = expand(evaluation)
    assert [instance.address for instance in outcome.instances] == ["aws_vpc.a"]
    assert [gap.what.partition(":")[0] for gap in outcome.gaps] == ["bad.tf"]
    assert len(outcome.unread) == 1
    assert outcome.unread[0].types in ((), ("aws_flow_log",))


def test_an_instance_that_surely_exists_is_referred_to_beside_one_in_doubt(evaluate: Make) -> None:
    source = (
        'variable "more" {}\nresource "aws_vpc" "v" {\n  count = var.more ? 2 : 1\n}\n'
        'resource "aws_flow_log" "f" { vpc_id = aws_vpc.v[0].id }\n'
        'resource "aws_flow_log" "g" { vpc_id = aws_vpc.v[1].id }'
    )
    found = logged(evaluate(source))
    assert found["aws_flow_log.f"] == vpc("aws_vpc.v[0]")
    second = found["aws_flow_log.g"]
    assert isinstance(second, Unknown)
    assert second.among == ("aws_vpc.v[1]",)
