"""Roles with everything that grants or limits them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.call import GLOBAL, Reply
from checker.load.aws.convert.policies import parse_document
from checker.load.aws.convert.row import Row, then
from checker.load.aws.convert.world import World
from checker.model.arn import parse_arn
from checker.model.identity import PolicyDocument, Role
from checker.model.known import Key, Maybe, Unknown

_IN_LOGS: Final = ("DeliverLogsPermissionArn", "DeliverCrossAccountRole")


def roles(world: World) -> Iterator[Role]:
    """Yield the roles that were looked for; one that is not there is noted as absent.

    One that cannot be read is there under the ARNs by which flow logs and subscription filters name it, else under
    that of a role without path, with nothing known but why.
    """
    named = _named(world)
    for reply in world.replies.of("iam", "GetRole"):
        account, name = reply.request.account, reply.request.resource or ""
        answer = world.answer(reply)
        row = answer.row("Role") if isinstance(answer, Row) else None
        arn = row.required("Arn") if isinstance(row, Row) else None
        if isinstance(row, Row) and isinstance(arn, str):
            yield _role(world, row, arn, name)
            continue
        if isinstance(answer, Row):
            world.note_odd(reply)
        without_path = f"arn:{world.partition}:iam::{account}:role/{name}"
        for key in sorted(named.get((account, name), (without_path,))):
            if world.is_gone(reply):
                world.note_gone("aws_iam_role", key, reply)
            else:
                yield _unseen_role(world, reply, key, name)


def _named(world: World) -> dict[tuple[str, str], set[Key]]:
    """Return the ARNs by which flow logs and subscription filters name roles, by account and name."""
    logs = world.listing("ec2", "DescribeFlowLogs", "FlowLogs", "FlowLogId")
    filters = world.listing("logs", "DescribeSubscriptionFilters", "subscriptionFilters", "filterName")
    texts = [row.values.get(member) for _, row in logs for member in _IN_LOGS]
    texts += [row.values.get("roleArn") for _, row in filters]
    found: dict[tuple[str, str], set[Key]] = {}
    for text in texts:
        arn = parse_arn(text) if isinstance(text, str) else None
        if arn is not None:
            found.setdefault((arn.account, arn.resource.rpartition("/")[2]), set()).add(str(arn))
    return found


def _role(world: World, row: Row, arn: Key, name: str) -> Role:
    account = row.reply.request.account
    role_id = row.text("RoleId")
    return Role(
        **world.common(row, arn, "aws_iam_role", id_=name if role_id is None else role_id, arn=arn),
        name=name,
        trust=parse_document(row.values.get("AssumeRolePolicyDocument"), f"the trust policy of {name}"),
        policies=tuple(_policies(world, account, name)),
        boundary=_boundary(world, account, row),
    )


def _unseen_role(world: World, reply: Reply, key: Key, name: str) -> Role:
    why = world.why(reply)
    shared = world.unseen(reply, key, "aws_iam_role", why, id_=why)
    return Role(**shared, name=name, trust=why, policies=(why,), boundary=why)


def _policies(world: World, account: str, name: str) -> Iterator[Maybe[PolicyDocument]]:
    """Yield inline policies, then attached ones; Unknown where one, or which there are, is not known."""
    inline = _listed(world, account, "ListRolePolicies", name)
    names = then(inline, lambda row: row.texts("PolicyNames"))
    for policy in (names,) if isinstance(names, Unknown) else names:
        if isinstance(policy, Unknown):
            yield policy
            continue
        answer = _listed(world, account, "GetRolePolicy", name, policy)
        yield then(answer, _inline)
    attached = then(_listed(world, account, "ListAttachedRolePolicies", name), lambda row: row.rows("AttachedPolicies"))
    for each in (attached,) if isinstance(attached, Unknown) else attached:
        arn = each if isinstance(each, Unknown) else each.required("PolicyArn")
        yield arn if isinstance(arn, Unknown) else managed_policy(world, account, arn)


def _listed(world: World, account: str, operation: str, *values: str) -> Maybe[Row]:
    answer = world.detail(account, GLOBAL, "iam", operation, *values)
    return Unknown(f"{account}/{GLOBAL}: iam:{operation} tells nothing") if answer is None else answer


def _inline(row: Row) -> Maybe[PolicyDocument]:
    resource = row.reply.request.resource or ""
    return parse_document(row.values.get("PolicyDocument"), f"policy {resource.replace('|', ' ')}")


def managed_policy(world: World, account: str, arn: str) -> Maybe[PolicyDocument]:
    """Return the default version of a managed policy; one that cannot be read has the ARN as its symbol."""
    head = then(_listed(world, account, "GetPolicy", arn), lambda row: row.required_row("Policy"))
    version = then(head, lambda row: row.required("DefaultVersionId"))
    body = then(version, lambda word: _listed(world, account, "GetPolicyVersion", arn, word))
    inner = then(body, lambda row: row.required_row("PolicyVersion"))
    found = then(inner, lambda row: parse_document(row.values.get("Document"), f"policy {arn}"))
    if isinstance(found, Unknown):
        return Unknown(f"the policy {arn} is not known ({found.reason})", symbol=arn)
    return found


def _boundary(world: World, account: str, role: Row) -> Maybe[PolicyDocument | None]:
    arn = role.inner("PermissionsBoundary", lambda limit: limit.required("PermissionsBoundaryArn"), "")
    if isinstance(arn, Unknown):
        return arn
    return managed_policy(world, account, arn) if arn else None
