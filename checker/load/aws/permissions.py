"""The IAM policy that a run needs: exactly the actions of its calls."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from checker.load.aws.call import Group
from checker.load.aws.calls import calls_in
from checker.load.aws.organisation import TAG, UNITS

_IAM_PREFIX: Final = {"s3control": "s3"}
"""IAM's name of a service where it differs from boto3's. Source: Service Authorization Reference."""

_FOR_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "organizations:ListParents": UNITS,
    "organizations:ListTagsForResource": (TAG,),
}
"""Actions that are needed only where ``--include`` or ``--exclude`` has a word that begins so."""


def actions_for(groups: Collection[Group]) -> tuple[str, ...]:
    """Return the IAM actions of the calls of these groups, sorted, none twice."""
    found: set[str] = set()
    for call in calls_in(groups):
        for action in call.iam:
            service, _, name = action.partition(":")
            found.add(f"{_IAM_PREFIX.get(service, service)}:{name}")
    return tuple(sorted(found))


def policy_document(
    groups: Collection[Group],
    *,
    org_role: str | None = None,
    chosen_by: Collection[str] | None = None,
    role_arns: Sequence[str] = (),
    tagged: bool = False,
    partition: str = "*",
) -> dict[str, Any]:
    """Return the policy of the credentials that a run begins with.

    With ``org_role`` it also lists the organisation and assumes that role in its accounts, whose own role needs the
    first statement only. ``chosen_by`` are the words of ``--include`` and ``--exclude``: units and tags are looked up
    only for them; None for any. ``role_arns`` is the chain that is assumed first: each role of it needs the statement
    ``EnterRoles``, the last one all others. ``tagged`` says that the sessions carry tags.
    """
    enter = ["sts:AssumeRole", *(["sts:TagSession"] if tagged else [])]
    statements = [_allow("Read", list(actions_for(groups)), "*")]
    if role_arns:
        statements.append(_allow("EnterRoles", enter, sorted(role_arns)))
    if org_role is not None:
        statements += [
            _allow("ListAccounts", _listing(chosen_by), "*"),
            _allow("EnterAccounts", enter, f"arn:{partition}:iam::*:role/{org_role}"),
        ]
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: list[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def _listing(chosen_by: Collection[str] | None) -> list[str]:
    """Return the actions that choose among the accounts of an organisation."""
    wanted = set(actions_for([Group.ORGANIZATION])) - set(actions_for([]))
    for action, meant in _FOR_WORDS.items():
        if chosen_by is not None and not any(word.startswith(meant) for word in chosen_by):
            wanted.discard(action)
    return sorted(wanted)


def policy_text(
    groups: Collection[Group],
    *,
    org_role: str | None = None,
    chosen_by: Collection[str] | None = None,
    role_arns: Sequence[str] = (),
    tagged: bool = False,
) -> str:
    """Return the policy as JSON text; as ``policy_document``."""
    document = policy_document(groups, org_role=org_role, chosen_by=chosen_by, role_arns=role_arns, tagged=tagged)
    return json.dumps(document, indent=2)
