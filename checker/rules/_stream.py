"""Where a subscription filter of a log group sends records, and whether they get there."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from checker.model.arn import parse_arn
from checker.model.destination import DeliveryStream
from checker.model.finding import Remediation
from checker.model.identity import Role
from checker.model.known import Unknown
from checker.model.monitoring import SubscriptionFilter
from checker.rules._delivery_logs import GRANT_ALL, gone_role, role_allows
from checker.rules._destination import account_text, partition
from checker.rules._fix_policy import trust_role
from checker.rules._point import Point, from_decision
from checker.rules._policy_eval import Request, decide
from checker.rules._rule import Context
from checker.rules._say import name
from checker.rules._text import hole, mask, text_of

KINDS: Final = ("kinesis", "firehose", "lambda", "destination")
"""What a subscription filter can send to; a ``destination`` stands for a stream of another account."""

_SERVICES: Final = {"kinesis": "kinesis", "firehose": "firehose", "lambda": "lambda", "logs": "destination"}
_TYPES: Final = {
    "aws_kinesis_stream": "kinesis",
    "aws_kinesis_firehose_delivery_stream": "firehose",
    "aws_lambda_function": "lambda",
    "aws_lambda_alias": "lambda",
    "aws_cloudwatch_log_destination": "destination",
}
_REFERENCE: Final = re.compile(r"⟦(?:[^⟧]*\.)?(aws_[a-z_]+)\.[^⟧]*⟧")
_WRITE: Final = {
    "kinesis": ("kinesis:PutRecord", (*GRANT_ALL, "policy/amazonkinesisfullaccess")),
    "firehose": ("firehose:PutRecord", (*GRANT_ALL, "policy/amazonkinesisfirehosefullaccess")),
}
"""What the role must be allowed, and policies of AWS that allow it.

Source: CloudWatch Logs User Guide, "Log group-level subscription filters".
"""


def kind_of(one: SubscriptionFilter, ctx: Context) -> str | None:
    """Return what a filter sends to, None where it cannot be told."""
    target = one.destination
    if not isinstance(target, Unknown) and isinstance(ctx.model.by_key.get(target), DeliveryStream):
        return "firehose"
    text = target.symbol if isinstance(target, Unknown) else target
    arn = parse_arn(mask(text)) if text is not None else None
    if arn is not None:
        return _SERVICES.get(arn.service)
    found = _REFERENCE.fullmatch(text or "")
    return _TYPES.get(found[1]) if found else None


def shown_target(one: SubscriptionFilter) -> str:
    """Return the destination as a person reads it."""
    target = one.destination
    if isinstance(target, Unknown):
        return (target.symbol or "").strip("⟦⟧") or f"a destination that is not known ({target.reason})"
    return target


def arrives(one: SubscriptionFilter, kind: str, ctx: Context) -> list[Point]:
    """Return what it takes for records to arrive: the destination exists, and a role may write to a stream."""
    target = one.destination
    absent = ctx.model.absent_for(target) if not isinstance(target, Unknown) else None
    if absent is not None:
        return [Point(ok=False, says=f"{target} does not exist ({absent.says})", entity=one)]
    found = [Point(ok=True, says=f"{name(one)} sends to {kind} {shown_target(one)}", entity=one)]
    if kind not in _WRITE:
        return found
    if isinstance(one.role, Unknown):
        return [*found, Point(ok=None, says=f"the role of {name(one)} is not known ({one.role.reason})", entity=one)]
    if one.role is None:
        return [*found, Point(ok=False, says=f"{name(one)} has no role: a stream needs one (role_arn)", entity=one)]
    role = ctx.model.by_key.get(one.role)
    if not isinstance(role, Role):
        gone = gone_role(one.role, ctx)
        if gone is not None:
            return [*found, Point(ok=False, says=gone, entity=one)]
        return [*found, Point(ok=None, says=f"role {one.role} of {name(one)} is not in the input", entity=one)]
    return [*found, _trust(one, role), _permission(one, kind, role, ctx)]


def _permission(one: SubscriptionFilter, kind: str, role: Role, ctx: Context) -> Point:
    """Return whether the role may write to the stream."""
    target = one.destination
    held = ctx.model.by_key.get(target) if isinstance(target, str) else None
    place = text_of(target, f"stream of {one.key}")
    if held is not None and held.arn is not None:
        place = text_of(held.arn, f"ARN of {held.key}")
    action, granting = _WRITE[kind]
    found = role_allows(role, action, place, granting)
    return from_decision(found, f"{action} on {shown_target(one)} by role {name(role)}", role, None)


def _trust(one: SubscriptionFilter, role: Role) -> Point:
    """Return whether CloudWatch Logs may assume the role, by its global or its regional name."""
    if isinstance(role.trust, Unknown):
        says = f"the trust policy of role {name(role)} is not known ({role.trust.reason})"
        return Point(ok=None, says=says, entity=role)
    region, account = text_of(one.region, f"region of {one.key}"), account_text(one)
    source = f"arn:{partition(one)}:logs:{region}:{account}:{hole('log group')}"
    context = {"aws:sourceaccount": (account,), "aws:sourcearn": (source,), "sts:externalid": ()}
    services = ("logs.amazonaws.com", f"logs.{region}.amazonaws.com")
    decisions = [
        decide([role.trust], Request(principal=("Service", service), action="sts:AssumeRole", resource=None,
                                     context=context))
        for service in services
    ]  # fmt: skip
    best = next((each for answer in (True, None) for each in decisions if each.allowed is answer), decisions[0])
    fix = partial(_admit, role, partition(one))
    return from_decision(best, f"{services[0]} to assume role {name(role)}", role, fix)


def _admit(role: Role, where: str) -> Remediation:
    return trust_role(role, "logs.amazonaws.com", f"arn:{where}:logs:*:*:*")
