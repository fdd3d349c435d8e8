"""Can flow logs be delivered to this log group, through this role?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from checker.model.arn import parse_arn
from checker.model.destination import LogGroup
from checker.model.entity import Entity
from checker.model.flow_log import FlowLog, LogDestination
from checker.model.identity import PolicyDocument, Role
from checker.model.known import Maybe, Unknown
from checker.rules._destination import account_text, arn_text, describe, partition, same_account, taken_away
from checker.rules._fix import inside, reference
from checker.rules._fix_policy import new_role, permit_role, trust_role
from checker.rules._keys import is_aws_managed, key_points
from checker.rules._point import Point, from_decision
from checker.rules._policy_eval import Decision, Request, decide
from checker.rules._rule import Context, Params
from checker.rules._say import name
from checker.rules._text import equal, hole, is_open, text_of

SERVICE: Final = "vpc-flow-logs.amazonaws.com"
ACTIONS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
"""What delivery to an existing group needs. Source: VPC User Guide, "IAM role for publishing flow logs"."""


def points(
    log: FlowLog, destination: LogDestination, group: LogGroup | None, ctx: Context, params: Params
) -> list[Point]:
    """Return what delivery to a log group needs; ``group`` is None where it is not in the model.

    Logs that differ in nothing that matters share the answer.
    """
    arn = arn_text(log, destination)
    role = ctx.model.by_key.get(log.role) if isinstance(log.role, str) else None
    if arn is None or group is None or not isinstance(role, Role) or same_account(log, role) is False:
        return _points(log, destination, group, ctx, params)
    region = text_of(log.region, f"region of {log.key}")
    memo = ("logs", role.key, group.key, arn, region, log.origin.root, repr(log.account), repr(params))
    found = ctx.memory.get(memo)
    if not isinstance(found, list):
        found = ctx.memory[memo] = _points(log, destination, group, ctx, params)
    return list(found)


def _points(
    log: FlowLog, destination: LogDestination, group: LogGroup | None, ctx: Context, params: Params
) -> list[Point]:
    arn = arn_text(log, destination) or hole(f"log group of {log.key}")
    return [*role_points(log, arn, group, ctx), *_group(log, destination, arn, group, ctx, params)]


def role_points(log: FlowLog, arn: str, group: Entity | None, ctx: Context) -> list[Point]:
    """Return whether the role is there, trusts the service and may write to the group."""
    if isinstance(log.role, Unknown):
        return [Point(ok=None, says=f"the role is not known ({log.role.reason})", entity=log)]
    if log.role is None:
        says = "no role is set (iam_role_arn): delivery to a log group needs one, so AWS refuses it at apply"
        return [Point(ok=False, says=says, entity=log, fix=partial(new_role, log, group))]
    role = ctx.model.by_key.get(log.role)
    if not isinstance(role, Role):
        return [_outside(log, log.role, ctx)]
    if same_account(log, role) is False:
        says = f"role {name(role)} belongs to another account; it must be of the flow log's"
        return [Point(ok=False, says=says, entity=role, fix=partial(new_role, log, group))]
    return [trust_point(log, role), *_permissions(role, arn, group)]


def _outside(log: FlowLog, key: str, ctx: Context) -> Point:
    gone = gone_role(key, ctx)
    if gone is not None:
        return Point(ok=False, says=gone, entity=log, fix=partial(new_role, log, None))
    arn = parse_arn(key)
    if arn is not None and equal(account_text(log), arn.account) is False:
        says = f"role {key} belongs to another account; it must be of the flow log's"
        return Point(ok=False, says=says, entity=log, fix=partial(new_role, log, None))
    return Point(ok=None, says=f"role {key} is not in the input, so its policies are not known", entity=log)


def gone_role(key: str, ctx: Context) -> str | None:
    """Return how a role that is named by its ARN is known not to be there; None where nothing says so."""
    missing = ctx.model.absent_for(key)
    if missing is not None:
        return f"role {key} does not exist ({missing.says})"
    old = taken_away(key, ctx, ("aws_iam_role",))
    return None if old is None else f"this plan takes away the role {name(old)}, which it names"


def source_context(log: FlowLog) -> Mapping[str, tuple[str, ...]]:
    """Return what is known of the request by which the flow logs service assumes a role."""
    account, region = account_text(log), text_of(log.region, f"region of {log.key}")
    source = f"arn:{partition(log)}:ec2:{region}:{account}:vpc-flow-log/{hole('flow log')}"
    return {"aws:sourceaccount": (account,), "aws:sourcearn": (source,), "sts:externalid": ()}


def trust_point(log: FlowLog, role: Role) -> Point:
    """Return whether the flow logs service may assume a role."""
    if isinstance(role.trust, Unknown):
        says = f"the trust policy of role {name(role)} is not known ({role.trust.reason})"
        return Point(ok=None, says=says, entity=role)
    request = Request(
        principal=("Service", SERVICE), action="sts:AssumeRole", resource=None, context=source_context(log)
    )
    fix = partial(trust_role, role, SERVICE, f"arn:{partition(log)}:ec2:*:*:vpc-flow-log/*")
    return from_decision(decide([role.trust], request), f"{SERVICE} to assume role {name(role)}", role, fix)


def _permissions(role: Role, arn: str, group: Entity | None) -> list[Point]:
    known = inside(reference(group, "arn")) if group is not None else arn
    target = '"*"' if is_open(known) else f'"{known}:*"'
    fix = partial(permit_role, role, target)
    return [
        from_decision(permission(role, action, arn), f"{action} by role {name(role)}", role, fix) for action in ACTIONS
    ]


def permission(role: Role, action: str, arn: str) -> Decision:
    """Return whether a role's policies, within its boundary, allow an action on the streams of a log group."""
    return role_allows(role, action, f"{arn}:log-stream:{hole('stream')}", _GRANTING)


def role_allows(role: Role, action: str, resource: str, granting: tuple[str, ...]) -> Decision:
    """Return whether a role's policies, within its boundary, allow an action; ``granting``: AWS's policies that do."""
    request = Request(principal=None, action=action, resource=resource)
    granted = _identity_decision(role.policies, request, granting)
    if granted.allowed is False or role.boundary is None:
        return granted
    limit = decide([role.boundary], request)
    if limit.allowed is True:
        return granted
    return limit if limit.allowed is False else Decision(allowed=None, unsure=("the permissions boundary",))


_AWS_POLICIES: Final = (":iam::aws:policy/", ":iam::aws:policy:")
GRANT_ALL: Final = ("policy/administratoraccess", "policy/poweruseraccess")
"""Policies of AWS that allow every action on what flow logs go through; in lower case, as the others."""
_GRANTING: Final = (
    *GRANT_ALL,
    "policy/cloudwatchlogsfullaccess",
    "policy/cloudwatchfullaccess",
    "policy/cloudwatchfullaccessv2",
)
"""Policies of AWS that allow every action on logs."""
_RESTRICTING: Final = ("deny", "quarantine")


def _identity_decision(
    policies: tuple[Maybe[PolicyDocument], ...], request: Request, granting: tuple[str, ...]
) -> Decision:
    """Decide over policies of which some may be AWS's own: those grant and, save a few named so, never deny."""
    ours = [policy for policy in policies if not _only_grants(policy)]
    found = decide(ours, request)
    if found.allowed is True or len(ours) == len(policies) or found.denies:
        return found
    if found.allowed is False and any(_grants(policy, granting) for policy in policies):
        return Decision(allowed=True)
    return decide(policies, request)


def _grants(policy: Maybe[PolicyDocument], granting: tuple[str, ...]) -> bool:
    return isinstance(policy, Unknown) and (policy.symbol or "").lower().endswith(granting)


def _only_grants(policy: Maybe[PolicyDocument]) -> bool:
    if not isinstance(policy, Unknown):
        return False
    text = f"{policy.reason} {policy.symbol or ''}".lower()
    return any(mark in text for mark in _AWS_POLICIES) and not any(word in text for word in _RESTRICTING)


def _group(
    log: FlowLog, destination: LogDestination, arn: str, group: LogGroup | None, ctx: Context, params: Params
) -> list[Point]:
    if group is None:
        says = f"{describe(destination)} is not in the input: whether it exists and admits delivery is not known"
        return [Point(ok=None, says=says, entity=log)]
    key = group.kms_key
    if key is None:
        return []
    if isinstance(key, str) and is_aws_managed(key):
        return []
    region = text_of(log.region, f"region of {log.key}")
    context = {
        "kms:encryptioncontext:aws:logs:arn": (arn,),
        "aws:sourceaccount": (account_text(log),),
        "aws:principalorgid": (),
    }
    services = [f"logs.{region}.amazonaws.com"]
    if partition(log) == "aws-cn":
        services.append(f"logs.{region}.amazonaws.com.cn")
    requests = tuple(
        Request(principal=("Service", service), action="kms:GenerateDataKey", resource="*", context=context)
        for service in services
    )
    return key_points(ctx, key, group, requests, params)
