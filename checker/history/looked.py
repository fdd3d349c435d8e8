"""What a run looked at: the ground for saying that something is gone rather than not examined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from checker.model.finding import Gap, Report
from checker.model.model import Unread
from checker.model.record import dataclass

_TRAFFIC: Final = "TR"
"""Family of the rules that judge records: what no record tells of may still be there."""
_GLOBAL: Final = "global"
_BUG: Final = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The bounds of one run."""

    rules: frozenset[str]
    """Rules that ran and were switched on."""
    accounts: frozenset[str] | None
    """None where the input was no account."""
    regions: frozenset[str]
    roots: frozenset[str]
    """Root modules, or ``account/region``, that findings name."""
    unread: tuple[tuple[tuple[str, ...], str | None], ...] = ()
    """Pairs of types (empty for any) and root (None for everywhere, an account for all of it)."""
    whole: bool = True
    """False where a rule broke."""

    def covers(self, rule: str, type_: str, root: str) -> bool:
        """Return whether a subject that this run does not name would have been named if it were there."""
        if not self.whole or rule not in self.rules or rule.startswith(_TRAFFIC):
            return False
        account, _, region = root.partition("/")
        if self.accounts is None:
            if root not in self.roots:
                return False
        elif account not in self.accounts or region not in {*self.regions, _GLOBAL}:
            return False
        return not any((not types or type_ in types) and where in (None, root, account) for types, where in self.unread)

    def values(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "rules": sorted(self.rules),
            "accounts": None if self.accounts is None else sorted(self.accounts),
            "regions": sorted(self.regions),
            "roots": sorted(self.roots),
            "unread": [[list(types), root] for types, root in self.unread],
            "whole": self.whole,
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Looked:
        """Return it from JSON values."""
        accounts = values["accounts"]
        return cls(
            rules=frozenset(values["rules"]),
            accounts=None if accounts is None else frozenset(accounts),
            regions=frozenset(values["regions"]),
            roots=frozenset(values["roots"]),
            unread=tuple((tuple(types), root) for types, root in values["unread"]),
            whole=bool(values["whole"]),
        )


def looked_at(report: Report, unread: Sequence[Unread] | None) -> Looked:
    """Return the bounds of a run; without ``unread``, each gap counts against all that it may touch."""
    policy = report.run.policy
    off: set[str] = set()
    for key in ("switched_off", "left_out"):
        listed = policy.get(key)
        off |= {str(word) for word in listed} if isinstance(listed, list) else set()
    live = [each for each in report.run.inputs if each.get("kind") in ("account", "snapshot")]
    if unread is not None:
        missing = {(each.types, each.root) for each in unread}
    else:
        missing = {((), _where(each)) for each in report.gaps}
    closed = {((), gap.account) for gap in report.gaps if gap.account is not None and gap.region is None}
    return Looked(
        rules=frozenset(rule.id for rule in report.rules) - off,
        accounts=frozenset(_words(live, "accounts", "path")) if live else None,
        regions=frozenset(_words(live, "regions")),
        roots=frozenset(each.resource.root for each in report.findings),
        unread=tuple(sorted(missing | closed, key=lambda each: (each[1] or "", each[0]))),
        whole=report.exit_code != _BUG,
    )


def _where(gap: Gap) -> str | None:
    """Return what a gap may hide things of: a region, an account, or None for everything."""
    if gap.account is None or gap.region in (None, _GLOBAL):
        return gap.account
    return f"{gap.account}/{gap.region}"


def _words(inputs: Sequence[Mapping[str, Any]], *names: str) -> set[str]:
    """Return the words of a comma-separated fact; a live account's input names its accounts as its path."""
    found: set[str] = set()
    for each in inputs:
        for name in names:
            if name == "path" and each.get("kind") != "account":
                continue
            found |= {word.strip() for word in str(each.get(name) or "").split(",") if word.strip()}
    return found
