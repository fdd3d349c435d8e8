"""TR002: replies that a stateless ACL rejects."""

from __future__ import annotations

import pytest

from checker.model.traffic import FlagsClass
from tests.filter.net import IN, OUT, entry, flow, open_entries, rule, usual
from tests.rules.recorded import recorded

SERVER = [rule(IN, "tcp/443", "0.0.0.0/0")]
NO_WAY_BACK = [entry(100, IN, "allow", "all", "0.0.0.0/0"), entry(100, OUT, "allow", "tcp/443", "0.0.0.0/0")]
REPLY = flow(OUT, "tcp/50000", "10.0.1.5", flags=FlagsClass.SYN_ACK, source_port=443, reverse_accepted=True, records=9)


@pytest.mark.parametrize(
    ("acl_b", "flows", "status"),
    [
        (NO_WAY_BACK, [REPLY], "fail"),
        (NO_WAY_BACK, [], "pass"),
        (NO_WAY_BACK, [flow(OUT, "tcp/22", "10.0.1.5", flags=FlagsClass.SYN)], "pass"),
        (list(open_entries()), [REPLY], "pass"),
    ],
    ids=["reply", "nothing", "a request", "an open ACL"],
)
def test_an_acl_is_held_to_account_for_the_replies_that_it_rejected(acl_b, flows, status) -> None:
    found = recorded(usual(server=SERVER, acl_b=acl_b), *flows)[("TR002", "acl-b")]
    assert found.status == status


def test_the_fix_opens_the_way_back() -> None:
    found = recorded(usual(server=SERVER, acl_b=NO_WAY_BACK), REPLY)[("TR002", "acl-b")]
    assert "egress         = true" in found.remediation.terraform
    assert 'protocol       = "tcp"' in found.remediation.terraform
    assert "--egress" in found.remediation.cli
