"""Gateways, routes, and the settings above VPCs."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from checker.load.aws.call import Reply
from checker.model.known import Unknown
from checker.model.network import RouteTable, TransitGatewayAttachmentType
from tests.load.aws.made import ACCOUNT, OTHER, REGION, failed, network, reply


@pytest.mark.parametrize(
    ("word", "kind", "type_"),
    [
        ("vpc", TransitGatewayAttachmentType.VPC, "aws_ec2_transit_gateway_vpc_attachment"),
        ("peering", TransitGatewayAttachmentType.PEERING, "aws_ec2_transit_gateway_peering_attachment"),
        ("tgw-peering", TransitGatewayAttachmentType.PEERING, "aws_ec2_transit_gateway_peering_attachment"),
        ("connect", TransitGatewayAttachmentType.CONNECT, "aws_ec2_transit_gateway_connect"),
        ("vpn", TransitGatewayAttachmentType.VPN, "aws_ec2_transit_gateway_vpn_attachment"),
        (
            "direct-connect-gateway",
            TransitGatewayAttachmentType.DIRECT_CONNECT,
            "aws_ec2_transit_gateway_dx_gateway_attachment",
        ),
        ("client-vpn", None, "aws_ec2_transit_gateway_attachment"),
        (None, None, "aws_ec2_transit_gateway_attachment"),
    ],
)
def test_each_kind_of_attachment_has_the_type_that_terraform_would_use(
    word: str | None, kind: TransitGatewayAttachmentType | None, type_: str
) -> None:
    row = {"TransitGatewayAttachmentId": "tgw-attach-1", "TransitGatewayId": "tgw-1", "ResourceType": word,
           "ResourceId": "x-1"}  # fmt: skip
    (found,) = network(
        reply("ec2:DescribeTransitGatewayAttachments", TransitGatewayAttachments=[row])
    ).transit_gateway_attachments
    assert found.type == type_
    assert isinstance(found.attachment_type, Unknown) if kind is None else found.attachment_type is kind


def attachment(*more: Reply) -> Any:
    row = {"TransitGatewayAttachmentId": "tgw-attach-1", "TransitGatewayId": "tgw-1", "ResourceType": "vpc",
           "ResourceId": "vpc-1", "ResourceOwnerId": ACCOUNT}  # fmt: skip
    (found,) = network(
        reply("ec2:DescribeTransitGatewayAttachments", TransitGatewayAttachments=[row]), *more
    ).transit_gateway_attachments
    return found.subnets


def test_the_subnets_of_an_attachment_come_from_its_vpcs_view_of_it() -> None:
    call, member = "ec2:DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments"
    rows = [{"TransitGatewayAttachmentId": "tgw-attach-1", "SubnetIds": ["subnet-2", "subnet-1", "subnet-2"]}]
    assert attachment(reply(call, **{member: rows})) == ("subnet-1", "subnet-2")
    for other, words in (
        (reply(call, **{member: []}), "does not show it"),
        (failed(call), "was denied (AccessDenied)"),
        (reply(call, account=OTHER, **{member: []}), "was not called"),
    ):
        found = attachment(other)
        assert isinstance(found, Unknown)
        assert words in found.reason


def table(**members: Any) -> RouteTable:
    row = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": [], "Associations": [], **members}
    (found,) = network(reply("ec2:DescribeRouteTables", RouteTables=[row])).route_tables
    return found


@pytest.mark.parametrize(
    ("route", "destination", "target"),
    [
        ({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}, ip_network("0.0.0.0/0"), "igw-1"),
        ({"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "e-1"}, ip_network("::/0"), "e-1"),
        ({"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1"}, "pl-1", "vpce-1"),
        ({"DestinationCidrBlock": "10.0.0.0/8", "TransitGatewayId": "tgw-1"}, ip_network("10.0.0.0/8"), "tgw-1"),
        (
            {"DestinationCidrBlock": "10.0.0.0/8", "InstanceId": "i-1", "NetworkInterfaceId": "eni-1"},
            ip_network("10.0.0.0/8"),
            "eni-1",
        ),
        ({"DestinationCidrBlock": "10.0.0.0/8", "State": "blackhole"}, ip_network("10.0.0.0/8"), None),
    ],
)
def test_a_route_leads_from_a_destination_to_a_target(route: dict[str, Any], destination: Any, target: Any) -> None:
    found = table(Routes=[{"DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "local"}, route]).routes
    assert not isinstance(found, Unknown)
    assert [(each.destination, each.target) for each in found] == [(destination, target)]


def test_associations_that_are_over_do_not_count() -> None:
    found = table(
        Associations=[
            {"SubnetId": "subnet-2", "AssociationState": {"State": "associated"}},
            {"SubnetId": "subnet-1"},
            {"SubnetId": "subnet-3", "AssociationState": {"State": "disassociated"}},
            {"GatewayId": "igw-1"},
        ]
    )
    assert (found.subnets, found.is_main) == (("subnet-1", "subnet-2"), False)
    assert table(Associations=[{"Main": True}]).is_main is True


@pytest.mark.parametrize("member", ["Routes", "Associations"])
@pytest.mark.parametrize("value", [None, "x", [3]])
def test_what_a_route_table_does_not_tell_is_unknown(member: str, value: Any) -> None:
    found = table(**{member: value})
    unknown = [name for name in ("routes", "subnets", "is_main") if isinstance(getattr(found, name), Unknown)]
    assert unknown == (["routes"] if member == "Routes" else ["subnets", "is_main"])


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ("create-complete", True),
        ("create-in-progress", True),
        ("update-failed", True),
        ("create-failed", False),
        ("delete-in-progress", False),
        ("delete-complete", False),
        ("disable-complete", False),
    ],
)
def test_only_exclusions_that_hold_are_read(state: str, there: bool) -> None:
    row = {"ExclusionId": "e-1", "ResourceArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-1", "State": state,
           "InternetGatewayExclusionMode": "allow-egress"}  # fmt: skip
    found = network(
        reply("ec2:DescribeVpcBlockPublicAccessExclusions", VpcBlockPublicAccessExclusions=[row])
    ).vpc_block_public_access_exclusions
    assert [(each.target, each.mode) for each in found] == ([("subnet-1", "allow-egress")] if there else [])


@pytest.mark.parametrize(("state", "there"), [("available", True), ("enforce-failed", True), ("deleted", False)])
def test_only_encryption_controls_that_stand_are_read(state: str, there: bool) -> None:
    row = {"VpcEncryptionControlId": "c-1", "VpcId": "vpc-1", "Mode": "enforce", "State": state}
    found = network(reply("ec2:DescribeVpcEncryptionControls", VpcEncryptionControls=[row])).vpc_encryption_controls
    assert [(each.vpc, each.mode, each.state) for each in found] == ([("vpc-1", "enforce", state)] if there else [])


@pytest.mark.parametrize("options", [None, "off", {}])
def test_a_block_of_public_access_that_cannot_be_read_is_unread_or_unknown(options: Any) -> None:
    model = network(reply("ec2:DescribeVpcBlockPublicAccessOptions", VpcBlockPublicAccessOptions=options))
    unread = model.unread_for("aws_vpc_block_public_access_options", f"{ACCOUNT}/{REGION}")
    modes = [each.internet_gateway_block_mode for each in model.vpc_block_public_access]
    assert unread is not None or isinstance(modes[0], Unknown)


@pytest.mark.parametrize(
    ("attachments", "vpc"),
    [
        ([], None),
        ([{"State": "available", "VpcId": "vpc-1"}], "vpc-1"),
        ([{"State": "detached", "VpcId": "vpc-1"}], None),
        ([{"State": "detaching", "VpcId": "vpc-1"}, {"State": "attached", "VpcId": "vpc-2"}], "vpc-2"),
    ],
)
def test_the_vpc_of_an_internet_gateway(attachments: list[dict[str, Any]], vpc: str | None) -> None:
    row = {"InternetGatewayId": "igw-1", "Attachments": attachments}
    (found,) = network(reply("ec2:DescribeInternetGateways", InternetGateways=[row])).internet_gateways
    assert found.vpc == vpc


def test_things_that_aws_makes_by_itself_have_the_types_that_adopt_them() -> None:
    model = network(
        reply("ec2:DescribeVpcs", Vpcs=[{"VpcId": "vpc-1", "IsDefault": True}, {"VpcId": "vpc-2", "IsDefault": False}]),
        reply("ec2:DescribeSubnets", Subnets=[{"SubnetId": "subnet-1", "DefaultForAz": True}]),
        reply("ec2:DescribeSecurityGroups", SecurityGroups=[{"GroupId": "sg-1", "GroupName": "default"}]),
        reply("ec2:DescribeNetworkAcls", NetworkAcls=[{"NetworkAclId": "acl-1", "IsDefault": True}]),
    )
    assert [each.type for each in model.entities()] == [
        "aws_default_vpc", "aws_vpc", "aws_default_subnet", "aws_default_security_group", "aws_default_network_acl",
    ]  # fmt: skip


def test_a_list_that_is_shared_is_known_by_the_account_that_uses_it() -> None:
    lists = [{"PrefixListId": "pl-1", "PrefixListName": "offices", "OwnerId": OTHER}]
    (found,) = network(
        reply("ec2:DescribeManagedPrefixLists", PrefixLists=lists),
        reply("ec2:DescribeManagedPrefixLists", account=OTHER, PrefixLists=lists),
        reply("ec2:GetManagedPrefixListEntries", "pl-1", Entries=[{"Cidr": "10.0.0.0/8"}]),
        scopes=((ACCOUNT, REGION), (OTHER, REGION)),
    ).prefix_lists
    assert (found.account, found.prefixes) == (OTHER, (ip_network("10.0.0.0/8"),))
