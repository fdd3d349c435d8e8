"""Coverage: what of the network is recorded, as one bar, as a picture and as a table that names what is dark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from checker.model.assessment import CoverageRow, UnexaminedRow
from checker.model.finding import Report
from checker.report import say
from checker.report.coverage_looks import COVERAGE, SOUND, UNEXAMINED, coverage
from checker.report.html.coverage_picture import KINDS, UNTOLD, name_of, picture, square
from checker.report.html.markup import Child, Html, anchor, join, note, section, table, tag, text, word

DARK: Final = 200
"""Dark VPCs that the table names, and places that were not examined."""
RULE: Final = "FL001"
"""The rule that says how far a VPC is recorded."""
_INSIDE: Final = 3
"""Dark subnets that a row names."""
_ORDER: Final = {state: at for at, state in enumerate(COVERAGE)}


def part(report: Report) -> Html:
    """Return the part on coverage."""
    found = report.assessment
    rows, closed = (found.coverage, found.unexamined) if found else ((), ())
    if not rows and not closed:
        return section("coverage", "Coverage", note("This run holds no VPC and no transit gateway, or it was saved "
                                                    "without its coverage."))  # fmt: skip
    counted = Counter(coverage(row) for row in rows)
    known = {each.id for each in report.findings}
    return section(
        "coverage", "Coverage",
        tag("p", _headline(counted, len(rows)), class_="message"),
        tag("p", _closed(closed)) if closed else None,
        _bar(counted, len(rows)) if rows else None,
        _legend(counted, len(closed)),
        note("One square stands for one VPC or transit gateway, as it is judged: for a plan, after it is applied."),
        picture(rows, closed, known),
        _empty_regions(report, rows, closed),
        _dark_table(rows, closed, known),
    )  # fmt: skip


def _headline(counted: Counter[str], total: int) -> str:
    if not total:
        return "No VPC and no transit gateway was seen."
    sound = sum(counted[look] for look in SOUND)
    what = say.number(total, "VPC or transit gateway", "VPCs and transit gateways")
    if sound == total:
        return f"{what}: recorded throughout, with nothing known against it."
    return f"{sound:,} of {what} {'is' if sound == 1 else 'are'} recorded with nothing known against it; " \
           f"{total - sound:,} {'is' if total - sound == 1 else 'are'} dark, or may be."  # fmt: skip


def _closed(closed: Sequence[UnexaminedRow]) -> str:
    places = say.number(len(closed), "place was not examined", "places were not examined")
    return f"{places}: how many VPCs {'it holds' if len(closed) == 1 else 'they hold'} is not known."


def _bar(counted: Counter[str], total: int) -> Html:
    """Return one bar over all VPCs; the legend says the same in words."""
    pieces, at = [], 0.0
    for state in COVERAGE:
        width = 100 * counted[state] / total
        if width:
            pieces.append(f'<rect x="{at:.3f}" y="0" width="{width:.3f}" height="8" class="c-{state}"/>')
            at += width
    label = text(", ".join(f"{COVERAGE[state]}: {counted[state]:,}" for state in COVERAGE if counted[state]))
    return Html(
        f'<svg class="coverage-bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}">{"".join(pieces)}</svg>'
    )


def _legend(counted: Counter[str], closed: int) -> Html:
    items = [(square(state), word, counted[state]) for state, word in COVERAGE.items()]
    items.append((square("unexamined"), f"{UNEXAMINED} (places)", closed))
    return tag("ul", [tag("li", drawn, f" {word}: {count:,}", class_=None if count else "absent")
                      for drawn, word, count in items], class_="legend")  # fmt: skip


def _empty_regions(report: Report, rows: Sequence[CoverageRow], closed: Sequence[UnexaminedRow]) -> Html | None:
    """Say which regions were read and hold nothing: a region that is not drawn was not forgotten."""
    read = {word.strip() for each in report.run.inputs for word in str(each.get("regions") or "").split(",")}
    left = sorted(read - {"", "global"} - {row.region for row in rows} - {row.region for row in closed})
    return note(f"Read too, and without any VPC: {', '.join(left)}.") if left else None


def _dark_table(rows: Sequence[CoverageRow], closed: Sequence[UnexaminedRow], known: set[str]) -> Html:
    dark = sorted((row for row in rows if coverage(row) not in SOUND), key=lambda row: _ORDER[coverage(row)])
    if not dark and not closed:
        return tag("p", "No VPC and no transit gateway is dark.")
    body = [*map(_closed_row, closed[:DARK]), *(_dark_row(row, known) for row in dark[:DARK])]
    head = ["What", "State", "Account", "Region", "Interfaces", "What is dark, or why"]
    left = len(dark) - DARK
    link = tag("a", "findings of FL001", href=f"#findings?rule={RULE}")
    return join([
        tag("h3", "The dark parts"), table(head, body, caption="What is dark, or may be", class_="dark"),
        note(f"{left:,} more are not in this table: the ", link, " name them.") if left > 0 else None,
        note(f"{len(closed) - DARK:,} more places were not examined.") if len(closed) > DARK else None,
    ])  # fmt: skip


def _closed_row(row: UnexaminedRow) -> list[Child]:
    if row.account is None:
        place = f"root module {row.root}" if row.root else "part of the input"
    else:
        place = f"{row.region} in {row.account}" if row.region else f"account {row.account}"
    return [
        tag("span", place, class_="mono"), _state("unexamined", UNEXAMINED), word(row.account or UNTOLD),
        word("every region" if row.account and not row.region else row.region or UNTOLD), "not told", row.cause,
    ]  # fmt: skip


def _dark_row(row: CoverageRow, known: set[str]) -> list[Child]:
    name: Child = name_of(row)
    if row.finding and row.finding in known:
        name = tag("a", name, href=f"#{anchor(row.finding)}")
    look = coverage(row)
    return [
        join([name, tag("span", KINDS.get(row.type, row.type), class_="kind")]),
        _state(look, COVERAGE[look]),
        word(row.account or UNTOLD),
        word(row.region or UNTOLD),
        "not told" if row.interfaces is None else say.number(row.interfaces, "interface"),
        _inside(row, known),
    ]


def _state(look: str, word: str) -> Html:
    return tag("span", square(look), f" {word}", class_="state")


def _inside(row: CoverageRow, known: set[str]) -> Child:
    """Return what is lost: the defects of its logs, and the dark subnets in it."""
    parts: list[Child] = [
        tag("p", tag("a", each.message, href=f"#{anchor(each.finding)}") if each.finding in known and each.finding
            else each.message) for each in row.defects
    ]  # fmt: skip
    if row.dark:
        more = f" and {len(row.dark) - _INSIDE:,} more" if len(row.dark) > _INSIDE else ""
        parts.append(tag("p", tag("span", ", ".join(row.dark[:_INSIDE]), class_="mono"), more))
    return parts or ("not known: the finding says why" if row.state == "unknown" else "all of it")
