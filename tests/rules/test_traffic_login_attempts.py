"""TR004: rejected logins again and again."""

from __future__ import annotations

import pytest

from checker.model.finding import Severity
from tests.filter.net import IN, OUT, flow, rule, usual
from tests.rules.recorded import recorded


@pytest.mark.parametrize(
    ("flows", "params", "status", "severity"),
    [
        ([flow(IN, "tcp/22", "10.0.1.5", records=10)], {}, "fail", Severity.MEDIUM),
        ([flow(IN, "tcp/22", "10.0.1.5", records=9)], {}, "pass", Severity.MEDIUM),
        ([flow(IN, "tcp/3389", "10.0.1.5", records=10)], {}, "fail", Severity.MEDIUM),
        ([flow(IN, "tcp/5432", "10.0.1.5", records=10)], {}, "pass", Severity.MEDIUM),
        ([flow(OUT, "tcp/22", "10.0.1.5", records=10)], {}, "pass", Severity.MEDIUM),
        ([flow(IN, "tcp/22", "203.0.114.9", records=100)], {}, "fail", Severity.INFO),
        ([flow(IN, "tcp/22", "203.0.114.9", records=99)], {}, "pass", Severity.MEDIUM),
        ([flow(IN, "tcp/5985", "10.0.1.5", records=2)], {"ports": [5985], "internal_records": 2}, "fail",
         Severity.MEDIUM),
    ],
    ids=["inside", "too few", "RDP", "another port", "the other way", "Internet", "few of the Internet", "own ports"],
)  # fmt: skip
def test_knocking_is_found_by_port_side_and_number(flows, params, status, severity) -> None:
    given = {"ports": [22, 3389], "internal_records": 10, "internet_records": 100, **params}
    network = usual(client=[rule(OUT, "tcp/443", "0.0.0.0/0")])
    found = recorded(network, *flows, TR004=given)[("TR004", "eni-server")]
    assert (found.status, found.severity) == (status, severity)


@pytest.mark.parametrize(
    ("flows", "says"),
    [
        ([flow(IN, "tcp/22", "10.0.1.5", records=1)],
         "1 login from inside the network to eni-server was rejected, from 1 address."),
        ([flow(IN, "tcp/22", "10.0.1.5", records=10)],
         "10 logins from inside the network to eni-server were rejected, from 1 address."),
        ([flow(IN, "tcp/22", "10.0.1.5", records=1), flow(IN, "tcp/3389", "10.0.1.6", records=1)],
         "2 logins from inside the network to eni-server were rejected, from 2 addresses."),
    ],
    ids=["one", "from one address", "several"],
)  # fmt: skip
def test_numbers_agree_with_their_nouns(flows, says) -> None:
    given = {"ports": [22, 3389], "internal_records": 1, "internet_records": 100}
    network = usual(client=[rule(OUT, "tcp/443", "0.0.0.0/0")])
    assert recorded(network, *flows, TR004=given)[("TR004", "eni-server")].message == says
