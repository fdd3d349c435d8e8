"""What the modules write for three record formats: filter patterns, columns, queries. One plan for all of it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.e2e.terraform import Terraform
from tests.support.moto_server import Server
from tests.terraform.example import lay_out
from tests.terraform.planning import plan

DEFAULT: Final = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
ODD: Final = (
    "action vpc-id flow-direction bytes end dstport start interface-id protocol log-status srcport packets dstaddr "
    "account-id srcaddr subnet-id version"
)
"""Every field that is asked for stands elsewhere than in the default format."""

_ROOT: Final = """
variable "formats" {
  type = map(list(string))
}

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-1"
}

module "logs" {
  source          = "../modules/flow-logs"
  name            = "logs"
  destination_arn = "arn:aws:s3:::acme-flow-logs"
}

locals {
  formats = merge(var.formats, { analysis = module.logs.log_fields })
}

module "alerts" {
  for_each       = local.formats
  source         = "../modules/alerts"
  name           = each.key
  log_group_name = "/vpc/${each.key}"
  log_fields     = each.value
  ports          = { ssh = 22, rdp = 3389, web = 8443 }
}

module "query" {
  for_each                   = local.formats
  source                     = "../modules/query"
  name                       = each.key
  bucket_name                = "acme-flow-logs"
  results_bucket_name        = "results-${each.key}"
  log_fields                 = each.value
  login_ports                = [22, 3389]
  days                       = 3
  file_format                = each.key == "default" ? "plain-text" : "parquet"
  hive_compatible_partitions = each.key != "default"
}

output "formats" {
  value = local.formats
}

output "patterns" {
  value = { for key, made in module.alerts : key => merge(made.patterns, { any = made.rejected_pattern }) }
}

output "queries" {
  value = { for key, made in module.query : key => merge(made.queries, { daily = made.view_sql }) }
}
"""


@dataclass(frozen=True, slots=True)
class Generated:
    """What was planned, by the name of the format: ``default``, ``odd`` and ``analysis``."""

    formats: Mapping[str, list[str]]
    patterns: Mapping[str, Mapping[str, str]]
    """By name of the port; ``any`` for every rejected record."""
    queries: Mapping[str, Mapping[str, str]]
    """By name; ``daily`` is the view."""
    tables: Mapping[str, Mapping[str, Any]]
    """The Glue table ``records``."""
    views: Mapping[str, Mapping[str, Any]]
    """What Athena reads of the view."""
    insights: Mapping[str, Mapping[str, Any]]
    """Definitions of Contributor Insights rules, by format and ``talkers`` or ``rejected``."""


def generate(folder: Path, terraform: Terraform, server: Server) -> dict[str, Any]:
    """Plan the modules for every format, and return the plan as JSON values."""
    work = lay_out(folder) / "root"
    work.mkdir()
    (work / "main.tf").write_text(_ROOT, encoding="utf-8")
    formats = {"default": DEFAULT.split(), "odd": ODD.split()}
    (work / "formats.auto.tfvars.json").write_text(json.dumps({"formats": formats}), encoding="utf-8")
    terraform.prepare(work)
    plan(terraform, work, server)
    return terraform.show(work, server.environment, "tf.plan")


def read(shown: Mapping[str, Any]) -> Generated:
    """Read a plan."""
    outputs = {name: each["value"] for name, each in shown["planned_values"]["outputs"].items()}
    tables: dict[str, Any] = {}
    views: dict[str, Any] = {}
    insights: dict[str, Any] = {}
    for module in shown["planned_values"]["root_module"]["child_modules"]:
        key = re.sub(r'.*\["(.+)"\]', r"\1", module["address"])
        for resource in module.get("resources", ()):
            values = resource.get("values", {})
            if resource["type"] == "aws_glue_catalog_table" and resource["name"] == "records":
                tables[key] = values
            elif resource["type"] == "aws_glue_catalog_table":
                text = re.fullmatch(r"/\* Presto View: (.+) \*/", values["view_original_text"])
                views[key] = json.loads(base64.b64decode(text[1] if text else ""))
            elif resource["type"] == "aws_cloudwatch_contributor_insight_rule":
                definition = json.loads(values["rule_definition"])
                insights.setdefault(key, {})[resource["name"]] = definition
    return Generated(outputs["formats"], outputs["patterns"], outputs["queries"], tables, views, insights)
