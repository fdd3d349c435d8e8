from __future__ import annotations

from ipaddress import ip_network

import pytest

from checker.load.terraform.convert import build_model
from checker.model.known import Unknown
from checker.model.network import TransitGatewayAttachmentType
from checker.model.origin import Source
from tests.load.terraform.convert.instances import ACCOUNT, REGION, instance, model, ref, root, symbol

VPC = instance("aws_vpc.main", {"cidr_block": "10.0.0.0/16", "tags": {"env": "dev"}})
SUBNET = instance("aws_subnet.a", {"vpc_id": ref("aws_vpc.main.id"), "cidr_block": "10.0.1.0/24"})


def vpc(*instances):
    (found,) = model(*instances).vpcs
    return found


def test_a_new_vpc_has_its_account_as_owner_and_a_symbol_as_id():
    found = vpc(VPC)
    assert (found.account, found.region, found.owner) == (ACCOUNT, REGION, ACCOUNT)
    assert symbol(found.id) == "⟦aws_vpc.main.id⟧"
    assert symbol(found.arn) == f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/⟦aws_vpc.main.id⟧"
    assert (found.cidrs, found.is_default, found.tags) == ((ip_network("10.0.0.0/16"),), False, {"env": "dev"})


def test_secondary_blocks_of_both_families_belong_to_the_vpc():
    four = instance(
        "aws_vpc_ipv4_cidr_block_association.x", {"vpc_id": ref("aws_vpc.main.id"), "cidr_block": "100.64.0.9/16"}
    )
    six = instance(
        "aws_vpc_ipv6_cidr_block_association.x", {"vpc_id": ref("aws_vpc.main.id"), "ipv6_cidr_block": "2001:db8::/56"}
    )
    other = instance("aws_vpc_ipv4_cidr_block_association.y", {"vpc_id": "vpc-other", "cidr_block": "10.99.0.0/16"})
    assert vpc(VPC, four, six, other).cidrs == (
        ip_network("10.0.0.0/16"),
        ip_network("100.64.0.0/16"),
        ip_network("2001:db8::/56"),
    )


@pytest.mark.parametrize(
    ("values", "configured", "unknown"),
    [
        pytest.param({}, [], 0, id="none asked for"),
        pytest.param({"assign_generated_ipv6_cidr_block": False}, [], 0, id="refused"),
        pytest.param({"assign_generated_ipv6_cidr_block": True}, [], 1, id="asked for"),
        pytest.param({"ipv6_ipam_pool_id": "ipam-pool-1"}, [], 1, id="from a pool"),
        pytest.param({"ipv6_cidr_block": ""}, [], 0, id="known to have none"),
        pytest.param({}, ["ipv6_cidr_block"], 1, id="set to something unknown"),
    ],
)
def test_an_ipv6_block_that_is_not_known_counts_only_when_there_will_be_one(values, configured, unknown):
    found = vpc(instance("aws_vpc.main", {"cidr_block": "10.0.0.0/16", **values}, configured=configured))
    assert sum(isinstance(item, Unknown) for item in found.cidrs) == unknown


def test_a_shared_vpc_has_another_owner():
    found = vpc(
        instance("data.aws_vpc.shared", {"id": "vpc-1", "owner_id": "999900001111", "cidr_block": "10.0.0.0/8"})
    )
    assert (found.account, found.owner, found.origin.managed) == (ACCOUNT, "999900001111", False)


def test_a_data_source_that_was_not_read_tells_no_owner():
    assert isinstance(vpc(instance("data.aws_vpc.x", {"id": "vpc-1"})).owner, Unknown)


def test_a_vpc_read_as_data_is_the_managed_vpc_of_the_same_id():
    managed = root(instance("aws_vpc.main", {"id": "vpc-1", "cidr_block": "10.0.0.0/16"}), label="net")
    reader = root(
        instance("data.aws_vpc.main", {"id": "vpc-1"}),
        instance("data.aws_vpc.other", {"id": "vpc-2"}),
        instance("aws_subnet.a", {"vpc_id": ref("data.aws_vpc.main.id")}),
        instance("aws_subnet.b", {"vpc_id": ref("data.aws_vpc.other.id")}),
        label="app",
    )
    found = build_model([managed, reader], "after")
    assert [item.key for item in found.vpcs] == ["app::data.aws_vpc.other", "net::aws_vpc.main"]
    assert [item.vpc for item in found.subnets] == ["net::aws_vpc.main", "app::data.aws_vpc.other"]


def test_a_data_source_pointed_at_a_managed_vpc_is_that_vpc():
    reader = instance("data.aws_vpc.x", {"id": ref("aws_vpc.main.id")})
    found = model(VPC, reader, instance("aws_subnet.a", {"vpc_id": ref("data.aws_vpc.x.id")}))
    assert [item.key for item in found.vpcs] == ["aws_vpc.main"]
    assert found.subnets[0].vpc == "aws_vpc.main"


@pytest.mark.parametrize(
    ("values", "default", "tags"),
    [
        pytest.param(
            {"tags": {"a": "1"}, "tags_all": {"a": "1", "b": "2"}}, {"b": "3"}, {"a": "1", "b": "2"}, id="tags_all"
        ),
        pytest.param({"tags": {"a": "1"}}, {"a": "9", "b": "3"}, {"a": "1", "b": "3"}, id="default tags below"),
        pytest.param({"tags": None}, {}, {}, id="none"),
        pytest.param({"tags": {"a": 1, "b": None}}, {}, {"a": "1"}, id="null leaves nothing"),
    ],
)
def test_tags(values, default, tags):
    found = build_model([root(instance("aws_vpc.main", values), default_tags=default)], "after").vpcs[0]
    assert found.tags == tags


def test_tags_may_be_unknown_in_part_or_whole():
    part = vpc(instance("aws_vpc.main", {"tags": {"a": Unknown("var.a"), "b": "2"}, "tags_all": Unknown("later")}))
    assert isinstance(part.tags["a"], Unknown)
    assert part.tags["b"] == "2"
    assert isinstance(vpc(instance("aws_vpc.main", {"tags": Unknown("var.tags")})).tags, Unknown)


def test_the_region_argument_beats_the_provider():
    assert vpc(instance("aws_vpc.main", {"region": "us-east-1"})).region == "us-east-1"
    assert (
        vpc(instance("aws_vpc.main", {"arn": "arn:aws-cn:ec2:cn-north-1:1:vpc/vpc-1"}, region=Unknown("?"))).region
        == "cn-north-1"
    )


def test_assumptions_and_doubtful_existence_are_kept():
    found = vpc(instance("aws_vpc.main", {}, exists=Unknown("count = var.n"), assumed={"vpc_id": "the only one"}))
    assert isinstance(found.exists, Unknown)
    assert found.assumptions == ("vpc_id: the only one",)


def test_subnets_belong_to_their_vpc_and_ipv6_only_ones_have_no_ipv4_block():
    (first, second) = model(
        VPC,
        SUBNET,
        instance("aws_subnet.b", {"vpc_id": "vpc-elsewhere", "ipv6_cidr_block": "2001:db8::/64", "ipv6_native": True}),
    ).subnets
    assert (first.vpc, first.cidrs) == ("aws_vpc.main", (ip_network("10.0.1.0/24"),))
    assert (second.vpc, second.cidrs) == ("vpc-elsewhere", (ip_network("2001:db8::/64"),))


def test_an_interface_knows_its_vpc_groups_addresses_and_instance_type():
    found = model(
        VPC,
        SUBNET,
        instance("aws_security_group.g", {"name": "g"}),
        instance(
            "aws_network_interface.n",
            {
                "subnet_id": ref("aws_subnet.a.id"),
                "security_groups": [ref("aws_security_group.g.id")],
                "private_ip": "10.0.1.9",
                "private_ips": ["10.0.1.20", "10.0.1.9"],
                "ipv6_addresses": [],
            },
        ),
        instance("aws_instance.i", {"instance_type": "m5.large"}),
        instance(
            "aws_network_interface_attachment.x",
            {"network_interface_id": ref("aws_network_interface.n.id"), "instance_id": ref("aws_instance.i.id")},
        ),
        instance(
            "aws_network_interface_sg_attachment.y",
            {"network_interface_id": ref("aws_network_interface.n.id"), "security_group_id": "sg-2"},
        ),
    ).network_interfaces[0]
    assert (found.vpc, found.subnet, found.instance_type) == ("aws_vpc.main", "aws_subnet.a", "m5.large")
    assert found.security_groups == ("aws_security_group.g", "sg-2")
    assert found.private_ips == ("10.0.1.9", "10.0.1.20")
    assert (found.interface_type, found.requester_managed) == ("interface", False)


def test_an_interface_keeps_the_prefixes_that_are_delegated_to_it():
    values = {"subnet_id": "subnet-1", "ipv4_prefixes": ["10.0.1.16/28"], "ipv6_prefixes": ["2001:db8:0:0:1::/80"]}
    found = model(instance("aws_network_interface.n", values)).network_interfaces[0]
    assert [str(each) for each in found.delegated] == ["10.0.1.16/28", "2001:db8:0:0:1::/80"]
    plain = model(instance("aws_network_interface.n", {"subnet_id": "subnet-1"})).network_interfaces[0]
    assert plain.delegated == ()


def test_an_interface_without_groups_takes_the_default_group_and_attached_to_none_has_no_instance_type():
    found = model(
        VPC, SUBNET, instance("aws_network_interface.n", {"subnet_id": ref("aws_subnet.a.id")})
    ).network_interfaces[0]
    assert symbol(found.security_groups[0]) == "⟦aws_vpc.main.default_security_group_id⟧"
    assert found.instance_type is None
    assert isinstance(found.private_ips, Unknown)


def test_an_interface_attached_to_an_instance_outside_the_input_has_an_unknown_type():
    values = {"subnet_id": "subnet-1", "attachment": [{"instance": "i-1", "device_index": 1}]}
    assert isinstance(model(instance("aws_network_interface.n", values)).network_interfaces[0].instance_type, Unknown)


def test_the_primary_interface_of_an_existing_instance_is_an_entity_and_that_of_a_new_one_is_not():
    existing = instance(
        "aws_instance.i",
        {
            "primary_network_interface_id": "eni-1",
            "instance_type": "t3.micro",
            "subnet_id": ref("aws_subnet.a.id"),
            "vpc_security_group_ids": ["sg-1"],
            "private_ip": "10.0.1.4",
        },
    )
    log = instance("aws_flow_log.x", {"eni_id": "eni-1"})
    found = model(VPC, SUBNET, existing, log, instance("aws_instance.new", {"instance_type": "t3.micro"}))
    (eni,) = found.network_interfaces
    assert (eni.key, eni.id, eni.vpc, eni.private_ips) == (
        "aws_instance.i#primary",
        "eni-1",
        "aws_vpc.main",
        ("10.0.1.4",),
    )
    assert found.flow_logs[0].target == "aws_instance.i#primary"


def test_a_managed_interface_that_is_an_instances_primary_one_is_not_doubled():
    eni = instance("aws_network_interface.n", {"id": "eni-1", "subnet_id": "subnet-1"})
    host = instance(
        "aws_instance.i",
        {
            "primary_network_interface_id": "eni-1",
            "instance_type": "t2.micro",
            "network_interface": [{"network_interface_id": "eni-1"}],
        },
    )
    (found,) = model(eni, host).network_interfaces
    assert (found.key, found.instance_type) == ("aws_network_interface.n", "t2.micro")


def test_routes_of_both_spellings_associations_and_the_main_table():
    table = instance(
        "aws_route_table.t",
        {
            "vpc_id": ref("aws_vpc.main.id"),
            "route": [
                {"cidr_block": "0.0.0.0/0", "gateway_id": ref("aws_internet_gateway.g.id"), "nat_gateway_id": ""}
            ],
        },
    )
    route = instance(
        "aws_route.r",
        {
            "route_table_id": ref("aws_route_table.t.id"),
            "destination_ipv6_cidr_block": "::/0",
            "nat_gateway_id": "nat-1",
        },
    )
    joined = instance(
        "aws_route_table_association.a",
        {"route_table_id": ref("aws_route_table.t.id"), "subnet_id": ref("aws_subnet.a.id")},
    )
    main = instance(
        "aws_main_route_table_association.m",
        {"route_table_id": ref("aws_route_table.t.id"), "vpc_id": ref("aws_vpc.main.id")},
    )
    default = instance(
        "aws_default_route_table.d", {"default_route_table_id": ref("aws_vpc.main.default_route_table_id"), "route": []}
    )
    gateway = instance("aws_internet_gateway.g", {"vpc_id": ref("aws_vpc.main.id")})
    found = model(VPC, SUBNET, table, route, joined, main, default, gateway)
    default_table, ours = found.route_tables
    assert {(str(item.destination), item.target) for item in ours.routes} == {
        ("0.0.0.0/0", "aws_internet_gateway.g"),
        ("::/0", "nat-1"),
    }
    assert (ours.subnets, ours.is_main, ours.vpc) == (("aws_subnet.a",), True, "aws_vpc.main")
    assert (default_table.vpc, default_table.is_main, default_table.routes) == ("aws_vpc.main", True, ())
    assert found.internet_gateways[0].vpc == "aws_vpc.main"


def test_nat_gateways_are_zonal_unless_they_say_otherwise():
    zonal, regional = model(
        VPC,
        SUBNET,
        instance("aws_nat_gateway.a", {"subnet_id": ref("aws_subnet.a.id")}),
        instance("aws_nat_gateway.b", {"vpc_id": ref("aws_vpc.main.id"), "availability_mode": "regional"}),
    ).nat_gateways
    assert (zonal.availability_mode, zonal.subnet, zonal.vpc) == ("zonal", "aws_subnet.a", "aws_vpc.main")
    assert (regional.availability_mode, regional.subnet, regional.vpc) == ("regional", None, "aws_vpc.main")


@pytest.mark.parametrize(
    ("values", "gateway", "attachment"),
    [
        ({"security_group_referencing_support": "enable"}, True, True),
        ({"security_group_referencing_support": "disable"}, False, False),
        ({}, False, None),
    ],
)
def test_a_transit_gateway_keeps_no_groups_by_default_and_of_an_attachment_aws_decides(values, gateway, attachment):
    ids = {"transit_gateway_id": ref("aws_ec2_transit_gateway.t.id"), "vpc_id": "vpc-1", "subnet_ids": ["subnet-1"]}
    built = model(
        instance("aws_ec2_transit_gateway.t", values),
        instance("aws_ec2_transit_gateway_vpc_attachment.v", {**ids, **values}),
    )
    assert built.transit_gateways[0].keeps_groups is gateway
    found = built.transit_gateway_attachments[0].keeps_groups
    assert isinstance(found, Unknown) if attachment is None else found is attachment


def test_transit_gateways_and_attachments():
    gateway = instance("aws_ec2_transit_gateway.t", {})
    arguments = {"transit_gateway_id": ref("aws_ec2_transit_gateway.t.id")}
    found = model(
        VPC,
        SUBNET,
        gateway,
        instance(
            "aws_ec2_transit_gateway_vpc_attachment.v",
            {**arguments, "vpc_id": ref("aws_vpc.main.id"), "subnet_ids": [ref("aws_subnet.a.id")]},
        ),
        instance("aws_ec2_transit_gateway_peering_attachment.p", arguments),
        instance("aws_ec2_transit_gateway_connect.c", arguments),
        instance("data.aws_ec2_transit_gateway_attachment.d", {"resource_type": "vpn", **arguments}),
        instance("data.aws_ec2_transit_gateway_attachment.e", {"resource_type": "tgw-peering", **arguments}),
    )
    assert found.transit_gateways[0].owner == ACCOUNT
    by_key = {item.key: item for item in found.transit_gateway_attachments}
    ours = by_key["aws_ec2_transit_gateway_vpc_attachment.v"]
    assert (ours.transit_gateway, ours.vpc, ours.subnets) == (
        "aws_ec2_transit_gateway.t",
        "aws_vpc.main",
        ("aws_subnet.a",),
    )
    assert by_key["aws_ec2_transit_gateway_connect.c"].attachment_type is TransitGatewayAttachmentType.CONNECT
    assert by_key["aws_ec2_transit_gateway_peering_attachment.p"].vpc is None
    assert by_key["data.aws_ec2_transit_gateway_attachment.d"].attachment_type is TransitGatewayAttachmentType.VPN
    assert isinstance(by_key["data.aws_ec2_transit_gateway_attachment.e"].attachment_type, Unknown)


def test_block_public_access():
    found = model(instance("aws_vpc_block_public_access_options.o", {"internet_gateway_block_mode": "block-ingress"}))
    assert found.vpc_block_public_access[0].internet_gateway_block_mode == "block-ingress"


def test_source_that_sets_null_where_aws_chooses_is_not_known():
    found = vpc(instance("aws_vpc.main", {"cidr_block": None, "ipv4_ipam_pool_id": "p"}, source=Source.HCL))
    assert isinstance(found.cidrs[0], Unknown)


def test_an_interface_read_as_data_tells_its_facts_and_one_not_read_yet_tells_none():
    values = {
        "id": "eni-1",
        "vpc_id": "vpc-1",
        "subnet_id": "subnet-1",
        "security_groups": ["sg-1"],
        "private_ip": "10.0.0.4",
    }
    known = {**values, "private_ips": ["10.0.0.4"], "ipv6_addresses": [], "attachment": [], "interface_type": "lambda"}
    read, later = model(
        instance("data.aws_network_interface.a", known), instance("data.aws_network_interface.b", {"id": "eni-2"})
    ).network_interfaces
    assert (read.vpc, read.security_groups, read.private_ips) == ("vpc-1", ("sg-1",), ("10.0.0.4",))
    assert (read.interface_type, read.instance_type) == ("lambda", None)
    unknown = (later.vpc, later.security_groups, later.private_ips, later.interface_type, later.instance_type)
    assert all(isinstance(item, Unknown) for item in unknown)
    assert isinstance(read.requester_managed, Unknown)
