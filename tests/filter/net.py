"""A small network and records about it, so that a test says only what it is about.

VPC vpc-1 (10.0.0.0/16, 2600:1f18::/56) with subnets subnet-a (10.0.1.0/24, 2600:1f18:0:1::/64) and subnet-b
(10.0.2.0/24); eni-client 10.0.1.5 in subnet-a with sg-client, eni-server 10.0.2.7 in subnet-b with sg-server.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from checker.filter.addresses import number_of
from checker.filter.diagnose import diagnose
from checker.filter.evaluate import Evaluation, evaluate
from checker.filter.index import Index
from checker.filter.result import Packet
from checker.model.address import ALL_PROTOCOLS, PROTOCOL_NUMBERS, IcmpTypeCode, PortRange
from checker.model.diagnosis import Diagnosis
from checker.model.firewall import (
    Direction,
    GroupPeer,
    NetworkAcl,
    NetworkAclEntry,
    PrefixList,
    PrefixListPeer,
    RuleAction,
    SecurityGroup,
    SecurityGroupRule,
)
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from checker.model.network import NetworkInterface, Route, RouteTable, Subnet, TransitGatewayAttachment, Vpc
from checker.model.network import TransitGatewayAttachmentType as AttachmentType
from checker.model.origin import Origin, Source
from checker.model.traffic import (
    DirectionSignal,
    FlagsClass,
    FlowAggregate,
    LogFormat,
    Traffic,
    TrafficLog,
    TrafficSummary,
)

ACCOUNT = "111122223333"
IN, OUT = Direction.INGRESS, Direction.EGRESS
HIDDEN = Unknown("hidden by the test")
READ = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""When the network was read."""
BEFORE = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
AFTER = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)


def common(key: str, type_: str, **over: Any) -> dict[str, Any]:
    source = over.pop("source", Source.ACCOUNT)
    origin = Origin(source=source, root=f"{ACCOUNT}/eu-west-1", address=over.pop("address", None))
    made = {"key": key, "origin": origin, "type": type_, "id": key, "arn": None, "account": ACCOUNT,
            "region": "eu-west-1", "tags": {}}  # fmt: skip
    return {**made, **over}


def vpc(key: str = "vpc-1", *cidrs: str, **over: Any) -> Vpc:
    blocks = tuple(map(ip_network, cidrs or ("10.0.0.0/16", "2600:1f18::/56")))
    return Vpc(cidrs=over.pop("cidrs", blocks), owner=ACCOUNT, is_default=False, **common(key, "aws_vpc", **over))


def subnet(key: str, *cidrs: str, of: Any = "vpc-1", **over: Any) -> Subnet:
    blocks = over.pop("cidrs", tuple(map(ip_network, cidrs)))
    return Subnet(
        vpc=of, cidrs=blocks, availability_zone="eu-west-1a", owner=ACCOUNT, **common(key, "aws_subnet", **over)
    )


def eni(key: str, within: Any, *addresses: str, groups: Any = (), of: Any = "vpc-1", **over: Any) -> NetworkInterface:
    own = {
        "interface_type": "interface",
        "requester_managed": False,
        "description": None,
        "instance_type": None,
        "public_ip": None,
        "managed_by": None,
    }
    own |= {name: over.pop(name) for name in list(own) if name in over}
    return NetworkInterface(
        vpc=of, subnet=within, security_groups=groups if isinstance(groups, Unknown) else tuple(groups),
        private_ips=over.pop("private_ips", addresses), **own, **common(key, "aws_network_interface", **over),
    )  # fmt: skip


_COUNT = iter(range(1, 1_000_000))


def peer_of(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    if text.startswith("sg-"):
        return GroupPeer(text)
    return PrefixListPeer(text) if text.startswith("pl-") else ip_network(text, strict=False)


def service_of(text: Any) -> tuple[Any, Any, Any]:
    """Return protocol, ports and ICMP type of ``tcp/443``, ``udp/1-9``, ``icmp/8/0``, ``icmp``, ``50`` or ``all``."""
    if not isinstance(text, str):
        return text, None, None
    name, _, rest = text.partition("/")
    protocol = PROTOCOL_NUMBERS.get(name, ALL_PROTOCOLS) if not name.lstrip("-").isdigit() else int(name)
    if not rest:
        return protocol, None, None
    if protocol in (1, 58):
        type_, _, code = rest.partition("/")
        return protocol, None, IcmpTypeCode(int(type_), int(code or "-1"))
    first, _, last = rest.partition("-")
    return protocol, PortRange(int(first), int(last or first)), None


def rule(direction: Direction, service: Any, peer: Any, key: str | None = None, **over: Any) -> SecurityGroupRule:
    protocol, ports, icmp = service_of(service)
    made = {"protocol": protocol, "ports": ports, "icmp": icmp, "peer": peer_of(peer), "description": None}
    made |= {name: over.pop(name) for name in list(made) if name in over}
    name = key or f"sgr-{next(_COUNT):05d}"
    return SecurityGroupRule(group="", direction=direction, **made, **common(name, "aws_security_group_rule", **over))


def sg(key: str, *rules: SecurityGroupRule, of: str = "vpc-1", **over: Any) -> SecurityGroup:
    own = tuple(_with_group(each, key) for each in rules)
    unread = over.pop("unread", None)
    default = over.pop("is_default", False)
    return SecurityGroup(
        vpc=of, name=key, is_default=default, rules=own, unread=unread, **common(key, "aws_security_group", **over)
    )


def _with_group(each: SecurityGroupRule, key: str) -> SecurityGroupRule:
    from checker.model.record import replace

    return replace(each, group=key)


def entry(number: Any, direction: Direction, action: Any, service: Any, prefix: Any) -> NetworkAclEntry:
    protocol, ports, icmp = service_of(service)
    return NetworkAclEntry(
        origin_key="acl-1",
        rule_number=number,
        direction=direction,
        rule_action=RuleAction(action) if isinstance(action, str) else action,
        protocol=protocol,
        prefix=ip_network(prefix, strict=False) if isinstance(prefix, str) else prefix,
        ports=ports,
        icmp=icmp,
    )


def acl(key: str = "acl-1", *entries: NetworkAclEntry, subnets: Any = (), of: str = "vpc-1", **over: Any) -> NetworkAcl:
    unread = over.pop("unread", None)
    default = over.pop("is_default", False)
    named = subnets if isinstance(subnets, Unknown) else tuple(subnets)
    return NetworkAcl(
        vpc=of, is_default=default, entries=entries, subnets=named, unread=unread,
        **common(key, "aws_network_acl", **over),
    )  # fmt: skip


def open_entries() -> tuple[NetworkAclEntry, ...]:
    return tuple(entry(number, way, "allow", "all", prefix) for way in Direction
                 for number, prefix in ((100, "0.0.0.0/0"), (101, "::/0")))  # fmt: skip


def default_acl(*entries: NetworkAclEntry, of: str = "vpc-1") -> NetworkAcl:
    return acl(f"acl-default-{of}", *(entries or open_entries()), of=of, is_default=True)


def plist(key: str, prefixes: Any) -> PrefixList:
    known = prefixes if isinstance(prefixes, Unknown) else tuple(map(ip_network, prefixes))
    return PrefixList(name=key, prefixes=known, **common(key, "aws_ec2_managed_prefix_list"))


def routes(of: str, *to: tuple[str, str], subnets: Iterable[str] = (), main: bool = True) -> RouteTable:
    made = tuple(Route(destination=ip_network(prefix), target=target) for prefix, target in to)
    name = f"rtb-{of}-{'-'.join(subnets)}"
    return RouteTable(vpc=of, routes=made, subnets=tuple(subnets), is_main=main, **common(name, "aws_route_table"))


def attachment(*subnets: str) -> TransitGatewayAttachment:
    return TransitGatewayAttachment(
        transit_gateway="tgw-1", attachment_type=AttachmentType.VPC, vpc="vpc-1", subnets=subnets,
        **common("tgw-attach-1", "aws_ec2_transit_gateway_vpc_attachment"),
    )  # fmt: skip


ALL_OUT = ("all", "0.0.0.0/0")


def usual(
    client: Iterable[SecurityGroupRule] | None = None,
    server: Iterable[SecurityGroupRule] | None = None,
    acl_a: Iterable[NetworkAclEntry] | None = None,
    acl_b: Iterable[NetworkAclEntry] | None = None,
    **more: Any,
) -> NetworkModel:
    """Return the network of the module's docstring; what is not given is open outwards and closed inwards."""
    out = (rule(OUT, *ALL_OUT, key="sgr-out"),)
    client_out = out if client is None else tuple(client)
    server_rules = out if server is None else tuple(server)
    acls = [default_acl()]
    acls += [acl("acl-a", *acl_a, subnets=("subnet-a",))] if acl_a is not None else []
    acls += [acl("acl-b", *acl_b, subnets=("subnet-b",))] if acl_b is not None else []
    kinds = {
        "vpcs": [vpc()],
        "subnets": [subnet("subnet-a", "10.0.1.0/24", "2600:1f18:0:1::/64"), subnet("subnet-b", "10.0.2.0/24")],
        "network_interfaces": [
            eni("eni-client", "subnet-a", "10.0.1.5", groups=("sg-client",)),
            eni("eni-server", "subnet-b", "10.0.2.7", groups=("sg-server",)),
        ],
        "security_groups": [sg("sg-client", *client_out), sg("sg-server", *server_rules)],
        "network_acls": acls,
    }
    for name, extra in more.items():
        kinds[name] = [*kinds.get(name, []), *extra]
    return NetworkModel(**{name: tuple(sorted(items, key=lambda each: each.key)) if name != "unread" else tuple(items)
                           for name, items in kinds.items()})  # fmt: skip


def packet(direction: Direction, service: str, peer: str) -> Packet:
    protocol, ports, icmp = service_of(service)
    return Packet(direction=direction, protocol=protocol, peer=ip_address(peer), port=ports and ports.first, icmp=icmp)


def at(model: NetworkModel, interface: str, direction: Direction, service: str, peer: str) -> Evaluation:
    """Evaluate one packet at an interface."""
    index = Index(model)
    found = index.interface(interface)
    assert found is not None
    return evaluate(index, found, packet(direction, service, peer))


def flow(
    direction: Direction | None,
    service: str,
    peer: str,
    *,
    interface: str = "eni-server",
    flags: FlagsClass = FlagsClass.NONE,
    records: int = 1,
    when: datetime = BEFORE,
    **over: Any,
) -> FlowAggregate:
    """Return an aggregate of one peer and one port."""
    protocol, ports, _ = service_of(service)
    port = ports and ports.first
    made: dict[str, Any] = {
        "interface": interface,
        "resource": None,
        "account": ACCOUNT,
        "vpc": None,
        "subnet": None,
        "direction": direction,
        "direction_signal": DirectionSignal.NOTHING if direction is None else DirectionSignal.FIELD,
        "protocol": protocol,
        "local": None if direction is None else "10.0.2.7",
        "peer_first": peer,
        "peer_last": peer,
        "peer_count": 1,
        "top_peers": ((number_of(peer), records),),
        "port_first": port,
        "port_last": port,
        "top_ports": ((port, records),) if port is not None else (),
        "source_port": None,
        "flags": flags,
        "reject_reason": None,
        "reverse_accepted": False,
        "same_accepted": False,
        "traffic": Traffic(records=records, packets=records, bytes=60 * records, first=when, last=when),
        "samples": (),
    }
    return FlowAggregate(**{**made, **over})


def log(*flows: FlowAggregate, accepted: int = 10, skipped: int = 0, fields: Iterable[str] | None = None) -> TrafficLog:
    rejected = sum(each.traffic.records for each in flows)
    formats = () if fields is None else (LogFormat(fields=tuple(fields), told_by="header", files=1),)
    summary = TrafficSummary(
        records=rejected + accepted, accepted=accepted, rejected=rejected, no_data=0, skipped=skipped, outside=0,
        duplicates=0, unreadable=0, files=1, bytes_read=1, first=BEFORE, last=BEFORE, formats=formats,
    )  # fmt: skip
    return TrafficLog(aggregates=flows, interfaces=(), summary=summary)


def why(model: NetworkModel, *flows: FlowAggregate, taken: datetime | None = READ, **log_over: Any) -> Diagnosis:
    """Return the first diagnosis."""
    return diagnose(log(*flows, **log_over), Index(model), taken=taken)[0]
