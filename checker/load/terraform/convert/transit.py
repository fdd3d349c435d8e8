"""Transit gateways and what is attached to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.terraform.convert.common import World, common
from checker.load.terraform.convert.values import Fields, WhenAbsent
from checker.model.known import Maybe, Unknown
from checker.model.network import TransitGateway, TransitGatewayAttachment, TransitGatewayAttachmentType

KINDS: Final = {
    "aws_ec2_transit_gateway_vpc_attachment": TransitGatewayAttachmentType.VPC,
    "aws_ec2_transit_gateway_vpc_attachment_accepter": TransitGatewayAttachmentType.VPC,
    "data.aws_ec2_transit_gateway_vpc_attachment": TransitGatewayAttachmentType.VPC,
    "aws_ec2_transit_gateway_peering_attachment": TransitGatewayAttachmentType.PEERING,
    "aws_ec2_transit_gateway_peering_attachment_accepter": TransitGatewayAttachmentType.PEERING,
    "data.aws_ec2_transit_gateway_peering_attachment": TransitGatewayAttachmentType.PEERING,
    "aws_ec2_transit_gateway_connect": TransitGatewayAttachmentType.CONNECT,
    "data.aws_ec2_transit_gateway_connect": TransitGatewayAttachmentType.CONNECT,
    "data.aws_ec2_transit_gateway_vpn_attachment": TransitGatewayAttachmentType.VPN,
    "data.aws_ec2_transit_gateway_dx_gateway_attachment": TransitGatewayAttachmentType.DIRECT_CONNECT,
    "data.aws_ec2_transit_gateway_attachment": None,
}
"""Attachment type by kind; None where an attribute tells it."""


def transit_gateways(world: World) -> Iterator[TransitGateway]:
    """Yield the transit gateways: managed, and read as data."""
    for fields in world.of("aws_ec2_transit_gateway", "data.aws_ec2_transit_gateway"):
        shared = common(fields)
        owner = fields.text("owner_id", absent="computed")
        if not isinstance(owner, str) and fields.site.instance.managed:
            owner = shared["account"]
        yield TransitGateway(
            **shared,
            owner=shared["account"] if owner is None else owner,
            keeps_groups=_keeps_groups(fields, "unset" if fields.site.instance.managed else "computed"),
        )


def _keeps_groups(fields: Fields, absent: WhenAbsent) -> Maybe[bool]:
    """Return whether security groups are told on; unset means no for a gateway, for an attachment AWS decides."""
    word = fields.text_or("security_group_referencing_support", "disable", absent=absent)
    return word if isinstance(word, Unknown) else word == "enable"


def attachments(world: World) -> Iterator[TransitGatewayAttachment]:
    """Yield the attachments; an accepter stands for an attachment that another account or region made."""
    for kind, type_ in KINDS.items():
        for fields in world.of(kind):
            of_vpc = type_ is TransitGatewayAttachmentType.VPC
            yield TransitGatewayAttachment(
                **common(fields),
                transit_gateway=fields.required_key("transit_gateway_id", "transit_gateway"),
                attachment_type=_type(fields) if type_ is None else type_,
                vpc=fields.required_key("vpc_id", "vpc") if of_vpc else None,
                subnets=_or_none(fields) if of_vpc else (),
                keeps_groups=_keeps_groups(fields, "computed") if of_vpc else False,
            )


def _or_none(fields: Fields) -> Maybe[tuple[Maybe[str], ...]]:
    subnets = fields.keys("subnet_ids", "subnet", absent="computed")
    return () if subnets is None else subnets


def _type(fields: Fields) -> Maybe[TransitGatewayAttachmentType]:
    value = fields.required("resource_type")
    if isinstance(value, Unknown):
        return value
    known = {member.value: member for member in TransitGatewayAttachmentType}
    return known.get(value) or Unknown(f"attachment type {value}")
