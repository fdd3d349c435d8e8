"""The picture of coverage: accounts down, regions across, a square for each VPC. Shapes differ, not colours alone.

Where there are few VPCs each bears its name; where there are many, squares stand close and a line counts them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from checker.model.assessment import CoverageRow, UnexaminedRow
from checker.report.coverage_looks import COVERAGE, SOUND, UNEXAMINED, coverage
from checker.report.html.markup import Child, Html, anchor, join, note, table, tag, text

ACCOUNTS: Final = 40
"""Accounts in the picture; those with the most dark VPCs come first."""
SQUARES: Final = 60
"""Squares in one cell; more are told by a number."""
NAMED: Final = 60
"""VPCs of a picture in which each bears its name."""
COLUMNS: Final = 6
"""Regions that stand side by side; where there are more, each account has a row for each of its regions."""
UNTOLD: Final = "not told"
KINDS: Final = {
    "aws_vpc": "VPC", "aws_default_vpc": "default VPC", "aws_ec2_transit_gateway": "transit gateway",
}  # fmt: skip
_ACROSS: Final = 6
_STEP: Final = 18
_ORDER: Final = {state: at for at, state in enumerate(COVERAGE)}


def square(look: str) -> Html:
    """Return the sign of one look of coverage; a word stands beside it."""
    return Html(
        f'<svg class="sq" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><use href="#c-{look}"/></svg>'
    )


def name_of(row: CoverageRow) -> str:
    """Return how a VPC is called: by its address or id, and its Name tag."""
    name = row.address or row.id or f"one {KINDS.get(row.type, row.type)}"
    return f"{name} ({row.name})" if row.name else name


class _Grid:
    """What stands in which account and region."""

    def __init__(self, rows: Sequence[CoverageRow], closed: Sequence[UnexaminedRow]) -> None:
        self.cells: dict[tuple[str, str], list[CoverageRow]] = defaultdict(list)
        self.accounts: dict[str, list[CoverageRow]] = defaultdict(list)
        for row in rows:
            self.cells[row.account or UNTOLD, row.region or UNTOLD].append(row)
            self.accounts[row.account or UNTOLD].append(row)
        self.closed = {(row.account, row.region) for row in closed if row.account}
        for account, _ in self.closed:
            self.accounts.setdefault(str(account), [])
        found = {region for _, region in self.cells} | {region for _, region in self.closed if region}
        self.regions = sorted(found) or [UNTOLD]
        self.named = len(rows) <= NAMED

    def is_closed(self, account: str, region: str) -> bool:
        """Say whether a place, or the whole account, was not examined."""
        return (account, region) in self.closed or (account, None) in self.closed

    def order(self) -> list[str]:
        """Return the accounts, the darkest first."""
        shut = Counter(account for account, _ in self.closed)
        return sorted(self.accounts, key=lambda each: (-_darkness(self.accounts[each]) - shut[each], each))


def picture(rows: Sequence[CoverageRow], closed: Sequence[UnexaminedRow], known: set[str]) -> Html:
    """Return the picture; ``known`` are the ids of the findings on the page."""
    grid = _Grid(rows, closed)
    order = grid.order()
    shown, rest = order[:ACCOUNTS], order[ACCOUNTS:]
    made = _across(grid, shown, known) if len(grid.regions) <= COLUMNS else _down(grid, shown, known)
    return join([made if shown else None, _others(rest, grid)])


def _across(grid: _Grid, accounts: Sequence[str], known: set[str]) -> Html:
    body = [
        [tag("span", account, class_="mono"), *(_cell(grid, account, region, known) for region in grid.regions),
         _share(grid, account)]
        for account in accounts
    ]  # fmt: skip
    head = ["Account", *grid.regions, "Recorded"]
    return table(head, body, caption="Coverage by account and region", class_="picture")


def _down(grid: _Grid, accounts: Sequence[str], known: set[str]) -> Html:
    """Return a row for each account and region that holds something: many columns fit neither screen nor paper."""
    body: list[list[Child]] = []
    for account in accounts:
        first = True
        for region in grid.regions:
            if grid.cells.get((account, region)) or grid.is_closed(account, region):
                share = _share(grid, account) if first else tag("span", "as above", class_="nothing")
                body.append([tag("span", account, class_="mono"), region, _cell(grid, account, region, known), share])
                first = False
    head = ["Account", "Region", "VPCs and transit gateways", "Recorded in the account"]
    return table(head, body, caption="Coverage by account and region", class_="picture")


def _darkness(rows: Sequence[CoverageRow]) -> int:
    return sum(1 for row in rows if coverage(row) not in SOUND)


def _share(grid: _Grid, account: str) -> str:
    rows = grid.accounts[account]
    if not rows:
        return "not known"
    return f"{len(rows) - _darkness(rows):,} of {len(rows):,}"


def _others(rest: Sequence[str], grid: _Grid) -> Html | None:
    if not rest:
        return None
    dark = sum(_darkness(grid.accounts[each]) for each in rest)
    total = sum(len(grid.accounts[each]) for each in rest)
    words = f"{dark:,} of their {total:,} VPCs and transit gateways are not recorded, or not wholly, or not known to be"
    return note(f"{len(rest):,} more accounts, with fewer dark squares each, are not drawn: {words}. Search the "
                "findings by account to see them.")  # fmt: skip


def _cell(grid: _Grid, account: str, region: str, known: set[str]) -> Html:
    rows = grid.cells.get((account, region), [])
    shut = None
    if grid.is_closed(account, region):
        shut = tag("span", square("unexamined"), UNEXAMINED.lower(), class_="shut")
    if not rows:
        return shut or tag("span", "no VPC", class_="nothing")
    ordered = sorted(rows, key=lambda row: (_ORDER[coverage(row)], row.address or row.id or ""))
    return join([shut, _names(ordered, known) if grid.named else _squares(ordered, known)])


def _names(rows: Sequence[CoverageRow], known: set[str]) -> Html:
    """Return the VPCs of a cell by name, with the state in words where it is dark."""
    items = []
    for row in rows:
        look = coverage(row)
        name: Child = row.name or row.address or row.id or KINDS.get(row.type, row.type)
        if row.finding in known and row.finding:
            name = tag("a", name, href=f"#{anchor(row.finding)}")
        dark = look not in SOUND
        state = tag("span", f"{': ' if not dark else ''}{COVERAGE[look].lower()}", class_="cell-words" if dark
                    else "hidden")  # fmt: skip
        items.append(tag("li", square(look), tag("span", name, state), class_="lit" if not dark else "unlit"))
    return tag("ul", items, class_="plain named")


def _squares(rows: Sequence[CoverageRow], known: set[str]) -> Html:
    counted = Counter(coverage(row) for row in rows)
    words = ", ".join(f"{counted[state]:,} {COVERAGE[state].lower()}" for state in COVERAGE if counted[state])
    squares = [_drawn(row, at, known) for at, row in enumerate(rows[:SQUARES])]
    height = -(-min(len(rows), SQUARES) // _ACROSS) * _STEP
    width = min(len(rows), _ACROSS) * _STEP
    more = f" and {len(rows) - SQUARES:,} more" if len(rows) > SQUARES else None
    drawn = Html(f'<svg class="squares" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
                 f'aria-hidden="true">{"".join(squares)}</svg>')  # fmt: skip
    return join([drawn, more, tag("span", words, class_="cell-words")])


def _drawn(row: CoverageRow, at: int, known: set[str]) -> Html:
    x, y = at % _ACROSS * _STEP, at // _ACROSS * _STEP
    look = coverage(row)
    title = f"<title>{text(f'{name_of(row)}: {COVERAGE[look]}')}</title>"
    use = f'<use href="#c-{look}" x="{x + 1}" y="{y + 1}" width="16" height="16"/>'
    if row.finding in known and row.finding:
        return Html(f'<a href="#{text(anchor(row.finding))}" tabindex="-1">{title}{use}</a>')
    return Html(f"<g>{title}{use}</g>")
