"""Interfaces that AWS services keep: some as moto makes them, the others as the services describe theirs."""

from __future__ import annotations

from typing import Any, Final

from tests.e2e.live import pieces
from tests.e2e.live.world import World
from tests.support import scripts

DESCRIBED: Final[dict[str, dict[str, Any]]] = {
    "elb": {"Description": "ELB app/web/50dc6c495c0c9188", "RequesterId": "amazon-elb"},
    "elb-network": {"Description": "ELB net/web/50dc6c495c0c9188", "InterfaceType": "network_load_balancer"},
    "elb-classic": {"Description": "ELB classic", "RequesterId": "amazon-elb"},
    "rds": {"Description": "RDSNetworkInterface", "RequesterId": "amazon-rds"},
    "elasticache": {"Description": "ElastiCache web-001", "RequesterId": "amazon-elasticache"},
    "redshift": {"Description": "RedshiftNetworkInterface", "RequesterId": "amazon-redshift"},
    "workspaces": {"Description": "Created By Amazon Workspaces for AWS Account ID 123456789012"},
    "lambda": {"Description": "AWS Lambda VPC ENI-web-1", "InterfaceType": "lambda"},
    "transit-gateway": {
        "Description": "Network Interface for Transit Gateway Attachment tgw-attach-1",
        "InterfaceType": "transit_gateway",
        "Groups": [],
    },
    "strange": {"Description": "of a service that nobody knows yet"},
}
"""Members of the interfaces that moto does not make, by our name. Source: EC2 ``NetworkInterface``, as recorded."""

KEPT: Final = {
    "elb": "elb", "elb-network": "elb", "elb-classic": "elb", "rds": "rds", "elasticache": "elasticache",
    "redshift": "redshift", "workspaces": "workspaces", "lambda": "lambda", "transit-gateway": "transit-gateway",
    "strange": "aws", "nat-gateway": "nat-gateway", "endpoint": "vpc-endpoint", "mount-target": "efs",
    "resolver": "route53-resolver", "instance": None, "net.subnet0.eni": None,
}  # fmt: skip
"""The service that keeps each interface, as flowcheck is to name it."""


def build(world: World) -> None:
    world.words = ["--region", "us-east-1"]
    world.clear()
    bucket = pieces.bucket(world, "managed-logs")
    vpc = pieces.vpc(world, "net", subnets=2)
    pieces.flow_log(world, "net.log", vpc, bucket)
    subnet = world.key("net.subnet0")
    ec2 = world.client("ec2")

    def made(name: str) -> None:
        listed = ec2.describe_network_interfaces()["NetworkInterfaces"]
        new = [one["NetworkInterfaceId"] for one in listed if one["NetworkInterfaceId"] not in world.names]
        for number, interface in enumerate(sorted(new)):
            world.name(f"{name}-{number}" if number else name, interface)

    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    made("nat-gateway")
    ec2.create_vpc_endpoint(
        VpcEndpointType="Interface", VpcId=vpc, ServiceName="com.amazonaws.us-east-1.logs", SubnetIds=[subnet]
    )
    made("endpoint")
    efs = world.client("efs")
    efs.create_mount_target(FileSystemId=efs.create_file_system(CreationToken="web")["FileSystemId"], SubnetId=subnet)
    made("mount-target")
    world.client("route53resolver").create_resolver_endpoint(
        CreatorRequestId="web", Name="web", Direction="INBOUND", SecurityGroupIds=[world.key("net.default-sg")],
        IpAddresses=[{"SubnetId": subnet}, {"SubnetId": world.key("net.subnet1")}],
    )  # fmt: skip
    made("resolver")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, SubnetId=subnet, MinCount=1, MaxCount=1, InstanceType="c5.large")
    made("instance")
    for name, members in DESCRIBED.items():
        interface = ec2.create_network_interface(SubnetId=subnet, Description=members["Description"])
        own = world.name(name, interface["NetworkInterface"]["NetworkInterfaceId"])
        world.rules.append(scripts.kept_by(own, **members))
