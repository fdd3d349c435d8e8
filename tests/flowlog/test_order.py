"""Aggregates stand in one order, whoever adds them up and in whatever order it meets them."""

from __future__ import annotations

from typing import Any

import pytest

from checker.flowlog.order import order_of
from checker.model.firewall import Direction
from checker.model.traffic import FlagsClass, FlowAggregate
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
    assert order_of(found[0]) != order_of(found[1])
    one, other = found
    assert sorted([one, other], key=order_of) == sorted([other, one], key=order_of)


def test_missing_ports_come_before_port_0() -> None:
    bare, zero = aggregate(source_port=None, flags=FlagsClass.SYN), aggregate(source_port=0, flags=FlagsClass.NONE)
    assert sorted([zero, bare], key=order_of) == [bare, zero]
