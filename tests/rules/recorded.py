"""Findings of the rules on recorded traffic, from aggregates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from checker.filter.diagnose import diagnose
from checker.filter.index import Index
from checker.model.diagnosis import Recorded
from checker.model.finding import Finding
from checker.model.loaded import Loaded
from checker.model.model import NetworkModel
from checker.model.record import replace
from checker.model.traffic import FlowAggregate, InterfaceSeen
from checker.rules._fix_traffic import TrafficFixes
from checker.rules.engine import judge
from tests.filter.net import BEFORE, READ, log
from tests.rules.build import settings


def seen(interface: str, **over: Any) -> InterfaceSeen:
    made: dict[str, Any] = {"interface": interface, "accepted": 10, "rejected": 1, "no_data": 0, "skipped": 0,
                            "first": BEFORE, "last": BEFORE, "flow_logs": ()}  # fmt: skip
    return InterfaceSeen(**{**made, **over})


def recorded(
    model: NetworkModel,
    *flows: FlowAggregate,
    interfaces: tuple[InterfaceSeen, ...] | None = None,
    taken: datetime | None = READ,
    facts: dict[str, str] | None = None,
    **params: Any,
) -> dict[tuple[str, str], Finding]:
    """Return findings by rule and subject; every interface of a flow was seen unless others are named."""
    names = sorted({flow.interface for flow in flows} | {"eni-server"})
    found = log(*flows)
    found = replace(found, summary=replace(found.summary, facts=facts or {}))
    found = replace(found, interfaces=tuple(seen(each) for each in names) if interfaces is None else interfaces)
    fixes = TrafficFixes(model, lambda: diagnoses)
    diagnoses = diagnose(found, Index(model), taken=taken, fixes=fixes)
    made = Recorded(log=found, diagnoses=diagnoses, fixes=fixes)
    verdict = judge(Loaded(after=model), settings(**params), recorded=made)
    assert verdict.crashed == ()
    return {(each.rule_id, each.resource.id or ""): each for each in verdict.findings}
