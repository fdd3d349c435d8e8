"""Lists of ports, as policies write them and as messages say them."""

from __future__ import annotations

import pytest

from checker.filter.service import TCP, UDP, service_number, services, words_of
from checker.model.address import PortRange
from checker.rules._ports import SENSITIVE, listed_in_words, parts_listed, port_range, services_named


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ([22], ["tcp/22"]),
        (["tcp/22", 22], ["tcp/22"]),
        (["udp/137-139"], ["udp/137-139"]),
        (["tcp/80-90", "tcp/85-100"], ["tcp/80-100"]),
        (["tcp/90-80"], ["tcp/90"]),
        (["tcp/65000-99999"], ["tcp/65000-65535"]),
        ([], []),
    ],
)
def test_a_list_of_ports_is_a_set_of_services(listed, words):
    assert list(words_of(services_named(listed))) == words


def test_what_runs_on_a_port_is_said_where_it_is_one_thing():
    some = services(TCP, PortRange(20, 23))
    assert listed_in_words(some, list(SENSITIVE)) == "tcp/20-21 (FTP), tcp/22 (SSH), tcp/23 (Telnet)"
    assert listed_in_words(some, ["tcp/0-1000"]) == "tcp/20-23"
    every = services(TCP) | services(UDP)
    assert listed_in_words(every, list(SENSITIVE)).startswith(f"all {len(SENSITIVE)} listed ports, tcp/20-21 (FTP)")


def test_a_listed_range_that_is_open_in_two_parts_is_said_twice():
    holes = services(TCP, PortRange(5900, 5909)) - services(TCP, PortRange(5905, 5905))
    assert [word for word, _ in parts_listed(holes, ["tcp/5900-5909"])] == ["tcp/5900-5904", "tcp/5906-5909"]


def test_every_sensitive_port_is_named_and_none_twice():
    named = [services_named([spec]) for spec in SENSITIVE]
    assert all(named)
    assert sum(each.size() for each in named) == services_named(list(SENSITIVE)).size()
    assert service_number(TCP, 443) not in services_named(list(SENSITIVE))


def test_a_range_is_read():
    assert port_range("1024-65535") == (1024, 65535)
