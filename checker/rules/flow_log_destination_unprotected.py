"""What a flow log delivers to is not protected: too short or no retention, public access, no key of one's own.

## What it checks

The log group, bucket or delivery stream of each flow log:

- Retention below `retention_days`, or none set. "Never expires" fails too: nobody has decided how long records are
  kept, and cost only grows. For a bucket: no enabled lifecycle rule that expires or moves objects, or one that
  expires them too early.
- Public access: a setting of the bucket's public access block is off, or its policy admits everybody.
- Low: no customer managed key, or a bucket or trust policy that admits the AWS service on behalf of any account (no
  `aws:SourceAccount` or `aws:SourceArn` condition).
- Versioning and object lock, where the policy asks for them.

One finding per flow log: its severity is that of the worst defect, the others are evidence.

## Why it matters

Flow logs are evidence. Evidence that anybody can read, that is deleted early, or that another account can write to,
is worth little; evidence that is never deleted is paid for for ever.

## When it cannot tell

When the destination is outside the input, or a setting comes from an expression that cannot be evaluated, unless
another defect is certain. A bucket without a public access block in the configuration passes with an assumption: AWS
blocks all public access to buckets made since April 2023. In a live account an absent block is a defect. An empty
destination is FL005's to report.

## Parameters

- `retention_days` (365)
- `require_lifecycle` (true), `require_customer_key` (true), `require_source_condition` (true)
- `require_versioning` (false), `require_object_lock` (false)
- `aspects`: what is looked at: `retention`, `public-access`, `key`, `source-condition`, `versioning` and `object-lock`,
  by default all. Some frameworks ask for one of them only.
- `endless` (fail): `pass` where records that nothing ever deletes are kept long enough.
- `managed_elsewhere` (empty): destinations that others keep: `arn`, `account`, `owner`, `checked_by`.

## Remediation

Set the retention, block public access, add the key or the condition; the finding shows the block.

## References

- https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html
- https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
- https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
- https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.destination import Bucket, DeliveryStream, LogGroup
from checker.model.entity import Entity
from checker.model.finding import Confidence, Json, Severity
from checker.model.flow_log import FlowLog
from checker.model.identity import Role
from checker.model.known import Unknown
from checker.rules._destination import ELSEWHERE_SCHEMA, absent, describe, destroyed, is_empty, kept_elsewhere, owner_of
from checker.rules._fix import own_block
from checker.rules._protection import (
    ASPECTS,
    Trait,
    asked_for,
    bucket_traits,
    group_traits,
    stream_traits,
    trust_traits,
)
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import assumed, fact, failed, name, not_applicable, of_kind, passed, unknown
from checker.rules._strict import higher, more_items, ranked


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every flow log."""
    return ctx.model.flow_logs


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the protection of one flow log's destination."""
    log = of_kind(FlowLog, entity)
    destination = log.destination
    if isinstance(destination, Unknown):
        message = f"{name(log)}: the destination is not known ({destination.reason})."
        return unknown(message, [fact(destination.reason, log)], {"destination": "unknown"})
    if is_empty(destination):
        reason = "there is no destination to protect"
        return not_applicable(f"{name(log)}: {reason} (FL005).", [fact(reason, log)], {"destination": None})
    gone = destroyed(log, ctx)
    if gone is not None:
        reason = f"this plan destroys the destination {name(gone)}"
        return not_applicable(f"{name(log)}: {reason} (FL005).", [fact(reason, gone)], {"destination": "destroyed"})
    missing = absent(log, ctx)
    if missing is not None:
        reason = f"{describe(destination)} does not exist"
        return not_applicable(f"{name(log)}: {reason} (FL005).", [fact(missing.says, log)], {"destination": "absent"})
    owner = owner_of(ctx, log)
    kept = kept_elsewhere(log, params)
    if kept is not None and (owner is None or not owner.origin.managed):
        declared = f"the policy declares {kept['arn']} kept by {kept['owner']}, checked by {kept['checked_by']}"
        message = f"{name(log)} delivers to what another team keeps."
        return not_applicable(message, [fact(declared)], {"managed_elsewhere": str(kept["arn"])})
    memo = ("traits", "" if owner is None else owner.key, str(log.role), repr(params))
    traits = ctx.memory.get(memo)
    if not isinstance(traits, list):
        traits = ctx.memory[memo] = _traits(log, owner, ctx, params)
    if not isinstance(owner, LogGroup | Bucket | DeliveryStream):
        says = f"{describe(destination)} is not in the input: whether it is protected is not known"
        return unknown(f"{name(log)}: {says}.", [fact(says, log)], {"destination": "outside"})
    return _sum(log, asked_for(traits, params))


def _traits(log: FlowLog, owner: Entity | None, ctx: Context, params: Params) -> list[Trait]:
    if isinstance(owner, LogGroup):
        role = ctx.model.by_key.get(log.role) if isinstance(log.role, str) else None
        return [*group_traits(owner, ctx, params), *(trust_traits(role, params) if isinstance(role, Role) else [])]
    if isinstance(owner, Bucket):
        return bucket_traits(owner, ctx, params)
    return stream_traits(owner, ctx, params) if isinstance(owner, DeliveryStream) else []


def _sum(log: FlowLog, traits: list[Trait]) -> Outcome:
    """Add the traits up: the worst defect decides, then a doubt, then the merits."""
    defects = sorted((trait for trait in traits if trait.ok is False), key=lambda trait: -trait.severity)
    doubts = [trait for trait in traits if trait.ok is None]
    rest = [trait for trait in traits if trait.ok is True]
    evidence = [fact(trait.says, trait.entity) for trait in [*defects, *doubts, *rest]] + list(assumed([log]))
    if not traits:
        evidence.append(fact("nothing that is asked for applies to this kind of destination", log))
    facts: dict[str, Json] = {"defects": [trait.says for trait in defects]}
    if defects:
        worst = defects[0]
        more = f" (and {len(defects) - 1} more)" if len(defects) > 1 else ""
        fix = worst.fix() if worst.fix is not None else own_block(worst.entity, "Protect the destination.", "")
        message = f"{name(log)}: {worst.says}{more}."
        return failed(message, evidence, facts, fix, severity=worst.severity)
    if doubts:
        return unknown(f"{name(log)}: {doubts[0].says}.", evidence, facts)
    sure = not any(trait.assumed for trait in rest) and not log.assumptions
    message = f"What {name(log)} delivers to is protected."
    return passed(message, evidence, facts, confidence=Confidence.HIGH if sure else Confidence.MEDIUM)


RULE: Final = Rule(
    id="FL006",
    name="flow-log-destination-unprotected",
    title="Destination of a flow log not protected",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="Records that anybody can read, that are deleted early or never, or that others can write, are no evidence.",
    default_params={
        "retention_days": 365,
        "require_lifecycle": True,
        "require_customer_key": True,
        "require_source_condition": True,
        "require_versioning": False,
        "require_object_lock": False,
        "aspects": list(ASPECTS),
        "endless": "fail",
        "managed_elsewhere": [],
    },
    stricter={"retention_days": higher, "aspects": more_items, "endless": ranked("fail", "pass")},
    params_schema={
        "retention_days": {"type": "integer", "minimum": 1},
        "require_lifecycle": {"type": "boolean"},
        "require_customer_key": {"type": "boolean"},
        "require_source_condition": {"type": "boolean"},
        "require_versioning": {"type": "boolean"},
        "require_object_lock": {"type": "boolean"},
        "aspects": {"type": "array", "items": {"enum": list(ASPECTS)}, "minItems": 1, "uniqueItems": True},
        "endless": {"enum": ["fail", "pass"]},
        "managed_elsewhere": dict(ELSEWHERE_SCHEMA),
    },
)
