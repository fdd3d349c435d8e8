"""An organisation: three accounts that are audited, a suspended one, three regions, a bucket that all share.

Account ``network`` shares a VPC with ``payments``; ``stranger`` shares one and is outside.
"""

from __future__ import annotations

from tests.e2e.live import pieces
from tests.e2e.live.world import World
from tests.support import scripts
from tests.support.moto_server import ACCOUNT
from tests.support.organization import Member, found

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
STRANGER = "999988887777"


def build(world: World) -> None:
    world.words = ["--org-role", "OrganizationAccountAccessRole", *(w for name in REGIONS for w in ("--region", name))]
    members = [
        Member("network", "infrastructure", {"env": "prod"}),
        Member("payments", "prod/payments", {"env": "prod"}, delegated=True),
        Member("closed", "prod", suspended=True),
    ]
    accounts = found(world.proxy.server, members).accounts
    for name, account in accounts.items():
        world.name(f"account {name}", account)
    network, payments = accounts["network"], accounts["payments"]
    asked = (ACCOUNT, network, payments)
    for account in asked:
        for region in REGIONS:
            world.clear(region, account)

    archive = pieces.bucket(world, "org-logs", account=network, policy=pieces.delivery_policy("org-logs", of=asked))
    for label, account in (("management", ACCOUNT), ("network", network), ("payments", payments)):
        for region in REGIONS:
            name = f"{label}.{region}"
            where = {"account": account, "region": region}
            pieces.flow_log(world, f"{name}.log", pieces.vpc(world, name, **where), archive, **where)
    pieces.vpc(world, "payments.dark", account=payments, region="eu-west-1")

    ours = pieces.vpc(world, "shared", account=network, cidr="10.7.0.0/16")
    pieces.flow_log(world, "shared.log", ours, archive, account=network)
    _participates(world, ours, network, payments)
    theirs = pieces.vpc(world, "stranger", account=payments, region="ap-southeast-2", cidr="10.8.0.0/16")
    world.rules.extend(scripts.owned_by(STRANGER, theirs, account=payments, region="ap-southeast-2"))


def _participates(world: World, vpc: str, owner: str, participant: str) -> None:
    """Show a VPC with its subnets to an account with which it is shared: moto keeps accounts apart."""
    ec2 = world.client("ec2", account=owner)
    seen = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    where = {"account": participant, "region": "us-east-1"}
    world.rules.append(scripts.edited("ec2", "DescribeVpcs", lambda result: result["Vpcs"].extend(seen), **where))
    world.rules.append(
        scripts.edited("ec2", "DescribeSubnets", lambda result: result["Subnets"].extend(subnets), **where)
    )
