"""Recorded traffic: when it was rejected, by what, and the way of each rejected flow through the rules."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from checker.model.diagnosis import Diagnosis
from checker.model.finding import Report
from checker.model.traffic import Hour, TrafficSummary
from checker.report import say, traffic_text
from checker.report.html.charts import Bar, bars
from checker.report.html.markup import Child, Html, definitions, join, note, remedy, section, table, tag
from checker.report.html.path import path

DRAWN: Final = 50
"""Diagnoses with their way drawn; the most important first."""
LISTED: Final = 500
"""Further diagnoses, one row each."""
PAIRS: Final = 20
_BARS: Final = 240
"""Most bars of the timeline: a longer time is drawn by days, then by several."""
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def part(report: Report) -> Html:
    """Return the part on traffic."""
    if report.traffic is None:
        return section("traffic", "Traffic", note("No flow log records were read in this run: `flowcheck traffic` "
                                                  "reads them."))  # fmt: skip
    left = traffic_text.left_out(report.traffic)
    return section(
        "traffic", "Traffic",
        tag("p", f"{traffic_text.read_line(report.traffic)}."),
        note(f"Not counted: {left}.") if left else None,
        _timeline(report.traffic), _causes(report.diagnoses), _pairs(report), _talkers(report.traffic),
        _explained(report.diagnoses),
    )  # fmt: skip


def _timeline(found: TrafficSummary) -> Html | None:
    if not found.timeline:
        return None
    step = _step(found.timeline)
    spans = _spans(found.timeline, step)
    pattern = "%Y-%m-%d %H:%M" if step == _HOUR else "%Y-%m-%d"
    drawn = [Bar(f"{start:{pattern}}", each.rejected if each else 0, read=each is not None) for start, each in spans]
    word = {_HOUR: "hour", _DAY: "day"}.get(step, f"{step.days} days")
    chart = bars(drawn, label=f"Rejected records by {word}", first=drawn[0].label, last=drawn[-1].label)
    rows: list[list[Child]] = [
        [f"{start:{pattern}}", f"{each.rejected:,}", f"{each.accepted:,}"] for start, each in spans if each
    ]
    told = table(["From (UTC)", "Rejected", "Accepted"], rows, caption=f"Records by {word}")
    dark = sum(each is None for _, each in spans)
    gap = f" Hatched: no accepted or rejected record was read for that time ({dark:,} of {len(spans):,})."
    caption = f"Rejected records by {word}, UTC.{gap if dark else ''}"
    return join([
        tag("h3", "Rejects over time"), tag("figure", chart, tag("figcaption", caption)),
        tag("details", tag("summary", "The numbers"), told),
    ])  # fmt: skip


def _step(hours: Sequence[Hour]) -> timedelta:
    """Return the time that one bar stands for: an hour, a day, or as many days as leave few bars enough."""
    length = hours[-1].start - hours[0].start
    if length < _HOUR * _BARS:
        return _HOUR
    return _DAY * max(1, math.ceil((length + _DAY) / (_DAY * _BARS)))


def _spans(hours: Sequence[Hour], step: timedelta) -> list[tuple[datetime, Hour | None]]:
    """Return every span from the first to the last, in order; None for one of which nothing was read."""
    begin = hours[0].start
    if step != _HOUR:
        begin = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    added: dict[int, Hour] = {}
    for each in hours:
        at = (each.start - begin) // step
        known = added.get(at)
        added[at] = Hour(
            start=each.start,
            accepted=each.accepted + (known.accepted if known else 0),
            rejected=each.rejected + (known.rejected if known else 0),
        )
    return [(begin + step * at, added.get(at)) for at in range(max(added) + 1)]


def _causes(diagnoses: tuple[Diagnosis, ...]) -> Html | None:
    counted = traffic_text.by_cause(diagnoses)
    if not counted:
        return None
    total = sum(records for _, records in counted) or 1
    rows: list[list[Child]] = [
        [cause.value, traffic_text.CAUSES[cause], f"{records:,}", _part_of(records / total)]
        for cause, records in counted
    ]
    head = ["Cause", "Meaning", "Rejected records", "Share"]
    return join([tag("h3", "Why records were rejected"), table(head, rows, caption="Causes of rejects")])


def _part_of(share: float) -> Html:
    bar = f'<rect width="{share * 100:.2f}" height="8" class="bar"/>'
    drawn = f'<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{bar}</svg>'
    return join([Html(drawn), f" {share:.1%}"])


def _pairs(report: Report) -> Html | None:
    counted: Counter[tuple[str, str, str]] = Counter()
    for each in report.diagnoses:
        peer = each.peers.top[0] if each.peers.top else ", ".join(map(str, each.peers.prefixes)) or "unknown"
        more = f" and {each.peers.count - 1:,} more" if each.peers.count > 1 else ""
        own = f"{each.local} ({each.interface_id})" if each.local else each.interface_id
        ends = (own, f"{peer}{more}") if each.direction and each.direction.value == "egress" else (f"{peer}{more}", own)
        counted[*ends, traffic_text.service(each.protocol, each.service_ports)] += each.traffic.records
    top = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:PAIRS]
    if not top:
        return None
    rows: list[list[Child]] = [[source, target, service, f"{records:,}"] for (source, target, service), records in top]
    made = table(["From", "To", "Service", "Rejected records"], rows, caption="Top blocked pairs")
    more = f" {len(counted) - PAIRS:,} more are not in the table." if len(counted) > PAIRS else ""
    says = f"Peers that were rejected at one interface for one reason share a row, the busiest named.{more}"
    return join([tag("h3", "Top blocked pairs"), note(says), made])


def _talkers(found: TrafficSummary) -> Html | None:
    """Return the addresses with most rejected records, whatever the interface."""
    rows: list[list[Child]] = [
        [tag("span", address, class_="mono"), f"{records:,}"] for address, records in found.top_rejected[:PAIRS]
    ]
    if not rows:
        return None
    made = table(["Address", "Rejected records"], rows, caption="Addresses at the other end, at all interfaces")
    return tag("details", tag("summary", tag("h3", "Addresses rejected most")), made)


def _explained(diagnoses: Sequence[Diagnosis]) -> Html:
    head = tag("h3", "Rejected traffic, explained")
    if not diagnoses:
        return join([head, tag("p", "No record was rejected.")])
    drawn, rest = diagnoses[:DRAWN], diagnoses[DRAWN : DRAWN + LISTED]
    rows: list[list[Child]] = [[f"{each.rank}", traffic_text.headline(each), each.says, f"{each.traffic.records:,}"]
                               for each in rest]  # fmt: skip
    left = len(diagnoses) - len(drawn) - len(rest)
    return join([
        head,
        note(f"{len(diagnoses):,} groups of rejected records, the most important first."),
        [_diagnosis(each) for each in drawn],
        table(["Rank", "Flow", "Why", "Records"], rows, caption="Further rejected traffic") if rest else None,
        note(f"{left:,} more stand in the JSON report.") if left > 0 else None,
    ])  # fmt: skip


def _diagnosis(found: Diagnosis) -> Html:
    kind = traffic_text.kind(found)
    return tag(
        "article",
        tag("h4", f"{found.rank}. {traffic_text.headline(found)}"),
        tag("p", found.says, class_="message"),
        path(found),
        definitions([(word, value) for word, value in _facts(found, kind) if value], class_="facts"),
        remedy(found.remediation),
        class_="diagnosis",
    )


def _facts(found: Diagnosis, kind: str) -> list[tuple[str, Child]]:
    told = " ".join(found.assumptions)
    drawn = found.direction is not None and found.stage is not None  # then the picture says which line and which miss
    return [
        ("Kind", kind),
        ("Cause", f"{found.cause.value} ({found.cause_detail.value}), confidence {found.confidence.value}"),
        ("Deciding line", f"{found.rule.id}: {found.rule.says}" if found.rule and not drawn else None),
        ("Written at", say.origin_text(found.location) or None),
        ("Nearest miss", found.nearest_miss.says if found.nearest_miss and not drawn else None),
        ("Would settle it", found.undetermined_by),
        ("Traffic", traffic_text.weight(found)),
        ("Assumed", told or None),
        ("Record", [tag("code", each, class_="record") for each in found.evidence[:1]] or None),
    ]
