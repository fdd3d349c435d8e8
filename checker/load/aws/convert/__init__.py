"""AWS responses to the network model: the only place that knows the members of AWS API responses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from checker.load.aws.call import Group, Replies
from checker.load.aws.convert import destinations, firewall, flow_logs, identity, monitoring, network
from checker.load.aws.convert.gaps import gaps_of, unread_of
from checker.load.aws.convert.view import World
from checker.model.entity import Entity
from checker.model.finding import Gap
from checker.model.model import NetworkModel
from checker.model.origin import Source

_CONVERTERS = {
    "vpcs": network.vpcs,
    "subnets": network.subnets,
    "network_interfaces": network.network_interfaces,
    "security_groups": firewall.security_groups,
    "network_acls": firewall.network_acls,
    "prefix_lists": firewall.prefix_lists,
    "route_tables": firewall.route_tables,
    "internet_gateways": firewall.internet_gateways,
    "nat_gateways": network.nat_gateways,
    "transit_gateways": network.transit_gateways,
    "transit_gateway_attachments": network.transit_gateway_attachments,
    "vpc_block_public_access": network.vpc_block_public_access,
    "vpc_block_public_access_exclusions": network.vpc_block_public_access_exclusions,
    "vpc_encryption_controls": network.vpc_encryption_controls,
    "telemetry_rules": flow_logs.telemetry_rules,
    "log_groups": destinations.log_groups,
    "logs_resource_policies": destinations.logs_resource_policies,
    "buckets": destinations.buckets,
    "account_public_access_blocks": destinations.account_public_access_blocks,
    "delivery_streams": destinations.delivery_streams,
    "roles": identity.roles,
    "kms_keys": identity.kms_keys,
    "metric_filters": monitoring.metric_filters,
    "alarms": monitoring.alarms,
    "topics": monitoring.topics,
    "topic_subscriptions": monitoring.topic_subscriptions,
    "insight_rules": monitoring.insight_rules,
    "subscription_filters": monitoring.subscription_filters,
    "glue_tables": monitoring.glue_tables,
    "athena_workgroups": monitoring.athena_workgroups,
}


def network_of(replies: Replies, *, source: Source, groups: Collection[Group]) -> tuple[NetworkModel, tuple[Gap, ...]]:
    """Return the network that replies describe, and what could not be read.

    ``groups`` says which calls were meant to be made: one of them that is missing is a gap, others are not.
    """
    world = World(replies=replies, source=source, groups=frozenset(groups))
    parts: dict[str, Any] = {name: _sorted(convert(world)) for name, convert in _CONVERTERS.items()}
    holders = [*parts["buckets"], *parts["log_groups"], *parts["delivery_streams"]]
    parts["flow_logs"] = _sorted(flow_logs.flow_logs(world, holders))
    model = NetworkModel(
        **parts,
        unread=tuple(unread_of(world)),
        absent=tuple(world.absent[key] for key in sorted(world.absent)),
    )
    return model, gaps_of(world)


def _sorted(found: Iterable[Entity]) -> tuple[Entity, ...]:
    return tuple(sorted(found, key=lambda entity: entity.key))
