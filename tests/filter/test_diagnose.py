"""Diagnoses: who opened, what goes together, what is needed, what stands first."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.filter.diagnose import diagnose
from checker.filter.index import Index
from checker.filter.needs import free_number
from checker.filter.peers import peers_of
from checker.model.address import PortRange
from checker.model.diagnosis import (
    DETAILS_OF,
    Cause,
    CauseDetail,
    NeedKind,
    Pattern,
    Side,
    Stage,
    TrafficRoute,
)
from checker.model.finding import Confidence
from checker.model.firewall import Direction
from checker.model.record import replace
from checker.model.traffic import DirectionSignal, FlagsClass
from tests.filter.net import (
    ALL_OUT,
    BEFORE,
    HIDDEN,
    IN,
    OUT,
    READ,
    acl,
    eni,
    entry,
    flow,
    log,
    open_entries,
    rule,
    sg,
    subnet,
    usual,
    why,
)
from tests.filter.test_atoms import networks

ANY = "0.0.0.0/0"
SYN, SYN_ACK, OTHER, NONE = FlagsClass.SYN, FlagsClass.SYN_ACK, FlagsClass.OTHER, FlagsClass.NONE
CLOSED = usual(server=[rule(IN, "tcp/1", ANY), rule(OUT, *ALL_OUT)])
NO_REPLIES = usual(
    server=[rule(IN, "all", ANY), rule(OUT, *ALL_OUT)],
    acl_b=[entry(100, IN, "allow", "tcp/443", ANY), entry(100, OUT, "allow", "tcp/443", ANY)],
)


def all_of(model, *flows, taken=READ, **more):
    return diagnose(log(*flows, **more), Index(model), taken=taken)


# Who opened the conversation.


@pytest.mark.parametrize(
    ("model", "made", "side"),
    [
        pytest.param(CLOSED, flow(IN, "tcp/9999", "10.0.1.5", flags=SYN), Side.PEER, id="syn-in"),
        pytest.param(CLOSED, flow(OUT, "tcp/9999", "10.0.1.5", flags=SYN), Side.LOCAL, id="syn-out"),
        pytest.param(NO_REPLIES, flow(IN, "tcp/9999", "10.0.1.5", flags=SYN_ACK), Side.LOCAL, id="syn-ack-in"),
        pytest.param(NO_REPLIES, flow(OUT, "tcp/9999", "10.0.1.5", flags=SYN_ACK), Side.PEER, id="syn-ack-out"),
        pytest.param(
            CLOSED,
            flow(IN, "tcp/9999", "10.0.1.5", flags=SYN, reverse_accepted=True),
            Side.PEER,
            id="syn-beats-pairing",
        ),
        pytest.param(NO_REPLIES, flow(OUT, "udp/40000", "10.0.1.5", reverse_accepted=True), Side.PEER, id="pairing"),
        pytest.param(
            NO_REPLIES, flow(IN, "udp/40000", "10.0.1.5", source_port=53), Side.LOCAL, id="source-port-of-a-service"
        ),
        pytest.param(CLOSED, flow(IN, "tcp/5432", "10.0.1.5"), Side.PEER, id="destination-port-of-a-service"),
        pytest.param(CLOSED, flow(IN, "udp/123", "10.0.1.5", source_port=123), Side.PEER, id="both-ports-of-services"),
        pytest.param(CLOSED, flow(IN, "tcp/33333", "10.0.1.5"), Side.PEER, id="high-port-alone-is-no-reply"),
    ],
)
def test_who_opened(model, made, side) -> None:
    found = why(model, made)
    assert found.initiator.side is side
    assert found.initiator.signals


def test_a_high_destination_port_without_another_sign_is_not_a_reply() -> None:
    """The rule of thumb "above some number it is return traffic" is wrong."""
    found = why(CLOSED, flow(IN, "tcp/51515", "10.0.1.5"), accepted=0)
    assert (found.cause, found.stage) == (Cause.SG_NO_MATCH, Stage.SG_INGRESS)


def test_signals_that_speak_against_the_outcome_are_not_published() -> None:
    found = why(CLOSED, flow(IN, "tcp/9999", "10.0.1.5", flags=SYN, reverse_accepted=True))
    assert "the other direction of the conversation was accepted" not in found.initiator.signals


@pytest.mark.parametrize(
    ("direction", "flags", "pattern"),
    [
        (IN, SYN, Pattern.INBOUND_REJECT),
        (OUT, SYN, Pattern.OUTBOUND_REJECT),
        (OUT, SYN_ACK, Pattern.INBOUND_ACCEPT_OUTBOUND_REJECT),
        (IN, SYN_ACK, Pattern.OUTBOUND_ACCEPT_INBOUND_REJECT),
    ],
)
def test_the_four_cases(direction, flags, pattern) -> None:
    assert why(NO_REPLIES, flow(direction, "tcp/50000", "10.0.1.5", flags=flags)).pattern is pattern


@pytest.mark.parametrize(
    ("direction", "flags", "peer", "route"),
    [
        (IN, SYN, "52.1.2.3", TrafficRoute.INTERNET_TO_SUBNET),
        (OUT, SYN, "52.1.2.3", TrafficRoute.SUBNET_TO_INTERNET),
        (IN, SYN_ACK, "52.1.2.3", TrafficRoute.SUBNET_TO_INTERNET),
        (OUT, SYN_ACK, "52.1.2.3", TrafficRoute.INTERNET_TO_SUBNET),
        (IN, SYN, "10.0.1.5", TrafficRoute.SUBNET_TO_SUBNET),
        (IN, SYN, "192.168.7.7", TrafficRoute.SUBNET_TO_SUBNET),
        (IN, SYN, "2600:1f18:0:1::9", TrafficRoute.SUBNET_TO_SUBNET),
        (IN, SYN, "2a00:1450::1", TrafficRoute.INTERNET_TO_SUBNET),
    ],
)
def test_the_three_routes(direction, flags, peer, route) -> None:
    assert why(NO_REPLIES, flow(direction, "tcp/50000", peer, flags=flags)).route is route


# Confidence.


def test_everything_known_is_high_and_each_doubt_lowers_it() -> None:
    made = flow(IN, "tcp/5432", "10.0.1.5", flags=SYN)
    assert why(CLOSED, made).confidence is Confidence.HIGH
    assert why(CLOSED, made).assumptions == ()
    assert why(CLOSED, made, taken=None).confidence is Confidence.MEDIUM
    assert why(CLOSED, made, taken=READ + timedelta(days=3)).confidence is Confidence.MEDIUM
    assert why(CLOSED, made, taken=READ - timedelta(days=3)).confidence is Confidence.MEDIUM
    by_subnet = replace(made, direction_signal=DirectionSignal.SUBNET)
    assert why(CLOSED, by_subnet).confidence is Confidence.MEDIUM
    assert why(CLOSED, made, skipped=10).confidence is Confidence.LOW


def test_assumptions_behind_the_model_are_told() -> None:
    odd = replace(CLOSED.network_interfaces[1], assumptions=("its groups follow from its name",))
    model = replace(CLOSED, network_interfaces=(CLOSED.network_interfaces[0], odd))
    assert "its groups follow from its name" in why(model, flow(IN, "tcp/5432", "10.0.1.5", flags=SYN)).assumptions


def test_a_denial_stands_even_if_the_control_before_it_is_not_known() -> None:
    model = replace(CLOSED, network_acls=())
    found = why(model, flow(IN, "tcp/5432", "10.0.1.5", flags=SYN))
    assert (found.cause, found.confidence) == (Cause.SG_NO_MATCH, Confidence.MEDIUM)
    assert any("nacl-ingress does not reject it first" in text for text in found.assumptions)


def test_both_controls_that_deny_are_blockers_and_both_are_needed() -> None:
    model = usual(server=[rule(IN, "tcp/1", ANY)], acl_b=[entry(90, IN, "deny", "tcp/22", ANY), *open_entries()])
    found = why(model, flow(IN, "tcp/22", "10.0.1.5", flags=SYN))
    assert [each.stage for each in found.blockers] == [Stage.NACL_INGRESS, Stage.SG_INGRESS]
    assert [(each.kind, each.key) for each in found.needs] == [
        (NeedKind.NACL_ENTRY, "acl-b"),
        (NeedKind.SG_RULE, "sg-server"),
    ]


def test_a_block_list_is_meant_and_a_forgotten_entry_is_not() -> None:
    open_group = [rule(IN, "tcp/443", ANY)]
    listed = usual(server=open_group, acl_b=[entry(90, IN, "deny", "all", "52.0.0.0/8"), *open_entries()])
    found = why(listed, flow(IN, "tcp/443", "52.1.2.3", flags=SYN))
    assert (found.cause, found.cause_detail, found.expected) == (Cause.EXPECTED_DENIAL, CauseDetail.BLOCK_LIST, True)
    assert found.rule.id == "acl-b#90"
    forgotten = usual(server=open_group, acl_b=[entry(100, IN, "allow", "tcp/80", ANY)])
    found = why(forgotten, flow(IN, "tcp/443", "52.1.2.3", flags=SYN))
    assert (found.cause, found.expected) == (Cause.NACL_IMPLICIT_DENY, False)
    everybody = usual(server=open_group, acl_b=[entry(90, IN, "deny", "tcp/443", ANY), *open_entries()])
    assert why(everybody, flow(IN, "tcp/443", "52.1.2.3", flags=SYN)).cause is Cause.NACL_DENY


# What goes together.


def test_peers_and_ports_of_one_answer_become_one_diagnosis() -> None:
    flows = [
        flow(IN, "tcp/5432", f"10.0.1.{last}", flags=SYN, records=last, samples=(f"line {last}",)) for last in (8, 9, 5)
    ]
    (found,) = all_of(CLOSED, *flows)
    assert found.traffic.records == 22
    assert found.peers.count == 3
    assert found.peers.top == ("10.0.1.9", "10.0.1.8", "10.0.1.5")
    assert [str(each) for each in found.peers.prefixes] == ["10.0.1.5/32", "10.0.1.8/31"]
    assert found.evidence == ("line 9", "line 8", "line 5")


def test_services_interfaces_and_causes_stay_apart() -> None:
    other = eni("eni-other", "subnet-b", "10.0.2.9", groups=("sg-server",))
    model = replace(CLOSED, network_interfaces=(*CLOSED.network_interfaces, other))
    flows = [
        flow(IN, "tcp/5432", "10.0.1.5", flags=SYN),
        flow(IN, "tcp/6379", "10.0.1.5", flags=SYN),
        flow(IN, "udp/5432", "10.0.1.5"),
        flow(IN, "tcp/5432", "10.0.1.5", flags=SYN, interface="eni-other"),
        flow(IN, "tcp/5432", "10.0.1.6", flags=OTHER, same_accepted=True),
    ]
    assert len(all_of(model, *flows)) == len(flows)


def test_times_and_volumes_add_up() -> None:
    flows = [
        flow(IN, "tcp/5432", "10.0.1.5", flags=SYN, records=2, when=BEFORE + timedelta(minutes=each)) for each in (3, 1)
    ]
    (found,) = all_of(CLOSED, *flows)
    assert (found.traffic.first, found.traffic.last) == (BEFORE + timedelta(minutes=1), BEFORE + timedelta(minutes=3))
    assert (found.traffic.records, found.traffic.bytes) == (4, 240)


def test_peers_not_all_known_by_address_are_given_by_the_atom_that_holds_them() -> None:
    wide = flow(IN, "tcp/5432", "10.0.1.5", peer_first="10.0.1.0", peer_last="10.0.1.255", peer_count=200)
    found = peers_of(Index(CLOSED), [wide])
    assert [str(each) for each in found.prefixes] == ["10.0.1.0/24"]
    assert found.count == 200


def test_many_scattered_peers_are_given_by_their_subnets() -> None:
    odd = [flow(IN, "tcp/5432", f"10.0.1.{last}") for last in range(1, 60, 2)]
    assert [str(each) for each in peers_of(Index(CLOSED), odd).prefixes] == ["10.0.1.0/24"]
    far = [flow(IN, "tcp/5432", f"192.168.{last}.1") for last in range(1, 60, 2)]
    assert [str(each) for each in peers_of(Index(CLOSED), far).prefixes] == ["192.168.0.0/18"]


# What is needed.


def test_a_rule_for_one_peer_names_the_group_that_it_carries() -> None:
    need = why(CLOSED, flow(IN, "tcp/5432", "10.0.1.5", flags=SYN)).needs[0]
    assert (need.kind, need.key, need.direction, need.protocol, need.ports) == (
        NeedKind.SG_RULE, "sg-server", IN, 6, PortRange(5432, 5432),
    )  # fmt: skip
    assert ([str(each) for each in need.prefixes], need.peer_group) == (["10.0.1.5/32"], "sg-client")
    unknown = why(CLOSED, flow(IN, "tcp/5432", "10.0.1.6", flags=SYN)).needs[0]
    assert unknown.peer_group is None


def test_replies_that_would_be_denied_next_are_needed_too() -> None:
    model = usual(server=[rule(IN, "tcp/1", ANY)], acl_b=[entry(100, IN, "allow", "all", ANY)])
    needs = why(model, flow(IN, "tcp/5432", "10.0.1.5", flags=SYN)).needs
    assert [(each.kind, each.direction, each.ports) for each in needs] == [
        (NeedKind.SG_RULE, IN, PortRange(5432, 5432)),
        (NeedKind.NACL_ENTRY, OUT, PortRange(1024, 65535)),
    ]
    linux = [entry(100, IN, "allow", "all", ANY), entry(100, OUT, "allow", "tcp/32768-60999", ANY)]
    assert (
        len(why(usual(server=[rule(IN, "tcp/1", ANY)], acl_b=linux), flow(IN, "tcp/5432", "10.0.1.5", flags=SYN)).needs)
        == 1
    )


def test_the_far_end_is_opened_as_well_where_it_is_known() -> None:
    model = usual(client=[rule(OUT, "tcp/1", ANY)], server=[rule(IN, "tcp/1", ANY)])
    needs = why(model, flow(OUT, "tcp/5432", "10.0.2.7", interface="eni-client", flags=SYN, local="10.0.1.5")).needs
    assert [(each.key, each.direction, [str(p) for p in each.prefixes], each.peer_group) for each in needs] == [
        ("sg-client", OUT, ["10.0.2.7/32"], "sg-server"),
        ("sg-server", IN, ["10.0.1.5/32"], "sg-client"),
    ]


@pytest.mark.parametrize(
    ("numbers", "before", "free"),
    [
        pytest.param([100, 200], None, 210, id="behind-all"),
        pytest.param([], None, 10, id="empty"),
        pytest.param([90], 90, 80, id="round-one-before"),
        pytest.param([80, 90], 90, 70, id="next-round-one"),
        pytest.param([5], 5, 4, id="no-round-one"),
        pytest.param([1], 1, None, id="no-room"),
        pytest.param([1, 2, 3], 3, None, id="all-taken-before"),
        pytest.param([32766], None, 32765, id="end-taken"),
    ],
)
def test_a_free_number(numbers, before, free) -> None:
    made = acl("acl-x", *(entry(each, IN, "deny", "all", ANY) for each in numbers))
    assert free_number(made, Direction.INGRESS, before) == free


def test_no_number_is_proposed_where_some_are_not_known() -> None:
    assert free_number(acl("acl-x", entry(HIDDEN, IN, "deny", "all", ANY)), Direction.INGRESS, None) is None


def test_the_group_to_change_is_no_default_group() -> None:
    both = eni("eni-both", "subnet-b", "10.0.2.50", groups=("sg-a-default", "sg-b"))
    model = usual(security_groups=[sg("sg-a-default", is_default=True), sg("sg-b")], network_interfaces=[both])
    assert why(model, flow(IN, "tcp/22", "10.0.1.5", interface="eni-both", flags=SYN)).needs[0].key == "sg-b"


# Order.


def test_the_order_is_by_what_was_probably_meant() -> None:
    model = usual(
        server=[rule(IN, "tcp/443", ANY), rule(IN, "icmp/8", ANY)],
        acl_b=[entry(90, IN, "deny", "tcp/443", ANY), *open_entries()],
    )
    flows = [
        flow(IN, "tcp/23", "52.1.2.3", records=1_000_000),
        flow(IN, "tcp/443", "52.1.2.4", flags=SYN, records=10),
        flow(IN, "tcp/5432", "10.0.1.5", flags=SYN, records=1),
        flow(IN, "icmp", "10.0.1.5", records=500),
        flow(IN, "tcp/9998", "10.0.1.5", flags=SYN, records=2),
    ]
    found = all_of(model, *flows)
    assert [(each.protocol, each.service_ports and each.service_ports.first) for each in found] == [
        (6, 5432), (6, 9998), (6, 443), (1, None), (6, 23),
    ]  # fmt: skip
    assert [each.rank for each in found] == [1, 2, 3, 4, 5]


@settings(max_examples=40, deadline=None)
@given(networks(), st.integers(0, 1 << 32).map(Random))
def test_any_network_gives_the_same_answer_in_any_order(model, chance) -> None:
    flows = [
        flow(
            chance.choice([IN, OUT, None]),
            chance.choice(["tcp/22", "tcp/443", "udp/53", "icmp", "50"]),
            chance.choice(["10.0.1.5", "10.0.2.7", "52.1.2.3", "2600:1f18:0:1::5", "10.9.0.5"]),
            interface=chance.choice(["eni-1", "eni-2", "eni-3", "eni-4", "eni-6", "eni-gone"]),
            flags=chance.choice([SYN, SYN_ACK, OTHER, NONE]),
            reverse_accepted=chance.random() < 0.3,
            same_accepted=chance.random() < 0.2,
            reject_reason=chance.choice([None, None, None, "BPA", "EC"]),
            records=number + 1,
        )
        for number in range(30)
    ]
    once = all_of(model, *flows)
    chance.shuffle(flows)
    assert all_of(model, *flows) == once
    assert sum(each.traffic.records for each in once) == sum(each.traffic.records for each in flows)
    for each in once:
        assert each.cause_detail in [detail for detail, _ in DETAILS_OF[each.cause]]
        assert (each.undetermined_by is not None) is (each.cause in (Cause.UNDETERMINED, Cause.NOT_ANALYSABLE))
        assert each.expected is (each.cause is Cause.EXPECTED_DENIAL)
        assert each.says.endswith(".")


def test_every_cause_has_its_words_and_every_word_its_cause() -> None:
    assert set(DETAILS_OF) == set(Cause)
    assert {detail for details in DETAILS_OF.values() for detail, _ in details} == set(CauseDetail)


def test_an_unknown_reason_blames_no_rule() -> None:
    found = why(CLOSED, flow(IN, "tcp/22", "10.0.1.5", reject_reason="NEW"))
    assert (found.cause, found.stage) == (Cause.UNDETERMINED, None)
    assert "NEW" in found.says


def test_a_subnet_without_known_blocks_leaves_the_acl_open() -> None:
    hidden = subnet("subnet-b", cidrs=HIDDEN)
    model = replace(NO_REPLIES, subnets=(NO_REPLIES.subnets[0], hidden))
    found = why(model, flow(IN, "tcp/22", "10.0.2.200", flags=SYN))
    assert (found.cause, found.cause_detail, found.stage) == (
        Cause.UNDETERMINED,
        CauseDetail.NACL_UNKNOWN,
        Stage.NACL_INGRESS,
    )


def test_what_is_expected_stands_behind_everything_else() -> None:
    flows = [
        flow(IN, "tcp/23", "52.1.2.3", records=9),
        flow(IN, "tcp/443", "52.1.2.4", flags=OTHER, same_accepted=True),
        flow(IN, "tcp/80", "52.1.2.5", reject_reason="BPA", flags=SYN),
    ]
    assert [each.cause for each in all_of(CLOSED, *flows)] == [Cause.LATE_PACKET, Cause.BPA, Cause.EXPECTED_DENIAL]


def test_what_was_admitted_a_moment_ago_is_no_noise() -> None:
    """Somebody from the Internet was let in, and then no more: the rules were changed."""
    found = why(CLOSED, flow(IN, "tcp/443", "52.1.2.3", flags=SYN, same_accepted=True))
    assert (found.cause, found.expected) == (Cause.SG_NO_MATCH, False)
    assert any("changed in between" in text for text in found.assumptions)


def test_a_rejected_ping_beside_accepted_ones_is_of_a_type_that_records_do_not_tell() -> None:
    network = usual(server=[rule(IN, "icmp/8", ANY)])
    found = why(network, flow(IN, "icmp", "10.0.1.5", reverse_accepted=True))
    assert (found.cause, found.cause_detail) == (Cause.UNDETERMINED, CauseDetail.ICMP_TYPE)


# What is not asserted.


@pytest.mark.parametrize(
    ("port", "accepted", "flags", "confidence"),
    [
        (40000, 0, NONE, Confidence.LOW),
        (40000, 0, SYN, Confidence.HIGH),
        (40000, 10, NONE, Confidence.MEDIUM),
        (5432, 0, NONE, Confidence.MEDIUM),
    ],
    ids=["may be late", "opens the connection", "accepted traffic is logged too", "port of a service"],
)
def test_without_flags_and_accepted_records_a_packet_to_a_chosen_port_may_as_well_be_late(
    port, accepted, flags, confidence
) -> None:
    found = why(CLOSED, flow(IN, f"tcp/{port}", "10.0.1.5", flags=flags), accepted=accepted)
    assert (found.cause, found.confidence) == (Cause.SG_NO_MATCH, confidence)
    assert any("late packet" in text for text in found.assumptions) is (confidence is Confidence.LOW)


def test_whether_an_entry_or_the_final_deny_rejects_a_ping_is_left_open_but_not_that_the_acl_does() -> None:
    entries = [entry(90, IN, "deny", "icmp/8", ANY), entry(100, IN, "allow", "tcp", ANY)]
    network = usual(server=[rule(IN, "all", ANY)], acl_b=entries)
    found = why(network, flow(IN, "icmp", "10.0.1.5"))
    assert (found.cause, found.cause_detail) == (Cause.UNDETERMINED, CauseDetail.ICMP_TYPE)
    assert (found.stage, [each.stage for each in found.blockers]) == (Stage.NACL_INGRESS, [Stage.NACL_INGRESS])
    assert "acl-b#90 or acl-b#*" in found.says
    both = [entry(90, IN, "deny", "icmp/8", ANY), entry(95, IN, "deny", "icmp", ANY), *open_entries()]
    found = why(usual(server=[rule(IN, "all", ANY)], acl_b=both), flow(IN, "icmp", "10.0.1.5"))
    assert (found.cause, found.cause_detail) == (Cause.NACL_DENY, CauseDetail.NACL_IN_DENY)


def test_pings_from_the_internet_that_groups_reject_are_noise_whichever_entry_met_them() -> None:
    entries = [entry(90, IN, "deny", "icmp/8", ANY), entry(100, IN, "allow", "tcp", ANY)]
    found = why(usual(acl_b=entries), flow(IN, "icmp", "52.1.2.3"))
    assert (found.cause, found.undetermined_by) == (Cause.EXPECTED_DENIAL, None)


def test_all_that_an_unknown_interface_rejected_is_one_diagnosis_a_direction() -> None:
    flows = [flow(IN, f"tcp/{port}", "10.0.1.5", interface="eni-gone") for port in (22, 443, 5432)]
    (found,) = all_of(CLOSED, *flows)
    assert (found.cause_detail, found.traffic.records) == (CauseDetail.ENI, 3)
    assert found.service_ports == PortRange(22, 5432)
