"""Apply waivers to findings.

A waiver turns ``fail`` into ``waived`` and touches no other status: an unknown verdict stays unknown, since nobody can
accept what is not known. It holds to the end of its last day, UTC; from then on the finding is open again and says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Final, TypeAlias

from checker.model.entity import Tags
from checker.model.finding import Evidence, Finding, Resource, Status, WaiverRef
from checker.model.known import Maybe, Unknown
from checker.model.model import NetworkModel
from checker.model.record import dataclass, field, replace
from checker.policy._policy import Waiver
from checker.policy.glob import address_matches, arn_matches, folder_matches, literal_start, text_matches
from checker.policy.select import Verdict, tags_match
from checker.policy.waiver_file import place_of

SOON_DAYS: Final = 30

_Candidate: TypeAlias = tuple[int, str, Waiver]
"""Position of a waiver, what the addresses it covers start with, the waiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverResult:
    """Findings with waivers applied, in the order given, and what is to be said about the waivers."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Use:
    """What one waiver met for one of its rules."""

    statuses: set[Status] = field(default_factory=set)
    undecided: set[str] = field(default_factory=set)


def apply_waivers(
    findings: Iterable[Finding],
    waivers: Sequence[Waiver],
    *,
    today: date,
    models: Sequence[NetworkModel] = (),
    ran: Collection[str] | None = None,
) -> WaiverResult:
    """Return the findings with waivers applied and notes on waivers that are expired, soon to expire, or of no use.

    ``models`` are the networks judged (after, before), needed for scopes by tag. ``ran`` are the ids of the rules that
    ran, all if None: of the others it cannot be said that a waiver is of no use.
    """
    by_rule: dict[str, list[_Candidate]] = defaultdict(list)
    for at, waiver in enumerate(waivers):
        start = literal_start(waiver.address) if waiver.address is not None else ""
        for rule in waiver.rules:
            by_rule[rule].append((at, start, waiver))
    tags = _TagIndex(models)
    uses: dict[tuple[int, str], _Use] = defaultdict(_Use)
    result = tuple(_apply(finding, by_rule[finding.rule_id], uses, today, tags) for finding in findings)
    return WaiverResult(findings=result, notes=tuple(_notes(waivers, uses, today, ran)))


def _apply(
    finding: Finding,
    candidates: Iterable[_Candidate],
    uses: dict[tuple[int, str], _Use],
    today: date,
    tags: _TagIndex,
) -> Finding:
    expired: list[Waiver] = []
    chosen: Waiver | None = None
    address = finding.resource.address or ""
    for at, start, waiver in candidates:
        covers = address.startswith(start) and _covers(waiver, finding.resource, tags)
        if covers is False:
            continue
        use = uses[at, finding.rule_id]
        if isinstance(covers, str):
            if finding.status is Status.FAIL:
                use.undecided.add(covers)
            continue
        use.statuses.add(finding.status)
        if is_expired(waiver, today):
            expired.append(waiver)
        elif chosen is None:
            chosen = waiver
    if finding.status is not Status.FAIL:
        return finding
    return _waived(finding, chosen) if chosen is not None else _reopened(finding, expired)


def is_expired(waiver: Waiver, today: date) -> bool:
    """Return whether a waiver no longer holds on a day (UTC); its last day is still covered."""
    return waiver.until is not None and today > waiver.until


def expiry_of(waiver: Waiver) -> str:
    """Return what a finding says that a waiver no longer covers."""
    return f"the waiver at {place_of(waiver)} expired on {waiver.until}"


def _waived(finding: Finding, waiver: Waiver) -> Finding:
    ref = WaiverRef(source=place_of(waiver), reason=waiver.reason, owner=waiver.owner, until=waiver.until)
    return replace(finding, status=Status.WAIVED, waiver=ref)


def _reopened(finding: Finding, expired: Sequence[Waiver]) -> Finding:
    if not expired:
        return finding
    said = tuple(Evidence(statement=expiry_of(waiver), origin=waiver.origin) for waiver in expired)
    return replace(finding, evidence=finding.evidence + said)


def _covers(waiver: Waiver, resource: Resource, tags: _TagIndex) -> Verdict:
    """Return whether a waiver's scope holds the subject of a finding, or why that cannot be decided."""
    if waiver.address is not None and not (resource.address and address_matches(waiver.address, resource.address)):
        return False
    if waiver.root is not None and not folder_matches(waiver.root, resource.root):
        return False
    if waiver.arn is not None and resource.arn is not None and not arn_matches(waiver.arn, resource.arn):
        return False
    for wanted, given in ((waiver.account, resource.account), (waiver.region, resource.region)):
        if wanted is not None and given is not None and not text_matches(wanted, given):
            return False
    verdict = tags_match({key: (value,) for key, value in waiver.tags.items()}, tags.of(resource))
    if verdict is not True:
        return verdict
    missing = {"arn": (waiver.arn, resource.arn), "account": (waiver.account, resource.account)}
    missing["region"] = (waiver.region, resource.region)
    unknown = [word for word, (wanted, given) in missing.items() if wanted is not None and given is None]
    return f"the {unknown[0]} of {_name(resource)} is not known" if unknown else True


def _name(resource: Resource) -> str:
    return resource.address or resource.arn or resource.id or resource.type


class _TagIndex:
    """Tags by subject, built when the first waiver asks for them."""

    def __init__(self, models: Sequence[NetworkModel]) -> None:
        self._models = models
        self._tags: dict[tuple[str, str], Maybe[Tags]] | None = None

    def of(self, resource: Resource) -> Maybe[Tags]:
        """Return the tags of a finding's subject; Unknown where it is not in the models."""
        if self._tags is None:
            self._tags = {}
            for model in reversed(self._models):
                for entity in model.entities():
                    for name in (entity.origin.address, entity.arn, entity.id):
                        if isinstance(name, str):
                            self._tags[entity.origin.root, name] = entity.tags
        for name in (resource.address, resource.arn, resource.id):
            if name is not None and (resource.root, name) in self._tags:
                return self._tags[resource.root, name]
        return Unknown(f"{_name(resource)} was not read")


def _notes(
    waivers: Sequence[Waiver], uses: dict[tuple[int, str], _Use], today: date, ran: Collection[str] | None
) -> list[str]:
    notes = []
    for at, waiver in enumerate(waivers):
        place = place_of(waiver)
        for rule in waiver.rules:
            if ran is None or rule in ran:
                notes += [f"waiver at {place} {said}" for said in _use(rule, uses.get((at, rule), _Use()))]
        if waiver.until is not None and is_expired(waiver, today):
            notes.append(f"waiver at {place} expired on {waiver.until}: what it covered is open again")
        elif waiver.until is not None and (waiver.until - today).days <= SOON_DAYS:
            notes.append(f"waiver at {place} ends on {waiver.until}, in {(waiver.until - today).days} days")
    endless = [place_of(waiver) for waiver in waivers if waiver.until is None]
    if endless:
        notes.append(f"{len(endless)} waivers without an end date (until): {', '.join(endless)}")
    return notes


def _use(rule: str, use: _Use) -> list[str]:
    """Return what is to be said of a waiver's use for one rule; nothing where it waives a failure."""
    said = []
    if use.undecided:
        others = f" (and {len(use.undecided) - 1} more)" if len(use.undecided) > 1 else ""
        said = [f"could not be decided for {rule}, so it waives nothing there: {min(use.undecided)}{others}"]
    if Status.FAIL in use.statuses or (said and not use.statuses):
        return said
    if Status.UNKNOWN in use.statuses:
        return [*said, f"meets only unknown verdicts of {rule}; a waiver covers failures only"]
    if use.statuses:
        return [*said, f"is stale: what it covers no longer fails {rule}"]
    return [*said, f"matches nothing that {rule} judges"]
