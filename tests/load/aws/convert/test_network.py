"""VPCs, subnets and interfaces from responses."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from checker.load.aws.call import Reply
from checker.model.known import Unknown
from checker.model.network import IdleTimeouts, NetworkInterface, TransitGatewayAttachmentType
from tests.load.aws.made import ACCOUNT, OTHER, REGION, failed, network, read, reply

HERE = f"{ACCOUNT}/{REGION}"


def vpcs(*rows: dict[str, Any], account: str = ACCOUNT) -> Reply:
    return reply("ec2:DescribeVpcs", account=account, Vpcs=list(rows))


def test_a_vpc_has_all_blocks_that_stand_and_says_where_it_was_read() -> None:
    row = {
        "VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16", "IsDefault": True,
        "Tags": [{"Key": "env", "Value": "prod"}],
        "CidrBlockAssociationSet": [
            {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"CidrBlock": "10.2.0.0/16", "CidrBlockState": {"State": "associating"}},
            {"CidrBlock": "10.3.0.0/16", "CidrBlockState": {"State": "disassociated"}},
        ],
        "Ipv6CidrBlockAssociationSet": [
            {"Ipv6CidrBlock": "2001:db8::/56", "Ipv6CidrBlockState": {"State": "associated"}}
        ],
    }  # fmt: skip
    (vpc,) = network(vpcs(row)).vpcs
    assert vpc.cidrs == tuple(map(ip_network, ("10.0.0.0/16", "10.2.0.0/16", "2001:db8::/56")))
    assert (vpc.key, vpc.arn) == ("vpc-1", f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1")
    assert (vpc.account, vpc.region, vpc.owner, vpc.is_default, vpc.tags) == (
        ACCOUNT, REGION, ACCOUNT, True, {"env": "prod"},
    )  # fmt: skip
    assert (vpc.origin.root, vpc.origin.api) == (HERE, "ec2:DescribeVpcs")


def test_of_a_shared_vpc_the_owners_view_is_kept_whatever_the_order() -> None:
    mine = {"VpcId": "vpc-1", "OwnerId": OTHER, "CidrBlock": "10.0.0.0/16"}
    both = ((ACCOUNT, REGION), (OTHER, REGION))
    (vpc,) = network(vpcs(mine), vpcs(mine, account=OTHER), scopes=both).vpcs
    assert (vpc.account, vpc.owner) == (OTHER, OTHER)
    (alone,) = network(vpcs(mine)).vpcs
    assert (alone.account, alone.owner) == (ACCOUNT, OTHER)


@pytest.mark.parametrize(
    ("member", "value"),
    [("CidrBlock", "no prefix"), ("CidrBlock", 3), ("OwnerId", ["x"]), ("IsDefault", "yes")],
    ids=["prefix", "number", "list", "flag"],
)
def test_an_odd_member_is_unknown_and_the_rest_is_known(member: str, value: object) -> None:
    row = {"VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16", "IsDefault": False, member: value}
    (vpc,) = network(vpcs(row)).vpcs
    assert vpc.key == "vpc-1"
    cidrs = vpc.cidrs if not isinstance(vpc.cidrs, Unknown) else ()
    facts: list[object] = [vpc.owner, vpc.is_default, *cidrs]
    assert sum(isinstance(fact, Unknown) for fact in facts) == 1


def test_a_row_without_an_id_is_a_gap() -> None:
    model, gaps = read(vpcs({"VpcId": "vpc-1", "OwnerId": ACCOUNT}, {"CidrBlock": "10.0.0.0/8"}))
    assert [vpc.key for vpc in model.vpcs] == ["vpc-1"]
    (cause,) = [gap.cause for gap in gaps if gap.what == f"{HERE} ec2:DescribeVpcs"]
    assert cause == "it gave a row that cannot be read"
    unread = model.unread_for("aws_vpc", HERE)
    assert unread is not None
    assert unread.reason == f"{HERE}: ec2:DescribeVpcs gave a row that cannot be read"


def interface(**over: Any) -> NetworkInterface:
    row = {
        "NetworkInterfaceId": "eni-1",
        "VpcId": "vpc-1",
        "SubnetId": "subnet-1",
        "InterfaceType": "interface",
        **over,
    }
    instance = {"InstanceId": "i-1", "InstanceType": "m5.large"}
    found = network(
        reply("ec2:DescribeNetworkInterfaces", NetworkInterfaces=[row]),
        reply("ec2:DescribeInstances", Reservations=[{"Instances": [instance]}]),
    ).network_interfaces
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("members", "service"),
    [
        ({}, None),
        ({"Description": "my ELB "}, None),
        ({"RequesterManaged": True}, "aws"),
        ({"InterfaceType": "nat_gateway"}, "nat-gateway"),
        ({"InterfaceType": "network_load_balancer"}, "elb"),
        ({"InterfaceType": "lambda"}, "lambda"),
        ({"InterfaceType": "vpc_endpoint"}, "vpc-endpoint"),
        ({"InterfaceType": "transit_gateway"}, "transit-gateway"),
        ({"RequesterId": "amazon-elb", "Description": "ELB app/x"}, "elb"),
        ({"RequesterId": "amazon-rds"}, "rds"),
        ({"Description": "RDSNetworkInterface"}, "rds"),
        ({"Description": "ElastiCache cache-1"}, "elasticache"),
        ({"Description": "RedshiftNetworkInterface"}, "redshift"),
        ({"Description": "Created By Amazon Workspaces for AWS Account ID 1"}, "workspaces"),
    ],
)
def test_interfaces_that_services_keep_are_named(members: dict[str, Any], service: str | None) -> None:
    assert interface(**members).managed_by == service


def test_addresses_start_with_the_primary_one() -> None:
    found = interface(
        PrivateIpAddress="10.0.0.9",
        PrivateIpAddresses=[
            {"PrivateIpAddress": "10.0.0.5"},
            {"Primary": True, "PrivateIpAddress": "10.0.0.9"},
        ],
        Ipv6Addresses=[{"Ipv6Address": "2001:db8::1"}],
        Groups=[{"GroupId": "sg-2"}, {"GroupId": "sg-1"}],
        Association={"PublicIp": "203.0.113.9"},
    )
    assert found.private_ips == ("10.0.0.9", "10.0.0.5", "2001:db8::1")
    assert found.security_groups == ("sg-1", "sg-2")
    assert found.public_ip == "203.0.113.9"


def test_delegated_prefixes_and_further_public_addresses_are_kept() -> None:
    found = interface(
        PrivateIpAddress="10.0.0.9",
        PrivateIpAddresses=[
            {"PrivateIpAddress": "10.0.0.5", "Association": {"PublicIp": "203.0.113.10"}},
            {"Primary": True, "PrivateIpAddress": "10.0.0.9", "Association": {"PublicIp": "203.0.113.9"}},
        ],
        Ipv4Prefixes=[{"Ipv4Prefix": "10.0.0.16/28"}],
        Ipv6Prefixes=[{"Ipv6Prefix": "2001:db8:0:0:1::/80"}],
    )
    assert found.more_public_ips == ("203.0.113.10",)
    assert [str(each) for each in found.delegated] == ["10.0.0.16/28", "2001:db8:0:0:1::/80"]
    assert interface().delegated == ()
    assert isinstance(interface(Ipv4Prefixes="odd").delegated, Unknown)


def test_idle_timeouts_are_kept_and_their_absence_means_the_defaults() -> None:
    assert interface().idle_timeouts == IdleTimeouts()
    found = interface(ConnectionTrackingConfiguration={"TcpEstablishedTimeout": 90, "UdpStreamTimeout": 60})
    assert found.idle_timeouts == IdleTimeouts(tcp=90, udp_stream=60)
    odd = interface(ConnectionTrackingConfiguration={"TcpEstablishedTimeout": "soon"})
    assert isinstance(odd.idle_timeouts, Unknown)


@pytest.mark.parametrize(("status", "in_use"), [("in-use", True), ("associated", True), ("available", False)])
def test_only_attached_interfaces_are_in_use(status: str, in_use: bool) -> None:
    assert interface(Status=status).in_use is in_use
    assert isinstance(interface().in_use, Unknown)


def test_the_instance_type_is_known_unknown_or_none() -> None:
    assert interface().instance_type is None
    assert interface(Attachment={"InstanceId": "i-1"}).instance_type == "m5.large"
    assert isinstance(interface(Attachment={"InstanceId": "i-9"}).instance_type, Unknown)
    row = {"NetworkInterfaceId": "eni-1", "Attachment": {"InstanceId": "i-1"}}
    (unread,) = network(
        reply("ec2:DescribeNetworkInterfaces", NetworkInterfaces=[row]), failed("ec2:DescribeInstances")
    ).network_interfaces
    assert isinstance(unread.instance_type, Unknown)


@pytest.mark.parametrize(
    ("options", "keeps"),
    [
        ({"SecurityGroupReferencingSupport": "enable"}, True),
        ({"SecurityGroupReferencingSupport": "disable"}, False),
        ({}, None),
        (None, None),
    ],
)
def test_whether_groups_are_told_on_is_read_of_gateways_and_of_the_vpcs_view_of_attachments(options, keeps) -> None:
    more = {} if options is None else {"Options": options}
    row = {"TransitGatewayAttachmentId": "tgw-attach-1", "TransitGatewayId": "tgw-1"}
    model = network(
        reply("ec2:DescribeTransitGateways", TransitGateways=[{"TransitGatewayId": "tgw-1", **more}]),
        reply("ec2:DescribeTransitGatewayAttachments", TransitGatewayAttachments=[
            {**row, "ResourceType": "vpc", "ResourceId": "vpc-1"}]),
        reply("ec2:DescribeTransitGatewayVpcAttachments", TransitGatewayVpcAttachments=[{**row, **more}]),
    )  # fmt: skip
    for found in (*model.transit_gateways, *model.transit_gateway_attachments):
        assert isinstance(found.keeps_groups, Unknown) if keeps is None else found.keeps_groups is keeps


def test_gateways_and_attachments_that_are_over_are_left_out() -> None:
    model = network(
        reply("ec2:DescribeNatGateways", NatGateways=[
            {"NatGatewayId": "nat-1", "VpcId": "vpc-1", "State": "available", "AvailabilityMode": "regional"},
            {"NatGatewayId": "nat-2", "State": "deleted"}, {"NatGatewayId": "nat-3", "SubnetId": "subnet-1"}]),
        reply("ec2:DescribeTransitGateways", TransitGateways=[
            {"TransitGatewayId": "tgw-1", "OwnerId": ACCOUNT, "State": "available"},
            {"TransitGatewayId": "tgw-2", "OwnerId": ACCOUNT, "State": "deleting"}]),
        reply("ec2:DescribeTransitGatewayAttachments", TransitGatewayAttachments=[
            {"TransitGatewayAttachmentId": "tgw-attach-1", "TransitGatewayId": "tgw-1", "ResourceType": "vpc",
             "ResourceId": "vpc-1"},
            {"TransitGatewayAttachmentId": "tgw-attach-2", "TransitGatewayId": "tgw-1", "ResourceType": "vpn",
             "ResourceId": "vpn-1"}]),
        reply("ec2:DescribeTransitGatewayVpcAttachments", TransitGatewayVpcAttachments=[
            {"TransitGatewayAttachmentId": "tgw-attach-1", "SubnetIds": ["subnet-2", "subnet-1"]}]),
    )  # fmt: skip
    assert [(each.key, each.availability_mode) for each in model.nat_gateways] == [
        ("nat-1", "regional"), ("nat-3", "zonal"),
    ]  # fmt: skip
    assert [each.key for each in model.transit_gateways] == ["tgw-1"]
    first, second = model.transit_gateway_attachments
    assert (first.attachment_type, first.vpc, first.subnets) == (
        TransitGatewayAttachmentType.VPC, "vpc-1", ("subnet-1", "subnet-2"),
    )  # fmt: skip
    assert (second.attachment_type, second.vpc) == (TransitGatewayAttachmentType.VPN, None)
