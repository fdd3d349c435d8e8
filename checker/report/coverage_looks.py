"""How far a VPC is recorded, as a word: what its coverage says, darkened by what is wrong with its flow logs."""

from __future__ import annotations

from typing import Final

from checker.model.assessment import CoverageRow

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
