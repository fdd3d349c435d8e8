"""Inventory: every flow log and where it delivers to."""

from __future__ import annotations

from typing import Final

from checker.model.assessment import DestinationRow, FlowLogRow
from checker.model.finding import Report
from checker.report import say
from checker.report.html.markup import Child, Html, join, note, section, table, tag, word

ROWS: Final = 500
"""Rows of each table; the JSON report holds all."""

_LOGS: Final = ("Flow log", "Records", "Traffic", "Interval", "Destination", "File format", "Fields", "Status",
                "Account", "Region")  # fmt: skip
_PLACES: Final = ("Destination", "Type", "Flow logs", "Retention", "Encryption", "Public access", "Account", "Region",
                  "Notes")  # fmt: skip


_DASH: Final = join([tag("span", "–", aria_hidden="true"), tag("span", "not known", class_="hidden")])


def part(report: Report) -> Html:
    """Return the part on the inventory."""
    found = report.assessment
    logs, places = (found.flow_logs, found.destinations) if found else ((), ())
    if found is None:
        return section("inventory", "Inventory", note("This run was saved without its inventory."))
    return section(
        "inventory", "Inventory",
        note("A dash stands for what the input does not tell: not read, or known only after the plan is applied."),
        tag("h3", say.number(len(logs), "flow log")),
        table(_LOGS, [_log(each) for each in logs[:ROWS]], caption="Flow logs", class_="inventory") if logs
        else tag("p", "The input holds no flow log, or none could be read."),
        _rest(len(logs)),
        tag("h3", say.number(len(places), "destination")),
        table(_PLACES, [_place(each) for each in places[:ROWS]], caption="Destinations") if places
        else tag("p", "No flow log names a destination that is known."),
        _rest(len(places)),
    )  # fmt: skip


def _rest(count: int) -> Html | None:
    return note(f"{count - ROWS:,} more rows stand in the JSON report.") if count > ROWS else None


def _log(row: FlowLogRow) -> list[Child]:
    interval = None if row.interval is None else f"{row.interval} s"
    name = tag("span", row.address or row.id or "not named yet", class_="mono")
    return [name, *map(_or_dash, (
        _subject(row.subject), row.traffic_type, interval, _destination(row), row.file_format,
        None if row.fields is None else str(row.fields), row.status, _word(row.account), _word(row.region),
    ))]  # fmt: skip


def _subject(name: str | None) -> Child:
    """Return what is recorded; of EC2's ARNs the id, since account and region stand in the row."""
    if name is None:
        return None
    return tag("span", name.rpartition("/")[2] if ":ec2:" in name and name.startswith("arn:") else name, class_="mono")


def _word(value: str | None) -> Child:
    return word(value) if value else None


def _destination(row: FlowLogRow) -> Child:
    if row.destination is None and row.destination_type is None:
        return None
    name = tag("span", row.destination, class_="mono") if row.destination else None
    return join([name, tag("span", row.destination_type, class_="kind") if row.destination_type else None])


def _place(row: DestinationRow) -> list[Child]:
    return [tag("span", row.id, class_="mono"), *map(_or_dash, (
        row.type, f"{row.flow_logs:,}", row.retention, row.encryption, row.public_access, _word(row.account),
        _word(row.region),
        "; ".join(row.notes) or None,
    ))]  # fmt: skip


def _or_dash(value: Child) -> Child:
    return _DASH if value is None else value
