"""What is lost although flow logs stand there: traffic that they leave out, and records that do not arrive.

Facts come from the verdicts of three rules. A place is defective only where no sound log is left for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, TypeAlias

from checker.model.assessment import CoverageDefect
from checker.model.entity import Entity
from checker.model.finding import Finding, Status
from checker.model.known import Unknown
from checker.model.model import NetworkModel

FILTERED: Final = "FL002"
"""The rule that says which traffic is left out, of the VPC as a whole."""
BROKEN: Final = ("FL004", "FL005")
"""Rules on a single log that fail where its records do not come to where they should."""
DEFECT_RULES: Final = (FILTERED, *BROKEN)

_FAILED: Final = (Status.FAIL, Status.WAIVED)
"""What somebody accepted is lost all the same."""

Subject: TypeAlias = tuple[str | None, ...]


def place_of(entity: Entity) -> Subject:
    """Return what tells the subjects of one rule apart."""
    name = entity.id if isinstance(entity.id, str) else None
    arn = entity.arn if isinstance(entity.arn, str) else None
    return entity.type, entity.origin.root, entity.origin.address, arn, name


def subject_of(finding: Finding) -> Subject:
    """Return the same of a finding's subject."""
    resource = finding.resource
    return resource.type, resource.root, resource.address, resource.arn, resource.id


class Defects:
    """What is wrong with the flow logs of each VPC and transit gateway."""

    def __init__(self, model: NetworkModel, findings: Iterable[Finding], extra: Iterable[Finding]) -> None:
        self._filtered: dict[Subject, CoverageDefect] = {}
        broken: dict[Subject, list[CoverageDefect]] = defaultdict(list)
        for told, reported in ((findings, True), (extra, False)):
            for each in told:
                if each.rule_id in DEFECT_RULES and each.status in _FAILED:
                    defect = _defect(each, reported)
                    if each.rule_id == FILTERED:
                        self._filtered[subject_of(each)] = defect
                    else:
                        broken[subject_of(each)].append(defect)
        self._names = _names(model)
        self._on: dict[str, list[tuple[CoverageDefect, ...]]] = defaultdict(list)
        for log in model.flow_logs:
            if not isinstance(log.target, Unknown):
                self._on[self._names.get(log.target, log.target)].append(tuple(broken.get(place_of(log), ())))
        self._subnets: dict[str, list[str]] = defaultdict(list)
        for subnet in model.subnets:
            if not isinstance(subnet.vpc, Unknown):
                self._subnets[self._names.get(subnet.vpc, subnet.vpc)].append(subnet.key)

    def of(self, entity: Entity) -> tuple[CoverageDefect, ...]:
        """Return what is lost there, the filter first; empty where nothing is known to be."""
        filtered = self._filtered.get(place_of(entity))
        return (*((filtered,) if filtered else ()), *self._broken(entity))

    def _broken(self, entity: Entity) -> tuple[CoverageDefect, ...]:
        own = self._on.get(entity.key, [])
        if any(not each for each in own):
            return ()
        below = [self._on.get(key, []) for key in self._subnets.get(entity.key, ())]
        if own and below and all(any(not each for each in logs) for logs in below):
            return ()  # each subnet has a sound log of its own
        lost = [logs for logs in (own, *below) if logs and all(logs)]
        return tuple(dict.fromkeys(defect for logs in lost for defects in logs for defect in defects))


def _names(model: NetworkModel) -> dict[str, str]:
    """Return the key of each place by its key, id and ARN."""
    found: dict[str, str] = {}
    for entity in (*model.vpcs, *model.subnets, *model.transit_gateways):
        for word in (entity.key, entity.id, entity.arn):
            if isinstance(word, str):
                found[word] = entity.key
    return found


def _defect(finding: Finding, reported: bool) -> CoverageDefect:
    waived = " (waived)" if finding.status is Status.WAIVED else ""
    return CoverageDefect(
        rule_id=finding.rule_id, message=f"{finding.message}{waived}", finding=finding.id if reported else None
    )
