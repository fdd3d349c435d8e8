"""Somebody knocks again and again on the ports by which machines are administered.

## What it checks

Each recorded interface: rejected requests to the ports of `ports` (SSH and RDP).

- From inside the network, `internal_records` or more: somebody in there tries doors. Severity medium.
- From the Internet, `internet_records` or more: a scan, stopped as intended. Severity info.

## Why it matters

Rejected logins from inside are what a spreading intruder looks like. Scans from outside are normal, and show which
interfaces have public addresses.

## When it cannot tell

Records do not tell who sat at the other end, nor whether it was a person, a monitoring system or an intruder.

## Parameters

- `ports` ([22, 3389]): destination ports that count.
- `internal_records` (10), `internet_records` (100): how many rejected records make a finding.

## Remediation

Find the sender. Where it is wanted, let it in by a rule; where it is not, the group already stops it.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.diagnosis import Diagnosis
from checker.model.entity import Entity
from checker.model.finding import Remediation, Severity
from checker.model.firewall import Direction
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, failed, name, passed
from checker.rules._traffic import (
    MOST_EVIDENCE,
    counted,
    evidence,
    facts,
    id_of,
    interfaces,
    is_inside,
    of_interface,
    weakest,
)

_DEFAULTS: Final[Params] = {"ports": [22, 3389], "internal_records": 10, "internet_records": 100}


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return the interfaces with records."""
    seen = {each.interface for each in ctx.recorded.log.interfaces} if ctx.recorded else set()
    return [each for each in interfaces(ctx) if id_of(each) in seen]


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge one interface by the rejected logins that reached it."""
    ports = params.get("ports")
    wanted = {each for each in ports if isinstance(each, int)} if isinstance(ports, list) else set()
    knocks = [each for each in of_interface(ctx, entity) if _is_login(each, wanted)]
    inside = [each for each in knocks if is_inside(each)]
    outside = [each for each in knocks if not is_inside(each)]
    if _records(inside) >= _number(params, "internal_records"):
        return _fail(entity, inside, "from inside the network", None)
    if _records(outside) >= _number(params, "internet_records"):
        return _fail(entity, outside, "from the Internet", Severity.INFO)
    says = f"{counted(_records(inside), 'rejected login')} from inside, {_records(outside)} from the Internet"
    return passed(f"Nobody knocks repeatedly on {name(entity)}.", [fact(says, entity)], {"flows": []})


def _is_login(found: Diagnosis, ports: set[int]) -> bool:
    service = found.service_ports
    if found.direction is not Direction.INGRESS or service is None or service.first != service.last:
        return False
    return service.first in ports


def _records(several: Iterable[Diagnosis]) -> int:
    return sum(each.traffic.records for each in several)


def _number(params: Params, key: str) -> int:
    value = params.get(key)
    return value if isinstance(value, int) else 0


def _fail(entity: Entity, found: list[Diagnosis], whence: str, severity: Severity | None) -> Outcome:
    logins, peers = _records(found), sum(each.peers.count for each in found)
    were = "was" if logins == 1 else "were"
    whom = "1 address" if peers == 1 else f"{peers} addresses"
    return failed(
        f"{counted(logins, 'login')} {whence} to {name(entity)} {were} rejected, from {whom}.",
        [evidence(each) for each in found[:MOST_EVIDENCE]],
        facts(found),
        Remediation(summary="Find the sender; let it in by a rule where it is wanted."),
        severity=severity,
        confidence=weakest(found),
    )


RULE = Rule(
    id="TR004",
    name="traffic-login-attempts",
    title="Repeated rejected logins",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="Rejected logins from inside the network are what a spreading intruder looks like.",
    default_params=_DEFAULTS,
    params_schema={
        "ports": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 65535}},
        "internal_records": {"type": "integer", "minimum": 1},
        "internet_records": {"type": "integer", "minimum": 1},
    },
)
