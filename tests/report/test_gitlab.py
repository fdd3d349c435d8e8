"""The members that GitLab's code quality report must have."""

import json
from typing import Any

from checker.model.finding import Gap, Report, Severity, Status
from checker.model.record import replace
from checker.report import FORMATS, RenderOptions
from tests.report.sample import REGRESSION, REPORT, RULES, at, finding, report_of, vpc


def entries(report: Report = REPORT, **options: Any) -> list[dict[str, Any]]:
    found = json.loads(FORMATS["gitlab"].render(report, RenderOptions(**options)))
    assert isinstance(found, list)
    return found


def test_entries_have_what_gitlab_requires() -> None:
    for entry in entries():
        assert entry["description"]
        assert entry["check_name"]
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert not entry["location"]["path"].startswith(("/", "./"))
        assert entry["location"]["lines"]["begin"] >= 1


def test_fingerprints_are_unique_even_where_ids_repeat() -> None:
    prints = [each["fingerprint"] for each in entries(report_of((REGRESSION, REGRESSION, REGRESSION)))]
    assert len(set(prints)) == len(prints) == 4


def test_a_fingerprint_follows_the_id_alone() -> None:
    moved = finding(RULES[0], vpc("aws_vpc.payments"), Status.FAIL, "Other words.", location=at("other.tf", 99))
    assert entries(report_of((moved,)))[0]["fingerprint"] == entries(report_of((REGRESSION,)))[0]["fingerprint"]


def test_severities_are_translated_and_unknowns_are_info() -> None:
    findings = tuple(
        finding(RULES[0], vpc(f"aws_vpc.{each.label}"), Status.FAIL, each.label, severity=each) for each in Severity
    )
    unknown = finding(RULES[0], vpc("aws_vpc.u"), Status.UNKNOWN, "unreadable")
    found = [(each["description"].split()[0], each["severity"]) for each in entries(report_of((*findings, unknown)))]
    assert found[:-1] == [("critical", "blocker"), ("high", "critical"), ("medium", "major"), ("low", "minor"),
                          ("info", "info"), ("Unknown:", "info")]  # fmt: skip


def test_paths_are_those_of_the_repository() -> None:
    assert entries(report_of((REGRESSION,)), source_root="infra/prod")[0]["location"] == {
        "path": "infra/prod/main.tf",
        "lines": {"begin": 12},
    }


def test_a_finding_without_a_file_stands_at_the_input_of_its_root() -> None:
    run = REPORT.run.__class__(
        command="plan",
        started_at=REPORT.run.started_at,
        inputs=({"path": "a/plan.json"}, {"path": "b/plan.json"}),
        policy={},
        settings={},
    )
    failed = finding(RULES[0], vpc("aws_vpc.x", root="b"), Status.FAIL, "It fails.")
    other = finding(RULES[0], vpc("aws_vpc.x", root="c"), Status.FAIL, "It fails.")
    found = entries(report_of((failed, other), run=run))
    assert [each["location"]["path"] for each in found[:2]] == ["b/plan.json", "a/plan.json"]


def test_live_accounts_stand_at_a_path_that_other_accounts_do_not_change() -> None:
    place = {"account": "111122223333", "region": "eu-west-1", "root": "111122223333/eu-west-1", "address": None}
    failed = finding(RULES[0], replace(vpc("aws_vpc.x"), **place), Status.FAIL, "It fails.")
    gap = Gap(what="account 444455556666", cause="denied", affects="all of it", account="444455556666")
    for accounts in ("111122223333", "111122223333, 444455556666"):
        run = replace(REPORT.run, command="account", inputs=({"kind": "account", "path": accounts},))
        found = entries(report_of((failed,), run=run, gaps=(gap,)), source_root="infra")
        assert [each["location"]["path"] for each in found] == ["aws/111122223333/eu-west-1", "aws/444455556666", "aws"]


def test_waived_failures_are_counted_not_listed() -> None:
    descriptions = [each["description"] for each in entries()]
    assert not any("non-Nitro" in text for text in descriptions)
    assert "2 waived failures" in descriptions[-1]
