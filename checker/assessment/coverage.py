"""How far each VPC and transit gateway is recorded: rows for reports, from the verdicts of the coverage rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from checker.assessment.defects import Defects, place_of, subject_of
from checker.model.assessment import CoverageRow
from checker.model.entity import Entity
from checker.model.finding import Finding, Status
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from checker.model.network import Vpc
from checker.model.origin import Source
from checker.model.record import replace

RULE: Final = "FL001"
"""The rule that settles coverage; its facts ``coverage``, ``covered``, ``dark`` and ``owner`` are read here."""

_STATES: Final = {
    "NONE": "none",
    "PARTIAL": "partial",
    "COVERED_BY_SUBNETS": "covered-by-subnets",
    "COVERED": "covered",
}
RECORDED: Final = ("covered", "covered-by-subnets", "partial")
"""States in which some flow log stands there, which may be defective."""
_LIVE: Final = (Source.ACCOUNT, Source.SNAPSHOT)


def coverage_rows(
    model: NetworkModel, findings: Iterable[Finding], extra: Iterable[Finding] = ()
) -> tuple[CoverageRow, ...]:
    """Return one row for each VPC and transit gateway, sorted by account, region and name.

    ``findings`` are those of the report; ``extra`` are verdicts of the coverage rules on what the run did not ask
    about: they settle state and defects, and no row refers to them. A VPC without any verdict is ``unknown``. A shared
    VPC that is judged with its owner has its row there only.
    """
    findings, extra = tuple(findings), tuple(extra)
    judged = {subject_of(each): each for each in extra if each.rule_id == RULE}
    reported = {subject_of(each): each for each in findings if each.rule_id == RULE}
    standing = _Standing(model)
    defects = Defects(model, findings, extra)
    rows = []
    for entity in (*model.vpcs, *model.transit_gateways):
        key = place_of(entity)
        found = reported.get(key)
        verdict = found if found and _tells(found) else judged.get(key) or found
        if verdict is not None and _elsewhere(verdict):
            continue
        row = _row(entity, verdict, found, standing)
        rows.append(replace(row, defects=defects.of(entity)) if row.state in RECORDED else row)
    return tuple(sorted(rows, key=_order))


def _row(entity: Entity, verdict: Finding | None, found: Finding | None, standing: _Standing) -> CoverageRow:
    state = _state(verdict)
    return CoverageRow(
        account=_known(entity.account),
        region=_known(entity.region),
        type=entity.type,
        id=_known(entity.id),
        address=entity.origin.address,
        name=name_tag(entity),
        state=state,
        interfaces=standing.interfaces(entity),
        dark=standing.dark(entity, verdict) if state in ("none", "partial", "waived") else (),
        finding=found.id if found else None,
    )


def _state(verdict: Finding | None) -> str:
    """Return the word of the contract. Nothing but a verdict makes a VPC covered."""
    if verdict is None or verdict.status is Status.UNKNOWN:
        return "unknown"
    if verdict.status is Status.WAIVED:
        return "waived"
    level, covered = verdict.facts.get("coverage"), verdict.facts.get("covered")
    if isinstance(level, str):
        return _STATES.get(level, "unknown")
    if isinstance(covered, bool):
        return "covered" if covered else "none"
    return "unknown"


def _tells(verdict: Finding) -> bool:
    """Say whether a verdict settles the state: one that only says that the rule is switched off does not."""
    return verdict.status is not Status.NOT_APPLICABLE or bool(verdict.facts)


def _elsewhere(verdict: Finding) -> bool:
    """Say whether a VPC is shared and judged with its owner, whose row it has."""
    return verdict.status is Status.NOT_APPLICABLE and "owner" in verdict.facts


class _Standing:
    """What stands in each VPC, by the VPC's key, id or ARN."""

    def __init__(self, model: NetworkModel) -> None:
        self._model = model
        self._names = {each.key: _name(each) for each in (*model.subnets, *model.network_interfaces)}
        self._vpc_of: dict[str, str] = {}
        for vpc in model.vpcs:
            for word in (vpc.key, vpc.id, vpc.arn):
                if isinstance(word, str):
                    self._vpc_of[word] = vpc.key
        self._interfaces: Mapping[str, int] = self._counted()
        self._subnets: dict[str, list[str]] = defaultdict(list)
        for subnet in model.subnets:
            if not isinstance(subnet.vpc, Unknown):
                self._subnets[self._vpc_of.get(subnet.vpc, subnet.vpc)].append(_name(subnet))

    def _counted(self) -> Mapping[str, int]:
        counted: dict[str, int] = defaultdict(int)
        for interface in self._model.network_interfaces:
            if not isinstance(interface.vpc, Unknown):
                counted[self._vpc_of.get(interface.vpc, interface.vpc)] += 1
        return counted

    def interfaces(self, entity: Entity) -> int | None:
        """Return how many interfaces a VPC has; None where the input does not show them all."""
        if not isinstance(entity, Vpc) or entity.origin.source not in _LIVE:
            return None
        if self._model.unread_for("aws_network_interface", entity.origin.root) is not None:
            return None
        return self._interfaces.get(entity.key, 0)

    def dark(self, entity: Entity, verdict: Finding | None) -> tuple[str, ...]:
        """Return the subnets without a log, as far as they are known; of a VPC without any, all of them."""
        if not isinstance(entity, Vpc):
            return ()
        told = verdict.facts.get("dark") if verdict else None
        if isinstance(told, list) and told:
            return tuple(sorted(self._names.get(str(key), str(key)) for key in told))
        whole = verdict is not None and verdict.facts.get("coverage") == "NONE"
        return tuple(sorted(self._subnets.get(entity.key, ()))) if whole else ()


def name_tag(entity: Entity) -> str | None:
    """Return the Name tag; None where there is none or it is not known."""
    label = None if isinstance(entity.tags, Unknown) else entity.tags.get("Name")
    return label if isinstance(label, str) and label else None


def _name(entity: Entity) -> str:
    return entity.origin.address or _known(entity.id) or entity.key


def _known(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _order(row: CoverageRow) -> tuple[str, ...]:
    return tuple(each or "" for each in (row.account, row.region, row.type, row.address, row.id, row.name, row.finding))
