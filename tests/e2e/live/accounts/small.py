"""Two accounts with two regions each, little in each of them: on this one everything that can go wrong goes wrong."""

from __future__ import annotations

from typing import Any

from tests.e2e.live import pieces
from tests.e2e.live.world import World
from tests.support import scripts
from tests.support.organization import Member, found

REGIONS = ("us-east-1", "eu-west-1")


def build(world: World) -> None:
    world.words = ["--org-role", "OrganizationAccountAccessRole", *(w for name in REGIONS for w in ("--region", name))]
    accounts = found(world.proxy.server, [Member("member")]).accounts
    for label, account in accounts.items():
        world.name(f"account {label}", account)
        for region in REGIONS:
            world.clear(region, account)
        _account(world, label, account)
    # Without AWS's own word on the delivery the verdict hangs on what is read of destination, role and key.
    world.rules.append(scripts.edited("ec2", "DescribeFlowLogs", scripts.each("FlowLogs", _without_status)))


def _account(world: World, label: str, account: str) -> None:
    where: dict[str, Any] = {"account": account, "region": "us-east-1"}
    role = pieces.role(world, "flow-logs", account=account)
    group = pieces.group(world, "/vpc/flow", **where)
    pieces.flow_log(world, f"{label}.us.log", pieces.vpc(world, f"{label}.us", **where), group, role=role, **where)
    pieces.vpc(world, f"{label}.us-dark", **where)
    where["region"] = "eu-west-1"
    bucket = pieces.bucket(world, f"{label}-logs", **where)
    pieces.flow_log(world, f"{label}.eu.log", pieces.vpc(world, f"{label}.eu", **where), bucket, **where)


def _without_status(log: dict[str, Any]) -> None:
    log.pop("DeliverLogsStatus", None)
