"""Controls of the frameworks that were asked for, in words: for the table and for Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from checker.model.assessment import ControlResult, ControlStatus
from checker.model.finding import Report
from checker.report.layout import hang
from checker.report.options import RenderOptions
from checker.report.sanitize import plain

_ORDER: Final = tuple(ControlStatus)


def chosen(report: Report, options: RenderOptions) -> tuple[ControlResult, ...]:
    """Return the controls that the options ask for; none where they ask for no framework."""
    if report.assessment is None or not options.frameworks:
        return ()
    wanted = {*options.frameworks}
    return tuple(
        each
        for each in report.assessment.controls
        if wanted & {(each.control.framework, None), (each.control.framework, each.control.version)}
    )


def missing(report: Report, options: RenderOptions) -> list[str]:
    """Return the frameworks that were asked for and are not in the run."""
    there = {(each.control.framework, each.control.version) for each in chosen(report, options)}
    names = {name for name, _ in there}
    absent = [each for each in options.frameworks if each not in there and not (each[1] is None and each[0] in names)]
    return [f"{name} {version}" if version else name for name, version in absent]


def by_framework(controls: tuple[ControlResult, ...]) -> Iterator[tuple[str, list[ControlResult]]]:
    """Yield ``NAME VERSION: 2 met, 1 not met`` with the controls, in the order given."""
    for (name, version), rows in groupby(controls, lambda each: (each.control.framework, each.control.version)):
        listed = list(rows)
        yield f"{name} {version}: {counts(listed)}", listed


def counts(controls: list[ControlResult]) -> str:
    """Return how many controls have which status: ``2 met, 1 not met``."""
    found = Counter(each.status for each in controls)
    return ", ".join(f"{found[status]:,} {words(status)}" for status in _ORDER if found[status])


def words(status: ControlStatus) -> str:
    """Return a status as words: ``not met``."""
    return status.value.replace("-", " ")


def lines(report: Report, options: RenderOptions, width: int) -> Iterator[str]:
    """Yield the section of the table: each framework with its counts, then a line for each control."""
    for title, controls in by_framework(chosen(report, options)):
        yield from hang("CONTROLS", plain(title), width, indent=0, hanging=10)
        yield ""
        for each in controls:
            text = f"{words(each.status).upper()}: {each.demand} {each.reason}"
            yield from hang(plain(each.control.id), plain(text), width, indent=2, hanging=12)
        yield ""
    for name in missing(report, options):
        yield from hang("CONTROLS", f"{plain(name)}: not judged in this run.", width, indent=0, hanging=10)
        yield ""
