"""Texts by which one resource names what another resource adopts or completes."""

from __future__ import annotations

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
        _default(world, attribute, family, kind, argument)
    register_primary_interfaces(world)
    for fields in world.of("aws_kms_alias", "data.aws_kms_alias"):
        target = fields.key("target_key_id", "kms_key", absent="computed")
        if isinstance(target, str) and target in world.resolver.sites:
            for name in ("arn", "name", "target_key_arn"):
                _add(world, "kms_key", fields.text(name, absent="computed"), target)


def _default(world: World, attribute: str, family: str, kind: str, argument: str) -> None:
    """Register the default things of VPCs, and the resources that adopt them."""
    for fields in world.of("aws_vpc", "aws_default_vpc", "data.aws_vpc"):
        _add(
            world, f"vpc_of_{attribute.removesuffix('_id')}", fields.text(attribute, absent="computed"), fields.site.key
        )
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
