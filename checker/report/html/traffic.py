"""Recorded traffic: when it was rejected, by what, and the way of each rejected flow through the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
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
_HOURS: Final = 240
"""Hours drawn one by one; a longer time is drawn by days."""


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
        _timeline(report.traffic), _causes(report.diagnoses), _pairs(report), _explained(report.diagnoses),
    )  # fmt: skip


def _timeline(found: TrafficSummary) -> Html | None:
    if not found.timeline:
        return None
    spans = found.timeline if len(found.timeline) <= _HOURS else _by_day(found.timeline)
    pattern = "%Y-%m-%d %H:%M" if spans is found.timeline else "%Y-%m-%d"
    drawn = [Bar(f"{each.start:{pattern}}", each.rejected) for each in spans]
    span = "hour" if spans is found.timeline else "day"
    chart = bars(drawn, label=f"Rejected records by {span}", first=drawn[0].label, last=drawn[-1].label)
    rows: list[list[Child]] = [
        [f"{each.start:{pattern}}", f"{each.rejected:,}", f"{each.accepted:,}"] for each in spans
    ]
    told = table(["From (UTC)", "Rejected", "Accepted"], rows, caption=f"Records by {span}")
    return join([
        tag("h3", "Rejects over time"), tag("figure", chart, tag("figcaption", f"Rejected records by {span}, UTC.")),
        tag("details", tag("summary", "The numbers"), told),
    ])  # fmt: skip


def _by_day(hours: Iterable[Hour]) -> tuple[Hour, ...]:
    days: dict[str, Hour] = {}
    for each in hours:
        day = each.start.replace(hour=0, minute=0, second=0, microsecond=0)
        known = days.get(day.isoformat())
        days[day.isoformat()] = Hour(
            start=day,
            accepted=each.accepted + (known.accepted if known else 0),
            rejected=each.rejected + (known.rejected if known else 0),
        )
    return tuple(days.values())


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
    return join([tag("h3", "Top blocked pairs"), made])


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
    return [
        ("Kind", kind),
        ("Cause", f"{found.cause.value} ({found.cause_detail.value}), confidence {found.confidence.value}"),
        ("Deciding line", f"{found.rule.id}: {found.rule.says}" if found.rule else None),
        ("Where", say.origin_text(found.location) or None),
        ("Nearest", found.nearest_miss.says if found.nearest_miss else None),
        ("Would settle it", found.undetermined_by),
        ("Traffic", traffic_text.weight(found)),
        ("Assumed", told or None),
        ("Record", [tag("code", each, class_="record") for each in found.evidence[:1]] or None),
    ]
