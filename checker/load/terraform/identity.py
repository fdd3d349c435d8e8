"""Which arguments name another resource, so that a lone reference in their expression is their value.

Plan JSON tells the references of an expression, not the expression. ``vpc_id`` with the one reference
``aws_vpc.a.id`` can only be that id: no template makes another VPC's id of it. A policy document with the one
reference ``aws_s3_bucket.b.arn`` is anything but that ARN.
"""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache
from typing import Final

from checker.load.terraform.instance import Ref
from checker.load.terraform.source.address import parse_address

_PLURAL: Final = {
    "alarm_actions": "arn",
    "insufficient_data_actions": "arn",
    "managed_policy_arns": "arn",
    "ok_actions": "arn",
    "roles": "name",
    "security_groups": "id",
    "subnets": "id",
}
"""Arguments that hold a list or set of names, beside those that end with ``_ids`` or ``_arns``."""

_SINGULAR: Final = {
    "bucket": "id",
    "log_destination": "arn",
    "log_group_name": "name",
    "role": "name",
}
"""Arguments that hold one name, beside those that end with ``_id`` or ``_arn``; and the attribute that is usual."""

_DOCUMENTS: Final = {"assume_role_policy": "json", "policy": "json", "rule_definition": "json"}
"""Arguments that hold a document: only another document is their value."""

_USUAL: Final = {**_PLURAL, **_SINGULAR, **_DOCUMENTS}

_TARGETS: Final = {
    "eni_id": ("aws_network_interface",),
    "network_interface_id": ("aws_network_interface",),
    "regional_nat_gateway_id": ("aws_nat_gateway",),
    "security_group_id": ("aws_security_group", "aws_default_security_group"),
    "security_group_ids": ("aws_security_group", "aws_default_security_group"),
    "security_groups": ("aws_security_group", "aws_default_security_group"),
    "source_security_group_id": ("aws_security_group", "aws_default_security_group"),
    "referenced_security_group_id": ("aws_security_group", "aws_default_security_group"),
    "vpc_security_group_ids": ("aws_security_group", "aws_default_security_group"),
    "subnet_id": ("aws_subnet", "aws_default_subnet"),
    "subnet_ids": ("aws_subnet", "aws_default_subnet"),
    "subnets": ("aws_subnet", "aws_default_subnet"),
    "transit_gateway_attachment_id": (
        "aws_ec2_transit_gateway_vpc_attachment",
        "aws_ec2_transit_gateway_peering_attachment",
        "aws_ec2_transit_gateway_connect",
        "aws_ec2_transit_gateway_vpc_attachment_accepter",
        "aws_ec2_transit_gateway_peering_attachment_accepter",
        "aws_vpn_connection",
        "aws_dx_gateway_association",
    ),
    "transit_gateway_id": ("aws_ec2_transit_gateway",),
    "vpc_id": ("aws_vpc", "aws_default_vpc"),
    "network_acl_id": ("aws_network_acl", "aws_default_network_acl"),
    "route_table_id": ("aws_route_table", "aws_default_route_table"),
    "bucket": ("aws_s3_bucket",),
}
"""Arguments whose ``id`` belongs to resources of these types, and no others."""

_ARN_IS_ID: Final = frozenset(
    {
        "aws_iam_policy",
        "aws_kinesis_firehose_delivery_stream",
        "aws_kinesis_stream",
        "aws_lb",
        "aws_sns_topic",
    }
)
"""Types whose ``id`` is their ARN."""

FLOW_LOG_TARGETS: Final = frozenset(
    {
        "eni_id",
        "regional_nat_gateway_id",
        "subnet_id",
        "transit_gateway_attachment_id",
        "transit_gateway_id",
        "vpc_id",
    }
)
"""The arguments of ``aws_flow_log`` of which exactly one is set."""


@lru_cache(maxsize=1024)
def is_name(argument: str) -> bool:
    """Return whether an argument holds one name, or is an element of a list of names."""
    return argument in _SINGULAR or argument in _DOCUMENTS or argument.endswith(("_id", "_arn")) or is_names(argument)


@lru_cache(maxsize=1024)
def is_names(argument: str) -> bool:
    """Return whether an argument holds a list or set of names."""
    return argument in _PLURAL or argument.endswith(("_ids", "_arns"))


def usual_attribute(argument: str, known: Container[str]) -> str:
    """Return which attribute of a resource an argument takes when plan JSON does not tell.

    ``known`` are the attributes that the instance is known to have: ``aws_subnet.s[count.index].vpc_id`` shows as
    ``aws_subnet.s``, and a ``vpc_id`` is not a subnet's id.
    """
    single = argument.removesuffix("s") if is_names(argument) else argument
    if single in known:
        return single
    if argument in _USUAL:
        return _USUAL[argument]
    return "arn" if single.endswith("_arn") else "id"


def target_types(argument: str) -> tuple[str, ...]:
    """Return the types of which an argument names an instance; empty when it may be several."""
    return _TARGETS.get(argument, ())


def fits(argument: str, ref: Ref) -> bool:
    """Return whether the value of an argument can be just this attribute."""
    return _fits(argument, type_of(ref.address), str(ref.path[-1]) if ref.path else "")


@lru_cache(maxsize=4096)
def _fits(argument: str, type_: str, attribute: str) -> bool:
    single = argument.removesuffix("s") if is_names(argument) else argument
    if argument in _DOCUMENTS:
        return attribute in ("json", "minified_json", argument)
    if attribute == single or (single.endswith("_id") and attribute.endswith(f"_{single}")):
        return True
    if single in ("log_group_name", "role", "bucket"):
        return attribute in ("name", "id", "bucket", "arn") and type_ in _types_named(single)
    if single == "log_destination" or usual_attribute(argument, ()) == "arn":
        return attribute == "arn" or attribute.endswith("_arn") or (attribute == "id" and type_ in _ARN_IS_ID)
    if single.startswith("kms_") or "_kms_" in single or single == "target_key_id":
        return attribute in ("arn", "id", "key_id", "target_key_arn", "target_key_id")
    types = _TARGETS.get(argument)
    return attribute == "id" and (types is None or type_ in types)


def _types_named(single: str) -> tuple[str, ...]:
    return {
        "log_group_name": ("aws_cloudwatch_log_group",),
        "role": ("aws_iam_role",),
        "bucket": ("aws_s3_bucket",),
    }[single]


def names_itself(argument: str, ref: Ref) -> bool:
    """Return whether the attribute is a name of the instance it belongs to, and so names a candidate."""
    attribute = str(ref.path[-1]) if ref.path else ""
    types = _TARGETS.get(argument)
    return attribute in ("id", "arn", "name", "bucket", "key_id") and (types is None or type_of(ref.address) in types)


@lru_cache(maxsize=1 << 16)
def type_of(address: str) -> str:
    """Return the resource type in an instance address."""
    parsed = parse_address(address)
    return parsed.type if parsed else ""
