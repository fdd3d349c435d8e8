"""Workflow commands: escaped so that no name can end one or start another, and no more than GitHub shows."""

import re
from typing import Any
from urllib.parse import unquote

import pytest

from checker.model.finding import Change, Report, Severity, Status
from checker.report import FORMATS, RenderOptions
from tests.report.sample import REPORT, RULES, finding, report_of, vpc

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def commands(report: Report = REPORT, **options: Any) -> list[tuple[str, dict[str, str], str]]:
    """Read the commands as the runner does: one a line, properties split at commas, then unescaped."""
    found = []
    for line in FORMATS["github"].render(report, RenderOptions(**options)).splitlines():
        match = COMMAND.fullmatch(line)
        assert match, line
        properties = dict(part.split("=", 1) for part in match[2].split(","))
        found.append((match[1], {key: unquote(value) for key, value in properties.items()}, unquote(match[3])))
    return found


def test_an_annotation_has_place_title_and_text() -> None:
    level, properties, text = commands()[0]
    assert level == "error"
    assert properties == {
        "file": "main.tf",
        "line": "12",
        "endLine": "18",
        "title": "FL001 vpc-flow-log-missing (high, regression)",
    }
    assert text.splitlines()[0].startswith("aws_vpc.payments is no longer covered")
    assert text.splitlines()[-1] == "Fix: Keep a flow log on the VPC."


def test_paths_are_those_of_the_repository() -> None:
    assert commands(source_root="infra/prod")[0][1]["file"] == "infra/prod/main.tf"


@pytest.mark.parametrize(
    "name", ["a\n::error::x", "a\r\n::stop-commands::t", "a%0Ab", "x::y, z=1", "100%", "a,title=b:c::d"]
)
def test_a_name_is_only_ever_text(name: str) -> None:
    failed = finding(RULES[0], vpc(name), Status.FAIL, name, rule_name=name)
    found = commands(report_of((failed,)))
    assert len(found) == 2, "the finding and the summary"
    _, properties, text = found[0]
    shown = name.replace("\r", r"\r").replace("\n", r"\n")
    assert set(properties) == {"title"}
    assert properties["title"] == f"FL001 {shown} (high)"
    assert text.splitlines()[0] == shown


@pytest.mark.parametrize(
    ("more", "level"),
    [
        ({"change": Change.REGRESSION}, "error"),
        ({"change": Change.NEW, "severity": Severity.MEDIUM}, "error"),
        ({"change": Change.NEW, "severity": Severity.LOW}, "warning"),
        ({"change": Change.PRE_EXISTING}, "notice"),
        ({"change": Change.NEW, "baselined": True}, "notice"),
        ({"status": Status.UNKNOWN}, "warning"),
    ],
    ids=["regression", "at the threshold", "below it", "pre-existing", "baselined", "unknown"],
)
def test_errors_are_what_decides_the_exit_code(more: dict[str, Any], level: str) -> None:
    status = more.pop("status", Status.FAIL)
    assert commands(report_of((finding(RULES[0], vpc("aws_vpc.a"), status, "x", **more),)))[0][0] == level


def test_no_more_than_github_shows_and_the_rest_is_counted() -> None:
    failures = [finding(RULES[0], vpc(f"aws_vpc.f{n}"), Status.FAIL, f"f{n}") for n in range(14)]
    unknown = [finding(RULES[0], vpc(f"aws_vpc.u{n}"), Status.UNKNOWN, f"u{n}") for n in range(13)]
    known = [finding(RULES[0], vpc(f"aws_vpc.k{n}"), Status.FAIL, f"k{n}", baselined=True) for n in range(12)]
    found = commands(report_of((*failures, *unknown, *known)))
    levels = [level for level, _, _ in found]
    assert [levels.count(level) for level in ("error", "warning", "notice")] == [10, 10, 10]
    assert "4 further errors, 3 further warnings, 3 further notices" in found[-1][2]


def test_regressions_are_annotated_before_what_is_new() -> None:
    new = [finding(RULES[0], vpc(f"aws_vpc.n{n}"), Status.FAIL, f"n{n}", change=Change.NEW) for n in range(12)]
    worse = finding(RULES[1], vpc("aws_vpc.r"), Status.FAIL, "the regression", change=Change.REGRESSION)
    assert commands(report_of((*new, worse)))[0][2].startswith("the regression")


def test_the_last_command_sums_up() -> None:
    level, properties, text = commands()[-1]
    assert (level, properties) == ("notice", {"title": "flowcheck"})
    assert "2 passes" in text
    assert "exit code 1: 3 failures at or above medium" in text
