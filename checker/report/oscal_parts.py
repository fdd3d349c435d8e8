"""Pieces of an OSCAL document: UUIDs, properties, subjects, and what a verdict becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from checker.model.finding import Finding, Report, Resource, Status
from checker.report import say
from checker.report.markdown_text import prose as markdown
from checker.report.run_json import timestamp
from checker.report.sanitize import plain

NAMESPACE: Final = "https://github.com/flowcheck/flowcheck/ns/oscal"
_ROOT: Final = UUID("6d0c2a5e-7c5b-5e0e-9f0a-3b1f6a2d8c41").bytes
"""Made once; every UUID of a document comes from it."""


class Names:
    """The UUIDs of one document. Equal runs have equal ones, different runs different ones."""

    def __init__(self, run: str) -> None:
        self._space = UUID(_uuid(_ROOT, run)).bytes
        self._subjects: dict[tuple[str, ...], str] = {}

    def uuid(self, *words: str) -> str:
        """Return the UUID of what the words name."""
        return _uuid(self._space, "\x00".join(words))

    def observation(self, finding_id: str) -> str:
        """Return the UUID of a finding's observation."""
        return self.uuid("observation", finding_id)

    def subject(self, resource: Resource) -> str:
        """Return the UUID of a subject; it is the same in every run."""
        key = key_of(resource)
        known = self._subjects.get(key)
        if known is None:
            known = self._subjects[key] = _uuid(_ROOT, "\x00".join(("subject", *key)))
        return known


def _uuid(space: bytes, words: str) -> str:
    """Return the UUID of version 5 of some words, as ``uuid.uuid5`` does, in a fifth of the time.

    Source: RFC 9562, 5.5.
    """
    name = words.encode("utf-8", "surrogatepass").hex().encode()
    made = bytearray(hashlib.sha1(space + name, usedforsecurity=False).digest()[:16])
    made[6] = made[6] & 0x0F | 0x50
    made[8] = made[8] & 0x3F | 0x80
    text = made.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


prose: Final = lru_cache(maxsize=4096)(markdown)
"""Titles, reasons and fixes are the same for many findings."""


def key_of(resource: Resource) -> tuple[str, ...]:
    """Return what tells a subject from all others."""
    return (resource.root, resource.type, resource.address or "", resource.arn or "", resource.id or "")


def prop(name: str, value: str) -> dict[str, str]:
    """Return a property; OSCAL wants its value on one line, not empty and without blanks around it."""
    return {"name": name, "ns": NAMESPACE, "value": plain(value).strip() or "-"}


def subjects(report: Report, names: Names) -> Iterator[dict[str, Any]]:
    """Yield each subject of a finding once, in the order of the findings."""
    seen: set[tuple[str, ...]] = set()
    for finding in report.findings:
        key = key_of(finding.resource)
        if key not in seen:
            seen.add(key)
            yield _item(finding, names)


def _item(finding: Finding, names: Names) -> dict[str, Any]:
    resource = finding.resource
    facts = {
        "type": resource.type,
        "terraform-address": resource.address,
        "arn": resource.arn,
        "id": resource.id,
        "account": resource.account,
        "region": resource.region,
        "root": resource.root,
    }
    return {
        "uuid": names.subject(resource),
        "description": prose(say.subject(finding)),
        "props": [prop(name, value) for name, value in facts.items() if value] or [prop("type", resource.type)],
    }


def observation(finding: Finding, names: Names, moment: str) -> dict[str, Any]:
    """Return a verdict as an observation, with its evidence."""
    found: dict[str, Any] = {
        "uuid": names.observation(finding.id),
        "title": prose(f"{finding.rule_id} {finding.rule_name}: {finding.status.value}"),
        "description": prose(finding.message),
        "props": [*_props(finding)],
        "methods": ["TEST"],
        "types": ["finding"],
        "subjects": [{"subject-uuid": names.subject(finding.resource), "type": "inventory-item"}],
        "collected": moment,
    }
    if finding.evidence:
        found["relevant-evidence"] = [
            _evidence(each.statement, say.origin_text(each.origin)) for each in finding.evidence
        ]
    return found


def _props(finding: Finding) -> Iterator[dict[str, str]]:
    yield prop("rule", finding.rule_id)
    yield prop("finding-id", finding.id)
    yield prop("status", finding.status.value)
    yield prop("severity", finding.severity.label)
    yield prop("confidence", finding.confidence.value)
    if finding.change:
        yield prop("change", finding.change.value)
    if finding.baselined:
        yield prop("baseline", "in the baseline")
    if where := say.place(finding.location):
        yield prop("place", where)


def _evidence(statement: str, where: str) -> dict[str, str]:
    return {"description": prose(f"{statement} ({where})" if where else statement)}


def risk(finding: Finding, names: Names) -> dict[str, Any] | None:
    """Return the risk of a failure: open, or accepted by a waiver; None for other verdicts."""
    if finding.status not in (Status.FAIL, Status.WAIVED):
        return None
    found: dict[str, Any] = {
        "uuid": names.uuid("risk", finding.id),
        "title": prose(f"{finding.rule_id} {finding.rule_name}: {say.subject(finding)}"),
        "description": prose(finding.message),
        "statement": prose(finding.why),
        "props": [prop("severity", finding.severity.label)],
        "status": "deviation-approved" if finding.status is Status.WAIVED else "open",
        "related-observations": [{"observation-uuid": names.observation(finding.id)}],
    }
    if waiver := finding.waiver:
        found["mitigating-factors"] = [
            {"uuid": names.uuid("waiver", finding.id), "description": prose(f"Accepted: {say.waiver_text(finding)}")}
        ]
        if waiver.until is not None:
            end = datetime.combine(waiver.until, time(23, 59, 59), tzinfo=UTC)
            found["deadline"] = timestamp(end)
    if finding.remediation is not None:
        found["remediations"] = [
            {
                "uuid": names.uuid("remediation", finding.id),
                "lifecycle": "recommendation",
                "title": "Fix",
                "description": prose(finding.remediation.summary),
            }
        ]
    return found
