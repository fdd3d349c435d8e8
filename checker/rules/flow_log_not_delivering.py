"""A flow log is known not to deliver.

## What it checks

Whether records can arrive, as far as the configuration, or AWS itself, tells:

- AWS reports the delivery as failed, or the flow log as not active; its error text is quoted.
- In a live account, with `--freshness`: nothing arrived for longer than twice the interval and 15 minutes, although
  network interfaces are in use. Each of them gives a record for every interval, if only to say that nothing passed.
- The destination is empty, does not exist, is taken away by the same plan, or uses the reserved folder name `AWSLogs`.
- Log group: the role is there, of the same account, trusts `vpc-flow-logs.amazonaws.com` and may create streams and
  put events in the group; the group's key admits CloudWatch Logs.
- Bucket: its policy admits `delivery.logs.amazonaws.com` to put objects under the account's `AWSLogs` path and to
  read the bucket's ACL, nothing denies that, and the bucket's key is a customer managed one that admits the service.
- Delivery stream: it takes direct puts and, in a live account, has the tag `LogDeliveryEnabled`; for a stream of
  another account both roles are named and the flow log's role trusts `delivery.logs.amazonaws.com`.

## Why it matters

AWS shows such a flow log as active. Nothing arrives, and nobody notices until the records are needed.

## When it cannot tell

When the destination, its policy, its key or the role is outside the input, or holds expressions that cannot be
evaluated. A destination that another team keeps is declared once in the policy (`destinations` with
`managed_elsewhere`); the rule is then not applicable and shows the declaration. A bucket of the same account without
a policy passes with the assumption that AWS attaches one; that of another account is unknown.

## Parameters

- `managed_elsewhere` (empty): destinations, or keys, that others keep: `arn`, `account`, `owner`, `checked_by`.

## Remediation

Grant what is missing; the finding shows the policy. Manage the bucket policy yourself: AWS's own statements are lost
when Terraform next writes the policy.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-firehose.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-troubleshooting.html
- https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from checker.model.destination import Bucket, DeliveryStream, LogGroup
from checker.model.entity import Entity
from checker.model.finding import Confidence, Json, Remediation, Severity
from checker.model.flow_log import FlowLog, LogDestination, LogDestinationType
from checker.model.known import Unknown
from checker.rules import _delivery_firehose, _delivery_logs, _delivery_s3
from checker.rules._delivery_fresh import freshness_points
from checker.rules._destination import (
    ELSEWHERE_SCHEMA,
    absent,
    describe,
    destroyed,
    is_empty,
    kept_elsewhere,
    owner_of,
)
from checker.rules._fix import NEW_BUCKET, NEW_BUCKET_ARN, own_arguments
from checker.rules._fix_policy import new_role
from checker.rules._point import Point, first
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import assumed, fact, failed, name, not_applicable, of_kind, passed, unknown


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every flow log."""
    return ctx.model.flow_logs


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge whether one flow log can deliver."""
    log = of_kind(FlowLog, entity)
    points = [*_reported(log), *freshness_points(log, ctx), *_needs(log, ctx, params)]
    evidence = [point.evidence() for point in points] + list(assumed([log]))
    facts = _facts(log, points)
    broken = first(points, False)
    if broken is not None:
        fix = broken.fix() if broken.fix is not None else _general_fix(log)
        return failed(f"{name(log)} does not deliver: {broken.says}.", evidence, facts, fix)
    kept = kept_elsewhere(log, params)
    owner = owner_of(ctx, log)
    if kept is not None and (owner is None or not owner.origin.managed):
        declared = f"the policy declares {kept['arn']} kept by {kept['owner']}, checked by {kept['checked_by']}"
        message = f"{name(log)} delivers to what another team keeps."
        return not_applicable(message, [fact(declared), *evidence], {"managed_elsewhere": str(kept["arn"])})
    open_ = first(points, None)
    if open_ is not None and log_reports_success(log):
        return passed(f"{name(log)} delivers: AWS reports success.", evidence, facts)
    if open_ is not None:
        return unknown(f"Whether {name(log)} delivers is not known: {open_.says}.", evidence, facts)
    sure = not any(point.assumed for point in points) and not log.assumptions
    message = f"{name(log)} can deliver to {describe(log.destination)}."
    return passed(message, evidence, facts, confidence=Confidence.HIGH if sure else Confidence.MEDIUM)


def log_reports_success(log: FlowLog) -> bool:
    """Say whether AWS itself reports successful delivery."""
    return not isinstance(log.deliver_status, Unknown) and log.deliver_status == "SUCCESS"


def _reported(log: FlowLog) -> list[Point]:
    """Return what AWS says of a live flow log."""
    found: list[Point] = []
    if not isinstance(log.deliver_status, Unknown) and log.deliver_status is not None:
        quoted = f': "{log.deliver_error}"' if log.deliver_error else ""
        says = f"AWS reports the delivery as {log.deliver_status}{quoted}"
        found.append(Point(ok=log.deliver_status != "FAILED", says=says, entity=log))
    if not isinstance(log.status, Unknown) and log.status not in (None, "ACTIVE"):
        found.append(Point(ok=False, says=f"AWS reports the flow log as {log.status}", entity=log))
    return found


def _needs(log: FlowLog, ctx: Context, params: Params) -> list[Point]:
    """Return what the destination asks for."""
    destination = log.destination
    if isinstance(destination, Unknown):
        return [Point(ok=None, says=f"the destination is not known ({destination.reason})", entity=log)]
    if is_empty(destination):
        says = "the destination is empty (log_destination), so the apply will fail"
        return [Point(ok=False, says=says, entity=log, fix=partial(_for_empty, log, destination))]
    gone = destroyed(log, ctx)
    if gone is not None:
        return [Point(ok=False, says=f"this plan destroys its destination {name(gone)}", entity=gone)]
    missing = absent(log, ctx)
    if missing is not None:
        says = f"{describe(destination)} does not exist ({missing.says})"
        return [Point(ok=False, says=says, entity=log)]
    owner = owner_of(ctx, log)
    if destination.type is LogDestinationType.CLOUD_WATCH_LOGS:
        group = owner if isinstance(owner, LogGroup) else None
        return _delivery_logs.points(log, destination, group, ctx, params)
    if isinstance(owner, Bucket):
        return _delivery_s3.points(log, destination, owner, ctx, params)
    if isinstance(owner, DeliveryStream):
        return _delivery_firehose.points(log, owner, ctx)
    says = f"{describe(destination)} is not in the input: whether it exists and admits delivery is not known"
    return [*_delivery_s3.folder_points(log, destination), Point(ok=None, says=says, entity=log)]


def _for_empty(log: FlowLog, destination: LogDestination) -> Remediation:
    if destination.type is LogDestinationType.CLOUD_WATCH_LOGS:
        return new_role(log, None)
    return _general_fix(log)


def _general_fix(log: FlowLog) -> Remediation:
    arguments = {"log_destination_type": '"s3"', "log_destination": NEW_BUCKET_ARN}
    return own_arguments(log, "Deliver to a destination that exists and admits flow logs.", arguments, NEW_BUCKET)


def _facts(log: FlowLog, points: list[Point]) -> dict[str, Json]:
    """Return the points that are not met; Terraform names stand for ids, so an apply changes nothing."""
    kind = "unknown" if isinstance(log.destination, Unknown) else log.destination.type.value
    return {"destination_type": kind, "not_met": [point.short or point.says for point in points if point.ok is False]}


RULE: Final = Rule(
    id="FL005",
    name="flow-log-not-delivering",
    title="Flow log that cannot deliver",
    severity=Severity.HIGH,
    subjects=subjects,
    check=check,
    why="AWS shows the flow log as active while nothing arrives, and nobody notices until the records are needed.",
    default_params={"managed_elsewhere": []},
    params_schema={"managed_elsewhere": dict(ELSEWHERE_SCHEMA)},
)
