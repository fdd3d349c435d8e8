"""Gateways: transit gateways and what is attached to them, NAT gateways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.convert.row import Row, known_text, then
from checker.load.aws.convert.world import World, ec2_arn, owner_first, owner_of
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import (
    GROUPS_NOT_READ,
    NatGateway,
    TransitGateway,
    TransitGatewayAttachment,
    TransitGatewayAttachmentType,
)

_OVER: Final = ("deleted", "deleting", "failed", "failing", "rejected", "rejecting")
"""States of gateways and attachments that are no more. Source: EC2 ``TransitGatewayAttachmentState`` and others."""

_KINDS: Final = {
    "vpc": ("aws_ec2_transit_gateway_vpc_attachment", TransitGatewayAttachmentType.VPC),
    "peering": ("aws_ec2_transit_gateway_peering_attachment", TransitGatewayAttachmentType.PEERING),
    "tgw-peering": ("aws_ec2_transit_gateway_peering_attachment", TransitGatewayAttachmentType.PEERING),
    "connect": ("aws_ec2_transit_gateway_connect", TransitGatewayAttachmentType.CONNECT),
    "vpn": ("aws_ec2_transit_gateway_vpn_attachment", TransitGatewayAttachmentType.VPN),
    "direct-connect-gateway": (
        "aws_ec2_transit_gateway_dx_gateway_attachment", TransitGatewayAttachmentType.DIRECT_CONNECT,
    ),
}  # fmt: skip
"""Terraform type and attachment type. Source: EC2 ``TransitGatewayAttachmentResourceType``."""

_GENERAL: Final = "aws_ec2_transit_gateway_attachment"
"""Terraform's data source for an attachment of any kind."""


def transit_gateways(world: World) -> Iterator[TransitGateway]:
    """Yield the transit gateways that stand."""
    rows = world.listing("ec2", "DescribeTransitGateways", "TransitGateways", "TransitGatewayId")
    for name, row in owner_first(rows).items():
        if known_text(row, "State") not in _OVER:
            shared = world.common(row, name, "aws_ec2_transit_gateway", arn=row.text("TransitGatewayArn"))
            yield TransitGateway(**shared, owner=owner_of(row), keeps_groups=_keeps_groups(row))


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
        if known_text(row, "State") in _OVER:
            continue
        type_, kind = _kind(row)
        of_vpc = not isinstance(kind, Unknown) and kind is TransitGatewayAttachmentType.VPC
        arn = ec2_arn(row, "transit-gateway-attachment", name, row.text("TransitGatewayOwnerId"))
        yield TransitGatewayAttachment(
            **world.common(row, name, type_, arn=arn),
            transit_gateway=row.required("TransitGatewayId"),
            attachment_type=kind,
            vpc=row.required("ResourceId") if of_vpc else None,
            subnets=_subnets(world, row, inner.get(name)) if of_vpc else (),
            keeps_groups=_keeps_groups(inner.get(name)) if of_vpc else False,
        )


def _keeps_groups(row: Row | None) -> Maybe[bool]:
    """Return whether security groups are told on, as the options of a gateway or attachment say."""
    options = None if row is None else row.row("Options")
    if options is None or isinstance(options, Unknown):
        return GROUPS_NOT_READ if options is None else options
    word = options.text("SecurityGroupReferencingSupport")
    return GROUPS_NOT_READ if word is None else then(word, lambda found: found == "enable")


def _kind(row: Row) -> tuple[str, Maybe[TransitGatewayAttachmentType]]:
    word = row.required("ResourceType")
    if isinstance(word, Unknown):
        return _GENERAL, word
    return _KINDS.get(word) or (_GENERAL, Unknown(f"{row.where}: an attachment of type {word}"))


def _subnets(world: World, attachment: Row, row: Row | None) -> Maybe[tuple[Maybe[Key], ...]]:
    """Return the subnets of an attachment from its VPC's view of it."""
    if row is not None:
        return then(row.texts("SubnetIds"), lambda found: tuple(sorted(set(found))))
    request = attachment.reply.request
    answer = world.detail(request.account, request.region, "ec2", "DescribeTransitGatewayVpcAttachments")
    if isinstance(answer, Unknown):
        return answer
    return Unknown(f"{request.account}/{request.region}: ec2:DescribeTransitGatewayVpcAttachments does not show it")


def nat_gateways(world: World) -> Iterator[NatGateway]:
    """Yield the NAT gateways that stand; a regional one has no subnet."""
    for name, row in world.listing("ec2", "DescribeNatGateways", "NatGateways", "NatGatewayId"):
        if known_text(row, "State") not in _OVER:
            yield NatGateway(
                **world.common(row, name, "aws_nat_gateway", arn=ec2_arn(row, "natgateway", name)),
                vpc=row.text("VpcId"),
                subnet=row.text("SubnetId"),
                availability_mode=row.text_or("AvailabilityMode", "zonal"),
            )
