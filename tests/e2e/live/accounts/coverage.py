"""Every degree of being recorded, of one account in one region; the destination is right throughout."""

from __future__ import annotations

from tests.e2e.live import pieces
from tests.e2e.live.world import World


def build(world: World) -> None:
    world.words = ["--region", "us-east-1"]
    world.client("ec2")
    role = pieces.role(world, "flow-logs")
    group = pieces.group(world, "/vpc/flow")
    ec2 = world.client("ec2")
    default = world.name("default", ec2.describe_vpcs()["Vpcs"][0]["VpcId"])
    world.name_the_rest()

    def log(name: str, resource: str, **more: object) -> None:
        pieces.flow_log(world, name, resource, group, role=role, **more)  # type: ignore[arg-type]

    log("logged.log", pieces.vpc(world, "logged"))
    pieces.vpc(world, "dark")
    pieces.vpc(world, "empty", subnets=0)
    pieces.vpc(world, "by-subnets", subnets=2)
    for number in range(2):
        log(f"by-subnets.log{number}", world.key(f"by-subnets.subnet{number}"))
    pieces.vpc(world, "partial", subnets=2)
    log("partial.log", world.key("partial.subnet0"))
    pieces.vpc(world, "interface-only")
    log("interface-only.log", world.key("interface-only.subnet0.eni"))
    log("accept-only.log", pieces.vpc(world, "accept-only"), traffic="ACCEPT")
    log("reject-only.log", pieces.vpc(world, "reject-only"), traffic="REJECT")
    pair = pieces.vpc(world, "pair")
    log("pair.accept", pair, traffic="ACCEPT")
    log("pair.reject", pair, traffic="REJECT")
    unequal = pieces.vpc(world, "unequal")
    log("unequal.accept", unequal, traffic="ACCEPT")
    log("unequal.reject", unequal, traffic="REJECT", interval=600)
    across = pieces.vpc(world, "across")
    log("across.reject", across, traffic="REJECT")
    log("across.accept", world.key("across.subnet0"), traffic="ACCEPT")
    log("slow.log", pieces.vpc(world, "slow"), interval=600)
    log("plain.log", pieces.vpc(world, "plain"), fields=None)
    twice = pieces.vpc(world, "twice")
    log("twice.one", twice)
    log("twice.two", twice, interval=600)
    assert default
