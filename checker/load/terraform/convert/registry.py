"""Which Terraform types are read, and what makes the model's entities of them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Final

from checker.load.terraform.convert import (
    bucket,
    destination,
    flow_log,
    identity,
    monitoring,
    network,
    network_acl,
    routing,
    security_group,
    transit,
)
from checker.load.terraform.convert.common import World
from checker.model.entity import Entity
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class Converter:
    """What makes the entities of one part of the model."""

    part: str
    """Field of NetworkModel."""
    convert: Callable[[World], Iterator[Entity]]
    types: tuple[str, ...]
    """Terraform types it reads, those that only add to another entity among them; ``data.aws_vpc`` for data sources."""


CONVERTERS: Final = (
    Converter(
        "vpcs",
        network.vpcs,
        (
            "aws_vpc",
            "aws_default_vpc",
            "data.aws_vpc",
            "aws_vpc_ipv4_cidr_block_association",
            "aws_vpc_ipv6_cidr_block_association",
        ),
    ),
    Converter("subnets", network.subnets, ("aws_subnet", "aws_default_subnet", "data.aws_subnet")),
    Converter(
        "network_interfaces",
        network.network_interfaces,
        (
            "aws_network_interface",
            "data.aws_network_interface",
            "aws_network_interface_attachment",
            "aws_network_interface_sg_attachment",
            "aws_instance",
        ),
    ),
    Converter(
        "security_groups",
        security_group.security_groups,
        (
            "aws_security_group",
            "aws_default_security_group",
            "data.aws_security_group",
            "aws_security_group_rule",
            "aws_vpc_security_group_ingress_rule",
            "aws_vpc_security_group_egress_rule",
        ),
    ),
    Converter(
        "network_acls",
        network_acl.network_acls,
        ("aws_network_acl", "aws_default_network_acl", "aws_network_acl_rule", "aws_network_acl_association"),
    ),
    Converter(
        "prefix_lists",
        network_acl.prefix_lists,
        (
            "aws_ec2_managed_prefix_list",
            "aws_ec2_managed_prefix_list_entry",
            "data.aws_ec2_managed_prefix_list",
            "data.aws_prefix_list",
        ),
    ),
    Converter(
        "route_tables",
        routing.route_tables,
        (
            "aws_route_table",
            "aws_default_route_table",
            "data.aws_route_table",
            "aws_route",
            "aws_route_table_association",
            "aws_main_route_table_association",
        ),
    ),
    Converter(
        "internet_gateways",
        routing.internet_gateways,
        ("aws_internet_gateway", "data.aws_internet_gateway", "aws_internet_gateway_attachment"),
    ),
    Converter("nat_gateways", routing.nat_gateways, ("aws_nat_gateway", "data.aws_nat_gateway")),
    Converter(
        "transit_gateways", transit.transit_gateways, ("aws_ec2_transit_gateway", "data.aws_ec2_transit_gateway")
    ),
    Converter("transit_gateway_attachments", transit.attachments, tuple(transit.KINDS)),
    Converter("vpc_block_public_access", routing.block_public_access, ("aws_vpc_block_public_access_options",)),
    Converter("flow_logs", flow_log.flow_logs, ("aws_flow_log",)),
    Converter(
        "telemetry_rules",
        flow_log.telemetry_rules,
        ("aws_observabilityadmin_telemetry_rule", "aws_observabilityadmin_telemetry_rule_for_organization"),
    ),
    Converter("log_groups", destination.log_groups, ("aws_cloudwatch_log_group", "data.aws_cloudwatch_log_group")),
    Converter(
        "buckets",
        bucket.buckets,
        (
            "aws_s3_bucket",
            "data.aws_s3_bucket",
            "aws_s3_bucket_policy",
            "aws_s3_bucket_server_side_encryption_configuration",
            "aws_s3_bucket_public_access_block",
            "aws_s3_bucket_versioning",
            "aws_s3_bucket_lifecycle_configuration",
            "aws_s3_bucket_object_lock_configuration",
        ),
    ),
    Converter(
        "account_public_access_blocks", bucket.account_public_access_blocks, ("aws_s3_account_public_access_block",)
    ),
    Converter(
        "delivery_streams",
        destination.delivery_streams,
        ("aws_kinesis_firehose_delivery_stream", "data.aws_kinesis_firehose_delivery_stream", "aws_kinesis_stream"),
    ),
    Converter(
        "roles",
        identity.roles,
        (
            "aws_iam_role",
            "data.aws_iam_role",
            "aws_iam_role_policy",
            "aws_iam_role_policy_attachment",
            "aws_iam_policy_attachment",
            "aws_iam_policy",
            "data.aws_iam_policy",
            "data.aws_iam_policy_document",
            "data.aws_caller_identity",
            "data.aws_region",
            "data.aws_partition",
        ),
    ),
    Converter(
        "kms_keys",
        identity.kms_keys,
        ("aws_kms_key", "data.aws_kms_key", "aws_kms_key_policy", "aws_kms_alias", "data.aws_kms_alias"),
    ),
    Converter("metric_filters", monitoring.metric_filters, ("aws_cloudwatch_log_metric_filter",)),
    Converter("alarms", monitoring.alarms, ("aws_cloudwatch_metric_alarm",)),
    Converter("topics", monitoring.topics, ("aws_sns_topic", "data.aws_sns_topic")),
    Converter("topic_subscriptions", monitoring.topic_subscriptions, ("aws_sns_topic_subscription",)),
    Converter("insight_rules", monitoring.insight_rules, ("aws_cloudwatch_contributor_insight_rule",)),
    Converter("subscription_filters", monitoring.subscription_filters, ("aws_cloudwatch_log_subscription_filter",)),
    Converter("glue_tables", monitoring.glue_tables, ("aws_glue_catalog_table",)),
    Converter("athena_workgroups", monitoring.athena_workgroups, ("aws_athena_workgroup",)),
)
"""The only registry: a further type is added here and in its converter, nowhere else."""

PARTS: Final = frozenset(converter.part for converter in CONVERTERS)
"""All fields of NetworkModel that Terraform tells of."""


def types_of(parts: Container[str]) -> frozenset[str]:
    """Return the types that the converters of some parts read."""
    return frozenset(type_ for converter in CONVERTERS if converter.part in parts for type_ in converter.types)


WANTED_TYPES: Final = types_of(PARTS)
"""Types that conversion reads: managed ones as ``aws_vpc``, data sources as ``data.aws_vpc``."""
