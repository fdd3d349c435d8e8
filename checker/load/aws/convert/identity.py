"""Roles with everything that grants or limits them, and KMS keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from checker.load.aws.call import GLOBAL
from checker.load.aws.convert.view import Row, World
from checker.load.terraform.convert.policy import parse_policy
from checker.model.arn import parse_arn
from checker.model.identity import KmsKey, PolicyDocument, Role
from checker.model.known import Key, Maybe, Unknown

_DELETING = ("PendingDeletion", "PendingReplicaDeletion")


def parse_document(value: Any, where: str) -> Maybe[PolicyDocument]:
    """Return a policy that AWS gives as JSON text, percent-encoded or not, or as parsed by the SDK."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, dict):
        value = json.dumps(value)
    if not isinstance(value, str):
        return Unknown(f"{where} is not a policy")
    text = value if value.lstrip().startswith("{") else unquote(value)
    return parse_policy(text, where)


def roles(world: World) -> Iterator[Role]:
    """Yield the roles that were looked for; one that is not there is noted as absent."""
    for reply in world.replies.of("iam", "GetRole"):
        account, name = reply.request.account, reply.request.resource or ""
        answer = Row(reply.response or {}, reply).row("Role")
        if answer is None:
            for key in _named_by(world, account, name):
                world.gone("aws_iam_role", key, account, GLOBAL, "iam", "GetRole", name)
            continue
        arn = answer.required("Arn")
        if isinstance(arn, Unknown):
            world.odd.append(answer.where)
            continue
        yield Role(
            **world.common(answer, arn, "aws_iam_role", id_=name, arn=arn),
            name=name,
            trust=parse_document(answer.values.get("AssumeRolePolicyDocument"), f"the trust policy of {name}"),
            policies=tuple(_policies(world, account, name)),
            boundary=_boundary(world, account, answer),
        )


def _named_by(world: World, account: str, name: str) -> Iterator[Key]:
    """Yield the ARNs by which flow logs name a role."""
    found: set[str] = set()
    for _, row in world.listing("ec2", "DescribeFlowLogs", "FlowLogs", "FlowLogId"):
        for member in ("DeliverLogsPermissionArn", "DeliverCrossAccountRole"):
            text = row.values.get(member)
            arn = parse_arn(text) if isinstance(text, str) else None
            if arn is not None and arn.account == account and arn.resource.rpartition("/")[2] == name:
                found.add(str(arn))
    yield from sorted(found)


def _policies(world: World, account: str, name: str) -> Iterator[Maybe[PolicyDocument]]:
    inline = world.detail(account, GLOBAL, "iam", "ListRolePolicies", name)
    if isinstance(inline, Unknown):
        yield inline
    for policy in inline.texts("PolicyNames") if isinstance(inline, Row) else ():
        answer = world.detail(account, GLOBAL, "iam", "GetRolePolicy", name, policy)
        where = f"policy {policy} of {name}"
        yield (
            parse_document(answer.values.get("PolicyDocument"), where)
            if isinstance(answer, Row)
            else _not(answer, where)
        )
    attached = world.detail(account, GLOBAL, "iam", "ListAttachedRolePolicies", name)
    if isinstance(attached, Unknown):
        yield attached
    for row in attached.rows("AttachedPolicies") if isinstance(attached, Row) else ():
        arn = row.required("PolicyArn")
        yield arn if isinstance(arn, Unknown) else managed_policy(world, account, arn)


def _not(answer: Unknown | Row | None, where: str) -> Unknown:
    return answer if isinstance(answer, Unknown) else Unknown(f"{where} was not read")


def managed_policy(world: World, account: str, arn: str) -> Maybe[PolicyDocument]:
    """Return the default version of a managed policy."""
    head = world.detail(account, GLOBAL, "iam", "GetPolicy", arn)
    policy = head.row("Policy") if isinstance(head, Row) else None
    version = policy.text("DefaultVersionId") if policy is not None else None
    if not isinstance(version, str):
        return _not(head, arn)
    body = world.detail(account, GLOBAL, "iam", "GetPolicyVersion", arn, version)
    inner = body.row("PolicyVersion") if isinstance(body, Row) else None
    return _not(body, arn) if inner is None else parse_document(inner.values.get("Document"), f"policy {arn}")


def _boundary(world: World, account: str, role: Row) -> Maybe[PolicyDocument | None]:
    limit = role.row("PermissionsBoundary")
    arn = None if limit is None else limit.text("PermissionsBoundaryArn")
    if arn is None or isinstance(arn, Unknown):
        return arn
    return managed_policy(world, account, arn)


def kms_keys(world: World) -> Iterator[KmsKey]:
    """Yield the keys that were looked for, each once under its ARN and once under each alias' ARN that names it."""
    done: set[Key] = set()
    for reply in world.replies.of("kms", "DescribeKey"):
        request = reply.request
        asked = request.resource or ""
        place = (request.account, request.region, "kms", "DescribeKey", asked)
        if asked.startswith("arn:") and world.gone("aws_kms_key", asked, *place):
            continue
        answer = Row(reply.response or {}, reply).row("KeyMetadata")
        arn = None if answer is None else answer.text("Arn")
        if answer is None or not isinstance(arn, str):
            continue
        names = dict.fromkeys([arn, *([asked] if "alias/" in asked and asked.startswith("arn:") else [])])
        for key in names:
            if key not in done:
                done.add(key)
                yield _key(world, answer, key, arn, tuple(name for name in (asked,) if "alias/" in name))


def _key(world: World, row: Row, key: Key, arn: str, aliases: tuple[str, ...]) -> KmsKey:
    request = row.reply.request
    policy = world.detail(request.account, request.region, "kms", "GetKeyPolicy", arn)
    rotation = world.detail(request.account, request.region, "kms", "GetKeyRotationStatus", arn)
    tags = world.detail(request.account, request.region, "kms", "ListResourceTags", arn)
    manager, state = row.text("KeyManager"), row.text("KeyState")
    shared = world.common(row, key, "aws_kms_key", id_=str(row.values.get("KeyId") or key), arn=arn, tags=_tags(tags))
    return KmsKey(
        **shared,
        enabled=state if isinstance(state, Unknown) else state in (None, "Enabled", "Updating"),
        deletion_pending=state if isinstance(state, Unknown) else state in _DELETING,
        policy=parse_document(policy.values.get("Policy"), f"policy of {arn}") if isinstance(policy, Row) else policy,
        aliases=aliases,
        customer_managed=manager if isinstance(manager, Unknown) else manager == "CUSTOMER",
        rotation_enabled=rotation.flag("KeyRotationEnabled") if isinstance(rotation, Row) else (
            False if rotation is None else rotation
        ),
    )  # fmt: skip


def _tags(answer: Row | Unknown | None) -> Any:
    """KMS spells keys and values of its tags its own way."""
    if not isinstance(answer, Row):
        return {} if answer is None else answer
    return {str(row.values.get("TagKey")): str(row.values.get("TagValue")) for row in answer.rows("Tags")}
