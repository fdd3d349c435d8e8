"""The session that reads logs: a profile, and roles assumed one from the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from checker.errors import UsageError
from checker.flowlog.sources.refusal import expected, explained


def session_for(
    profile: str | None,
    role_arns: Sequence[str] = (),
    *,
    external_id: str | None = None,
    name: str = "flowcheck",
    tags: Mapping[str, str] | None = None,
) -> Any:
    """Return a boto3 session. Raises UsageError where the profile does not exist or a role is refused.

    The external id is for the last role. The session of a role lasts an hour.
    """
    import boto3

    try:
        session = boto3.Session(profile_name=profile)
        for number, arn in enumerate(role_arns):
            last = number == len(role_arns) - 1
            more: dict[str, Any] = {"ExternalId": external_id} if last and external_id else {}
            if tags:
                more["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
            answer = session.client("sts").assume_role(RoleArn=arn, RoleSessionName=name, **more)
            keys = answer["Credentials"]
            session = boto3.Session(
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
                region_name=session.region_name,
            )
    except expected() as error:
        raise UsageError(
            f"no session to read the logs with: {explained(error)}", hint="Check --profile and --role-arn."
        ) from error
    return session
