"""Route tables, internet and NAT gateways, block public access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.terraform.convert.common import World, adopted_vpc, common, exists_unknown
from checker.load.terraform.convert.values import Fields, ordered
from checker.model.address import Prefix
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import InternetGateway, NatGateway, Route, RouteTable, VpcBlockPublicAccess

_TARGETS: Final = {
    "gateway_id": "internet_gateway",
    "nat_gateway_id": "nat_gateway",
    "transit_gateway_id": "transit_gateway",
    "network_interface_id": "interface",
    "instance_id": "instance",
    "vpc_endpoint_id": "",
    "vpc_peering_connection_id": "",
    "egress_only_gateway_id": "",
    "carrier_gateway_id": "",
    "local_gateway_id": "",
    "core_network_arn": "",
    "odb_network_arn": "",
}
"""Argument that names a route's target, and the family it names; empty for kinds outside the model."""


def route_tables(world: World) -> Iterator[RouteTable]:
    """Yield the route tables with inline routes, ``aws_route`` and associations."""
    mains = world.satellites("aws_main_route_table_association", "route_table_id", "route_table")
    for fields in world.of("aws_route_table", "aws_default_route_table", "data.aws_route_table"):
        default = fields.site.instance.type == "aws_default_route_table"
        yield RouteTable(
            **common(fields, id_="route_table_id" if fields.site.kind == "data.aws_route_table" else "id"),
            vpc=adopted_vpc(world, fields, "default_route_table_id")
            if default
            else fields.required_key("vpc_id", "vpc"),
            routes=_routes(world, fields),
            subnets=_subnets(world, fields),
            is_main=_is_main(world, fields, bool(mains.of(fields.site.key))),
        )


def _is_main(world: World, fields: Fields, chosen: bool) -> Maybe[bool]:
    """A default table is the main one unless another was made so; a new table is not."""
    if chosen or fields.site.instance.managed:
        return chosen or fields.site.instance.type == "aws_default_route_table"
    return Unknown(f"{fields.site.instance.address} does not tell whether it is the main route table")


def _routes(world: World, fields: Fields) -> Maybe[tuple[Route, ...]]:
    managed = fields.site.instance.managed
    inline = fields.blocks("route") if managed else fields.blocks("routes", absent="computed")
    if isinstance(inline, Unknown):
        return inline
    found: list[Route] = []
    for block in inline:
        if isinstance(block, Unknown):
            return block
        found.append(_route(block))
    more = world.satellites("aws_route", "route_table_id", "route_table")
    for item in more.of(fields.site.key):
        unsure = exists_unknown(item)
        if unsure is not None:
            return unsure
        found.append(_route(item, "destination_"))
    maybe = more.maybe(fields.site.key)
    return maybe if maybe is not None else tuple({repr(route): route for route in sorted(found, key=repr)}.values())


def _route(fields: Fields, start: str = "") -> Route:
    destination: Maybe[Prefix | Key | None] = fields.key("destination_prefix_list_id", "prefix_list")
    for name in (f"{start}cidr_block", f"{start}ipv6_cidr_block"):
        if destination is None:
            destination = fields.prefix(name)
    target: Maybe[Key | None] = None
    for name, family in _TARGETS.items():
        if target is None or isinstance(target, Unknown):
            other = fields.key(name, family, absent="configured")
            target = target if other is None else other
    return Route(destination=destination, target=target)


def _subnets(world: World, fields: Fields) -> Maybe[tuple[Maybe[Key], ...]]:
    if not fields.site.instance.managed:
        return Unknown(f"{fields.site.instance.address} does not list its subnets")
    found = world.satellites("aws_route_table_association", "route_table_id", "route_table")
    keys: list[Maybe[Key]] = []
    for item in found.of(fields.site.key):
        unsure = exists_unknown(item)
        key = item.key("subnet_id", "subnet") if unsure is None else unsure
        if key is not None:
            keys.append(key)
    maybe = found.maybe(fields.site.key)
    return ordered((*keys, *((maybe,) if maybe is not None else ())))


def internet_gateways(world: World) -> Iterator[InternetGateway]:
    """Yield the internet gateways, attached by argument or by ``aws_internet_gateway_attachment``."""
    attached = world.satellites("aws_internet_gateway_attachment", "internet_gateway_id", "internet_gateway")
    for fields in world.of("aws_internet_gateway", "data.aws_internet_gateway"):
        others = attached.of(fields.site.key)
        vpc = others[0].required_key("vpc_id", "vpc") if others else fields.key("vpc_id", "vpc", absent="configured")
        maybe = attached.maybe(fields.site.key)
        shared = common(fields, id_="id" if fields.site.instance.managed else "internet_gateway_id")
        yield InternetGateway(**shared, vpc=maybe if vpc is None and maybe is not None else vpc)


def nat_gateways(world: World) -> Iterator[NatGateway]:
    """Yield the NAT gateways; ``availability_mode`` exists since provider 6.24."""
    for fields in world.of("aws_nat_gateway", "data.aws_nat_gateway"):
        subnet = fields.key("subnet_id", "subnet")
        home = world.at(subnet) if isinstance(subnet, str) else None
        vpc: Maybe[Key | None] = fields.key("vpc_id", "vpc", absent="configured")
        if vpc is None and home is not None:
            vpc = home.required_key("vpc_id", "vpc")
        if vpc is None and subnet is not None:
            vpc = Unknown("the VPC of its subnet is not in the input")
        yield NatGateway(
            **common(fields, arn=None),
            vpc=vpc,
            subnet=subnet,
            availability_mode=fields.text_or("availability_mode", "zonal", absent="configured"),
        )


def block_public_access(world: World) -> Iterator[VpcBlockPublicAccess]:
    """Yield the account and region wide setting."""
    for fields in world.of("aws_vpc_block_public_access_options"):
        yield VpcBlockPublicAccess(
            **common(fields, arn=None), internet_gateway_block_mode=fields.required("internet_gateway_block_mode")
        )
