"""Security groups and network ACLs from responses: both ways that AWS tells rules."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from checker.model.address import ALL_PROTOCOLS, IcmpTypeCode, PortRange
from checker.model.firewall import Direction, GroupPeer, PrefixListPeer, RuleAction, SecurityGroupRule
from checker.model.known import Unknown
from tests.load.aws.made import failed, network, reply

GROUP = {"GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1"}


def listed(**row: Any) -> SecurityGroupRule:
    """The one rule of a group, from DescribeSecurityGroupRules."""
    rule = {"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-1", "IsEgress": False, "IpProtocol": "tcp",
            "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8", **row}  # fmt: skip
    (group,) = network(
        reply("ec2:DescribeSecurityGroups", SecurityGroups=[GROUP]),
        reply("ec2:DescribeSecurityGroupRules", SecurityGroupRules=[rule]),
    ).security_groups
    (found,) = group.rules
    return found


@pytest.mark.parametrize(
    ("row", "protocol", "ports", "icmp"),
    [
        ({}, 6, PortRange(443, 443), None),
        ({"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535}, 17, PortRange(0, 65535), None),
        ({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1}, ALL_PROTOCOLS, None, None),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1}, 1, None, IcmpTypeCode(8, -1)),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, 1, None, IcmpTypeCode(-1, -1)),
        ({"IpProtocol": "icmpv6", "FromPort": 3, "ToPort": 1}, 58, None, IcmpTypeCode(3, 1)),
        ({"IpProtocol": "50", "FromPort": -1, "ToPort": -1}, 50, None, None),
    ],
)
def test_protocol_ports_and_icmp(row: dict[str, Any], protocol: int, ports: object, icmp: object) -> None:
    found = listed(**row)
    assert (found.protocol, found.ports, found.icmp) == (protocol, ports, icmp)


@pytest.mark.parametrize(
    ("row", "peer"),
    [
        ({}, ip_network("10.0.0.0/8")),
        ({"CidrIpv4": "10.1.2.3/8"}, ip_network("10.0.0.0/8")),
        ({"CidrIpv4": None, "CidrIpv6": "::/0"}, ip_network("::/0")),
        ({"CidrIpv4": None, "PrefixListId": "pl-1"}, PrefixListPeer("pl-1")),
        ({"CidrIpv4": None, "ReferencedGroupInfo": {"GroupId": "sg-2", "UserId": "1"}}, GroupPeer("sg-2")),
    ],
)
def test_each_kind_of_peer(row: dict[str, Any], peer: object) -> None:
    assert listed(**row).peer == peer


@pytest.mark.parametrize(
    "row", [{"CidrIpv4": None}, {"CidrIpv4": "x"}, {"IpProtocol": "nonsense"}, {"FromPort": 9, "ToPort": 3}]
)
def test_what_cannot_be_read_of_a_rule_is_unknown(row: dict[str, Any]) -> None:
    found = listed(**row)
    assert any(isinstance(part, Unknown) for part in (found.peer, found.protocol, found.ports))


@pytest.mark.parametrize("reason", ["denied", "not called"])
def test_without_the_rules_own_listing_they_come_from_the_groups_permissions(reason: str) -> None:
    group = {
        **GROUP,
        "IpPermissions": [{
            "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
            "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
            "PrefixListIds": [{"PrefixListId": "pl-1"}], "UserIdGroupPairs": [{"GroupId": "sg-1"}]}],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    }  # fmt: skip
    replies = [reply("ec2:DescribeSecurityGroups", SecurityGroups=[group])]
    if reason == "denied":
        replies.append(failed("ec2:DescribeSecurityGroupRules"))
    (found,) = network(*replies).security_groups
    assert {rule.key: (rule.direction, rule.peer) for rule in found.rules} == {
        "sg-1#egress/-1/all#0.0.0.0/0": (Direction.EGRESS, ip_network("0.0.0.0/0")),
        "sg-1#ingress/6/22-22#10.0.0.0/8": (Direction.INGRESS, ip_network("10.0.0.0/8")),
        "sg-1#ingress/6/22-22#0.0.0.0/0": (Direction.INGRESS, ip_network("0.0.0.0/0")),
        "sg-1#ingress/6/22-22#::/0": (Direction.INGRESS, ip_network("::/0")),
        "sg-1#ingress/6/22-22#pl-1": (Direction.INGRESS, PrefixListPeer("pl-1")),
        "sg-1#ingress/6/22-22#sg-1": (Direction.INGRESS, GroupPeer("sg-1")),
    }
    assert len(found.rules) == 6
    assert found.unread is None
    assert all(isinstance(rule.id, Unknown) for rule in found.rules)


def test_a_group_whose_listing_shows_no_rules_has_none_even_if_its_permissions_are_told() -> None:
    group = {**GROUP, "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}
    (found,) = network(
        reply("ec2:DescribeSecurityGroups", SecurityGroups=[group]),
        reply("ec2:DescribeSecurityGroupRules", SecurityGroupRules=[]),
    ).security_groups
    assert found.rules == ()


@pytest.mark.parametrize(("name", "default"), [("default", True), ("web", False), ("Default", False)])
def test_the_default_group_is_known_by_its_name(name: str, default: bool) -> None:
    rows = [{**GROUP, "GroupName": name}]
    (found,) = network(reply("ec2:DescribeSecurityGroups", SecurityGroups=rows)).security_groups
    assert found.is_default is default


def test_acl_entries_are_ordered_by_direction_and_number_without_the_final_deny() -> None:
    def entry(number: int, *, egress: bool = False, **over: Any) -> dict[str, Any]:
        row = {
            "RuleNumber": number,
            "Egress": egress,
            "Protocol": "-1",
            "RuleAction": "allow",
            "CidrBlock": "0.0.0.0/0",
        }
        return {**row, **over}

    rows = [
        entry(32767, RuleAction="deny"),
        entry(32768, RuleAction="deny", CidrBlock=None, Ipv6CidrBlock="::/0"),
        entry(200, egress=True),
        entry(110, Protocol="6", PortRange={"From": 22, "To": 23}, RuleAction="deny"),
        entry(100, Protocol="1", IcmpTypeCode={"Type": 3, "Code": 4}),
    ]
    acl = {"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": True, "Entries": rows,
           "Associations": [{"SubnetId": "subnet-2"}, {"SubnetId": "subnet-1"}]}  # fmt: skip
    (found,) = network(reply("ec2:DescribeNetworkAcls", NetworkAcls=[acl])).network_acls
    assert [(each.direction, each.rule_number) for each in found.entries] == [
        (Direction.INGRESS, 100), (Direction.INGRESS, 110), (Direction.EGRESS, 200),
    ]  # fmt: skip
    icmp, ssh, _ = found.entries
    assert (icmp.protocol, icmp.icmp, icmp.ports) == (1, IcmpTypeCode(3, 4), None)
    assert (ssh.protocol, ssh.ports, ssh.rule_action) == (6, PortRange(22, 23), RuleAction.DENY)
    assert found.subnets == ("subnet-1", "subnet-2")
    assert found.is_default is True


def test_a_prefix_list_whose_entries_were_not_read_is_unknown_not_empty() -> None:
    lists = reply("ec2:DescribeManagedPrefixLists", PrefixLists=[
        {"PrefixListId": "pl-1", "PrefixListName": "a"}, {"PrefixListId": "pl-2", "PrefixListName": "b"},
        {"PrefixListId": "pl-3", "PrefixListName": "c"}])  # fmt: skip
    entries = reply(
        "ec2:GetManagedPrefixListEntries", "pl-1", Entries=[{"Cidr": "10.2.0.0/16"}, {"Cidr": "10.1.0.0/16"}]
    )
    first, second, third = network(lists, entries, failed("ec2:GetManagedPrefixListEntries", "pl-2")).prefix_lists
    assert first.prefixes == (ip_network("10.1.0.0/16"), ip_network("10.2.0.0/16"))
    assert isinstance(second.prefixes, Unknown)
    assert isinstance(third.prefixes, Unknown)
