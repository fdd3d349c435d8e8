"""Coverage as a picture: a square for each VPC, accounts down, regions across; what is dark stands out by name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from checker.model.assessment import CoverageRow
from checker.model.finding import Report
from checker.report import say
from checker.report.html.markup import Child, Html, anchor, join, note, section, table, tag, text
from checker.report.html.words import COVERAGE

ACCOUNTS: Final = 40
"""Accounts in the picture; those with the most dark VPCs come first."""
SQUARES: Final = 60
"""Squares in one cell; more are told by a number."""
DARK: Final = 200
"""Dark VPCs that the table names."""
_ACROSS: Final = 6
_STEP: Final = 18
RULE: Final = "FL001"
"""The rule that says how far a VPC is recorded."""
_KINDS: Final = {"aws_vpc": "VPC", "aws_ec2_transit_gateway": "transit gateway"}
_DARK: Final = ("none", "partial", "unknown", "waived")
_ORDER: Final = {state: at for at, state in enumerate(COVERAGE)}
_UNTOLD: Final = "not known"


def part(report: Report) -> Html:
    """Return the part on coverage."""
    rows = report.assessment.coverage if report.assessment else ()
    if not rows:
        return section("coverage", "Coverage", note("This run holds no VPC and no transit gateway, or it was saved "
                                                    "without its coverage."))  # fmt: skip
    counted = Counter(row.state for row in rows)
    known = {each.id for each in report.findings}
    return section(
        "coverage", "Coverage",
        tag("p", "One square stands for one VPC or transit gateway. The state is that of the network as judged: for a "
                 "plan, after it is applied."),
        _bar(counted, len(rows)),
        _legend(counted),
        _picture(rows, known),
        _dark_table(rows, known),
    )  # fmt: skip


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


def _legend(counted: Counter[str]) -> Html:
    return tag("ul", [tag("li", _square(state), f" {word}: {counted[state]:,}") for state, word in COVERAGE.items()],
               class_="legend")  # fmt: skip


def _square(state: str) -> Html:
    return Html(
        f'<svg class="sq" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><use href="#c-{state}"/></svg>'
    )


def _picture(rows: Iterable[CoverageRow], known: set[str]) -> Html:
    cells: dict[tuple[str, str], list[CoverageRow]] = defaultdict(list)
    for row in rows:
        cells[row.account or _UNTOLD, row.region or _UNTOLD].append(row)
    accounts: dict[str, list[CoverageRow]] = defaultdict(list)
    for (account, _), inside in cells.items():
        accounts[account] += inside
    order = sorted(accounts, key=lambda each: (-_darkness(accounts[each]), each))
    regions = sorted({region for _, region in cells})
    shown, rest = order[:ACCOUNTS], order[ACCOUNTS:]
    body = [
        [tag("span", account, class_="mono"), *(_cell(cells.get((account, region), []), known) for region in regions),
         _share(accounts[account])]
        for account in shown
    ]  # fmt: skip
    made = table(["Account", *regions, "Recorded"], body, caption="Coverage by account and region", class_="picture")
    return join([made, _others(rest, accounts)])


def _darkness(rows: Sequence[CoverageRow]) -> int:
    return sum(1 for row in rows if row.state in _DARK)


def _share(rows: Sequence[CoverageRow]) -> str:
    return f"{len(rows) - _darkness(rows):,} of {len(rows):,}"


def _others(rest: Sequence[str], accounts: dict[str, list[CoverageRow]]) -> Html | None:
    if not rest:
        return None
    dark = sum(_darkness(accounts[each]) for each in rest)
    total = sum(len(accounts[each]) for each in rest)
    words = f"{dark:,} of their {total:,} VPCs and transit gateways are not recorded, or not wholly, or not known to be"
    return note(f"{len(rest):,} more accounts, with fewer dark squares each, are not drawn: {words}. Search the "
                "findings by account to see them.")  # fmt: skip


def _cell(rows: Sequence[CoverageRow], known: set[str]) -> Html:
    if not rows:
        return tag("span", "none", class_="nothing")
    ordered = sorted(rows, key=lambda row: (_ORDER.get(row.state, 0), row.address or row.id or ""))
    counted = Counter(row.state for row in rows)
    words = ", ".join(f"{counted[state]:,} {COVERAGE[state].lower()}" for state in COVERAGE if counted[state])
    squares = [_drawn(row, at, known) for at, row in enumerate(ordered[:SQUARES])]
    height = -(-min(len(rows), SQUARES) // _ACROSS) * _STEP
    width = min(len(rows), _ACROSS) * _STEP
    more = f" and {len(rows) - SQUARES:,} more" if len(rows) > SQUARES else None
    drawn = Html(f'<svg class="squares" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
                 f'aria-hidden="true">{"".join(squares)}</svg>')  # fmt: skip
    return join([drawn, more, tag("span", words, class_="cell-words")])


def _drawn(row: CoverageRow, at: int, known: set[str]) -> Html:
    x, y = at % _ACROSS * _STEP, at // _ACROSS * _STEP
    title = f"<title>{text(f'{_name(row)}: {COVERAGE.get(row.state, row.state)}')}</title>"
    use = f'<use href="#c-{row.state}" x="{x + 1}" y="{y + 1}" width="16" height="16"/>'
    if row.finding in known and row.finding:
        return Html(f'<a href="#{text(anchor(row.finding))}" tabindex="-1">{title}{use}</a>')
    return Html(f"<g>{title}{use}</g>")


def _name(row: CoverageRow) -> str:
    name = row.address or row.id or f"one {_KINDS.get(row.type, row.type)}"
    return f"{name} ({row.name})" if row.name else name


def _dark_table(rows: Sequence[CoverageRow], known: set[str]) -> Html:
    dark = sorted((row for row in rows if row.state in _DARK), key=lambda row: _ORDER.get(row.state, 0))
    if not dark:
        return tag("p", "No VPC and no transit gateway is dark.")
    body = [_dark_row(row, known) for row in dark[:DARK]]
    head = ["What", "State", "Account", "Region", "Interfaces", "Dark inside"]
    made = table(head, body, caption="What is dark, or may be")
    left = len(dark) - DARK
    link = tag("a", "findings of FL001", href=f"#findings?rule={RULE}")
    more = note(f"{left:,} more are not in this table: the ", link, " name them.") if left > 0 else None
    return join([tag("h3", "The dark parts"), made, more])


def _dark_row(row: CoverageRow, known: set[str]) -> list[Child]:
    name: Child = _name(row)
    if row.finding and row.finding in known:
        name = tag("a", name, href=f"#{anchor(row.finding)}")
    inside = ", ".join(row.dark[:3]) + (f" and {len(row.dark) - 3:,} more" if len(row.dark) > 3 else "")
    return [
        join([name, tag("span", _KINDS.get(row.type, row.type), class_="kind")]),
        tag("span", _square(row.state), f" {COVERAGE.get(row.state, row.state)}", class_="state"),
        row.account or _UNTOLD,
        row.region or _UNTOLD,
        "not read" if row.interfaces is None else say.number(row.interfaces, "interface"),
        inside or "nothing known in it",
    ]
