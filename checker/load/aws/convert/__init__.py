"""AWS responses to the network model: the only place that knows the members of AWS API responses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final

from checker.load.aws.call import Group, Replies
from checker.load.aws.convert import (
    buckets,
    flow_logs,
    identity,
    interfaces,
    keys,
    log_groups,
    monitoring,
    network,
    network_acls,
    routing,
    security_groups,
    streams,
    tables,
    telemetry,
    topics,
    transit,
)
from checker.load.aws.convert.gaps import gaps_of, unread_of
from checker.load.aws.convert.missing import Completed
from checker.load.aws.convert.world import World
from checker.model.entity import Entity
from checker.model.finding import Gap
from checker.model.known import Key
from checker.model.model import NetworkModel
from checker.model.origin import Source

_CONVERTERS: Final[dict[str, Callable[[World], Iterator[Entity]]]] = {
    "vpcs": network.vpcs,
    "subnets": network.subnets,
    "network_interfaces": interfaces.network_interfaces,
    "security_groups": security_groups.security_groups,
    "network_acls": network_acls.network_acls,
    "prefix_lists": security_groups.prefix_lists,
    "route_tables": routing.route_tables,
    "internet_gateways": routing.internet_gateways,
    "nat_gateways": transit.nat_gateways,
    "transit_gateways": transit.transit_gateways,
    "transit_gateway_attachments": transit.transit_gateway_attachments,
    "vpc_block_public_access": network.vpc_block_public_access,
    "vpc_block_public_access_exclusions": network.vpc_block_public_access_exclusions,
    "vpc_encryption_controls": network.vpc_encryption_controls,
    "telemetry_rules": telemetry.telemetry_rules,
    "log_groups": log_groups.log_groups,
    "logs_resource_policies": log_groups.logs_resource_policies,
    "buckets": buckets.buckets,
    "account_public_access_blocks": buckets.account_public_access_blocks,
    "delivery_streams": streams.delivery_streams,
    "roles": identity.roles,
    "kms_keys": keys.kms_keys,
    "metric_filters": monitoring.metric_filters,
    "alarms": monitoring.alarms,
    "topics": topics.topics,
    "topic_subscriptions": topics.topic_subscriptions,
    "insight_rules": monitoring.insight_rules,
    "subscription_filters": monitoring.subscription_filters,
    "glue_tables": tables.glue_tables,
    "athena_workgroups": tables.athena_workgroups,
}
"""What makes the entities of each part of the model but the flow logs, which name their destinations."""

_DESTINATIONS: Final = ("buckets", "log_groups", "delivery_streams")


def network_of(replies: Replies, *, source: Source, groups: Collection[Group]) -> tuple[NetworkModel, tuple[Gap, ...]]:
    """Return the network that replies describe, and what could not be read.

    ``groups`` says which calls were meant to be made: one of them that is missing is a gap, others are not. Nothing
    that a response holds raises: what cannot be read is Unknown, or a gap.
    """
    world = World(Completed(replies, groups), source, frozenset(groups))
    parts: dict[str, Any] = {name: _sorted(convert(world)) for name, convert in _CONVERTERS.items()}
    holders = frozenset(each.key for name in _DESTINATIONS for each in parts[name])
    parts["flow_logs"] = _sorted(flow_logs.flow_logs(world, holders))
    model = NetworkModel(
        **parts,
        unread=unread_of(world),
        absent=tuple(world.absent[key] for key in sorted(world.absent)),
    )
    return model, gaps_of(world)


def _sorted(found: Iterable[Entity]) -> tuple[Entity, ...]:
    """Return entities by key, each key once: dumps that overlap show a thing twice."""
    by_key: dict[Key, Entity] = {}
    for entity in found:
        by_key.setdefault(entity.key, entity)
    return tuple(by_key[key] for key in sorted(by_key))
