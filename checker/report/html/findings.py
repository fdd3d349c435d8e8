"""Findings: the frame of the searchable list; and what did not pass, for paper and for readers without script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from checker.model.finding import Finding, Report, Status
from checker.report import say
from checker.report.html.markup import Child, Html, anchor, code, join, note, remedy, section, tag
from checker.report.html.words import STATUSES, severity, status
from checker.report.parts import not_listed, parts_of

PRINTED: Final = 300
"""Findings written out in the page itself: the worst first. All others are in the list that the script shows."""

_ORDER: Final = (Status.FAIL, Status.UNKNOWN, Status.WAIVED)


def part(report: Report) -> Html:
    """Return the part on findings."""
    return section("findings", "Findings", _search(report), _written_out(report))


def _search(report: Report) -> Html:
    """Return the tools and the place of the list; the script fills it."""
    counts = report.summary.counts
    boxes = [
        tag("label", tag("input", type="checkbox", name="status", value=each.value),
            tag("span", f"{STATUSES[each]} ", tag("b", f"{counts.get(each, 0):,}")))
        for each in STATUSES if counts.get(each, 0)
    ]  # fmt: skip
    fields = [
        tag("div", tag("label", "Search", for_="f-q"),
            tag("input", type="search", id="f-q", autocomplete="off", spellcheck="false"), class_="field wide"),
        *(_choice(identifier, word) for identifier, word in
          (("severity", "Severity"), ("rule", "Rule"), ("account", "Account"), ("region", "Region"),
           ("control", "Control"), ("sort", "Order"))),
    ]  # fmt: skip
    form = tag(
        "form",
        tag("fieldset", tag("legend", "Status"), boxes, class_="chips"),
        tag("div", fields, class_="fields"),
        tag("div", tag("p", id="found", role="status"),
            tag("button", "Clear filters", type="button", id="clear"), class_="row"),
        id="filters", role="search", aria_label="Findings",
    )  # fmt: skip
    body = tag("div", id="list")
    pager = tag("nav", id="pager", aria_label="Pages of findings")
    return tag("div", form, body, pager, id="explorer", class_="needs-script")


def _choice(identifier: str, word: str) -> Html:
    name = f"f-{identifier}"
    return tag("div", tag("label", word, for_=name), tag("select", id=name), class_="field", id=f"{name}-field")


def _written_out(report: Report) -> Html:
    """Return what did not pass, in full, up to a bound that is said."""
    open_ = sorted((each for each in report.findings if each.status in _ORDER),
                   key=lambda each: _ORDER.index(each.status))  # fmt: skip
    shown = open_[:PRINTED]
    head = tag("h3", "What did not pass")
    if not open_:
        return tag("div", head, tag("p", "Nothing failed, and nothing is unknown or waived."), class_="static")
    return tag("div", head, note(_bound(report, shown, open_)), [_entry(each, report) for each in shown],
               class_="static")  # fmt: skip


def _bound(report: Report, shown: Sequence[Finding], open_: Sequence[Finding]) -> str:
    rest = Counter(each.status for each in open_[len(shown) :])
    parts = [f"{say.number(len(shown), 'finding')} of {len(open_):,} that failed, are unknown or are waived"]
    if rest:
        left = ", ".join(f"{rest[each]:,} {each.value}" for each in _ORDER if rest[each])
        parts.append(f"not written out here: {left}")
    passes = not_listed(parts_of(report), "passed", "fixed", "not_applicable")
    if passes:
        parts.append(f"nor are {passes}")
    more = "; the list on the screen, the JSON and the CSV report hold them all" if rest or passes else ""
    return f"{'; '.join(parts)}{more}."


def _entry(finding: Finding, report: Report) -> Html:
    """Return one finding with its evidence, fix and waiver."""
    place = say.place(finding.location)
    meta = [finding.resource.type, finding.resource.account, finding.resource.region, finding.resource.root, place]
    heading = tag("h4", f"{finding.rule_id} {finding.rule_name}: ", tag("span", say.subject(finding), class_="mono"))
    marks = [status(finding.status), severity(finding.severity), *(tag("span", each, class_="label")
                                                                  for each in say.labels(finding))]  # fmt: skip
    return tag(
        "article", tag("p", marks, class_="marks"), heading,
        tag("p", finding.message, class_="message"),
        tag("p", " · ".join(dict.fromkeys(each for each in meta if each)), class_="meta"),
        note(finding.why), _evidence(finding), remedy(finding.remediation), _waiver(finding, report),
        id=anchor(finding.id), class_=f"finding s-{finding.status.value}",
    )  # fmt: skip


def _evidence(finding: Finding) -> Html | None:
    items = []
    for each in finding.evidence:
        where = say.evidence_text(finding, each)
        items.append(tag("li", each.statement, [" ", tag("span", where, class_="where")] if where else None))
    return join([tag("h5", "Evidence"), tag("ul", items)]) if items else None


def _waiver(finding: Finding, report: Report) -> Child:
    waived = say.waiver_text(finding)
    reason = say.counted_out(finding, report) if finding.status is Status.FAIL else None
    return join([
        tag("p", tag("b", "Waived: "), waived) if waived else None,
        tag("p", tag("b", "Does not decide the exit code: "), reason) if reason else None,
        tag("p", tag("b", "Controls: "), say.controls(finding), class_="meta") if finding.controls else None,
        tag("p", tag("b", "Id: "), code(finding.id), class_="meta"),
    ])  # fmt: skip
