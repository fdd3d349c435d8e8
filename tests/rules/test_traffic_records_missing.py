"""TR005: records that are not there."""

from __future__ import annotations

import pytest

from checker.model.known import Unknown
from checker.model.record import replace
from tests.filter.net import usual
from tests.rules.recorded import recorded, seen


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({"accepted": 94, "rejected": 0, "skipped": 6}, "fail"),
        ({"accepted": 95, "rejected": 0, "skipped": 5}, "pass"),
        ({"accepted": 0, "rejected": 0, "no_data": 3}, "pass"),
    ],
)
def test_skipped_records_count_by_their_share(counts, status) -> None:
    found = recorded(usual(), interfaces=(seen("eni-server", **counts),))
    assert found[("TR005", "eni-server")].status == status


@pytest.mark.parametrize(
    ("in_use", "status"), [(True, "fail"), (False, "not-applicable"), (Unknown("not told"), "unknown")]
)
def test_an_interface_without_any_record_is_told_by_whether_it_is_in_use(in_use, status) -> None:
    network = usual()
    interfaces = tuple(
        replace(each, in_use=in_use) if each.key == "eni-client" else each for each in network.network_interfaces
    )
    found = recorded(replace(network, network_interfaces=interfaces), interfaces=(seen("eni-server"),))
    assert found[("TR005", "eni-client")].status == status


def test_interfaces_of_a_vpc_without_any_record_are_not_judged() -> None:
    found = recorded(usual(), interfaces=(seen("eni-elsewhere"),))
    assert not [key for key in found if key[0] == "TR005"]


def test_what_the_filters_leave_out_is_not_silent() -> None:
    for facts, judged in (({}, True), ({"only_interfaces": "eni-server"}, False), ({"only_accounts": "1"}, False)):
        found = recorded(usual(), interfaces=(seen("eni-server"),), facts=facts)
        assert (("TR005", "eni-client") in found) is judged
