"""Every waiver as a row: in use, ended, or of no use."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from checker.model.finding import Status
from checker.policy import apply_waivers, waiver_rows
from checker.policy.waiver_rows import NAMED
from tests.policy.samples import finding
from tests.policy.test_waiver import FAR, TODAY, waiver

FAILURE = finding(status=Status.FAIL)


@pytest.mark.parametrize(
    ("until", "rules", "state", "count"),
    [(FAR, ("FL003",), "in-use", 1), (None, ("FL003",), "in-use", 1), (TODAY, ("FL003",), "in-use", 1),
     (TODAY - timedelta(days=1), ("FL003",), "expired", 1), (FAR, ("FL009",), "unused", 0),
     (TODAY - timedelta(days=1), ("FL009",), "expired", 0)],
    ids=["far", "endless", "last-day", "ended", "other-rule", "ended-and-useless"],
)  # fmt: skip
def test_the_state_of_a_waiver(until: date | None, rules: tuple[str, ...], state: str, count: int) -> None:
    given = waiver(until=until, rules=rules, region=None, tags={})
    result = apply_waivers([FAILURE], [given], today=TODAY)
    (row,) = waiver_rows([given], result.findings, TODAY)
    assert (row.state, row.count, row.findings) == (state, count, (FAILURE.id,) * count)
    assert (row.source, row.owner, row.until, row.reason) == (
        "waivers.yaml:3",
        "netops@example.com",
        until,
        "no Nitro yet",
    )


def test_the_soonest_to_end_comes_first_and_the_endless_last() -> None:
    given = [waiver(1, until=None), waiver(2, until=FAR), waiver(3, until=TODAY), waiver(4, until=TODAY)]
    assert [each.source[-1] for each in waiver_rows(given, (), TODAY)] == ["3", "4", "2", "1"]


def test_a_row_names_the_first_and_counts_all() -> None:
    from dataclasses import replace

    found = [replace(FAILURE, id=f"FL003:{number:03d}") for number in range(NAMED + 5)]
    given = waiver()
    (row,) = waiver_rows([given], apply_waivers(found, [given], today=TODAY).findings, TODAY)
    assert (row.count, len(row.findings), row.findings[0]) == (NAMED + 5, NAMED, "FL003:000")


def test_the_scope_is_told_in_words() -> None:
    given = waiver(address="aws_vpc.*", region="eu-*", tags={"env": "dev"}, root="infra/prod")
    (row,) = waiver_rows([given], (), TODAY)
    assert row.scope == "address aws_vpc.*, root infra/prod, region eu-*, tag env=dev"
    assert waiver_rows([waiver()], (), TODAY)[0].scope == "everything"
