"""A flow through the rules, step by step, and how people write one."""

from __future__ import annotations

import contextlib
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import UsageError
from checker.explaining import as_text
from checker.filter.explain import Explanation, Leg, explain, parse_flow
from checker.filter.index import Index
from checker.model.address import IcmpTypeCode
from checker.model.diagnosis import Dimension, Pattern, Stage, TrafficRoute, Verdict
from checker.model.known import Unknown
from checker.model.record import replace
from tests.filter.net import ALL_OUT, HIDDEN, IN, OUT, eni, entry, rule, sg, subnet, usual, vpc

ANY = "0.0.0.0/0"
ALLOWED, DENIED, UNKNOWN, ASIDE = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNKNOWN, Verdict.NOT_EVALUATED


def of(text: str, model=None, **more) -> Explanation:
    made = usual(server=[rule(IN, "tcp/5432", "sg-client", key="sgr-db")], **more) if model is None else model
    return explain(Index(made), parse_flow(text))


def way(found: Explanation) -> list[tuple[str, str, str]]:
    return [(each.leg.value, each.interface or "-", each.result.stage.value) for each in found.steps]


def test_the_way_there_and_back_in_order() -> None:
    found = of("tcp 10.0.1.5:51515 -> 10.0.2.7:5432")
    assert way(found) == [
        ("request", "eni-client", "sg-egress"),
        ("request", "eni-client", "nacl-egress"),
        ("request", "eni-server", "nacl-ingress"),
        ("request", "eni-server", "sg-ingress"),
        ("reply", "eni-server", "sg-egress"),
        ("reply", "eni-server", "nacl-egress"),
        ("reply", "eni-client", "nacl-ingress"),
        ("reply", "eni-client", "sg-ingress"),
    ]
    assert found.verdict is ALLOWED
    assert [each.result.line and each.result.line.id for each in found.steps[:4]] == [
        "sgr-out", "acl-default-vpc-1#100", "acl-default-vpc-1#100", "sgr-db",
    ]  # fmt: skip
    assert [each.result.verdict for each in found.steps if each.leg is Leg.REPLY] == [ASIDE, ALLOWED, ALLOWED, ASIDE]
    assert found.steps[0].control == "sg-client"
    assert found.steps[1].control == "acl-default-vpc-1"


def test_the_denying_step_is_named_and_the_others_are_still_shown() -> None:
    found = of("tcp 10.0.1.5:51515 -> 10.0.2.7:5433")
    assert found.verdict is DENIED
    assert "sg-ingress of eni-server" in found.says
    (stop,) = [each for each in found.steps if each.result.verdict is DENIED]
    assert stop.nearest_miss.differs == (Dimension.PORT,)
    assert stop.nearest_miss.rule.id == "sgr-db"
    assert len(found.steps) == 8


def test_a_reply_that_the_acl_stops_is_found_although_the_request_passes() -> None:
    found = of("tcp 10.0.1.5:51515 -> 10.0.2.7:5432", acl_a=[entry(100, OUT, "allow", "all", ANY)])
    assert found.verdict is DENIED
    assert found.says.startswith("The reply is denied at nacl-ingress of eni-client: acl-a#*")


def test_a_source_without_a_port_stands_for_any_that_a_system_chooses() -> None:
    some = [entry(100, OUT, "allow", "all", ANY), entry(100, IN, "allow", "tcp/1024-32767", ANY)]
    found = of("tcp 10.0.1.5 -> 10.0.2.7:5432", acl_a=some)
    assert found.verdict is UNKNOWN
    assert "32768-65535 do not pass: all of those that Linux chooses, all of those that Windows chooses" in found.says
    assert "51 % of those that NAT gateways, load balancers and Lambda choose" in found.says
    assert of("tcp 10.0.1.5:2000 -> 10.0.2.7:5432", acl_a=some).verdict is ALLOWED
    assert of("tcp 10.0.1.5:40000 -> 10.0.2.7:5432", acl_a=some).verdict is DENIED


def test_an_end_outside_the_network_has_no_steps_and_that_is_said() -> None:
    found = of("tcp 52.1.2.3:40000 -> 10.0.2.7:5432")
    assert found.source.outside
    assert {each.interface for each in found.steps} == {"eni-server"}
    assert any("outside the network" in each for each in found.assumptions)
    assert found.verdict is DENIED


def test_an_address_in_a_subnet_without_known_interface_meets_its_acl_and_leaves_groups_open() -> None:
    found = of("tcp 10.0.1.200:40000 -> 10.0.2.7:5432", usual(server=[rule(IN, "tcp/5432", ANY)]))
    assert found.verdict is UNKNOWN
    assert "no interface with 10.0.1.200" in found.says
    assert way(found)[1] == ("request", "-", "nacl-egress")


def test_two_ends_outside_are_refused() -> None:
    with pytest.raises(UsageError, match=r"neither 52\.1\.2\.3 nor 52\.1\.2\.4") as caught:
        of("tcp 52.1.2.3 -> 52.1.2.4:80")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10.0.1.5", "10.0.1.5"), ("eni-client", "eni-client"), ("eni-client", "10.0.1.5"), ("10.0.1.5", "10.0.1.6"),
        ("10.0.1.200", "10.0.1.200"),
    ],
)  # fmt: skip
def test_what_an_end_sends_to_itself_is_refused(one: str, other: str) -> None:
    client = eni("eni-client", "subnet-a", "10.0.1.5", groups=["sg-client"])
    model = replace(usual(), network_interfaces=(replace(client, private_ips=("10.0.1.5", "10.0.1.6")),))
    with pytest.raises(UsageError, match="are one end: what it sends to itself never leaves it"):
        of(f"tcp {one} -> {other}:80", model)


def test_ones_own_public_address_is_reached_from_outside() -> None:
    client = eni("eni-client", "subnet-a", "10.0.1.5", groups=["sg-client"])
    model = replace(usual(), network_interfaces=(replace(client, public_ip="52.1.2.3"),))
    assert [each.leg.value for each in of("tcp 10.0.1.5 -> 52.1.2.3:80", model).steps].count("request") == 4


def test_interfaces_may_be_named() -> None:
    assert way(of("tcp eni-client -> eni-server:5432")) == way(of("tcp 10.0.1.5 -> 10.0.2.7:5432"))
    with pytest.raises(UsageError, match="eni-nobody is no interface"):
        of("tcp eni-nobody -> eni-server:5432")


def test_an_instance_stands_for_its_primary_interface() -> None:
    model = usual(server=[rule(IN, "tcp/5432", ANY)])
    client, server = model.network_interfaces
    held = replace(model, network_interfaces=(client, replace(server, key="aws_instance.db#primary")))
    assert of("tcp 10.0.1.5 -> aws_instance.db:5432", held).destination.name == "eni-server"
    with pytest.raises(UsageError, match=r"aws_instance\.web is no interface .*: the input does not show that of the"):
        of("tcp 10.0.1.5 -> aws_instance.web:5432", held)


def test_an_address_that_aws_keeps_is_named() -> None:
    found = of("udp 10.0.1.5 -> 10.0.0.2:53", usual(subnets=[subnet("subnet-0", "10.0.0.0/24")]))
    assert found.verdict is ALLOWED
    assert found.destination.assumed == ("10.0.0.2 is Amazon DNS, which nothing filters",)
    with pytest.raises(UsageError, match=r"10\.0\.1\.1 is the VPC router, which nothing filters"):
        of("tcp 52.1.2.3 -> 10.0.1.1:80")


@pytest.mark.parametrize(
    ("flow", "pattern", "route"),
    [
        ("tcp 10.0.1.5 -> 10.0.2.7:5433", Pattern.INBOUND_REJECT, TrafficRoute.SUBNET_TO_SUBNET),
        ("tcp 52.1.2.3 -> 10.0.2.7:5432", Pattern.INBOUND_REJECT, TrafficRoute.INTERNET_TO_SUBNET),
        ("tcp 10.0.2.7 -> 52.1.2.3:443", Pattern.OUTBOUND_REJECT, TrafficRoute.SUBNET_TO_INTERNET),
        ("tcp 10.0.1.5 -> 52.1.2.3:443", None, TrafficRoute.SUBNET_TO_INTERNET),
        ("tcp 10.0.1.5 -> 10.0.2.7:5432", None, TrafficRoute.SUBNET_TO_SUBNET),
    ],
)
def test_it_is_told_in_the_words_of_the_four_cases_and_three_routes(flow, pattern, route) -> None:
    found = of(flow)
    assert (found.pattern, found.route) == (pattern, route)


@pytest.mark.parametrize(
    ("client", "acl_b", "pattern"),
    [
        ([], None, Pattern.OUTBOUND_REJECT),
        (None, [entry(100, OUT, "allow", "all", ANY)], Pattern.INBOUND_REJECT),
        (None, [entry(100, IN, "allow", "all", ANY)], Pattern.INBOUND_ACCEPT_OUTBOUND_REJECT),
    ],
)
def test_the_first_control_that_denies_tells_the_case(client, acl_b, pattern: Pattern) -> None:
    model = usual(client=client, server=[rule(IN, "tcp/5432", ANY)], acl_b=acl_b)
    assert of("tcp 10.0.1.5:40000 -> 10.0.2.7:5432", model).pattern is pattern


def twice(**more):
    return usual(
        server=[rule(IN, "tcp/5432", ANY)],
        vpcs=[vpc("vpc-2", "10.0.0.0/16")],
        subnets=[subnet("subnet-2", "10.0.1.0/24", of="vpc-2")],
        network_interfaces=[eni("eni-other", "subnet-2", "10.0.1.5", groups=("sg-client",), of="vpc-2")],
        **more,
    )


def test_equal_addresses_are_told_apart_by_the_other_end_or_refused() -> None:
    assert of("tcp 10.0.1.5:4000 -> 10.0.2.7:5432", twice()).source.name == "eni-client"
    with pytest.raises(UsageError, match=r"in several places: eni-client, eni-other"):
        of("tcp 10.0.1.5:4000 -> 52.1.2.3:443", twice())
    assert of("tcp eni-other:4000 -> 52.1.2.3:443", twice()).source.name == "eni-other"


def test_to_a_public_address_one_comes_by_a_public_one() -> None:
    model = usual(server=[rule(IN, "tcp/5432", "sg-client", key="sgr-db")])
    client, server = model.network_interfaces
    both = replace(
        model, network_interfaces=(replace(client, public_ip="52.1.1.1"), replace(server, public_ip="52.2.2.2"))
    )
    found = of("tcp 10.0.1.5:4000 -> 52.2.2.2:5432", both)
    assert found.verdict is DENIED
    stop = next(each for each in found.steps if each.result.verdict is DENIED)
    assert stop.interface == "eni-server"
    assert "private address" in stop.result.notes[0].says
    behind_nat = replace(model, network_interfaces=(client, replace(server, public_ip="52.2.2.2")))
    found = of("tcp 10.0.1.5:4000 -> 52.2.2.2:5432", behind_nat)
    assert found.verdict is UNKNOWN
    assert "NAT gateway" in found.says


@pytest.mark.parametrize(
    ("public_ip", "flow", "note"),
    [
        (None, "tcp 10.0.1.5 -> 52.2.2.2:443", "10.0.1.5 reaches the Internet through a NAT gateway"),
        (HIDDEN, "tcp 10.0.1.5 -> 52.2.2.2:443", "whether 10.0.1.5 has a public address"),
        (None, "tcp 52.2.2.2 -> 10.0.1.5:443", "from the Internet it is reached only through something that has one"),
        (HIDDEN, "tcp 52.2.2.2 -> 10.0.1.5:443", "whether 10.0.1.5 has a public address"),
        ("52.1.1.1", "tcp 10.0.1.5 -> 52.2.2.2:443", None),
    ],
)
def test_what_is_said_of_an_end_without_known_public_address(public_ip, flow: str, note: str | None) -> None:
    model = usual()
    client, server = model.network_interfaces
    model = replace(model, network_interfaces=(replace(client, public_ip=public_ip), server))
    notes = [text for text in of(flow, model).assumptions if "outside" not in text]
    assert [note in text for text in notes] == [True] if note else notes == []


def test_an_echo_is_answered_by_an_echo_reply_and_other_types_by_nothing_known() -> None:
    some = [entry(100, IN, "allow", "icmp/8", ANY), entry(100, OUT, "allow", "icmp/0", ANY)]
    model = usual(server=[rule(IN, "icmp", ANY)], acl_b=some)
    assert of("icmp 8/0 10.0.1.5 -> 10.0.2.7", model).verdict is ALLOWED
    assert of("icmp 3/4 10.0.1.5 -> 10.0.2.7", model).verdict is DENIED
    assert of("icmp 10.0.1.5 -> 10.0.2.7", model).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("flow", "legs"),
    [
        ("icmp 3/4 10.0.1.5 -> 10.0.2.7", {Leg.REQUEST}),
        ("icmp 11/0 10.0.1.5 -> 10.0.2.7", {Leg.REQUEST}),
        ("icmp 0/0 10.0.1.5 -> 10.0.2.7", {Leg.REQUEST}),
        ("icmp 8/0 10.0.1.5 -> 10.0.2.7", {Leg.REQUEST, Leg.REPLY}),
        ("icmp 13/0 10.0.1.5 -> 10.0.2.7", {Leg.REQUEST, Leg.REPLY}),
        ("icmp 10.0.1.5 -> 10.0.2.7", {Leg.REQUEST, Leg.REPLY}),
    ],
)
def test_errors_and_answers_are_not_answered_so_no_acl_denies_their_reply(flow: str, legs) -> None:
    model = usual(server=[rule(IN, "icmp", ANY)], acl_b=[entry(100, IN, "allow", "icmp", ANY)])
    found = of(flow, model)
    assert {step.leg for step in found.steps} == legs
    assert found.verdict is (DENIED if Leg.REPLY in legs else ALLOWED)


@pytest.mark.parametrize(
    ("entries", "verdict", "lines", "says"),
    [
        pytest.param([("deny", "tcp/1024-2000", ANY)], DENIED, ["acl-b#90", "acl-b#*"], "by one of several entries",
                     id="all denied, by two lines"),
        pytest.param([("deny", "tcp/1024-2000", HIDDEN), ("allow", "all", ANY)], UNKNOWN, ["acl-b#90", "acl-b#91"],
                     "hidden by the test", id="some open, none denied"),
        pytest.param([("allow", "tcp/1024-2000", HIDDEN)], UNKNOWN, ["acl-b#90", "acl-b#*"],
                     "hidden by the test", id="some open, the others denied"),
        pytest.param([("deny", "tcp/1024-2000", HIDDEN), ("deny", "tcp/2001-3000", ANY), ("allow", "all", ANY)],
                     UNKNOWN, ["acl-b#90", "acl-b#92", "acl-b#91"], "chooses: 2001-3000 do not pass",
                     id="each of the three"),
        pytest.param([("allow", "tcp/1024-2000", ANY), ("allow", "tcp", ANY)], ALLOWED, ["acl-b#90", "acl-b#91"],
                     "stands in the way", id="all allowed, by two lines"),
    ],
)  # fmt: skip
def test_replies_to_ports_that_a_system_chooses_name_every_line_and_call_no_open_port_closed(
    entries, verdict, lines, says
) -> None:
    out = [entry(number, OUT, *each) for number, each in enumerate(entries, 90)]
    model = usual(server=[rule(IN, "tcp/5432", ANY)], acl_b=[entry(100, IN, "allow", "all", ANY), *out])
    found = of("tcp 10.0.1.5 -> 10.0.2.7:5432", model)
    (step,) = [each for each in found.steps if each.leg is Leg.REPLY and each.result.stage is Stage.NACL_EGRESS]
    assert (step.result.verdict, step.result.line) == (verdict, None)
    assert {each.id for each in step.result.candidates} == set(lines)
    assert says in found.says
    assert "1024-2000 do not pass" not in found.says
    text = " ".join(as_text(found, 200).split())
    assert "no line allows it" not in text
    assert all(f"depends on {line}:" in text for line in lines)


@pytest.mark.parametrize(
    ("flow", "addresses"),
    [
        ("icmpv6 128/0 eni-one -> eni-two", ("2600:1f18:0:1::61", "2600:1f18:0:1::62")),
        ("icmp 8/0 eni-one -> eni-two", ("10.0.1.61", "10.0.1.62")),
    ],
)
def test_interfaces_by_id_take_the_family_in_which_the_protocol_is_spoken(flow: str, addresses) -> None:
    both = [eni(f"eni-{name}", "subnet-a", f"10.0.1.6{end}", f"2600:1f18:0:1::6{end}", groups=("sg-server",))
            for name, end in (("one", 1), ("two", 2))]  # fmt: skip
    found = of(flow, usual(network_interfaces=both))
    assert tuple(str(end.seen_by_other) for end in (found.source, found.destination)) == addresses


def test_an_interface_without_an_address_of_the_family_leaves_its_steps_open() -> None:
    found = of("icmpv6 128/0 2a00::1 -> eni-server", usual(server=[rule(IN, "icmpv6", "::/0")]))
    assert isinstance(found.destination.seen_by_other, Unknown)
    assert found.destination.seen_by_other.reason == "eni-server has no IPv6 address in the input"


def test_ipv6() -> None:
    model = usual(server=[rule(IN, "tcp/443", "2600:1f18::/56"), rule(OUT, *ALL_OUT)])
    client, server = model.network_interfaces
    six = replace(server, private_ips=("10.0.2.7", "2600:1f18:0:2::7"))
    model = replace(model, network_interfaces=(client, six))
    found = of("tcp [2a00::1]:4000 -> [2600:1f18:0:2::7]:443", model)
    assert found.verdict is DENIED
    assert of("tcp [2600:1f18:0:1::9]:4000 -> [2600:1f18:0:2::7]:443", model).verdict is UNKNOWN


def test_what_is_known_after_apply_leaves_its_step_open() -> None:
    found = of("tcp 10.0.1.5:4000 -> 10.0.2.7:443", usual(server=[rule(IN, "tcp/443", HIDDEN, key="sgr-later")]))
    assert found.verdict is UNKNOWN
    assert "hidden by the test" in found.says
    (step,) = [each for each in found.steps if each.result.verdict is UNKNOWN]
    assert (step.result.stage, [each.id for each in step.result.candidates]) == (Stage.SG_INGRESS, ["sgr-later"])


def test_no_rules_and_no_groups_have_words_of_their_own() -> None:
    empty = of("tcp 10.0.1.5:4000 -> 10.0.2.7:443", usual(server=[]))
    assert "no rule in this direction" in empty.says
    bare = eni("eni-nat", "subnet-b", "10.0.2.60", interface_type="nat_gateway")
    found = of("tcp 10.0.1.5:4000 -> 10.0.2.60:443", usual(network_interfaces=[bare]))
    assert found.verdict is ALLOWED
    assert "NAT gateway" in found.steps[3].result.why


def test_within_a_subnet_no_acl_is_asked() -> None:
    twin = eni("eni-twin", "subnet-b", "10.0.2.8", groups=("sg-twin",))
    model = usual(
        server=[rule(IN, "tcp/443", "sg-twin")],
        acl_b=[],
        network_interfaces=[twin],
        security_groups=[sg("sg-twin", rule(OUT, *ALL_OUT))],
    )
    found = of("tcp 10.0.2.8:4000 -> 10.0.2.7:443", model)
    assert found.verdict is ALLOWED
    assert [each.result.verdict for each in found.steps if each.result.stage.value.startswith("nacl")] == [ASIDE] * 4


# How it is written.


@pytest.mark.parametrize(
    ("text", "protocol", "source", "destination"),
    [
        ("tcp 10.0.1.5:51515 -> 10.0.2.7:5432", 6, ("10.0.1.5", 51515), ("10.0.2.7", 5432)),
        ("TCP 10.0.1.5->10.0.2.7:5432", 6, ("10.0.1.5", None), ("10.0.2.7", 5432)),
        ("udp 10.0.1.5 -> 10.0.0.2:53", 17, ("10.0.1.5", None), ("10.0.0.2", 53)),
        ("6 10.0.1.5 to 10.0.2.7:22", 6, ("10.0.1.5", None), ("10.0.2.7", 22)),
        ("tcp [::1]:443 -> [2001:db8::2]:80", 6, ("::1", 443), ("2001:db8::2", 80)),
        ("tcp 2001:db8::1 -> [2001:db8::2]:80", 6, ("2001:db8::1", None), ("2001:db8::2", 80)),
        ("50 10.0.1.5 -> 10.0.2.7", 50, ("10.0.1.5", None), ("10.0.2.7", None)),
        ("icmp 10.0.1.5 -> 10.0.2.7", 1, ("10.0.1.5", None), ("10.0.2.7", None)),
        ("  tcp   10.0.1.5   ->   10.0.2.7:0 ", 6, ("10.0.1.5", None), ("10.0.2.7", 0)),
    ],
)
def test_a_flow_is_read(text, protocol, source, destination) -> None:
    found = parse_flow(text)
    assert found.protocol == protocol
    assert (found.source.address, found.source.port) == (ip_address(source[0]), source[1])
    assert (found.destination.address, found.destination.port) == (ip_address(destination[0]), destination[1])
    assert parse_flow(str(found)) == found


@pytest.mark.parametrize(
    ("text", "icmp"),
    [
        ("icmp 8/0 10.0.1.5 -> 10.0.2.7", IcmpTypeCode(8, 0)),
        ("icmp 8 10.0.1.5 -> 10.0.2.7", IcmpTypeCode(8, 0)),
        ("icmpv6 128/0 2001:db8::1 -> 2001:db8::2", IcmpTypeCode(128, 0)),
        ("icmp6 135 2001:db8::1 -> 2001:db8::2", IcmpTypeCode(135, 0)),
    ],
)
def test_an_icmp_flow_is_read(text, icmp) -> None:
    assert parse_flow(text).icmp == icmp


@pytest.mark.parametrize(
    ("text", "interface"),
    [
        ("tcp eni-0abc:4000 -> 10.0.2.7:80", "eni-0abc"),
        ("tcp aws_network_interface.web -> 10.0.2.7:80", "aws_network_interface.web"),
        ("tcp module.a.aws_network_interface.web[0]:4000 -> 10.0.2.7:80", "module.a.aws_network_interface.web[0]"),
        ('tcp aws_network_interface.web["a"] -> 10.0.2.7:80', 'aws_network_interface.web["a"]'),
    ],
)
def test_an_interface_is_read(text, interface) -> None:
    assert parse_flow(text).source.interface == interface


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is no flow"),
        ("10.0.1.5 -> 10.0.2.7:80", "it is no flow"),
        ("tcp 10.0.1.5 10.0.2.7:80", "it is no flow"),
        ("tpc 10.0.1.5 -> 10.0.2.7:80", "tpc is no protocol"),
        ("all 10.0.1.5 -> 10.0.2.7", "all is no protocol"),
        ("256 10.0.1.5 -> 10.0.2.7", "256 is no protocol"),
        ("tcp 10.0.1.5 -> 10.0.2.7", "the destination port is missing"),
        ("tcp 10.0.1.5 -> 10.0.2.7:65536", "65536 is no port"),
        ("tcp 10.0.1.256 -> 10.0.2.7:80", "10.0.1.256 is no address"),
        ("tcp [10.0.1.x]:1 -> 10.0.2.7:80", "10.0.1.x is no address"),
        ("tcp 10.0.1.5 -> [2001:db8::1]:80", "one address is IPv4 and the other IPv6"),
        ("icmp 300 10.0.1.5 -> 10.0.2.7", "300 is no ICMP type and code"),
        ("tcp 8/0 10.0.1.5 -> 10.0.2.7:80", "the protocol is another"),
        ("icmp 10.0.1.5:1 -> 10.0.2.7", "has no ports"),
        ("icmp 8/0 2001:db8::1 -> 2001:db8::2", "icmp is for IPv4 addresses and icmpv6 for IPv6 ones"),
        ("icmpv6 128/0 eni-1 -> 10.0.2.7", "icmp is for IPv4 addresses and icmpv6 for IPv6 ones"),
    ],
)
def test_what_is_no_flow_is_refused_with_examples(text, why) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        parse_flow(text)
    assert "tcp 10.0.1.5:51515 -> 10.0.2.7:5432" in (caught.value.hint or "")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text) -> None:
    with contextlib.suppress(UsageError):
        assert parse_flow(text).protocol >= 0


@pytest.mark.parametrize(
    ("flow", "source", "destination"),
    [
        ("tcp 2a00::1 -> eni-server:443", "2a00::1", "2600:1f18:0:2::7"),
        ("tcp eni-client -> [2600:1f18:0:2::7]:443", "2600:1f18:0:1::5", "2600:1f18:0:2::7"),
        ("tcp 10.0.1.5 -> eni-server:443", "10.0.1.5", "10.0.2.7"),
    ],
)
def test_an_interface_by_its_id_takes_the_family_of_the_other_end(flow: str, source: str, destination: str) -> None:
    model = usual()
    client, server = model.network_interfaces
    client = replace(client, private_ips=("10.0.1.5", "2600:1f18:0:1::5"))
    server = replace(server, private_ips=("10.0.2.7", "2600:1f18:0:2::7"))
    found = of(flow, replace(model, network_interfaces=(client, server)))
    assert found.destination.seen_by_other == ip_address(destination)
    assert found.source.seen_by_other == ip_address(source)


def test_two_interfaces_by_their_ids_take_a_family_that_both_have() -> None:
    model = usual()
    client, server = model.network_interfaces
    client = replace(client, private_ips=("2600:1f18:0:1::5",))
    server = replace(server, private_ips=("10.0.2.7", "2600:1f18:0:2::7"))
    found = of("tcp eni-client -> eni-server:443", replace(model, network_interfaces=(client, server)))
    assert found.source.seen_by_other == ip_address("2600:1f18:0:1::5")
    assert found.destination.seen_by_other == ip_address("2600:1f18:0:2::7")


def test_what_aws_keeps_in_one_vpc_may_be_a_host_in_another() -> None:
    model = usual(
        vpcs=[vpc("vpc-2", "10.0.0.0/16")],
        subnets=[subnet("subnet-2", "10.0.0.0/17", of="vpc-2"), subnet("subnet-3", "10.0.128.0/17", of="vpc-2")],
        network_interfaces=[eni("eni-other", "subnet-3", "10.0.200.5", groups=("sg-client",), of="vpc-2")],
    )
    found = of("tcp eni-other -> 10.0.1.1:443", model)
    assert found.destination.subnet is not None
    assert found.destination.subnet.key == "subnet-2", "10.0.1.1 is the router of subnet-a in vpc-1 only"
    assert found.verdict is not ALLOWED


@pytest.mark.parametrize(
    "text",
    [
        "tcp 10.0.1.5 -> 10.0.2.7:{}", "tcp 10.0.1.5:{} -> 10.0.2.7:80", "{} 10.0.1.5 -> 10.0.2.7",
        "icmp {}/0 10.0.1.5 -> 10.0.2.7", "icmp 8/{} 10.0.1.5 -> 10.0.2.7",
    ],
)  # fmt: skip
def test_a_number_of_thousands_of_digits_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no (port|protocol|ICMP type and code)"):
        parse_flow(text.format("9" * 5000))
