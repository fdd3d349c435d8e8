"""Texts by which one resource names what another resource adopts or completes."""

from __future__ import annotations

from functools import partial
from typing import Final

from checker.load.terraform.convert.common import World
from checker.load.terraform.convert.network import register_primary_interfaces
from checker.load.terraform.convert.symbol import template
from checker.model.known import Key, Maybe, Unknown

_DEFAULTS: Final = (
    ("default_network_acl_id", "network_acl", "aws_default_network_acl", "default_network_acl_id"),
    ("default_route_table_id", "route_table", "aws_default_route_table", "default_route_table_id"),
    ("default_security_group_id", "security_group", "aws_default_security_group", "vpc_id"),
)
"""Attribute of the VPC, family, the resource that adopts the thing, and the argument that tells the VPC."""


def register(world: World) -> None:
    """Let default ACLs, groups and route tables, primary interfaces and KMS aliases be found."""
    for attribute, family, kind, argument in _DEFAULTS:
        of_vpc = f"vpc_of_{attribute.removesuffix('_id')}"
        world.index.further(of_vpc, partial(_defaults_of_vpcs, world, attribute, of_vpc))
        world.index.further(family, partial(_adopted, world, attribute, family, kind, argument))
    world.index.further("interface", partial(register_primary_interfaces, world))
    world.index.further("kms_key", partial(_aliases, world))
    world.index.gather()


def _aliases(world: World) -> None:
    """Register the names and ARNs of the aliases of keys."""
    for fields in world.of("aws_kms_alias", "data.aws_kms_alias"):
        target = fields.key("target_key_id", "kms_key", absent="computed")
        if isinstance(target, str) and target in world.resolver.sites:
            for name in ("arn", "name", "target_key_arn"):
                _add(world, "kms_key", fields.text(name, absent="computed"), target)


def _defaults_of_vpcs(world: World, attribute: str, family: str) -> None:
    """Register the default things of VPCs as names of the VPCs."""
    for fields in world.of("aws_vpc", "aws_default_vpc", "data.aws_vpc"):
        _add(world, family, fields.text(attribute, absent="computed"), fields.site.key)


def _adopted(world: World, attribute: str, family: str, kind: str, argument: str) -> None:
    """Register the resources that adopt default things."""
    for fields in world.of(kind):
        key = fields.site.key
        if argument != "vpc_id":
            _add(world, family, fields.text(argument, absent="computed"), key)
            continue
        vpc = fields.required_key("vpc_id", "vpc")
        home = None if isinstance(vpc, Unknown) else world.at(vpc)
        if home is not None:
            _add(world, family, home.text(attribute, absent="computed"), key)


def _add(world: World, family: str, text: Maybe[str | None], key: Key) -> None:
    if text is not None and template(text) is not None:
        world.index.add_text(family, text, key)
