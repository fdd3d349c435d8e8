"""The most used public VPC module, which is not part of this project: judged from plans and from its source.

Name a clone of terraform-aws-modules/terraform-aws-vpc in FLOWCHECK_VPC_MODULE; its tags are laid out from there. The
provider at hand plans version 5; version 6 wants a later provider and is read as source.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.case import SHARED
from tests.e2e.planning import Planned, Planner
from tests.e2e.running import NOW, Run, check

CLONE: Final = os.environ.get("FLOWCHECK_VPC_MODULE", "")

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.skipif(not CLONE, reason="FLOWCHECK_VPC_MODULE names no clone of the public VPC module"),
]

VPC: Final = "module.vpc.aws_vpc.this[0]"
LOG: Final = "module.vpc.aws_flow_log.this[0]"
ON: Final = """
  enable_flow_log                      = true
  create_flow_log_cloudwatch_log_group = true
  create_flow_log_cloudwatch_iam_role  = true
"""
SECONDARY: Final = """
  secondary_cidr_blocks = ["100.64.0.0/16"]
"""
ARGUMENTS: Final = {
    "on": ON + "  flow_log_max_aggregation_interval = 60\n",
    "on, every ten minutes": ON,
    "on, accepted traffic alone": ON + '  flow_log_traffic_type = "ACCEPT"\n',
    "off": "",
    "on, secondary CIDR": ON + SECONDARY,
    "off, secondary CIDR": SECONDARY,
}
FAILS: Final = {
    "on": {},
    "on, every ten minutes": {"FL003": LOG},
    "on, accepted traffic alone": {"FL002": VPC, "FL003": LOG},
    "off": {"FL001": VPC},
    "on, secondary CIDR": {"FL003": LOG},
    "off, secondary CIDR": {"FL001": VPC},
}
"""What must fail of who is logged, how, and how often; nothing else may."""
ABOUT: Final = "FL001,FL002,FL003"


def laid_out(version: str, form: str, folder: Path) -> Path:
    """Write a root module that calls one version of the module."""
    folder.mkdir()
    archive = subprocess.run(["git", "-C", CLONE, "archive", version], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder / "vpc", filter="data")
    (folder / "providers.tf").write_text((SHARED / "providers.tf").read_text())
    (folder / "main.tf").write_text(
        f"""
module "vpc" {{
  source          = "./vpc"
  name            = "main"
  cidr            = "10.0.0.0/16"
  azs             = ["eu-west-1a", "eu-west-1b"]
  private_subnets = ["10.0.0.0/20", "10.0.16.0/20"]
  public_subnets  = ["10.0.48.0/24", "10.0.49.0/24"]
{ARGUMENTS[form]}}}
"""
    )
    return folder


def failed(run: Run) -> dict[str, str]:
    assert not [each for each in run.findings if each["status"] == "unknown"], run.text
    return {each["rule_id"]: each["resource"]["address"] for each in run.findings if each["status"] == "fail"}


def judged(cache: Path, *words: str) -> Run:
    return check([*words, "--only", ABOUT, "--format", "json", "--now", NOW, "--cache", str(cache)])


@pytest.mark.parametrize("form", ARGUMENTS)
@pytest.mark.parametrize("version", ["v5.21.0", "v6.6.0"])
def test_the_source_alone_tells(version: str, form: str, tmp_path: Path) -> None:
    folder = laid_out(version, form, tmp_path / "source")
    assert failed(judged(tmp_path / "cache", "hcl", str(folder))) == FAILS[form]


@pytest.mark.parametrize("form", ARGUMENTS)
def test_the_plan_tells(form: str, planner: Planner, tmp_path: Path) -> None:
    folder = laid_out("v5.21.0", form, tmp_path / "source")
    server, terraform = planner.endpoint(), planner.terraform
    terraform.prepare(folder)
    terraform.run(folder, server.environment, "plan", "-no-color", "-lock=false", "-out=tf.plan")
    made = Planned(tmp_path / "plan.json", folder)
    made.plan.write_text(terraform.run(folder, server.environment, "show", "-json", "tf.plan"))
    assert failed(judged(tmp_path / "cache", "plan", str(made.plan), "--no-source")) == FAILS[form]
    assert failed(judged(tmp_path / "cache", "plan", str(made.plan), "--source", str(folder))) == FAILS[form]
