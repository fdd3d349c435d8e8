from __future__ import annotations

from ipaddress import ip_network

import pytest

from checker.load.terraform.convert import build_model
from checker.model.address import ALL_PROTOCOLS, IcmpTypeCode, PortRange
from checker.model.firewall import Direction, GroupPeer, PrefixListPeer
from checker.model.known import Unknown
from tests.load.terraform.convert.instances import instance, model, ref, root, symbol

VPC = instance("aws_vpc.main", {"id": "vpc-1"})
WEB = instance("aws_security_group.web", {"name": "web", "vpc_id": "vpc-1"})
HTTPS = {"from_port": 443, "to_port": 443, "protocol": "tcp"}


def group(*instances, key="aws_security_group.web"):
    return next(item for item in model(VPC, *instances).security_groups if item.key == key)


def inline(*rules, **more):
    return instance("aws_security_group.web", {"name": "web", "ingress": list(rules), **more})


def seen(found):
    return sorted(
        f"{rule.direction} {rule.protocol} {rule.ports and (rule.ports.first, rule.ports.last)} "
        f"{rule.icmp and (rule.icmp.type, rule.icmp.code)} {rule.peer}"
        for rule in found.rules
    )


def test_the_three_spellings_give_the_same_rule():
    one = group(inline({**HTTPS, "cidr_blocks": ["10.1.2.3/8"]}))
    two = group(
        WEB,
        instance(
            "aws_security_group_rule.in",
            {
                "type": "ingress",
                **HTTPS,
                "protocol": "6",
                "cidr_blocks": ["10.0.0.0/8"],
                "security_group_id": ref("aws_security_group.web.id"),
            },
        ),
    )
    three = group(
        WEB,
        instance(
            "aws_vpc_security_group_ingress_rule.in",
            {
                "from_port": 443,
                "to_port": 443,
                "ip_protocol": "TCP",
                "cidr_ipv4": "10.0.0.0/8",
                "security_group_id": ref("aws_security_group.web.id"),
            },
        ),
    )
    assert seen(one) == seen(two) == seen(three) == ["ingress 6 (443, 443) None 10.0.0.0/8"]
    assert [item.unread for item in (one, two, three)] == [None, None, None]
    assert three.rules[0].key == "aws_vpc_security_group_ingress_rule.in"


def test_lists_are_split_into_one_rule_per_peer():
    found = group(
        inline(
            {
                **HTTPS,
                "cidr_blocks": ["10.0.0.0/8", "192.0.2.0/24"],
                "ipv6_cidr_blocks": ["2001:db8::/32"],
                "prefix_list_ids": ["pl-1"],
                "security_groups": ["sg-1", "123456789012/sg-2"],
                "self": True,
            }
        )
    )
    peers = {rule.peer for rule in found.rules}
    assert peers == {
        ip_network("10.0.0.0/8"),
        ip_network("192.0.2.0/24"),
        ip_network("2001:db8::/32"),
        PrefixListPeer("pl-1"),
        GroupPeer("sg-1"),
        GroupPeer("sg-2"),
        GroupPeer("aws_security_group.web"),
    }
    assert len({rule.key for rule in found.rules}) == len(found.rules) == 7


@pytest.mark.parametrize(
    ("arguments", "protocol", "ports", "icmp"),
    [
        pytest.param({"protocol": "-1", "from_port": 0, "to_port": 0}, ALL_PROTOCOLS, None, None, id="all"),
        pytest.param(
            {"protocol": "all", "from_port": 22, "to_port": 22}, ALL_PROTOCOLS, None, None, id="all ignores ports"
        ),
        pytest.param(
            {"protocol": "tcp", "from_port": 0, "to_port": 65535}, 6, PortRange(0, 65535), None, id="all of tcp"
        ),
        pytest.param({"protocol": "udp", "from_port": 0, "to_port": 0}, 17, PortRange(0, 0), None, id="port 0 only"),
        pytest.param({"protocol": "50", "from_port": 1, "to_port": 2}, 50, None, None, id="esp has no ports"),
        pytest.param({"protocol": "icmp", "from_port": 8, "to_port": 0}, 1, None, IcmpTypeCode(8, 0), id="echo"),
        pytest.param({"protocol": "icmp", "from_port": 8, "to_port": -1}, 1, None, IcmpTypeCode(8, -1), id="any code"),
        pytest.param({"protocol": "1", "from_port": -1, "to_port": -1}, 1, None, IcmpTypeCode(-1, -1), id="any type"),
        pytest.param(
            {"protocol": "icmpv6", "from_port": 0, "to_port": 0}, 58, None, IcmpTypeCode(0, 0), id="icmpv6 type 0"
        ),
        pytest.param(
            {"protocol": "icmpv6", "from_port": None, "to_port": None}, 58, None, IcmpTypeCode(-1, -1), id="icmpv6"
        ),
    ],
)
def test_protocols_and_ports_take_their_canonical_form(arguments, protocol, ports, icmp):
    (rule,) = group(inline({**arguments, "cidr_blocks": ["0.0.0.0/0"]})).rules
    assert (rule.protocol, rule.ports, rule.icmp) == (protocol, ports, icmp)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"protocol": "tcp", "from_port": 443, "to_port": 80}, id="upside down"),
        pytest.param({"protocol": "tcp", "from_port": None, "to_port": None}, id="missing"),
        pytest.param({"protocol": "tcp", "from_port": 1, "to_port": 70000}, id="beyond 65535"),
        pytest.param({"protocol": "quic", "from_port": 1, "to_port": 2}, id="no such protocol"),
        pytest.param({"protocol": Unknown("var.p"), "from_port": 1, "to_port": 2}, id="protocol not known"),
    ],
)
def test_ports_that_make_no_sense_are_unknown(arguments):
    (rule,) = group(inline({**arguments, "cidr_blocks": ["0.0.0.0/0"]})).rules
    assert isinstance(rule.ports, Unknown)


def test_a_peer_that_is_not_known_stays_a_rule():
    (rule,) = group(inline({**HTTPS, "cidr_blocks": Unknown("var.cidrs")})).rules
    assert rule.peer.reason == "var.cidrs"


def test_a_new_group_without_rules_has_none_in_either_direction():
    assert (group(WEB).rules, group(WEB).unread) == ((), None)


def test_a_group_without_configuration_at_hand_may_have_rules():
    found = group(instance("aws_security_group.web", {"name": "web"}, configured=None))
    assert isinstance(found.unread, Unknown)


def test_inline_rules_that_are_not_known_are_unread():
    found = group(inline({**HTTPS, "cidr_blocks": ["10.0.0.0/8"]}, egress=Unknown("var.egress")))
    assert (len(found.rules), found.unread.reason) == (1, "var.egress")


def test_a_group_read_as_data_does_not_tell_its_rules():
    found = group(
        instance("data.aws_security_group.web", {"id": "sg-1", "name": "default"}), key="data.aws_security_group.web"
    )
    assert isinstance(found.unread, Unknown)
    assert found.is_default is True
    assert not found.origin.managed


def test_the_default_group_without_rules_is_closed_and_found_through_the_vpc():
    vpc = instance("aws_vpc.new", {"cidr_block": "10.0.0.0/16"})
    default = instance("aws_default_security_group.this", {"vpc_id": ref("aws_vpc.new.id")})
    eni = instance(
        "aws_network_interface.x",
        {"security_groups": [ref("aws_vpc.new.default_security_group_id")], "subnet_id": "subnet-1"},
    )
    found = model(vpc, default, eni)
    (closed,) = found.security_groups
    assert (closed.is_default, closed.rules, closed.unread, closed.name) == (True, (), None, "default")
    assert closed.vpc == "aws_vpc.new"
    assert found.network_interfaces[0].security_groups == ("aws_default_security_group.this",)


def test_the_default_group_whose_rules_the_configuration_sets_is_not_closed():
    found = group(
        instance("aws_default_security_group.web", {"vpc_id": "vpc-1"}, configured=["ingress"]),
        key="aws_default_security_group.web",
    )
    assert isinstance(found.unread, Unknown)


def rule(name, cidr, group_id="sg-1", **more):
    return instance(
        f"aws_security_group_rule.{name}",
        {"type": "ingress", **HTTPS, "cidr_blocks": [cidr], "security_group_id": group_id, **more},
    )


def test_rules_of_their_own_that_the_state_repeats_inline_count_once():
    existing = instance(
        "aws_security_group.web",
        {
            "id": "sg-1",
            "name": "web",
            "ingress": [{**HTTPS, "cidr_blocks": ["10.0.0.0/8", "10.9.0.0/16"]}],
            "egress": [],
        },
    )
    found = group(existing, rule("a", "10.0.0.0/8"))
    assert [item.key for item in found.rules] == [
        "aws_security_group.web#ingress/6/443-443#10.9.0.0/16",
        "aws_security_group_rule.a",
    ]


def test_a_rule_of_its_own_that_the_plan_removes_is_gone_although_the_state_repeats_it():
    group_ = instance("aws_security_group.web", {"id": "sg-1", "name": "web"}, configured=[])
    stale = {"ingress": [{**HTTPS, "cidr_blocks": ["10.0.0.0/8"]}, {**HTTPS, "cidr_blocks": ["10.9.0.0/16"]}]}
    computed = instance("aws_security_group.web", {**group_.values, **stale}, configured=None)
    ours = root(computed, before=[computed, rule("a", "10.0.0.0/8")])
    (after,) = build_model([ours], "after").security_groups
    (before,) = build_model([ours], "before").security_groups
    assert seen(after) == ["ingress 6 (443, 443) None 10.9.0.0/16"]
    assert len(before.rules) == 2


def test_rules_added_to_a_group_outside_the_input_are_kept_on_a_group_of_its_own():
    found = group(rule("a", "10.0.0.0/8", group_id="sg-elsewhere"), key="sg-elsewhere")
    assert (found.id, len(found.rules), found.origin.managed) == ("sg-elsewhere", 1, False)
    assert isinstance(found.unread, Unknown)


def test_a_rule_of_an_unknown_group_leaves_every_group_it_may_be_in_unread():
    other = instance("aws_security_group.other", {"name": "other"})
    stray = rule("a", "10.0.0.0/8", group_id=Unknown("var.g", among=("aws_security_group.web",)))
    found = {item.key: item.unread for item in model(WEB, other, stray).security_groups}
    assert found["aws_security_group.other"] is None
    assert "var.g" in found["aws_security_group.web"].reason


def test_a_rule_of_an_unknown_direction_leaves_its_group_unread():
    found = group(instance("aws_security_group.web", {"id": "sg-1"}), rule("a", "10.0.0.0/8", type=Unknown("var.type")))
    assert (found.rules, found.unread.reason) == ((), "var.type")


def test_a_source_group_that_the_provider_computes_is_no_second_peer():
    computed = rule("a", "10.0.0.0/8")
    assert len(group(instance("aws_security_group.web", {"id": "sg-1"}), computed).rules) == 1
    named = rule("b", "10.0.0.0/8", cidr_blocks=None, source_security_group_id=ref("aws_security_group.web.id"))
    (found,) = group(
        WEB, instance(named.address, {**named.values, "security_group_id": ref("aws_security_group.web.id")})
    ).rules
    assert found.peer == GroupPeer("aws_security_group.web")


def test_a_newer_rule_without_peer_is_unknown():
    arguments = {"ip_protocol": "-1", "security_group_id": ref("aws_security_group.web.id")}
    (found,) = group(WEB, instance("aws_vpc_security_group_egress_rule.a", arguments)).rules
    assert found.direction is Direction.EGRESS
    assert isinstance(found.peer, Unknown)


def test_a_group_and_a_list_are_found_as_peers_by_reference():
    lists = instance("aws_ec2_managed_prefix_list.office", {"name": "office", "entry": [{"cidr": "192.0.2.1/24"}]})
    arguments = {"ip_protocol": "-1", "security_group_id": ref("aws_security_group.web.id")}
    found = group(
        WEB,
        lists,
        instance(
            "aws_vpc_security_group_ingress_rule.a",
            {**arguments, "prefix_list_id": ref("aws_ec2_managed_prefix_list.office.id")},
        ),
        instance(
            "aws_vpc_security_group_ingress_rule.b",
            {**arguments, "referenced_security_group_id": ref("aws_security_group.web.id")},
        ),
    )
    assert [item.peer for item in found.rules] == [
        PrefixListPeer("aws_ec2_managed_prefix_list.office"),
        GroupPeer("aws_security_group.web"),
    ]


def test_a_group_of_an_instance_that_is_not_read_keeps_its_symbol():
    (found,) = group(inline({**HTTPS, "security_groups": [ref("aws_lb.x.security_group")]})).rules
    assert symbol(found.peer) == "⟦aws_lb.x.security_group⟧"
