"""TR003: rejected although the rules, as read, allow it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checker.model.traffic import FlagsClass
from tests.filter.net import BEFORE, IN, READ, flow, rule, usual
from tests.rules.recorded import recorded

OPEN = usual(server=[rule(IN, "tcp/443", "0.0.0.0/0")])
AFTER = READ + timedelta(hours=1)


@pytest.mark.parametrize(
    ("when", "taken", "status"),
    [(AFTER, READ, "fail"), (BEFORE, READ, "pass"), (AFTER, None, "unknown")],
    ids=["after it was read", "before it was read", "nobody knows when it was read"],
)
def test_only_records_after_the_network_was_read_contradict_it(when, taken, status) -> None:
    flows = [flow(IN, "tcp/443", "10.0.1.5", flags=FlagsClass.SYN, when=when)]
    assert recorded(OPEN, *flows, taken=taken)[("TR003", "eni-server")].status == status
