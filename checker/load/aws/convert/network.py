"""VPCs, subnets, and the settings that stand above them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.convert.row import Row, known_text, then
from checker.load.aws.convert.world import World, ec2_arn, owner_first, owner_of
from checker.load.terraform.convert.values import prefixes
from checker.model.address import Prefix
from checker.model.known import Maybe, Unknown
from checker.model.network import (
    Subnet,
    Vpc,
    VpcBlockPublicAccess,
    VpcBlockPublicAccessExclusion,
    VpcEncryptionControl,
)

_STANDING: Final = ("associated", "associating")
"""States of an address block that is there. Source: EC2 ``VpcCidrBlockState``, ``SubnetCidrBlockState``."""

_NO_EXCLUSION: Final = (
    "create-failed", "delete-in-progress", "delete-complete", "disable-in-progress", "disable-complete",
)  # fmt: skip
"""Source: EC2 ``VpcBlockPublicAccessExclusionState``."""

_NO_CONTROL: Final = ("deleting", "deleted")
"""Source: EC2 ``VpcEncryptionControlState``."""


def vpcs(world: World) -> Iterator[Vpc]:
    """Yield the VPCs, each once: the owner's view where a shared one is seen by several accounts."""
    for name, row in owner_first(world.listing("ec2", "DescribeVpcs", "Vpcs", "VpcId")).items():
        is_default = row.flag("IsDefault", None)
        type_ = "aws_default_vpc" if row.values.get("IsDefault") is True else "aws_vpc"
        first = row.prefix("CidrBlock")
        yield Vpc(
            **world.common(row, name, type_, arn=ec2_arn(row, "vpc", name, row.text("OwnerId"))),
            cidrs=prefixes(
                [
                    row.odd("CidrBlock", "there") if first is None else first,
                    *_blocks(row, "CidrBlock"),
                    *_blocks(row, "Ipv6CidrBlock"),
                ]
            ),
            owner=owner_of(row),
            is_default=is_default,
        )


def _blocks(row: Row, member: str) -> list[Maybe[Prefix | None]]:
    """Return the address blocks of a set that stand."""
    blocks = row.rows(f"{member}AssociationSet")
    if isinstance(blocks, Unknown):
        return [blocks]
    return [_block(block, member) for block in blocks]


def _block(block: Row, member: str) -> Maybe[Prefix | None]:
    state = block.inner(f"{member}State", lambda inner: inner.required("State"), _STANDING[0])
    return then(state, lambda word: block.prefix(member) if word in _STANDING else None)


def subnets(world: World) -> Iterator[Subnet]:
    """Yield the subnets, each once; one for IPv6 only has no IPv4 block."""
    for name, row in owner_first(world.listing("ec2", "DescribeSubnets", "Subnets", "SubnetId")).items():
        type_ = "aws_default_subnet" if row.values.get("DefaultForAz") is True else "aws_subnet"
        blocks = [row.prefix("CidrBlock"), *_blocks(row, "Ipv6CidrBlock")]
        if all(block is None for block in blocks):
            blocks.append(row.odd("CidrBlock", "there"))
        yield Subnet(
            **world.common(row, name, type_, arn=ec2_arn(row, "subnet", name, row.text("OwnerId"))),
            vpc=row.required("VpcId"),
            cidrs=prefixes(blocks),
            availability_zone=row.text("AvailabilityZone"),
            owner=owner_of(row),
        )


def vpc_block_public_access(world: World) -> Iterator[VpcBlockPublicAccess]:
    """Yield the setting of each account and region."""
    for reply in world.replies.of("ec2", "DescribeVpcBlockPublicAccessOptions"):
        if reply.response is None:
            continue
        row = Row(reply.response, reply).row("VpcBlockPublicAccessOptions")
        if not isinstance(row, Row):
            world.note_odd(reply)
            continue
        key = f"{reply.request.account}/{reply.request.region}/vpc-block-public-access"
        shared = world.common(row, key, "aws_vpc_block_public_access_options", tags={})
        yield VpcBlockPublicAccess(**shared, internet_gateway_block_mode=row.required("InternetGatewayBlockMode"))


def vpc_block_public_access_exclusions(world: World) -> Iterator[VpcBlockPublicAccessExclusion]:
    """Yield the VPCs and subnets that the block does not hold for."""
    rows = world.listing(
        "ec2", "DescribeVpcBlockPublicAccessExclusions", "VpcBlockPublicAccessExclusions", "ExclusionId"
    )
    for name, row in rows:
        if known_text(row, "State") in _NO_EXCLUSION:
            continue
        yield VpcBlockPublicAccessExclusion(
            **world.common(row, name, "aws_vpc_block_public_access_exclusion"),
            target=then(row.required("ResourceArn"), lambda arn: arn.rpartition("/")[2]),
            mode=row.required("InternetGatewayExclusionMode"),
        )


def vpc_encryption_controls(world: World) -> Iterator[VpcEncryptionControl]:
    """Yield the encryption controls of VPCs."""
    rows = world.listing("ec2", "DescribeVpcEncryptionControls", "VpcEncryptionControls", "VpcEncryptionControlId")
    for name, row in rows:
        if known_text(row, "State") not in _NO_CONTROL:
            yield VpcEncryptionControl(
                **world.common(row, name, "aws_vpc_encryption_control"),
                vpc=row.required("VpcId"),
                mode=row.required("Mode"),
                state=row.required("State"),
            )
