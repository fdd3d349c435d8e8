"""Route tables and internet gateways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.convert.row import Row, known_text, names, then
from checker.load.aws.convert.world import World, ec2_arn, owner_first
from checker.model.address import Prefix
from checker.model.known import Key, Maybe
from checker.model.network import InternetGateway, Route, RouteTable

_TARGETS: Final = (
    "GatewayId", "NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId", "InstanceId",
    "EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "OdbNetworkArn",
)  # fmt: skip
_LOCAL: Final = "local"
_ENDED: Final = ("disassociating", "disassociated", "failed", "detaching", "detached")
"""States of associations and attachments that are no more."""


def route_tables(world: World) -> Iterator[RouteTable]:
    """Yield the route tables. The local route, which every table has, is not stored, as Terraform does not."""
    for name, row in owner_first(world.listing("ec2", "DescribeRouteTables", "RouteTables", "RouteTableId")).items():
        homes = then(row.required_rows("Associations"), _standing)
        yield RouteTable(
            **world.common(row, name, "aws_route_table", arn=ec2_arn(row, "route-table", name, row.text("OwnerId"))),
            vpc=row.required("VpcId"),
            routes=then(row.required_rows("Routes"), _routes),
            subnets=names(then(homes, _of_subnets), "SubnetId"),
            is_main=then(homes, lambda rows: any(each.values.get("Main") is True for each in rows)),
        )


def _standing(associations: list[Row]) -> list[Row]:
    return [each for each in associations if _state(each) not in _ENDED]


def _state(association: Row) -> str:
    state = association.row("AssociationState")
    return known_text(state, "State") if isinstance(state, Row) else ""


def _of_subnets(associations: list[Row]) -> list[Row]:
    """Return the associations with subnets: one is the main one's, others are gateways'."""
    return [each for each in associations if each.values.get("SubnetId") is not None]


def _routes(rows: list[Row]) -> tuple[Route, ...]:
    return tuple(sorted((_route(row) for row in rows if row.values.get("GatewayId") != _LOCAL), key=repr))


def _route(row: Row) -> Route:
    destination: Maybe[Prefix | Key | None] = row.text("DestinationPrefixListId")
    for member in ("DestinationCidrBlock", "DestinationIpv6CidrBlock"):
        if destination is None:
            destination = row.prefix(member)
    target: Maybe[Key | None] = None
    for member in _TARGETS:
        if target is None:
            target = row.text(member)
    return Route(destination=destination, target=target)


def internet_gateways(world: World) -> Iterator[InternetGateway]:
    """Yield the internet gateways."""
    rows = world.listing("ec2", "DescribeInternetGateways", "InternetGateways", "InternetGatewayId")
    for name, row in owner_first(rows).items():
        arn = ec2_arn(row, "internet-gateway", name, row.text("OwnerId"))
        yield InternetGateway(
            **world.common(row, name, "aws_internet_gateway", arn=arn),
            vpc=then(row.required_rows("Attachments"), _attached),
        )


def _attached(rows: list[Row]) -> Maybe[Key | None]:
    standing = [row for row in rows if known_text(row, "State") not in _ENDED]
    return standing[0].required("VpcId") if standing else None
