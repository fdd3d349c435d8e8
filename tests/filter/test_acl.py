"""First match over all packets at once, against the plain evaluator; hidden parts against every possible truth."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from checker.filter.acl import decide
from checker.filter.packets import EMPTY, EVERYTHING
from checker.model.firewall import Direction, RuleAction
from checker.model.known import Unknown
from tests.filter.made import (
    CHOICES,
    PACKETS,
    acl,
    entries,
    entry,
    holds,
    matches,
    ordered_entries,
    verdict,
    with_values,
)


@given(ordered_entries)
def test_a_known_acl_allows_what_the_first_match_allows(some) -> None:
    allowed = decide(acl(*some), Direction.INGRESS).allowed
    assert allowed.exact
    assert [holds(allowed.least, packet) for packet in PACKETS] == [verdict(some, packet) for packet in PACKETS]


@given(ordered_entries, st.randoms(use_true_random=False))
def test_the_order_in_which_entries_come_does_not_matter(some, random) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)
    assert decide(acl(*shuffled), Direction.INGRESS) == decide(acl(*some), Direction.INGRESS)


@given(ordered_entries)
def test_each_packet_is_decided_by_one_entry_at_most(some) -> None:
    decided = decide(acl(*some), Direction.INGRESS)
    for packet in PACKETS:
        first = next((each for each in sorted(some, key=lambda e: e.rule_number) if matches(each, packet)), None)
        takes = [each.entry for each in decided.decisions if holds(each.surely, packet)]
        assert takes == ([first] if first is not None else [])
    assert all(each.surely == each.perhaps for each in decided.decisions)


@settings(max_examples=300)
@given(st.data())
def test_hidden_parts_leave_bounds_that_hold_whatever_the_truth_is(data) -> None:
    truth = data.draw(ordered_entries)
    assume(truth)
    spots = [(at, part) for at in range(len(truth)) for part in CHOICES]
    hidden = data.draw(st.lists(st.sampled_from(spots), max_size=4, unique=True))
    decided = decide(acl(*with_values(hidden, truth)), Direction.INGRESS)
    allowed = decided.allowed
    for packet in PACKETS:
        really = verdict(truth, packet)
        assert not holds(allowed.least, packet) or really
        assert holds(allowed.most, packet) or not really
    by_number = {each.rule_number: each for each in truth}
    for each in decided.decisions:
        if not isinstance(each.entry.rule_number, Unknown):
            mine = by_number[each.entry.rule_number]
            for packet in PACKETS:
                first = next((e for e in sorted(truth, key=lambda e: e.rule_number) if matches(e, packet)), None)
                assert not holds(each.surely, packet) or first is mine
                assert holds(each.perhaps, packet) or first is not mine


@given(ordered_entries, entries)
def test_entries_that_could_not_be_read_may_change_everything(some, other) -> None:
    assume(all(each.rule_number != other.rule_number for each in some))
    allowed = decide(acl(*some, unread=Unknown("denied")), Direction.INGRESS).allowed
    for packet in PACKETS:
        really = verdict([*some, other], packet)
        assert not holds(allowed.least, packet) or really
        assert holds(allowed.most, packet) or not really


def test_an_entry_that_is_hidden_only_in_its_prefix_bounds_its_own_port() -> None:
    from checker.model.address import PortRange

    ssh = entry(protocol=6, ports=PortRange(22, 22), prefix=Unknown("var.admin"))
    allowed = decide(acl(ssh), Direction.INGRESS).allowed
    assert allowed.least == EMPTY
    assert allowed.most.services().size() == 1


def test_a_deny_of_unknown_number_takes_only_certainty() -> None:
    everything = entry(rule_number=100)
    deny = entry(rule_number=Unknown("later"), rule_action=RuleAction.DENY)
    allowed = decide(acl(everything, deny), Direction.INGRESS).allowed
    assert allowed.least == EMPTY
    assert allowed.most == decide(acl(everything), Direction.INGRESS).allowed.most


def test_directions_are_apart() -> None:
    one = acl(entry(), replace(entry(rule_action=RuleAction.DENY), direction=Direction.EGRESS))
    assert decide(one, Direction.INGRESS).allowed.least
    assert decide(one, Direction.EGRESS).allowed.most == EMPTY


def test_nothing_passes_an_acl_without_entries_and_ipv4_entries_never_match_ipv6() -> None:
    assert decide(acl(), Direction.INGRESS).allowed.most == EMPTY
    open_ = decide(acl(entry()), Direction.INGRESS).allowed
    assert open_.most != EVERYTHING
    assert not any(holds(open_.most, packet) for packet in PACKETS if packet.peer.version == 6)
