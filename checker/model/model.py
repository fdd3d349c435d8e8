"""NetworkModel: all that one input says exists, frozen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from checker.model.absent import Absent
from checker.model.destination import AccountPublicAccessBlock, Bucket, DeliveryStream, LogGroup, LogsResourcePolicy
from checker.model.entity import Entity
from checker.model.firewall import NetworkAcl, PrefixList, SecurityGroup
from checker.model.flow_log import FlowLog, TelemetryRule
from checker.model.identity import KmsKey, Role
from checker.model.known import Key, Unknown
from checker.model.monitoring import (
    Alarm,
    AthenaWorkgroup,
    GlueTable,
    InsightRule,
    MetricFilter,
    SubscriptionFilter,
    Topic,
    TopicSubscription,
)
from checker.model.network import (
    InternetGateway,
    NatGateway,
    NetworkInterface,
    RouteTable,
    Subnet,
    TransitGateway,
    TransitGatewayAttachment,
    Vpc,
    VpcBlockPublicAccess,
    VpcBlockPublicAccessExclusion,
    VpcEncryptionControl,
)
from checker.model.record import dataclass, field, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A part of the input that could not be read, and so may hold entities that the model lacks.

    While one is present for a kind, "there is no flow log" cannot be concluded.
    """

    types: tuple[str, ...]
    """Terraform resource types that it may hold; empty for any."""
    root: str | None = None
    """Only in this root module or ``account/region``; None for everywhere."""
    account: str | None = None
    region: str | None = None
    """Where ``root`` is a place in AWS: that place; ``global`` for what an account has once."""
    cause: Unknown


@dataclass(frozen=True, kw_only=True)
class NetworkModel:
    """Facts only. Entities of each kind are sorted by key."""

    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    network_interfaces: tuple[NetworkInterface, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    network_acls: tuple[NetworkAcl, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    internet_gateways: tuple[InternetGateway, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    transit_gateways: tuple[TransitGateway, ...] = ()
    transit_gateway_attachments: tuple[TransitGatewayAttachment, ...] = ()
    vpc_block_public_access: tuple[VpcBlockPublicAccess, ...] = ()
    vpc_block_public_access_exclusions: tuple[VpcBlockPublicAccessExclusion, ...] = ()
    vpc_encryption_controls: tuple[VpcEncryptionControl, ...] = ()
    flow_logs: tuple[FlowLog, ...] = ()
    telemetry_rules: tuple[TelemetryRule, ...] = ()
    log_groups: tuple[LogGroup, ...] = ()
    logs_resource_policies: tuple[LogsResourcePolicy, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    account_public_access_blocks: tuple[AccountPublicAccessBlock, ...] = ()
    delivery_streams: tuple[DeliveryStream, ...] = ()
    roles: tuple[Role, ...] = ()
    kms_keys: tuple[KmsKey, ...] = ()
    metric_filters: tuple[MetricFilter, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    topics: tuple[Topic, ...] = ()
    topic_subscriptions: tuple[TopicSubscription, ...] = ()
    insight_rules: tuple[InsightRule, ...] = ()
    subscription_filters: tuple[SubscriptionFilter, ...] = ()
    glue_tables: tuple[GlueTable, ...] = ()
    athena_workgroups: tuple[AthenaWorkgroup, ...] = ()
    unread: tuple[Unread, ...] = field(default=())
    absent: tuple[Absent, ...] = field(default=())
    """What AWS says does not exist, though something names it."""

    def entities(self) -> Iterator[Entity]:
        """Yield every entity, kind by kind."""
        for part in fields(self):
            for item in getattr(self, part.name):
                if isinstance(item, Entity):
                    yield item

    @cached_property
    def by_key(self) -> dict[Key, Entity]:
        """Every entity by its key."""
        return {entity.key: entity for entity in self.entities()}

    def absent_for(self, key: Key) -> Absent | None:
        """Return AWS's word that the thing of this key does not exist, or None."""
        return self._absent_by_key.get(key)

    @cached_property
    def _absent_by_key(self) -> dict[Key, Absent]:
        return {each.key: each for each in self.absent}

    def unread_for(self, type_: str, root: str | None = None) -> Unknown | None:
        """Return why entities of a Terraform type may be missing from the model, or None when all were read."""
        for gap in self.unread:
            if (not gap.types or type_ in gap.types) and (gap.root is None or root is None or gap.root == root):
                return gap.cause
        return None
