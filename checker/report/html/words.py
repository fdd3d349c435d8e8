"""Words and pictures for statuses that all parts of the page share."""

from __future__ import annotations

from typing import Final

from checker.model.assessment import ControlStatus, CoverageRow
from checker.model.finding import Severity, Status
from checker.report.html.markup import Html, icon, tag

STATUSES: Final = {
    Status.FAIL: "Failed",
    Status.UNKNOWN: "Unknown",
    Status.WAIVED: "Waived",
    Status.PASS: "Passed",
    Status.NOT_APPLICABLE: "Not applicable",
}

CONTROLS: Final = {
    ControlStatus.NOT_MET: ("Not met", "fail"),
    ControlStatus.PARTLY_EXAMINED: ("Partly examined", "unknown"),
    ControlStatus.NOT_EXAMINED: ("Not examined", "not-applicable"),
    ControlStatus.MET: ("Met", "pass"),
}
"""Word and look of a control's status, the worst first."""

COVERAGE: Final = {
    "none": "Not recorded",
    "broken": "Logged, but records do not arrive",
    "filtered": "Logged, but traffic is left out",
    "partial": "Recorded in part",
    "unknown": "Not known",
    "waived": "Not recorded but waived",
    "covered-by-subnets": "Recorded by its subnets",
    "covered": "Recorded",
}
"""Word for each look of coverage, the darkest first."""

SOUND: Final = ("covered-by-subnets", "covered")
"""Looks of what is recorded with nothing known against it."""

UNEXAMINED: Final = "Not examined"
"""Of a place whose VPCs could not be listed."""

_FILTERED: Final = "FL002"
"""The rule on traffic left out; other defects are of logs that do not bring records to where they should."""


def coverage(row: CoverageRow) -> str:
    """Return the look of a VPC: its state, darkened by what is wrong with the flow logs that stand there."""
    if row.state not in SOUND or not row.defects:
        return row.state if row.state in COVERAGE else "unknown"
    return "filtered" if all(each.rule_id == _FILTERED for each in row.defects) else "broken"


def status(value: Status) -> Html:
    """Return a status with its picture and its word."""
    return badge(value.value, STATUSES[value])


def badge(look: str, word: str) -> Html:
    """Return a word with the picture of a status."""
    return tag("span", icon(look), word, class_=f"badge s-{look}")


def severity(value: Severity) -> Html:
    """Return a severity with a bar of as many steps."""
    return tag("span", value.label, class_=f"sev sev-{value.label}")
