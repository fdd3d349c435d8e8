"""Entities with every field filled, so that a test says only what it is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from checker.model.destination import (
    Bucket,
    BucketEncryption,
    DeliveryStream,
    LifecycleRule,
    LogGroup,
    PublicAccessBlock,
)
from checker.model.entity import Entity
from checker.model.finding import Finding, Json
from checker.model.firewall import NetworkAcl, PrefixList, SecurityGroup
from checker.model.flow_log import (
    FlowLog,
    FlowLogTarget,
    LogDestination,
    LogDestinationType,
    TelemetryRule,
    TrafficType,
)
from checker.model.identity import KmsKey, PolicyDocument, Role, Statement
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, Loaded, ResourceChange
from checker.model.model import NetworkModel, Unread
from checker.model.network import (
    NatGateway,
    NetworkInterface,
    Subnet,
    TransitGateway,
    TransitGatewayAttachment,
    TransitGatewayAttachmentType,
    Vpc,
)
from checker.model.origin import Origin, Source
from checker.rules import RULES
from checker.rules._fields import ANALYSIS_FIELDS
from checker.rules.engine import PlainSetting, judge

ACCOUNT = "111122223333"
OTHER = "444455556666"
REGION = "eu-west-1"
LATER = Unknown("known after apply")
FULL_FORMAT = " ".join(f"${{{field}}}" for field in ANALYSIS_FIELDS)

_KINDS: tuple[tuple[type[Entity], str], ...] = (
    (Vpc, "vpcs"),
    (Subnet, "subnets"),
    (NetworkInterface, "network_interfaces"),
    (NatGateway, "nat_gateways"),
    (TransitGateway, "transit_gateways"),
    (TransitGatewayAttachment, "transit_gateway_attachments"),
    (FlowLog, "flow_logs"),
    (TelemetryRule, "telemetry_rules"),
    (LogGroup, "log_groups"),
    (Bucket, "buckets"),
    (DeliveryStream, "delivery_streams"),
    (Role, "roles"),
    (KmsKey, "kms_keys"),
    (SecurityGroup, "security_groups"),
    (NetworkAcl, "network_acls"),
    (PrefixList, "prefix_lists"),
)


def common(address: str, **over: Any) -> dict[str, Any]:
    """Fields that every entity has; ``source``, ``managed`` and ``root`` go into the origin."""
    source = over.pop("source", Source.PLAN)
    live = source in (Source.ACCOUNT, Source.SNAPSHOT)
    origin = Origin(
        source=source,
        root=over.pop("root", ""),
        address=None if live else address,
        managed=over.pop("managed", True),
    )
    type_ = address.removeprefix("data.").split(".")[-2] if "." in address else "aws_vpc"
    made: dict[str, Any] = {
        "key": address,
        "origin": origin,
        "type": type_,
        "id": LATER,
        "arn": LATER,
        "account": ACCOUNT,
        "region": REGION,
        "tags": {},
    }
    return {**made, **over}


def _with(kind: type[Any], address: str, defaults: Mapping[str, Any], over: dict[str, Any]) -> Any:
    own = {key: over.pop(key) for key in list(over) if key in defaults}
    return kind(**{**defaults, **own, **common(address, **over)})


def vpc(address: str = "aws_vpc.a", **over: Any) -> Vpc:
    made: Vpc = _with(Vpc, address, {"cidrs": (), "owner": ACCOUNT, "is_default": False}, over)
    return made


def subnet(address: str = "aws_subnet.a", of: Any = "aws_vpc.a", **over: Any) -> Subnet:
    made: Subnet = _with(Subnet, address, {"vpc": of, "cidrs": (), "availability_zone": None, "owner": ACCOUNT}, over)
    return made


def interface(address: str = "aws_network_interface.a", **over: Any) -> NetworkInterface:
    defaults = {
        "vpc": "aws_vpc.a",
        "subnet": "aws_subnet.a",
        "security_groups": (),
        "private_ips": (),
        "interface_type": "interface",
        "requester_managed": False,
        "description": None,
        "instance_type": None,
    }
    made: NetworkInterface = _with(NetworkInterface, address, defaults, over)
    return made


def transit_gateway(address: str = "aws_ec2_transit_gateway.a", **over: Any) -> TransitGateway:
    made: TransitGateway = _with(TransitGateway, address, {"owner": ACCOUNT}, over)
    return made


def attachment(address: str = "aws_ec2_transit_gateway_vpc_attachment.a", **over: Any) -> TransitGatewayAttachment:
    defaults = {
        "transit_gateway": "aws_ec2_transit_gateway.a",
        "attachment_type": TransitGatewayAttachmentType.VPC,
        "vpc": "aws_vpc.a",
        "subnets": (),
    }
    made: TransitGatewayAttachment = _with(TransitGatewayAttachment, address, defaults, over)
    return made


def nat_gateway(address: str = "aws_nat_gateway.a", **over: Any) -> NatGateway:
    made: NatGateway = _with(
        NatGateway, address, {"vpc": "aws_vpc.a", "subnet": None, "availability_mode": "regional"}, over
    )
    return made


def to_bucket(key: str | None = "aws_s3_bucket.logs", name: str = "logs", prefix: str | None = None) -> LogDestination:
    arn = f"arn:aws:s3:::{name}" + (f"/{prefix}" if prefix else "")
    return LogDestination(type=LogDestinationType.S3, entity=key, arn=arn, name=name, prefix=prefix)


def to_group(key: str | None = "aws_cloudwatch_log_group.logs", name: str = "/vpc") -> LogDestination:
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"
    return LogDestination(type=LogDestinationType.CLOUD_WATCH_LOGS, entity=key, arn=arn, name=name, prefix=None)


def to_stream(
    key: str | None = "aws_kinesis_firehose_delivery_stream.logs", name: str = "logs", account: str = ACCOUNT
) -> LogDestination:
    arn = f"arn:aws:firehose:{REGION}:{account}:deliverystream/{name}"
    return LogDestination(type=LogDestinationType.FIREHOSE, entity=key, arn=arn, name=name, prefix=None)


def flow_log(address: str = "aws_flow_log.a", on: Any = "aws_vpc.a", **over: Any) -> FlowLog:
    """A log that meets every default demand, to the bucket ``logs``."""
    defaults = {
        "target": on,
        "target_type": FlowLogTarget.VPC,
        "traffic_type": TrafficType.ALL,
        "destination": to_bucket(),
        "role": None,
        "cross_account_role": None,
        "log_format": FULL_FORMAT,
        "max_aggregation_interval": 60,
        "file_format": "plain-text",
        "hive_compatible_partitions": False,
        "per_hour_partition": False,
        "status": None,
        "deliver_status": None,
        "deliver_error": None,
    }
    made: FlowLog = _with(FlowLog, address, defaults, over)
    return made


def on_subnet(address: str, subnet_address: str, **over: Any) -> FlowLog:
    return flow_log(address, subnet_address, **{"target_type": FlowLogTarget.SUBNET, **over})


def telemetry_rule(address: str = "aws_observabilityadmin_telemetry_rule.a", **over: Any) -> TelemetryRule:
    made: TelemetryRule = _with(
        TelemetryRule, address, {"resource_type": "AWS::EC2::VPC", "organization_wide": False}, over
    )
    return made


def log_group(address: str = "aws_cloudwatch_log_group.logs", **over: Any) -> LogGroup:
    defaults = {"name": "/vpc", "retention_days": 365, "kms_key": "aws_kms_key.a", "log_group_class": "STANDARD"}
    made: LogGroup = _with(LogGroup, address, defaults, over)
    return made


BLOCKED = PublicAccessBlock(
    block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
)


def lifecycle(days: Any = 400, **over: Any) -> LifecycleRule:
    made = {
        "id": "expire",
        "enabled": True,
        "prefix": None,
        "expiration_days": days,
        "noncurrent_expiration_days": None,
        "transitions": False,
    }
    return LifecycleRule(**{**made, **over})


def bucket(address: str = "aws_s3_bucket.logs", **over: Any) -> Bucket:
    """A bucket that FL005 and FL006 have nothing to say against."""
    defaults = {
        "name": "logs",
        "policy": delivery_policy(),
        "encryption": BucketEncryption(algorithm="aws:kms", kms_key="aws_kms_key.a"),
        "public_access_block": BLOCKED,
        "versioning": None,
        "lifecycle_rules": (lifecycle(),),
        "object_lock_enabled": False,
        "object_lock_mode": None,
        "object_lock_days": None,
        "force_destroy": False,
    }
    over.setdefault("arn", "arn:aws:s3:::logs")
    made: Bucket = _with(Bucket, address, defaults, over)
    return made


def stream(address: str = "aws_kinesis_firehose_delivery_stream.logs", **over: Any) -> DeliveryStream:
    defaults = {
        "name": "logs",
        "status": None,
        "source_type": "DirectPut",
        "server_side_encryption": True,
        "kms_key": "aws_kms_key.a",
        "destination_bucket": None,
    }
    made: DeliveryStream = _with(DeliveryStream, address, defaults, over)
    return made


def statement(
    actions: Any,
    resources: Any = (),
    *,
    effect: Any = "Allow",
    service: str | None = None,
    principals: Any = None,
    sid: str | None = None,
    **over: Any,
) -> Statement:
    if principals is None:
        principals = (("Service", service),) if service else ()
    made = {
        "sid": sid,
        "effect": effect,
        "principals": principals,
        "actions": (actions,) if isinstance(actions, (str, Unknown)) else actions,
        "resources": (resources,) if isinstance(resources, (str, Unknown)) else resources,
    }
    return Statement(**{**made, **over})


def document(*statements: Any) -> PolicyDocument:
    return PolicyDocument(statements=statements)


DELIVERY = "delivery.logs.amazonaws.com"
SOURCE = {"StringEquals": {"aws:SourceAccount": (ACCOUNT,)}}


def delivery_policy(*more: Statement, conditions: Any = SOURCE, path: str | None = None) -> PolicyDocument:
    """The policy of AWS's guide for a bucket named ``logs``."""
    path = path or f"arn:aws:s3:::logs/AWSLogs/{ACCOUNT}/*"
    return document(
        statement("s3:PutObject", path, service=DELIVERY, conditions=conditions, sid="Write"),
        statement("s3:GetBucketAcl", "arn:aws:s3:::logs", service=DELIVERY, conditions=conditions, sid="Acl"),
        *more,
    )


def role(address: str = "aws_iam_role.logs", **over: Any) -> Role:
    """A role that CloudWatch delivery to the group ``/vpc`` can use."""
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc:*"
    defaults = {
        "name": "logs",
        "trust": document(
            statement("sts:AssumeRole", service="vpc-flow-logs.amazonaws.com", conditions=SOURCE, sid="Trust")
        ),
        "policies": (document(statement(("logs:CreateLogStream", "logs:PutLogEvents"), group)),),
        "boundary": None,
    }
    made: Role = _with(Role, address, defaults, over)
    return made


def key_policy(service: str) -> PolicyDocument:
    return document(statement(("kms:GenerateDataKey*", "kms:Decrypt"), "*", service=service))


def kms_key(address: str = "aws_kms_key.a", **over: Any) -> KmsKey:
    both = document(*key_policy(DELIVERY).statements, *key_policy(f"logs.{REGION}.amazonaws.com").statements)
    defaults = {
        "enabled": True,
        "deletion_pending": False,
        "policy": both,
        "aliases": (),
        "customer_managed": True,
        "rotation_enabled": True,
    }
    made: KmsKey = _with(KmsKey, address, defaults, over)
    return made


def model(*entities: Entity, unread: tuple[Unread, ...] = ()) -> NetworkModel:
    """A model of these entities, each kind sorted by key."""
    parts: dict[str, Any] = {}
    for kind, part in _KINDS:
        parts[part] = tuple(sorted((e for e in entities if type(e) is kind), key=lambda entity: entity.key))
    placed = sum(len(found) for found in parts.values())
    assert placed == len(entities), "an entity of a kind that build.model does not know"
    return NetworkModel(**parts, unread=unread)


def change(action: ChangeAction, key: str, **over: Any) -> ResourceChange:
    before = None if action is ChangeAction.CREATE else key
    after = None if action in (ChangeAction.DELETE, ChangeAction.FORGET, ChangeAction.DRIFT_DELETE) else key
    made = {"action": action, "type": key.split(".")[-2], "before_key": before, "after_key": after}
    return ResourceChange(**{**made, **over})


def settings(**params: Mapping[str, Json]) -> Any:
    """Every rule on, with its defaults and these parameters over them; ``FL003=None`` switches one off."""

    def found(rule_id: str, _entity: Entity) -> PlainSetting:
        rule = next(rule for rule in RULES if rule.id == rule_id)
        over = params.get(rule_id, {})
        return PlainSetting(enabled=over is not None, params={**rule.default_params, **(over or {})})

    return found


def findings(loaded: Loaded | NetworkModel, **params: Any) -> dict[tuple[str, str], Finding]:
    """Judge and return findings by rule and subject; fails the test when a rule crashed."""
    made = loaded if isinstance(loaded, Loaded) else Loaded(after=loaded)
    verdict = judge(made, settings(**params))
    assert verdict.crashed == ()
    by = {(each.rule_id, each.id.split(":", 2)[2]): each for each in verdict.findings}
    assert len(by) == len(verdict.findings), "one finding per rule and subject"
    for each in verdict.findings:
        assert each.evidence, f"{each.id} has no evidence"
        assert each.status != "fail" or each.remediation is not None
        json.dumps(each.facts)
    return by


def only(rule_id: str, loaded: Loaded | NetworkModel, subject: str | None = None, **params: Any) -> Finding:
    """Return the only finding of a rule, or that on one subject."""
    found = [
        each for (rule, key), each in findings(loaded, **params).items() if rule == rule_id and subject in (None, key)
    ]
    assert len(found) == 1, [each.id for each in found]
    return found[0]
