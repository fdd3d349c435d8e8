"""Recorded traffic for a terminal: a picture of the causes, then the rejects that deserve a look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.model.diagnosis import Cause, Diagnosis
from checker.model.finding import Report
from checker.model.traffic import TrafficSummary
from checker.report import say, traffic_text
from checker.report.fix_text import code_lines
from checker.report.layout import hang, wrap
from checker.report.options import RenderOptions
from checker.report.sanitize import plain

_MOST: Final = 10
"""Diagnoses shown in full without ``verbose``."""

_TALKERS: Final = 5

_INDENT: Final = 4
_TEXT: Final = 14
_BAR: Final = 24


def lines(report: Report, options: RenderOptions) -> Iterator[str]:
    """Yield what a report says of traffic; nothing where no records were read."""
    if report.traffic is None:
        return
    width = max(options.width, 40)
    yield from _read(report.traffic, width)
    yield from _causes(report.diagnoses, width)
    yield from _kinds(report.diagnoses, width)
    if top := traffic_text.talkers(report.traffic, _TALKERS):
        yield from wrap(f"Top talkers among the rejected: {plain(top)}", width)
        yield ""
    wanted = [each for each in report.diagnoses if not each.expected or options.verbose]
    shown = wanted if options.verbose else wanted[:_MOST]
    if shown:
        yield f"REJECTED TRAFFIC, EXPLAINED ({len(shown):,} of {len(report.diagnoses):,})"
        yield ""
    for each in shown:
        yield from _diagnosis(each, width)
        yield ""
    if len(shown) < len(report.diagnoses):
        rest = len(report.diagnoses) - len(shown)
        yield from wrap(f"{rest:,} more are not shown: --verbose shows them, the JSON report has all.", width)
        yield ""


def _read(found: TrafficSummary, width: int) -> Iterator[str]:
    yield from wrap(plain(traffic_text.read_line(found)), width)
    if other := traffic_text.left_out(found):
        yield from wrap(plain(f"Not counted: {other}."), width)
    yield ""


def _causes(diagnoses: tuple[Diagnosis, ...], width: int) -> Iterator[str]:
    counted = traffic_text.by_cause(diagnoses)
    if not counted:
        return
    yield "WHY RECORDS WERE REJECTED"
    yield ""
    most = counted[0][1]
    room = len(f"{most:,}")
    bar = _BAR if width >= 80 else 8
    for cause, records in counted:
        length = max(1, round(bar * records / most)) if records else 0
        yield from hang(
            f"{records:>{room},} {'#' * length}", _cause(cause), width, indent=2, hanging=2 + room + 1 + bar + 2
        )
    yield ""


def _kinds(diagnoses: tuple[Diagnosis, ...], width: int) -> Iterator[str]:
    rows = traffic_text.by_kind(diagnoses)
    if not rows:
        return
    yield "WHAT WAS REJECTED, background noise aside"
    yield ""
    room = max(len(f"{records:,}") for _, _, records in rows)
    for word, several, records in rows:
        noun = "diagnosis" if several == 1 else "diagnoses"
        yield from hang(f"{records:>{room},}", f"{word} ({several:,} {noun})", width, indent=2, hanging=2 + room + 2)
    yield ""


def _cause(cause: Cause) -> str:
    return f"{cause.value}: {traffic_text.CAUSES[cause]}"


def _diagnosis(found: Diagnosis, width: int) -> Iterator[str]:
    yield from hang(f"{found.rank}.", plain(traffic_text.headline(found)), width, indent=0, hanging=_INDENT)
    for label, text in _labelled(found):
        yield from hang(label, plain(text), width, indent=_INDENT, hanging=_TEXT)
    if found.remediation is not None:
        yield from code_lines(found.remediation)


def _labelled(found: Diagnosis) -> Iterator[tuple[str, str]]:
    if kind := traffic_text.kind(found):
        yield "kind", kind
    yield "cause", f"{found.cause.value} ({found.cause_detail.value}), confidence {found.confidence.value}"
    yield "why", found.says
    if found.rule is not None:
        where = say.place(found.rule.origin) if found.rule.origin else None
        yield "rule", f"{found.rule.id}: {found.rule.says}" + (f" ({where})" if where else "")
    for each in found.blockers:
        if each.stage is not found.stage:
            yield "also", f"{each.stage.value} denies it" + (f" by {each.rule.id}" if each.rule else "")
    if found.nearest_miss is not None:
        yield "nearest", found.nearest_miss.says
    if found.undetermined_by:
        yield "needed", found.undetermined_by
    yield "traffic", traffic_text.weight(found)
    if found.evidence:
        yield "record", found.evidence[0]
    for text in found.assumptions:
        yield "assumed", text
    if found.remediation is not None:
        yield "fix", found.remediation.summary
