"""The IAM policy that a run needs: exactly the actions of its calls."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from checker.load.aws.call import Group
from checker.load.aws.calls import calls_in

_IAM_PREFIX: Final = {"s3control": "s3"}
"""IAM's name of a service where it differs from boto3's. Source: Service Authorization Reference."""


def actions_for(groups: Collection[Group]) -> tuple[str, ...]:
    """Return the IAM actions of the calls of these groups, sorted, none twice."""
    found: set[str] = set()
    for call in calls_in(groups):
        for action in call.iam:
            service, _, name = action.partition(":")
            found.add(f"{_IAM_PREFIX.get(service, service)}:{name}")
    return tuple(sorted(found))


def policy_document(groups: Collection[Group], *, org_role: str | None = None) -> dict[str, Any]:
    """Return the policy; with ``org_role`` it also lists the organisation and assumes that role in its accounts.

    The accounts' own roles need the first statement only.
    """
    statements: list[dict[str, Any]] = [
        {"Sid": "Read", "Effect": "Allow", "Action": list(actions_for(groups)), "Resource": "*"}
    ]
    if org_role is not None:
        listing = set(actions_for({*groups, Group.ORGANIZATION})) - set(actions_for(groups))
        statements += [
            {"Sid": "ListAccounts", "Effect": "Allow", "Action": sorted(listing), "Resource": "*"},
            {
                "Sid": "EnterAccounts",
                "Effect": "Allow",
                "Action": ["sts:AssumeRole"],
                "Resource": f"arn:*:iam::*:role/{org_role}",
            },
        ]
    return {"Version": "2012-10-17", "Statement": statements}


def policy_text(groups: Collection[Group], *, org_role: str | None = None) -> str:
    """Return the policy as JSON text."""
    return json.dumps(policy_document(groups, org_role=org_role), indent=2)
