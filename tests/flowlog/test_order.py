"""Aggregates stand in one order, whoever adds them up and in whatever order it meets them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.flowlog import order
from checker.flowlog.order import in_order
from checker.model.firewall import Direction
from checker.model.traffic import DirectionSignal, FlagsClass, FlowAggregate, Traffic
from tests.filter.net import flow


def aggregate(**over: Any) -> FlowAggregate:
    return flow(over.pop("direction", Direction.INGRESS), "tcp/443", "10.0.0.1", **over)


UNLIKE = {
    "from port 0 and from no port": ({"source_port": 0}, {"source_port": None}),
    "to port 0 and to no port": ({"port_first": 0, "port_last": 0}, {"port_first": None, "port_last": None}),
    "resource": ({"resource": "nat-1"}, {"resource": None}),
    "direction": ({"direction": Direction.EGRESS}, {"direction": None}),
    "account": ({"account": "111122223333"}, {"account": None}),
}  # fmt: skip


@pytest.mark.parametrize("unlike", UNLIKE.values(), ids=UNLIKE)
def test_aggregates_that_differ_have_one_order(unlike: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found = [aggregate(**each) for each in unlike]
    one, other = found
    assert in_order([one, other]) == in_order([other, one])


def test_missing_ports_come_before_port_0() -> None:
    bare, zero = aggregate(source_port=None, flags=FlagsClass.SYN), aggregate(source_port=0, flags=FlagsClass.NONE)
    assert in_order([zero, bare]) == (bare, zero)


def plainly(found: FlowAggregate) -> tuple[Any, ...]:
    """What ``in_order`` says in columns, said of one aggregate."""
    first, service, added = found.port_first, found.source_port, found.traffic
    return (
        found.interface, found.resource or "", found.direction or "", found.protocol, found.local or "",
        ":" in found.peer_first, found.peer_first, -1 if first is None else first, -1 if service is None else service,
        found.flags, found.reject_reason or "", found.reverse_accepted, found.same_accepted, found.direction_signal,
        found.account or "", found.vpc or "", found.subnet or "",
        added.first, added.last, added.records, added.packets, added.bytes,
    )  # fmt: skip


PORTS = st.none() | st.sampled_from([0, 22, 65535])
AGGREGATES = st.builds(
    aggregate,
    interface=st.sampled_from(["eni-2", "eni-10"]),
    resource=st.sampled_from([None, "", "nat-1"]),
    direction=st.sampled_from([None, *Direction]),
    protocol=st.sampled_from([1, 6, 255]),
    local=st.sampled_from([None, "10.0.0.9", "10.0.0.10"]),
    peer_first=st.sampled_from(["9.0.0.0", "10.0.0.0", "::"]),
    port_first=PORTS,
    source_port=PORTS,
    flags=st.sampled_from(FlagsClass),
    reject_reason=st.sampled_from([None, "BPA"]),
    reverse_accepted=st.booleans(),
    same_accepted=st.booleans(),
    direction_signal=st.sampled_from(DirectionSignal),
    account=st.sampled_from([None, "111122223333"]),
    vpc=st.sampled_from([None, "vpc-1"]),
    subnet=st.sampled_from([None, "subnet-1"]),
    traffic=st.builds(
        Traffic,
        records=st.integers(1, 2),
        packets=st.integers(1, 2),
        bytes=st.integers(1, 2),
        first=st.sampled_from([datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)]),
        last=st.sampled_from([datetime(2026, 1, day, tzinfo=UTC) for day in (2, 3)]),
    ),
)


@given(st.lists(AGGREGATES, max_size=12), st.integers(1, 1 << 62))
def test_columns_give_the_order_of_comparing_one_by_one(found: list[FlowAggregate], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "_MOST", most)  # however many columns go into one number
        assert list(in_order(found)) == sorted(found, key=plainly)
