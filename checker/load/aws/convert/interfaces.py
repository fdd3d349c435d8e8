"""Network interfaces of all kinds: those of instances, and those that AWS services keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from checker.load.aws.convert.row import Row, known_text, names, then
from checker.load.aws.convert.world import World, ec2_arn, owner_first
from checker.load.terraform.convert.values import prefixes
from checker.model.address import Prefix
from checker.model.known import Maybe, Unknown
from checker.model.network import IdleTimeouts, NetworkInterface

_BY_TYPE: Final = {
    "nat_gateway": "nat-gateway",
    "natGateway": "nat-gateway",
    "network_load_balancer": "elb",
    "gateway_load_balancer": "elb",
    "load_balancer": "elb",
    "gateway_load_balancer_endpoint": "vpc-endpoint",
    "vpc_endpoint": "vpc-endpoint",
    "transit_gateway": "transit-gateway",
    "lambda": "lambda",
    "quicksight": "quicksight",
    "global_accelerator_managed": "global-accelerator",
    "api_gateway_managed": "api-gateway",
    "aws_codestar_connections_managed": "codestar-connections",
    "iot_rules_managed": "iot",
    "efs": "efs",
}
"""Source: EC2 ``NetworkInterfaceType``; the first spelling is what the API answers."""

_BY_REQUESTER: Final = {
    "amazon-elb": "elb",
    "amazon-rds": "rds",
    "amazon-elasticache": "elasticache",
    "amazon-redshift": "redshift",
    "amazon-workspaces": "workspaces",
    "amazon-vpc": "vpc-endpoint",
}
"""``RequesterId``, or ``InstanceOwnerId`` of the attachment, of services that have a name there."""

_BY_DESCRIPTION: Final = (
    ("elb ", "elb"),
    ("rdsnetworkinterface", "rds"),
    ("dmsnetworkinterface", "dms"),
    ("elasticache", "elasticache"),
    ("redshiftnetworkinterface", "redshift"),
    ("created by amazon workspaces", "workspaces"),
    ("aws created network interface for directory", "directory-service"),
    ("efs mount target", "efs"),
    ("aws lambda vpc eni", "lambda"),
    ("interface for nat gateway", "nat-gateway"),
    ("network interface for transit gateway", "transit-gateway"),
    ("vpc endpoint interface", "vpc-endpoint"),
    ("route 53 resolver", "route53-resolver"),
    ("amazon eks ", "eks"),
    ("attached to glue", "glue"),
)
"""Start of the description that services write. They differ in letters between ages, so case is disregarded."""

_ECS: Final = re.compile(r"arn:aws[a-z-]*:ecs:")

_DETACHED: Final = "available"


def network_interfaces(world: World) -> Iterator[NetworkInterface]:
    """Yield the interfaces, those that services keep included."""
    types = _InstanceTypes(world)
    rows = world.listing("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId")
    for name, row in owner_first(rows).items():
        owner = row.text("OwnerId")
        shared = world.common(
            row, name, "aws_network_interface", arn=ec2_arn(row, "network-interface", name, owner),
            tags=row.tags("TagSet"),
        )  # fmt: skip
        yield NetworkInterface(
            **shared,
            vpc=row.required("VpcId"),
            subnet=row.required("SubnetId"),
            security_groups=names(row.rows("Groups"), "GroupId"),
            private_ips=_addresses(row),
            interface_type=row.text_or("InterfaceType", "interface"),
            requester_managed=row.flag("RequesterManaged"),
            description=row.text("Description"),
            instance_type=types.of(row),
            in_use=then(row.required("Status"), lambda status: status != _DETACHED),
            owner=_other(owner, row.reply.request.account),
            managed_by=managed_by(row),
            public_ip=row.inner("Association", lambda inner: inner.text("PublicIp"), None),
            more_public_ips=_more_public(row),
            delegated=_delegated(row),
            idle_timeouts=row.inner("ConnectionTrackingConfiguration", _idle_timeouts, IdleTimeouts()),
        )


def _other(owner: Maybe[str | None], account: str) -> Maybe[str | None]:
    return None if not isinstance(owner, Unknown) and owner == account else owner


def managed_by(row: Row) -> str | None:
    """Return the AWS service that keeps an interface; None for one that nobody but its owner keeps."""
    attachment = row.row("Attachment")
    holder = known_text(attachment, "InstanceOwnerId") if isinstance(attachment, Row) else ""
    for service in (
        _BY_TYPE.get(known_text(row, "InterfaceType")),
        _BY_REQUESTER.get(known_text(row, "RequesterId")),
        _BY_REQUESTER.get(holder),
    ):
        if service is not None:
            return service
    text = known_text(row, "Description").lower()
    for start, service in _BY_DESCRIPTION:
        if text.startswith(start):
            return service
    if _ECS.match(text):
        return "ecs"
    return "aws" if row.values.get("RequesterManaged") is True else None


def _addresses(row: Row) -> Maybe[tuple[Maybe[str], ...]]:
    """Return all private addresses, the primary IPv4 one first."""
    four, six = row.rows("PrivateIpAddresses"), row.rows("Ipv6Addresses")
    if isinstance(four, Unknown):
        return four
    if isinstance(six, Unknown):
        return six
    first = known_text(row, "PrivateIpAddress")
    main = [known_text(each, "PrivateIpAddress") for each in four if each.values.get("Primary") is True]
    rest = [known_text(each, "PrivateIpAddress") for each in four]
    rest += [known_text(each, "Ipv6Address") for each in six]
    return tuple(dict.fromkeys(each for each in (first, *main, *sorted(rest)) if each))


def _more_public(row: Row) -> tuple[str, ...]:
    """Return the public addresses of secondary private addresses."""
    listed = row.rows("PrivateIpAddresses")
    others = [each for each in (listed if isinstance(listed, list) else ()) if each.values.get("Primary") is not True]
    found = [each.inner("Association", lambda inner: inner.text("PublicIp"), None) for each in others]
    return tuple(sorted({each for each in found if isinstance(each, str)}))


def _delegated(row: Row) -> Maybe[tuple[Maybe[Prefix], ...]]:
    found: list[Maybe[Prefix | None]] = []
    for member, name in (("Ipv4Prefixes", "Ipv4Prefix"), ("Ipv6Prefixes", "Ipv6Prefix")):
        listed = row.rows(member)
        if isinstance(listed, Unknown):
            return listed
        found += [each.prefix(name) for each in listed]
    return prefixes(found)


def _idle_timeouts(row: Row) -> Maybe[IdleTimeouts]:
    tcp, udp = row.whole("TcpEstablishedTimeout"), row.whole("UdpTimeout")
    stream = row.whole("UdpStreamTimeout")
    if isinstance(tcp, Unknown):
        return tcp
    if isinstance(udp, Unknown):
        return udp
    if isinstance(stream, Unknown):
        return stream
    return IdleTimeouts(tcp=tcp, udp=udp, udp_stream=stream)


class _InstanceTypes:
    """The instance type behind an interface."""

    def __init__(self, world: World) -> None:
        self._types: dict[str, str] = {}
        self._unread: dict[tuple[str, str], Unknown] = {}
        for reply in world.replies.of("ec2", "DescribeInstances"):
            place = (reply.request.account, reply.request.region)
            answer = world.answer(reply)
            rows = answer.required_rows("Reservations") if isinstance(answer, Row) else world.why(reply)
            self._unread[place] = rows if isinstance(rows, Unknown) else self._read(rows)

    def _read(self, reservations: list[Row]) -> Unknown:
        """Keep the types, and return what is to be said of an instance that is not among them."""
        for reservation in reservations:
            instances = reservation.rows("Instances")
            for instance in instances if isinstance(instances, list) else ():
                self._types[known_text(instance, "InstanceId")] = known_text(instance, "InstanceType")
        return Unknown("ec2:DescribeInstances does not show its instance")

    def of(self, row: Row) -> Maybe[str | None]:
        """Return the type; None where the interface is attached to no instance."""
        instance = row.inner("Attachment", lambda attachment: attachment.text("InstanceId"), None)
        if instance is None or isinstance(instance, Unknown):
            return instance
        known = self._types.get(instance)
        if known:
            return known
        place = (row.reply.request.account, row.reply.request.region)
        unread = self._unread.get(place)
        return unread if unread is not None else Unknown(f"{'/'.join(place)}: ec2:DescribeInstances was not called")
