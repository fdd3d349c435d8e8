"""The plain evaluator against the packet sets, which are computed in another way, and its answers in detail."""

from __future__ import annotations

from ipaddress import ip_address
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.filter.acl import decide
from checker.filter.addresses import address_number
from checker.filter.evaluate import evaluate
from checker.filter.index import Index
from checker.filter.match import NOBODY, Bounds, bounds_of, rule_packets
from checker.filter.result import Packet
from checker.filter.service import service_number
from checker.model.address import IcmpTypeCode
from checker.model.diagnosis import Dimension, Stage, Verdict
from checker.model.firewall import NetworkAcl, RuleAction
from checker.model.model import Unread
from checker.model.record import replace
from tests.filter.net import HIDDEN, IN, OUT, acl, at, default_acl, entry, flow, rule, sg, usual, why
from tests.filter.test_atoms import BLOCKS, SERVICES, entries

ADDRESSES = [
    "10.0.1.4",
    "10.0.1.5",
    "10.0.1.6",
    "10.200.0.1",
    "52.1.2.3",
    "203.0.113.9",
    "203.0.113.200",
    "2600:1f18::9",
    "2600:1f18:0:1::5",
    "2a00::1",
]
PROTOCOLS = [(6, port) for port in (0, 22, 80, 443, 1024, 65535)] + [(17, 53), (17, 0), (50, None)]
ICMP = [(1, IcmpTypeCode(8, 0)), (1, IcmpTypeCode(3, 4)), (58, IcmpTypeCode(128, 0))]

prefix_rules = st.lists(
    st.builds(rule, st.sampled_from([IN, OUT]), st.sampled_from(SERVICES), st.sampled_from(BLOCKS)), max_size=6
)


def packets(chance: Random) -> list[Packet]:
    made = [
        Packet(direction=way, protocol=protocol, peer=ip_address(peer), port=port)
        for way in (IN, OUT)
        for protocol, port in PROTOCOLS
        for peer in ADDRESSES
    ]
    made += [Packet(direction=IN, protocol=each, peer=ip_address(peer), icmp=type_)
             for each, type_ in ICMP for peer in ADDRESSES]  # fmt: skip
    return chance.sample(made, 40)


def service_of(packet: Packet) -> int:
    low = packet.port if packet.port is not None else 0
    if packet.icmp is not None:
        low = packet.icmp.type * 256 + packet.icmp.code
    return service_number(packet.protocol, low)


def expected(bounds: Bounds, packet: Packet) -> Verdict:
    number = address_number(packet.peer)
    if number in bounds.least.peers_at(service_of(packet)):
        return Verdict.ALLOWED
    return Verdict.UNKNOWN if number in bounds.most.peers_at(service_of(packet)) else Verdict.DENIED


@settings(max_examples=120, deadline=None)
@given(prefix_rules, prefix_rules, st.integers(0, 1 << 32).map(Random))
def test_groups_allow_what_the_union_of_their_packets_holds(first, second, chance) -> None:
    model = replace(usual(), security_groups=(sg("sg-client"), sg("sg-other", *second), sg("sg-server", *first)))
    twice = replace(model.network_interfaces[1], security_groups=("sg-server", "sg-other"))
    index = Index(replace(model, network_interfaces=(model.network_interfaces[0], twice)))
    for packet in packets(chance):
        rules = [each for each in (*first, *second) if each.direction is packet.direction]
        bounds = bounds_of(rule_packets(each, lambda _peer: NOBODY) for each in rules)
        found = evaluate(index, twice, packet).groups
        assert found.verdict is expected(bounds, packet), packet
        if found.verdict is Verdict.ALLOWED:
            chosen = next(each for each in rules if each.key == found.line.id)
            assert expected(rule_packets(chosen, lambda _peer: NOBODY), packet) is Verdict.ALLOWED
        if found.verdict is Verdict.UNKNOWN:
            assert found.candidates
            assert found.doubts


@settings(max_examples=200, deadline=None)
@given(entries, st.integers(0, 1 << 32).map(Random))
def test_an_acl_allows_what_the_first_match_over_all_packets_allows(some, chance) -> None:
    made = acl("acl-b", *some, subnets=("subnet-b",))
    model = replace(usual(), network_acls=(made, default_acl()))
    index = Index(model)
    server = index.interface("eni-server")
    sorted_ = {way: decide(made, way) for way in (IN, OUT)}
    for packet in packets(chance):
        if packet.peer == ip_address("2600:1f18:0:1::5"):
            continue
        found = evaluate(index, server, packet).acl
        wanted = expected(sorted_[packet.direction].allowed, packet)
        assert found.verdict is wanted or _finer(found.verdict, wanted), packet
        if found.line is not None:
            assert found.doubts == ()


def _finer(found: Verdict, wanted: Verdict) -> bool:
    """The sets take entries of unknown number one by one; what all of them do alike only the evaluator tells."""
    return wanted is Verdict.UNKNOWN and found is not Verdict.UNKNOWN


@settings(max_examples=100, deadline=None)
@given(entries, st.integers(0, 1 << 32).map(Random), st.data())
def test_whatever_hidden_numbers_and_actions_are_a_firm_verdict_holds(some, chance, data) -> None:
    """Every way to fill in what is hidden gives the verdict that was firm before."""
    numbers = iter(data.draw(st.permutations(range(1, 200)))[:8])
    filled = [
        replace(
            each,
            rule_number=next(numbers) if not isinstance(each.rule_number, int) else each.rule_number,
            rule_action=each.rule_action if isinstance(each.rule_action, RuleAction)
            else data.draw(st.sampled_from(list(RuleAction))),
        )
        for each in some
    ]  # fmt: skip
    fixed = {each.rule_number for each in some if isinstance(each.rule_number, int)}
    if any(each.rule_number in fixed for each, old in zip(filled, some, strict=True)
           if not isinstance(old.rule_number, int)):  # fmt: skip
        return
    before, after = (_index(acl("acl-b", *each, subnets=("subnet-b",))) for each in (some, filled))
    for packet in packets(chance):
        firm = evaluate(before, before.interface("eni-server"), packet).acl
        really = evaluate(after, after.interface("eni-server"), packet).acl
        if firm.verdict in (Verdict.ALLOWED, Verdict.DENIED) and really.verdict is not Verdict.UNKNOWN:
            assert firm.verdict is really.verdict, packet
        if firm.line is not None:
            assert really.line == firm.line


def _index(made: NetworkAcl) -> Index:
    return Index(replace(usual(), network_acls=(made, default_acl())))


@settings(max_examples=60, deadline=None)
@given(prefix_rules, st.integers(0, 1 << 32).map(Random))
def test_one_more_rule_never_denies_and_order_never_matters(some, chance) -> None:
    extra = rule(IN, "tcp/443", "10.0.0.0/8")
    plain, more = (_server(*rules) for rules in (some, [*some, extra]))
    shuffled = list(some)
    chance.shuffle(shuffled)
    other = _server(*shuffled)
    rank = [Verdict.DENIED, Verdict.UNKNOWN, Verdict.ALLOWED]
    for packet in packets(chance):
        one, two, three = (evaluate(each, each.interface("eni-server"), packet).groups for each in (plain, more, other))
        assert rank.index(two.verdict) >= rank.index(one.verdict)
        assert three.verdict is one.verdict


def _server(*rules) -> Index:
    return Index(replace(usual(), security_groups=(sg("sg-client"), sg("sg-server", *rules))))


# Details.


def test_the_first_control_on_the_way_is_named_first() -> None:
    model = usual(server=[], acl_b=[])
    inward, outward = (at(model, "eni-server", way, "tcp/22", "10.0.1.5") for way in (IN, OUT))
    assert [each.stage for each in inward.denying()] == [Stage.NACL_INGRESS, Stage.SG_INGRESS]
    assert [each.stage for each in outward.denying()] == [Stage.SG_EGRESS, Stage.NACL_EGRESS]


@pytest.mark.parametrize(
    ("groups", "acl_entries", "verdict"),
    [
        pytest.param(
            [rule(IN, "tcp/22", HIDDEN)], [entry(100, IN, "allow", "all", "0.0.0.0/0")], Verdict.UNKNOWN, id="sg-open"
        ),
        pytest.param([rule(IN, "tcp/22", HIDDEN)], [], Verdict.DENIED, id="acl-denies-anyway"),
        pytest.param(
            [rule(IN, "tcp/22", "10.0.0.0/8")],
            [entry(HIDDEN, IN, "allow", "all", "0.0.0.0/0")],
            Verdict.ALLOWED,
            id="acl-open-in-number-only",
        ),
        pytest.param(
            [rule(IN, "tcp/22", "10.0.0.0/8")],
            [entry(HIDDEN, IN, "deny", "all", "0.0.0.0/0")],
            Verdict.DENIED,
            id="acl-denies-wherever-it-stands",
        ),
        pytest.param(
            [rule(IN, "tcp/22", "10.0.0.0/8")],
            [entry(100, IN, HIDDEN, "all", "0.0.0.0/0")],
            Verdict.UNKNOWN,
            id="acl-action-hidden",
        ),
    ],
)
def test_both_controls_together(groups, acl_entries, verdict) -> None:
    assert at(usual(server=groups, acl_b=acl_entries), "eni-server", IN, "tcp/22", "10.0.1.5").verdict is verdict


def test_unread_rules_may_allow_and_unread_entries_may_do_anything() -> None:
    model = usual(server=[])
    hidden = replace(model, security_groups=(sg("sg-client"), sg("sg-server", unread=HIDDEN)))
    assert at(hidden, "eni-server", IN, "tcp/22", "10.0.1.5").groups.verdict is Verdict.UNKNOWN
    gap = replace(model, unread=(Unread(types=("aws_vpc_security_group_ingress_rule",), cause=HIDDEN),))
    assert at(gap, "eni-server", IN, "tcp/22", "10.0.1.5").groups.verdict is Verdict.UNKNOWN
    closed = replace(
        usual(),
        network_acls=(acl("acl-b", entry(1, IN, "deny", "all", "0.0.0.0/0"), subnets=("subnet-b",), unread=HIDDEN),),
    )
    assert at(closed, "eni-server", IN, "tcp/22", "10.0.1.5").acl.verdict is Verdict.UNKNOWN


def test_a_group_that_the_input_lacks_may_allow() -> None:
    model = replace(usual(), security_groups=(sg("sg-client"),))
    found = at(model, "eni-server", IN, "tcp/22", "10.0.1.5").groups
    assert found.verdict is Verdict.UNKNOWN
    assert "sg-server" in found.doubts[0].says


@pytest.mark.parametrize(
    ("rules", "service", "peer", "differs", "best"),
    [
        pytest.param([("tcp/443", "10.0.1.0/24")], "tcp/22", "10.0.1.5", [Dimension.PORT], 0, id="port"),
        pytest.param([("tcp/22", "10.0.3.0/24")], "tcp/22", "10.0.1.5", [Dimension.CIDR], 0, id="cidr"),
        pytest.param([("udp/22", "10.0.1.0/24")], "tcp/22", "10.0.1.5", [Dimension.PROTOCOL], 0, id="protocol"),
        pytest.param([("tcp/22", "::/0")], "tcp/22", "10.0.1.5", [Dimension.FAMILY], 0, id="family"),
        pytest.param(
            [("tcp/22", "192.168.0.0/16"), ("tcp/22", "10.0.3.0/24")],
            "tcp/22",
            "10.0.1.5",
            [Dimension.CIDR],
            1,
            id="closest-block",
        ),
        pytest.param(
            [("tcp/80", "192.168.0.0/16"), ("tcp/80", "10.0.1.0/24")],
            "tcp/22",
            "10.0.1.5",
            [Dimension.PORT],
            1,
            id="fewest-first",
        ),
        pytest.param([("udp/53", "192.168.0.0/16")], "tcp/22", "10.0.1.5", None, None, id="three-are-too-many"),
        pytest.param([("icmp/8", "10.0.0.0/8")], "tcp/22", "10.0.1.5", [Dimension.PROTOCOL], 0, id="icmp"),
        pytest.param([("tcp/22", "sg-server")], "tcp/22", "10.0.1.5", [Dimension.CIDR], 0, id="other-group"),
    ],
)
def test_the_nearest_miss_differs_least(rules, service, peer, differs, best) -> None:
    made = [rule(IN, *each, key=f"sgr-{number}") for number, each in enumerate(rules)]
    found = why(usual(server=made), flow(IN, service, peer)).nearest_miss
    if differs is None:
        assert found is None
        return
    assert list(found.differs) == differs
    assert found.rule.id == f"sgr-{best}"
    assert service in found.says
    assert peer in found.says


def test_a_rule_in_the_wrong_direction_is_a_near_miss_unless_it_is_for_everything() -> None:
    made = [rule(OUT, "tcp/22", "10.0.1.0/24", key="sgr-wrong-way"), rule(IN, "tcp/1", "192.168.0.0/16", key="sgr-far")]
    found = why(usual(server=made), flow(IN, "tcp/22", "10.0.1.5")).nearest_miss
    assert (found.rule.id, found.differs) == ("sgr-wrong-way", (Dimension.DIRECTION,))
    everything = [rule(OUT, "all", "0.0.0.0/0"), rule(IN, "tcp/1", "10.0.1.0/24", key="sgr-port")]
    assert why(usual(server=everything), flow(IN, "tcp/22", "10.0.1.5")).nearest_miss.rule.id == "sgr-port"
