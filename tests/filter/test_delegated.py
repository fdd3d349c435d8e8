"""Prefixes delegated to an interface, and the public addresses of its further private ones: all are its own."""

from __future__ import annotations

from ipaddress import ip_network

from checker.filter.explain import explain, parse_flow
from checker.filter.index import Index
from checker.model.diagnosis import Cause, CauseDetail, Verdict
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from checker.model.record import replace
from checker.model.traffic import FlagsClass
from tests.filter.net import IN, at, entry, flow, rule, usual, why
from tests.filter.test_hops import BACK_HOME, BACK_IN, FROM_VPC, TO_WEB, behind_nat

CLIENT = "10.0.1.5"
PODS = (ip_network("10.0.1.16/28"), ip_network("2600:1f18:0:1:1::/80"))


def node(**over) -> NetworkModel:
    """Return the usual network, of which the client has more addresses, and the server admits its group."""
    model = usual(server=[rule(IN, "tcp/443", "sg-client")])
    client = replace(model.network_interfaces[0], **over)
    return replace(model, network_interfaces=(client, model.network_interfaces[1]))


def test_a_group_that_is_named_holds_for_addresses_of_delegated_prefixes() -> None:
    model = node(delegated=PODS)
    for peer in ("10.0.1.16", "10.0.1.31", "2600:1f18:0:1:1::9"):
        found = at(model, "eni-server", IN, "tcp/443", peer).groups
        assert (found.verdict, found.via) == (Verdict.ALLOWED, "eni-client"), peer
    for peer in ("10.0.1.15", "10.0.1.32", "2600:1f18:0:1:2::9"):
        assert at(model, "eni-server", IN, "tcp/443", peer).groups.verdict is Verdict.DENIED, peer


def test_prefixes_that_are_not_known_leave_it_open() -> None:
    for hidden in (Unknown("hidden"), (PODS[0], Unknown("hidden"))):
        model = node(delegated=hidden)
        assert at(model, "eni-server", IN, "tcp/443", "10.0.1.40").groups.verdict is Verdict.UNKNOWN


def test_an_end_in_a_delegated_prefix_is_the_interface() -> None:
    found = explain(Index(node(delegated=PODS)), parse_flow("tcp 10.0.1.17 -> 10.0.2.7:443"))
    assert (found.source.name, found.verdict) == ("eni-client", Verdict.ALLOWED)


def test_rejected_pods_are_told_by_their_node() -> None:
    peers = [flow(IN, "tcp/443", peer, flags=FlagsClass.SYN) for peer in ("10.0.1.17", "10.0.1.40")]
    model = node(delegated=PODS)
    assert why(model, peers[0]).cause is Cause.FIXED_SINCE
    assert why(model, peers[1]).cause is Cause.SG_NO_MATCH


def test_a_group_that_all_nodes_carry_is_named_in_the_fix_for_their_pods() -> None:
    closed = replace(usual(server=[]), network_interfaces=node(delegated=PODS).network_interfaces)
    (need,) = why(closed, flow(IN, "tcp/443", "10.0.1.17", flags=FlagsClass.SYN)).needs
    assert need.peer_group == "sg-client"
    (need,) = why(closed, flow(IN, "tcp/443", "10.0.1.40", flags=FlagsClass.SYN)).needs
    assert need.peer_group is None


def test_the_acl_of_a_gateway_is_asked_about_the_pod_itself() -> None:
    pods = entry(90, IN, "deny", "tcp/443", "10.0.1.16/28")
    model = behind_nat(pods, FROM_VPC, TO_WEB, BACK_IN, BACK_HOME)
    client = replace(model.network_interfaces[0], delegated=PODS)
    model = replace(model, network_interfaces=(client, model.network_interfaces[1]))
    told = [explain(Index(model), parse_flow(f"tcp {end}:40000 -> 93.184.216.34:443")) for end in ("10.0.1.17", CLIENT)]
    assert [each.verdict for each in told] == [Verdict.DENIED, Verdict.ALLOWED]


def test_which_public_address_a_further_private_one_has_is_not_guessed() -> None:
    client, server = usual().network_interfaces
    client = replace(client, private_ips=("10.0.1.5", "10.0.1.6"), public_ip="52.1.1.1", more_public_ips=("52.1.1.2",))
    model = replace(usual(), network_interfaces=(client, replace(server, public_ip="52.9.9.9")))
    ends = ("10.0.1.6", "10.0.1.5")
    told = [explain(Index(model), parse_flow(f"tcp {end}:40000 -> 52.9.9.9:443")).source for end in ends]
    assert isinstance(told[0].seen_by_other, Unknown)
    assert str(told[1].seen_by_other) == "52.1.1.1"


def test_a_public_address_of_a_further_private_one_is_known() -> None:
    model = node(public_ip="52.1.1.1", more_public_ips=("52.1.1.2",))
    found = why(model, flow(IN, "tcp/443", "52.1.1.2", flags=FlagsClass.SYN))
    assert found.cause_detail is CauseDetail.SG_REF_PUBLIC_PATH
    assert explain(Index(model), parse_flow("tcp 93.184.216.34 -> 52.1.1.2:443")).destination.name == "eni-client"
