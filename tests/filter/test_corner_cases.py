"""The corner cases of security groups, network ACLs, tracking and records, each by its number.

Numbers and expected answers follow the project's reference of network semantics; case 1 is ``test_case_01_...``.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

import pytest

from checker.explaining import as_text
from checker.filter.acl import decide
from checker.filter.arrival import Arrival
from checker.filter.change import Effect, Fate, change
from checker.filter.explain import explain, parse_flow
from checker.filter.index import Index
from checker.model.absent import Absent
from checker.model.diagnosis import (
    Cause,
    CauseDetail,
    Dimension,
    NeedKind,
    Pattern,
    Side,
    Stage,
    TrafficRoute,
    Verdict,
)
from checker.model.finding import Confidence
from checker.model.flow_log import TrafficType
from checker.model.known import Unknown
from checker.model.model import NetworkModel, Unread
from checker.model.network import (
    IdleTimeouts,
    Route,
    TransitGateway,
    VpcBlockPublicAccess,
    VpcBlockPublicAccessExclusion,
)
from checker.model.origin import Origin, Source
from checker.model.record import replace
from checker.model.traffic import DirectionSignal, FlagsClass
from tests.filter.net import (
    ACCOUNT,
    AFTER,
    ALL_OUT,
    BEFORE,
    HIDDEN,
    IN,
    OUT,
    READ,
    acl,
    at,
    attachment,
    common,
    default_acl,
    eni,
    entry,
    flow,
    open_entries,
    plist,
    routes,
    rule,
    sg,
    subnet,
    usual,
    vpc,
    why,
)
from tests.filter.recorded import DEFAULT, diagnosed, heard, read
from tests.rules.build import flow_log

SYN, SYN_ACK, OTHER = FlagsClass.SYN, FlagsClass.SYN_ACK, FlagsClass.OTHER
ANY = "0.0.0.0/0"
ALLOWED, DENIED, UNKNOWN, ASIDE = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNKNOWN, Verdict.NOT_EVALUATED


def groups(model: NetworkModel, direction, service: str, peer: str, interface: str = "eni-server"):
    return at(model, interface, direction, service, peer).groups


def acls(model: NetworkModel, direction, service: str, peer: str, interface: str = "eni-server"):
    return at(model, interface, direction, service, peer).acl


def server(*rules):
    return usual(server=[*rules, rule(OUT, *ALL_OUT, key="sgr-out")])


def told(text: str, model: NetworkModel, *, after: NetworkModel | None = None):
    """Return the way of a flow, or with a second network what a plan to get there changes for it."""
    if after is None:
        return explain(Index(model), parse_flow(text))
    now = Index(after)
    return change(Index(model), now, explain(now, parse_flow(text)), ())


def two_groups(first, second) -> NetworkModel:
    model = usual()
    twice = eni("eni-twice", "subnet-b", "10.0.2.9", groups=("sg-1", "sg-2"))
    return replace(
        model,
        network_interfaces=(*model.network_interfaces, twice),
        security_groups=(*model.security_groups, sg("sg-1", *first), sg("sg-2", *second)),
    )


# Security groups.


def test_case_01_one_of_two_groups_is_enough_and_a_reject_then_contradicts() -> None:
    model = two_groups([rule(IN, "tcp/443", "10.9.0.0/16")], [rule(IN, "tcp/443", "10.0.1.0/24", key="sgr-yes")])
    found = groups(model, IN, "tcp/443", "10.0.1.5", "eni-twice")
    assert (found.verdict, found.line.id) == (ALLOWED, "sgr-yes")
    assert groups(model, IN, "tcp/443", "10.8.0.1", "eni-twice").verdict is DENIED
    rejected = why(model, flow(IN, "tcp/443", "10.0.1.5", interface="eni-twice", flags=SYN, when=AFTER))
    assert (rejected.cause, rejected.blockers) == (Cause.CONTRADICTS_CONFIG, ())
    for groups_ in (("sg-1",), ("sg-2", "sg-1")):
        swapped = replace(model.network_interfaces[-1], security_groups=groups_)
        only = replace(model, network_interfaces=(*model.network_interfaces[:-1], swapped))
        verdict = groups(only, IN, "tcp/443", "10.0.1.5", "eni-twice").verdict
        assert verdict is (DENIED if groups_ == ("sg-1",) else ALLOWED)


def test_case_02_no_inbound_rule_at_all_is_said_so() -> None:
    found = why(server(), flow(IN, "tcp/22", "10.0.1.5", flags=SYN))
    assert (found.cause, found.cause_detail, found.stage) == (
        Cause.SG_NO_RULES,
        CauseDetail.SG_NO_RULES_IN,
        Stage.SG_INGRESS,
    )
    other = why(server(rule(IN, "tcp/80", ANY)), flow(IN, "tcp/22", "10.0.1.5", flags=SYN))
    assert other.cause is Cause.SG_NO_MATCH


def test_case_03_without_outbound_rules_nothing_is_opened_but_what_is_served_still_answers() -> None:
    model = usual(client=[rule(IN, "tcp/443", ANY)])
    found = why(model, flow(OUT, "tcp/443", "52.1.2.3", interface="eni-client", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.SG_NO_RULES, CauseDetail.SG_NO_RULES_OUT)
    served = told("tcp 52.1.2.3:40000 -> 10.0.1.5:443", model)
    assert served.verdict is ALLOWED
    assert [step.result.verdict for step in served.steps if step.result.stage is Stage.SG_EGRESS] == [ASIDE]
    some = usual(client=[rule(OUT, "tcp/80", ANY)])
    found = why(some, flow(OUT, "tcp/443", "52.1.2.3", interface="eni-client", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.SG_NO_MATCH, CauseDetail.SG_OUT_NO_MATCH)


@pytest.mark.parametrize("ports", ["0-0", "-1--1"])
def test_case_04_all_protocols_with_ports_match_everything(ports: str) -> None:
    from checker.model.address import PortRange

    odd = PortRange(0, 0) if ports == "0-0" else PortRange(-1, -1)
    model = server(rule(IN, "all", ANY, ports=odd))
    for service in ("tcp/22", "udp/53", "icmp/8/0", "50"):
        assert groups(model, IN, service, "10.9.9.9").verdict is ALLOWED


@pytest.mark.parametrize(
    ("number", "name"), [("6/443", "tcp/443"), ("17/53", "udp/53"), ("58", "icmpv6"), ("1", "icmp")]
)
def test_case_05_protocol_numbers_and_names_are_equal(number: str, name: str) -> None:
    peer = "2600:1f18::9" if name == "icmpv6" else "10.0.1.5"
    block = "::/0" if name == "icmpv6" else ANY
    assert groups(server(rule(IN, number, block)), IN, name, peer).verdict is ALLOWED
    assert groups(server(rule(IN, name, block)), IN, number, peer).verdict is ALLOWED
    assert groups(server(rule(IN, number, block)), IN, "47", peer).verdict is DENIED


def test_case_06_ports_of_other_protocols_are_ignored() -> None:
    from checker.model.address import PortRange

    model = server(rule(IN, "50", ANY, ports=PortRange(500, 500)))
    assert groups(model, IN, "50", "10.0.1.5").verdict is ALLOWED
    assert groups(model, IN, "51", "10.0.1.5").verdict is DENIED


def test_case_07_port_zero_is_one_port() -> None:
    model = server(rule(IN, "tcp/0-0", ANY))
    assert groups(model, IN, "tcp/0", "10.0.1.5").verdict is ALLOWED
    assert groups(model, IN, "tcp/1", "10.0.1.5").verdict is DENIED


def test_case_08_a_rule_for_one_icmp_type_leaves_a_record_open() -> None:
    found = why(server(rule(IN, "icmp/8", ANY, key="sgr-echo")), flow(IN, "icmp", "10.0.1.5"))
    assert (found.cause, found.cause_detail) == (Cause.UNDETERMINED, CauseDetail.ICMP_TYPE)
    assert "sgr-echo" in found.says
    assert found.undetermined_by is not None
    assert found.rule is None
    assert found.service_ports is None
    assert (found.icmp.type, found.icmp.code) == (None, None)


def test_case_09_a_rule_for_all_icmp_types_acquits_the_group() -> None:
    model = usual(server=[rule(IN, "icmp/-1/-1", ANY)], acl_b=[entry(90, IN, "deny", "icmp", ANY), *open_entries()])
    found = why(model, flow(IN, "icmp", "10.0.1.5"))
    assert (found.stage, found.rule.id) == (Stage.NACL_INGRESS, "acl-b#90")
    assert [each.stage for each in found.blockers] == [Stage.NACL_INGRESS]
    other = why(usual(server=[rule(IN, "icmp/-1/-1", ANY)]), flow(IN, "icmp", "10.0.1.5", when=AFTER))
    assert (other.cause, other.stage) == (Cause.CONTRADICTS_CONFIG, None)


def test_case_10_an_ipv4_rule_never_matches_ipv6() -> None:
    model = server(rule(IN, "tcp/443", ANY, key="sgr-four"))
    found = why(model, flow(IN, "tcp/443", "2600:1f18:0:1::9", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.SG_NO_MATCH, CauseDetail.SG_FAMILY)
    assert found.nearest_miss.differs == (Dimension.FAMILY,)
    assert found.nearest_miss.rule.id == "sgr-four"
    assert "sgr-four would, but it is for the other address family" in found.says


def test_case_11_icmpv6_is_not_icmp() -> None:
    model = server(rule(IN, "icmp", "::/0"))
    assert groups(model, IN, "icmpv6", "2600:1f18::9").verdict is DENIED
    found = why(model, flow(IN, "58", "2600:1f18::9"))
    assert (found.cause, found.stage) == (Cause.SG_NO_MATCH, Stage.SG_INGRESS)
    assert groups(server(rule(IN, "icmpv6", "::/0")), IN, "icmpv6", "2600:1f18::9").verdict is ALLOWED


def test_case_12_a_group_is_matched_by_a_member_in_the_same_vpc_which_is_named() -> None:
    model = server(rule(IN, "tcp/22", "sg-client"))
    found = groups(model, IN, "tcp/22", "10.0.1.5")
    assert (found.verdict, found.via) == (ALLOWED, "eni-client")
    assert groups(model, IN, "tcp/22", "10.0.1.6").verdict is DENIED
    assert "by eni-client, which carries that group" in as_text(told("tcp 10.0.1.5 -> 10.0.2.7:22", model), 120)


def test_case_13_a_member_s_public_address_is_no_member() -> None:
    model = server(rule(IN, "tcp/443", "sg-client", key="sgr-ref"))
    shown = replace(model.network_interfaces[0], public_ip="52.1.2.3")
    model = replace(model, network_interfaces=(shown, *model.network_interfaces[1:]))
    found = why(model, flow(IN, "tcp/443", "52.1.2.3", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.SG_NO_MATCH, CauseDetail.SG_REF_PUBLIC_PATH)
    assert "private address" in found.says
    assert not found.expected
    other = why(model, flow(IN, "tcp/443", "52.1.2.4", flags=SYN))
    assert other.cause is Cause.EXPECTED_DENIAL


def test_case_14_behind_a_nat_gateway_nobody_is_a_member() -> None:
    nat = eni("eni-nat", "subnet-a", "10.0.1.200", interface_type="nat_gateway", managed_by="nat-gateway")
    model = server(rule(IN, "tcp/443", "sg-client"))
    model = replace(model, network_interfaces=(*model.network_interfaces, nat))
    found = why(model, flow(IN, "tcp/443", "10.0.1.200", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.SG_NO_MATCH, CauseDetail.SG_REF_PUBLIC_PATH)
    assert "NAT gateway" in found.says
    shown = replace(model, network_interfaces=(*model.network_interfaces[:2], replace(nat, public_ip="52.1.1.1")))
    by_address = why(shown, flow(IN, "tcp/443", "52.1.1.1", flags=SYN))
    assert (by_address.cause, by_address.stage) == (Cause.EXPECTED_DENIAL, Stage.SG_INGRESS), "its public address"


def across(target: str, *, region: str = "eu-west-1", **more) -> NetworkModel:
    """A client with sg-far in another VPC, to which the server's subnet has a route."""
    model = usual(
        client=[],
        server=[rule(IN, "tcp/443", "sg-far", key="sgr-far"), rule(OUT, "tcp/443", "sg-far", key="sgr-far-out")],
        vpcs=[vpc("vpc-2", "10.9.0.0/16")],
        subnets=[subnet("subnet-far", "10.9.0.0/24", of="vpc-2")],
        network_interfaces=[eni("eni-far", "subnet-far", "10.9.0.5", groups=("sg-far",), of="vpc-2", region=region)],
        security_groups=[sg("sg-far", of="vpc-2")],
        **more,
    )
    return replace(model, route_tables=(routes("vpc-1", ("10.9.0.0/16", target)),))


def test_case_15_a_group_across_peering_holds_in_one_region_only() -> None:
    near = groups(across("pcx-1"), IN, "tcp/443", "10.9.0.5")
    assert (near.verdict, near.via) == (ALLOWED, "eni-far")
    assert any("active" in text for text in near.assumed)
    far = why(across("pcx-1", region="us-east-1"), flow(IN, "tcp/443", "10.9.0.5", flags=SYN))
    assert (far.cause, far.cause_detail) == (Cause.SG_NO_MATCH, CauseDetail.SG_REF_NOT_PRESERVED)
    gone = Absent(
        type="aws_security_group", key="sg-gone", origin=Origin(source=Source.ACCOUNT), says="InvalidGroup.NotFound"
    )
    stale = replace(server(rule(IN, "tcp/443", "sg-gone")), absent=(gone,))
    found = why(stale, flow(IN, "tcp/443", "10.9.0.5", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.SG_NO_MATCH, CauseDetail.SG_REF_STALE)


def test_case_16_through_a_transit_gateway_inbound_depends_and_outbound_never_holds() -> None:
    model = across("tgw-1")
    inward = groups(model, IN, "tcp/443", "10.9.0.5")
    assert inward.verdict is UNKNOWN
    assert [each.kind for each in inward.doubts] == [CauseDetail.PEER_SG]
    assert "SecurityGroupReferencingSupport" in inward.doubts[0].says
    outward = groups(model, OUT, "tcp/443", "10.9.0.5")
    assert outward.verdict is DENIED
    assert [each.kind for each in outward.notes] == [CauseDetail.SG_REF_NOT_PRESERVED]


@pytest.mark.parametrize(
    ("gateway", "here", "there", "verdict"),
    [
        pytest.param(True, True, True, ALLOWED, id="all three keep groups"),
        pytest.param(False, True, True, DENIED, id="the gateway does not, as by default"),
        pytest.param(True, False, True, DENIED, id="the attachment here does not"),
        pytest.param(True, True, False, DENIED, id="the attachment there does not"),
        pytest.param(True, True, HIDDEN, UNKNOWN, id="one is not known"),
        pytest.param(HIDDEN, True, False, DENIED, id="one that does not is enough"),
        pytest.param(True, True, None, UNKNOWN, id="the other end's attachment is not in the input"),
    ],
)
def test_case_16_a_transit_gateway_keeps_groups_where_it_and_both_attachments_are_set_so(
    gateway, here, there, verdict
) -> None:
    transit = TransitGateway(owner=ACCOUNT, keeps_groups=gateway, **common("tgw-1", "aws_ec2_transit_gateway"))
    ends = [replace(attachment("subnet-a"), keeps_groups=here)]
    if there is not None:
        ends.append(replace(attachment("subnet-far"), key="tgw-attach-2", vpc="vpc-2", keeps_groups=there))
    model = replace(across("tgw-1"), transit_gateways=(transit,), transit_gateway_attachments=tuple(ends))
    assert groups(model, IN, "tcp/443", "10.9.0.5").verdict is verdict
    assert groups(model, OUT, "tcp/443", "10.9.0.5").verdict is DENIED, "outbound rules never see groups over it"
    found = why(model, flow(IN, "tcp/443", "10.9.0.5", flags=SYN, when=AFTER))
    if verdict is DENIED:
        assert (found.cause, found.cause_detail) == (Cause.SG_NO_MATCH, CauseDetail.SG_REF_NOT_PRESERVED)
        assert "SecurityGroupReferencingSupport" in found.says
    else:
        assert found.cause is (Cause.CONTRADICTS_CONFIG if verdict is ALLOWED else Cause.UNDETERMINED)


@pytest.mark.parametrize("target", ["eni-firewall", "vpce-gwlb"])
def test_case_17_a_middlebox_does_not_keep_groups(target: str) -> None:
    found = why(across(target), flow(IN, "tcp/443", "10.9.0.5", flags=SYN))
    assert found.cause_detail is CauseDetail.SG_REF_NOT_PRESERVED
    inside = server(rule(IN, "tcp/443", "sg-client"))
    inside = replace(inside, route_tables=(routes("vpc-1", ("10.0.1.0/24", target)),))
    assert groups(inside, IN, "tcp/443", "10.0.1.5").verdict is DENIED
    wider = replace(inside, route_tables=(routes("vpc-1", (ANY, target)),))
    assert groups(wider, IN, "tcp/443", "10.0.1.5").verdict is ALLOWED


def test_case_18_a_group_of_an_account_that_cannot_be_read_is_no_denial() -> None:
    found = why(server(rule(IN, "tcp/443", "sg-elsewhere")), flow(IN, "tcp/443", "10.50.0.1", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.UNDETERMINED, CauseDetail.SG_REF_UNKNOWN_PEER)
    assert "sg-elsewhere" in found.says
    known = why(server(rule(IN, "tcp/443", "sg-elsewhere")), flow(IN, "tcp/443", "10.0.1.5", flags=SYN))
    assert known.cause is Cause.SG_NO_MATCH, "eni-client is known and does not carry it"
    public = why(server(rule(IN, "tcp/443", "sg-elsewhere")), flow(IN, "tcp/443", "52.1.2.3", flags=SYN))
    assert (public.cause, public.confidence) == (Cause.EXPECTED_DENIAL, Confidence.MEDIUM)


def test_case_19_equal_groups_at_both_ends_need_a_self_reference() -> None:
    twin = eni("eni-twin", "subnet-b", "10.0.2.8", groups=("sg-server",))
    model = server(rule(IN, "tcp/443", "sg-client"))
    model = replace(model, network_interfaces=(*model.network_interfaces, twin))
    found = why(model, flow(IN, "tcp/443", "10.0.2.8", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.SG_NO_MATCH, CauseDetail.SG_SELF_REFERENCE_MISSING)
    assert found.needs[0].peer_group == "sg-server"
    itself = server(rule(IN, "tcp/443", "sg-server"))
    itself = replace(itself, network_interfaces=(*itself.network_interfaces, twin))
    assert groups(itself, IN, "tcp/443", "10.0.2.8").verdict is ALLOWED


def test_case_20_a_prefix_list_counts_only_where_its_entries_are_known() -> None:
    model = server(rule(IN, "tcp/443", "pl-1", key="sgr-list"))
    for lists in ((), (plist("pl-1", HIDDEN),)):
        found = why(replace(model, prefix_lists=lists), flow(IN, "tcp/443", "10.50.0.1", flags=SYN))
        assert (found.cause, found.cause_detail) == (Cause.UNDETERMINED, CauseDetail.PREFIX_LIST)
        assert "pl-1" in found.says
    known = replace(model, prefix_lists=(plist("pl-1", ["10.50.0.0/24"]),))
    found = groups(known, IN, "tcp/443", "10.50.0.1")
    assert (found.verdict, found.via) == (ALLOWED, "10.50.0.0/24")
    assert "by 10.50.0.0/24, an entry of that list" in as_text(told("tcp 10.50.0.1 -> 10.0.2.7:443", known), 120)
    assert groups(known, IN, "tcp/443", "10.50.1.1").verdict is DENIED


def test_case_21_rules_read_long_after_the_record_lower_the_confidence() -> None:
    model = replace(server(rule(IN, "tcp/443", "pl-1")), prefix_lists=(plist("pl-1", ["10.50.0.0/24"]),))
    rejected = flow(IN, "tcp/443", "10.60.0.1", flags=SYN)
    assert why(model, rejected).confidence is Confidence.HIGH
    late = why(model, rejected, taken=READ + timedelta(days=9))
    assert late.confidence is Confidence.MEDIUM
    assert any("did not change until 2026-03-10" in text for text in late.assumptions)
    changed = why(model, replace(rejected, peer_first="10.50.0.1", peer_last="10.50.0.1", top_peers=()), taken=READ)
    assert changed.cause is Cause.FIXED_SINCE, "on the list by now, and rejected before it was read"


def test_case_22_a_configuration_newer_than_the_log_is_said_to_be_so() -> None:
    found = why(server(rule(IN, "tcp/443", ANY)), flow(IN, "tcp/443", "10.0.1.5", flags=SYN, when=BEFORE))
    assert (found.cause, found.cause_detail) == (Cause.FIXED_SINCE, CauseDetail.FIXED_SINCE)
    assert "2026-03-01 12:00 UTC" in found.says


def test_case_23_a_group_of_another_vpc_is_valid() -> None:
    model = usual(security_groups=[sg("sg-shared", rule(IN, "tcp/443", ANY), of="vpc-9")])
    shared = eni("eni-shared", "subnet-b", "10.0.2.20", groups=("sg-shared",))
    model = replace(model, network_interfaces=(*model.network_interfaces, shared))
    assert groups(model, IN, "tcp/443", "10.0.1.5", "eni-shared").verdict is ALLOWED


@pytest.mark.parametrize(
    "kind", ["nat_gateway", "transit_gateway", "gateway_load_balancer_endpoint", "network_load_balancer"]
)
def test_case_24_an_interface_without_group_can_only_be_stopped_elsewhere(kind: str) -> None:
    bare = eni("eni-bare", "subnet-b", "10.0.2.30", interface_type=kind)
    model = usual(acl_b=[entry(90, IN, "deny", "tcp/22", ANY), *open_entries()], network_interfaces=[bare])
    assert groups(model, IN, "tcp/22", "10.0.1.5", "eni-bare").verdict is ASIDE
    found = why(model, flow(IN, "tcp/22", "10.0.1.5", interface="eni-bare", flags=SYN))
    assert (found.cause, found.rule.id) == (Cause.NACL_DENY, "acl-b#90")
    passed = why(model, flow(IN, "tcp/23", "10.0.1.5", interface="eni-bare", flags=SYN, when=AFTER))
    assert passed.cause is Cause.CONTRADICTS_CONFIG


def test_case_25_clients_of_a_preserving_load_balancer_are_seen_and_its_group_may_be_named() -> None:
    nlb = eni("eni-nlb", "subnet-a", "10.0.1.40", groups=("sg-nlb",), interface_type="network_load_balancer")
    model = usual(server=[rule(IN, "tcp/443", "sg-nlb", key="sgr-nlb")], security_groups=[sg("sg-nlb")])
    model = replace(model, network_interfaces=(*model.network_interfaces, nlb))
    health = groups(model, IN, "tcp/443", "10.0.1.40")
    assert (health.verdict, health.via) == (ALLOWED, "eni-nlb")
    client = at(model, "eni-server", IN, "tcp/443", "198.18.0.9").groups
    assert client.verdict is UNKNOWN
    assert "load balancer" in client.doubts[0].says
    asked = why(model, flow(IN, "tcp/443", "198.18.0.9", flags=SYN))
    assert (asked.cause, asked.cause_detail) == (Cause.UNDETERMINED, CauseDetail.PEER_SG)
    admitted = replace(model, security_groups=(sg("sg-nlb"), sg("sg-server", rule(IN, "tcp/443", "198.18.0.0/15"))))
    assert groups(admitted, IN, "tcp/443", "198.18.0.9").verdict is ALLOWED
    check = told("tcp 10.0.1.40 -> 10.0.2.7:443", model)
    assert (check.verdict, check.steps[0].result.stage) == (DENIED, Stage.SG_EGRESS), "its own outbound rules count"
    assert check.pattern is Pattern.OUTBOUND_REJECT


def test_case_26_without_preservation_the_load_balancer_itself_is_the_peer() -> None:
    nlb = eni("eni-nlb", "subnet-a", "10.0.1.40", interface_type="network_load_balancer")
    for_clients = rule(IN, "tcp/443", "198.18.0.0/15", key="sgr-clients")
    model = replace(server(for_clients), network_interfaces=(*server().network_interfaces, nlb))
    found = why(model, flow(IN, "tcp/443", "10.0.1.40", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.SG_NO_MATCH, CauseDetail.SG_IN_NO_MATCH)
    assert (found.nearest_miss.rule.id, found.nearest_miss.differs) == ("sgr-clients", (Dimension.CIDR,))
    assert [(need.key, need.peer_group, [*map(str, need.prefixes)]) for need in found.needs] == [
        ("sg-server", None, ["10.0.1.40/32"])
    ], "the load balancer has no group that a rule could name"
    with_group = replace(model, network_interfaces=(*model.network_interfaces[:-1],
                         replace(nlb, security_groups=("sg-client",))))  # fmt: skip
    named = why(with_group, flow(IN, "tcp/443", "10.0.1.40", flags=SYN))
    assert [need.peer_group for need in named.needs] == ["sg-client"]
    fixed = replace(model, security_groups=(sg("sg-client"), sg("sg-server", rule(IN, "tcp/443", "10.0.1.40/32"))))
    assert groups(fixed, IN, "tcp/443", "10.0.1.40").verdict is ALLOWED
    assert groups(fixed, IN, "tcp/443", "198.18.0.9").verdict is DENIED, "clients are not seen, nor admitted"


def test_case_27_what_a_private_link_client_sends_to_a_load_balancer_may_not_meet_its_group() -> None:
    nlb = eni("eni-nlb", "subnet-b", "10.0.2.40", groups=("sg-nlb",), interface_type="network_load_balancer")
    model = usual(security_groups=[sg("sg-nlb", rule(IN, "tcp/443", "10.0.0.0/16"))], network_interfaces=[nlb])
    found = why(model, flow(IN, "tcp/443", "172.16.0.9", interface="eni-nlb", flags=SYN))
    assert found.cause is Cause.SG_NO_MATCH
    assert any("PrivateLink" in text for text in found.assumptions)
    assert found.confidence is Confidence.MEDIUM


def test_case_28_a_target_is_told_to_admit_the_group_of_its_load_balancer() -> None:
    alb = eni("eni-alb", "subnet-a", "10.0.1.50", groups=("sg-alb",), description="ELB app/web/1", managed_by="elb")
    model = usual(security_groups=[sg("sg-alb")], network_interfaces=[alb], server=[rule(IN, "tcp/80", "10.9.0.0/16")])
    found = why(model, flow(IN, "tcp/80", "10.0.1.50", flags=SYN))
    assert found.cause is Cause.SG_NO_MATCH
    assert [(need.kind, need.key, need.peer_group) for need in found.needs] == [
        (NeedKind.SG_RULE, "sg-server", "sg-alb")
    ]


# Network ACLs.

OPEN = [rule(IN, "all", ANY), rule(OUT, *ALL_OUT)]


def with_acl(*entries, **more) -> NetworkModel:
    return usual(server=OPEN, acl_b=list(entries), **more)


def test_case_29_a_lower_deny_wins_and_is_cited() -> None:
    model = with_acl(entry(90, IN, "deny", "tcp/22", ANY), entry(100, IN, "allow", "all", ANY))
    found = why(model, flow(IN, "tcp/22", "10.0.1.5", flags=SYN))
    assert (found.cause, found.cause_detail, found.rule.id) == (Cause.NACL_DENY, CauseDetail.NACL_IN_DENY, "acl-b#90")
    assert found.needs[0].number == 80


def test_case_30_a_higher_deny_never_counts() -> None:
    model = with_acl(entry(100, IN, "allow", "all", ANY), entry(110, IN, "deny", "tcp/22", ANY))
    found = acls(model, IN, "tcp/22", "10.0.1.5")
    assert (found.verdict, found.line.id) == (ALLOWED, "acl-b#100")
    rejected = why(model, flow(IN, "tcp/22", "10.0.1.5", flags=SYN, when=AFTER))
    assert (rejected.cause, rejected.rule) == (Cause.CONTRADICTS_CONFIG, None), "110 is never blamed"


def test_case_31_no_match_is_the_final_deny_and_a_number_is_proposed() -> None:
    model = with_acl(entry(100, IN, "allow", "tcp/443", ANY), entry(200, IN, "deny", "tcp/23", ANY))
    found = why(model, flow(IN, "tcp/22", "10.0.1.5", flags=SYN))
    assert (found.cause, found.rule.id) == (Cause.NACL_IMPLICIT_DENY, "acl-b#*")
    assert "32767" in found.rule.says
    assert found.cause_detail is CauseDetail.NACL_IN_IMPLICIT_DENY
    assert "No entry of network ACL acl-b matches it" in found.says
    assert found.needs[0].number == 210
    assert found.needs[0].ports.first == 22


def test_case_32_entries_are_sorted_by_number() -> None:
    model = with_acl(entry(200, IN, "allow", "all", ANY), entry(90, IN, "deny", "tcp/22", ANY))
    assert acls(model, IN, "tcp/22", "10.0.1.5").line.id == "acl-b#90"


def test_case_33_ipv6_needs_entries_of_its_own() -> None:
    model = with_acl(entry(100, IN, "allow", "all", ANY))
    model = replace(model, security_groups=(sg("sg-client"), sg("sg-server", rule(IN, "all", "::/0"))))
    found = why(model, flow(IN, "tcp/443", "2600:1f18:0:1::9", flags=SYN))
    assert (found.cause, found.rule.id) == (Cause.NACL_IMPLICIT_DENY, "acl-b#*")
    assert "32768" in found.rule.says
    assert found.stage is Stage.NACL_INGRESS
    assert acls(model, IN, "tcp/443", "10.0.1.5").verdict is ALLOWED


RETURN_OUT = [entry(100, IN, "allow", "all", ANY), entry(100, OUT, "allow", "tcp/443", ANY)]


def test_case_34_inbound_accept_outbound_reject() -> None:
    found = why(with_acl(*RETURN_OUT), flow(OUT, "tcp/51515", "10.0.1.5", source_port=5432, reverse_accepted=True))
    assert (found.cause, found.cause_detail) == (Cause.REPLY_BLOCKED, CauseDetail.NACL_OUT_RETURN)
    assert found.pattern is Pattern.INBOUND_ACCEPT_OUTBOUND_REJECT
    assert found.initiator.side is Side.PEER
    need = found.needs[0]
    assert (need.kind, need.direction, need.ports.first, need.ports.last) == (NeedKind.NACL_ENTRY, OUT, 1024, 65535)
    assert found.service_ports.first == 5432
    assert need.number == 110
    assert "client's system chose: 32768-60999 for Linux, 49152-65535 for Windows, 1024-65535 for NAT" in found.says
    assert told("tcp 10.0.1.5:51515 -> 10.0.2.7:5432", with_acl(*RETURN_OUT)).pattern is found.pattern


def test_case_35_outbound_accept_inbound_reject() -> None:
    model = with_acl(entry(100, IN, "allow", "tcp/443", ANY), entry(100, OUT, "allow", "all", ANY))
    found = why(model, flow(IN, "tcp/40000", "10.0.1.5", source_port=443, reverse_accepted=True))
    assert (found.cause, found.cause_detail) == (Cause.REPLY_BLOCKED, CauseDetail.NACL_IN_RETURN)
    assert found.pattern is Pattern.OUTBOUND_ACCEPT_INBOUND_REJECT
    assert found.initiator.side is Side.LOCAL
    assert found.rule.id == "acl-b#*"
    assert "They come to the port that its own system chose: 32768-60999 for Linux" in found.says
    served = replace(model, security_groups=(sg("sg-client", *OPEN), sg("sg-server", *OPEN)))
    assert told("tcp 10.0.2.7:40000 -> 10.0.1.5:443", served).pattern is found.pattern


def replies(ports: str) -> str:
    """Return what is said of replies from the server to a client port that the system chooses."""
    model = with_acl(entry(100, IN, "allow", "all", ANY), entry(100, OUT, "allow", f"tcp/{ports}", ANY))
    return explain(Index(model), parse_flow("tcp 10.0.1.5 -> 10.0.2.7:5432")).says


def test_case_36_a_range_for_windows_passes_some_replies_to_linux_and_the_share_is_told() -> None:
    found = replies("49152-65535")
    assert "1024-49151 do not pass" in found
    assert "58 % of those that Linux chooses, none of those that Windows chooses" in found
    assert "stands in the way" in replies("1024-65535")


def test_case_37_a_range_for_linux_is_too_narrow_for_gateways_and_load_balancers() -> None:
    found = replies("32768-61000")
    assert "1024-32767, 61001-65535 do not pass" in found
    assert "none of those that Linux chooses, 28 % of those that Windows chooses" in found
    assert "56 % of those that NAT gateways, load balancers and Lambda choose" in found


def test_case_38_within_a_subnet_no_acl_is_met_except_from_a_classic_load_balancer() -> None:
    model = with_acl(entry(90, IN, "deny", "all", ANY))
    assert acls(model, IN, "tcp/22", "10.0.2.99").verdict is ASIDE
    assert acls(model, IN, "tcp/22", "10.0.1.5").verdict is DENIED
    closed = usual(acl_b=[entry(90, IN, "deny", "all", ANY)])
    assert why(closed, flow(IN, "tcp/22", "10.0.2.99", flags=SYN)).stage is Stage.SG_INGRESS
    classic = eni("eni-clb", "subnet-b", "10.0.2.99", description="ELB old-one", managed_by="elb")
    newer = eni("eni-alb", "subnet-b", "10.0.2.98", description="ELB app/new/1", managed_by="elb")
    both = with_acl(entry(90, IN, "deny", "all", ANY), network_interfaces=[classic, newer])
    assert acls(both, IN, "tcp/22", "10.0.2.99").line.id == "acl-b#90"
    assert acls(both, IN, "tcp/22", "10.0.2.98").verdict is ASIDE


def test_case_39_subnets_that_share_an_acl_meet_it_twice() -> None:
    shared = acl("acl-s", entry(100, IN, "allow", "tcp/443", ANY), entry(100, OUT, "allow", "all", ANY),
                 subnets=("subnet-a", "subnet-b"))  # fmt: skip
    model = replace(usual(server=OPEN), network_acls=(shared,))
    found = explain(Index(model), parse_flow("tcp 10.0.1.5:40000 -> 10.0.2.7:443"))
    stages = [
        (step.leg.value, step.result.stage, step.result.verdict) for step in found.steps if step.control == "acl-s"
    ]
    assert stages == [
        ("request", Stage.NACL_EGRESS, ALLOWED),
        ("request", Stage.NACL_INGRESS, ALLOWED),
        ("reply", Stage.NACL_EGRESS, ALLOWED),
        ("reply", Stage.NACL_INGRESS, DENIED),
    ]


def test_case_40_beside_a_transit_gateway_what_comes_from_it_meets_no_acl() -> None:
    model = usual(acl_b=[entry(90, IN, "deny", "all", ANY)])
    model = replace(model, transit_gateway_attachments=(attachment("subnet-b"),))
    routed = replace(model, route_tables=(routes("vpc-1", ("10.9.0.0/16", "tgw-1")),))
    assert acls(routed, IN, "tcp/22", "10.9.0.5").verdict is ASIDE
    assert why(routed, flow(IN, "tcp/22", "10.9.0.5", flags=SYN)).stage is Stage.SG_INGRESS
    assert acls(routed, IN, "tcp/22", "10.0.1.5").verdict is DENIED, "from the VPC itself"
    assert acls(model, IN, "tcp/22", "10.9.0.5").verdict is UNKNOWN, "no route table tells"
    elsewhere = replace(routed, transit_gateway_attachments=(attachment("subnet-a"),))
    assert acls(elsewhere, IN, "tcp/22", "10.9.0.5").verdict is DENIED
    own = eni("eni-tgw", "subnet-b", "10.0.2.60", interface_type="transit_gateway", managed_by="transit-gateway")
    inside = replace(routed, network_interfaces=(*routed.network_interfaces, own))
    assert acls(inside, IN, "tcp/22", "10.0.2.7", "eni-tgw").verdict is DENIED, "instance to gateway, by its source"


def test_case_41_a_subnet_of_no_acl_has_the_default_one_and_without_it_nothing_can_be_told() -> None:
    model = usual(server=OPEN)
    assert acls(model, IN, "tcp/22", "10.0.1.5").line.id == "acl-default-vpc-1#100"
    missing = replace(model, network_acls=(acl("acl-a", subnets=("subnet-a",)),))
    found = why(missing, flow(IN, "tcp/22", "10.0.1.5", flags=SYN))
    assert (found.cause, found.cause_detail) == (Cause.UNDETERMINED, CauseDetail.NACL_UNKNOWN)
    denied = replace(model, network_acls=(), unread=(Unread(types=("aws_network_acl",), cause=HIDDEN),))
    assert acls(denied, IN, "tcp/22", "10.0.1.5").verdict is UNKNOWN
    new = vpc(source=Source.PLAN, id=HIDDEN)
    planned = acls(replace(missing, vpcs=(new,), network_acls=()), IN, "tcp/22", "10.0.1.5")
    assert (planned.verdict, len(planned.assumed)) == (ALLOWED, 1), "a VPC that only comes gets AWS's default ACL"


def test_case_42_a_default_acl_adopted_without_rules_stops_everything() -> None:
    adopted = replace(usual(server=OPEN), network_acls=(acl("acl-default", is_default=True),))
    for direction in (IN, OUT):
        assert acls(adopted, direction, "tcp/443", "10.0.1.5").line.id == "acl-default#*"
    assert not decide(adopted.network_acls[0], IN).allowed.most
    for text in (
        "tcp 10.0.1.5:40000 -> 10.0.2.7:443",
        "udp 10.0.2.7:40000 -> 10.0.1.5:53",
        "icmp 8/0 52.1.2.3 -> 10.0.2.7",
    ):
        some = usual(server=OPEN, client=OPEN)
        broken = told(text, some, after=replace(some, network_acls=adopted.network_acls))
        assert (broken.effect, broken.standing) == (Effect.WOULD_BREAK, Fate.CUT)
        assert "acl-default#*" in broken.because[0]


def test_case_43_a_gateway_endpoint_is_reached_by_public_addresses_through_the_acl() -> None:
    model = usual(
        acl_b=[entry(100, OUT, "allow", "tcp/443", "10.0.0.0/8"), entry(100, IN, "allow", "all", "10.0.0.0/8")]
    )
    found = why(model, flow(OUT, "tcp/443", "52.218.1.1", flags=SYN))
    assert (found.cause, found.stage) == (Cause.NACL_IMPLICIT_DENY, Stage.NACL_EGRESS)
    assert found.route is TrafficRoute.SUBNET_TO_INTERNET
    assert [str(each) for each in found.needs[0].prefixes] == ["52.218.1.1/32"]
    assert "prefix list" not in found.says, "nothing shows an endpoint"
    table = replace(routes("vpc-1"), routes=(Route(destination="pl-s3", target="vpce-s3"),))
    for lists in ((), (plist("pl-s3", ["52.218.0.0/17"]),)):
        by_endpoint = replace(model, route_tables=(table,), prefix_lists=lists)
        asked = why(by_endpoint, flow(OUT, "tcp/443", "52.218.1.1", flags=SYN))
        assert "gateway endpoint vpce-s3: entries cannot name its prefix list" in asked.says
    elsewhere = replace(by_endpoint, prefix_lists=(plist("pl-s3", ["3.5.0.0/17"]),))
    assert "prefix list" not in why(elsewhere, flow(OUT, "tcp/443", "52.218.1.1", flags=SYN)).says
    reply = why(
        replace(by_endpoint, network_acls=(acl("acl-b", entry(100, OUT, "allow", "all", ANY), subnets=("subnet-b",)),)),
        flow(IN, "tcp/40000", "52.218.1.1", source_port=443, reverse_accepted=True),
    )
    assert reply.cause_detail is CauseDetail.NACL_IN_RETURN


@pytest.mark.parametrize(
    "address", ["10.0.0.2", "169.254.169.253", "169.254.169.254", "169.254.169.123", "169.254.170.2", "10.0.2.1"]
)
def test_case_44_what_nothing_filters_is_never_blamed(address: str) -> None:
    model = usual(server=[rule(IN, "tcp/1", ANY)], acl_b=[entry(90, OUT, "deny", "all", ANY)])
    found = at(model, "eni-server", OUT, "udp/53", address)
    assert {each.verdict for each in found.stages} == {ASIDE}
    near = at(model, "eni-server", OUT, "udp/53", "10.0.0.3")
    assert {each.verdict for each in near.stages} == {DENIED}
    passed = told(f"udp 10.0.2.7 -> {address}:53", model)
    assert passed.verdict is ALLOWED
    assert any("which nothing filters" in text for text in passed.assumptions)
    inside = replace(model, subnets=(*model.subnets, subnet("subnet-0", "10.0.0.0/24")))
    assert told(f"udp 10.0.2.7 -> {address}:53", inside).verdict is ALLOWED, "although it lies in a subnet"


def test_case_45_replies_of_an_own_name_server_are_told_as_replies() -> None:
    model = with_acl(entry(100, IN, "allow", "tcp", ANY), entry(100, OUT, "allow", "all", ANY))
    found = why(model, flow(IN, "udp/40000", "10.0.1.53", source_port=53, reverse_accepted=True))
    assert (found.cause, found.cause_detail) == (Cause.REPLY_BLOCKED, CauseDetail.NACL_IN_RETURN)
    assert found.service_ports.first == 53


def test_case_46_path_mtu_messages_cannot_be_told_from_other_icmp() -> None:
    model = with_acl(
        entry(
            100,
            IN,
            "allow",
            "icmp/3/4",
            ANY,
        ),
        entry(100, OUT, "allow", "all", ANY),
    )
    found = why(model, flow(IN, "icmp", "10.0.1.5"))
    assert (found.cause, found.cause_detail) == (Cause.UNDETERMINED, CauseDetail.ICMP_TYPE)
    assert acls(model, IN, "icmp/3/4", "10.0.1.5").verdict is ALLOWED
    assert acls(model, IN, "icmp/3/3", "10.0.1.5").verdict is DENIED


def test_case_46_no_reply_is_missed_to_a_path_mtu_message(tmp_path) -> None:
    lines = [f"2 111122223333 {each} 10.0.1.5 10.0.2.7 0 0 1 1 56 1772362800 1772362860 ACCEPT OK"
             for each in ("eni-client", "eni-server")]  # fmt: skip
    model = server(rule(IN, "icmp", ANY))
    for type_, says in (("3/4", "Nothing is sent back to ICMP of that type"), ("8/0", "look at the host")):
        found = heard(model, tmp_path, f"icmp {type_} 10.0.1.5 -> 10.0.2.7", *lines).heard
        assert found.arrival is Arrival.NOT_ANSWERED
        assert says in found.says


def test_case_47_entries_match_destination_ports_only() -> None:
    model = with_acl(entry(100, IN, "allow", "tcp/443", ANY), entry(100, OUT, "allow", "all", ANY))
    replied = explain(Index(model), parse_flow("tcp 10.0.2.7:40000 -> 10.0.1.5:443"))
    assert replied.verdict is DENIED, "source port 443 of the reply is no match"


# Tracking and time.


def test_case_48_a_packet_of_a_forgotten_connection_is_late() -> None:
    tracked = replace(
        usual(server=[rule(IN, "tcp/443", "10.9.0.0/16")]).network_interfaces[1], instance_type="m8i.large"
    )
    model = usual(server=[rule(IN, "tcp/443", "10.9.0.0/16")])
    model = replace(model, network_interfaces=(model.network_interfaces[0], tracked))
    found = why(model, flow(IN, "tcp/443", "10.0.1.5", flags=OTHER, same_accepted=True))
    assert (found.cause, found.cause_detail) == (Cause.LATE_PACKET, CauseDetail.LATE_OR_UNTRACKED_PACKET)
    assert "350 s" in found.says
    assert "m8i.large" in found.says
    assert found.confidence is Confidence.HIGH
    assert "unless the interface says otherwise" in found.says
    for set_, told in ((IdleTimeouts(), "432000 s on others (m8i.large)."), (IdleTimeouts(tcp=90), " 90 s, as the ")):
        known = (model.network_interfaces[0], replace(tracked, idle_timeouts=set_))
        says = why(replace(model, network_interfaces=known), flow(IN, "tcp/443", "10.0.1.5", flags=OTHER,
                                                                  same_accepted=True)).says  # fmt: skip
        assert told in says
        assert "unless" not in says
    assert not any("first packet was rejected" in text for text in found.assumptions), "it was accepted"
    alone = why(model, flow(IN, "tcp/443", "10.0.1.5", flags=OTHER))
    assert (alone.cause, alone.confidence) == (Cause.SG_NO_MATCH, Confidence.MEDIUM)
    assert any("first packet was rejected" in text for text in alone.assumptions)
    assert why(model, flow(IN, "tcp/443", "10.0.1.5", flags=SYN)).cause is Cause.SG_NO_MATCH


def test_case_49_a_refused_answer_to_our_syn_is_the_acl_or_an_asymmetric_path() -> None:
    blocked = with_acl(entry(100, IN, "allow", "tcp/443", ANY), entry(100, OUT, "allow", "all", ANY))
    found = why(blocked, flow(IN, "tcp/40000", "10.0.1.5", flags=SYN_ACK, source_port=443))
    assert found.cause_detail is CauseDetail.NACL_IN_RETURN
    assert found.confidence is Confidence.HIGH
    odd = why(usual(server=OPEN), flow(IN, "tcp/40000", "10.0.1.5", flags=SYN_ACK, source_port=443))
    assert odd.cause is Cause.LATE_PACKET
    assert "asymmetric" in odd.says


def test_case_50_our_own_answer_can_only_be_stopped_by_the_acl() -> None:
    model = usual(server=[rule(IN, "tcp/443", ANY)], acl_b=RETURN_OUT)
    found = why(model, flow(OUT, "tcp/40000", "10.0.1.5", flags=SYN_ACK, source_port=443))
    assert (found.cause_detail, found.stage) == (CauseDetail.NACL_OUT_RETURN, Stage.NACL_EGRESS)
    assert [each.stage for each in found.blockers] == [Stage.NACL_EGRESS], (
        "the group has no outbound rule, and is not met"
    )


@pytest.mark.parametrize(
    ("direction", "says"), [(IN, "that this interface was not seen to open"), (OUT, "not seen to reach this interface")]
)
def test_case_50_an_answer_that_rules_allow_belongs_to_a_connection_of_the_one_who_asked(direction, says: str) -> None:
    found = why(usual(server=OPEN), flow(direction, "tcp/40000", "10.0.1.5", flags=SYN_ACK, when=AFTER))
    assert (found.cause, found.stage) == (Cause.LATE_PACKET, None)
    assert says in found.says


def test_case_51_a_reject_after_the_rules_were_read_contradicts_them() -> None:
    found = why(usual(server=OPEN), flow(IN, "tcp/443", "10.0.1.5", flags=SYN, when=AFTER))
    assert (found.cause, found.stage, found.blockers) == (Cause.CONTRADICTS_CONFIG, None, ())
    assert not found.needs
    for suspect in ("rules that changed since", "Block Public Access or encryption controls", "does not model"):
        assert suspect in found.says


def test_case_52_a_reject_before_the_rules_were_read_is_fixed_since() -> None:
    assert why(usual(server=OPEN), flow(IN, "tcp/443", "10.0.1.5", flags=SYN, when=BEFORE)).cause is Cause.FIXED_SINCE
    undated = why(usual(server=OPEN), flow(IN, "tcp/443", "10.0.1.5", flags=SYN, when=BEFORE), taken=None)
    assert undated.cause is Cause.CONTRADICTS_CONFIG
    assert undated.confidence is Confidence.LOW
    assert any("bear no date" in text for text in undated.assumptions)


def test_case_53_accept_and_reject_of_one_conversation_is_a_transition() -> None:
    found = why(usual(server=OPEN), flow(IN, "tcp/443", "10.0.1.5", flags=SYN, same_accepted=True))
    assert (found.cause, found.cause_detail) == (Cause.FIXED_SINCE, CauseDetail.TRANSITION)
    later = why(usual(server=OPEN), flow(IN, "tcp/443", "10.0.1.5", flags=SYN, same_accepted=True, when=AFTER))
    assert (later.cause, later.cause_detail) == (Cause.CONTRADICTS_CONFIG, CauseDetail.TRANSITION)
    assert "Packets like it were accepted at about that time" in later.says
    mixed = why(server(rule(IN, "icmp/8", ANY)), flow(IN, "icmp", "10.0.1.5", same_accepted=True))
    assert (mixed.cause, mixed.cause_detail) == (Cause.UNDETERMINED, CauseDetail.ICMP_TYPE), "two types, perhaps"
    denied = why(server(), flow(IN, "tcp/22", "10.0.1.5", flags=SYN, same_accepted=True))
    assert any("rules changed in between" in text for text in denied.assumptions)


NARROW, WIDE = rule(IN, "tcp/443", "10.0.1.0/24", key="sgr-narrow"), rule(IN, "tcp/443", ANY, key="sgr-wide")


@pytest.mark.parametrize(
    ("removed", "answers", "effect", "existing", "says"),
    [
        (NARROW, True, Effect.EXISTING_ONLY, Fate.CONTINUE, "Existing connections continue, new ones break."),
        (WIDE, False, Effect.EXISTING_ONLY, Fate.CONTINUE, "Existing connections continue, new ones break."),
        (WIDE, True, Effect.WOULD_BREAK, Fate.CUT, "Existing connections are cut immediately, new ones break."),
    ],
    ids=["tracked: narrow", "tracked: no rule for answers", "untracked"],
)
def test_case_54_a_rule_that_a_plan_removes_leaves_tracked_connections_and_cuts_untracked_ones(
    removed, answers: bool, effect: Effect, existing: Fate, says: str
) -> None:
    rest = [rule(OUT, *ALL_OUT, key="sgr-out")] if answers else []
    before, after = usual(server=[removed, *rest]), usual(server=rest)
    found = told("tcp 10.0.1.5:40000 -> 10.0.2.7:443", before, after=after)
    assert (found.effect, found.standing, found.says) == (effect, existing, says)
    assert "eni-server" in found.because[0]
    shown = as_text(told("tcp 10.0.1.5:40000 -> 10.0.2.7:443", after), 120, found)
    assert f"{effect.value}: {says}" in shown
    back = told("tcp 10.0.1.5:40000 -> 10.0.2.7:443", after, after=before)
    assert (back.effect, back.standing) == (Effect.WOULD_NEWLY_ALLOW, None)


def test_case_54_a_network_acl_cuts_what_security_groups_track() -> None:
    before = usual(server=[NARROW])
    after = usual(server=[NARROW], acl_b=[entry(90, IN, "deny", "tcp/443", ANY), *open_entries()])
    found = told("tcp 10.0.1.5:40000 -> 10.0.2.7:443", before, after=after)
    assert (found.effect, found.standing) == (Effect.WOULD_BREAK, Fate.CUT)
    assert "network ACLs keep no state" in found.because[0]


def test_case_55_replies_of_protocols_without_ports_are_tracked_too() -> None:
    found = why(usual(server=[rule(OUT, "50", ANY)]), flow(IN, "50", "10.0.1.5", reverse_accepted=True))
    assert found.cause is Cause.LATE_PACKET
    assert found.service_ports is None
    blocked = usual(server=[rule(OUT, "50", ANY)], acl_b=[entry(100, OUT, "allow", "all", ANY)])
    assert why(blocked, flow(IN, "50", "10.0.1.5", reverse_accepted=True)).cause_detail is CauseDetail.NACL_IN_RETURN
    after = told(
        "50 10.0.2.7 -> 10.0.1.5",
        usual(server=[rule(OUT, "50", ANY)], client=OPEN),
        after=usual(server=[], client=OPEN),
    )
    assert (after.effect, "600 s" in after.because[0]) == (Effect.EXISTING_ONLY, True)


# Records.


def test_case_56_lost_records_lower_the_confidence_and_silence_is_no_flow(tmp_path) -> None:
    lost = why(server(), flow(IN, "tcp/22", "10.0.1.5", flags=SYN), skipped=5)
    assert lost.confidence is Confidence.LOW
    assert any("SKIPDATA" in text for text in lost.assumptions)
    few = why(server(), flow(IN, "tcp/22", "10.0.1.5", flags=SYN, records=500), skipped=5)
    assert few.confidence is Confidence.HIGH
    quiet = "2 111122223333 eni-server - - - - - - - 1772362800 1772362860 - NODATA"
    gone = "2 111122223333 eni-server - - - - - - - 1772362800 1772362860 - SKIPDATA"
    recorded = read(server(), tmp_path, quiet, gone)
    assert (recorded.summary.no_data, recorded.summary.skipped, recorded.aggregates) == (1, 1, ())
    assert (recorded.summary.accepted, recorded.summary.rejected) == (0, 0)
    assert diagnosed(server(), tmp_path, quiet, gone) == ()


def test_case_57_records_without_ip_addresses_are_left_out_and_counted(tmp_path) -> None:
    hard = "2 111122223333 eni-server 01:23:45:67:89:ab 10.0.2.7 0 0 6 1 60 1772362800 1772362860 REJECT OK"
    usual_ = "2 111122223333 eni-server 10.0.1.5 10.0.2.7 40000 22 6 1 60 1772362800 1772362860 REJECT OK"
    recorded = read(server(), tmp_path, hard, usual_)
    assert [(each.top_peers, each.traffic.records) for each in recorded.aggregates] == [((((10 << 24) + 0x105, 1),), 1)]
    assert [gap.cause for gap in recorded.gaps] == ["1 rejected record without an IP address (EFA, or fields missing)"]
    blank = "2 111122223333 eni-server - - 0 0 6 1 60 1772362800 1772362860 REJECT OK"
    several = read(server(), tmp_path, hard, blank, usual_)
    assert ["2 rejected records without an IP address" in gap.cause for gap in several.gaps] == [True]


def test_case_58_times_in_milliseconds_are_times(tmp_path) -> None:
    line = "2 111122223333 eni-server 10.0.1.5 10.0.2.7 40000 22 6 1 60 1772362800000 1772362860000 REJECT OK"
    found = diagnosed(server(), tmp_path, line)[0]
    assert found.traffic.first.year == 2026
    assert found.cause is Cause.SG_NO_RULES


PACKET = f"{DEFAULT} pkt-srcaddr pkt-dstaddr"
AT = "6 1 60 1772362800 1772362860"


def test_case_59_a_secondary_address_is_told_by_the_packet_s_own_and_has_the_groups_of_its_interface(tmp_path) -> None:
    pod = eni("eni-pod", "subnet-b", "10.0.2.100", "10.0.2.101", groups=("sg-client",))
    model = server(rule(IN, "tcp/80", "sg-client"))
    model = replace(model, network_interfaces=(*model.network_interfaces, pod))
    assert groups(model, IN, "tcp/80", "10.0.2.101").via == "eni-pod"
    assert told("tcp 10.0.2.101:40000 -> 10.0.2.7:80", model).verdict is ALLOWED
    to_pod = "tcp 10.0.1.5 -> 10.0.2.101:80"
    line = f"2 111122223333 eni-pod 10.0.1.5 10.0.2.100 40000 80 {AT} REJECT OK"
    found = heard(model, tmp_path, to_pod, f"{line} 10.0.1.5 10.0.2.101", header=PACKET)
    assert (found.heard.arrival, found.assumptions) == (Arrival.REJECTED_ARRIVING, ())
    other = heard(model, tmp_path, to_pod, f"{line} 10.0.1.5 10.0.2.100", header=PACKET)
    assert other.heard.arrival is Arrival.NOT_RECORDED, "it went to the first address itself"
    blind = heard(model, tmp_path, to_pod, line)
    assert blind.heard.arrival is Arrival.REJECTED_ARRIVING
    assert "without pkt-srcaddr and pkt-dstaddr" in blind.assumptions[0]


def test_case_59_the_branch_interface_of_a_pod_is_judged_by_its_own_groups(tmp_path) -> None:
    branch = eni("eni-branch", "subnet-b", "10.0.2.110", groups=("sg-pod",), interface_type="branch")
    model = usual(network_interfaces=[branch], security_groups=[sg("sg-pod", rule(IN, "tcp/80", "10.9.0.0/16"))])
    line = f"2 111122223333 eni-branch 10.0.1.5 10.0.2.110 40000 80 {AT} REJECT OK 10.0.1.5 10.0.2.110"
    found = diagnosed(model, tmp_path, line, header=PACKET)[0]
    assert (found.interface_id, found.groups, found.cause) == ("eni-branch", ("sg-pod",), Cause.SG_NO_MATCH)
    assert line in found.evidence


def test_case_60_without_a_direction_no_rule_is_blamed(tmp_path) -> None:
    hairpin = f"2 111122223333 eni-server 10.0.2.7 10.0.2.7 40000 22 {AT} REJECT OK"
    strange = f"2 111122223333 eni-server 172.16.0.1 172.16.0.2 40000 22 {AT} REJECT OK"
    for line in (hairpin, strange):
        (recorded,) = diagnosed(server(), tmp_path, line)
        assert (recorded.cause, recorded.cause_detail) == (Cause.UNDETERMINED, CauseDetail.DIRECTION)
    found = why(server(), flow(None, "tcp/22", "10.0.2.7"))
    assert (found.cause, found.cause_detail, found.direction) == (Cause.UNDETERMINED, CauseDetail.DIRECTION, None)
    assert "flow-direction" in found.undetermined_by
    assert (found.pattern, found.route, found.initiator.side) == (None, None, Side.UNKNOWN)


def test_case_61_an_interface_that_is_gone_leaves_the_acl_of_its_subnet(tmp_path) -> None:
    found = why(server(), flow(IN, "tcp/22", "10.0.1.5", interface="eni-gone"))
    assert (found.cause, found.cause_detail) == (Cause.UNDETERMINED, CauseDetail.ENI)
    assert "eni-gone" in found.says
    model = usual(acl_b=[entry(90, IN, "deny", "tcp/22", ANY)])
    by_subnet = why(model, flow(IN, "tcp/22", "10.0.1.5", interface="eni-gone", subnet="subnet-b"))
    assert (by_subnet.cause, by_subnet.rule.id, by_subnet.confidence) == (
        Cause.NACL_DENY,
        "acl-b#90",
        Confidence.MEDIUM,
    )
    line = f"3 111122223333 eni-gone 10.0.1.5 10.0.2.7 40000 22 {AT} REJECT OK subnet-b ingress"
    (recorded,) = diagnosed(model, tmp_path, line, header=f"{DEFAULT} subnet-id flow-direction")
    assert (recorded.cause, recorded.rule.id, recorded.subnet_id) == (Cause.NACL_DENY, "acl-b#90", "subnet-b")
    regional = why(server(), flow(IN, "tcp/22", "52.1.2.3", interface="-", resource="nat-1"))
    assert "nat-1" in regional.says


def test_case_62_an_unknown_account_is_taken_from_the_interface() -> None:
    assert why(server(), flow(IN, "tcp/22", "10.0.1.5", account=None)).account == "111122223333"


@pytest.mark.parametrize(("direction", "detail"), [(IN, CauseDetail.BPA_INGRESS), (OUT, CauseDetail.BPA_EGRESS)])
def test_case_63_block_public_access_is_no_rule_s_fault(direction, detail) -> None:
    found = why(server(), flow(direction, "tcp/22", "52.1.2.3", reject_reason="BPA", flags=SYN))
    assert (found.cause, found.cause_detail, found.stage, found.blockers) == (Cause.BPA, detail, None, ())


@pytest.mark.parametrize(
    ("source", "detail"), [("52.1.2.3", CauseDetail.BPA_INGRESS), ("10.0.1.5", CauseDetail.BPA_EGRESS)]
)
def test_case_63_without_a_direction_the_source_tells_which_way_it_went(source: str, detail: CauseDetail) -> None:
    found = why(server(), flow(None, "tcp/22", source, reject_reason="BPA", interface="-"))
    assert (found.cause, found.cause_detail, found.direction) == (Cause.BPA, detail, None)


BIDIRECTIONAL, INGRESS_ONLY = "block-bidirectional", "block-ingress"


@pytest.mark.parametrize(
    ("modes", "excluded", "way", "told"),
    [
        ([BIDIRECTIONAL], {}, IN, BIDIRECTIONAL),
        ([BIDIRECTIONAL], {}, OUT, BIDIRECTIONAL),
        ([INGRESS_ONLY], {}, IN, INGRESS_ONLY),
        (["off"], {}, IN, None),
        ([], {}, IN, None),
        ([HIDDEN], {}, IN, None),
        ([BIDIRECTIONAL], {"vpc-1": "allow-bidirectional"}, IN, None),
        ([BIDIRECTIONAL], {"subnet-b": "allow-bidirectional"}, OUT, None),
        ([BIDIRECTIONAL], {"subnet-b": "allow-egress"}, OUT, None),
        ([BIDIRECTIONAL], {"subnet-b": "allow-egress"}, IN, BIDIRECTIONAL),
        ([BIDIRECTIONAL], {"subnet-a": "allow-bidirectional"}, IN, BIDIRECTIONAL),
        ([BIDIRECTIONAL], {"subnet-b": HIDDEN}, IN, BIDIRECTIONAL),
    ],
)
@pytest.mark.parametrize("region", ["eu-west-1", HIDDEN, "us-east-1"])
def test_case_63_the_mode_of_the_block_is_told_where_it_holds(modes, excluded, way, told, region) -> None:
    kind = "aws_vpc_block_public_access_options"
    model = replace(
        server(rule(IN, "all", ANY)),
        vpc_block_public_access=tuple(
            VpcBlockPublicAccess(internet_gateway_block_mode=mode, **common("bpa", kind, region=region))
            for mode in modes
        ),
        vpc_block_public_access_exclusions=tuple(
            VpcBlockPublicAccessExclusion(target=target, mode=mode, **common(f"bpa-{target}", f"{kind}_exclusion"))
            for target, mode in excluded.items()
        ),
    )
    told = told if isinstance(region, Unknown) or region == "eu-west-1" else None
    recorded = why(model, flow(way, "tcp/443", "52.1.2.3", reject_reason="BPA", flags=SYN))
    assert recorded.says.endswith("did." if told is None else f"did. It is set to {told}.")
    ends = ("52.1.2.3", "10.0.2.7") if way is IN else ("10.0.2.7", "52.1.2.3")
    found = explain(Index(model), parse_flow(f"tcp {ends[0]} -> {ends[1]}:443"))
    assert found.verdict is ALLOWED
    assert ("VPC Block Public Access is set to" in found.says) is (told is not None)
    within = explain(Index(model), parse_flow("tcp 10.0.1.5 -> 10.0.2.7:443"))
    assert "Block Public Access" not in within.says


def test_case_64_encryption_controls_are_no_rule_s_fault() -> None:
    found = why(server(), flow(IN, "tcp/22", "10.0.1.5", reject_reason="EC", flags=SYN))
    assert (found.cause, found.rule, found.needs) == (Cause.ENCRYPTION_CONTROL, None, ())


@pytest.mark.parametrize("missing", ["dstport", "protocol", "interface-id"])
def test_case_65_a_format_without_what_every_rule_needs_is_not_analysable(missing: str) -> None:
    fields = [
        each for each in ("interface-id", "srcaddr", "dstaddr", "dstport", "protocol", "action") if each != missing
    ]
    found = why(server(), flow(IN, "tcp/22", "10.0.1.5"), fields=fields)
    assert (found.cause, found.cause_detail) == (Cause.NOT_ANALYSABLE, CauseDetail.FIELDS_MISSING)
    assert missing in found.says
    assert missing in found.undetermined_by


def test_case_66_without_accepted_records_replies_cannot_be_paired_and_that_is_said() -> None:
    found = why(server(rule(IN, "tcp/1", ANY)), flow(IN, "tcp/22", "10.0.1.5"), accepted=0)
    assert any("accepted traffic is not in these logs" in text for text in found.assumptions)
    assert found.confidence is Confidence.MEDIUM
    assert "no accepted record of the other direction" not in found.initiator.signals
    paired = why(server(rule(IN, "tcp/1", ANY)), flow(IN, "tcp/22", "10.0.1.5"))
    assert "no accepted record of the other direction" in paired.initiator.signals


ONE = f"2 111122223333 eni-server 10.0.1.5 10.0.2.7 40000 22 {AT}"


def logged(*types: TrafficType) -> NetworkModel:
    """Return the usual network with flow logs of these types."""
    made = tuple(flow_log(f"aws_flow_log.{each.value}", on="vpc-1", traffic_type=each) for each in types)
    return replace(server(), flow_logs=made)


def test_case_66_that_a_log_of_rejects_alone_pairs_no_replies_is_said(tmp_path) -> None:
    said = [gap.cause for gap in read(logged(TrafficType.REJECT), tmp_path, f"{ONE} REJECT OK").gaps]
    assert said == ["the flow logs record rejected traffic only"]
    for types in ((TrafficType.ALL,), (TrafficType.REJECT, TrafficType.ACCEPT), ()):
        assert read(logged(*types), tmp_path, f"{ONE} REJECT OK").gaps == ()


def test_case_67_without_rejected_records_there_is_no_diagnosis_and_that_is_said(tmp_path) -> None:
    line = f"{ONE} ACCEPT OK"
    assert diagnosed(server(), tmp_path, line) == ()
    for types, cause in (
        ((TrafficType.ACCEPT,), "the flow logs record accepted traffic only"),
        ((), "the flow logs may record accepted traffic only; the network shows none"),
    ):
        (gap,) = read(logged(*types), tmp_path, line).gaps
        assert (gap.what, gap.cause) == ("rejected traffic", cause)
    assert read(logged(TrafficType.ALL), tmp_path, line).gaps == (), "there were none"


def test_case_68_scanners_are_expected_and_stand_last() -> None:
    scans = [flow(IN, f"tcp/{port}", "52.1.2.3", records=10_000) for port in (22, 23, 3389, 8080)]
    found = why(server(), *scans)
    assert (found.cause, found.cause_detail, found.expected) == (
        Cause.EXPECTED_DENIAL,
        CauseDetail.INTERNET_NOISE,
        True,
    )
    assert (found.service_ports.first, found.service_ports.last) == (22, 8080)
    assert found.traffic.records == 40_000
    assert found.stage is Stage.SG_INGRESS
    assert not found.needs


def test_case_68_a_neighbour_in_a_subnet_is_no_scanner_although_the_blocks_of_the_vpc_are_not_known() -> None:
    model = replace(server(rule(IN, "tcp/443", "10.0.0.0/8")), vpcs=(vpc(cidrs=HIDDEN),))
    near = why(model, flow(IN, "tcp/443", "2600:1f18:0:1::9", flags=SYN))
    assert (near.cause, near.route) == (Cause.SG_NO_MATCH, TrafficRoute.SUBNET_TO_SUBNET)
    far = why(model, flow(IN, "tcp/443", "2600:1f18:0:9::9", flags=SYN))
    assert far.cause is Cause.EXPECTED_DENIAL
    both = why(model, flow(IN, "tcp/443", "2600:1f18:0:9::9"), flow(IN, "tcp/443", "2600:1f18:0:1::9"))
    assert both.cause is Cause.SG_NO_MATCH, "they are in two cells"


def test_case_69_an_internal_client_stands_above_a_million_scanner_packets() -> None:
    from checker.filter.diagnose import diagnose
    from tests.filter.net import log

    flows = [flow(IN, "tcp/23", "52.1.2.3", records=1_000_000), flow(IN, "tcp/5432", "10.0.1.5", flags=SYN)]
    found = diagnose(log(*flows), Index(server(rule(IN, "tcp/1", ANY))), taken=READ)
    assert [each.cause for each in found] == [Cause.SG_NO_MATCH, Cause.EXPECTED_DENIAL]
    assert [each.rank for each in found] == [1, 2]
    assert found[0].route is TrafficRoute.SUBNET_TO_SUBNET
    assert (found[0].pattern, found[0].expected, len(found[0].needs)) == (Pattern.INBOUND_REJECT, False, 1)


def test_case_70_what_a_nat_gateway_s_acl_admits_is_no_exposure(tmp_path) -> None:
    nat = eni("eni-nat", "subnet-a", "10.0.1.200", interface_type="nat_gateway", public_ip="52.1.1.1")
    model = usual(network_interfaces=[nat])
    found = at(model, "eni-nat", IN, "tcp/22", "52.9.9.9")
    assert (found.groups.verdict, found.acl.verdict) == (ASIDE, ALLOWED)
    assert "NAT gateway" in found.groups.why
    for address in ("52.1.1.1", "10.0.1.200"):
        way = told(f"tcp 52.9.9.9:40000 -> {address}:22", model)
        assert any("eni-nat is a NAT gateway: it drops" in text and "no exposure" in text for text in way.assumptions)
    assert not any("exposure" in text for text in told("tcp 52.9.9.9 -> 10.0.2.7:22", model).assumptions)
    admitted = f"2 111122223333 eni-nat 52.9.9.9 10.0.1.200 40000 22 {AT} ACCEPT OK"
    assert diagnosed(model, tmp_path, admitted) == ()


SENT = f"2 111122223333 eni-client 10.0.1.5 10.0.2.7 40000 443 {AT} ACCEPT OK"
CAME = f"2 111122223333 eni-server 10.0.1.5 10.0.2.7 40000 443 {AT} ACCEPT OK"
BACK = f"2 111122223333 eni-server 10.0.2.7 10.0.1.5 443 40000 {AT} ACCEPT OK"
HOME = f"2 111122223333 eni-client 10.0.2.7 10.0.1.5 443 40000 {AT} ACCEPT OK"


def test_case_71_what_the_rules_allow_both_ways_is_said_to_be_free_of_rules_in_the_way(tmp_path) -> None:
    model = server(rule(IN, "tcp/443", ANY))
    found = told("tcp 10.0.1.5:40000 -> 10.0.2.7:443", model)
    assert found.verdict is ALLOWED
    assert "No security group and no network ACL" in found.says
    assert "look at routes, gateways and the host itself" in found.says
    both = heard(model, tmp_path, "tcp 10.0.1.5 -> 10.0.2.7:443", SENT, CAME, BACK, HOME).heard
    assert both.arrival is Arrival.ANSWERED
    assert "host firewall and application, not the rules" in both.says
    silent = heard(model, tmp_path, "tcp 10.0.1.5 -> 10.0.2.7:443", SENT, CAME).heard
    assert silent.arrival is Arrival.NOT_ANSWERED
    assert "look at the host" in silent.says


QUIET = "2 111122223333 eni-server - - - - - - - 1772362800 1772362860 - NODATA"


def test_case_72_what_leaves_and_never_arrives_is_dropped_on_the_way_by_no_rule(tmp_path) -> None:
    model = server(rule(IN, "tcp/443", ANY))
    text = "tcp 10.0.1.5 -> 10.0.2.7:443"
    other = CAME.replace("10.0.1.5", "10.0.1.6")
    for watched in (QUIET, other):
        found = heard(model, tmp_path, text, SENT, watched).heard
        assert (found.arrival, found.settled_by) == (Arrival.LOST, None)
        assert "never reached eni-server, which is logged" in found.says
        assert "(route, peering, transit gateway, firewall), no security group and no network ACL" in found.says
    late = QUIET.replace("17723628", "17723728")
    for nothing in ([], [late]):
        unlogged = heard(model, tmp_path, text, SENT, *nothing).heard
        assert unlogged.arrival is Arrival.NOT_LOGGED_THERE
        assert unlogged.settled_by == "a flow log of all traffic of eni-server, and its records of that time"
    rejected = heard(model, tmp_path, text, SENT, CAME.replace("ACCEPT", "REJECT")).heard
    assert rejected.arrival is Arrival.REJECTED_ARRIVING, "what arrives and is rejected is not lost"
    assert diagnosed(model, tmp_path, SENT, QUIET) == (), "and it is no reject of anybody"


def test_case_73_a_source_destination_check_cannot_be_told_and_is_named_where_rules_allow() -> None:
    found = why(usual(server=OPEN), flow(IN, "tcp/443", "172.16.5.5", flags=SYN, when=AFTER, local="10.99.0.1"))
    assert (found.cause, found.stage, found.rule, found.needs) == (Cause.CONTRADICTS_CONFIG, None, None, ())
    assert found.confidence is Confidence.MEDIUM
    assert "By what, records do not tell" in found.says
    assert "source/destination check of an appliance's interface" in found.says


def test_case_74_an_ipv6_drop_without_a_rule_is_a_contradiction() -> None:
    six = usual(server=[rule(IN, "all", "::/0")])
    found = why(six, flow(IN, "tcp/443", "2001:4860::1", flags=SYN, when=AFTER))
    assert (found.cause, found.route) == (Cause.CONTRADICTS_CONFIG, TrafficRoute.INTERNET_TO_SUBNET)
    assert "denies all internet gateway traffic over IPv6" in found.says
    near = why(six, flow(IN, "tcp/443", "2600:1f18:0:1::9", flags=SYN, when=AFTER))
    assert near.cause is Cause.CONTRADICTS_CONFIG
    assert "internet gateway" not in near.says


def test_case_75_equal_addresses_in_two_vpcs_are_two_interfaces() -> None:
    model = usual(
        server=[rule(IN, "tcp/22", "sg-twin")],
        vpcs=[vpc("vpc-2", "10.0.0.0/16")],
        subnets=[subnet("subnet-2", "10.0.1.0/24", of="vpc-2")],
        network_interfaces=[eni("eni-other", "subnet-2", "10.0.1.5", groups=("sg-twin",), of="vpc-2")],
        security_groups=[sg("sg-twin", of="vpc-2")],
    )
    assert groups(model, IN, "tcp/22", "10.0.1.5").verdict is DENIED, "10.0.1.5 of the own VPC has another group"
    own = replace(model.network_interfaces[0], security_groups=("sg-twin",))
    both = replace(model, network_interfaces=(own, *model.network_interfaces[1:]))
    assert groups(both, IN, "tcp/22", "10.0.1.5").via == "eni-client"


def test_case_76_blocks_with_host_bits_are_taken_as_their_network() -> None:
    from checker.load.terraform.convert.values import as_prefix

    assert as_prefix("100.68.0.18/18") == ip_network("100.68.0.0/18")
    assert (
        groups(server(rule(IN, "tcp/22", as_prefix("100.68.0.18/18"))), IN, "tcp/22", "100.68.1.1").verdict is ALLOWED
    )


def test_case_77_port_zero_may_be_a_fragment() -> None:
    found = why(server(rule(IN, "tcp/80", ANY)), flow(IN, "tcp/0", "10.0.1.5"))
    assert found.confidence is Confidence.LOW
    assert any("fragments" in text for text in found.assumptions)


def test_case_78_an_interface_that_functions_share_is_named_by_its_groups() -> None:
    shared = eni(
        "eni-lambda", "subnet-a", "10.0.1.77", groups=("sg-client",), interface_type="lambda", managed_by="lambda"
    )
    model = usual(client=[rule(OUT, "tcp/443", "10.9.0.0/16")], network_interfaces=[shared])
    found = why(model, flow(OUT, "tcp/5432", "10.0.2.7", interface="eni-lambda", flags=SYN, local="10.0.1.77"))
    assert (found.cause, found.groups, found.subnet_id) == (Cause.SG_NO_MATCH, ("sg-client",), "subnet-a")
    assert any("any of several functions is meant" in text for text in found.assumptions)


def test_case_79_one_direction_of_udp_leaves_the_initiator_open() -> None:
    both = {"source_port": None, "direction_signal": DirectionSignal.ADDRESS}
    model = with_acl(entry(100, IN, "allow", "tcp", ANY), entry(100, OUT, "allow", "all", ANY))
    found = why(model, flow(IN, "udp/40000", "10.0.1.5", **both), accepted=0)
    assert found.initiator.side is Side.UNKNOWN
    assert (found.cause, found.stage) == (Cause.NACL_IMPLICIT_DENY, Stage.NACL_INGRESS)
    assert any("nothing tells a request from a reply" in text for text in found.assumptions)


@pytest.mark.parametrize(
    ("hidden", "miss"),
    [
        pytest.param({"peer": HIDDEN}, "tcp/80", id="cidr"),
        pytest.param({"protocol": HIDDEN, "peer": "10.0.1.0/24"}, None, id="protocol"),
        pytest.param({"ports": HIDDEN, "peer": "10.0.1.0/24"}, "udp/443", id="ports"),
    ],
)
def test_case_80_a_value_known_after_apply_is_open_exactly_as_far_as_it_decides(hidden, miss) -> None:
    peer = hidden.pop("peer", ANY)
    made = rule(IN, "tcp/443", peer, key="sgr-open", **hidden)
    found = groups(server(made), IN, "tcp/443", "10.0.1.5")
    assert found.verdict is UNKNOWN
    assert [line.id for line in found.candidates] == ["sgr-open"]
    assert "hidden by the test" in found.doubts[0].says
    if miss is not None:
        assert groups(server(made), IN, miss, "10.0.1.5").verdict is DENIED
    planned = told("tcp 10.0.1.5:40000 -> 10.0.2.7:443", server(NARROW), after=server(made))
    assert (planned.effect, planned.standing) == (Effect.DEPENDS_ON_UNKNOWN, None)
    way = told("tcp 10.0.1.5:40000 -> 10.0.2.7:443", server(made))
    assert "hidden by the test" in way.says


def test_every_case_has_its_test() -> None:
    names = [name for name in globals() if name.startswith("test_case_")]
    assert sorted({int(name.split("_")[2]) for name in names}) == list(range(1, 81))


def test_the_acl_of_a_default_vpc_is_found_among_several() -> None:
    model = replace(usual(), network_acls=(default_acl(of="vpc-2"), default_acl()))
    assert acls(model, IN, "tcp/22", "10.0.1.5").line.id == "acl-default-vpc-1#100"
