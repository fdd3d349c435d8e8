"""Flow logs: the subscription, not the record."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from checker.model.entity import Entity
from checker.model.known import Key, Maybe
from checker.model.record import dataclass


class FlowLogTarget(StrEnum):
    """EC2 ``FlowLogsResourceType``."""

    VPC = "VPC"
    SUBNET = "Subnet"
    NETWORK_INTERFACE = "NetworkInterface"
    TRANSIT_GATEWAY = "TransitGateway"
    TRANSIT_GATEWAY_ATTACHMENT = "TransitGatewayAttachment"
    REGIONAL_NAT_GATEWAY = "RegionalNatGateway"


class TrafficType(StrEnum):
    """EC2 ``TrafficType``."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    ALL = "ALL"


class LogDestinationType(StrEnum):
    """EC2 ``LogDestinationType``."""

    CLOUD_WATCH_LOGS = "cloud-watch-logs"
    S3 = "s3"
    FIREHOSE = "kinesis-data-firehose"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDestination:
    """Where a flow log delivers, taken apart."""

    type: LogDestinationType
    entity: Key | None
    """Key of the bucket, log group or stream in the model; None when it is not in the model or not known."""
    arn: Maybe[str | None]
    """As configured, without a trailing ``:*``; for a log group given by name only, the ARN where account and region
    are known. None: configured to be empty. Unknown carries a symbol where a template could be read."""
    name: Maybe[str | None]
    """Bucket, log group or stream name."""
    prefix: Maybe[str | None]
    """Folder within the bucket without slashes at the ends; None for none and for other types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """When the destination last received something of a flow log. Source: S3 ``Object`` or logs ``LogStream``."""

    newest: Maybe[datetime | None]
    """Last modification of the newest object, or the newest event; None when there is none at all."""
    looked_at: datetime
    """When it was looked for."""
    api: str
    """The call that told, for example ``s3:ListObjectsV2``."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class FlowLog(Entity):
    """Source: EC2 ``FlowLog``; Terraform ``aws_flow_log``."""

    target: Maybe[Key]
    """Key (or id, when outside the model) of the resource whose traffic is recorded."""
    target_type: Maybe[FlowLogTarget]
    traffic_type: Maybe[TrafficType | None]
    """None for transit gateways, which have none."""
    destination: Maybe[LogDestination]
    role: Maybe[Key | None]
    """``DeliverLogsPermissionArn``: key of the role in the model, else its ARN."""
    cross_account_role: Maybe[Key | None]
    """``DeliverCrossAccountRole``."""
    log_format: Maybe[str | None]
    """Field list as ``${version} ${account-id} ...``; None for the default format."""
    max_aggregation_interval: Maybe[int]
    """Seconds: 60 or 600."""
    file_format: Maybe[str]
    """``plain-text`` or ``parquet``."""
    hive_compatible_partitions: Maybe[bool]
    per_hour_partition: Maybe[bool]
    status: Maybe[str | None] = None
    """``FlowLogStatus``; None where the source has none (Terraform)."""
    deliver_status: Maybe[str | None] = None
    """``DeliverLogsStatus`` SUCCESS or FAILED; None where the source has none (Terraform)."""
    deliver_error: str | None = None
    """``DeliverLogsErrorMessage``, verbatim."""
    created: Maybe[datetime | None] = None
    """``CreationTime``; None where the source has none (Terraform)."""
    freshness: Maybe[Freshness | None] = None
    """None where nobody looked (``--freshness``)."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class TelemetryRule(Entity):
    """A CloudWatch telemetry rule that makes AWS create flow logs (``aws_observabilityadmin_*``)."""

    resource_type: Maybe[str]
    """Telemetry resource type, ``AWS::EC2::VPC`` for flow logs."""
    organization_wide: bool
    telemetry_type: Maybe[str | None] = None
    """Logs, Metrics or Traces; None where the source has none."""
    selection_criteria: Maybe[str | None] = None
    """Condition on the tags of what it applies to; None for everything."""
    scope: Maybe[str | None] = None
    """Part of the organization; None for all of it."""
    regions: Maybe[tuple[str, ...] | None] = ()
    """Further regions that the rule is copied to; None for all."""
