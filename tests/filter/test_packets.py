"""Packet sets against single packets, and their words."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.filter.addresses import ALL_ADDRESSES, ALL_IPV4, ALL_IPV6, addresses, prefixes_of
from checker.filter.match import entry_packets
from checker.filter.packets import EMPTY, EVERYTHING, PacketSet, box, union_of
from checker.filter.service import ALL_SERVICES, TCP, UDP, services, words_of
from checker.model.address import IcmpTypeCode, PortRange
from tests.filter.made import PACKETS, entries, holds, matches


@given(entries)
def test_an_entry_matches_what_the_guide_says(entry) -> None:
    found = entry_packets(entry)
    assert found.exact
    assert [holds(found.least, packet) for packet in PACKETS] == [matches(entry, packet) for packet in PACKETS]


@given(st.lists(entries, max_size=5), st.lists(entries, max_size=5))
def test_operations_are_those_of_sets(one, other) -> None:
    left = union_of(entry_packets(each).least for each in one)
    right = union_of(entry_packets(each).least for each in other)
    for packet in PACKETS:
        a = any(matches(each, packet) for each in one)
        b = any(matches(each, packet) for each in other)
        assert holds(left, packet) is a
        assert holds(left | right, packet) is (a or b)
        assert holds(left & right, packet) is (a and b)
        assert holds(left - right, packet) is (a and not b)
    assert (left <= right) is (not left - right)


@given(st.lists(entries, max_size=5), st.lists(entries, max_size=5))
def test_equal_sets_are_equal_objects(one, other) -> None:
    left = union_of(entry_packets(each).least for each in one)
    right = union_of(entry_packets(each).least for each in other)
    assert (left - right) | (left & right) == left
    assert (left | right) == (right | left)
    assert left - left == EMPTY
    assert EVERYTHING - (EVERYTHING - left) == left


@given(st.lists(entries, max_size=5))
def test_slabs_make_up_the_set(some) -> None:
    found = union_of(entry_packets(each).least for each in some)
    assert union_of(box(*slab) for slab in found.slabs()) == found
    slabs = list(found.slabs())
    assert all(not (a & b) for at, (a, _) in enumerate(slabs) for b, _ in slabs[:at])


@pytest.mark.parametrize(
    ("prefixes", "whole"),
    [
        pytest.param(["0.0.0.0/1", "128.0.0.0/1"], ALL_IPV4, id="two-halves"),
        pytest.param(["128.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2"], ALL_IPV4, id="three-parts"),
        pytest.param(["::/0"], ALL_IPV6, id="ipv6"),
        pytest.param(["0.0.0.0/0", "::/0"], ALL_ADDRESSES, id="both"),
    ],
)
def test_parts_of_the_address_space_add_up(prefixes, whole) -> None:
    assert addresses(map(ip_network, prefixes)) == whole


def test_nearly_all_addresses_are_not_all() -> None:
    almost = addresses(map(ip_network, ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3", "224.0.0.0/4"]))
    assert almost != ALL_IPV4
    assert [str(prefix) for prefix in prefixes_of(ALL_IPV4 - almost)] == ["240.0.0.0/4"]


def test_prefixes_come_back_as_they_went_in() -> None:
    texts = ["10.0.0.0/8", "192.168.7.0/24", "2001:db8::/32"]
    assert [str(prefix) for prefix in prefixes_of(addresses(map(ip_network, texts)))] == texts


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(ALL_SERVICES, ["all protocols"], id="all"),
        pytest.param(services(TCP), ["tcp"], id="tcp"),
        pytest.param(services(TCP, PortRange(22, 22)), ["tcp/22"], id="port"),
        pytest.param(services(UDP, PortRange(137, 139)), ["udp/137-139"], id="ports"),
        pytest.param(services(TCP, PortRange(0, 0)), ["tcp/0"], id="port-zero-is-one-port"),
        pytest.param(services(50, PortRange(22, 22)), ["protocol 50"], id="ports-of-esp-are-ignored"),
        pytest.param(services(1, icmp=IcmpTypeCode(8, -1)), ["icmp/8"], id="icmp-type"),
        pytest.param(services(1, icmp=IcmpTypeCode(3, 4)), ["icmp/3-4"], id="icmp-code"),
        pytest.param(services(1, icmp=IcmpTypeCode(-1, -1)), ["icmp"], id="icmp"),
        pytest.param(services(58), ["icmpv6"], id="icmpv6"),
        pytest.param(ALL_SERVICES - services(TCP), ["protocols 0 to 5", "protocols 7 to 255"], id="all-but-tcp"),
        pytest.param(
            services(TCP) - services(TCP, PortRange(23, 23)), ["tcp/0-22", "tcp/24-65535"], id="all-ports-but-one"
        ),
    ],
)
def test_services_in_words(found, words) -> None:
    assert list(words_of(found)) == words


@given(st.lists(entries, max_size=4), st.lists(entries, max_size=4))
def test_two_sets_meet_where_they_have_a_packet_in_common(one, other) -> None:
    left = union_of(entry_packets(each).least for each in one)
    right = union_of(entry_packets(each).least for each in other)
    assert left.meets(right) is bool(left & right)
    assert right.meets(left) is bool(left & right)
    assert left.peers().meets(right.peers()) is bool(left.peers() & right.peers())


@given(st.lists(entries, max_size=4))
def test_steps_make_up_the_set(some) -> None:
    found = union_of(entry_packets(each).least for each in some)
    doubled = [(at + more, peers) for at, peers in found.steps for more in ((0, 1) if peers else (0,))]
    assert PacketSet.from_steps(found.steps) == found
    assert PacketSet.from_steps(doubled) == found
