"""Records are missing: AWS skipped some, or an interface that should be recorded has none.

## What it checks

Each interface of a VPC of which any records were read.

- `SKIPDATA` above `skipped_percent` of its records: AWS could not keep up, or an internal error lost them.
- No record at all in the window, not even `NODATA`, although the interface is in use: it is dark, or the logs that
  were given are not all there is. Severity low.

## Why it matters

What is not recorded cannot be explained, and "nothing was rejected" is then no statement.

## When it cannot tell

It is not known whether an interface is in use. Interfaces of VPCs without any record are not judged: their logs were
probably not given. Nor are those that `--interface`, `--vpc` or `--account-id` leave out.

## Parameters

- `skipped_percent` (5): share of `SKIPDATA` records that is too much.

## Remediation

Give all logs of the VPC and a window of at least one aggregation interval and the delay of delivery. Where an interface
stays dark, `flowcheck account` says why.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.model.entity import Entity
from checker.model.finding import Remediation, Severity
from checker.model.known import Unknown
from checker.model.network import NetworkInterface
from checker.model.traffic import InterfaceSeen
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, failed, name, not_applicable, of_kind, passed, unknown
from checker.rules._traffic import id_of, interfaces


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return the interfaces of VPCs that have records."""
    seen = _seen(ctx)
    all_of = interfaces(ctx)
    vpcs = {each.vpc for each in all_of if id_of(each) in seen and isinstance(each.vpc, str)}
    return [each for each in all_of if isinstance(each.vpc, str) and each.vpc in vpcs and _asked_for(each, ctx)]


def _asked_for(interface: NetworkInterface, ctx: Context) -> bool:
    """Say whether window and filters would let records of an interface through."""
    facts = ctx.recorded.log.summary.facts if ctx.recorded else {}
    only, accounts = facts.get("only_interfaces"), facts.get("only_accounts")
    if only is not None and id_of(interface) not in only.split():
        return False
    return accounts is None or (isinstance(interface.account, str) and interface.account in accounts.split())


def _seen(ctx: Context) -> dict[str, InterfaceSeen]:
    return {each.interface: each for each in ctx.recorded.log.interfaces} if ctx.recorded else {}


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge one interface by what its records lack."""
    interface = of_kind(NetworkInterface, entity)
    seen = _seen(ctx).get(id_of(interface))
    if seen is None:
        return _silent(interface)
    records = seen.accepted + seen.rejected + seen.no_data + seen.skipped
    share = 100 * seen.skipped / records if records else 0.0
    most = params.get("skipped_percent")
    says = f"{seen.skipped} of {records} records are SKIPDATA"
    facts = {"silent": False, "skipped": share > float(most) if isinstance(most, int | float) else False}
    if not facts["skipped"]:
        return passed(f"Records of {name(interface)} are there.", [fact(says, interface)], facts)
    return failed(
        f"AWS lost records of {name(interface)}: {says}.",
        [fact(says, interface)],
        facts,
        Remediation(summary="Treat what is said of this interface as incomplete; a wider window may help."),
    )


def _silent(interface: NetworkInterface) -> Outcome:
    says = "no record of it was read, not even NODATA"
    facts = {"silent": True}
    if isinstance(interface.in_use, Unknown):
        why = f"{says}; whether it is in use is not known: {interface.in_use.reason}"
        return unknown(f"Whether {name(interface)} should have records is not known.", [fact(why, interface)], facts)
    if not interface.in_use:
        return not_applicable(f"{name(interface)} is attached to nothing.", [fact("it is not in use", interface)])
    return failed(
        f"{name(interface)} has no record in the window: it is dark, or not all logs were given.",
        [fact(says, interface)],
        facts,
        Remediation(summary="Give all logs of its VPC; `flowcheck account` says whether it is recorded."),
        severity=Severity.LOW,
    )


RULE = Rule(
    id="TR005",
    name="traffic-records-missing",
    title="Records are missing",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="What is not recorded cannot be explained.",
    default_params={"skipped_percent": 5},
    params_schema={"skipped_percent": {"type": "number", "minimum": 0, "maximum": 100}},
)
