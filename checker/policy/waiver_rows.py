"""Every waiver of a run as a row for reports: those in use, those that have ended, and those of no use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from checker.model.assessment import WaiverRow
from checker.model.finding import Finding, Status
from checker.policy._policy import Waiver
from checker.policy.waiver import expiry_of, is_expired
from checker.policy.waiver_file import place_of

NAMED: Final = 20
"""Findings that a row names."""


def waiver_rows(waivers: Sequence[Waiver], findings: Iterable[Finding], today: date) -> tuple[WaiverRow, ...]:
    """Return one row for each waiver, the soonest to end first; ``findings`` have their waivers."""
    ended = {expiry_of(each): place_of(each) for each in waivers if is_expired(each, today)}
    covered: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        if finding.waiver is not None:
            covered[finding.waiver.source].append(finding.id)
        elif ended and finding.status is Status.FAIL:
            for place in {ended[each.statement] for each in finding.evidence if each.statement in ended}:
                covered[place].append(finding.id)
    rows = [_row(each, sorted(covered.get(place_of(each), ())), today) for each in waivers]
    return tuple(sorted(rows, key=lambda row: (row.until or date.max, row.source, row.rules)))


def _row(waiver: Waiver, covered: list[str], today: date) -> WaiverRow:
    return WaiverRow(
        source=place_of(waiver),
        rules=waiver.rules,
        scope=_scope(waiver),
        reason=waiver.reason,
        owner=waiver.owner,
        until=waiver.until,
        state="expired" if is_expired(waiver, today) else "in-use" if covered else "unused",
        count=len(covered),
        findings=tuple(covered[:NAMED]),
    )


def _scope(waiver: Waiver) -> str:
    words = (("address", waiver.address), ("root", waiver.root), ("account", waiver.account),
             ("region", waiver.region), ("arn", waiver.arn))  # fmt: skip
    said = [f"{name} {value}" for name, value in words if value is not None]
    said += [f"tag {key}={value}" for key, value in sorted(waiver.tags.items())]
    return ", ".join(said) or "everything"
