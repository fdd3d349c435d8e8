"""Transit gateways and their attachments, NAT gateways: what they demand of a flow log is not what a VPC demands."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.live import pieces
from tests.e2e.live.world import World


def build(world: World) -> None:
    world.words = ["--region", "us-east-1", "--policy", str(Path(__file__).with_suffix(".policy.yaml"))]
    world.clear()
    ec2 = world.client("ec2")
    bucket = pieces.bucket(world, "gateway-logs")
    for name in ("logged", "dark"):
        vpc = pieces.vpc(world, f"{name}.vpc")
        pieces.flow_log(world, f"{name}.vpc.log", vpc, bucket)
        gateway = world.name(f"{name}.tgw", ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"])
        made = ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[world.key(f"{name}.vpc.subnet0")]
        )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
        world.name(f"{name}.attachment", made)
    for name in ("tgw", "attachment"):
        pieces.flow_log(world, f"logged.{name}.log", world.key(f"logged.{name}"), bucket, traffic=None, fields=None)
