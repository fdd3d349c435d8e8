"""VPCs, subnets, interfaces, transit and NAT gateways, block public access, encryption controls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.convert.view import Row, World, ec2_arn, owner_first
from checker.load.terraform.convert.values import prefixes
from checker.model.address import Prefix
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import (
    NatGateway,
    NetworkInterface,
    Subnet,
    TransitGateway,
    TransitGatewayAttachment,
    TransitGatewayAttachmentType,
    Vpc,
    VpcBlockPublicAccess,
    VpcBlockPublicAccessExclusion,
    VpcEncryptionControl,
)

_STANDING: Final = ("associated", "associating")
"""States of an address block that is there. Source: EC2 ``VpcCidrBlockState``, ``SubnetCidrBlockState``."""

_OVER: Final = ("deleted", "deleting", "failed", "rejected", "rejecting")
"""States of gateways and attachments that are no more."""

_BY_TYPE: Final = {
    "nat_gateway": "nat-gateway",
    "network_load_balancer": "elb",
    "gateway_load_balancer": "elb",
    "load_balancer": "elb",
    "gateway_load_balancer_endpoint": "vpc-endpoint",
    "vpc_endpoint": "vpc-endpoint",
    "transit_gateway": "transit-gateway",
    "lambda": "lambda",
    "quicksight": "quicksight",
    "global_accelerator_managed": "global-accelerator",
    "api_gateway_managed": "api-gateway",
    "aws_codestar_connections_managed": "codestar-connections",
    "iot_rules_managed": "iot",
    "efs": "efs",
}
"""Source: EC2 ``NetworkInterfaceType``."""

_BY_REQUESTER: Final = {
    "amazon-elb": "elb",
    "amazon-rds": "rds",
    "amazon-elasticache": "elasticache",
    "amazon-redshift": "redshift",
    "amazon-workspaces": "workspaces",
}
_BY_DESCRIPTION: Final = (
    ("ELB ", "elb"),
    ("RDSNetworkInterface", "rds"),
    ("ElastiCache", "elasticache"),
    ("RedshiftNetworkInterface", "redshift"),
    ("Created By Amazon Workspaces", "workspaces"),
    ("EFS mount target", "efs"),
    ("AWS Lambda VPC ENI", "lambda"),
    ("Interface for NAT Gateway", "nat-gateway"),
    ("Network Interface for Transit Gateway", "transit-gateway"),
    ("VPC Endpoint Interface", "vpc-endpoint"),
    ("arn:aws:ecs:", "ecs"),
)
"""Start of the description that services write. They differ in letters between ages, so case is disregarded."""


def vpcs(world: World) -> Iterator[Vpc]:
    """Yield the VPCs, each once: the owner's view where a shared one is seen by several accounts."""
    for name, row in owner_first(world.listing("ec2", "DescribeVpcs", "Vpcs", "VpcId")).items():
        owner = row.text("OwnerId")
        yield Vpc(
            **world.common(row, name, "aws_vpc", arn=ec2_arn(row, "vpc", name, owner)),
            cidrs=prefixes([row.prefix("CidrBlock"), *_blocks(row, "CidrBlock"), *_blocks(row, "Ipv6CidrBlock")]),
            owner=_owner(row, owner),
            is_default=row.flag("IsDefault"),
        )


def _owner(row: Row, owner: Maybe[str | None]) -> Maybe[str]:
    return row.reply.request.account if owner is None else owner


def _blocks(row: Row, member: str) -> Iterator[Maybe[Prefix | None]]:
    for block in row.rows(f"{member}AssociationSet"):
        state = block.row(f"{member}State")
        if state is None or state.values.get("State") in _STANDING:
            yield block.prefix(member)


def subnets(world: World) -> Iterator[Subnet]:
    """Yield the subnets, each once."""
    for name, row in owner_first(world.listing("ec2", "DescribeSubnets", "Subnets", "SubnetId")).items():
        owner = row.text("OwnerId")
        yield Subnet(
            **world.common(row, name, "aws_subnet", arn=ec2_arn(row, "subnet", name, owner)),
            vpc=row.required("VpcId"),
            cidrs=prefixes([row.prefix("CidrBlock"), *_blocks(row, "Ipv6CidrBlock")]),
            availability_zone=row.text("AvailabilityZone"),
            owner=_owner(row, owner),
        )


def network_interfaces(world: World) -> Iterator[NetworkInterface]:
    """Yield the interfaces of all kinds, those that services keep included."""
    types = _InstanceTypes(world)
    rows = world.listing("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId")
    for name, row in owner_first(rows).items():
        description = row.text("Description")
        public = row.row("Association")
        status = row.text("Status")
        shared = world.common(row, name, "aws_network_interface", arn=ec2_arn(row, "network-interface", name))
        yield NetworkInterface(
            **{**shared, "tags": row.tags("TagSet")},
            vpc=row.required("VpcId"),
            subnet=row.required("SubnetId"),
            security_groups=tuple(sorted(group for each in row.rows("Groups") if (group := _text(each, "GroupId")))),
            private_ips=_addresses(row),
            interface_type=row.text_or("InterfaceType", "interface"),
            requester_managed=row.flag("RequesterManaged"),
            description=None if description == "" else description,
            instance_type=types.of(row),
            in_use=status if isinstance(status, Unknown) else status in (None, "in-use", "associated"),
            owner=row.text("OwnerId"),
            managed_by=managed_by(row),
            public_ip=None if public is None else public.text("PublicIp"),
        )


def _text(row: Row, name: str) -> str:
    value = row.values.get(name)
    return value if isinstance(value, str) else ""


def managed_by(row: Row) -> str | None:
    """Return the AWS service that keeps an interface; None for one that nobody but its owner keeps."""
    known = _BY_TYPE.get(_text(row, "InterfaceType")) or _BY_REQUESTER.get(_text(row, "RequesterId"))
    if known is not None:
        return known
    text = _text(row, "Description").lower()
    for start, service in _BY_DESCRIPTION:
        if text.startswith(start.lower()):
            return service
    return "aws" if row.values.get("RequesterManaged") is True else None


def _addresses(row: Row) -> tuple[Maybe[str], ...]:
    """Return all private addresses, the primary IPv4 one first."""
    four = row.rows("PrivateIpAddresses")
    four.sort(key=lambda each: (each.values.get("Primary") is not True, _text(each, "PrivateIpAddress")))
    found = [_text(row, "PrivateIpAddress"), *(_text(each, "PrivateIpAddress") for each in four)]
    found += sorted(_text(each, "Ipv6Address") for each in row.rows("Ipv6Addresses"))
    return tuple(dict.fromkeys(each for each in found if each))


class _InstanceTypes:
    """The instance type behind an interface."""

    def __init__(self, world: World) -> None:
        self._types: dict[str, str] = {}
        self._read: set[tuple[str, str]] = set()
        for reply in world.replies.of("ec2", "DescribeInstances"):
            if reply.response is None:
                continue
            self._read.add((reply.request.account, reply.request.region))
            for reservation in Row(reply.response, reply).rows("Reservations"):
                for instance in reservation.rows("Instances"):
                    self._types[_text(instance, "InstanceId")] = _text(instance, "InstanceType")

    def of(self, row: Row) -> Maybe[str | None]:
        """Return the type; None where the interface is attached to no instance."""
        attachment = row.row("Attachment")
        instance = "" if attachment is None else _text(attachment, "InstanceId")
        if not instance:
            return None
        known = self._types.get(instance)
        if known:
            return known
        request = row.reply.request
        if (request.account, request.region) in self._read:
            return Unknown(f"ec2:DescribeInstances does not show {instance}")
        return Unknown(f"{request.account}/{request.region}: ec2:DescribeInstances was not read")


def transit_gateways(world: World) -> Iterator[TransitGateway]:
    """Yield the transit gateways that stand."""
    rows = world.listing("ec2", "DescribeTransitGateways", "TransitGateways", "TransitGatewayId")
    for name, row in owner_first(rows).items():
        if row.values.get("State") not in _OVER:
            shared = world.common(row, name, "aws_ec2_transit_gateway", arn=_text(row, "TransitGatewayArn") or None)
            yield TransitGateway(**shared, owner=_owner(row, row.text("OwnerId")))


def transit_gateway_attachments(world: World) -> Iterator[TransitGatewayAttachment]:
    """Yield the attachments that stand."""
    rows = world.listing(
        "ec2", "DescribeTransitGatewayAttachments", "TransitGatewayAttachments", "TransitGatewayAttachmentId"
    )
    inner = dict(
        world.listing(
            "ec2", "DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments", "TransitGatewayAttachmentId"
        )
    )
    for name, row in owner_first(rows, "ResourceOwnerId").items():
        if row.values.get("State") in _OVER:
            continue
        kind = _attachment_type(row)
        of_vpc = kind is TransitGatewayAttachmentType.VPC
        yield TransitGatewayAttachment(
            **world.common(
                row, name, "aws_ec2_transit_gateway_vpc_attachment",
                arn=ec2_arn(row, "transit-gateway-attachment", name),
            ),
            transit_gateway=row.required("TransitGatewayId"),
            attachment_type=kind,
            vpc=row.text("ResourceId") if of_vpc else None,
            subnets=_attached(inner.get(name), name) if of_vpc else (),
        )  # fmt: skip


def _attachment_type(row: Row) -> Maybe[TransitGatewayAttachmentType]:
    word = row.required("ResourceType")
    if isinstance(word, Unknown):
        return word
    known = {member.value: member for member in TransitGatewayAttachmentType}
    return known.get(word) or Unknown(f"{row.where}: an attachment of type {word}")


def _attached(row: Row | None, name: str) -> Maybe[tuple[Maybe[Key], ...]]:
    if row is None:
        return Unknown(f"ec2:DescribeTransitGatewayVpcAttachments does not show {name}")
    return tuple(sorted(row.texts("SubnetIds")))


def nat_gateways(world: World) -> Iterator[NatGateway]:
    """Yield the NAT gateways that stand."""
    for name, row in world.listing("ec2", "DescribeNatGateways", "NatGateways", "NatGatewayId"):
        if row.values.get("State") not in _OVER:
            yield NatGateway(
                **world.common(row, name, "aws_nat_gateway", arn=ec2_arn(row, "natgateway", name)),
                vpc=row.text("VpcId"),
                subnet=row.text("SubnetId"),
                availability_mode=row.text_or("AvailabilityMode", "zonal"),
            )


def vpc_block_public_access(world: World) -> Iterator[VpcBlockPublicAccess]:
    """Yield the setting of each account and region."""
    for reply in world.replies.of("ec2", "DescribeVpcBlockPublicAccessOptions"):
        row = None if reply.response is None else Row(reply.response, reply).row("VpcBlockPublicAccessOptions")
        if row is not None:
            request = reply.request
            key = f"{request.account}/{request.region}/vpc-block-public-access"
            shared = world.common(row, key, "aws_vpc_block_public_access_options", tags={})
            yield VpcBlockPublicAccess(**shared, internet_gateway_block_mode=row.required("InternetGatewayBlockMode"))


def vpc_block_public_access_exclusions(world: World) -> Iterator[VpcBlockPublicAccessExclusion]:
    """Yield the VPCs and subnets that the block does not hold for."""
    rows = world.listing(
        "ec2", "DescribeVpcBlockPublicAccessExclusions", "VpcBlockPublicAccessExclusions", "ExclusionId"
    )
    for name, row in rows:
        state = _text(row, "State")
        if state.startswith("delete") or state.endswith("failed"):
            continue
        arn = row.required("ResourceArn")
        yield VpcBlockPublicAccessExclusion(
            **world.common(row, name, "aws_vpc_block_public_access_exclusion"),
            target=arn if isinstance(arn, Unknown) else arn.rpartition("/")[2],
            mode=row.required("InternetGatewayExclusionMode"),
        )


def vpc_encryption_controls(world: World) -> Iterator[VpcEncryptionControl]:
    """Yield the encryption controls of VPCs."""
    rows = world.listing("ec2", "DescribeVpcEncryptionControls", "VpcEncryptionControls", "VpcEncryptionControlId")
    for name, row in rows:
        yield VpcEncryptionControl(
            **world.common(row, name, "aws_vpc_encryption_control"),
            vpc=row.required("VpcId"),
            mode=row.required("Mode"),
            state=row.required("State"),
        )
