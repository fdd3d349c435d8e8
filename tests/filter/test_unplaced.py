"""What is said where records and network do not belong together, or nothing is left to explain."""

from __future__ import annotations

import pytest

from checker.filter.index import Index
from checker.filter.unplaced import nothing_left, one_sided, unplaced
from checker.model.flow_log import TrafficType
from checker.model.known import Unknown
from checker.model.origin import Origin, Source
from checker.model.record import replace
from checker.model.traffic import InterfaceSeen
from tests.filter.net import BEFORE, IN, flow, log, usual
from tests.rules.build import flow_log


def seen(name: str, rejected: int = 3) -> InterfaceSeen:
    return InterfaceSeen(interface=name, accepted=0, rejected=rejected, no_data=0, skipped=0, first=BEFORE,
                         last=BEFORE, flow_logs=())  # fmt: skip


def recorded(*interfaces: InterfaceSeen, account: str | None = None):
    """Each interface has two rejected records, one of which was recorded twice."""
    flows = [
        flow(IN, "tcp/22", "10.0.1.5", interface=each.interface, account=account, records=2) for each in interfaces
    ]
    return replace(log(*flows), interfaces=interfaces)


def planned():
    """The usual network as a plan shows it: no interface has an id."""
    model = usual()
    origin = Origin(source=Source.PLAN, root=".", address="aws_vpc.this")
    return replace(
        model,
        vpcs=tuple(replace(each, origin=origin) for each in model.vpcs),
        network_interfaces=tuple(replace(each, id=Unknown("known after apply")) for each in model.network_interfaces),
    )


def test_interfaces_that_are_all_known_need_no_word() -> None:
    assert unplaced(recorded(seen("eni-server"), seen("eni-quiet", rejected=0)), Index(usual())) == ()


@pytest.mark.parametrize(
    ("model", "account", "words"),
    [
        (usual(), "999988887777", "the records are of account 999988887777, the network is of 111122223333"),
        (usual(), "111122223333", "deleted since"),
        (usual(), None, "deleted since"),
        (planned(), None, "a plan or source bears no interface ids; pass the state"),
    ],
    ids=["another account", "same account", "account not told", "plan"],
)
def test_unknown_interfaces_are_counted_and_named_with_what_to_pass(model, account, words) -> None:
    names = [f"eni-x{number}" for number in range(5)]
    (gap,) = unplaced(recorded(*map(seen, names), account=account), Index(model))
    assert gap.what == "eni-x0, eni-x1, eni-x2 and 2 more"
    assert words in gap.cause
    assert "10 of their records" in gap.affects


def test_a_window_without_records_is_named() -> None:
    some = log(flow(IN, "tcp/22", "10.0.1.5"))
    empty = replace(some, aggregates=(), summary=replace(some.summary, records=0, outside=0))
    assert nothing_left(some, "--since 2026-01-01T00:00Z") == ()
    assert nothing_left(empty, "") == ()
    (gap,) = nothing_left(empty, "--since 2026-01-01T00:00Z")
    assert (gap.what, gap.cause[:7]) == ("--since 2026-01-01T00:00Z", "no file")
    (gap,) = nothing_left(replace(empty, summary=replace(empty.summary, outside=1200)), "--interface eni-1")
    assert gap.cause == "none of 1,200 records passes"


@pytest.mark.parametrize(
    ("recorded_by", "accepted", "rejected", "what"),
    [
        (TrafficType.ACCEPT, 10, 0, ["rejected traffic"]),
        (TrafficType.ACCEPT, 10, 1, []),
        (TrafficType.REJECT, 0, 1, ["accepted traffic"]),
        (TrafficType.REJECT, 10, 1, []),
        (TrafficType.ALL, 10, 0, []),
    ],
)
def test_what_is_recorded_is_not_said_to_be_missing(recorded_by, accepted: int, rejected: int, what) -> None:
    flows = [flow(IN, "tcp/22", "10.0.1.5")] * rejected
    model = replace(usual(), flow_logs=(flow_log(on="vpc-1", traffic_type=recorded_by),))
    assert [gap.what for gap in one_sided(log(*flows, accepted=accepted), Index(model))] == what


def test_rejects_of_which_aws_gives_the_reason_need_no_network() -> None:
    one, other = recorded(seen("eni-gone")), recorded(seen("eni-gone"), seen("-"))
    bpa = tuple(replace(each, reject_reason="BPA") for each in one.aggregates)
    assert unplaced(replace(one, aggregates=bpa), Index(usual())) == ()
    (gap,) = unplaced(replace(one, aggregates=(*bpa, *one.aggregates)), Index(usual()))
    assert gap.affects == "why 2 of their records were rejected", "those without a reason are left"
    mixed = (other.aggregates[0], replace(other.aggregates[1], reject_reason="EC"))
    (gap,) = unplaced(replace(other, aggregates=mixed), Index(usual()))
    assert gap.what == "eni-gone"
    (gap,) = unplaced(replace(one, aggregates=()), Index(usual()))
    assert gap.what == "eni-gone", "records of which nothing can be told are no reason to be silent"
