"""A plan laid over the account, for real: Terraform plans against a moto that holds more than its state knows.

What the plan alone must leave open (a VPC behind a data source or a literal id, a log that another state keeps, a
destination that it only names) the account settles, read directly or from a snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.case import SHARED
from tests.e2e.live import pieces
from tests.e2e.live.auditing import Audit, ask
from tests.e2e.live.world import World
from tests.e2e.planning import apply
from tests.e2e.terraform import Terraform
from tests.support import faults
from tests.support.fault_proxy import Proxy

pytestmark = [pytest.mark.terraform, pytest.mark.slow]

BEFORE = """
resource "aws_vpc" "mine" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_vpc" "twice" {
  cidr_block = "10.2.0.0/16"
}
"""
LOGS = """
resource "aws_flow_log" "{name}" {{
  vpc_id                   = {vpc}
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination          = "{group}"
  iam_role_arn             = "{role}"
  log_format               = local.fields
}}
"""
AFTER = """
variable "ids" {
  type = map(string)
}

data "aws_vpc" "logged" {
  id = var.ids["logged"]
}

data "aws_vpc" "dark" {
  id = var.ids["dark"]
}

resource "aws_subnet" "more" {
  vpc_id     = data.aws_vpc.logged.id
  cidr_block = "10.0.200.0/24"
}

resource "aws_flow_log" "to_bucket" {
  vpc_id                   = var.ids["literal"]
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::central-logs"
  log_format               = local.fields
}

resource "aws_flow_log" "to_nowhere" {
  vpc_id                   = var.ids["nowhere"]
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::nobodys-logs"
  log_format               = local.fields
}
"""


@dataclass(frozen=True, slots=True)
class Changed:
    """An account in which something stands, and a plan for it."""

    world: World
    plan: Path

    def judged(self, *words: str) -> Audit:
        """Judge the plan, with all that it lays over the account in the scope."""
        given = [str(self.plan), "--no-source", "--scope", "all", *words]
        return ask(self.world.proxy.server, self.world.names, "plan", *given)

    def live(self, *words: str) -> Audit:
        """Judge the plan over the account itself."""
        return self.judged("--live", "account", "--region", "us-east-1", *words)


def says(run: Audit, rule: str) -> Mapping[str, tuple[str, str | None]]:
    """Return status and change that a rule gives, by our name or by address."""
    found = {}
    for each in run.of(rule):
        name = run.names.get(each["resource"]["id"] or "", each["resource"]["address"])
        found[name] = (each["status"], each["change"])
    return found


@pytest.fixture(scope="module")
def changed(terraform: Terraform, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Changed:
    proxy.server.reset()
    world = World(proxy)
    world.clear()
    work = tmp_path_factory.mktemp("over-live")
    role, group = pieces.role(world, "flow-logs"), pieces.group(world, "/vpc/flow")
    for name in ("providers", "fields"):
        (work / f"{name}.tf").write_bytes((SHARED / f"{name}.tf").read_bytes())
    logs = "".join(
        LOGS.format(name=name, vpc=f"aws_vpc.{name}.id", group=group, role=role) for name in ("mine", "twice")
    )
    (work / "main.tf").write_text(BEFORE + logs)
    apply(work, terraform, proxy.server)
    _elsewhere(world, group, role)

    (work / "main.tf").write_text(BEFORE + AFTER)
    ids = {name: world.key(name) for name in ("logged", "dark", "literal", "nowhere")}
    (work / "ids.auto.tfvars.json").write_text(json.dumps({"ids": ids}))
    terraform.run(work, proxy.server.environment, "plan", "-no-color", "-lock=false", "-out=tf.plan")
    plan = work / "plan" / "plan.json"
    plan.parent.mkdir()
    plan.write_text(terraform.run(work, proxy.server.environment, "show", "-json", "tf.plan"))
    return Changed(world, plan)


def _elsewhere(world: World, group: str, role: str) -> None:
    """Make what other states keep."""
    ec2 = world.client("ec2")
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        world.name({"10.1.0.0/16": "mine", "10.2.0.0/16": "twice"}[vpc["CidrBlock"]], vpc["VpcId"])
    pieces.flow_log(world, "twice.other", world.key("twice"), group, role=role, interval=600)
    for name in ("logged", "dark", "literal", "nowhere"):
        pieces.vpc(world, name)
    pieces.flow_log(world, "logged.log", world.key("logged"), group, role=role)
    pieces.bucket(world, "central-logs")


def test_the_plan_alone_leaves_open_what_stands_elsewhere(changed: Changed) -> None:
    alone = changed.judged()
    told = says(alone, "FL001")
    assert {name: told[name][0] for name in ("logged", "dark")} == {"logged": "unknown", "dark": "unknown"}
    assert "literal" not in told
    assert says(alone, "FL005")["aws_flow_log.to_bucket"][0] == "unknown"


def test_the_account_settles_it(changed: Changed) -> None:
    told = says(changed.live(), "FL001")
    assert told["logged"] == ("pass", None)
    assert told["dark"] == ("fail", "pre-existing")
    assert told["literal"] == ("pass", "fixed")
    assert told["nowhere"] == ("pass", "fixed")


def test_a_log_that_goes_leaves_its_vpc_dark_unless_another_state_keeps_one(changed: Changed) -> None:
    told = says(changed.live(), "FL001")
    assert told["mine"] == ("fail", "regression")
    assert told["twice"] == ("pass", None)


def test_a_destination_that_only_the_plan_names_is_read_in_the_account(changed: Changed) -> None:
    run = changed.live()
    told = says(run, "FL005")
    assert told["aws_flow_log.to_bucket"][0] == "pass"
    assert told["aws_flow_log.to_nowhere"] == ("fail", "new")
    assert says(run, "FL006")["aws_flow_log.to_bucket"][0] == "pass"
    assert not run.report["gaps"]


def test_a_snapshot_of_the_account_does_as_well(changed: Changed, tmp_path: Path) -> None:
    kept = str(tmp_path / "kept")
    live = changed.live("--save", kept)
    saved = changed.judged("--live", kept)
    for rule in ("FL001", "FL002", "FL003", "FL005", "FL006", "FL007", "FL009", "FL011", "SG002"):
        assert says(saved, rule) == says(live, rule), rule
    assert saved.report["gaps"] == live.report["gaps"] == []


def test_only_what_the_plan_names_or_changes_is_told_unless_all_is_asked_for(changed: Changed) -> None:
    given = [str(changed.plan), "--no-source", "--live", "account", "--region", "us-east-1"]
    told = says(ask(changed.world.proxy.server, changed.world.names, "plan", *given), "FL001")
    assert {"logged", "dark", "mine", "twice", "literal"} <= set(told)
    assert says(changed.live(), "FL003").keys() > {"logged.log"} - set(told)


def test_what_the_plan_holds_and_the_account_does_not_is_a_gap_and_not_settled(changed: Changed) -> None:
    run = changed.judged("--live", "account", "--region", "eu-west-1")
    assert "another account or region" in json.dumps(run.report["gaps"])
    assert says(run, "FL001")["dark"][0] == "unknown"


def test_what_the_account_does_not_tell_stays_open(changed: Changed) -> None:
    denied = faults.denied(service="ec2", operation="DescribeFlowLogs")
    with changed.world.proxy.with_rules(denied):
        run = changed.live()
    told = says(run, "FL001")
    assert {name: told[name][0] for name in ("logged", "dark", "mine", "twice")} == dict.fromkeys(
        ("logged", "dark", "mine", "twice"), "unknown"
    )
    assert told["literal"][0] == "pass"  # the plan's own log stands there, whatever else does
    assert "UnauthorizedOperation" in json.dumps(run.report["gaps"])


def test_a_destination_that_may_not_be_read_stays_open(changed: Changed) -> None:
    denied = faults.denied(service="s3", operation="GetBucketPolicy", about="central-logs")
    with changed.world.proxy.with_rules(denied):
        run = changed.live()
    assert says(run, "FL005")["aws_flow_log.to_bucket"][0] == "unknown"
    assert "GetBucketPolicy" in json.dumps(run.report["gaps"])
