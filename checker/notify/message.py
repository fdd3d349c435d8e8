"""What a notification says: the failures that are new, the worst first, within a bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from checker.model.finding import Finding, Report, Status
from checker.model.record import dataclass
from checker.report.sanitize import clip, plain

LISTED: Final = 20
"""Failures that one message lists; the rest is counted."""
_LONGEST: Final = 240
"""Characters of one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One notification: text on plain lines, nothing in it executes or mentions."""

    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the whole message."""
        return "\n".join([self.title, *self.lines])

    def values(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"title": self.title, "lines": list(self.lines)}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Message:
        """Return it from JSON values."""
        return cls(title=str(values["title"]), lines=tuple(str(line) for line in values["lines"]))


def message_of(report: Report, *, name: str, night: str) -> Message | None:
    """Return what is to be told of a run whose history is known; None where nothing new fails."""
    history = report.assessment.history if report.assessment else None
    if history is None or not (history.new or history.reopened):
        return None
    by_id = {each.id: each for each in report.findings if each.status is Status.FAIL}
    new = [by_id[key] for key in history.new if key in by_id]
    again = [by_id[key] for key in history.reopened if key in by_id]
    title = clip(plain(f"flowcheck {name}, {night}: {_counted(new, again)}"), 150)
    lines = [_line(each, "") for each in _worst(new)] + [_line(each, " (waiver ended)") for each in _worst(again)]
    rest = len(lines) - LISTED
    more = (f"and {rest} more",) if rest > 0 else ()
    not_examined = sum(1 for each in history.fixed if each.how == "not-examined")
    ends = (f"{not_examined} earlier failures were not examined this time",) if not_examined else ()
    return Message(title=title, lines=(*lines[:LISTED], *more, *ends))


def _counted(new: Sequence[Finding], again: Sequence[Finding]) -> str:
    parts = [f"{len(new)} new failure{'' if len(new) == 1 else 's'}"] if new else []
    parts += [f"{len(again)} open again"] if again else []
    return ", ".join(parts)


def _worst(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda each: (-each.severity, each.rule_id, each.id))


def _line(finding: Finding, mark: str) -> str:
    where = "/".join(part for part in (finding.resource.account, finding.resource.region) if part)
    said = f"{finding.severity.label} {finding.rule_id}{mark} {where}: {finding.message}"
    return clip(harmless(said), _LONGEST)


def harmless(text: str) -> str:
    """Return a text on one line, without unseen characters, that no client turns into a link, mention or markup."""
    return plain(text).replace("://", ":/ /").replace("`", "'").replace("@", "(at)")
