"""Words and pictures for statuses that all parts of the page share."""

from __future__ import annotations

from typing import Final

from checker.model.assessment import ControlStatus
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


def status(value: Status) -> Html:
    """Return a status with its picture and its word."""
    return badge(value.value, STATUSES[value])


def badge(look: str, word: str) -> Html:
    """Return a word with the picture of a status."""
    return tag("span", icon(look), word, class_=f"badge s-{look}")


def severity(value: Severity) -> Html:
    """Return a severity with a bar of as many steps."""
    return tag("span", value.label, class_=f"sev sev-{value.label}")
