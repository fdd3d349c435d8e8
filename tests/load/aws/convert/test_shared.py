"""Responses of real accounts, recorded by other programs: all is read, nothing is lost, nothing ends in a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from checker.load.aws.call import Group, Reply, Request
from checker.load.aws.calls import CALLS
from checker.load.aws.convert import network_of
from checker.load.aws.store import MemoryStore
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from checker.model.origin import Source

DATA: Final = Path(__file__).parents[5] / "shared" / "data" / "aws_api"
PLACE: Final = ("111122223333", "us-east-1")
DUMP: Final = frozenset({Group.NETWORK, Group.FIREWALL})
EC2: Final = {call.result: call for call in CALLS if call.service == "ec2" and call.result and not call.per}
ODD_PORTS: Final = {"SecurityGroupTest.json"}
"""Written by hand: a port of -1 beside a real one, which EC2 never gives."""

PARTS: Final = {
    "Vpcs": ("vpcs", "VpcId"),
    "Subnets": ("subnets", "SubnetId"),
    "NetworkInterfaces": ("network_interfaces", "NetworkInterfaceId"),
    "SecurityGroups": ("security_groups", "GroupId"),
    "NetworkAcls": ("network_acls", "NetworkAclId"),
    "RouteTables": ("route_tables", "RouteTableId"),
    "InternetGateways": ("internet_gateways", "InternetGatewayId"),
    "TransitGateways": ("transit_gateways", "TransitGatewayId"),
    "FlowLogs": ("flow_logs", "FlowLogId"),
}
"""Member of a response, part of the model, and member that holds the id."""

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="the recorded responses are not here"),
]


def responses() -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    """Each recorded response to a listing of EC2, with the member that holds its list."""
    for path in sorted(DATA.rglob("*.json")):
        content = json.loads(path.read_bytes())
        if isinstance(content, dict) and "status_code" in content:
            content = content.get("data")
        for member in content if isinstance(content, dict) else ():
            if member in EC2 and isinstance(content[member], list):
                yield path, member, content


def model_of(member: str, content: Mapping[str, Any]) -> NetworkModel:
    store = MemoryStore()
    store.add_scope(*PLACE)
    call = EC2[member]
    request = Request(account=PLACE[0], region=PLACE[1], service=call.service, operation=call.operation)
    at = datetime.fromtimestamp(0, UTC)
    store.put(Reply(request=request, response={member: content[member]}, failure=None, requested_at=at))
    return network_of(store, source=Source.SNAPSHOT, groups=DUMP)[0]


def test_every_thing_of_every_recording_is_in_the_model() -> None:
    counted: dict[str, int] = {}
    for path, member, content in responses():
        model = model_of(member, content)
        if member not in PARTS:
            continue
        part, name = PARTS[member]
        rows = {row[name] for row in content[member] if row.get("State") not in ("deleted", "deleting")}
        assert {entity.key for entity in getattr(model, part)} == rows, path
        counted[part] = counted.get(part, 0) + len(rows)
    assert counted["security_groups"] > 90
    assert counted["network_interfaces"] > 80
    assert counted["flow_logs"] > 10


def test_every_permission_of_every_group_is_a_rule_with_one_known_peer() -> None:
    seen = 0
    for path, member, content in responses():
        if member != "SecurityGroups":
            continue
        groups = {group.key: group for group in model_of(member, content).security_groups}
        for row in content[member]:
            peers = sum(
                len(permission.get(kind, ()))
                for name in ("IpPermissions", "IpPermissionsEgress")
                for permission in row.get(name, ())
                for kind in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
            )
            rules = groups[row["GroupId"]].rules
            assert len(rules) == peers, path
            assert groups[row["GroupId"]].unread is None
            for rule in rules:
                for fact in (rule.peer, rule.protocol, rule.icmp):
                    assert not isinstance(fact, Unknown), path
                assert not isinstance(rule.ports, Unknown) or path.name in ODD_PORTS
            seen += len(rules)
    assert seen > 150


def test_every_entry_of_every_acl_is_read_but_the_final_denies() -> None:
    seen = 0
    for path, member, content in responses():
        if member != "NetworkAcls":
            continue
        acls = {acl.key: acl for acl in model_of(member, content).network_acls}
        for row in content[member]:
            entries = acls[row["NetworkAclId"]].entries
            assert len(entries) == sum(entry["RuleNumber"] < 32767 for entry in row["Entries"]), path
            for entry in entries:
                facts = (entry.rule_number, entry.rule_action, entry.protocol, entry.prefix, entry.ports, entry.icmp)
                assert not any(isinstance(fact, Unknown) for fact in facts), path
            seen += len(entries)
    assert seen > 40


def test_flow_logs_of_every_age_are_understood() -> None:
    seen = 0
    for path, member, content in responses():
        for log in model_of(member, content).flow_logs if member == "FlowLogs" else ():
            for fact in (log.target_type, log.traffic_type, log.max_aggregation_interval, log.log_format):
                assert not isinstance(fact, Unknown), path
            assert not isinstance(log.destination, Unknown)
            assert isinstance(log.destination.name, str)
            seen += 1
    assert seen > 10
