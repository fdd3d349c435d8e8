"""May a service use the KMS key that encrypts what flow logs deliver to?"""

from __future__ import annotations

from functools import partial
from shlex import quote
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Remediation
from checker.model.identity import KmsKey
from checker.model.known import Key, Maybe, Unknown
from checker.rules._destination import arn_allows, entries
from checker.rules._fix import own_block
from checker.rules._fix_live import command
from checker.rules._fix_policy import grant_key
from checker.rules._point import Point, from_decision
from checker.rules._policy_eval import Decision, Request, decide
from checker.rules._rule import Context, Params
from checker.rules._say import name

AWS_MANAGED: Final = ("alias/aws/s3", "alias/aws/logs", "alias/aws/firehose")


def is_aws_managed(key: str) -> bool:
    """Say whether a key is named by the alias of one that AWS manages."""
    return key.endswith(AWS_MANAGED)


def key_points(
    ctx: Context, key: Maybe[Key], holder: Entity, requests: tuple[Request, ...], params: Params
) -> list[Point]:
    """Return whether each request may use a key; one of several requests for the same wish is enough.

    ``requests`` are alternatives: the same wish by principals of which AWS may use any.
    """
    if isinstance(key, Unknown):
        return [Point(ok=None, says=f"the key of {name(holder)} is not known ({key.reason})", entity=holder)]
    found = ctx.model.by_key.get(key)
    if not isinstance(found, KmsKey):
        return [_outside(key, holder, params, ctx)]
    unusable = _unusable(found)
    if unusable is not None:
        return [unusable]
    if isinstance(found.policy, Unknown):
        reason = found.policy.reason
        return [Point(ok=None, says=f"the policy of key {name(found)} is not known ({reason})", entity=found)]
    service = requests[0].principal[1] if requests[0].principal else ""
    fix = partial(grant_key, found, service)
    if found.policy is None:
        says = f"key {name(found)} has the default policy, which does not admit {service}"
        return [Point(ok=False, says=says, entity=found, fix=fix)]
    decisions = [decide([found.policy], request) for request in requests]
    return [from_decision(_best(decisions), f"{requests[0].action} on {name(found)} by {service}", found, fix)]


def _best(decisions: list[Decision]) -> Decision:
    for answer in (True, None):
        for decision in decisions:
            if decision.allowed is answer:
                return decision
    return decisions[0]


def _outside(key: Key, holder: Entity, params: Params, ctx: Context) -> Point:
    for entry in entries(params, "managed_elsewhere"):
        if arn_allows(str(entry.get("arn", "")), key) is True:
            says = f"key {key} is kept by {entry['owner']}, checked by {entry['checked_by']}"
            return Point(ok=True, says=says, entity=holder)
    missing = ctx.model.absent_for(key)
    if missing is not None:
        return Point(ok=False, says=f"key {key} of {name(holder)} does not exist ({missing.says})", entity=holder)
    return Point(
        ok=None, says=f"key {key} of {name(holder)} is not in the input, so its policy is not known", entity=holder
    )


def _unusable(key: KmsKey) -> Point | None:
    if not isinstance(key.deletion_pending, Unknown) and key.deletion_pending:
        cli = command(key, f"kms cancel-key-deletion --key-id {quote(key.id)}") if isinstance(key.id, str) else None
        fix = partial(Remediation, summary="Cancel the deletion of the key, and enable it.", cli=cli)
        return Point(ok=False, says=f"key {name(key)} is scheduled for deletion", entity=key, fix=fix)
    if not isinstance(key.enabled, Unknown) and not key.enabled:
        cli = command(key, f"kms enable-key --key-id {quote(key.id)}") if isinstance(key.id, str) else None
        fix = partial(own_block, key, "Enable the key.", "  is_enabled = true", cli=cli)
        return Point(ok=False, says=f"key {name(key)} is disabled", entity=key, fix=fix)
    return None
