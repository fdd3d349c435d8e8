"""Answers that aggregates share are the ones that each would get by itself."""

from __future__ import annotations

from ipaddress import collapse_addresses, ip_address, ip_network
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from checker.filter.addresses import addresses, number_of, prefixes_of
from checker.filter.cells import Cells
from checker.filter.diagnose import diagnose
from checker.filter.evaluate import evaluate
from checker.filter.index import Index
from checker.filter.nearest import nearest_rule
from checker.filter.peers import exact
from checker.filter.result import Packet
from checker.filter.sketch import ANY, Numbers, differs
from checker.model.firewall import Direction
from checker.model.traffic import FlagsClass
from tests.filter.net import BEFORE, IN, OUT, READ, flow, log, rule, usual
from tests.filter.test_atoms import networks

PEERS = ["10.0.1.4", "10.0.1.5", "10.0.1.6", "10.0.2.7", "10.0.2.8", "10.0.2.200", "10.9.0.5", "10.0.0.2", "52.1.2.3",
         "52.1.2.4", "8.8.8.8", "198.51.100.7", "203.0.113.5", "169.254.169.254", "2600:1f18:0:1::5",
         "2600:1f18:0:1::9", "2600:1f18:99::1"]  # fmt: skip
NAMES = ["eni-1", "eni-2", "eni-3", "eni-4", "eni-5", "eni-6"]
SERVICES = ["tcp/22", "tcp/80", "tcp/443", "tcp/1025", "tcp/40000", "tcp/0", "udp/53", "udp/67", "icmp", "icmpv6", "50"]


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(0, 1 << 32).map(Random))
def test_a_cell_is_filled_with_what_the_evaluator_says(model, chance) -> None:
    index = Index(model)
    cells = Cells(index)
    for _ in range(150):
        interface = index.interface(chance.choice(NAMES))
        packet = Packet(
            direction=chance.choice(list(Direction)),
            protocol=chance.choice([6, 17, 50]),
            peer=ip_address(chance.choice(PEERS)),
            port=chance.choice([None, 0, 22, 80, 443, 1024, 65535]),
        )
        assert cells.evaluate(interface, packet) == evaluate(index, interface, packet)


@settings(max_examples=40, deadline=None)
@given(networks(), st.integers(0, 1 << 32).map(Random))
def test_an_aggregate_is_explained_in_company_as_it_is_alone(model, chance) -> None:
    flows = [
        flow(
            chance.choice([IN, OUT, None]),
            chance.choice(SERVICES),
            chance.choice(PEERS),
            interface=chance.choice([*NAMES, "eni-gone"]),
            flags=chance.choice(list(FlagsClass)),
            reverse_accepted=chance.random() < 0.3,
            same_accepted=chance.random() < 0.2,
            reject_reason=chance.choice([None, None, None, None, "BPA", "NEW"]),
            resource=f"r-{number}",  # which keeps the diagnoses apart
            when=chance.choice([BEFORE, READ]),
        )
        for number, _ in enumerate(range(40))
    ]
    index = Index(model)
    together = diagnose(log(*flows), index, taken=READ)
    alone = [diagnose(log(each), index, taken=READ)[0] for each in flows]
    key = lambda each: (each.interface_id, each.evidence, repr(each))  # noqa: E731
    bare = [repr(each).replace(f"rank={each.rank},", "") for each in sorted(together, key=key)]
    assert sorted(bare) == sorted(repr(each).replace("rank=1,", "") for each in alone)


def test_of_many_rules_for_other_peers_the_one_with_the_closest_prefix_is_nearest() -> None:
    rules = [rule(IN, "tcp/443", f"10.{at}.0.0/16", key=f"sgr-{at}") for at in range(50, 200)]
    index = Index(usual(server=rules))
    for peer, wanted in (("10.49.0.1", "sgr-48"), ("10.201.0.1", "sgr-192"), ("172.16.0.1", "sgr-100")):
        packet = Packet(direction=Direction.INGRESS, protocol=6, peer=ip_address(peer), port=443)
        found = nearest_rule(index, index.interface("eni-server"), packet)
        shared = {each.of.key: _shared(each, packet) for each in index.rules_of(index.group("sg-server"))}
        best = max(shared.values())
        assert found.rule.id == min(key for key, bits in shared.items() if bits == best), wanted


def _shared(sketch, packet: Packet) -> int:
    assert sketch.low != ANY and differs(sketch, Numbers.of(packet))
    return 129 - (sketch.low ^ int(packet.peer)).bit_length()


@given(st.lists(st.integers(0, 700), min_size=1, max_size=60), st.sampled_from(["10.0.0.0", "2600::", "255.255.252.0"]))
def test_prefixes_hold_addresses_exactly_and_in_as_few_blocks_as_can_be(offsets, base) -> None:
    texts = [str(ip_address(base) + offset) for offset in offsets]
    assert exact(texts) == list(collapse_addresses(ip_network(text) for text in texts))
    assert all(number_of(text) in addresses(exact(texts)) for text in texts)


def test_all_addresses_of_a_family_are_one_prefix() -> None:
    every = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    assert list(prefixes_of(addresses(every))) == every
