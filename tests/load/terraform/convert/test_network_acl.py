from __future__ import annotations

from ipaddress import ip_network

import pytest

from checker.load.terraform.convert import build_model
from checker.model.address import ALL_PROTOCOLS, IcmpTypeCode, PortRange
from checker.model.firewall import Direction, RuleAction
from checker.model.known import Unknown
from tests.load.terraform.convert.instances import instance, model, ref, root

VPC = instance("aws_vpc.main", {"cidr_block": "10.0.0.0/16"})
ACL = instance("aws_network_acl.a", {"vpc_id": ref("aws_vpc.main.id")})
INLINE = {
    "rule_no": 100,
    "action": "allow",
    "protocol": "tcp",
    "from_port": 443,
    "to_port": 443,
    "cidr_block": "10.1.2.3/8",
}
APART = {
    "rule_number": 100,
    "rule_action": "allow",
    "protocol": "6",
    "from_port": 443,
    "to_port": 443,
    "cidr_block": "10.0.0.0/8",
}


def acl(*instances):
    return next(item for item in model(VPC, *instances).network_acls if item.key == "aws_network_acl.a")


ACL_ID = ref("aws_network_acl.a.id")


def entry_resource(name="r", acl_id=ACL_ID, **values):
    return instance(f"aws_network_acl_rule.{name}", {**APART, "network_acl_id": acl_id, **values})


def facts(entry):
    return (
        entry.direction,
        entry.rule_number,
        entry.rule_action,
        entry.protocol,
        entry.prefix,
        entry.ports,
        entry.icmp,
    )


def test_both_spellings_give_the_same_entry():
    one = acl(instance("aws_network_acl.a", {"vpc_id": ref("aws_vpc.main.id"), "ingress": [INLINE]}))
    two = acl(ACL, entry_resource())
    assert facts(one.entries[0]) == facts(two.entries[0])
    assert facts(one.entries[0]) == (
        Direction.INGRESS,
        100,
        RuleAction.ALLOW,
        6,
        ip_network("10.0.0.0/8"),
        PortRange(443, 443),
        None,
    )
    assert (one.unread, two.unread) == (None, None)
    assert (one.vpc, one.is_default) == ("aws_vpc.main", False)
    assert two.entries[0].origin_key == "aws_network_acl_rule.r"


def test_entries_are_sorted_by_direction_and_number_with_unknown_numbers_last():
    found = acl(
        ACL,
        entry_resource("a", rule_number=Unknown("var.n")),
        entry_resource("b", rule_number=200),
        entry_resource("c", rule_number=90),
        entry_resource("d", rule_number=10, egress=True),
    )
    assert [item.origin_key[-1] for item in found.entries] == ["c", "b", "a", "d"]


@pytest.mark.parametrize(
    ("values", "protocol", "ports", "icmp"),
    [
        pytest.param({"protocol": "-1", "from_port": 0, "to_port": 0}, ALL_PROTOCOLS, None, None, id="all"),
        pytest.param(
            {"protocol": "icmp", "icmp_type": -1, "icmp_code": -1}, 1, None, IcmpTypeCode(-1, -1), id="any icmp"
        ),
        pytest.param({"protocol": "icmp", "icmp_type": 3, "icmp_code": 4}, 1, None, IcmpTypeCode(3, 4), id="pmtud"),
        pytest.param(
            {"protocol": "icmp", "icmp_type": None, "icmp_code": None}, 1, None, IcmpTypeCode(0, 0), id="unset is 0"
        ),
        pytest.param(
            {"protocol": "ipv6-icmp", "icmp_type": 128, "icmp_code": -1}, 58, None, IcmpTypeCode(128, -1), id="icmpv6"
        ),
        pytest.param({"protocol": "esp", "from_port": 1, "to_port": 2}, 50, None, None, id="a name only ACLs take"),
        pytest.param(
            {"protocol": "17", "from_port": 1024, "to_port": 65535}, 17, PortRange(1024, 65535), None, id="udp"
        ),
    ],
)
def test_protocols_ports_and_icmp(values, protocol, ports, icmp):
    (found,) = acl(ACL, entry_resource(**values)).entries
    assert (found.protocol, found.ports, found.icmp) == (protocol, ports, icmp)


def test_an_ipv6_entry_keeps_its_family_and_a_missing_block_is_unknown():
    six = acl(ACL, entry_resource(cidr_block=None, ipv6_cidr_block="::/0")).entries[0]
    none = acl(ACL, entry_resource(cidr_block=None)).entries[0]
    assert six.prefix == ip_network("::/0")
    assert isinstance(none.prefix, Unknown)


def test_the_final_deny_that_the_state_lists_is_not_an_entry():
    listed = [INLINE, {**INLINE, "rule_no": 32767, "action": "deny"}]
    found = acl(instance("aws_network_acl.a", {"vpc_id": "vpc-1", "ingress": listed}))
    assert [item.rule_number for item in found.entries] == [100]


def test_a_rule_of_its_own_beats_what_the_state_repeats_and_a_removed_one_is_gone():
    computed = instance("aws_network_acl.a", {"id": "acl-1", "vpc_id": "vpc-1", "ingress": [INLINE]}, configured=None)
    changed = entry_resource(acl_id="acl-1", rule_action="deny")
    assert [item.rule_action for item in acl(computed, changed).entries] == [RuleAction.DENY]
    after = build_model([root(computed, before=[computed, entry_resource(acl_id="acl-1")])], "after")
    assert after.network_acls[0].entries == ()


def test_a_rule_that_may_not_exist_leaves_the_acl_unread():
    unsure = instance(
        "aws_network_acl_rule.r",
        {**APART, "network_acl_id": ref("aws_network_acl.a.id")},
        exists=Unknown("count = var.n"),
    )
    found = acl(ACL, unsure)
    assert (found.entries, found.unread.reason) == ((), "count = var.n")


def test_a_rule_of_an_unknown_acl_leaves_the_acl_unread():
    assert "var.acl" in acl(ACL, entry_resource(acl_id=Unknown("var.acl"))).unread.reason
    assert acl(ACL, entry_resource(acl_id="acl-elsewhere")).unread is None


def test_the_default_acl_belongs_to_the_vpc_that_names_it():
    default = instance(
        "aws_default_network_acl.d", {"default_network_acl_id": ref("aws_vpc.main.default_network_acl_id")}
    )
    added = entry_resource(acl_id=ref("aws_vpc.main.default_network_acl_id"))
    (found,) = model(VPC, default, added).network_acls
    assert (found.vpc, found.is_default, len(found.entries)) == ("aws_vpc.main", True, 1)


def test_subnets_come_from_the_argument_and_from_associations():
    subnets = [instance(f"aws_subnet.{name}", {"vpc_id": "vpc-1", "cidr_block": "10.0.0.0/24"}) for name in "ab"]
    listed = instance("aws_network_acl.a", {"vpc_id": "vpc-1", "subnet_ids": [ref("aws_subnet.b.id"), "subnet-9"]})
    joined = instance(
        "aws_network_acl_association.x",
        {"network_acl_id": ref("aws_network_acl.a.id"), "subnet_id": ref("aws_subnet.a.id")},
    )
    assert acl(listed, joined, *subnets).subnets == ("aws_subnet.a", "aws_subnet.b", "subnet-9")
    assert acl(ACL, *subnets).subnets == ()
    assert isinstance(acl(instance("aws_network_acl.a", {}, configured=["subnet_ids"])).subnets, Unknown)


def test_prefix_lists_collect_entries_of_both_spellings_in_canonical_form():
    inline = instance("aws_ec2_managed_prefix_list.p", {"name": "p", "entry": [{"cidr": "192.0.2.9/24"}]})
    more = instance(
        "aws_ec2_managed_prefix_list_entry.e",
        {"cidr": "10.0.0.0/8", "prefix_list_id": ref("aws_ec2_managed_prefix_list.p.id")},
    )
    data = instance(
        "data.aws_prefix_list.s3",
        {"id": "pl-1", "name": "com.amazonaws.eu-west-1.s3", "cidr_blocks": ["52.218.0.0/17"]},
    )
    found = model(inline, more, data).prefix_lists
    assert [item.prefixes for item in found] == [
        (ip_network("10.0.0.0/8"), ip_network("192.0.2.0/24")),
        (ip_network("52.218.0.0/17"),),
    ]


def test_a_prefix_list_read_as_data_that_was_not_read_yet_is_unknown():
    (found,) = model(instance("data.aws_ec2_managed_prefix_list.p", {"name": "p"})).prefix_lists
    assert isinstance(found.prefixes, Unknown)
